/** Where mutants of rules survived: each place has a law or a case that sees it. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

type X = AnyTensor
type I = AnyTensor<any, "int32">
type M = AnyTensor<any, "bool">
const { Tensor } = w
const numbers = (e: Effect.Effect<unknown, any>): unknown =>
  Effect.runSync(Effect.flatMap(e, (x) => Tensor.toArray(x as X)))

const ints = (shape: ReadonlyArray<number>, high: number) =>
  Laws.tensor(shape, { elements: fc.nat(high), dtype: "int32" })
const floats = (shape: ReadonlyArray<number>) => Laws.distinct(shape)

describe("batches of whole numbers", () => {
  test.each<readonly [string, Laws.Program<ReadonlyArray<any>, any, any>, fc.Arbitrary<ReadonlyArray<any>>]>([
    ["take", (x: X, i: I) => w.take(w.sin(x), i), fc.tuple(floats([3]), ints([2], 2))],
    ["take along an axis", (x: X, i: I) => w.take(w.sin(x), i, { axis: 1 }), fc.tuple(floats([2, 3]), ints([2], 2))],
    ["takeAlongAxis", (x: X, i: I) => w.takeAlongAxis(x, i, 1), fc.tuple(floats([2, 3]), ints([2, 2], 2))],
    ["gather", (x: X, i: I) => w.gather(w.sin(x), i), fc.tuple(floats([3, 2]), ints([2, 1], 2))],
    [
      "scatterAdd",
      (x: X, i: I, y: X) => w.scatterAdd(x, i, w.sin(y)),
      fc.tuple(floats([3]), ints([2, 1], 2), floats([2]))
    ],
    ["the index of the largest", (x: X) => w.take(w.square(x), w.argmax(x)), fc.tuple(floats([4]))],
    [
      "the order of a sort",
      (x: X, y: X) => w.takeAlongAxis(y, w.argsort(x, { axis: 0 }), 0),
      fc.tuple(floats([3, 2]), floats([3, 2]))
    ],
    ["a sort", (x: X) => w.square(w.sort(x, { axis: 0 })), fc.tuple(floats([3, 2]))],
    [
      "a switch",
      (x: X, i: I) => w.switchCase(i as never, [() => w.sin(x), () => w.mul(x, x), () => w.neg(x)]),
      fc.tuple(floats([3]), ints([], 2))
    ],
    [
      "a mask",
      (x: X, m: M) => w.where(m, w.log(w.square(x)), x),
      fc.tuple(Laws.tensor([3], { elements: Laws.real(0.5, 2) }), Laws.mask([3]))
    ]
  ])("%s", (_, f, at) => {
    Laws.check(Laws.batching(f, at), { runs: 8 })
    Laws.check(Laws.gradient(f, at, { order: 2 }), { runs: 4 })
  })
})

describe("a loop without a bound", () => {
  const growing = (x: X, y: X) =>
    w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, w.add(1.5, w.square(y))), x)
  const at = Laws.tensors([[2], [2]], { elements: Laws.real(0.5, 1.25) })

  test("has derivatives in forward mode, of order 1 to 3", () => {
    Laws.check(Laws.gradient(growing, at, { order: 3, modes: "forward" }), { runs: 4 })
    Laws.check([Laws.jvpLinear(growing, at)], {
      runs: 4
    })
  })
  test("may see several values around it", () => {
    const f = (x: X, y: X, z: X) =>
      w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, w.add(w.add(1.5, w.square(y)), w.sin(z))), x)
    const three = Laws.tensors([[2], [2], [2]], { elements: Laws.real(0.5, 1.25) })
    Laws.check(Laws.gradient(f, three, { order: 2, modes: "forward" }), { runs: 3 })
  })
  test("is what it is with one, in a batch too", () => {
    const bounded = (x: X, y: X) =>
      w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, w.add(1.5, w.square(y))), x, { maxSteps: 12 })
    Laws.check(Laws.sameValue("a bound that is not met changes nothing", growing, bounded, at), { runs: 6 })
    const many = Laws.tensors([[3, 2], [3, 2]], { elements: Laws.real(0.5, 1.25) })
    Laws.check(Laws.sameValue("in a batch", w.vmap(growing) as never, w.vmap(bounded) as never, many), { runs: 6 })
  })
  test("has none in reverse mode, and says so", () => {
    const e = Effect.flip(w.grad((x: X) => w.sum(growing(x, x)))(Tensor.make([1, 1])) as Effect.Effect<X, any>)
    expect(Effect.runSync(e)).toMatchObject({ _tag: "MissingRuleError" })
  })
})

describe("custom rules with several arguments, singular behind a mask", () => {
  const domain = [Laws.real(0.5, 2), Laws.real(0.25, 2), Laws.real(-1, 1)]
  const f = (x: X, y: X, z: X) => w.mul(w.log(x), w.add(w.sqrt(y), z))
  const byJvp = w.customJvp(f, ([x, y, z], [dx, dy, dz]) =>
    Effect.all([
      f(x, y, z),
      w.add(
        w.mul(w.div(dx, x), w.add(w.sqrt(y), z)),
        w.mul(w.log(x), w.add(w.div(dy, w.mul(2, w.sqrt(y))), dz))
      )
    ]))
  const byVjp = w.customVjp(
    f,
    (x, y, z) => Effect.map(f(x, y, z), (r) => [r, [x, y, z] as const] as const),
    ([x, y, z], ct) =>
      Effect.all([
        w.mul(ct, w.div(w.add(w.sqrt(y), z), x)),
        w.mul(ct, w.div(w.log(x), w.mul(2, w.sqrt(y)))),
        w.mul(ct, w.log(x))
      ])
  )
  test.each([["customJvp", byJvp], ["customVjp", byVjp]] as const)("%s", (name, g) => {
    const at = Laws.alike(domain)
    Laws.check(Laws.primitive(g as never, { name, domain: at, runs: 4 }))
    Laws.check(Laws.sameDerivatives("with a rule and without", g, f, at as never), { runs: 4 })
    const masked: Laws.Masked<any> = (x, m) =>
      Effect.flatMap(Effect.all([w.mul(x, 0.5), w.neg(x)]), ([y, z]) => w.sum(w.where(m, g(x, y, z), 0)))
    Laws.check(Laws.neverLeaks(masked, domain[0]!, { poison: [-1] }), { runs: 4 })
  })
})

describe("equations and their solutions", () => {
  const newton = (f: (x: X) => Effect.Effect<X, any>, start: X) =>
    w.forLoop(0, 8, (_, x: X) =>
      Effect.gen(function*() {
        const [y, dy] = yield* w.jvp(f, [x], [w.Tensor.ones([...start.shape])])
        return yield* w.sub(x, w.div(y, dy))
      }), start)
  /** The solution of a linear equation by Jacobi's iteration, whatever the matrix is. */
  const iterate = (step: (x: X) => Effect.Effect<X, any>, start: X) => w.forLoop(0, 80, (_, x: X) => step(x), start)

  test("a cubic, elementwise", () => {
    const residual = (x: X, p: X) => w.sub(w.add(x, w.mul(0.0625, w.mul(x, w.square(x)))), p)
    const root = w.implicitRoot(residual, newton)
    Laws.check(Laws.solves(root, residual, Tensor.zeros([3]), Laws.tensor([3])), { runs: 6 })
    Laws.checkGradient((p: X) => root(Tensor.zeros([3]), p), Laws.tensors([[3]]), { order: 2, runs: 4 })
  })

  // neither A nor the derivative of the step is symmetric
  const matrix = Tensor.make([[0.1, 0.3, 0], [-0.2, 0.1, 0.25], [0, 0.05, -0.3]])
  const step = (x: X, p: X) => w.add(w.matmul(matrix, w.sin(x)), p)

  test("a fixed point of a step that is not symmetric", () => {
    const solution = w.fixedPoint(step, iterate)
    const residual = (x: X, p: X) => w.sub(step(x, p), x)
    Laws.check(Laws.solves(solution, residual, Tensor.zeros([3]), Laws.tensor([3])), { runs: 4 })
    Laws.checkGradient((p: X) => solution(Tensor.zeros([3]), p), Laws.tensors([[3]]), { order: 2, runs: 3 })
    Laws.check(Laws.batching((p: X) => solution(Tensor.zeros([3]), p), Laws.tensors([[3]])), { runs: 2 })
  })

  test("a linear system that is not symmetric, by its matrix and its right-hand side", () => {
    const residual = (x: X, { a, b }: { readonly a: X; readonly b: X }) => w.sub(w.add(x, w.matmul(a, x)), b)
    // x ← b − A·x contracts for small A; so does it for what derivatives ask
    const solve = (f: (x: X) => Effect.Effect<X, any>, start: X) => w.forLoop(0, 80, (_, x: X) => w.sub(x, f(x)), start)
    const solution = w.implicitRoot(residual, solve)
    const f = (a: X, b: X) => solution(Tensor.zeros([3]), { a, b })
    const at = fc.tuple(Laws.tensor([3, 3], { elements: Laws.real(-0.25, 0.25) }), Laws.tensor([3]))
    Laws.checkGradient(f, at, { order: 2, runs: 4 })
    Laws.check([Laws.duality(f, at), Laws.jacobiansAgree(f, at), Laws.transposesTwice(f, at)], { runs: 3 })
  })

  test("the transpose of a linear function is its adjoint", () => {
    const differences = (x: X) => w.sub(w.slice(x, [1, 4]), w.mul(Tensor.make([1, 2, 3]), w.slice(x, [0, 3])))
    Laws.check(Laws.transposesTwice(differences, Laws.tensors([[4]])))
    // of a linear function, the transpose is the pullback
    const pulled = (ct: X) => Effect.map(w.linearTranspose(differences, Tensor.zeros([4]))(ct), ([x]) => x)
    const pullback = (ct: X) =>
      Effect.flatMap(w.vjp(differences, Tensor.zeros([4])), ([, pull]) => Effect.map(pull(ct), ([x]) => x))
    Laws.check(Laws.sameDerivatives("linearTranspose is vjp", pulled, pullback, Laws.tensors([[3]])))
  })
})

describe("coefficients that are infinite", () => {
  test("whole Jacobians keep them where they are", () => {
    const expected = [[Infinity, 0, 0], [0, 0.25, 0], [0, 0, Infinity]]
    const x = Tensor.make([0, 4, 0])
    const root = (x: AnyTensor<[3]>) => w.sqrt(x)
    expect(numbers(w.jacfwd(root)(x))).toEqual(expected)
    expect(numbers(w.jacrev(root)(x))).toEqual(expected)
    const looped = (x: AnyTensor<[3]>) => w.map((x: X) => w.sqrt(x), x)
    expect(numbers(w.jacfwd(looped)(x))).toEqual(expected)
    expect(numbers(w.jacrev(looped)(x))).toEqual(expected)
  })
})

describe("supports", () => {
  const one = Laws.real(1.25, 2)
  const singular: { readonly [name: string]: Laws.Masked<any> } = {
    "through a cast": (x, m) => w.sum(w.cast(w.cast(w.where(m, w.log(x), 0), "float32"), "float64")),
    "through a cast, before a singular function": (x, m) =>
      w.sum(w.sqrt(w.cast(w.cast(w.where(m, x, 0), "float32"), "float64"))),
    "through a carry that is reset to a constant": (x, m) =>
      Effect.map(
        w.scan(
          (c: X, [x, m]: readonly [X, M]) =>
            Effect.map(
              Effect.all([w.where(m, w.add(w.mul(c, 0.5), w.log(x)), 0), w.mul(c, 2)]),
              ([c, y]) => [c, y] as const
            ),
          Tensor.make(0) as X,
          [x, m] as const
        ),
        ([c, ys]) => [c, ys]
      ),
    "through a carry that is reset, before a singular function": (x, m) =>
      Effect.map(
        w.scan(
          (c: X, [x, m]: readonly [X, M]) =>
            Effect.map(Effect.all([w.where(m, x, 0), w.sqrt(c)]), ([c, y]) => [c, y] as const),
          Tensor.make(4) as X,
          [x, m] as const
        ),
        ([c, ys]) => [w.sqrt(c), ys]
      ),
    "of a cond with one constant branch": (x, m) =>
      w.sum(w.map(([x, m]: readonly [X, M]) => w.cond(m as never, () => w.log(x), () => 0), [x, m] as const)),
    "of a cond with one constant branch, before a singular function": (x, m) =>
      w.sum(
        w.vmap((x: X, m: M) => w.sqrt(w.cond(m as never, () => x as AnyTensor<[]>, () => 0)))(x as never, m as never)
      ),
    "before a singular function": (x, m) => w.sum(w.mul(2, w.sqrt(w.mul(3, w.where(m, x, 0)))))
  }
  test.each(Object.entries(singular))("%s", (name, f) => {
    Laws.check(Laws.neverLeaks(f, one, { order: 2, poison: [-1, 0], shape: [3] }), { runs: 4 })
    // and what is not masked is not 0
    const x = Tensor.make([1.5, 1.875, 1.25], { dtype: name.includes("cast") ? "float32" : "float64" })
    Laws.checkGradient((x: X) => f(x, Tensor.make([true, true, true])), [x], { order: 2, runs: 2 })
  })
})

describe("what is a constant by structure has no derivative, before a singular function too", () => {
  const resets = (c: X, xs: X) =>
    Effect.map(
      w.scan((c: X, x: X) => Effect.map(w.mul(w.sqrt(c), x), (y) => [0, y] as const), c, xs),
      ([, ys]) => ys
    )
  const constantBranch = (x: X) => w.sqrt(w.cond(w.greater(w.sum(x), 5), () => x, () => 0))
  test.each<readonly [string, Laws.Program<ReadonlyArray<any>, any, any>, ReadonlyArray<X>]>([
    ["a carry that is reset", resets, [Tensor.make(4), Tensor.make([1, 2, 3])]],
    ["a cond whose constant branch is taken", constantBranch, [Tensor.make(1)]],
    ["the same in a loop", (xs: X) => w.map(constantBranch, xs), [Tensor.make([1, 9, 2])]]
  ])("%s", (_, f, at) => {
    Laws.checkGradient(f, at, { order: 2, runs: 3 })
    Laws.check([Laws.duality(f, at), Laws.jacobiansAgree(f, at)], { runs: 2 })
  })
})

test("checkpoint by \"dots\" keeps its arguments and what contractions give", () => {
  const f = (x: X, y: X) => w.sum(w.sin(w.matmul(w.tanh(x), w.exp(y))))
  const kept = w.residuals(w.checkpoint(f, { policy: "dots" }))(Tensor.ones([2, 2]), Tensor.ones([2, 3]))
  const expected = [["args[0]", [2, 2]], ["args[1]", [2, 3]], ["checkpoint", [2, 3]]]
  expect(Effect.runSync(kept).map(({ origin, shape }) => [origin, shape])).toEqual(expected)
})

describe("inverses are inverses, far from 0 too", () => {
  const far = Laws.logarithmic(1.5, 1e8)
  const either = fc.tuple(far, fc.constantFrom(1, -1)).map(([x, sign]) => sign * x)
  test.each<readonly [string, (x: X) => Effect.Effect<X, any>, fc.Arbitrary<number>]>([
    ["cosh(acosh x)", (x) => w.cosh(w.acosh(x)), far],
    ["sinh(asinh x)", (x) => w.sinh(w.asinh(x)), either]
  ])("%s is x", (name, f, elements) => {
    Laws.check(Laws.sameDerivatives(name, f, (x: X) => x, Laws.tensors([[3]], { elements }), { order: 1 }))
  })
  test("r·sin φ and r·cos φ of φ = atan2(y, x) are y and x", () => {
    const polar = (y: X, x: X) =>
      Effect.flatMap(
        Effect.all([w.atan2(y, x), w.hypot(y, x)]),
        ([phi, r]) => Effect.all([w.mul(r, w.sin(phi)), w.mul(r, w.cos(phi))])
      )
    const at = Laws.tensors([[3], [3]], { elements: either })
    Laws.check(Laws.sameDerivatives("polar coordinates", polar, (y: X, x: X) => [y, x], at, { order: 1 }))
  })
})

describe("edge points of the formulas", () => {
  /** The value, and the derivative by each argument; −0 is 0. */
  const at = (f: (...xs: ReadonlyArray<any>) => Effect.Effect<X, any>, ...xs: ReadonlyArray<number>) => {
    const scalar = (xs: ReadonlyArray<X>) => f(...xs) as Effect.Effect<AnyTensor<[]>, any>
    const [y, gs] = Effect.runSync(w.valueAndGrad(scalar)(xs.map((x) => Tensor.make(x) as X)))
    return [y, ...gs].map((g) => Effect.runSync(Tensor.item(g)) + 0)
  }

  // the derivatives are y·x^(y − 1) and xʸ·log x where these have limits
  test("pow", () => {
    expect(at(w.pow, 0, 2)).toEqual([0, 0, 0])
    expect(at(w.pow, 0, 1)).toEqual([0, 1, 0])
    expect(at(w.pow, 0, 3)).toEqual([0, 0, 0])
    expect(at(w.pow, 1, 0)).toEqual([1, 0, 0])
    expect(at(w.pow, 2, 0)).toEqual([1, 0, Math.LN2])
    expect(at((x: X) => w.pow(x, 2), -3)).toEqual([9, -6])
    expect(at((x: X) => w.pow(x, 0), 0)).toEqual([1, 0])
  })
  test("logaddexp at equal infinities shares, as a tie does", () => {
    expect(at(w.logaddexp, -Infinity, -Infinity)).toEqual([-Infinity, 0.5, 0.5])
    expect(at(w.logaddexp, Infinity, Infinity)).toEqual([Infinity, 0.5, 0.5])
    expect(at(w.logaddexp, -Infinity, 1)).toEqual([1, 0, 1])
    expect(at(w.logaddexp, 1, -Infinity)).toEqual([1, 1, 0])
  })
  test("clip is NaN where a bound is", () => {
    expect(at(w.clip, 0, NaN, 1)[0]).toBeNaN()
    expect(at(w.clip, 0, -1, NaN)[0]).toBeNaN()
    expect(at(w.clip, NaN, -1, 1)[0]).toBeNaN()
  })
})

describe("every edge point of the domain table", () => {
  const entries = Object.entries(Laws.domains).flatMap(([name, domain]) =>
    domain.kind === "elementwise" && name in w
      ? [{ name, domain, f: (w as unknown as Record<string, Laws.Program<ReadonlyArray<any>, any, any>>)[name]! }]
      : []
  )
  const regular = entries.flatMap(({ domain, f, name }) => domain.edges.map((at) => ({ name, at, f })))
  test.each(regular)("$name is smooth at $at", ({ at, f }) => {
    Laws.checkGradient(f, at.map((x) => Tensor.make(x)), { order: 2, runs: 3 })
  })
  const kinks = entries.flatMap(({ domain, f, name }) => domain.kinks.map((at) => ({ name, at, f })))
  test.each(kinks)("$name has a kink at $at", ({ at, f }) => {
    const args = at.map((x) => Tensor.make(x))
    Laws.check([Laws.subgradient(f, args), Laws.duality(f, args)], { runs: 3 })
    expect(() => Laws.checkGradient(f, args)).toThrow("has a kink here")
    Laws.checkGradient(f, args, { kinks: "between" })
  })
})
