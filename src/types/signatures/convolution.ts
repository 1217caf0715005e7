/**
 * Signatures of convolution, pooling and resizing.
 */
import type * as Effect from "effect/Effect"
import type { OpError } from "../../core/errors.ts"
import type { Shape } from "../../core/shape.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type { CheckConv, Conv as Convolved, Layout, Padding, PerAxis, Pool as Pooled } from "../convolution.ts"
import type { CheckFloat, CheckNumeric } from "../dtype.ts"
import type { DTypeOf, ErrorOf, SaidBy, ServicesOf, ShapeOf } from "../operand.ts"
import type { Mutable } from "../shape.ts"
import type { JoinOf } from "./elementwise.ts"

export type { Layout, Padding, PerAxis } from "../convolution.ts"

/** How kernels move over images. */
export interface ConvOptions {
  /** From one place of the kernel to the next; 1 by default. */
  readonly stride?: PerAxis | undefined
  /** What is around the images; `"valid"`, nothing, by default. */
  readonly padding?: Padding | undefined
  /** From one element of the kernel to the next; 1 by default. */
  readonly dilation?: PerAxis | undefined
  /** From one element of the images to the next, with zeros between; 1 by default. */
  readonly inputDilation?: PerAxis | undefined
  /** Into how many groups channels fall, each with its own kernels; 1 by default. */
  readonly groups?: number | undefined
  /** Where channels lie; last by default. */
  readonly layout?: Layout | undefined
}

/** Images by kernels. */
export interface Conv {
  <X extends Operand, W extends Operand, const O extends ConvOptions = {}>(
    x: CheckConv<"conv", ShapeOf<X>, ShapeOf<W>, O, CheckNumeric<"conv", SaidBy<X>, X>>,
    kernels: W,
    options?: O
  ): Effect.Effect<
    Tensor<Convolved<ShapeOf<X>, ShapeOf<W>, O>, JoinOf<X, W>>,
    OpError | ErrorOf<X | W>,
    ServicesOf<X | W>
  >
}

/** How the transpose of a convolution moves. */
export interface ConvTransposeOptions {
  readonly stride?: PerAxis | undefined
  readonly padding?: Padding | undefined
  readonly dilation?: PerAxis | undefined
  readonly groups?: number | undefined
  readonly layout?: Layout | undefined
  /** The sizes of the axes of places of the result: of those from which the convolution makes as many as there are. */
  readonly size?: PerAxis | undefined
}

/** The adjoint of a convolution by kernels. */
export interface ConvTranspose {
  <X extends Operand, W extends Operand>(
    x: CheckNumeric<"convTranspose", SaidBy<X>, X>,
    kernels: W,
    options?: ConvTransposeOptions
  ): Effect.Effect<Tensor<Shape, JoinOf<X, W>>, OpError | ErrorOf<X | W>, ServicesOf<X | W>>
}

/** How windows move. */
export interface PoolOptions {
  /** From one window to the next; the size of windows by default. */
  readonly stride?: PerAxis | undefined
  /** What is around the images; `"valid"`, nothing, by default. */
  readonly padding?: Padding | undefined
  /** Where channels lie; last by default. */
  readonly layout?: Layout | undefined
}

/** The largest element of each window. */
export interface MaxPool {
  <X extends Operand, const Size extends PerAxis, const O extends PoolOptions = {}>(
    x: CheckNumeric<"maxPool", SaidBy<X>, X>,
    size: Size,
    options?: O
  ): Effect.Effect<Tensor<Pooled<ShapeOf<X>, Size, O>, DTypeOf<X>>, OpError | ErrorOf<X>, ServicesOf<X>>
}

/** The mean of each window. */
export interface AvgPool {
  <
    X extends Operand,
    const Size extends PerAxis,
    const O extends PoolOptions & { readonly countPadding?: boolean | undefined } = {}
  >(
    x: CheckFloat<"avgPool", SaidBy<X>, X>,
    size: Size,
    options?: O
  ): Effect.Effect<Tensor<Pooled<ShapeOf<X>, Size, O>, DTypeOf<X>>, OpError | ErrorOf<X>, ServicesOf<X>>
}

/** The same picture in another shape. */
export interface Resize {
  <X extends Operand, const S extends Shape>(
    x: CheckFloat<"resize", SaidBy<X>, X>,
    shape: S,
    options?: { readonly method?: "linear" | "nearest" | undefined; readonly antialias?: boolean | undefined }
  ): Effect.Effect<Tensor<Mutable<S>, DTypeOf<X>>, OpError | ErrorOf<X>, ServicesOf<X>>
}
