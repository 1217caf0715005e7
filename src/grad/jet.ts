/**
 * Higher derivatives by Taylor mode, for users.
 */
import * as Effect from "effect/Effect"
import { ArgumentError, describe } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { linearBehind } from "../core/linear-trace.ts"
import type { Program } from "../core/program.ts"
import { listOf, range } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import { filled, type Tensor } from "../core/tensor.ts"
import { outputAvals } from "../core/trace.ts"
import { type TreeDef, unflatten } from "../core/tree.ts"
import { mul, plus } from "../ops/algebra.ts"
import { sumOver } from "../ops/movement/layout.ts"
import type { Derivative, Jet, Laplacian, Taylor } from "../types/transformations.ts"
import { flattenCall, flattenLike, traceCall } from "./arguments.ts"
import { basisOf, images } from "./jacobian.ts"
import { guardTrace } from "./support.ts"
import { transform } from "./transform.ts"

/** The largest order: a list grows with its square. */
const largest = 1024

const checkOrder = (op: string, order: unknown, least = 0): number => {
  if (typeof order === "number" && Number.isInteger(order) && order >= least && order <= largest) return order
  throw new ArgumentError({
    op,
    message: `${op} requires a whole order from ${least} to ${largest}, got ${describe(order)}`
  })
}

/** For each result, its coefficients from the first on, of all in a row; none for one that has none. */
const byResult = (has: ReadonlyArray<boolean>, all: ReadonlyArray<Tensor>, order: number) => {
  let from = 0
  return has.map((h) => h ? all.slice(from, from += order) : [])
}

/** Coefficients of results, order by order, and the structure of a result. */
interface Expanded {
  readonly rows: ReadonlyArray<ReadonlyArray<Tensor>>
  readonly tree: TreeDef
}

/** The Taylor coefficients of a program, up to an order, along the curve whose coefficients are given. */
const expand = (
  op: string,
  f: Program,
  curve: ReadonlyArray<unknown>,
  order: number
): Effect.Effect<Expanded, any, any> =>
  Effect.gen(function*() {
    const { active, leaves, trace, tree } = yield* traceCall(op, f, [curve[0]], "all")
    const avals = outputAvals(trace)
    const given = Math.min(order, curve.length - 1)
    const higher: Array<ReadonlyArray<Tensor>> = []
    for (let k = 1; k <= given; k++) {
      higher.push(yield* flattenLike(op, `coefficient ${k}`, [curve[k]], { tree, avals: leaves }))
    }
    const list = yield* transform.taylor(trace, active, order, given)
    const { trace: guarded } = yield* guardTrace(transform, linearBehind(leaves.length, list.trace))
    const args = [...leaves, ...leaves.flatMap((_, i) => higher.map((coefficients) => coefficients[i] as Tensor))]
    const results = yield* (yield* Interpreter).run(guarded, args)
    const found = byResult(list.tangents, results.slice(avals.length), order)
    const rowOf = (k: number) =>
      avals.map(({ dtype, shape }, o) => (k === 0 ? results[o] : found[o]?.[k - 1]) ?? filled(shape, dtype, 0))
    return { rows: range(order + 1).map(rowOf), tree: trace.resultTree }
  })

const unflattenRows = ({ rows, tree }: Expanded) => rows.map((row) => unflatten(tree, row))

/**
 * Taylor coefficients along a line: `taylor(f, order)(x, direction)` gives y₀, y₁, … up to `order`, in
 * f(x + t·v) = Σ yₖ tᵏ, so that yₖ is the k-th derivative along v over k!.
 *
 * Argument, direction and result are trees of float tensors; a direction looks like the argument. It costs about `order`²
 * times `f`, where nested derivatives cost a power of `order`. Fails with `ArgumentError` for an order that is no whole
 * number, and as `jvp` does. Source: Griewank and Walther 2008, chapter 13.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { exp, taylor, Tensor } from "wengert"
 *
 * const coefficients = taylor((x: Tensor<[]>) => exp(x), 3)(Tensor.make(0), Tensor.make(1))
 * console.log(Effect.runSync(coefficients).map(String).join(" "))
 * // => tensor(1., float64) tensor(1., float64) tensor(0.5, float64) tensor(0.16666667, float64)
 * ```
 */
export const taylor = signed<Taylor>((f: Program, order: number) => (x: unknown, direction: unknown) =>
  Effect.flatMap(
    attempt(() => checkOrder("taylor", order), undefined),
    (order) => Effect.map(expand("taylor", f, [x, direction], order), unflattenRows)
  )
)

/**
 * Taylor coefficients along a curve: for x(t) = Σ xₖ tᵏ, given as `[x₀, x₁, …]`, those of f(x(t)), as many.
 *
 * What a solver of differential equations asks for. All coefficients look like the first; errors are those of `taylor`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { jet, mul, Tensor } from "wengert"
 *
 * // (1 + 2t + 3t²)² = 1 + 4t + 10t² + …
 * const square = jet((x: Tensor<[]>) => mul(x, x))([1, 2, 3].map((c) => Tensor.make(c)))
 * console.log(Effect.runSync(square).map(String).join(" "))
 * // => tensor(1., float64) tensor(4., float64) tensor(10., float64)
 * ```
 */
export const jet = signed<Jet>((f: Program) => (given: unknown) =>
  Effect.flatMap(
    attempt(() => {
      const curve = listOf(given, largest + 1)
      if (curve !== undefined && curve.length > 0) return curve
      throw new ArgumentError({
        op: "jet",
        message: `jet requires an array of at least one and at most ${largest + 1} coefficients, got ${describe(given)}`
      })
    }, undefined),
    (curve) => Effect.map(expand("jet", f, curve, curve.length - 1), unflattenRows)
  )
)

/**
 * The n-th derivative of a function of one float scalar, the first by default: `derivative(f, n)(x)`.
 *
 * The result looks like that of `f`. By Taylor mode: the cost grows with n², and not by a factor for each derivative.
 * Errors are those of `taylor`, for `n` too.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { derivative, sin, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(derivative((x: Tensor<[]>) => sin(x), 5)(Tensor.make(0)))) // => tensor(1., float64)
 * ```
 */
export const derivative = signed<Derivative>((f: Program, n: number = 1) => (x: unknown) =>
  Effect.gen(function*() {
    const order = yield* attempt(() => checkOrder("derivative", n), undefined)
    const { leaves: [only, ...others], tree: argument } = yield* flattenCall("derivative", [x], "all")
    if (only === undefined || others.length > 0 || only.shape.length > 0) {
      return yield* new ArgumentError({
        op: "derivative",
        message: `derivative requires a scalar argument, got ${describe(x)}; use taylor, jvp or grad`
      })
    }
    // the arguments are a tuple of one
    const [direction] = unflatten(argument, [filled([], only.dtype, 1)]) as ReadonlyArray<unknown>
    const { rows, tree } = yield* expand("derivative", f, [x, direction], order)
    let factorial = 1
    for (let k = 2; k <= order; k++) factorial *= k
    const last = rows[order] as ReadonlyArray<Tensor>
    return unflatten(tree, yield* Effect.forEach(last, (y) => factorial === 1 ? Effect.succeed(y) : mul(y, factorial)))
  })
)

/**
 * The Laplacian of a function: the sum of its second derivatives by every element of the argument, the trace of the
 * Hessian, as a function of the same argument.
 *
 * Argument and result are trees of float tensors; the result looks like that of `f`. One pass of Taylor mode for all
 * directions at once, without the Hessian. Errors are those of `taylor`. Source: R. Li et al., "A computational framework
 * for neural network-based variational Monte Carlo with Forward Laplacian", Nature Machine Intelligence 6, 2024.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { laplacian, mul, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[3]>) => sum(mul(x, mul(x, x)))
 * console.log(Effect.runSync(laplacian(f)(Tensor.make([1, 2, 3])))) // => tensor(36., float64)
 * ```
 */
export const laplacian = signed<Laplacian>((f: Program) => (x: unknown) =>
  Effect.gen(function*() {
    const { active, leaves, trace } = yield* traceCall("laplacian", f, [x], "all")
    const avals = outputAvals(trace)
    const list = yield* transform.taylor(trace, active, 2, 1)
    const linear = linearBehind(leaves.length, list.trace)
    let sums: ReadonlyArray<Tensor> | undefined
    for (const [k, leaf] of leaves.entries()) {
      if (leaf.size === 0) continue
      const all = yield* images("laplacian", linear, leaves, basisOf(linear, leaves.length, k), leaf.size)
      const beside = byResult(list.tangents, all.slice(avals.length), 2)
      // twice the second coefficient along every basis vector
      const twice = yield* Effect.forEach(avals, ({ dtype, shape }, o) => {
        const second = beside[o]?.[1]
        return second === undefined
          ? Effect.succeed(filled(shape, dtype, 0))
          : Effect.flatMap(sumOver(second, [0]), (y) => mul(y, 2))
      })
      const before = sums
      sums = before === undefined ? twice : yield* Effect.forEach(twice, (y, o) => plus(before[o] as Tensor, y))
    }
    return unflatten(trace.resultTree, sums ?? avals.map(({ dtype, shape }) => filled(shape, dtype, 0)))
  })
)
