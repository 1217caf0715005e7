/**
 * Linear equations whose operator is a program: conjugate gradients and GMRES. A solution is differentiated by its equation, and never the
 * steps that lead to it.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import { ArgumentError, asOp, describe, isOpError, type OpError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { checkOptions } from "../core/options.ts"
import { checkProgram, flattenResult, type Program } from "../core/program.ts"
import { sizeOf } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import { here } from "../core/site.ts"
import { filled, scalar, type Tensor, wholeNumbers } from "../core/tensor.ts"
import { leavesLike, type Like, unflatten } from "../core/tree.ts"
import { implicitRoot } from "../grad/implicit.ts"
import { add, div, mul, neg, sub, where } from "../ops/algebra.ts"
import { matmul } from "../ops/contraction/products.ts"
import { forLoop, whileLoop } from "../ops/control/while-loop.ts"
import { equal, less, lessEqual, logicalAnd } from "../ops/elementwise/comparison.ts"
import { take } from "../ops/indexing/picking.ts"
import { epsilonOf } from "../ops/linalg/matrix.ts"
import { lstsq } from "../ops/linalg/pseudo-inverse.ts"
import { reshapeTo, transpose } from "../ops/movement/layout.ts"
import { concat, sliceAxis } from "../ops/movement/parts.ts"
import { norm } from "../ops/reduction/sums.ts"

/** When an iteration ends. */
export interface KrylovOptions<X> {
  /** Where it starts: at 0 by default. */
  readonly start?: X | undefined
  /** How small the residual has to be beside the right hand side: 10⁻¹⁰ by default, 10⁻⁵ in float32. */
  readonly rtol?: number | undefined
  /** The most applications of the operator: ten for each unknown by default. */
  readonly maxSteps?: number | undefined
}

/** The options of GMRES. */
export interface GmresOptions<X> extends KrylovOptions<X> {
  /** How many directions are kept before it starts again: 20 by default. */
  readonly restart?: number | undefined
}

/** The signature of `cg`. */
export interface ConjugateGradients {
  <X, E, R>(
    operator: (x: X) => Effect.Effect<X, E, R>,
    b: X,
    options?: KrylovOptions<X>
  ): Effect.Effect<X, E | OpError, R>
}

/** The signature of `gmres`. */
export interface Gmres {
  <X, E, R>(
    operator: (x: X) => Effect.Effect<X, E, R>,
    b: X,
    options?: GmresOptions<X>
  ): Effect.Effect<X, E | OpError, R>
}

type Vector = Effect.Effect<Tensor, any, any>

/** A linear equation of vectors: what it applies to them, its right hand side, and how near a solution has to come. */
interface System {
  readonly apply: (x: Tensor) => Vector
  readonly b: Tensor
  readonly least: Tensor
  readonly steps: number
}

/** Iterates from a vector on: gives the last one, and the size of its residual. */
type Method = (system: System, start: Tensor) => Effect.Effect<{ readonly x: Tensor; readonly size: Tensor }, any, any>

/** Σ xᵢyᵢ. */
const dot = (x: Tensor, y: Tensor): Vector => matmul(x, y)

/** One vector of all leaves. */
const vectorOf = (leaves: ReadonlyArray<Tensor>): Vector =>
  Effect.flatMap(Effect.forEach(leaves, (x) => reshapeTo(x, [x.size])), (parts) => concat(parts))

/** The leaves that a vector is made of. */
const leavesOf = (vector: Tensor, { avals, tree }: Like): Effect.Effect<unknown, any, any> =>
  Effect.gen(function*() {
    const leaves: Array<Tensor> = []
    let from = 0
    for (const { shape } of avals) {
      const to = from + sizeOf(shape)
      leaves.push(yield* reshapeTo(yield* sliceAxis(vector, 0, from, to), shape))
      from = to
    }
    return unflatten(tree, leaves)
  })

const checkNumber = (op: string, name: string, value: number, least: 0 | 1): number => {
  if (least === 0 ? value >= 0 : Number.isSafeInteger(value) && value >= least) return value
  const requires = least === 0 ? "a number from 0 on" : "a whole number from 1 on"
  throw new ArgumentError({ op, message: `${op} requires ${requires} as ${name}, got ${describe(value)}` })
}

const defaultTolerance = (dtype: DType): number => dtype === "float32" ? 1e-5 : 1e-10

/** A method in front of its equation: operator, right hand side and solution are trees. */
const solved = (
  op: string,
  operator: unknown,
  right: unknown,
  options: GmresOptions<unknown> | undefined,
  method: (options: GmresOptions<unknown>) => Method
): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const given = yield* attempt(() => {
      const known = { start: "checked", rtol: "number", maxSteps: "number" } as const
      return checkOptions<GmresOptions<unknown>>(
        op,
        options,
        // the type of options has all of them
        (op === "Linalg.gmres" ? { ...known, restart: "number" } : known) as Required<
          typeof known & { restart: "number" }
        >
      )
    }, undefined)
    const program = yield* attempt(() => checkProgram(op, operator), undefined)
    const b = yield* flattenResult(op, right)
    const like: Like = { tree: b.tree, avals: b.leaves }
    const unknowns = b.leaves.reduce((n, x) => n + x.size, 0)
    const dtype = b.leaves[0]?.dtype ?? "float64"
    const { iterate, rtol, steps } = yield* attempt(() => ({
      iterate: method(given),
      rtol: checkNumber(op, "rtol", given.rtol ?? defaultTolerance(dtype), 0),
      steps: checkNumber(op, "maxSteps", given.maxSteps ?? 10 * Math.max(unknowns, 1), 1)
    }), undefined)
    const image = (x: unknown): Effect.Effect<ReadonlyArray<Tensor>, any, any> =>
      Effect.flatMap(Effect.suspend(() => flattenResult(op, program(x))), (y) =>
        attempt(() => leavesLike(op, "an operator", y, like), undefined))
    const residual: Program = (x: unknown, b: unknown) =>
      Effect.gen(function*() {
        const [found, { leaves }] = [yield* image(x), yield* flattenResult(op, b)]
        return unflatten(
          like.tree,
          yield* Effect.forEach(found, (y, i) =>
            sub(y, leaves[i]!) as Vector)
        )
      })
    const solver: Program = (equation: Program, start: unknown) =>
      Effect.gen(function*() {
        const at = (x: Tensor): Vector =>
          Effect.flatMap(
            leavesOf(x, like),
            (tree) => Effect.flatMap(flattenResult(op, equation(tree)), ({ leaves }) => vectorOf(leaves))
          )
        const from = yield* vectorOf((yield* flattenResult(op, start)).leaves)
        // the equation is A·x − b
        const origin = yield* at(filled(from.shape, from.dtype, 0))
        const b: Tensor = yield* neg(origin)
        const least: Tensor = yield* mul(norm(b) as Vector, rtol)
        const apply = (x: Tensor): Vector => Effect.flatMap(at(x), (y) => sub(y, origin))
        const { size, x } = yield* iterate({ apply, b, least, steps }, from)
        // an iteration that has not arrived is no answer
        const answer: Tensor = yield* where(lessEqual(size, least), x, NaN)
        return yield* leavesOf(answer, like)
      })
    const start = given.start === undefined
      ? unflatten(b.tree, b.leaves.map((x) => filled(x.shape, x.dtype, 0)))
      : unflatten(
        b.tree,
        yield* Effect.flatMap(
          flattenResult(op, given.start),
          (x) => attempt(() => leavesLike(op, "a start", x, like), undefined)
        )
      )
    return yield* (implicitRoot as any)(residual, solver)(start, unflatten(b.tree, b.leaves))
  }).pipe(Effect.mapError((error) => isOpError(error) && error.op === "implicitRoot" ? asOp(error, op) : error))

/** Conjugate gradients (Hestenes and Stiefel 1952). */
const conjugateGradients: Method = ({ apply, b, least, steps }, start) =>
  Effect.gen(function*() {
    const r: Tensor = yield* sub(b, yield* apply(start))
    const init = { x: start, r, p: r, square: yield* dot(r, r), step: scalar("int32", 0) as Tensor }
    type State = typeof init
    const bound: Tensor = yield* mul(least, least)
    const last = yield* whileLoop(
      ({ square, step }: State) =>
        logicalAnd(less(bound, square), less(step, steps)) as Effect.Effect<Tensor<[], "bool">, any>,
      ({ p, r, square, step, x }: State) =>
        Effect.gen(function*() {
          const q = yield* apply(p)
          const alpha: Tensor = yield* div(square, yield* dot(p, q))
          const rest: Tensor = yield* sub(r, mul(alpha, q))
          const next = yield* dot(rest, rest)
          const state: State = {
            x: yield* add(x, mul(alpha, p)) as Vector,
            r: rest,
            p: yield* add(rest, mul(p, div(next, square))) as Vector,
            square: next,
            step: yield* add(step, 1) as Vector
          }
          return state
        }),
      init
    )
    return { x: last.x, size: yield* norm(last.r) as Vector }
  })

/** `rows` with `x` as row `i`. */
const withRow = (rows: Tensor, i: Tensor, x: Tensor): Vector => {
  const at = wholeNumbers(0, rows.shape[0]!)
  return where(equal(reshapeTo(at, [at.size, 1]), i), x, rows) as Vector
}

/** Restarted GMRES: the shortest residual in a Krylov space, by Arnoldi's iteration (Saad and Schultz 1986). */
const minimalResidual = (restart: number): Method => ({ apply, b, least, steps }, start) =>
  Effect.gen(function*() {
    const n = b.size
    const m = Math.max(1, Math.min(restart, n))
    const { dtype } = b
    const residualOf = (x: Tensor): Vector => Effect.flatMap(apply(x), (y) => sub(b, y))
    const r: Tensor = yield* residualOf(start)
    const init = { x: start, r, size: yield* norm(r) as Vector, step: scalar("int32", 0) as Tensor }
    type State = typeof init
    const last = yield* whileLoop(
      ({ size, step }: State) =>
        logicalAnd(less(least, size), less(step, steps)) as Effect.Effect<Tensor<[], "bool">, any>,
      ({ r, size, step, x }: State) =>
        Effect.gen(function*() {
          const first = scalar("int32", 0)
          const basis = yield* withRow(filled([m + 1, n], dtype, 0), first, yield* div(r, size) as Vector)
          // row j has the coefficients of A·vⱼ
          const built = yield* forLoop(0, m, (j, { h, v }: { readonly h: Tensor; readonly v: Tensor }) =>
            Effect.gen(function*() {
              let w = yield* apply(yield* take(v, j, { axis: 0 }) as Vector)
              const before = yield* norm(w) as Vector
              let coefficients: Tensor = filled([m + 1], dtype, 0)
              // twice is enough (Giraud, Langou and Rozložník 2005)
              for (const _ of [1, 2]) {
                const along: Tensor = yield* matmul(v, w)
                w = yield* sub(w, matmul(along, v)) as Vector
                coefficients = yield* add(coefficients, along) as Vector
              }
              const rest = yield* norm(w) as Vector
              // a space that is closed has no further direction
              const open = yield* less(mul(before, 8 * epsilonOf(dtype)), rest) as Vector
              const safe: Tensor = yield* where(open, rest, 1)
              const next: Tensor = yield* where(open, div(w, safe), 0)
              const after: Tensor = yield* add(j, 1)
              const place = yield* withRow(filled([m + 1, 1], dtype, 0), after, yield* where(open, rest, 0) as Vector)
              const row: Tensor = yield* add(coefficients, yield* reshapeTo(place, [m + 1]))
              return { h: yield* withRow(h, j, row), v: yield* withRow(v, after, next) }
            }), { h: filled([m, m + 1], dtype, 0), v: basis })
          const target = yield* withRow(filled([m + 1, 1], dtype, 0), first, size)
          const y: Tensor = yield* lstsq(yield* transpose(built.h) as Vector, yield* reshapeTo(target, [m + 1]))
          const moved: Tensor = yield* add(x, matmul(y, yield* sliceAxis(built.v, 0, 0, m)))
          const left: Tensor = yield* residualOf(moved)
          const state: State = {
            x: moved,
            r: left,
            size: yield* norm(left) as Vector,
            step: yield* add(step, m) as Vector
          }
          return state
        }),
      init
    )
    return { x: last.x, size: last.size }
  })

/**
 * The solution x of A·x = b by conjugate gradients, for an operator A that is a program, linear, symmetric and positive
 * definite, on any tree of tensors: `cg(operator, b)`.
 *
 * `operator` gives a tree like `b`, of floats of one dtype. It ends when the residual is at most `rtol` times the size of b; where it does not arrive
 * there within `maxSteps`, the solution is NaN. It is differentiated by its equation, in every mode and to every order, with respect to b and to what the operator
 * closes over; the derivative is one more solution with the same options. Fails with `TreeMismatchError` for an operator that gives something else, with `ArgumentError` for wrong options, and as the operator
 * does. Source: Hestenes and Stiefel, J. Res. Nat. Bur. Stand. 49 (1952) 409.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, Linalg, mul, sum, Tensor } from "wengert"
 *
 * const solve = (d: Tensor<[2]>) => Linalg.cg((x: Tensor<[2]>) => mul(d, x), Tensor.make([2, 6]))
 * console.log(Effect.runSync(solve(Tensor.make([2, 3])))) // => tensor([1., 2.], float64)
 * console.log(Effect.runSync(grad((d: Tensor<[2]>) => sum(solve(d)))(Tensor.make([2, 3]))))
 * // => tensor([-0.5       , -0.66666667], float64)
 * ```
 */
export const cg: ConjugateGradients = signed((operator: unknown, b: unknown, options?: KrylovOptions<unknown>) =>
  here("Linalg.cg", () => solved("Linalg.cg", operator, b, options, () => conjugateGradients))
)

/**
 * The solution x of A·x = b by GMRES, for an operator A that is a program and linear, on any tree of tensors: `gmres(operator, b)`.
 *
 * It keeps `restart` directions before it starts again, and counts applications of the operator in `maxSteps`. Everything else is as for `cg`, but that the operator
 * need not be symmetric; derivatives solve the transposed equation. Source: Saad and Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Linalg, matmul, Tensor } from "wengert"
 *
 * const a = Tensor.make([[0, 2], [-4, 0]])
 * const x = Linalg.gmres((x: Tensor<[2]>) => matmul(a, x), Tensor.make([4, -4]))
 * console.log(Effect.runSync(x)) // => tensor([1., 2.], float64)
 * ```
 */
export const gmres: Gmres = signed((operator: unknown, b: unknown, options?: GmresOptions<unknown>) =>
  here("Linalg.gmres", () =>
    solved(
      "Linalg.gmres",
      operator,
      b,
      options,
      ({ restart = 20 }) => minimalResidual(checkNumber("Linalg.gmres", "restart", restart, 1))
    ))
)
