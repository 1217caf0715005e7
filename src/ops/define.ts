/**
 * Constructors of elementwise primitives: operands of one shape in, a result of that shape out. The user's function in
 * front of a primitive lets numbers adapt and broadcasts; the primitive itself is strict.
 */
import * as Effect from "effect/Effect"
import type { DType } from "../core/dtype.ts"
import { allocate } from "../core/dtype.ts"
import { DTypeError, ShapeError, showShapes } from "../core/errors.ts"
import { apply, checkDType, commonDType, lone, op, operation } from "../core/operation.ts"
import type {
  BatchRule,
  InferRule,
  JvpRule,
  Primitive,
  ReferenceRule,
  Step,
  SupportRule,
  TransposeRule
} from "../core/primitive.ts"
import { none, primitive } from "../core/primitive.ts"
import { range, sameShape } from "../core/shape.ts"
import type { Aval, Operand, Tensor } from "../core/tensor.ts"
import { dataOf } from "../core/tensor.ts"
import { signed } from "../core/typed/operand.ts"
import { conform } from "./cast.ts"
import { broadcastAxes } from "./layout.ts"

/** The dtypes that an op takes. */
export const accepts = {
  float: ["float64", "float32"],
  numeric: ["float64", "float32", "int32"],
  any: ["float64", "float32", "int32", "bool"],
  bool: ["bool"],
  integer: ["int32"]
} as const satisfies { readonly [name: string]: ReadonlyArray<DType> }

/** A class of dtypes. */
export type Accepts = keyof typeof accepts

/** Elementwise arithmetic on numbers, and the class of dtypes that it is for. */
export type Arithmetic = (...xs: ReadonlyArray<number>) => number

/** The shape rule of elementwise primitives: one shape, one accepted dtype; `result` is the dtype that comes out. */
export const inferElementwise = (name: string, accepted: Accepts, result?: DType): InferRule<{}> => (operands) => {
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
export const referenceElementwise = (f: Arithmetic): ReferenceRule<{}> => (operands, _, [out]) => {
  const [x, y] = operands.map(dataOf)
  const data = allocate(out!.dtype, x!.length)
  if (y === undefined) { for (let i = 0; i < data.length; i++) data[i] = f(x![i]!) }
  else for (let i = 0; i < data.length; i++) data[i] = f(x![i]!, y[i]!)
  return [data]
}

/** Unbatched operands of an elementwise primitive are repeated along the batch. */
export const batchElementwise = (self: () => Primitive<{}>): BatchRule<{}> => ({ batched, operands, size }) =>
  Effect.gen(function*() {
    const all: Array<Tensor> = []
    for (const [i, x] of operands.entries()) all.push(batched[i] ? x : yield* repeat(x, size))
    return { outputs: [yield* apply(self(), all, none)], batched: [true] }
  })

/** `x` repeated along a new first axis. */
export const repeat = (x: Tensor, size: number): Step<Tensor> =>
  broadcastAxes(x, [size, ...x.shape], range(x.shape.length).map((i) => i + 1))

/** The rules that only some elementwise primitives have. */
export interface ElementwiseRules {
  readonly jvp?: JvpRule<{}> | undefined
  readonly transpose?: TransposeRule<{}> | undefined
  readonly support?: SupportRule<{}> | undefined
  readonly reference?: ReferenceRule<{}>
}

/** An elementwise primitive. */
export const elementwise = (
  name: string,
  arity: number,
  accepted: Accepts,
  f: Arithmetic,
  rules: ElementwiseRules = {},
  result?: DType
): Primitive<{}> => {
  const self: Primitive<{}> = primitive({
    name,
    arity,
    params: {},
    infer: inferElementwise(name, accepted, result),
    reference: referenceElementwise(f),
    batch: batchElementwise(() => self),
    ...rules
  })
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
export type Partial<At> = (dx: Tensor, at: At) => Step<Tensor>

/** The user's function in front of a unary primitive. */
export const unaryOp = (name: string, self: Primitive<{}>) => (x: Operand): Effect.Effect<Tensor<any, any>, any, any> =>
  operation(name, [x], ([x], call) => call.bind(self, [lone(x!)], none))

/** The user's function in front of a binary primitive: numbers adapt, dtypes join, shapes broadcast. */
export const binaryOp =
  (name: string, self: Primitive<{}>, accepted: Accepts = "any") =>
  (x: Operand, y: Operand): Effect.Effect<Tensor<any, any>, any, any> =>
    operation(name, [x, y], (operands, call) => {
      const dtype = commonDType(name, operands)
      checkDType(name, { shape: [], dtype }, accepts[accepted])
      const ready = conform(name, operands, [dtype, dtype])
      return Array.isArray(ready)
        ? call.bind(self, ready, none)
        : Effect.flatMap(ready as Step<ReadonlyArray<Tensor>>, (xs) => call.bind(self, xs, none))
    })

/**
 * A differentiable function of one operand. `derivative` is the tangent `f'(x)·dx`; leave it out where the derivative is
 * zero everywhere (a step), which disconnects.
 */
export const unary = <F extends object>(
  name: string,
  { accepts = "float", jvp, reference }: {
    readonly accepts?: Accepts
    readonly reference: (x: number) => number
    readonly jvp: Partial<AtUnary> | "zero"
  }
): F => {
  const self = elementwise(name, 1, accepts, reference, {
    jvp: jvp === "zero"
      ? undefined
      : ({ outputs: [out], primals: [x], tangents: [dx] }) => Effect.map(jvp(dx!, { x: x!, out: out! }), (dy) => [dy])
  })
  return op(unaryOp(name, self), self)
}

/** A differentiable function of two operands, with a partial tangent for each. */
export const binary = <F extends object>(
  name: string,
  { accepts = "float", jvp, reference }: {
    readonly accepts?: Accepts
    readonly reference: (x: number, y: number) => number
    readonly jvp: readonly [Partial<AtBinary>, Partial<AtBinary>]
  },
  add: (a: Tensor, b: Tensor) => Step<Tensor>
): F => {
  const self = elementwise(name, 2, accepts, reference, { jvp: partials(jvp, add) })
  return op(binaryOp(name, self), self)
}

/** The JVP rule that adds up the partial tangents of the operands that have one. */
export const partials = (
  [byX, byY]: readonly [Partial<AtBinary>, Partial<AtBinary>],
  add: (a: Tensor, b: Tensor) => Step<Tensor>
): JvpRule<{}> =>
({ outputs: [out], primals: [x, y], tangents: [dx, dy] }) => {
  const at = { x: x!, y: y!, out: out! }
  return Effect.gen(function*() {
    const one = dx === undefined ? undefined : yield* byX(dx, at)
    const two = dy === undefined ? undefined : yield* byY(dy, at)
    return [one === undefined ? two : two === undefined ? one : yield* add(one, two)]
  })
}

/** A primitive whose result is a bool: no derivative. */
export const predicate = (
  name: string,
  arity: number,
  accepted: Accepts,
  f: (...xs: ReadonlyArray<number>) => boolean
): Primitive<{}> => elementwise(name, arity, accepted, (...xs) => f(...xs) ? 1 : 0, {}, "bool")

/** A function of one operand that is written with other ops. */
export const composed = <F extends object>(
  name: string,
  accepted: Accepts,
  f: (x: Tensor) => Effect.Effect<Tensor<any, any>, any, any>
): F =>
  signed((x: Operand) =>
    operation(name, [x], ([x]) => {
      const tensor = lone(x!)
      checkDType(name, tensor, accepts[accepted])
      return f(tensor)
    })
  )
