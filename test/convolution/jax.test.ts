/**
 * Convolution, pooling and resizing against JAX, by the reference and compiled.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { avgPool, conv, Engine, jit, maxPool, resize, Tensor } from "wengert"
import { run } from "../grad/support/run.ts"

type Given = readonly [shape: ReadonlyArray<number>, elements: ReadonlyArray<number>]
interface Case {
  readonly name: string
  readonly x: Given
  readonly options: any
  readonly shape: ReadonlyArray<number>
  readonly y: ReadonlyArray<number>
}
const jax: {
  readonly conv: ReadonlyArray<Case & { readonly w: Given }>
  readonly pool: ReadonlyArray<Case & { readonly kind: "max" | "avg"; readonly size: number }>
  readonly resize: ReadonlyArray<Omit<Case, "name"> & { readonly method: "linear"; readonly antialias: boolean }>
} = JSON.parse(readFileSync(new URL("./jax.reference.json", import.meta.url), "utf8"))

const dtypes = ["float64", "float32"] as const
const tensor = ([shape, elements]: Given, dtype: "float64" | "float32" | "int32"): Tensor<any, any> =>
  Tensor.make([...elements], { shape, dtype })
type Program = (...xs: ReadonlyArray<Tensor<any, any>>) => Effect.Effect<Tensor<any, any>, any>

/** A program gives elements of a shape, whichever engine runs it. */
const expectElements = (
  f: Program,
  xs: ReadonlyArray<Tensor<any, any>>,
  { shape, y }: Omit<Case, "name">,
  tolerance: number
) => {
  for (const program of [f(...xs), jit(f)(...xs), Effect.provide(f(...xs), Engine.wasm)]) {
    const got = run(program as Effect.Effect<Tensor<any, any>>)
    expect(got.shape).toEqual(shape)
    const data = run(Tensor.data(got)) as ArrayLike<number>
    y.forEach((expected, i) => expect(Math.abs(data[i]! - expected), `element ${i}`).toBeLessThanOrEqual(tolerance))
  }
}

describe("conv", () => {
  it.each(jax.conv)("$name", (one) => {
    for (const dtype of [...dtypes, "int32"] as const) {
      expectElements((x, w) => conv(x, w, one.options), [tensor(one.x, dtype), tensor(one.w, dtype)], one, 0)
    }
  })
})

describe("pooling", () => {
  it.each(jax.pool)("$name", (one) => {
    const pool: (...args: ReadonlyArray<any>) => any = one.kind === "max" ? maxPool : avgPool
    for (const dtype of dtypes) {
      expectElements(
        (x) => pool(x, one.size, one.options),
        [tensor(one.x, dtype)],
        one,
        dtype === "float64" ? 1e-15 : 1e-6
      )
    }
    if (one.kind === "max") expectElements((x) => maxPool(x, one.size, one.options), [tensor(one.x, "int32")], one, 0)
  })
})

describe("resize", () => {
  it.each(jax.resize.map((one) => [`${one.x[0]} to ${one.shape}, ${one.method}, ${one.antialias}`, one] as const))(
    "%s",
    (_, one) => {
      const { antialias, method, shape } = one
      for (const dtype of dtypes) {
        const tolerance = dtype === "float64" ? 1e-14 : 1e-5
        expectElements((x) => resize(x, shape, { antialias, method }), [tensor(one.x, dtype)], one, tolerance)
      }
    }
  )
})
