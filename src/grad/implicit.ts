/**
 * Implicit differentiation: the derivative of a solution from the equation that it solves, not from the solver.
 *
 * For f(x*, θ) = 0 the implicit function theorem gives ∂x·dx = −∂θ·dθ: a linear equation, which the same solver solves. It
 * is an equation of the list with derivative and transpose of its own, so derivatives of every mode and order exist.
 *
 * Source: S. G. Krantz and H. R. Parks, "The Implicit Function Theorem", 2003; Griewank and Walther 2008, section 15.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../core/closure.ts"
import { isFloat } from "../core/dtype.ts"
import { asOp, isOpError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import { applyAll } from "../core/operation.ts"
import { checkProgram, flattenResult, type Program, traceProgram } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { filled, type Tensor } from "../core/tensor.ts"
import { flatten, leavesLike, unflatten } from "../core/tree.ts"
import { add, neg, sub } from "../ops/algebra.ts"
import { customJvp } from "../ops/control/custom-jvp.ts"
import { linearSolvePrimitive } from "../ops/control/linear-solve.ts"
import { jvp } from "./jvp.ts"
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

type Tree = Effect.Effect<unknown, any, any>

/** Leaf by leaf. */
const zip = (
  f: (...xs: ReadonlyArray<Tensor>) => Effect.Effect<Tensor, any, any>,
  ...trees: ReadonlyArray<unknown>
): Tree => {
  const flat = trees.map((t) => flatten("implicit", t))
  return Effect.map(
    Effect.forEach(flat[0]!.leaves, (_, i) => f(...flat.map((t) => t.leaves[i]!))),
    (leaves) => unflatten(flat[0]!.tree, leaves)
  )
}

const zerosLike = (a: unknown): unknown => {
  const { leaves, tree } = flatten("implicit", a)
  return unflatten(tree, leaves.map(({ dtype, shape }) => filled(shape, dtype, 0)))
}

/** What kind of equation it is. With A the derivative of the user's equation by x, and s its tangent by the parameters: */
interface Kind {
  /** M·w, of the linear equation M·dx = b, from A·w and w. */
  readonly matvec: (image: unknown, w: unknown) => Tree
  /** b, from s. */
  readonly right: (slope: unknown) => Tree
  /** The linear equation as the solver is asked it, from A·w and b. */
  readonly ask: (image: unknown, b: unknown) => Tree
}

/** The solution of M·dx = b at a point, where `along` gives A·w, and `back` Aᵀ·w. */
const linearSolve = (
  solve: Program,
  kind: Kind,
  along: (at: unknown, w: unknown) => Tree,
  back: (at: unknown, w: unknown) => Tree,
  at: unknown,
  b: unknown
): Tree =>
  Effect.gen(function*() {
    const [point, vector] = [yield* flattenResult("implicit", at), yield* flattenResult("implicit", b)]
    const list = (f: Program) =>
      traceProgram("implicit", f, {
        tree: { kind: "array", children: [point.tree, vector.tree] },
        avals: [...point.leaves, ...vector.leaves]
      })
    const solver = (image: typeof along) => (at: unknown, b: unknown) =>
      solve((w: unknown) => Effect.flatMap(image(at, w), (y) => kind.ask(y, b)), zerosLike(b))
    const product = (image: typeof along) => (at: unknown, w: unknown) =>
      Effect.flatMap(image(at, w), (y) => kind.matvec(y, w))
    const lists = [
      yield* list(solver(along)),
      yield* list(solver(back)),
      yield* list(product(along)),
      yield* list(product(back))
    ] as const
    const free = freeTensors(lists)
    const [solution, transposed, matvec, matvecTransposed] = lists.map((l) => closeOver(l, free, "front"))
    const leaves = yield* applyAll(linearSolvePrimitive, [...free, ...point.leaves, ...vector.leaves], {
      solve: solution!,
      solveTransposed: transposed!,
      matvec: matvec!,
      matvecTransposed: matvecTransposed!,
      coefficients: free.length + point.leaves.length
    })
    return unflatten(vector.tree, leaves)
  })

/**
 * The user's equation as a list, at a point like `start` and `params`: a program whose parameters are theirs, and with them
 * all that it closes over.
 */
const written = (op: string, equation: Program, start: unknown, params: unknown) =>
  Effect.gen(function*() {
    const x = yield* flattenResult(op, start)
    const given = yield* flattenResult(op, params)
    const trace = yield* traceProgram(op, equation, {
      tree: { kind: "array", children: [x.tree, given.tree] },
      avals: [...x.leaves, ...given.leaves]
    })
    const free = freeTensors([trace]).filter((x) => isFloat(x.dtype))
    const list = closeOver(trace, free)
    const program = (at: unknown, parameters: unknown): Tree =>
      Effect.gen(function*() {
        const point = yield* flattenResult(op, at)
        const vector = yield* attempt(
          () => leavesLike(op, "a point", point, { tree: x.tree, avals: x.leaves }),
          undefined
        )
        const { leaves } = flatten(op, parameters)
        return unflatten(trace.resultTree, yield* (yield* Interpreter).run(list, [...vector, ...leaves]))
      })
    return { program, start: unflatten(x.tree, x.leaves), params: [...given.leaves, ...free] }
  })

/** A solution that is differentiated by its equation. */
const implicitly = (op: string, equation: Program, solve: Program, kind: Kind): Program => (start, params) =>
  Effect.flatMap(
    written(op, equation, start, params),
    ({ params, program, start }) => solutionOf(op, program, solve, kind)(start, params) as Tree
  ).pipe(Effect.mapError((error) => isOpError(error) && error.op === "customJvp" ? asOp(error, op) : error))

/** The same for an equation that closes over nothing. */
const solutionOf = (op: string, equation: Program, solve: Program, kind: Kind): Program => {
  // the types of transformations are for the users' functions
  const along = ({ params, x }: any, w: unknown): Tree =>
    Effect.map((jvp as any)((x: unknown) => equation(x, params), [x], [w]), ([, y]: any) => y)
  const back = ({ params, x }: any, w: unknown): Tree =>
    Effect.flatMap(
      (vjp as any)((x: unknown) => equation(x, params), x),
      ([, pull]: any) => Effect.map(pull(w) as Tree, ([y]: any) => y)
    )
  const solution: Program = (customJvp as any)(
    (start: unknown, params: unknown) => checkProgram(op, solve)((x: unknown) => equation(x, params), start),
    ([start, params]: any, [, dparams]: any) =>
      Effect.gen(function*() {
        const x = yield* solution(start, params) as Tree
        const [, slope] = yield* (jvp as any)((p: unknown) => equation(x, p), [params], [dparams])
        return [x, yield* linearSolve(solve, kind, along, back, { x, params }, yield* kind.right(slope))]
      })
  )
  return solution
}

/**
 * The solution x of `residual(x, params) = 0` that `solve` finds, as a differentiable function of `(start, params)`.
 *
 * It is differentiated by its equation and not through the solver, which may do what it wants, in constant memory; it
 * also solves the linear equations of the derivatives, which exist in every mode and to every order. The derivative with
 * respect to `start` is 0. What the residual closes over is differentiated like its `params`; what the solver closes over
 * is not, and must not be. Fails as `customJvp` does. Source: the implicit function theorem; Griewank and Walther, "Evaluating Derivatives", 2008, section 15.
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
  // A·dx = −s, asked as A·w − b = 0
  implicitly("implicitRoot", residual, solve, {
    matvec: (image) => Effect.succeed(image),
    right: (slope) => zip((s) => neg(s), slope),
    ask: (image, b) => zip((y, b) => sub(y, b), image, b)
  })
)

/**
 * The solution x of `step(x, params) = x` that `solve` finds by iterating, as a differentiable function of `(start,
 * params)`.
 *
 * The same iteration solves the linear equations of the derivatives, which contract as `step` does. All else is as for `implicitRoot`.
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
  // dx − A·dx = s, asked as A·w + b = w
  implicitly("fixedPoint", step, solve, {
    matvec: (image, w) => zip((w, y) => sub(w, y), w, image),
    right: (slope) => Effect.succeed(slope),
    ask: (image, b) => zip((y, b) => add(y, b), image, b)
  })
)
