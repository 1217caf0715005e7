/**
 * Types and captured tensors in documents. Few elements are written as numbers, many as the base64 of their bytes, which
 * are little-endian on every machine.
 */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import type { DType, TypedArray } from "../core/dtype.ts"
import { allocate, byteSize, holds } from "../core/dtype.ts"
import { TraceEncodeError } from "../core/errors.ts"
import { checkShape, sizeOf } from "../core/shape.ts"
import type { Aval, ConcreteTensor, Tensor } from "../core/tensor.ts"
import { avalOf, dataOf, fromData, isConcrete, showAval } from "../core/tensor.ts"
import type { Constant } from "./document.ts"
import { limits, unwritable } from "./document.ts"
import type { Path } from "./untrusted.ts"
import { count, refusal, ruled, show } from "./untrusted.ts"

/** `float64[2,3]`. Throws `TraceEncodeError` for more axes than a document may have. */
export const writeType = (aval: Aval): string => {
  if (aval.shape.length <= limits.rank) return showAval(aval)
  throw new TraceEncodeError({
    message: `Trace.encode requires tensors of at most ${limits.rank} axes, got one of ${aval.shape.length}`
  })
}

/** Reads types, each of them once. */
export type TypeReader = (text: string, path: Path) => Aval

export const typeReader = (): TypeReader => {
  const known = new Map<string, Aval>()
  return (text, path) => {
    const found = known.get(text)
    if (found !== undefined) return found
    // the schema of documents has checked the form
    const [dtype, dims] = text.slice(0, -1).split("[") as [DType, string]
    const shape = dims === "" ? [] : dims.split(",").map(Number)
    if (shape.length > limits.rank) throw refusal(path, `at most ${limits.rank} axes`, String(shape.length))
    const aval = avalOf({ dtype, shape: ruled(path, () => checkShape("Trace.decode", shape)) })
    known.set(text, aval)
    return aval
  }
}

/** Up to so many elements are written as numbers. */
const readable = 8

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** The bytes of each element in reverse, on machines that keep the highest first. */
const ordered = (bytes: Uint8Array, width: number): Uint8Array =>
  isLittleEndian ? bytes : Uint8Array.from(bytes, (_, i) => bytes[i - i % width + width - 1 - i % width]!)

const bytesOf = (data: TypedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const writeElement = (x: number, dtype: DType): number | string | boolean => {
  if (dtype === "bool") return x !== 0
  return Number.isFinite(x) && !Object.is(x, -0) ? x : Object.is(x, -0) ? "-0" : String(x)
}

/** Throws `TraceEncodeError` for a traced tensor, and for one that is too large. */
export const writeConstant = (x: Tensor): Constant => {
  if (!isConcrete(x)) {
    throw new TraceEncodeError({
      message:
        `Trace.encode requires captured values that are known, got ${x}, a value of a transformation around the program; ` +
        `make it an argument`
    })
  }
  const data = dataOf(x)
  const type = writeType(x)
  if (data.byteLength > limits.bytes) {
    throw new TraceEncodeError({
      message:
        `Trace.encode requires captured tensors of at most ${limits.bytes} bytes, got ${data.byteLength} in ${type}`
    })
  }
  return data.length <= readable
    // the strings are those of `unwritable`
    ? { type, values: Array.from(data, (v) => writeElement(v, x.dtype)) as NonNullable<Constant["values"]> }
    : { type, byteOrder: "little", base64: Base64.encode(ordered(bytesOf(data), byteSize(x.dtype))) }
}

const readValues = (values: NonNullable<Constant["values"]>, { dtype, shape }: Aval, path: Path): TypedArray => {
  if (values.length !== sizeOf(shape)) throw refusal(path, count(sizeOf(shape), "value"), String(values.length))
  const data = allocate(dtype, values.length)
  values.forEach((value, i) => {
    const x = typeof value === "string" ? unwritable.get(value)! : Number(value)
    data[i] = x
    if ((typeof value === "boolean") !== (dtype === "bool") || !holds(dtype, x) || !Object.is(data[i], x)) {
      throw refusal([...path, i], `a value that ${dtype} can hold`, show(value))
    }
  })
  return data
}

const readBytes = (base64: string, { dtype, shape }: Aval, path: Path): TypedArray => {
  const length = sizeOf(shape) * byteSize(dtype)
  const expected = `the base64 of ${length} bytes`
  if (base64.length !== 4 * Math.ceil(length / 3)) {
    throw refusal(path, expected, `${base64.length} characters`)
  }
  const bytes = Base64.decode(base64)
  if (Result.isFailure(bytes) || bytes.success.length !== length) throw refusal(path, expected, "something else")
  const data = allocate(dtype, sizeOf(shape))
  bytesOf(data).set(ordered(bytes.success, byteSize(dtype)))
  if (dtype === "bool" && data.some((x) => x > 1)) throw refusal(path, "bytes 0 and 1 for bool", "others")
  return data
}

/** Throws `TraceDecodeError`. */
export const readConstant = (constant: Constant, typeAt: TypeReader, path: Path): ConcreteTensor => {
  const { base64, byteOrder, type, values } = constant
  const aval = typeAt(type, [...path, "type"])
  const data = values !== undefined && base64 === undefined && byteOrder === undefined
    ? readValues(values, aval, [...path, "values"])
    : values === undefined && base64 !== undefined && byteOrder !== undefined
    ? readBytes(base64, aval, [...path, "base64"])
    : undefined
  if (data === undefined) throw refusal(path, `either "values", or "base64" and "byteOrder"`)
  return fromData(aval.shape, aval.dtype, data)
}
