/**
 * Fourier transforms. Complex numbers are pairs of real tensors, `{ re, im }`: trees like any other, for which all transformations have their
 * meaning already. A transform is linear, and the transform in the other direction is its transpose.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { ArgumentError, describe, DTypeError, ShapeError, showShapes, TreeLeafError } from "../../core/errors.ts"
import { attempt, failure } from "../../core/evaluator.ts"
import type { Taken } from "../../core/operation.ts"
import { applyAll, checkDType, commonDType, lone, operation } from "../../core/operation.ts"
import { checkOptions, propertiesOf } from "../../core/options.ts"
import type { OpEffect, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import type { Shape } from "../../core/shape.ts"
import { broadcastShapes, checkAxes, listOf, normalizeAxis, range, sameShape, sizeOf } from "../../core/shape.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { dataOf, isEffect, isTensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { instantiate, mul, neg, zeros } from "../algebra.ts"
import { castTo } from "../cast.ts"
import { accepts, repeat } from "../define.ts"
import { broadcastLike } from "../movement/layout.ts"
import { concatAll, flipOver, padWith, sliceAxis } from "../movement/parts.ts"
import { transformLine } from "./transform.ts"

/** Real and imaginary parts. */
interface Complex {
  readonly re: Tensor
  readonly im: Tensor
}

/** Σⱼ (re + i·im)ⱼ e^(∓2πi jk/n) along an axis, unscaled. */
export const fftPrimitive: Primitive<"fft", { readonly axis: "integer"; readonly inverse: "boolean" }, 2, 2> =
  primitive({
    name: "fft",
    arity: 2,
    params: { axis: "integer", inverse: "boolean" },
    linear: "all",
    aligned: (operands, { axis }) =>
      operands.map((x) => range(x.shape.length).filter((a) => a !== axis).map((a) => [a, a])),
    infer: ([re, im], { axis }) => {
      checkDType("fft", re, accepts.float)
      const dtypes = [re.dtype, im.dtype]
      if (re.dtype !== im.dtype) {
        throw new DTypeError({
          op: "fft",
          dtypes,
          message: `fft requires parts of one dtype, got ${dtypes.join(" and ")}`
        })
      }
      if (!sameShape(re.shape, im.shape)) {
        const shapes = [re.shape, im.shape]
        throw new ShapeError({
          op: "fft",
          shapes,
          message: `fft requires parts of one shape, got ${showShapes(shapes)}`
        })
      }
      checkAxes("fft", [axis], re.shape)
      return [re, im]
    },
    reference: ([re, im], { axis, inverse }) => {
      const n = re.shape[axis]!
      const stride = sizeOf(re.shape.slice(axis + 1))
      const [x, y] = [dataOf(re), dataOf(im)]
      const out = [allocate(re.dtype, x.length), allocate(im.dtype, x.length)] as const
      const line = { re: new Float64Array(n), im: new Float64Array(n) }
      for (let first = 0; first < x.length; first += n * stride) {
        for (let s = 0; s < stride; s++) {
          for (let i = 0; i < n; i++) {
            line.re[i] = x[first + s + i * stride]!
            line.im[i] = y[first + s + i * stride]!
          }
          transformLine(line, inverse)
          for (let i = 0; i < n; i++) {
            out[0][first + s + i * stride] = line.re[i]!
            out[1][first + s + i * stride] = line.im[i]!
          }
        }
      }
      return out
    },
    jvp: ({ params, tangents }) =>
      Effect.flatMap(Effect.forEach(tangents, instantiate), (parts) => both(parts, params)),
    // the matrix is C − iS with symmetric C and S; as one of real numbers it is [C S; −S C], and its transpose has −S for S
    transpose: ({ cotangents, params: { axis, inverse } }) =>
      Effect.flatMap(Effect.forEach(cotangents, instantiate), (parts) => both(parts, { axis, inverse: !inverse })),
    batch: ({ batched, operands, params: { axis, inverse }, size }) =>
      Effect.gen(function*() {
        const parts = yield* Effect.forEach(operands, (x, i) => batched[i] ? Effect.succeed(x) : repeat(x, size))
        return { outputs: yield* both(parts, { axis: axis + 1, inverse }), batched: [true, true] as const }
      })
  })

const both = (
  parts: ReadonlyArray<Tensor>,
  params: { readonly axis: number; readonly inverse: boolean }
): OpEffect<readonly [Tensor, Tensor]> =>
  // it has as many results as operands
  applyAll(fftPrimitive, parts, params) as OpEffect<readonly [Tensor, Tensor]>

type Norm = "backward" | "ortho" | "forward"

/** What options say of axes. */
interface Along {
  readonly axes: ReadonlyArray<number>
  readonly sizes: ReadonlyArray<number | undefined>
  readonly norm: Norm
}

const refused = (op: string, requires: string, got: unknown): ArgumentError =>
  new ArgumentError({ op, message: `${op} requires ${requires}, got ${describe(got)}` })

/** Options of a transform of tensors of a shape: by default along the last axis. Throws `ArgumentError` and `AxisError`. */
const alongOf = (op: string, shape: Shape, options: Typed.FftOptions | undefined): Along => {
  const { axis = -1, n, norm = "backward" } = checkOptions<Typed.FftOptions>(op, options, {
    axis: "checked",
    n: "checked",
    norm: ["backward", "ortho", "forward"]
  })
  const axes = (listOf(axis) ?? [axis]).map((a) => normalizeAxis(op, a, shape.length, shape))
  if (new Set(axes).size !== axes.length) throw refused(op, "distinct axes", axis)
  const sizes = n === undefined ? axes.map(() => undefined) : listOf(n) ?? axes.map(() => n)
  const isSize = (size: unknown) => size === undefined || (Number.isSafeInteger(size) && (size as number) > 0)
  if (sizes.length !== axes.length || !sizes.every(isSize)) throw refused(op, "a positive size for each axis as n", n)
  for (const [i, a] of axes.entries()) {
    if ((sizes[i] ?? shape[a]!) === 0) {
      throw new ShapeError({ op, shapes: [shape], message: `${op} requires elements along axis ${a}, got none` })
    }
  }
  // they are checked
  return { axes, sizes: sizes as ReadonlyArray<number | undefined>, norm }
}

/** The first n elements along an axis, or all and zeros behind them. */
const sized = (x: Tensor, axis: number, n: number | undefined): OpEffect<Tensor> => {
  const have = x.shape[axis]!
  if (n === undefined || n === have) return Effect.succeed(x)
  if (n < have) return sliceAxis(x, axis, 0, n)
  const none = x.shape.map(() => 0)
  return padWith(x, none, none.with(axis, n - have), none)
}

/** What a transform is multiplied by. */
const scaleOf = (norm: Norm, inverse: boolean, count: number): number =>
  norm === "ortho" ? 1 / Math.sqrt(count) : (norm === "backward") === inverse ? 1 / count : 1

const scaled = ({ im, re }: Complex, factor: number): OpEffect<Complex> =>
  factor === 1
    ? Effect.succeed({ re, im })
    : Effect.all({ re: mul(re, factor), im: mul(im, factor) }) as OpEffect<Complex>

/** The transform along axes, one after the other. */
const transformed = (x: Complex, { axes, norm, sizes }: Along, inverse: boolean): OpEffect<Complex> =>
  Effect.gen(function*() {
    let { im, re } = x
    let count = 1
    for (const [i, axis] of axes.entries()) {
      const parts = [yield* sized(re, axis, sizes[i]), yield* sized(im, axis, sizes[i])]
      count *= parts[0]!.shape[axis]!
      ;[re, im] = yield* both(parts, { axis, inverse })
    }
    return yield* scaled({ re, im }, scaleOf(norm, inverse, count))
  })

/** A float tensor. Throws `DTypeError`. */
const floatOf = (op: string, x: Taken): Tensor => {
  const tensor = lone(x)
  checkDType(op, tensor, accepts.float)
  return tensor
}

/** Parts in their common dtype and shape. Throws `DTypeError` and `ShapeError`. */
const complexOf = (op: string, [re, im]: ReadonlyArray<Taken>): OpEffect<Complex> & { readonly shape: Shape } => {
  const real = floatOf(op, re!)
  if (im === undefined) {
    return Object.assign(Effect.map(zeros(real), (zero) => ({ re: real, im: zero })), { shape: real.shape })
  }
  const imaginary = floatOf(op, im)
  const dtype = commonDType(op, [real, imaginary])
  const shape = broadcastShapes(op, [real.shape, imaginary.shape])
  const part = (x: Tensor) => Effect.flatMap(castTo(x, dtype), (y) => broadcastLike(y, shape))
  return Object.assign(Effect.all({ re: part(real), im: part(imaginary) }), { shape })
}

/** The operands of a pair, or of a real tensor. Throws `TreeLeafError` for anything else. */
const partsOf = (op: string, x: unknown): ReadonlyArray<Operand> => {
  if (typeof x === "number" || isTensor(x)) return [x]
  const { im, re } = propertiesOf(x) ?? {}
  if (re !== undefined && im !== undefined) return [re as Operand, im as Operand]
  throw new TreeLeafError({
    op,
    path: "",
    message: `${op} requires a tensor, or a pair { re, im } of tensors, got ${describe(x)}`
  })
}

/** The op `op` on a complex tensor: a pair, a real one, or an Effect of either. */
const onComplex = <A>(
  op: string,
  x: unknown,
  body: (taken: ReadonlyArray<Taken>) => OpEffect<A>
): Effect.Effect<A, any, any> => {
  if (isEffect(x)) {
    return operation(op, [], () =>
      Effect.flatMap(x as Effect.Effect<unknown>, (given) =>
        Effect.flatMap(
          attempt(() => partsOf(op, given), undefined),
          (parts) => operation(op, parts, body)
        )), "effectful")
  }
  try {
    return operation(op, partsOf(op, x), body)
  } catch (error) {
    return operation(op, [], () => failure(error, undefined))
  }
}

const direction = (op: string, inverse: boolean) => (x: Typed.ComplexOperand, options?: Typed.FftOptions) =>
  onComplex(op, x, (taken) => {
    const given = complexOf(op, taken)
    const along = alongOf(op, given.shape, options)
    return Effect.flatMap(given, (z) => transformed(z, along, inverse))
  })

/**
 * The discrete Fourier transform Σⱼ xⱼ e^(−2πi jk/n) along `axis`, the last by default, or several: of a pair `{ re, im }` of real tensors, or of a real one. The result is a pair.
 *
 * Floats, of any size n > 0; computed in double precision, to a relative error of about ε·log n. The option `n` cuts off, or fills up with zeros, to another size; `norm` is `"backward"` (the
 * default: the inverse is divided by n), `"ortho"` (both by √n) or `"forward"`, as in NumPy. Linear: its derivative is itself, and its transpose the transform in the other direction. Fails
 * with `AxisError`, `ShapeError`, `DTypeError`, `ArgumentError` and `TreeLeafError`. Source: Van Loan, "Computational Frameworks for the Fast Fourier
 * Transform", 1992; Bluestein (1970) for large prime factors.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { fft, Tensor } from "wengert"
 *
 * const { im, re } = Effect.runSync(fft(Tensor.make([1, 0, 0, 0])))
 * console.log(re, im) // => tensor([1., 1., 1., 1.], float64) tensor([0., 0., 0., 0.], float64)
 * ```
 */
export const fft: Typed.Fft = signed(direction("fft", false))

/**
 * The inverse of `fft`: (1/n) Σⱼ xⱼ e^(+2πi jk/n). Everything else is as there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { fft, ifft, Tensor } from "wengert"
 *
 * const { re } = Effect.runSync(ifft(fft(Tensor.make([1, 2, 3, 4]))))
 * console.log(re) // => tensor([1., 2., 3., 4.], float64)
 * ```
 */
export const ifft: Typed.Fft = signed(direction("ifft", true))

/**
 * The Fourier transform of a real tensor, of which it gives the ⌊n/2⌋ + 1 numbers that are not conjugates of others: along the last of the axes. Options are those of `fft`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { rfft, Tensor } from "wengert"
 *
 * const { im, re } = Effect.runSync(rfft(Tensor.make([0, 1, 0, -1])))
 * console.log(re, im) // => tensor([0., 0., 0.], float64) tensor([ 0., -2.,  0.], float64)
 * ```
 */
export const rfft: Typed.Rfft = signed((x: Operand, options?: Typed.FftOptions) =>
  operation("rfft", [x], ([x]) => {
    const op = "rfft"
    const tensor = floatOf(op, x)
    const along = alongOf(op, tensor.shape, options)
    const last = along.axes.at(-1)
    if (last === undefined) throw refused(op, "an axis", "none")
    return Effect.gen(function*() {
      // the last axis first, half of which the others then need not transform
      const [front, size] = [along.axes.slice(0, -1), along.sizes.at(-1)]
      const real = yield* sized(tensor, last, size)
      const n = real.shape[last]!
      const [re, im] = yield* both([real, yield* zeros(real)], { axis: last, inverse: false })
      const half = {
        re: yield* sliceAxis(re, last, 0, Math.floor(n / 2) + 1),
        im: yield* sliceAxis(im, last, 0, Math.floor(n / 2) + 1)
      }
      const rest: Along = { axes: front, sizes: along.sizes.slice(0, -1), norm: "backward" }
      const all = yield* transformed(half, rest, false)
      const count = front.reduce((product, a) => product * all.re.shape[a]!, n)
      return yield* scaled(all, scaleOf(along.norm, false, count))
    })
  })
)

/**
 * The inverse of `rfft`: a real tensor, of the ⌊n/2⌋ + 1 numbers along the last of the axes that are not conjugates of others. `n` is by default the even one
 * of the two sizes; imaginary parts of what has to be real are ignored. Options are those of `fft`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { irfft, rfft, Tensor } from "wengert"
 *
 * console.log(Effect.runSync(irfft(rfft(Tensor.make([1, 2, 3, 4]))))) // => tensor([1., 2., 3., 4.], float64)
 * ```
 */
export const irfft: Typed.Irfft = signed((x: Typed.ComplexOperand, options?: Typed.FftOptions) =>
  onComplex("irfft", x, (taken) => {
    const op = "irfft"
    const given = complexOf(op, taken)
    const along = alongOf(op, given.shape, options)
    const last = along.axes.at(-1)
    if (last === undefined) throw refused(op, "an axis", "none")
    const n = along.sizes.at(-1) ?? 2 * (given.shape[last]! - 1)
    if (n < 1) throw refused(op, "a positive size for each axis as n", n)
    return Effect.gen(function*() {
      const rest: Along = { axes: along.axes.slice(0, -1), sizes: along.sizes.slice(0, -1), norm: "forward" }
      const half = yield* transformed(yield* given, rest, true)
      const count = rest.axes.reduce((product, a) => product * half.re.shape[a]!, n)
      const kept = Math.floor(n / 2) + 1
      const [re, im] = [yield* sized(half.re, last, kept), yield* sized(half.im, last, kept)]
      const [all] = yield* both([
        yield* mirrored(re, last, n),
        yield* mirrored(im, last, n, true)
      ], { axis: last, inverse: true })
      const factor = scaleOf(along.norm, true, count)
      return yield* factor === 1 ? Effect.succeed(all) : mul(all, factor) as OpEffect<Tensor>
    })
  })
)

/** With x₋ₖ = xₖ along an axis, or −xₖ if it is `odd`, up to n elements. */
const mirrored = (x: Tensor, axis: number, n: number, odd = false): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const others = n - x.shape[axis]!
    if (others === 0) return x
    const back = yield* flipOver(yield* sliceAxis(x, axis, 1, 1 + others), [axis])
    return yield* concatAll([x, odd ? yield* neg(back) as OpEffect<Tensor> : back], axis)
  })
