/**
 * Fourier transforms against their definition and NumPy's conventions, and under the theorems that characterise them.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  add,
  cos,
  Engine,
  fft,
  grad,
  ifft,
  irfft,
  jit,
  linearTranspose,
  mul,
  rfft,
  sin,
  square,
  sum,
  Tensor,
  vmap
} from "wengert"
import { Laws } from "wengert/laws"
import { cospi, sinpi } from "../../src/ops/elementwise/special/trigpi.ts"
import { expectClose, expectSame, run, valuesOf } from "../grad/support/run.ts"

type X = Tensor<any, "float64">
interface Complex {
  readonly re: X
  readonly im: X
}

/** Numbers between −1 and 1, the same for the same seed. */
const numbers = (n: number, seed = 1): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(seed * 7 + i * i + 1))
const line = (n: number, seed = 1): X => Tensor.make(numbers(n, seed))
const data = (x: X): ArrayLike<number> => run(Tensor.data(x))
const norm = (xs: ArrayLike<number>): number => Math.hypot(...Array.from(xs))

/** Σⱼ xⱼ e^(−2πi jk/n), as it is defined. */
const defined = (re: ArrayLike<number>, im: ArrayLike<number>) => {
  const n = re.length
  return Array.from({ length: n }, (_, k) => {
    let [a, b] = [0, 0]
    for (let j = 0; j < n; j++) {
      const t = 2 * (j * k % n) / n
      a += re[j]! * cospi(t) + im[j]! * sinpi(t)
      b += im[j]! * cospi(t) - re[j]! * sinpi(t)
    }
    return [a, b] as const
  })
}

const lengths = [
  ...Array.from({ length: 41 }, (_, i) => i + 1),
  60,
  64,
  97,
  100,
  121,
  128,
  210,
  243,
  256,
  337,
  500,
  512,
  625,
  1009,
  1024,
  1155
]

describe("is what it is defined as, for any length", () => {
  it.each(lengths)("%d", (n) => {
    const [re, im] = [line(n), line(n, 2)]
    const size = Math.hypot(norm(data(re)), norm(data(im)))
    const expected = defined(data(re), data(im))
    const got = run(fft({ re, im }) as Effect.Effect<Complex>)
    // the largest error, beside the size of the line: a few roundings for each stage
    const error = ({ im, re }: Complex, want: ReadonlyArray<readonly [number, number]>) => {
      const [x, y] = [data(re), data(im)]
      return Math.max(...want.map(([a, b], k) => Math.hypot(x[k]! - a, y[k]! - b))) / (size * Math.sqrt(n))
    }
    expect(error(got, expected)).toBeLessThan(4 * 2 ** -53 * (1 + Math.log2(n)))
    const back = run(ifft(got) as Effect.Effect<Complex>)
    expect(error(back, Array.from(numbers(n), (x, k) => [x, numbers(n, 2)[k]!] as const))).toBeLessThan(
      4 * 2 ** -53 * (1 + Math.log2(n))
    )
    // those of a real line are half of them
    const half = run(rfft(re) as Effect.Effect<Complex>)
    const full = run(fft(re) as Effect.Effect<Complex>)
    const kept = Math.floor(n / 2) + 1
    expect([...Array.from(data(half.re)), ...Array.from(data(half.im))]).toEqual([
      ...Array.from(data(full.re)).slice(0, kept),
      ...Array.from(data(full.im)).slice(0, kept)
    ])
    expectClose(irfft(half, { n }), Array.from(data(re)), 1e-14)
  })

  it("a line of a million, and one of a large prime, come back", () => {
    for (const n of [2 ** 20, 100_003]) {
      const x = line(n)
      const y = run(irfft(rfft(x), { n }) as Effect.Effect<X>)
      const [back, given] = [data(y), data(x)]
      let most = 0
      for (let i = 0; i < n; i++) most = Math.max(most, Math.abs(back[i]! - given[i]!))
      expect(most).toBeLessThan(1e-14)
    }
  })
})

describe("as NumPy", () => {
  const reference = JSON.parse(readFileSync(new URL("./numpy.reference.json", import.meta.url), "utf8"))
  it.each(reference.cases as ReadonlyArray<any>)("$name", ({ f, options, re, im, shape, given, wanted }) => {
    const of = (xs: ReadonlyArray<number>) => Tensor.make([...xs], { shape: given }) as X
    const x = im === undefined ? of(re) : { re: of(re), im: of(im) }
    const y = run(({ fft, ifft, irfft, rfft } as any)[f](x, options) as Effect.Effect<any, any>)
    const parts = f === "irfft" ? [y] : [y.re, y.im]
    parts.forEach((part: X, i: number) => {
      expect(part.shape).toEqual(shape)
      const got = data(part)
      wanted[i].forEach((want: number, k: number) => expect(Math.abs(got[k]! - want)).toBeLessThan(1e-13))
    })
  })
})

const pairs = fc.record({ n: fc.integer({ min: 1, max: 24 }), seed: fc.nat(1000) })
const energy = ({ im, re }: Complex): number => valuesOf(sum(add(square(re), square(im)) as any) as any) as number

describe("theorems", () => {
  it("Parseval's: the energy is the same but for n", () => {
    fc.assert(fc.property(pairs, ({ n, seed }) => {
      const x = { re: line(n, seed), im: line(n, seed + 1) }
      const y = run(fft(x) as Effect.Effect<Complex>)
      expect(Math.abs(energy(y) / n - energy(x))).toBeLessThan(1e-13 * energy(x))
      const ortho = run(fft(x, { norm: "ortho" }) as Effect.Effect<Complex>)
      expect(Math.abs(energy(ortho) - energy(x))).toBeLessThan(1e-13 * energy(x))
    }))
  })
  it("of convolution: a cyclic one is a product of transforms", () => {
    fc.assert(fc.property(pairs, ({ n, seed }) => {
      const [x, y] = [line(n, seed), line(n, seed + 1)]
      const [a, b] = [data(x), data(y)]
      const cyclic = Array.from({ length: n }, (_, k) => {
        let total = 0
        for (let j = 0; j < n; j++) total += a[j]! * b[(k - j + n) % n]!
        return total
      })
      const product = Effect.gen(function*() {
        const [a, b] = [yield* fft(x), yield* fft(y)] as [Complex, Complex]
        const re: any = yield* add(mul(a.re, b.re), mul(-1, mul(a.im, b.im)))
        const im: any = yield* add(mul(a.re, b.im), mul(a.im, b.re))
        return yield* ifft({ re, im })
      })
      expectClose(Effect.map(product as Effect.Effect<Complex, any>, ({ re }) => re), cyclic, 1e-12)
    }))
  })
  it("the transpose is the transform in the other direction", () => {
    const x = { re: line(6), im: line(6, 2) }
    const back = linearTranspose((x: any) => fft(x) as any, x as any)
    const ct = { re: line(6, 3), im: line(6, 4) }
    const conjugate = Effect.map(ifft(ct, { norm: "forward" }) as Effect.Effect<any, any>, (y) => [y])
    expectSame(back(ct) as any, conjugate, 1e-13)
  })
  it("derivatives agree with differences, to order 2", () => {
    const spectrum = (x: X) =>
      Effect.gen(function*() {
        const { im, re } = (yield* rfft(x)) as Complex
        return yield* sum(mul(sin(re), cos(im)) as any)
      }) as Effect.Effect<X, any>
    Laws.checkGradient(spectrum, [line(5)], { order: 2 })
    const filter = (re: X, im: X) => sum(sin(irfft({ re, im }, { axis: [0, 1] }) as any)) as Effect.Effect<X, any>
    Laws.checkGradient(filter, [Tensor.make([[1, 2], [3, 4]]), Tensor.make([[0, 1], [2, 0]])], { order: 2 })
  })
})

describe("under transformations and engines", () => {
  const x = Tensor.make(numbers(24), { shape: [2, 3, 4] }) as X
  const f = (x: X) => irfft(rfft(x, { axis: [0, -1] }), { axis: [0, -1], n: [3, 5] }) as Effect.Effect<X, any>
  it("compiled, it is the same", () => {
    expectSame(jit(f as any)(x as never), f(x), 0)
    expectSame(Effect.provide(f(x), Engine.wasm), f(x), 0)
    const loss = (x: X) => sum(sin(f(x) as any)) as Effect.Effect<Tensor<[]>, any>
    expectSame(jit(grad(loss) as any)(x as never), grad(loss)(x) as any, 1e-14)
  })
  it("a batch is transformed one by one", () => {
    const one = (x: X) => rfft(x, { axis: 0 }) as Effect.Effect<any, any>
    const got = valuesOf(vmap(one as any)(x as never) as any) as any
    const each = [0, 1].map((i) =>
      valuesOf(one(Tensor.make(numbers(24).slice(12 * i, 12 * i + 12), { shape: [3, 4] }) as X)) as any
    )
    expect(got.re).toEqual(each.map((y) => y.re))
    expect(got.im).toEqual(each.map((y) => y.im))
  })
  it("float32 stays float32", () => {
    const y = run(fft(Tensor.ones([3], "float32")) as Effect.Effect<any>)
    expect([y.re.dtype, y.im.dtype]).toEqual(["float32", "float32"])
  })
})

describe("what it cannot take", () => {
  const fails = (program: Effect.Effect<unknown, unknown>) => String(run(Effect.flip(program)))
  it("says so", () => {
    expect(fails(fft(Tensor.make([1, 2], { dtype: "int32" })))).toContain(
      "fft requires float64 or float32, got int32[2]"
    )
    expect(fails(fft({ re: line(2) } as never))).toContain("fft requires a tensor, or a pair { re, im } of tensors")
    expect(fails(fft(Tensor.make(1)))).toContain("fft requires an axis")
    expect(fails(fft(line(2), { axis: [0, 0] }))).toContain("distinct axes")
    expect(fails(fft(line(2), { n: 0 }))).toContain("a positive size for each axis as n")
    expect(fails(fft(Tensor.zeros([0])))).toContain("requires elements along axis 0, got none")
    expect(fails(irfft(line(1)))).toContain("a positive size for each axis as n")
    expect(fails(fft({ re: line(2), im: line(3) }))).toContain("requires shapes that broadcast together")
  })
})
