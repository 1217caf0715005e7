/**
 * What laws of corners say: that a program fails, that something holds at a point, that a value is not defined.
 */
import { Effect, Option } from "effect"
import { Laws } from "../../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../../src/index.ts"
import * as w from "../../../src/index.ts"

export type X = AnyTensor
export type F = Laws.Program<ReadonlyArray<any>, any, any>
const { Tensor } = w

export const once = (...laws: ReadonlyArray<Laws.Law>): ReadonlyArray<Laws.Law> =>
  laws.map((law) => ({ ...law, runs: 1 }))

/** 1 where a program fails with an error of a kind, 0 where it does not. */
export const fails = (tag: string, program: Effect.Effect<unknown, any>) =>
  Effect.match(program, {
    onFailure: ({ _tag }: { readonly _tag: string }) => Tensor.make(_tag === tag ? 1 : 0),
    onSuccess: () => Tensor.make(0)
  })
/** A program that is to fail does. */
export const refuses = (name: string, tag: string, program: () => Effect.Effect<unknown, any>) =>
  once(
    Laws.sameDerivatives(name, (_: X) => fails(tag, program()), (_: X) => Effect.succeed(Tensor.make(1)), [
      Tensor.make(1)
    ], {
      order: 0
    })
  )
/** What a program says of a point is true. */
export const holds = (name: string, program: (x: X) => Effect.Effect<any, any>, x: X) =>
  once(
    Laws.sameDerivatives(
      name,
      (x: X) => Effect.flatMap(program(x), (y: X) => w.cast(y, "float64")) as Effect.Effect<AnyTensor, any>,
      (_: X) => Effect.succeed(Tensor.make(1)),
      [x],
      { order: 0 }
    )
  )
/** All elements of what a program gives are NaN. */
export const isNowhere = (name: string, program: (x: X) => Effect.Effect<any, any>, x: X) =>
  holds(name, (x) => Effect.flatMap(program(x), (y: X) => w.all(w.isNaN(y))), x)
/** A gradient is told to be none. */
export const isUnconnected = (name: string, f: (x: X) => Effect.Effect<any, any>, x: X) =>
  holds(
    name,
    (x) =>
      Effect.map((w.grad as any)(f, { unconnected: "none" })(x), (found: any) =>
        Tensor.make(Option.isNone(found))) as any,
    x
  )

/** The gradient of the sum of what a function gives. */
export const slopeOf = (f: (x: X) => Effect.Effect<X, any>, x: X) =>
  w.grad((x: X) => w.sum(f(x)) as Effect.Effect<AnyTensor<[]>, any>)(x)
/** Numbers of which no two are alike. */
export const spread = (shape: ReadonlyArray<number>) => {
  const size = shape.reduce((a, b) => a * b, 1)
  return Tensor.make(Array.from({ length: size }, (_, i) => Math.sin(5 * i) + 0.01 * i), { shape: [...shape] })
}
