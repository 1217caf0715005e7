/**
 * The law that derivatives are derivatives: what `jvp` and `grad` give is what differences give, at every order and by
 * every mixture of modes.
 */
import * as Effect from "effect/Effect"
import type * as fc from "fast-check"
import type { CheckOptions, Law, Plain, Services } from "./check.ts"
import { check, lawOf, nameOf } from "./check.ts"
import type { GradientOptions } from "./derivatives.ts"
import { refuteDerivatives } from "./derivatives.ts"
import type { Program } from "./trees.ts"

/**
 * `jvp` is the limit of differences, f'(x)·t = lim (f(x + h·t) − f(x − h·t)) / 2h as h → 0, and every mixture of
 * forward and reverse mode gives the same, up to an order.
 *
 * Along random directions, the derivative by `jvp` is compared, element by element, with central differences
 * extrapolated to step 0, within the error that the extrapolation estimates; higher derivatives with differences of
 * the lower ones. Then each of the 2ⁿ ways to nest `jvp` and `grad` is compared with that. So forward mode, reverse
 * mode and their duality are checked at once. The samples are argument lists; leaves that are not floats are held
 * fixed.
 *
 * Sources: L. F. Richardson (1911); C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in
 * Engineering Software 4 (1982) 75; A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008.
 *
 * @example
 * ```ts
 * import { abs, sum } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const f = (x: Tensor<[3]>) => sum(abs(x))
 * Laws.check(Laws.gradient(f, Laws.tensors([[3]], { elements: Laws.real(0.5, 2) }), { order: 2 }))
 * ```
 */
export const gradient = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args> | Args,
  options: GradientOptions = {}
): Law<Services<R>> => {
  const name = `${nameOf(f)}: derivatives up to order ${options.order ?? 1} are limits of differences`
  return lawOf(
    name,
    f,
    at,
    ({ args, seed }) => Effect.map(refuteDerivatives(f, args, seed, options), (wrong) => wrong?.reason)
  )
}

/**
 * Checks the gradients of a program, at a point or at the samples of an arbitrary, and throws `LawBroken` if one is
 * wrong.
 *
 * The one line to put into a test of a program or a custom rule: `Laws.check(Laws.gradient(f, at, options))`.
 *
 * @example
 * ```ts
 * import { mul, sin, sum, Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const f = (x: Tensor<[3]>) => sum(mul(x, sin(x)))
 * Laws.checkGradient(f, [Tensor.make([1, 2, 3])], { order: 2 })
 * console.log("right") // => right
 * ```
 */
export const checkGradient = <Args extends ReadonlyArray<any> | [], E, R>(
  f: Program<Args, E, R> & Plain<R>,
  at: fc.Arbitrary<Args> | Args,
  options: GradientOptions & CheckOptions = {}
): void =>
  // Plain says that nothing is needed
  check(gradient(f, at, options) as Law, options)
