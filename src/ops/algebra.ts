/**
 * The algebra that derivatives are written in: sums, products, quotients and selection. These are the primitives that
 * are linear in some operand, so they carry transposes and supports; transformations use `add` and `where` themselves.
 *
 * Over bools, `add` is `or` and `mul` is `and`: a support is computed by the very op that computes the value.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import { allocate } from "../core/dtype.ts"
import { apply, checkDType, commonDType, operation } from "../core/operation.ts"
import type { Elementwise, Foresee, OpEffect, Primitive, Support, SupportArgs, Tangent } from "../core/primitive.ts"
import { isMask, none, primitive, sameAxes } from "../core/primitive.ts"
import type { Shape } from "../core/shape.ts"
import { sameShape } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Aval, ConcreteTensor, Operand, Tensor } from "../core/tensor.ts"
import { dataOf, isLinear, isZero, scalar, Zero } from "../core/tensor.ts"
import type * as Typed from "../types/signatures.ts"
import { conform } from "./cast.ts"
import type { Arithmetic } from "./define.ts"
import {
  accepts,
  batchTogether,
  binaryOp,
  elementwise,
  foreseeFloats,
  inferElementwise,
  partials,
  unaryOp
} from "./define.ts"
import { broadcastAxes } from "./movement/layout.ts"

/** All elements equal to `value`, for rules. */
export const constant = (shape: Shape, dtype: DType, value: number): OpEffect<Tensor> =>
  shape.length === 0 ? Effect.succeed(scalar(dtype, value)) : broadcastAxes(scalar(dtype, value), shape, [])

/** Zeros like `aval`, for rules. */
export const zeros = ({ dtype, shape }: Aval): OpEffect<Tensor> => constant(shape, dtype, 0)

/** A tangent or cotangent as a tensor: zeros where it is zero by structure. */
export const instantiate = (x: Tangent): OpEffect<Tensor> => isZero(x) ? zeros(x) : Effect.succeed(x)

/** A support as a mask. */
export const maskOf = (support: Support, shape: Shape): OpEffect<Tensor> =>
  support === "full" ? constant(shape, "bool", 1) : Effect.succeed(support)

/** `x`, exactly 0 outside of its support. */
export const guard = (support: Support, x: Tensor): OpEffect<Tensor> =>
  support === "full" ? Effect.succeed(x) : Effect.flatMap(zeros(x), (z) => apply(wherePrimitive, [support, x, z], none))

/** For ops that are linear in one operand at a time, with coefficients: the result keeps the support of that operand; of both, the smaller. */
const guarded = (self: () => Primitive) => ({ operands, supports: [a, b] }: SupportArgs<{}, 2>) =>
  Effect.gen(function*() {
    const y = yield* apply(self(), operands, none)
    const support = isMask(a) ? a : b ?? a!
    return { outputs: [yield* guard(support, y)], supports: [support] } as const
  })

/** For sums: the union, where every summand has a support; a summand that is not linear is zero. */
const united = (self: () => Primitive) => ({ operands, supports: [a, b] }: SupportArgs<{}, 2>) =>
  Effect.gen(function*() {
    const y = yield* apply(self(), operands, none)
    const both: Support = a === "full" || b === "full" ? "full" : a && b ? yield* plus(a, b) : a ?? b!
    return { outputs: [y], supports: [both] } as const
  })

/** Over bools, `add` is `or` and `mul` is `and`. int32 arithmetic wraps around. */
const reference =
  (float: Arithmetic, bool: Arithmetic, integer: Arithmetic = float) =>
  ([a, b]: readonly [ConcreteTensor, ConcreteTensor], _: {}, [out]: readonly [Aval]) => {
    const [x, y] = [dataOf(a), dataOf(b)]
    const data = allocate(out.dtype, x.length)
    const f = out.dtype === "bool" ? bool : out.dtype === "int32" ? integer : float
    for (let i = 0; i < data.length; i++) data[i] = f(x[i]!, y[i]!)
    return [data] as const
  }

export const addPrimitive: Elementwise<"add", 2> = elementwise("add", 2, "any", (x, y) => x + y, {
  commutes: true,
  linear: "all",
  reference: reference((x, y) => x + y, (x, y) => x | y),
  // d(x + y) = dx + dy
  jvp: partials([(dx) => Effect.succeed(dx), (dy) => Effect.succeed(dy)], (a, b) => plus(a, b)),
  // both summands get the whole cotangent
  transpose: ({ cotangents: [ct], operands: [x, y] }) =>
    Effect.succeed([isLinear(x) ? ct : new Zero(x), isLinear(y) ? ct : new Zero(y)]),
  support: united(() => addPrimitive)
})

/** The sum of two tensors of one shape and dtype; over bools, `or`. */
export const plus = (a: Tensor, b: Tensor): OpEffect<Tensor<any, any>> => apply(addPrimitive, [a, b], none)

export const subPrimitive: Elementwise<"sub", 2> = elementwise("sub", 2, "numeric", (x, y) => x - y, {
  linear: "all",
  jvp: partials([(dx) => Effect.succeed(dx), (dy) => neg(dy)], plus),
  // x − y
  transpose: ({ cotangents: [ct], operands: [x, y] }) =>
    Effect.map(isLinear(y) ? neg(ct) : Effect.succeed(new Zero(y)), (dy) => [isLinear(x) ? ct : new Zero(x), dy]),
  support: united(() => subPrimitive)
})

export const negPrimitive: Elementwise<"neg", 1> = elementwise("neg", 1, "numeric", (x) => -x, {
  linear: "all",
  jvp: ({ tangents: [dx] }) => Effect.map(neg(dx), (dy) => [dy]),
  transpose: ({ cotangents: [ct] }) => Effect.map(neg(ct), (dx) => [dx]),
  support: ({ operands: [x], supports: [support] }) =>
    Effect.map(neg(x), (y) => ({ outputs: [y], supports: [support] }))
})

export const mulPrimitive: Elementwise<"mul", 2> = elementwise("mul", 2, "any", (x, y) => x * y, {
  commutes: true,
  unit: 1,
  linear: "each",
  reference: reference((x, y) => x * y, (x, y) => x & y, (x, y) => Math.imul(x, y)),
  // d(x·y) = dx·y + x·dy
  jvp: partials([(dx, { y }) => mul(dx, y), (dy, { x }) => mul(x, dy)], plus),
  transpose: ({ cotangents: [ct], operands: [x, y] }) =>
    // linear in one of them: the other is a coefficient
    isLinear(x)
      ? Effect.map(mul(ct, y as Tensor), (dx) => [dx, new Zero(y)] as const)
      : Effect.map(mul(x, ct), (dy) => [new Zero(x), dy] as const),
  support: guarded(() => mulPrimitive)
})

export const divPrimitive: Elementwise<"div", 2> = elementwise("div", 2, "float", (x, y) => x / y, {
  unit: 1,
  linear: [0],
  // x = (x/y)·y, solved for the last coefficient (Griewank and Walther 2008, table 13.1)
  recurrence: ({ k, operands: [x, y], results: [q] }) =>
    Effect.gen(function*() {
      let rest = x[k] as Tangent
      for (let j = 1; j <= k; j++) {
        const [b, c] = [y[j] as Tangent, q[k - j] as Tangent]
        if (isZero(b) || isZero(c)) continue
        const product: Tensor<any, any> = yield* mul(b, c)
        rest = yield* isZero(rest) ? neg(product) : sub(rest, product)
      }
      return [isZero(rest) ? rest : yield* div(rest, y[0] as Tensor)] as const
    }),
  // d(x/y) = dx/y − dy·(x/y)/y
  jvp: partials([(dx, { y }) => div(dx, y), (dy, { out, y }) => neg(mul(dy, div(out, y)))], plus),
  // linear in the dividend alone
  transpose: ({ cotangents: [ct], operands: [, y] }) => Effect.map(div(ct, y as Tensor), (dx) => [dx, new Zero(y)]),
  support: guarded(() => divPrimitive)
})

/**
 * The sum. int32 wraps around.
 *
 * Float and int32. Shapes broadcast by NumPy's rule; a number takes the dtype of the tensor beside it, and float32
 * beside float64 gives float64. Fails with `ShapeError` for shapes that do not broadcast, and with `DTypeError` for
 * bools, for int32 beside a float, and for a number that the dtype cannot hold.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { add, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(add(Tensor.make([1, 2]), 10))) // => tensor([11., 12.], float64)
 * ```
 */
export const add: Typed.Binary<"add"> = signed(binaryOp(addPrimitive, "numeric"))

/**
 * The difference. int32 wraps around. Float and int32, which join and broadcast as in `add`, with its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { sub, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(sub(Tensor.make([1, 2]), 10))) // => tensor([-9., -8.], float64)
 * ```
 */
export const sub: Typed.Binary<"sub"> = signed(binaryOp(subPrimitive, "numeric"))

/**
 * The product, elementwise. int32 wraps around. Float and int32, which join and broadcast as in `add`, with its errors.
 *
 * A zero in a product is a number like any other: 0 · ∞ is NaN, in gradients too. To leave elements out, use `mask`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { mul, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(mul(Tensor.make([1, 2]), 10))) // => tensor([10., 20.], float64)
 * ```
 */
export const mul: Typed.Binary<"mul"> = signed(binaryOp(mulPrimitive, "numeric"))

/**
 * The quotient, as IEEE 754 divides: x/0 is ±∞, and 0/0 is NaN. Floats, which join and broadcast as in `add`, with its
 * errors; int32 is a `DTypeError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { div, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(div(Tensor.make([6, -4]), 2))) // => tensor([ 3., -2.], float64)
 * ```
 */
export const div: Typed.FloatBinary<"div"> = signed(binaryOp(divPrimitive))

/**
 * The negative. int32 wraps around. Float and int32; fails with `DTypeError` for bools.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { neg, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(neg(Tensor.make([1, -2])))) // => tensor([-1.,  2.], float64)
 * ```
 */
export const neg: Typed.Unary<"neg"> = signed(unaryOp(negPrimitive))

/** Select: linear in both alternatives; the mask is a coefficient. */
export const wherePrimitive: Primitive<"where", {}, 3, 1> = primitive({
  name: "where",
  arity: 3,
  linear: [1, 2],
  selects: "rows",
  aligned: sameAxes,
  introducesSupport: true,
  params: {},
  infer: ([mask, ...alternatives]) => {
    checkDType("where", mask, accepts.bool)
    const result = inferElementwise("where", "any")(alternatives)
    inferElementwise("where", "any")([{ shape: mask.shape, dtype: result[0].dtype }, ...result])
    return result
  },
  reference: ([mask, a, b], _, [out]) => {
    const [m, x, y] = [dataOf(mask), dataOf(a), dataOf(b)]
    const data = allocate(out.dtype, m.length)
    for (let i = 0; i < data.length; i++) data[i] = m[i] === 0 ? y[i]! : x[i]!
    return [data]
  },
  batch: batchTogether(() => wherePrimitive),
  // where(m, da, db)
  jvp: ({ primals: [mask], tangents: [, da, db] }) =>
    Effect.gen(function*() {
      // the mask is bool: it is an alternative that has a tangent
      return [yield* apply(wherePrimitive, [mask, yield* instantiate(da), yield* instantiate(db)], none)]
    }),
  // a gets the cotangent where the mask is true, b where it is not
  transpose: ({ cotangents: [ct], operands: [m, a, b] }) =>
    Effect.gen(function*() {
      const [mask, zero] = [m as Tensor, yield* zeros(ct)]
      return [
        new Zero(m),
        isLinear(a) ? yield* apply(wherePrimitive, [mask, ct, zero], none) : new Zero(a),
        isLinear(b) ? yield* apply(wherePrimitive, [mask, zero, ct], none) : new Zero(b)
      ]
    }),
  // (m ∧ support of a) ∨ (¬m ∧ support of b)
  support: ({ operands: [mask, a, b], supports: [, sa, sb] }) =>
    Effect.gen(function*() {
      const y = yield* apply(wherePrimitive, [mask, a, b], none)
      if (sa === "full" && sb === "full") return { outputs: [y], supports: ["full"] }
      if (sa === "full" && sb === undefined) return { outputs: [y], supports: [mask] }
      const side = (s: Support | undefined) => s === undefined ? constant(y.shape, "bool", 0) : maskOf(s, y.shape)
      return { outputs: [y], supports: [yield* apply(wherePrimitive, [mask, yield* side(sa), yield* side(sb)], none)] }
    })
})

const foreseeAlternatives = foreseeFloats("float")

const foreseeChoice: Foresee = (mask: number | Aval, a: number | Aval, b: number | Aval) => {
  const chosen = foreseeAlternatives(a, b)
  return chosen !== undefined && typeof mask === "object" && mask.dtype === "bool" &&
      sameShape(mask.shape, chosen.shape)
    ? chosen
    : undefined
}

/**
 * Elementwise choice: `a` where the mask is true, `b` where it is not.
 *
 * An element that is not chosen has no influence: its gradient is exactly 0, even where its own derivative is infinite
 * or NaN. The mask is bool, the alternatives have any dtype; all three broadcast, and the alternatives join, as in
 * `add`, with its errors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, greater, log, sum, Tensor, where } from "wengert"
 *
 * const safeLog = (x: Tensor) => where(greater(x, 0), log(x), 0)
 * const x = Tensor.make([0, 1])
 * console.log(Effect.runSync(safeLog(x))) // => tensor([0., 0.], float64)
 * console.log(Effect.runSync(grad((x: Tensor) => sum(safeLog(x)))(x))) // => tensor([0., 1.], float64)
 * ```
 */
export const where: Typed.Where = signed(
  (mask: Operand, a: Operand, b: Operand) =>
    operation(
      "where",
      [mask, a, b],
      ([mask, ...alternatives], running) => {
        const dtype = commonDType("where", alternatives)
        if (typeof mask !== "number") checkDType("where", mask, accepts.bool)
        const ready = conform("where", [mask, ...alternatives], ["bool", dtype, dtype])
        return Array.isArray(ready)
          ? running.bind(wherePrimitive, ready, none)
          : Effect.flatMap(ready as OpEffect<ReadonlyArray<Tensor>>, (xs) => running.bind(wherePrimitive, xs, none))
      },
      "pure",
      foreseeChoice
    )
)

export { repeat } from "./define.ts"
