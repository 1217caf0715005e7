/**
 * Laws of linear maps and what is solved with them.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { implicitRoot, jvp, linearize, linearTranspose } from "../src/index.ts"
import { Tensor as T } from "../src/index.ts"
import { sampled } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, lawOf, nameOf } from "./check.ts"
import { along, showWord, weighed, wordsOf } from "./modes.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { difference, direction, dot, largest, read, rounding, roundoff } from "./values.ts"

/**
 * The transpose of the transpose is the map: L = f'(x) is linear, ⟨ct, L·t⟩ = ⟨Lᵀ·ct, t⟩, and (Lᵀ)ᵀ = L.
 *
 * @example
 * ```ts
 * import { cumsum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.transposesTwice(cumsum, Laws.tensors([[5]])))
 * ```
 */
export const transposesTwice = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args
): Law<Services<R>> =>
  lawOf(
    `${nameOf(f)}: the transpose of the transpose of its derivative is its derivative`,
    f,
    at,
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: g, xs } = atPoint(f, args)
        const [ys, pushforward] = yield* linearize(g, xs)
        const [ts, cts] = [direction(seed, 1, xs), direction(seed, 0, ys)]
        const map: Flat<any> = (ts) => pushforward(ts)
        const adjoint: Flat<any> = (cts) => Effect.map(linearTranspose(map, xs)(cts), ([found]) => found)
        const twice: Flat<any> = (ts) => Effect.map(linearTranspose(adjoint, ys)(ts), ([found]) => found)
        const [image, back] = [yield* map(ts), yield* adjoint(cts)]
        const expected = yield* read(image)
        const slack = rounding(roundoff([...xs, ...ys]), expected, yield* read(back), yield* read(ys))
        const [forward, reverse] = [yield* T.item(yield* dot(cts, image)), yield* T.item(yield* dot(ts, back))]
        return Math.abs(forward - reverse) > slack()
          ? `⟨ct, L·t⟩ is ${forward}, ⟨Lᵀ·ct, t⟩ is ${reverse}`
          : difference(["(Lᵀ)ᵀ·t", yield* read(yield* twice(ts))], ["L·t", expected], slack)
      })
  )

/** Iterates or descends to where a residual is 0, or to a fixed point, as `implicitRoot` and `fixedPoint` take it. */
type Solution = (start: Tensor, params: Tensor) => Effect.Effect<Tensor, any, any>

/**
 * A solution solves its equation wherever the parameters go: residual(x(θ), θ) is 0, and so are its derivatives by θ up
 * to an order, by every mixture of modes, for they are what the derivatives of the solution are made of.
 *
 * `solution` comes from `implicitRoot`, or from `fixedPoint` with the residual step(x, θ) − x; `start` is where it
 * begins. So the implicit function theorem is checked without the solver's derivative and without differences.
 *
 * Source: S. G. Krantz and H. R. Parks, "The Implicit Function Theorem", Birkhäuser 2003.
 *
 * @example
 * ```ts
 * import { add, fixedPoint, forLoop, mul, sub, Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const step = (x: Tensor, a: Tensor) => add(mul(x, 0.5), a)
 * const solution = fixedPoint(step, (f, start) => forLoop(0, 60, (_, x) => f(x), start))
 * Laws.check(Laws.solves(solution, (x, a) => sub(step(x, a), x), Tensor.make(0), Laws.tensor([])))
 * ```
 */
export const solves = (
  solution: Solution,
  residual: (x: Tensor, params: Tensor) => Effect.Effect<Tensor, any>,
  start: Tensor,
  params: fc.Arbitrary<Tensor>,
  { order = 2, tolerance = 1e-9 }: { readonly order?: number | undefined; readonly tolerance?: number | undefined } = {}
): Law =>
  law(
    `${nameOf(implicitRoot)}: a solution solves its equation, whatever the parameters`,
    sampled(params.map((p): [Tensor] => [p])),
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f, xs } = atPoint((p: Tensor) => Effect.flatMap(solution(start, p), (x) => residual(x, p)), args)
        const { f: solve } = atPoint((p: Tensor) => solution(start, p), args)
        const left = yield* f(xs)
        const size = 1 + largest([...yield* read(yield* solve(xs)), ...yield* read(xs)])
        if (!(largest(yield* read(left)) <= tolerance * size)) return "the solution does not solve the equation"
        const weights = direction(seed, 0, left)
        const directions = Array.from({ length: order }, (_, k) => direction(seed, k + 1, xs))
        const moved = largest(yield* read((yield* jvp(solve, [xs], [directions[0]!]))[1]))
        if (moved === 0) return "the solution does not move with its parameters"
        for (let k = 1; k <= order; k++) {
          for (const word of wordsOf(k)) {
            const got = yield* T.item(yield* along(word, weighed(f, weights), directions)(xs))
            if (!(Math.abs(got) <= tolerance * size * (1 + moved) ** k)) {
              return `the derivative of its residual, ${showWord(word)}, is ${got}, not 0`
            }
          }
        }
        return undefined
      })
  )
