/**
 * Signatures of Fourier transforms.
 */
import type * as Effect from "effect/Effect"
import type { DType } from "../../core/dtype.ts"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { Add, DivMod } from "../arithmetic.ts"
import type { CheckFloat } from "../dtype.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"

/** A complex tensor: its real and imaginary parts. */
export interface ComplexTensor<S extends Shape = Shape, D extends DType = DType> {
  readonly re: Tensor<S, D>
  readonly im: Tensor<S, D>
}

/** A pair of real and imaginary parts. */
interface Pair {
  readonly re: Operand
  readonly im: Operand
}

/** What Fourier transforms take: a real tensor, a pair, or an Effect of a pair. */
export type ComplexOperand = Operand | Pair | Effect.Effect<ComplexTensor<any, any>, any, any>

/** Along which axes, of which sizes, and who divides by how many there are. */
export interface FftOptions {
  /** One axis, or several; the last by default. */
  readonly axis?: number | ReadonlyArray<number> | undefined
  /** Another size, for each axis. */
  readonly n?: number | ReadonlyArray<number> | undefined
  readonly norm?: "backward" | "ortho" | "forward" | undefined
}

type ShapeOfComplex<X> = X extends { readonly re: infer Re; readonly im: unknown } ? ShapeOf<Re>
  : X extends Effect.Effect<ComplexTensor<infer S, any>, any, any> ? S
  : ShapeOf<X>

type DTypeOfComplex<X> = X extends { readonly re: infer Re; readonly im: unknown } ? DTypeOf<Re>
  : X extends Effect.Effect<ComplexTensor<any, infer D>, any, any> ? D
  : DTypeOf<X>

type ErrorsOf<X> = X extends { readonly re: infer Re; readonly im: infer Im } ? ErrorOf<Re | Im> : ErrorOf<X>
type Services<X> = X extends { readonly re: infer Re; readonly im: infer Im } ? ServicesOf<Re | Im> : ServicesOf<X>

/** The shape, unless sizes are given. */
type Resized<S extends Shape, O> = "n" extends keyof O ? Shape : S

/** Complex to complex. */
export interface Fft {
  <X extends ComplexOperand, const O extends FftOptions = {}>(
    x: X,
    options?: O
  ): Effect.Effect<
    ComplexTensor<Resized<ShapeOfComplex<X>, O>, DTypeOfComplex<X>>,
    OpError | ErrorsOf<X>,
    Services<X>
  >
}

/** The last axis with ⌊n/2⌋ + 1 elements. */
type Half<S extends Shape, O> = keyof O extends never ? number extends S["length"] ? Shape
  : S extends readonly [...infer Rest extends Shape, infer N extends number]
    ? DivMod<N, 2> extends [infer Q extends number, number] ? [...Rest, Add<Q, 1>] : Shape
  : Shape
  : Shape

/** Real to complex. */
export interface Rfft {
  <X extends Operand, const O extends FftOptions = {}>(
    x: CheckFloat<"rfft", SaidBy<X>, X>,
    options?: O
  ): Effect.Effect<ComplexTensor<Half<ShapeOf<X>, O>, DTypeOf<X>>, OpError | ErrorOf<X>, ServicesOf<X>>
}

/** Complex to real. */
export interface Irfft {
  <X extends ComplexOperand, const O extends FftOptions = {}>(
    x: X,
    options?: O
  ): Effect.Effect<Tensor<Shape, DTypeOfComplex<X>>, OpError | ErrorsOf<X>, Services<X>>
}
