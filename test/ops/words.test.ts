/**
 * The everyday words that are written with others: against plain loops of the definition, and their gradients against
 * differences.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as w from "wengert"
import { Tensor } from "wengert"

type Result = Effect.Effect<Tensor, unknown>
const run = <A>(program: Effect.Effect<A, unknown>): A => Effect.runSync(program)
const values = (x: Result | Tensor): unknown => run(Tensor.toArray(x as Result))
const ints = (data: ReadonlyArray<number>) => Tensor.make([...data], { dtype: "int32" })

const element = fc.integer({ min: -4, max: 4 })
const vector = fc.array(element, { minLength: 1, maxLength: 9 })
const check = <A>(of: fc.Arbitrary<A>, f: (a: A) => void) => fc.assert(fc.property(of, f), { numRuns: 60 })

/** The gradient of Σ c·f(x), c all different, and the same by central differences. */
const expectGradient = (f: (x: Tensor) => Result, at: ReadonlyArray<number>) => {
  const loss = (x: Tensor) =>
    Effect.flatMap(f(x), (y) => w.sum(w.mul(w.reshape(y, [y.size]), Tensor.arange(1, y.size + 1)))) as Result
  const step = 1e-5
  const value = (data: ReadonlyArray<number>) => run(Tensor.item(loss(Tensor.make([...data]))))
  const expected = at.map((x, i) => (value(at.with(i, x + step)) - value(at.with(i, x - step))) / (2 * step))
  const found = run(Tensor.toArray(w.grad(loss as (x: Tensor) => Effect.Effect<Tensor<[]>>)(Tensor.make([...at]))))
  ;(found as ReadonlyArray<number>).forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 6))
}

describe("arrangements", () => {
  it("roll", () => {
    check(fc.tuple(vector, fc.integer({ min: -20, max: 20 })), ([xs, by]) => {
      const n = xs.length
      expect(values(w.roll(Tensor.make(xs), by))).toEqual(xs.map((_, i) => xs[(((i - by) % n) + n) % n]))
    })
    expect(values(w.roll(Tensor.make([[1, 2], [3, 4]]), [1, 1], { axis: [0, 1] }))).toEqual([[4, 3], [2, 1]])
  })
  it("repeat", () => {
    check(fc.tuple(vector, fc.integer({ min: 0, max: 3 })), ([xs, k]) => {
      expect(values(w.repeat(Tensor.make(xs), k))).toEqual(xs.flatMap((x) => Array<number>(k).fill(x)))
    })
    expect(values(w.repeat(Tensor.make([[1, 2], [3, 4]]), 2, { axis: 1 }))).toEqual([[1, 1, 2, 2], [3, 3, 4, 4]])
  })
  it("repeat by a list of counts", () => {
    check(fc.array(fc.tuple(element, fc.integer({ min: 0, max: 3 })), { minLength: 2, maxLength: 8 }), (pairs) => {
      const expected = pairs.flatMap(([x, k]) => Array<number>(k).fill(x))
      expect(values(w.repeat(Tensor.make(pairs.map(([x]) => x)), pairs.map(([, k]) => k)))).toEqual(expected)
    })
    const matrix = Tensor.make([[1, 2], [3, 4]])
    expect(values(w.repeat(matrix, [0, 2], { axis: 1 }))).toEqual([[2, 2], [4, 4]])
    expect(values(w.repeat(matrix, [2], { axis: 0 }))).toEqual([[1, 2], [1, 2], [3, 4], [3, 4]])
    expect(values(w.repeat(matrix, [1, 0, 2, 1]))).toEqual([1, 3, 3, 4])
    expectGradient((x) => w.repeat(w.square(x), [2, 0, 1]) as Result, [4.3, 4.3, -1.2])
    const wrong: ReadonlyArray<any> = [
      [1, -1],
      [1, 2, 3],
      [1, 0.5, 1, 1],
      [2 ** 31, 2 ** 32, 0, 0],
      "2",
      [[1, 2]],
      -1,
      []
    ]
    for (const counts of wrong) {
      const error = run(Effect.flip(w.repeat(Tensor.make([1, 2, 3, 4]), counts)))
      expect(error).toMatchObject({ _tag: "ShapeError", op: "repeat" })
    }
  })
  it("unstack undoes stack", () => {
    check(fc.array(vector.map((xs) => [...xs, 0, 0].slice(0, 2)), { minLength: 1, maxLength: 4 }), (rows) => {
      const parts = run(w.unstack(Tensor.make(rows)))
      expect(parts.map((x) => values(x))).toEqual(rows)
    })
  })
  it("meshgrid, as pictures have it and as matrices", () => {
    const grid = (indexing: "xy" | "ij") =>
      run(w.meshgrid([Tensor.make([1, 2, 3]), Tensor.make([4, 5])], { indexing })).map((x) => values(x))
    expect(grid("xy")).toEqual([[[1, 2, 3], [1, 2, 3]], [[4, 4, 4], [5, 5, 5]]])
    expect(grid("ij")).toEqual([[[1, 1], [2, 2], [3, 3]], [[4, 5], [4, 5], [4, 5]]])
  })
  it("kron and matrixTrace", () => {
    const [a, b] = [[[1, 2], [3, 4]], [[0, 5]]]
    expect(values(w.kron(Tensor.make(a), Tensor.make(b)))).toEqual([[0, 5, 0, 10], [0, 15, 0, 20]])
    expect(values(w.matrixTrace(Tensor.make(a)))).toBe(5)
    expect(values(w.matrixTrace(Tensor.make(a), { offset: 1 }))).toBe(2)
  })
})

describe("division", () => {
  const pair = fc.tuple(element, element.filter((y) => y !== 0))
  it("floorDivide and mod, over floats and int32", () => {
    check(pair, ([x, y]) => {
      for (const make of [(n: number) => Tensor.make([n]), (n: number) => ints([n])]) {
        const [q, r] = [values(w.floorDivide(make(x), make(y))), values(w.mod(make(x), make(y)))] as [
          [number],
          [number]
        ]
        expect([q[0] + 0, r[0] + 0]).toEqual([Math.floor(x / y) + 0, x - y * Math.floor(x / y) + 0])
      }
    })
  })
  it("floorDivide belongs to mod where x/y rounds up", () => {
    // 1/0.1 is 10 in float64, but 0.1 is a little more than a tenth
    expect(values(w.floorDivide(1, 0.1))).toBe(9)
    expect(values(w.floorDivide(Tensor.make([-5, 1, -1]), Tensor.make([Infinity, 0, 0])))).toEqual([
      -1,
      Infinity,
      -Infinity
    ])
  })
  it("derivatives", () => {
    expectGradient((x) => w.mod(x, Tensor.make([3, -2, 0.7])) as Result, [4.3, 4.3, -1.2])
    expectGradient((y) => w.mod(Tensor.make([4.3, -4.3]), y) as Result, [1.3, 1.3])
    expectGradient((x) => w.floorDivide(x, 3) as Result, [4.3, -4.3])
  })
  it("ldexp neither overflows nor underflows on the way", () => {
    const x = Tensor.make([1, 2 ** -1000, 5e-324, 2 ** 1023])
    expect(values(w.ldexp(x, ints([1023, 2000, 2097, -2097])))).toEqual([2 ** 1023, 2 ** 1000, 2 ** 1023, 5e-324])
  })
  it("isInf and nanToNum", () => {
    const x = Tensor.make([1, NaN, Infinity, -Infinity])
    expect(values(w.isInf(x))).toEqual([false, false, true, true])
    expect(values(w.nanToNum(x))).toEqual([1, 0, Number.MAX_VALUE, -Number.MAX_VALUE])
    expect(values(w.grad((x: Tensor) => w.sum(w.nanToNum(x)))(x))).toEqual([1, 0, 0, 0])
  })
})

describe("statistics", () => {
  it("quantiles lie between neighbours", () => {
    check(fc.tuple(vector, fc.double({ min: 0, max: 1, noNaN: true })), ([xs, q]) => {
      const sorted = xs.toSorted((a, b) => a - b)
      const place = q * (xs.length - 1)
      const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
      expect(values(w.quantile(Tensor.make(xs), q))).toBeCloseTo(low + (high - low) * (place - Math.floor(place)), 12)
    })
    expect(values(w.quantile(Tensor.make([[3, 1], [2, 5]]), [0, 1], { axis: 0 }))).toEqual([[2, 1], [3, 5]])
    expectGradient((x) => w.median(x) as Result, [3, 1, 7, 2])
  })
  it("a NaN shows in the value and in the derivative", () => {
    expect(values(w.median(Tensor.make([1, NaN, 2])))).toBeNaN()
    const gradient = values(w.grad((x: Tensor) => w.median(x) as Effect.Effect<Tensor<[]>>)(Tensor.make([1, NaN, 2])))
    expect((gradient as ReadonlyArray<number>).some(Number.isNaN)).toBe(true)
  })
  it("nanMean and nanVar leave NaNs out, in their derivatives too", () => {
    const x = Tensor.make([1, NaN, 4])
    expect([values(w.nanMean(x)), values(w.nanVar(x))]).toEqual([2.5, 2.25])
    expect(values(w.grad((x: Tensor) => w.nanMean(x) as Effect.Effect<Tensor<[]>>)(x))).toEqual([0.5, 0, 0.5])
    expect(values(w.grad((x: Tensor) => w.nanVar(x) as Effect.Effect<Tensor<[]>>)(x))).toEqual([-1.5, 0, 1.5])
  })
  it("ddof", () => {
    const x = Tensor.make([1, 2, 6])
    expect(values(w.var(x, { ddof: 1 }))).toBeCloseTo(7, 12)
    expect(values(w.std(x, { ddof: 1 }))).toBeCloseTo(Math.sqrt(7), 12)
    expect(values(w.var(Tensor.make([1]), { ddof: 1 }))).toBeNaN()
  })
  it("bools are counted", () => {
    const hits = w.equal(Tensor.make([1, 2, 3]), Tensor.make([1, 0, 3]))
    expect(values(w.mean(hits))).toBeCloseTo(2 / 3, 15)
    expect(run(w.sum(hits)).dtype).toBe("int32")
    expect(values(w.sum(w.greater(Tensor.make([[1, 5], [7, 8]]), 4), { axis: 0 }))).toEqual([1, 2])
  })
})

describe("running", () => {
  it("cummax, cummin and logcumsumexp", () => {
    check(vector, (xs) => {
      const upTo = (i: number) => xs.slice(0, i + 1)
      expect(values(w.cummax(Tensor.make(xs)))).toEqual(xs.map((_, i) => Math.max(...upTo(i))))
      expect(values(w.cummin(ints(xs)))).toEqual(xs.map((_, i) => Math.min(...upTo(i))))
      const sums = values(w.logcumsumexp(Tensor.make(xs))) as ReadonlyArray<number>
      sums.forEach((y, i) => expect(y).toBeCloseTo(Math.log(upTo(i).reduce((t, x) => t + Math.exp(x), 0)), 12))
    })
    expectGradient((x) => w.cummax(x) as Result, [1, 3, 2, 5])
    expectGradient((x) => w.logcumsumexp(x) as Result, [1, 3, -2, 0.5])
  })
})

describe("masked", () => {
  const x = Tensor.make([[1, 2, 3], [4, 5, 6]])
  const mask = Tensor.make([[true, false, true], [false, false, false]])
  it("logsumexp and softmax of some of the elements", () => {
    const both = values(w.logsumexp(x, { axis: 1, where: mask })) as ReadonlyArray<number>
    expect(both[0]).toBeCloseTo(Math.log(Math.E + Math.exp(3)), 12)
    expect(both[1]).toBe(-Infinity)
    const [first, second] = values(w.softmax(x, { where: mask })) as ReadonlyArray<ReadonlyArray<number>>
    expect(first![1]).toBe(0)
    expect(first![2]! / first![0]!).toBeCloseTo(Math.exp(2), 12)
    expect(second).toEqual([0, 0, 0])
    const gradient = values(w.grad((x: Tensor) => w.sum(w.square(w.softmax(x, { where: mask }))))(x))
    expect((gradient as ReadonlyArray<ReadonlyArray<number>>)[1]).toEqual([0, 0, 0])
  })
  it("logsumexp with factors, of either sign and 0", () => {
    const b = Tensor.make([2, 0, -1])
    expect(values(w.logsumexp(Tensor.make([1, 9, 0]), { b }))).toBeCloseTo(Math.log(2 * Math.E - 1), 12)
    expectGradient((b) => w.logsumexp(Tensor.make([1, 0.5, 0]), { b }) as Result, [2, 0, 1])
    expect(values(w.logsumexp(Tensor.make([0, 1]), { b: Tensor.make([1, -1]) }))).toBeNaN()
  })
})

describe("scattering", () => {
  const puts = {
    scatter: (_: number, u: number) => u,
    scatterAdd: (x: number, u: number) => x + u,
    scatterMul: (
      x: number,
      u: number
    ) => x * u,
    scatterMax: Math.max,
    scatterMin: Math.min
  }
  it.each(Object.entries(puts))("%s does one update after the other", (name, put) => {
    const op = w[name as keyof typeof puts] as (...args: ReadonlyArray<unknown>) => Result
    const updates = fc.array(fc.tuple(fc.integer({ min: -7, max: 6 }), element), { maxLength: 8 })
    check(fc.tuple(vector, updates, fc.constantFrom("drop", "clip")), ([xs, all, outside]) => {
      const n = xs.length
      const expected = [...xs]
      for (const [index, u] of all) {
        const near = Math.min(Math.max(index, -n), n - 1)
        if (near !== index && outside === "drop") continue
        const place = near < 0 ? near + n : near
        expected[place] = put(expected[place]!, u)
      }
      const at = Tensor.make(new Int32Array(all.map(([index]) => index)), { shape: [all.length, 1] })
      const found = op(Tensor.make(xs), at, Tensor.make(new Float64Array(all.map(([, u]) => u))), { outside })
      expect((values(found) as ReadonlyArray<number>).map((y) => y + 0)).toEqual(expected.map((y) => y + 0))
    })
  })
  const at = Tensor.make([[0], [2], [0], [0]], { dtype: "int32" })
  it.each(["scatter", "scatterAdd", "scatterMul", "scatterMax", "scatterMin"] as const)("derivatives of %s", (name) => {
    const op = w[name] as (...args: ReadonlyArray<unknown>) => Result
    const [x, u] = [[0.5, 0.25, 2], [1.5, -1, 0.7, 0.2]]
    expectGradient((x) => op(x, at, Tensor.make(u)), x)
    expectGradient((u) => op(Tensor.make(x), at, u), u)
  })
  it("segments, also with zeros among the factors", () => {
    const ids = ints([0, 1, 0, 3])
    expect(values(w.segmentSum(Tensor.make([1, 2, 3, 4]), ids, 5))).toEqual([4, 2, 0, 4, 0])
    expect(values(w.segmentProd(Tensor.make([[1, 2], [2, 3], [3, 4], [4, 5]]), ids, 3, { outside: "drop" })))
      .toEqual([[3, 8], [2, 3], [1, 1]])
    expectGradient((x) => w.segmentProd(x, ids, 4) as Result, [0, 2, 0, 4])
  })
  it("gather fills and clips", () => {
    const far = Tensor.make([[1], [9], [-9]], { dtype: "int32" })
    const x = Tensor.make([1, 2, 3])
    expect(values(w.gather(x, far, { outside: "fill", fill: -1 }))).toEqual([2, -1, -1])
    expect(values(w.gather(x, far, { outside: "clip" }))).toEqual([2, 3, 1])
    expect(run(Effect.flip(w.gather(x, far))).message).toContain("gather requires")
  })
})

describe("programs", () => {
  const x = Tensor.make([1, 2, 3])
  it("a scan may give no output, or undefined", () => {
    for (const none of [null, undefined]) {
      const f = (c: Tensor, y: Tensor) => Effect.map(w.add(c, y), (z) => [z, none] as const)
      expect(values(run(w.scan(f, Tensor.make(0), x))[0])).toBe(6)
    }
  })
  it("a plain number as carry beside int32 adapts", () => {
    const [last] = run(w.scan((c: any, y: any) => [w.add(c, y), c] as any, 0, ints([1, 2])) as Effect.Effect<any>)
    expect([last.dtype, values(last)]).toEqual(["int32", 3])
  })
  it("host booleans are predicates", () => {
    expect(values(w.where(true, x, 0))).toEqual([1, 2, 3])
    expect(values(w.mask(x, false))).toEqual([0, 0, 0])
    expect(values(w.cond(false, () => x, () => w.neg(x)) as Result)).toEqual([-1, -2, -3])
  })
  it("Effects of tensors are arguments, primals and tangents", () => {
    const f = (x: Tensor) => w.sum(w.mul(x, x))
    const loose = <F>(f: F) => f as unknown as (...args: ReadonlyArray<unknown>) => any
    expect(values(loose(w.grad(f))(w.add(x, 1)))).toEqual([4, 6, 8])
    expect(values(loose(w.vmap((x: Tensor) => w.mul(x, 2)))(w.add(x, 1)))).toEqual([4, 6, 8])
    expect(values(run(loose(w.jvp)(f, [w.add(x, 0)], [w.add(x, 0)]) as Effect.Effect<[Tensor, Tensor]>)[1])).toBe(28)
  })
  it("errors name the branches in the order in which they were given", () => {
    const error = run(Effect.flip(w.cond(true, () => x, () => Tensor.make(0) as Tensor) as Effect.Effect<unknown, any>))
    expect(error.message).toContain("got [3] and []")
  })
})
