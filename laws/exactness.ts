/**
 * The law of exact derivatives: on programs of sums, products, choices and movements, every derivative is what exact
 * arithmetic gives, also at kinks.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { Tensor } from "../src/index.ts"
import type { Law } from "./check.ts"
import { law } from "./check.ts"
import { connected } from "./connectivity.ts"
import { exactVocabulary, isExact } from "./language/exact.ts"
import type { Exact } from "./language/jets.ts"
import { moving, still } from "./language/jets.ts"
import { coefficient, rational, times, toNumber } from "./language/rational.ts"
import { run } from "./language/run.ts"
import type { Block } from "./language/syntax.ts"
import { along, ordinal, pushed, showWord, weighed, wordsOf } from "./modes.ts"
import { exactProgram, Syntax } from "./programs.ts"
import type { Flat } from "./trees.ts"
import { atPoint, isFloat } from "./trees.ts"
import { difference, direction, dot, largest, read, same } from "./values.ts"

/** The results of a program at x + h·t, exactly. */
const exactly = (
  block: Block,
  args: ReadonlyArray<Tensor>,
  ts: ReadonlyArray<Tensor>,
  order: number
): Effect.Effect<ReadonlyArray<Exact>, any> =>
  Effect.gen(function*() {
    const [data, along] = [yield* read(args), yield* read(ts)]
    let leaf = 0
    const xs = args.map((x, i) =>
      isFloat(x) ? moving(x.shape, data[i]!, along[leaf]!, leaf++) : still(x.shape, data[i]!)
    )
    // the exact vocabulary's values are its own
    const ys = (yield* run(exactVocabulary(order), block)(...xs as ReadonlyArray<unknown> as ReadonlyArray<Tensor>)) as
      | Exact
      | ReadonlyArray<Exact>
    return Array.isArray(ys) ? ys as ReadonlyArray<Exact> : [ys as Exact]
  })

/** The k-th derivative along the direction: k! times the k-th Taylor coefficient. */
const derivativeOf = (y: Exact, k: number): Float64Array => {
  const factorial = rational(Array.from({ length: k }, (_, i) => i + 1).reduce((a, b) => a * b, 1))
  return Float64Array.from(y.data, (jet) => toNumber(times(coefficient(jet, k), factorial)))
}

/**
 * On random programs of sums, products, choices, kinks and movements, at whole numbers and halves that tie, values and
 * derivatives along a direction are what exact arithmetic gives, to a thousand roundings, up to an order and by every
 * mixture of modes; and NaN from order 2 on where a kink leaves none.
 *
 * Taylor polynomials with rational coefficients are an oracle of its own: it takes no differences and has no error, so
 * that also the derivative at a kink, where differences say nothing, is compared with the one that is declared.
 *
 * Source: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 13.
 *
 * @example
 * ```ts
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.exact({ order: 2 }), { runs: 5 })
 * ```
 */
export const exact = (
  { length, order = 3 }: { readonly order?: number | undefined; readonly length?: number | undefined } = {}
): Law =>
  law(
    `every program: derivatives up to order ${order} are exact, at kinks the declared ones`,
    fc.record({ program: exactProgram(({ name }) => isExact(name), { length }), seed: fc.nat(999) }),
    ({ program: { args, f, [Syntax]: block }, seed }) =>
      Effect.gen(function*() {
        const { f: program, xs } = atPoint(f, args)
        const ys = yield* program(xs)
        const ts = direction(seed, 1, xs)
        const found = yield* exactly(block, args, ts, order)
        const value = found.map((y) => derivativeOf(y, 0))
        const size = largest([...value, ...yield* read(ts)])
        const slack = (scale: number) => () => 1000 * 2 ** -53 * Math.max(1, scale)
        const wrong = difference(["the value", yield* read(ys)], ["exactly", value], slack(size))
        if (wrong !== undefined) return wrong
        const weights = direction(seed, 0, ys)
        const scalar = weighed(program, weights)
        const from = found.reduce((from, y) => from | y.from, 0)
        for (const [leaf, isConnected] of (yield* connected(scalar, xs)).entries()) {
          const isReached = (from >> leaf & 1) === 1
          // a loop is connected by what any of its steps would connect
          if (
            isReached && !isConnected ||
            isConnected && !isReached && !/w\.(scan|map|\w*Loop|vmap|associativeScan)\(/.test(String(f))
          ) {
            return `leaf ${leaf} is ${isReached ? "" : "not "}connected, and said ${isConnected ? "" : "not "}to be`
          }
        }
        let derivative: Flat<any> = program
        let scale = size
        for (let k = 1; k <= order; k++) {
          derivative = pushed(derivative, ts)
          const tangents = yield* derivative(xs)
          const expected = found.map((y) => derivativeOf(y, k))
          scale = Math.max(scale, largest(expected.map((data) => data.filter(Number.isFinite))))
          const reason = difference([`the ${ordinal(k)}`, yield* read(tangents)], ["exactly", expected], slack(scale))
          if (reason !== undefined) return reason
          const whole = yield* Tensor.item(yield* dot(weights, tangents))
          for (const word of wordsOf(k)) {
            if (!word.includes("R")) continue
            const got = yield* Tensor.item(yield* along(word, scalar, word.map(() => ts))(xs))
            const close = 10 * slack(scale * ys.reduce((n, y) => n + y.size, 1))()
            if (!(same(got, whole) || Math.abs(got - whole) <= close)) {
              return `the ${ordinal(k)}, ${showWord(word)}, is ${got}, exactly ${whole}`
            }
          }
        }
        return undefined
      })
  )
