/**
 * `scan` is the loop written out: values, and derivatives of the first three orders.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { OpError, Trace } from "wengert"
import {
  add,
  cast,
  concat,
  cond,
  cos,
  grad,
  greater,
  hessian,
  jacfwd,
  jacrev,
  jvp,
  log,
  logicalNot,
  mul,
  scan,
  sin,
  slice,
  sqrt,
  square,
  stack,
  sum,
  tanh,
  Tensor,
  trace,
  vmap,
  where
} from "wengert"
import { expectSame, isTensor, run, untyped, valuesOf } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type Vector = Tensor<[number], "float64">
type Program = Effect.Effect<Scalar, OpError>

const scalar = (x: number): Scalar => Tensor.make(x)
const int = (x: number) => Tensor.make(x, { dtype: "int32" })

interface Options {
  readonly reverse?: boolean
  readonly checkpoint?: number | boolean
  readonly length?: number
}
/** A step: from carry and x to carry and y, which are trees. */
type Step = (carry: never, x: never) => Effect.Effect<readonly [unknown, unknown], OpError>
type Run = (
  f: Step,
  carry: unknown,
  xs: unknown,
  options: Options
) => Effect.Effect<readonly [unknown, unknown], OpError>

/** Maps the leaves of trees of one structure. */
const mapTrees = (
  f: (leaves: ReadonlyArray<Tensor>) => Effect.Effect<Tensor, OpError>,
  trees: ReadonlyArray<unknown>
): Effect.Effect<unknown, OpError> => {
  const [first] = trees
  if (isTensor(first)) return f(trees as ReadonlyArray<Tensor>)
  const at = (key: string) => mapTrees(f, trees.map((t) => (t as { readonly [key: string]: unknown })[key]))
  return Array.isArray(first)
    ? Effect.forEach(Object.keys(first), at)
    : Effect.map(
      Effect.forEach(Object.keys(first as object), (k) => Effect.map(at(k), (v) => [k, v] as const)),
      Object.fromEntries
    )
}

/** The loop written out, with the plainest ops; what `scan` is compared with. */
const unrolled: Run = (f, init, xs, { length, reverse = false }) =>
  Effect.gen(function*() {
    const leaves: Array<Tensor> = []
    if (xs !== null) yield* mapTrees(([x]) => Effect.sync(() => (leaves.push(x!), x!)), [xs])
    const steps = length ?? leaves[0]!.shape[0]!
    const ys: Array<unknown> = new Array(steps)
    let carry = init
    for (let s = 0; s < steps; s++) {
      const t = reverse ? steps - 1 - s : s
      const x = xs === null ? null : yield* mapTrees(([x]) => slice(x!, t), [xs])
      ;[carry, ys[t]] = yield* f(carry as never, x as never)
    }
    return [carry, yield* mapTrees((all) => stack(all), ys)]
  })
const scanned = untyped<Run>(scan)

/** A program with loops, of a vector; `length` is the number of steps and `loop` runs them. */
type Looping = (loop: Run, options: Options) => (x: Vector) => Program

/** Σ xᵢ·sin(xᵢ + kᵢ) over all elements of a tree, with a k for every place, so that their order matters. */
const total = (tree: unknown): Program =>
  Effect.gen(function*() {
    let all: Scalar = scalar(0)
    yield* mapTrees((leaves) =>
      Effect.gen(function*() {
        const [x] = leaves as readonly [Tensor]
        const places = Tensor.make(Float64Array.from({ length: x.size }, (_, i) => 1 + i / 8), { shape: x.shape })
        if (x.dtype === "float64") all = yield* add(all, sum(mul(x, sin(add(x, places)))))
        return x
      }), [tree])
    return all
  })

const steps = 5
const xs = Tensor.make([0.5, -1, 2, 0.25, 1])

/** Loops of every kind: of constants that are closed over, carries and xs that are trees, ints and bools among them. */
const loops: { readonly [name: string]: Looping } = {
  "a product of all": (loop, options) => (x) =>
    Effect.flatMap(
      loop((c: Scalar, k: Scalar) => Effect.map(mul(c, k), (y) => [y, y] as const), scalar(1), x, options),
      total
    ),

  "a value that is closed over": (loop, options) => (x) =>
    Effect.gen(function*() {
      const k = yield* sum(square(x))
      const body = (c: Scalar) => Effect.map(tanh(add(mul(c, k), slice(x, 1))), (y) => [y, []] as const)
      return yield* Effect.flatMap(loop(body, k, null, { ...options, length: steps }), total)
    }),

  "trees, with ints and bools": (loop, options) => (x) => {
    interface Carry {
      readonly n: Tensor<[], "int32">
      readonly on: Tensor<[], "bool">
      readonly state: readonly [Scalar, Tensor<[2], "float64">]
    }
    interface X {
      readonly k: Scalar
      readonly take: Tensor<[], "bool">
      readonly rows: readonly [Tensor<[2], "float64">]
    }
    const body = ({ n, on, state: [a, v] }: Carry, { k, rows: [row], take }: X) =>
      Effect.gen(function*() {
        const next = yield* where(take, add(mul(a, k), cast(n, "float64")), a)
        const moved = yield* where(on, add(v, mul(row, next)), sin(v))
        const carry = { n: yield* add(n, 1), on: yield* logicalNot(on), state: [next, moved] as const }
        return [carry, { big: yield* greater(next, 1), n, sum: [yield* sum(moved)] }] as const
      })
    const init: Carry = { n: int(0), on: Tensor.make(true), state: [scalar(1), Tensor.make([0.1, 0.2])] }
    return Effect.gen(function*() {
      const given = {
        k: x,
        take: Tensor.make([true, false, true, true, false]),
        rows: [yield* stack([x, yield* cos(x)], 1)]
      }
      return yield* Effect.flatMap(loop(body, init, given, options), total)
    })
  },

  "ys alone": (loop, options) => (x) =>
    Effect.flatMap(
      loop((_: readonly [], k: Scalar) => Effect.map(mul(k, sin(k)), (y) => [[], y] as const), [], x, options),
      total
    ),

  "a carry that is not used, and xs that are not": (loop, options) => (x) =>
    Effect.flatMap(
      loop(
        ({ a }: { readonly a: Scalar }) => Effect.map(mul(a, a), (y) => [{ a: y, b: y }, []] as const),
        { a: scalar(0.9), b: scalar(3) },
        { unused: x, k: x },
        options
      ),
      (out) => Effect.flatMap(total(out), (y) => add(y, sum(square(x))))
    ),

  "a carry that starts as a constant, and one whose derivative comes late": (loop, options) => (x) =>
    Effect.flatMap(
      loop(
        ([a, b, c]: readonly [Scalar, Scalar, Scalar], k: Scalar) =>
          Effect.map(Effect.all([mul(a, k), add(b, a), add(c, square(b))]), (next) => [next, next[2]] as const),
        [scalar(1), scalar(2), scalar(3)],
        x,
        options
      ),
      total
    ),

  "a branch in the body": (loop, options) => (x) =>
    Effect.flatMap(
      loop(
        (c: Scalar, k: Scalar) =>
          Effect.map(cond(greater(k, 0.3), () => mul(c, square(k)), () => add(c, sin(k))), (y) => [y, y] as const),
        scalar(1),
        x,
        options
      ),
      total
    ),

  "a loop in a branch in a loop": (loop, options) => (x) => {
    const inner = (c: Scalar, k: Scalar) =>
      Effect.map(
        loop((d: Scalar, j: Scalar) => Effect.map(mul(d, cos(mul(j, k))), (y) => [y, []] as const), c, xs, options),
        ([d]) => d as Scalar
      )
    return Effect.flatMap(
      loop(
        (c: Scalar, k: Scalar) =>
          Effect.map(cond(greater(k, 0.3), () => inner(c, k), () => mul(c, k)), (y) => [y, []] as const),
        scalar(1),
        x,
        options
      ),
      total
    )
  },

  "a masked carry": (loop, options) => (x) =>
    Effect.gen(function*() {
      const ks = yield* concat([x, Tensor.make([0, 0, -1])])
      // √k and log k are NaN, and infinitely steep, where they are not selected
      const body = (c: Scalar, k: Scalar) =>
        Effect.map(where(greater(k, 0), mul(c, add(sqrt(k), log(k))), c), (y) => [y, y] as const)
      return yield* Effect.flatMap(loop(body, scalar(1), ks, options), total)
    })
}

const variants: { readonly [name: string]: Options } = {
  plain: {},
  reversed: { reverse: true },
  "in blocks of 2": { checkpoint: 2 },
  "in blocks of 4, reversed": { checkpoint: 4, reverse: true },
  "in blocks of √n": { checkpoint: true },
  "in blocks longer than the loop": { checkpoint: 9 }
}

describe.each(Object.entries(loops))("%s", (name, looping) => {
  // logarithms of negative numbers are NaN in both
  const at = name === "a masked carry" ? Tensor.make([0.5, 0, 2, -0.25, 1]) : xs

  it.each(Object.entries(variants))(
    "%s: the loop and its derivatives are those of the loop written out",
    (_, options) => {
      const { checkpoint: _kept, ...plain } = options
      const [f, g] = [looping(scanned, options), looping(unrolled, plain)]
      expectSame(f(at), g(at))
      expectSame(grad(f)(at), grad(g)(at))
      const direction = Tensor.make([1, 2, -1, 0.5, -2])
      expectSame(
        Effect.map(jvp(f, [at], [direction]), ([, t]) => t),
        Effect.map(jvp(g, [at], [direction]), ([, t]) => t)
      )
      const third = (h: (x: Vector) => Program) =>
        grad((x: Vector) => sum(mul(grad((y: Vector) => sum(mul(grad(h)(y), sin(y))))(x), direction)))
      // two stand for the others, which take long
      const isShort = options.checkpoint === 2 && !name.includes("loop in a branch")
      if (options === variants.plain || isShort) expectSame(third(f)(at), third(g)(at), 1e-8)
      if (options.checkpoint === undefined) expectSame(hessian(f)(at), jacrev(jacrev(g))(at), 1e-8)
    }
  )

  it("derivatives are finite", () => {
    const f = looping(scanned, {})
    const numbers = [f(at), grad(f)(at), jacfwd(grad(f))(at), grad((x: Vector) => sum(grad(f)(x)))(at)].map((p) =>
      valuesOf(p)
    )
    expect(JSON.stringify(numbers)).not.toMatch(/null/)
  })

  it("the derivative is a loop of its own: as many equations, whatever the length", () => {
    const size = (list: Trace): number =>
      list.equations.reduce(
        (n, { params }) =>
          Object.values(params).flat().reduce(
            (m: number, p) => m + (typeof p === "object" && p !== null && "equations" in p ? size(p as Trace) : 0),
            n + 1
          ),
        0
      )
    const sizeAt = (n: number, f: (x: Vector) => Effect.Effect<unknown, OpError>): number =>
      size(run(trace(f)(Tensor.make(Float64Array.from({ length: n }, (_, i) => i / n + 0.1)))))
    // those that mention a fixed number of steps keep it
    if (["trees, with ints and bools", "a loop in a branch in a loop"].includes(name)) return
    const f = looping(scanned, {})
    for (const program of [f, grad(f), (x: Vector) => jvp(f, [x], [x]), jacfwd(grad(f))]) {
      expect(sizeAt(50, program)).toBe(sizeAt(5, program))
    }
    expect(sizeAt(5, grad(f))).toBeLessThan(12 * sizeAt(5, f))
  })
})

describe("batches of loops", () => {
  it("vmap of grad, grad of vmap, and a scan over a vmap", () => {
    const loop = (k: Scalar) => (x: Scalar): Program =>
      Effect.map(
        scan((c: Scalar, y: Scalar) => Effect.map(mul(add(c, y), sin(mul(k, c))), (n) => [n, []] as const), x, xs),
        ([c]) => c
      )
    const ks = Tensor.make([0.3, 0.7])
    const f = (k: Scalar) => grad(loop(k))(scalar(0.4))
    expectSame(vmap(f)(ks), Effect.flatMap(Effect.forEach([0.3, 0.7], (k) => f(scalar(k))), (all) => stack(all)))
    const g = (k: Tensor<[2], "float64">) => sum(vmap((k: Scalar) => loop(k)(k))(k))
    const one = (k: Scalar) => grad((k: Scalar) => loop(k)(k))(k)
    expectSame(grad(g)(ks), Effect.flatMap(Effect.forEach([0.3, 0.7], (k) => one(scalar(k))), (all) => stack(all)))
    const scanning = (ks: Tensor<[2], "float64">) =>
      Effect.map(
        scan(
          (c: Tensor<[2], "float64">, y: Scalar) =>
            Effect.map(vmap((k: Scalar) => mul(sin(k), y))(c), (n) => [n, []] as const),
          ks,
          xs
        ),
        ([c]) => c
      )
    expectSame(jacfwd(scanning)(ks), jacrev(scanning)(ks))
  })
})
