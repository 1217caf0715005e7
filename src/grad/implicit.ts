/**
 * Implicit differentiation: the derivative of a solution from the equation that it solves, not from the solver.
 *
 * For f(x*, θ) = 0 the implicit function theorem gives ∂x*ᵀ·ct = ∂θᵀ·w with ∂xᵀ·w = −ct: a linear equation of the same
 * kind, which the same solver solves. It is written with `implicitRoot` itself, so derivatives of every order exist.
 *
 * Source: S. G. Krantz and H. R. Parks, "The Implicit Function Theorem", 2003; for the adjoint, Griewank and Walther 2008,
 * section 15.
 */
import * as Effect from "effect/Effect"
import type { Program } from "../core/program.ts"
import { filled, type Tensor } from "../core/tensor.ts"
import { flatten, unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import { add } from "../ops/algebra.ts"
import { customVjp } from "./custom-vjp.ts"
import { vjp } from "./vjp.ts"

/** The signature of `implicitRoot`. */
export interface ImplicitRoot {
  <X, P, E, R>(
    residual: (x: X, params: P) => Effect.Effect<X, E, R>,
    solve: (residual: (x: X) => Effect.Effect<X, E, R>, start: X) => Effect.Effect<X, any, any>
  ): (start: X, params: P) => Effect.Effect<X, E, R>
}

/** The signature of `fixedPoint`. */
export interface FixedPoint {
  <X, P, E, R>(
    step: (x: X, params: P) => Effect.Effect<X, E, R>,
    solve: (step: (x: X) => Effect.Effect<X, E, R>, start: X) => Effect.Effect<X, any, any>
  ): (start: X, params: P) => Effect.Effect<X, E, R>
}

/** Leaf by leaf. */
const zip = (
  f: (a: Tensor, b: Tensor) => Effect.Effect<Tensor, any, any>,
  a: unknown,
  b: unknown
): Effect.Effect<unknown, any, any> => {
  const [x, y] = [flatten("implicit", a), flatten("implicit", b)]
  return Effect.map(
    Effect.forEach(x.leaves, (leaf, i) => f(leaf, y.leaves[i]!)),
    (leaves) => unflatten(x.tree, leaves)
  )
}

const zerosLike = (a: unknown): unknown => {
  const { leaves, tree } = flatten("implicit", a)
  return unflatten(tree, leaves.map(({ dtype, shape }) => filled(shape, dtype, 0)))
}

/** The pullback of `f` at `x`, a function of one argument. */
const pullback = (f: Program, x: unknown): Effect.Effect<(ct: unknown) => Effect.Effect<unknown, any, any>, any, any> =>
  // vjp's types are for the users' functions
  Effect.map((vjp as any)(f, x), ([, pull]: any) => (ct: unknown) => Effect.map(pull(ct), ([back]: any) => back))

/**
 * A solution that is differentiated by its equation. `equation(x, params)` is solved by `solve`; its adjoint equation
 * `adjoint(pulled back w, w, ct)`, from `begin(ct)`, by the same solver.
 */
const implicitly = (
  equation: Program,
  solve: Program,
  adjoint: (pulled: unknown, ct: unknown) => Effect.Effect<unknown, any, any>
): Program => {
  const solution: Program = (customVjp as any)(
    (start: unknown, params: unknown) => solve((x: unknown) => equation(x, params), start),
    (start: unknown, params: unknown) =>
      Effect.map(solution(start, params) as Effect.Effect<unknown>, (x) => [x, { x, params, start }]),
    ({ params, start, x }: any, ct: unknown) =>
      Effect.gen(function*() {
        // the unknown w of the adjoint equation, which depends on x, params and ct
        const dual = implicitly(
          (w: unknown, at: any) =>
            Effect.gen(function*() {
              const pull = yield* pullback((x: unknown) => equation(x, at.params), at.x)
              return yield* adjoint(yield* pull(w), at.ct)
            }),
          solve,
          adjoint
        )
        const w = yield* dual(zerosLike(ct), { x, params, ct }) as Effect.Effect<unknown>
        const pull = yield* pullback((p: unknown) => equation(x, p), params)
        return [zerosLike(start), yield* pull(w)]
      })
  )
  return solution
}

/**
 * The solution x of `residual(x, params) = 0` that `solve` finds, as a differentiable function of `(start, params)`.
 *
 * It is differentiated by its equation and not through the solver, which may do what it wants, in constant memory; it
 * also solves the adjoint equation, which is linear. Derivatives of every order exist in reverse mode; forward mode,
 * and so `hessian`, fails with `MissingRuleError`. The derivative with respect to `start` is 0. The residual takes what
 * is differentiated as `params`, and closes over constants alone. Fails as `customVjp` does. Source: the implicit
 * function theorem; Griewank and Walther, "Evaluating Derivatives", 2008, section 15.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { div, forLoop, grad, implicitRoot, jvp, mul, sub, Tensor } from "wengert"
 *
 * const newton = (f: (x: Tensor) => Effect.Effect<Tensor, any>, start: Tensor) =>
 *   forLoop(0, 6, (_, x) =>
 *     Effect.gen(function*() {
 *       const [y, dy] = yield* jvp(f, [x], [Tensor.make(1)])
 *       return yield* sub(x, div(y, dy))
 *     }), start)
 *
 * const root = implicitRoot((x: Tensor, square: Tensor) => sub(mul(x, x), square), newton)
 * console.log(Effect.runSync(root(Tensor.make(1), Tensor.make(4)))) // => tensor(2., float64)
 * console.log(Effect.runSync(grad(root, { argnums: 1 })(Tensor.make(1), Tensor.make(4)))) // => tensor(0.25, float64)
 * ```
 */
export const implicitRoot = signed<ImplicitRoot>((residual: Program, solve: Program) =>
  // ∂xᵀ·w + ct = 0
  implicitly(residual, solve, (pulled, ct) => zip(add, pulled, ct))
)

/**
 * The solution x of `step(x, params) = x` that `solve` finds by iterating, as a differentiable function of `(start,
 * params)`.
 *
 * The same iteration solves the adjoint equation, which contracts as `step` does. All else is as for `implicitRoot`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { add, fixedPoint, forLoop, grad, mul, Tensor } from "wengert"
 *
 * const iterate = (step: (x: Tensor) => Effect.Effect<Tensor, any>, start: Tensor) =>
 *   forLoop(0, 60, (_, x) => step(x), start)
 *
 * const solution = fixedPoint((x: Tensor, a: Tensor) => add(mul(x, 0.5), a), iterate)
 * console.log(Effect.runSync(solution(Tensor.make(0), Tensor.make(3)))) // => tensor(6., float64)
 * console.log(Effect.runSync(grad(solution, { argnums: 1 })(Tensor.make(0), Tensor.make(3)))) // => tensor(2., float64)
 * ```
 */
export const fixedPoint = signed<FixedPoint>((step: Program, solve: Program) =>
  // w = ∂xᵀ·w + ct
  implicitly(step, solve, (pulled, ct) => zip(add, pulled, ct))
)
