/**
 * Programs that are the same: in their values, and in their derivatives of every mode.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { jvp } from "../src/index.ts"
import type { Law, Services } from "./check.ts"
import { lawOf } from "./check.ts"
import { gradient, weighed } from "./modes.ts"
import type { Flat, Program } from "./trees.ts"
import { atPoint } from "./trees.ts"
import { difference, direction, dot, largest, read, rounding, roundoff } from "./values.ts"

/** How two programs are compared, for laws. */
interface Comparison<R> extends SamenessOptions {
  /** Only derivatives count that this program has too, as finite numbers. */
  readonly finite?: Flat<any, R> | undefined
}

/** How two programs are compared. */
export interface SamenessOptions {
  /** Up to which order derivatives are compared: 2 by default. */
  readonly order?: number | undefined
  /** Does rounding count? By default it does not. */
  readonly isExact?: boolean | undefined
}

/** Why two programs differ at a point, in value or in a derivative. */
export const refuteSame = <E, R>(
  [oneName, one]: readonly [string, Flat<E, R>],
  [otherName, other]: readonly [string, Flat<E, R>],
  xs: ReadonlyArray<Tensor>,
  seed: number,
  { finite, isExact = false, order = 2 }: Comparison<R> = {}
): Effect.Effect<string | undefined, any, R> =>
  Effect.gen(function*() {
    const ys = yield* other(xs)
    const [value, ts, cts] = [yield* read(ys), direction(seed, 1, xs), direction(seed, 0, ys)]
    const unit = roundoff([...xs, ...ys])
    const got = yield* one(xs)
    if (
      got.length !== ys.length ||
      !got.every((y, i) => y.shape.join() === ys[i]!.shape.join() && y.dtype === ys[i]!.dtype)
    ) {
      return `${oneName} gives results of other shapes or dtypes than ${otherName}`
    }
    let scale = [value]
    const compare = (what: string, view: (f: Flat<E, R>) => Flat<any, R>) =>
      Effect.gen(function*() {
        const expected = yield* read(yield* view(other)(xs))
        scale = [...scale, expected]
        const slack = isExact ? () => 0 : rounding(unit, ...scale)
        return difference(
          [`${what} of ${oneName}`, yield* read(yield* view(one)(xs))],
          [`of ${otherName}`, expected],
          slack
        )
      })
    const pushed = (f: Flat<any, R>): Flat<any, R> => (xs) => Effect.map(jvp(f, [xs], [ts]), ([, tangents]) => tangents)
    const pulled = (f: Flat<any, R>): Flat<any, R> => gradient(weighed(f, cts))
    const again = (f: Flat<any, R>): Flat<any, R> => gradient((xs) => Effect.flatMap(f(xs), (gs) => dot(ts, gs)))
    const views: ReadonlyArray<readonly [number, string, (f: Flat<E, R>) => Flat<any, R>]> = [
      [0, "the value", (f) => f],
      [1, "the tangent", pushed],
      [1, "the gradient", pulled],
      [2, "the gradient of the gradient", (f) => again(pulled(f))],
      [2, "the tangent of the gradient", (f) => pushed(pulled(f))],
      [3, "the 3rd derivative", (f) => pushed(again(pulled(f)))]
    ]
    for (const [k, what, view] of views) {
      const reason = k > order ? undefined : yield* compare(what, view)
      if (reason === undefined) continue
      if (finite !== undefined && largest(yield* read(yield* view(finite)(xs))) === Infinity) continue
      return reason
    }
    return undefined
  })

/**
 * Two programs are the same: their results have the same shapes, dtypes and elements, and their derivatives up to an
 * order and by every mode agree, but for rounding: for a rewrite of a program, or another way to compute it.
 *
 * @example
 * ```ts
 * import { mul, square } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const twice = (x: Tensor) => mul(x, x)
 * Laws.check(Laws.sameDerivatives("x² is x·x", (x: Tensor) => square(x), twice, Laws.tensors([[3]])))
 * ```
 */
export const sameDerivatives = <Args extends ReadonlyArray<any> | [], E, R>(
  name: string,
  f: Program<Args, E, R>,
  g: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args,
  options: SamenessOptions = {}
): Law<Services<R>> =>
  lawOf(
    name,
    f,
    at,
    ({ args, seed }) =>
      refuteSame(["one", atPoint(f, args).f], ["the other", atPoint(g, args).f], atPoint(f, args).xs, seed, options)
  )
