/**
 * Tensors: immutable n-dimensional arrays, concrete or traced.
 *
 * A concrete tensor holds its elements, row-major, in a typed array that nobody outside this package ever sees (readers
 * get copies), so that it is immutable in fact. A traced tensor stands for a variable of a Wengert list under
 * construction. Programs cannot tell them apart, except by reading elements.
 */
import * as Effect from "effect/Effect"
import type { DType, TypedArray } from "./dtype.ts"
import { allocate } from "./dtype.ts"
import { DTypeError, ShapeError } from "./errors.ts"
import { formatTensor } from "./format.ts"
import type { Tensor } from "./public.ts"
import type { Shape } from "./shape.ts"
import { sameShape, sizeOf } from "./shape.ts"

// the interface lives where the package exports it, so that the declarations of other packages can name it
export type { Tensor } from "./public.ts"

/** Brand of tensors. */
export const TypeId = "~wengert/Tensor" as const
/** Brand of tensors. */
export type TypeId = typeof TypeId

/** What an op takes: a number, a tensor, or an Effect that yields a tensor. */
export type Operand = number | Tensor<any, any> | Effect.Effect<Tensor<any, any>, any, any>

/** Is it an Effect? An object that throws when it is looked at is none. */
export const isEffect = (u: unknown): u is Effect.Effect<unknown, unknown, unknown> => {
  try {
    return Effect.isEffect(u)
  } catch {
    return false
  }
}

/** Shape and dtype of a value: all that shape rules see of it. */
export interface Aval {
  readonly shape: Shape
  readonly dtype: DType
}

/** The same shape and dtype? */
export const sameAval = (a: Aval, b: Aval): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)

/** The same shapes and dtypes, one by one? */
export const sameAvals = (a: ReadonlyArray<Aval>, b: ReadonlyArray<Aval>): boolean =>
  a === b || (a.length === b.length && a.every((x, i) => sameAval(x, b[i]!)))

/** A tangent or cotangent that is zero by structure: nothing depends on it. It has a type, and no elements. */
export class Zero implements Aval {
  readonly shape: Shape
  readonly dtype: DType
  constructor({ dtype, shape }: Aval) {
    this.shape = shape
    this.dtype = dtype
  }
}

/** Is it zero by structure? */
export const isZero = (x: unknown): x is Zero => x instanceof Zero

/** An operand that a list is linear in, seen when the list runs backwards: it has a type, and no value. */
export class Linear implements Aval {
  readonly shape: Shape
  readonly dtype: DType
  constructor({ dtype, shape }: Aval) {
    this.shape = shape
    this.dtype = dtype
  }
}

/** Is it an operand without a value? */
export const isLinear = (x: unknown): x is Linear => x instanceof Linear

/** The aval of a tensor as an immutable value of its own. */
export const avalOf = (x: Aval): Aval =>
  x instanceof TracedTensor
    ? x.aval
    : Object.isFrozen(x) && Object.isFrozen(x.shape) && !(x instanceof Base)
    ? x
    : Object.freeze({ shape: frozen(x.shape), dtype: x.dtype })

const frozen = (shape: Shape): Shape => Object.isFrozen(shape) ? shape : Object.freeze([...shape])

abstract class Base implements Tensor {
  #size: number | undefined
  /** Asked of the object itself, not of what it says. */
  static is(u: unknown): u is Base {
    return typeof u === "object" && u !== null && #size in u
  }
  declare readonly [TypeId]: { shape(_: Shape): void; dtype(_: DType): void }
  readonly shape: Shape
  readonly dtype: DType
  /** The shape is immutable. */
  constructor(shape: Shape, dtype: DType) {
    this.shape = shape
    this.dtype = dtype
  }
  get size(): number {
    return this.#size ??= sizeOf(this.shape)
  }
  abstract toString(): string
  /** A tensor is text where text is wanted, and never a number: `x * 2` is a mistake, not NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString()
    throw new DTypeError({
      op: "arithmetic",
      shapes: [this.shape],
      dtypes: [this.dtype],
      message: `arithmetic requires numbers, got ${this.toString()}; use add, mul, … or read it with Tensor.item ` +
        `(number arguments are tensors under a transformation)`
    })
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString()
  }
}
Object.defineProperty(Base.prototype, TypeId, { value: TypeId })

/** What was thrown while `op` made tensors of these types: a `ShapeError` where memory does not hold them. */
export const tooLarge = (op: string, avals: ReadonlyArray<Aval>, error: unknown): unknown => {
  // a stack that is full is a RangeError too
  if (!(error instanceof RangeError) || error.message.includes("call stack")) return error
  const shapes = avals.map((aval) => aval.shape)
  const message = `${op} requires a shape that fits into memory, got ${avals.map(showAval).join(" and ")}`
  return new ShapeError({ op, shapes, dtypes: avals.map((aval) => aval.dtype), message })
}

/** What `make` allocates for tensors like `avals`. Throws `ShapeError` where there is no such amount of memory. */
export const allocating = <A>(op: string, avals: ReadonlyArray<Aval>, make: () => A): A => {
  try {
    return make()
  } catch (error) {
    throw tooLarge(op, avals, error)
  }
}

/** A tensor that has its elements: an array of them, or one value for all, of which there is an array once it is read. */
export class ConcreteTensor extends Base {
  #elements: TypedArray | number
  constructor(shape: Shape, dtype: DType, elements: TypedArray | number) {
    super(frozen(shape), dtype)
    this.#elements = elements
    Object.freeze(this)
  }
  /** The elements themselves. Whoever reads them must not write. Throws `ShapeError` where memory does not hold them. */
  static data(tensor: ConcreteTensor): TypedArray {
    const elements = tensor.#elements
    if (typeof elements !== "number") return elements
    const data = allocating("Tensor.data", [tensor], () => allocate(tensor.dtype, tensor.size))
    if (!Object.is(elements, 0)) data.fill(elements)
    return tensor.#elements = data
  }
  /** The value that all elements are known to have. */
  static value(tensor: ConcreteTensor): number | undefined {
    return typeof tensor.#elements === "number" ? tensor.#elements : undefined
  }
  override toString(): string {
    const elements = this.#elements
    return formatTensor(this, typeof elements === "number" ? () => elements : (i) => elements[i]!)
  }
}

/** A tensor that stands for variable `id` of the list that `tracer` writes. */
export class TracedTensor extends Base {
  readonly aval: Aval
  readonly tracer: object
  readonly id: number
  constructor(aval: Aval, tracer: object, id: number) {
    super(aval.shape, aval.dtype)
    this.aval = aval
    this.tracer = tracer
    this.id = id
  }
  override toString(): string {
    return `Traced(${this.dtype}[${this.shape.join(",")}])`
  }
}

/** An abstract argument: it has a shape and a dtype, and no elements. Made by `Tensor.spec`, taken by `trace`. */
export class SpecTensor extends Base {
  constructor(shape: Shape, dtype: DType) {
    super(frozen(shape), dtype)
    Object.freeze(this)
  }
  override toString(): string {
    return `Spec(${this.dtype}[${this.shape.join(",")}])`
  }
}

/** Is it a tensor of any kind? */
export const isTensor = (u: unknown): u is Tensor => Base.is(u)

/** Does it have its elements? */
export const isConcrete = (u: unknown): u is ConcreteTensor => u instanceof ConcreteTensor

/** The elements of a concrete tensor, to be read only. */
export const dataOf = (tensor: ConcreteTensor): TypedArray => ConcreteTensor.data(tensor)

/** The value of all elements, where it is known without looking at them. */
export const valueOf = (tensor: ConcreteTensor): number | undefined => ConcreteTensor.value(tensor)

/** A concrete tensor over storage that nobody else will write to. */
export const fromData = (shape: Shape, dtype: DType, data: TypedArray): ConcreteTensor =>
  new ConcreteTensor(shape, dtype, data)

/** A scalar. */
export const scalar = (dtype: DType, value: number): ConcreteTensor => filled([], dtype, value)

/** All elements equal to `value`, which `dtype` must hold. It costs nothing until somebody needs the elements. */
export const filled = (shape: Shape, dtype: DType, value: number): ConcreteTensor =>
  new ConcreteTensor(shape, dtype, dtype === "float32" ? Math.fround(value) : value)

/** The whole numbers from `lower` up to `upper`, without it. */
export const wholeNumbers = (lower: number, upper: number): ConcreteTensor => {
  const shape = [Math.max(0, upper - lower)]
  const data = allocating("arange", [{ shape, dtype: "int32" }], () => new Int32Array(shape[0]!))
  for (let i = 0; i < data.length; i++) data[i] = lower + i
  return fromData(shape, "int32", data)
}

/** `float64[2,3]`, as listings and messages show a value's type. */
export const showAval = (aval: Aval): string => `${aval.dtype}[${aval.shape.join(",")}]`
