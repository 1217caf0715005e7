/**
 * Constructors of elementwise primitives: operands of one shape in, a result of that shape out. The user's function in
 * front of a primitive lets numbers adapt and broadcasts; the primitive itself is strict.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import { allocate, dtypes, isFloat } from "../core/dtype.ts"
import { DTypeError, ShapeError, showShapes } from "../core/errors.ts"
import { apply, checkDType, commonDType, lone, operation } from "../core/operation.ts"
import type { BatchArgs, Elementwise, Foresee, OpEffect, Primitive } from "../core/primitive.ts"
import { none, sameAxes } from "../core/primitive.ts"
import { range, sameShape } from "../core/shape.ts"
import { signed } from "../core/signed.ts"
import type { Aval, ConcreteTensor, Operand, Tensor } from "../core/tensor.ts"
import { dataOf, isZero, sameAval } from "../core/tensor.ts"
import { conform } from "./cast.ts"
import { broadcastAxes } from "./movement/layout.ts"

/** The dtypes that an op takes. */
export const accepts = {
  float: ["float64", "float32"],
  numeric: ["float64", "float32", "int32"],
  any: dtypes,
  bool: ["bool"],
  countable: ["float64", "float32", "bool"],
  integer: ["int32"]
} as const satisfies { readonly [name: string]: ReadonlyArray<DType> }

/** A class of dtypes. */
export type Accepts = keyof typeof accepts

/** Elementwise arithmetic on numbers, and the class of dtypes that it is for. */
export type Arithmetic = (...xs: ReadonlyArray<number>) => number

/** The shape rule of elementwise primitives: one shape, one accepted dtype; `result` is the dtype that comes out. */
export const inferElementwise =
  (name: string, accepted: Accepts, result?: DType) => (operands: ReadonlyArray<Aval>): readonly [Aval] => {
    const [first] = operands as readonly [Aval]
    for (const x of operands) {
      checkDType(name, x, accepts[accepted])
      if (x.dtype !== first.dtype) {
        throw new DTypeError({
          op: name,
          dtypes: operands.map((o) => o.dtype),
          message: `${name} requires operands of one dtype, got ${operands.map((o) => o.dtype).join(" and ")}; use cast`
        })
      }
      if (!sameShape(x.shape, first.shape)) {
        const shapes = operands.map((o) => o.shape)
        throw new ShapeError({
          op: name,
          shapes,
          message: `${name} requires operands of one shape, got ${showShapes(shapes)}`
        })
      }
    }
    return [result === undefined ? first : { shape: first.shape, dtype: result }]
  }

/** The loop of elementwise primitives. */
const referenceElementwise =
  (f: Arithmetic) => (operands: ReadonlyArray<ConcreteTensor>, _: {}, [out]: readonly [Aval]) => {
    const [x, y] = operands.map(dataOf)
    const data = allocate(out.dtype, x!.length)
    if (y === undefined) { for (let i = 0; i < data.length; i++) data[i] = f(x![i]!) }
    else for (let i = 0; i < data.length; i++) data[i] = f(x![i]!, y[i]!)
    return [data] as const
  }

/** Unbatched operands of a primitive are repeated along the batch, as another axis that it does not look at. */
export const batchTogether =
  <P extends {}>(self: () => Primitive) => ({ batched, operands, params, size }: BatchArgs<P, any>) =>
    Effect.map(
      apply(self(), operands.map((x: Tensor, i: number) => batched[i] ? x : repeat(x, size)), params),
      (y) => ({ outputs: [y], batched: [true] }) as const
    )

/** `x` repeated along a new first axis. */
export const repeat = (x: Tensor, size: number): OpEffect<Tensor> =>
  broadcastAxes(x, [size, ...x.shape], range(x.shape.length).map((i) => i + 1))

/** The rules that only some elementwise primitives have. */
type ElementwiseRules<Name extends string, In extends number> =
  & Pick<
    Primitive<Name, {}, In, 1>,
    "barrier" | "commutes" | "jvp" | "linear" | "recurrence" | "support" | "transpose" | "unit"
  >
  & { readonly reference?: NonNullable<Primitive<Name, {}, In, 1>["reference"]> }

/** An elementwise primitive of one or two operands. */
export const elementwise = <const Name extends string, const In extends 1 | 2>(
  name: Name,
  arity: In,
  accepted: Accepts,
  scalar: Arithmetic,
  rules: ElementwiseRules<Name, In> = {},
  result?: DType
): Elementwise<Name, In> => {
  const spec: Elementwise<Name, In> = {
    name,
    arity,
    params: none,
    scalar,
    foresee: foreseeFloats(accepted, result),
    infer: inferElementwise(name, accepted, result),
    reference: referenceElementwise(scalar),
    batch: batchTogether(() => self),
    aligned: sameAxes,
    ...rules
  }
  const self: Elementwise<Name, In> = Object.freeze(spec)
  return self
}

/** What a derivative may refer to: the operand and the result, so that `tanh' = 1 − out²`. */
export interface AtUnary {
  readonly x: Tensor
  readonly out: Tensor
}

/** What a partial derivative may refer to. */
export interface AtBinary {
  readonly x: Tensor
  readonly y: Tensor
  readonly out: Tensor
}

/** A tangent through one operand: linear in `dx`. */
export type Through<At> = (dx: Tensor, at: At) => OpEffect<Tensor>

/** A function under a name of its own, which laws and stack traces show. */
const named = <F extends object>(name: string, f: F): F => Object.defineProperty(f, "name", { value: name })

/** No elementwise op that takes a float refuses floats of one shape and dtype, and numbers beside them. */
export const foreseeFloats = (accepted: Accepts, result?: DType): Foresee => {
  const takes = accepts[accepted].includes("float64" as never)
  return (x: number | Aval, y?: number | Aval) => {
    const one = typeof x === "number" ? y : x
    if (!takes || typeof one !== "object" || !isFloat(one.dtype)) return undefined
    if (typeof x === "object" && typeof y === "object" && !sameAval(x, y)) return undefined
    return result === undefined ? one : { shape: one.shape, dtype: result }
  }
}

/** The user's function in front of a unary primitive. */
export const unaryOp = (self: Elementwise<string, 1>) =>
  named(
    self.name,
    (x: Operand): Effect.Effect<Tensor<any, any>, any, any> =>
      operation(self.name, [x], ([x], running) => running.bind(self, [lone(x)], none), "pure", self.foresee)
  )

/** The user's function in front of a binary primitive: numbers adapt, dtypes join, shapes broadcast. */
export const binaryOp = (self: Elementwise<string, 2>, accepted: Accepts = "any", name: string = self.name) => {
  const foresee = accepted === "bool" ? undefined : self.foresee
  return named(
    name,
    (x: Operand, y: Operand): Effect.Effect<Tensor<any, any>, any, any> =>
      operation(
        name,
        [x, y],
        (operands, running) => {
          const dtype = commonDType(name, operands)
          checkDType(name, { shape: [], dtype }, accepts[accepted])
          const ready = conform(name, operands, [dtype, dtype])
          return Array.isArray(ready)
            ? running.bind(self, ready, none)
            : Effect.flatMap(ready as OpEffect<ReadonlyArray<Tensor>>, (xs) => running.bind(self, xs, none))
        },
        "pure",
        foresee
      )
  )
}

/**
 * A differentiable function of one operand. `jvp` is the tangent `f'(x)·dx`; `"steps"` where the derivative is zero
 * everywhere, which disconnects.
 */
export const unary = <const Name extends string>(
  name: Name,
  { accepts = "float", jvp, reference }: {
    readonly accepts?: Accepts
    readonly reference: (x: number) => number
    readonly jvp: Through<AtUnary> | "steps"
  }
): Elementwise<Name, 1> =>
  elementwise(
    name,
    1,
    accepts,
    reference,
    jvp === "steps"
      ? { barrier: "steps" }
      : {
        jvp: ({ outputs: [out], primals: [x], tangents: [dx] }) =>
          Effect.map(jvp(dx, { x, out }), (dy) => [dy] as const)
      }
  )

/** A differentiable function of two operands, with a partial tangent for each. */
export const binary = <const Name extends string>(
  name: Name,
  { accepts = "float", jvp, reference }: {
    readonly accepts?: Accepts
    readonly reference: (x: number, y: number) => number
    readonly jvp: readonly [Through<AtBinary>, Through<AtBinary>]
  },
  add: (a: Tensor, b: Tensor) => OpEffect<Tensor>
): Elementwise<Name, 2> => elementwise(name, 2, accepts, reference, { jvp: partials(jvp, add) })

/** The JVP rule that adds up the partial tangents of the operands that have one. */
export const partials = (
  [byX, byY]: readonly [Through<AtBinary>, Through<AtBinary>],
  add: (a: Tensor, b: Tensor) => OpEffect<Tensor>
): NonNullable<Primitive<string, {}, 2, 1>["jvp"]> =>
({ outputs: [out], primals: [x, y], tangents: [dx, dy] }) => {
  const at = { x, y, out }
  if (isZero(dx)) return Effect.map(isZero(dy) ? Effect.succeed(dy) : byY(dy, at), (two) => [two])
  if (isZero(dy)) return Effect.map(byX(dx, at), (one) => [one])
  const both = Effect.flatMap(byX(dx, at), (one) => Effect.flatMap(byY(dy, at), (two) => add(one, two)))
  return Effect.map(both, (dout) => [dout])
}

/** A primitive whose result is a bool: no derivative. */
export const predicate = <const Name extends string, const In extends 1 | 2>(
  name: Name,
  arity: In,
  accepted: Accepts,
  f: (...xs: ReadonlyArray<number>) => boolean,
  rules: ElementwiseRules<Name, In> = {}
): Elementwise<Name, In> =>
  elementwise(name, arity, accepted, (...xs) => f(...xs) ? 1 : 0, { barrier: "steps", ...rules }, "bool")

/** A function of one operand that is written with other ops. */
export const composed = <F extends object>(
  name: string,
  accepted: Accepts,
  f: (x: Tensor) => Effect.Effect<Tensor<any, any>, any, any>,
  result?: DType
): F => {
  const foresee = foreseeFloats(accepted, result)
  return signed((x: Operand) =>
    operation(
      name,
      [x],
      ([x]) => {
        const tensor = lone(x)
        checkDType(name, tensor, accepts[accepted])
        return f(tensor)
      },
      "pure",
      foresee
    )
  )
}
