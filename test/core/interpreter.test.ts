/**
 * What gives programs their meaning: values that the host can read where they are known, and cannot where they are not.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { evaluator } from "../../src/core/evaluator.ts"
import { Interpreter } from "../../src/core/interpreter.ts"
import type { Trace } from "../../src/index.ts"
import {
  add,
  checkpoint,
  cond,
  cos,
  customJvp,
  grad,
  greater,
  hessian,
  jacfwd,
  jacrev,
  jvp,
  less,
  linearize,
  linearTranspose,
  map,
  mul,
  type OpError,
  scan,
  sin,
  sub,
  sum,
  Tensor,
  trace,
  TracedValueError,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop
} from "../../src/index.ts"

type Scalar = Tensor<[], "float64">
type F = (x: Scalar) => Effect.Effect<Scalar, OpError>

const scalar = (x: number): Scalar => Tensor.make(x)
const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)
const numberOf = (program: Effect.Effect<Tensor, unknown>): number => run(Effect.flatMap(program, Tensor.item))

/** |x| by the host's `if`. */
const absolute: F = (x) => Effect.flatMap(Tensor.item(x), (value) => value < 0 ? mul(x, -1) : mul(x, 1))

/** x·2ᵏ with the smallest k such that it is at least 100, by the host's loop. */
const doubled: F = (x) =>
  Effect.gen(function*() {
    let y = yield* mul(x, 1)
    while ((yield* Tensor.item(y)) < 100) y = yield* mul(y, 2)
    return y
  })

/** Newton's iteration for √x, until the host is content. */
const root: F = (x) =>
  Effect.gen(function*() {
    let y: Scalar = scalar(1)
    while (Math.abs(yield* Tensor.item(sub(mul(y, y), x))) > 1e-12) {
      const gradient = yield* grad((z: Scalar) => sub(mul(z, z), x))(y)
      const error = yield* sub(mul(y, y), x)
      const slope = yield* Tensor.item(gradient)
      y = yield* sub(y, mul(error, 1 / slope))
    }
    return y
  })

describe("the host may read what is known", () => {
  it("an if and a while loop under every transformation of concrete arguments", () => {
    fc.assert(fc.property(fc.constantFrom(-3, -0.25, 0.25, 3, 70), (v) => {
      const x = scalar(v)
      const sign = Math.sign(v)
      expect(numberOf(grad(absolute)(x))).toBe(sign)
      expect(numberOf(grad(grad((y: Scalar) => mul(absolute(y), absolute(y))))(x))).toBe(2)
      expect(numberOf(Effect.map(valueAndGrad(absolute)(x), ([value]) => value))).toBe(Math.abs(v))
      expect(numberOf(Effect.map(jvp(absolute, [x], [scalar(1)]), ([, t]) => t))).toBe(sign)
      expect(numberOf(Effect.flatMap(vjp(absolute, x), ([, pull]) => Effect.map(pull(scalar(1)), ([ct]) => ct)))).toBe(
        sign
      )
      expect(numberOf(Effect.flatMap(linearize(absolute, x), ([, push]) => push(scalar(1))))).toBe(sign)
      expect(numberOf(jacfwd(absolute)(x))).toBe(sign)
      expect(numberOf(jacrev(absolute)(x))).toBe(sign)
      expect(numberOf(hessian((y: Scalar) => mul(absolute(y), y))(x))).toBe(2 * sign)
      if (v > 0) expect(numberOf(grad(doubled)(x))).toBe(2 ** Math.ceil(Math.log2(100 / v)))
    }))
  })

  it("a host loop until convergence, with gradients read inside", () => {
    expect(numberOf(root(scalar(2)))).toBeCloseTo(Math.SQRT2, 12)
  })

  it("toArray and data as well, and again and again", () => {
    const f = (x: Tensor<[2], "float64">) =>
      Effect.gen(function*() {
        const y = yield* mul(x, x)
        const [a = NaN] = yield* Tensor.toArray(y)
        const data = yield* Tensor.data(y)
        expect([a, ...data, ...yield* Tensor.data(y)]).toEqual([9, 9, 16, 9, 16])
        data.fill(0)
        expect(yield* Tensor.toArray(y)).toEqual([9, 16])
        return yield* sum(mul(y, Tensor.make([...data, a].slice(0, 2))))
      })
    expect(run(Effect.flatMap(grad(f)(Tensor.make([3, 4])), Tensor.toArray))).toEqual([0, 0])
  })

  it("reading does not change the list, nor count as a dependency", () => {
    const silent: F = (x) => mul(sin(x), cos(x))
    const reading: F = (x) =>
      Effect.gen(function*() {
        const [s, c] = [yield* sin(x), yield* cos(x)]
        yield* Tensor.item(mul(s, 17))
        yield* Tensor.item(c)
        return yield* mul(s, c)
      })
    const shape = ({ captured, equations }: Trace) => [
      captured.length,
      equations.map(({ operands, primitive }) => [primitive.name, operands])
    ]
    expect(shape(run(trace(reading)(scalar(1))))).toEqual(shape(run(trace(silent)(scalar(1)))))
  })

  it("in a vmap, what does not depend on the batch", () => {
    const f = (k: Scalar) =>
      vmap((x: Scalar) => Effect.flatMap(Tensor.item(k), (v) => mul(mul(x, v), k)))(Tensor.make([1, 2]))
    expect(run(Effect.flatMap(f(scalar(3)), Tensor.toArray))).toEqual([9, 18])
    const total = (k: Scalar) =>
      Effect.flatMap(f(k), (ys) => Effect.flatMap(Tensor.toArray(ys), ([y = NaN]) => mul(y, k)))
    expect(numberOf(grad(total)(scalar(3)))).toBe(9)
  })

  it("in a branch or a body, what does not depend on its own inputs", () => {
    const reads = (k: Scalar, x: Scalar | Effect.Effect<Scalar, OpError>) =>
      Effect.flatMap(Tensor.item(k), (v) => mul(x, v))
    const f: F = (k) =>
      Effect.gen(function*() {
        const a = yield* cond(greater(k, 0), () => reads(k, k), () => reads(k, scalar(0)))
        const [b] = yield* scan(
          (c, x: Scalar) => Effect.map(reads(k, mul(c, x)), (y) => [y, y] as const),
          a,
          Tensor.make([1, 2])
        )
        return b
      })
    // the factors that were read are constants: k·3·(1·3)·(2·3)
    expect(numberOf(grad(f)(scalar(3)))).toBe(54)
  })

  it("lists of a nested gradient are read through all tracers around", () => {
    const f: F = (x) =>
      grad((y: Scalar) => grad((z: Scalar) => Effect.flatMap(Tensor.item(mul(x, mul(y, z))), (v) => mul(z, v)))(y))(x)
    expect(numberOf(f(scalar(2)))).toBe(0)
    const g: F = (x) => grad((y: Scalar) => Effect.flatMap(Tensor.item(mul(x, y)), (v) => mul(y, v)))(x)
    expect(numberOf(g(scalar(3)))).toBe(9)
  })
})

describe("the host cannot read what is not known", () => {
  const x = scalar(1)
  const xs = Tensor.make([1, 2])
  const cases: { readonly [name: string]: (f: F) => Effect.Effect<unknown, unknown> } = {
    vmap: (f) => vmap(f)(xs),
    "vmap of grad": (f) => vmap(grad(f))(xs),
    "grad of vmap": (f) => jacrev(vmap(f))(xs),
    "an argument of vmap without an axis": (f) => vmap((_: Scalar, y: Scalar) => f(y), { inAxes: [0, null] })(xs, x),
    "an abstract trace": (f) => trace(f)(Tensor.spec([], "float64")),
    "a trace with one abstract argument": (f) => trace((y: Scalar, _: Scalar) => f(y))(x, Tensor.spec([], "float64")),
    "the body of scan": (f) => scan((c, y: Scalar) => Effect.map(f(y), (z) => [c, z] as const), x, xs),
    "the carry of scan": (f) => scan((c: Scalar) => Effect.map(f(c), (z) => [z, z] as const), x, null, { length: 2 }),
    "the body of map": (f) => map(f, xs as unknown as Scalar),
    "the body of whileLoop": (f) => whileLoop((c: Scalar) => less(c, 5), f, x),
    "the test of whileLoop": (f) => whileLoop((c: Scalar) => less(f(c), 5), (c) => mul(c, 2), x),
    checkpoint: (f) => checkpoint(f)(x),
    customJvp: (f) => customJvp(f, ([y], [dy]) => Effect.all([mul(y, 1), mul(dy, 1)]))(x),
    linearTranspose: (f) => linearTranspose(f, x)(x),
    "vmap inside grad": (f) =>
      grad((y: Scalar) => Effect.andThen(vmap((k: Scalar) => Effect.flatMap(mul(k, y), f))(xs), mul(y, y)))(x)
  }

  it.each(Object.entries(cases))("in %s", (_, use) => {
    const readers: ReadonlyArray<(y: Effect.Effect<Scalar, OpError>) => Effect.Effect<unknown, OpError>> = [
      Tensor.item,
      Tensor.toArray,
      Tensor.data
    ]
    for (const reader of readers) {
      const f: F = (y) => Effect.andThen(reader(sin(y)), sin(y))
      const error = run(Effect.flip(use(f)))
      expect(error).toBeInstanceOf(TracedValueError)
      expect((error as Error).message).toMatch(
        /^Tensor\.(item|toArray|data) requires a value that is known.*use cond, where or scan/
      )
    }
  })

  it("and may go on without it", () => {
    const f: F = (y) => Effect.flatMap(Effect.orElseSucceed(Tensor.item(y), () => 10), (v) => mul(y, v))
    expect(run(Effect.flatMap(vmap(f)(xs), Tensor.toArray))).toEqual([10, 20])
    expect(numberOf(grad(f)(scalar(3)))).toBe(3)
  })

  it("an abstract argument is no value outside of trace", () => {
    const spec = Tensor.spec([], "float64")
    const programs: ReadonlyArray<Effect.Effect<unknown, OpError>> = [
      mul(spec, 2),
      grad(absolute)(spec),
      vmap((y: Scalar) => mul(y, spec))(xs),
      Tensor.item(spec)
    ]
    for (const program of programs) expect(run(Effect.flip(program))).toBeInstanceOf(TracedValueError)
  })
})

describe("the interpreter is a service", () => {
  it("whose default computes at once", () => {
    expect(run(Interpreter as Effect.Effect<Interpreter>)).toBe(evaluator)
  })

  it("another one sees every primitive, in order, and may do what it wants", () => {
    const seen: Array<string> = []
    const watching: Interpreter = {
      run: evaluator.run,
      read: evaluator.read,
      bind: (primitive, operands, params, site) =>
        Effect.andThen(Effect.sync(() => seen.push(primitive.name)), evaluator.bind(primitive, operands, params, site))
    }
    const program = add(sin(scalar(1)), mul(cos(scalar(2)), 3))
    const watched = numberOf(Effect.provideService(program, Interpreter, watching))
    expect(seen).toEqual(["sin", "cos", "mul", "add"])
    expect(watched).toBe(numberOf(program))
  })

  it("is asked for values that a traced program reads, and for nothing else while it is traced", () => {
    const seen: Array<string> = []
    const watching: Interpreter = {
      run: evaluator.run,
      read: evaluator.read,
      bind: (primitive, operands, params, site) => {
        seen.push(primitive.name)
        return evaluator.bind(primitive, operands, params, site)
      }
    }
    const f: F = (x) =>
      Effect.gen(function*() {
        const y = yield* sin(x)
        yield* cos(x)
        yield* Tensor.item(y)
        yield* Tensor.item(mul(y, 2))
        return yield* mul(y, y)
      })
    run(Effect.provideService(trace(f)(scalar(1)), Interpreter, watching))
    // what was computed for the first reading is not computed for the second
    expect(seen).toEqual(["sin", "mul"])
  })
})
