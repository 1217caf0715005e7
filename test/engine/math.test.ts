/**
 * Elementary functions of vectors against whole-number arithmetic, and their special cases.
 */
import { expect, test } from "vitest"
import { hasFusedMultiplyAdd } from "../../src/engine/relaxed.ts"
import type { Name, Precision } from "./support/functions.ts"
import { functionOf, names } from "./support/functions.ts"
import { precise, ulpsFrom } from "./support/precise.ts"

const compiled = (name: Name, dtype: Precision, fused = false) => {
  const f = functionOf(name, dtype, fused)
  return (xs: ReadonlyArray<number>): ReadonlyArray<number> => Array.from(f(xs))
}

/** With rounded products, and with fused ones where the machine has them. */
const ways = hasFusedMultiplyAdd() ? [false, true] : [false]

/** Arguments all over the domain: evenly spread, and by magnitude. */
const spread = (low: number, high: number, dtype: Precision): ReadonlyArray<number> => {
  const round = dtype === "float32" ? Math.fround : (x: number) => x
  const even = Array.from({ length: 1500 }, (_, i) => low + (high - low) * ((i * 0.6180339887498949) % 1))
  const byMagnitude = Array.from({ length: 500 }, (_, i) => {
    const size = 10 ** (-30 * ((i * 0.6180339887498949) % 1))
    return (i % 2 === 0 ? high : low) * size
  })
  return [...even, ...byMagnitude].map(round).filter((x) => x !== 0)
}

const domains: { readonly [N in Name]: { readonly [D in Precision]: readonly [number, number] } } = {
  exp: { float64: [-745, 709], float32: [-103, 88] },
  expm1: { float64: [-50, 709], float32: [-20, 88] },
  log: { float64: [0, 1e6], float32: [0, 1e6] },
  log1p: { float64: [-0.999, 1e4], float32: [-0.999, 1e4] },
  sech: { float64: [-740, 740], float32: [-100, 100] },
  sigmoid: { float64: [-740, 40], float32: [-100, 20] },
  tanh: { float64: [-22, 22], float32: [-10, 10] },
  sin: { float64: [-1e6, 1e6], float32: [-1e6, 1e6] },
  cos: { float64: [-1e6, 1e6], float32: [-1e6, 1e6] }
}
const both = names.flatMap((name) => (["float64", "float32"] as const).map((dtype) => [name, dtype] as const))

test.each(both)("%s of %s is within 2 units in the last place", (name, dtype) => {
  const f = compiled(name, dtype)
  const [low, high] = domains[name][dtype]
  for (const part of [1, 0.3, 0.1, 0.03, 0.01, 0.003]) {
    const xs = spread(low * part, high * part, dtype)
    const worst = f(xs).map((y, i) => ulpsFrom(y, precise[name]!(xs[i]!), dtype === "float64" ? 53 : 24))
    const at = worst.indexOf(Math.max(...worst))
    expect(worst[at], `${name}(${xs[at]})`).toBeLessThanOrEqual(2)
  }
})

/** C99, Annex F.9, and the reference where that has no such function. */
const special: { readonly [N in Name]: ReadonlyArray<readonly [x: number, y: number]> } = {
  exp: [[0, 1], [-0, 1], [Infinity, Infinity], [-Infinity, 0], [1e4, Infinity], [-1e4, 0]],
  expm1: [[0, 0], [-0, -0], [Infinity, Infinity], [-Infinity, -1], [1e4, Infinity]],
  log: [[1, 0], [0, -Infinity], [-0, -Infinity], [-1, NaN], [-Infinity, NaN], [Infinity, Infinity]],
  log1p: [[0, 0], [-0, -0], [-1, -Infinity], [-2, NaN], [-Infinity, NaN], [Infinity, Infinity]],
  sech: [[0, 1], [-0, 1], [Infinity, 0], [-Infinity, 0], [1e4, 0]],
  sigmoid: [[0, 0.5], [-0, 0.5], [Infinity, 1], [-Infinity, 0]],
  tanh: [[0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1]],
  sin: [[0, 0], [-0, -0], [Infinity, NaN], [-Infinity, NaN]],
  cos: [[0, 1], [-0, 1], [Infinity, NaN], [-Infinity, NaN]]
}

test.each(both)("%s of %s at the ends", (name, dtype) => {
  const cases = [...special[name], [NaN, NaN] as const]
  // beside ordinary numbers and apart from them
  expect(compiled(name, dtype)(cases.map(([x]) => x))).toEqual(cases.map(([, y]) => y))
  for (const fused of ways) {
    for (const [x, y] of cases) expect(compiled(name, dtype, fused)([0.5, x])[1]).toBe(y)
  }
})

test("subnormal numbers, and arguments for the host", () => {
  const tiny = [5e-324, -5e-324, 1e-310, -1e-310]
  for (const name of ["expm1", "log1p", "tanh", "sin"] as const) expect(compiled(name, "float64")(tiny)).toEqual(tiny)
  expect(compiled("log", "float64")([5e-324, 1e-310])).toEqual([Math.log(5e-324), Math.log(1e-310)])
  expect(compiled("exp", "float64")([-745, -740, -709])).toEqual([-745, -740, -709].map(Math.exp))
  expect(compiled("sin", "float64")([1e22, 2])).toEqual([Math.sin(1e22), Math.sin(2)])
  expect(compiled("cos", "float32")([2 ** 100])).toEqual([Math.fround(Math.cos(2 ** 100))])
})
