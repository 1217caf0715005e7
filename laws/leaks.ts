/**
 * The law of leaks: what a program masks has no influence on it, whatever it is.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { broadcastTo, linearize, stack, Tensor, vjp, vmap, where } from "../src/index.ts"
import { examples, mask as arbitraryMask, shape, special, tensor } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { isOfKink } from "./derivatives.ts"
import type { Modes } from "./modes.ts"
import { along, gradient, showWord, weighed, wordsOf } from "./modes.ts"
import type { Flat, Program, Result } from "./trees.ts"
import { atPoint, isFloat, leavesOf, run } from "./trees.ts"
import { difference, direction, largest, random, read, withElements } from "./values.ts"

/** How a program is tried with poison. */
export interface LeakOptions {
  /** Up to which order of derivatives: 2 by default. */
  readonly order?: number | undefined
  /** Which modes the program has: `"both"`, by default, or `"reverse"` alone, with a rule by `customVjp`. */
  readonly modes?: Modes | undefined
  /** What masked elements are replaced by: the singular points of the program, beside NaN, infinities and zeros. */
  readonly poison?: ReadonlyArray<number> | undefined
}

/** A program with an argument that it masks. The mask has the argument's shape. */
export type Masked<E = never, R = never> = (x: Tensor, m: Tensor<any, "bool">) => Result<E, R>

/**
 * What is masked has no influence: f(where(m, x, NaN), m) = f(x, m), at every order. The program masks its argument `x`
 * by `m`, anyhow; then the elements of `x` where `m` is false are replaced by NaN, by infinities, by singular points.
 * Neither a result nor a derivative of any order or mode may change by a bit, and the gradient at these elements is
 * exactly 0.
 *
 * `elements` are those of x where the program is regular.
 *
 * @example
 * ```ts
 * import { log, sum, where } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.neverLeaks((x, m) => sum(where(m, log(x), 0)), Laws.real(0.5, 2), { poison: [0, -1] }))
 * console.log("no leak") // => no leak
 * ```
 */
export const neverLeaks = <E, R>(
  f: Masked<E, R>,
  elements: fc.Arbitrary<number>,
  options: LeakOptions & {
    /** The shapes of x, by default of up to two axes. */
    readonly shape?: ReadonlyArray<number> | fc.Arbitrary<ReadonlyArray<number>> | undefined
  } = {}
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: what is masked has no influence`,
    masked([elements], options.shape),
    ({ m, seed, xs }) => refuteLeak(([x]) => run((x: Tensor) => f(x, m), [x!]), xs, [m], seed, options)
  )

/**
 * An example that is masked has no influence on its batch: the program is mapped over a batch of its float arguments by
 * `vmap`, whole examples are masked in the results, and poisoned in the arguments; all else is as in `neverLeaks`.
 *
 * @example
 * ```ts
 * import { log, mul, sum } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.examplesNeverLeak((x) => sum(mul(x, log(x))), Laws.tensors([[3]], { elements: Laws.real(0.5, 2) })))
 * ```
 */
export const examplesNeverLeak = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args,
  options: LeakOptions = {}
): Law<Services<R>> =>
  law(
    `${nameOf(f)}: an example that is masked has no influence`,
    fc.record({ args: examples(at), seed: fc.nat(999) }),
    ({ args, seed }) =>
      Effect.gen(function*() {
        const { f: program } = atPoint(f, args[0]!)
        const taken = [true, false, seed % 2 === 0]
        const points = args.map((row) => leavesOf(row).filter(isFloat))
        const many = yield* Effect.forEach(points[0]!, (_, leaf) => stack(points.map((xs) => xs[leaf]!)))
        const maskLike = (shape: ReadonlyArray<number>) =>
          broadcastTo(Tensor.make(taken, { shape: [taken.length, ...shape.slice(1).map(() => 1)] }), shape)
        const batch: Flat<any, R> = (many) =>
          Effect.flatMap(
            // the compiler cannot count the leaves of a list
            vmap(program)(many) as unknown as ReturnType<Flat<any, R>>,
            (ys) => Effect.forEach(ys, (y) => Effect.flatMap(maskLike(y.shape), (m) => where(m, y, 0)))
          )
        const masks = yield* Effect.forEach(many, ({ shape }) => maskLike(shape))
        return yield* refuteLeak(batch, many, masks, seed, options)
      })
  )

/** Tensors of one shape and a mask for them. */
export const masked = (
  domains: ReadonlyArray<fc.Arbitrary<number>>,
  of: ReadonlyArray<number> | fc.Arbitrary<ReadonlyArray<number>> = shape({ minRank: 1 })
) =>
  (of instanceof fc.Arbitrary ? of : fc.constant(of)).chain((s) =>
    fc.record({
      xs: fc.tuple(...domains.map((elements) => tensor(s, { elements }))),
      m: arbitraryMask(s),
      seed: fc.nat(999)
    })
  )

/** What can be seen of a program at a point. */
interface View<R> {
  readonly name: string
  readonly of: (xs: ReadonlyArray<Tensor>) => Effect.Effect<ReadonlyArray<Tensor>, any, R>
  /** Does it look like the arguments? Then it is 0 wherever they are masked. */
  readonly isGradient: boolean
  /** The order of the derivative. */
  readonly order: number
}

/** The value, and all derivatives up to an order: by `vjp`, `linearize`, and every nest of `grad` and `jvp`. */
const viewsOf = <R>(
  f: Flat<any, R>,
  xs: ReadonlyArray<Tensor>,
  ys: ReadonlyArray<Tensor>,
  seed: number,
  { modes = "both", order = 2 }: LeakOptions
): ReadonlyArray<View<R>> => {
  const cts = direction(seed, 0, ys)
  const directions = Array.from({ length: order }, (_, k) => direction(seed, k + 1, xs))
  const scalar = weighed(f, cts)
  const pulled: Flat<any, R> = (xs) =>
    Effect.flatMap(vjp(f, xs), ([, pullback]) => Effect.map(pullback(cts), ([found]) => found))
  const pushed: Flat<any, R> = (xs) =>
    Effect.flatMap(linearize(f, xs), ([, pushforward]) => pushforward(direction(seed, 1, xs)))
  const words = Array.from({ length: order }, (_, k) => wordsOf(k + 1, modes)).flat()
  return [
    { name: "the result", of: f, isGradient: false, order: 0 },
    { name: "what vjp gives", of: pulled, isGradient: true, order: 1 },
    ...(modes === "reverse" ? [] : [{ name: "what linearize gives", of: pushed, isGradient: false, order: 1 }]),
    ...words.map((word): View<R> => {
      const order = word.length
      const name = `the derivative of order ${order}, ${showWord(word)},`
      // reverse mode outermost gives all elements, and shows where the leak is
      return word.at(-1) === "R"
        ? { name, of: gradient(along(word.slice(0, -1), scalar, directions)), isGradient: true, order }
        : { name, of: (xs) => Effect.map(along(word, scalar, directions)(xs), (y) => [y]), isGradient: false, order }
    })
  ]
}

/** Why elements of `xs` where their masks are false, one for each or one for all, have an influence on `f`. */
export const refuteLeak = <R>(
  f: Flat<any, R>,
  xs: ReadonlyArray<Tensor>,
  masks: ReadonlyArray<Tensor>,
  seed: number,
  options: LeakOptions
): Effect.Effect<string | undefined, any, R> =>
  Effect.gen(function*() {
    const bits = yield* read(masks)
    const isTaken = (leaf: number, i: number) => bits[leaf % bits.length]![i] === 1
    const clean = yield* read(xs)
    const bad = [...special, ...(options.poison ?? [])]
    const next = random(seed)
    const spoilt = (x: number): number => xs.length > 1 && next() < 0.25 ? x : bad[Math.floor(next() * bad.length)]!
    const dirty = xs.map((x, leaf) =>
      withElements(x, (i) => isTaken(leaf, i) ? clean[leaf]![i]! : spoilt(clean[leaf]![i]!))
    )
    const poisoned = (yield* read(dirty)).map((data) => `[${data.join(", ")}]`).join(", ")
    const ys = yield* f(xs)
    for (const { isGradient, name, of, order } of viewsOf(f, xs, ys, seed, options)) {
      const before = yield* read(yield* of(xs))
      const expected = isGradient ? before.map((data, leaf) => data.map((v, i) => isTaken(leaf, i) ? v : 0)) : before
      // a kink has no second derivative, which a program may take by itself: there it is NaN, with and without poison
      if (order < 2 && largest(expected) === Infinity && !(yield* isOfKink(f, xs))) {
        return `${name} is not finite, without any poison`
      }
      const still = difference([name, before], ["masked", expected], () => 0)
      if (still !== undefined) return `${still}; without any poison`
      const after = yield* read(yield* of(dirty))
      const reason = difference([name, after], ["without poison", expected], () => 0)
      if (reason !== undefined) return `${reason}; poisoned: ${poisoned}`
    }
    return undefined
  })
