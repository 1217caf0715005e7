/**
 * Values that outlive their transformation: using one is a typed error, wherever and whenever that is.
 */
import { Effect, Fiber, Ref } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isConcrete } from "../../src/core/tensor.ts"
import {
  add,
  checkpoint,
  cond,
  customJvp,
  EscapedTracerError,
  forLoop,
  grad,
  jacfwd,
  jacrev,
  jvp,
  less,
  linearize,
  map,
  mul,
  scan,
  sin,
  sum,
  Tensor,
  Trace,
  trace,
  vjp,
  vmap,
  whileLoop
} from "../../src/index.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)
const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)

/** A value of a transformation that has ended, by each way to get hold of one. */
const escapes: {
  readonly [name: string]: (keep: (x: Scalar) => Effect.Effect<Scalar>) => Effect.Effect<unknown, unknown>
} = {
  grad: (keep) => grad((x: Scalar) => Effect.andThen(keep(x), mul(x, x)))(scalar(2)),
  "an intermediate of grad": (keep) => grad((x: Scalar) => Effect.flatMap(mul(x, x), keep))(scalar(2)),
  jvp: (keep) => jvp((x: Scalar) => Effect.flatMap(sin(x), keep), [scalar(1)], [scalar(1)]),
  vjp: (keep) => vjp((x: Scalar) => Effect.flatMap(sin(x), keep), scalar(1)),
  linearize: (keep) => linearize((x: Scalar) => Effect.flatMap(sin(x), keep), scalar(1)),
  jacfwd: (keep) => jacfwd((x: Scalar) => Effect.flatMap(sin(x), keep))(scalar(1)),
  jacrev: (keep) => jacrev((x: Scalar) => Effect.flatMap(sin(x), keep))(scalar(1)),
  vmap: (keep) => vmap((x: Scalar) => Effect.flatMap(sin(x), keep))(Tensor.make([1, 2])),
  trace: (keep) => trace((x: Scalar) => Effect.flatMap(sin(x), keep))(scalar(1)),
  checkpoint: (keep) => checkpoint((x: Scalar) => Effect.flatMap(sin(x), keep))(scalar(1)),
  "a branch of cond": (keep) => cond(Tensor.make(false), () => Effect.flatMap(sin(scalar(1)), keep), () => scalar(1)),
  "the body of scan": (keep) =>
    scan(
      (c, x: Scalar) => Effect.map(Effect.flatMap(mul(c, x), keep), (y) => [y, y] as const),
      scalar(1),
      Tensor.make([1, 2])
    ),
  "the body of map": (keep) =>
    map((x: Scalar) => Effect.flatMap(sin(x), keep), Tensor.make([1, 2]) as unknown as Scalar),
  "the body of forLoop": (keep) => forLoop(0, 2, (_, x: Scalar) => Effect.flatMap(sin(x), keep), scalar(1)),
  "the test of whileLoop": (keep) =>
    whileLoop((x: Scalar) => Effect.flatMap(Effect.flatMap(sin(x), keep), (y) => less(y, 0)), (x) => sin(x), scalar(1)),
  "the rule of customJvp": (keep) =>
    grad(customJvp((x: Scalar) => sin(x), ([x], [dx]) => Effect.all([sin(x), Effect.flatMap(mul(dx, 1), keep)])))(
      scalar(1)
    )
}

/** A tensor that has escaped, kept in a Ref. */
const escaped = (name: string): Tensor =>
  run(Effect.gen(function*() {
    const ref = yield* Ref.make<Scalar>(scalar(0))
    yield* escapes[name]!((x) => Effect.as(Ref.set(ref, x), x))
    return yield* Ref.get(ref)
  }))

const refused = (program: Effect.Effect<unknown, unknown>): void => {
  expect(run(Effect.flip(program))).toBeInstanceOf(EscapedTracerError)
}

describe.each(Object.keys(escapes))("a value that escaped from %s", (name) => {
  it("is an error wherever it is used", () => {
    const x = escaped(name)
    expect(isConcrete(x)).toBe(false)
    refused(sin(x))
    refused(add(1, x))
    refused(Tensor.item(x))
    refused(Tensor.toArray(x))
    refused(Tensor.data(x))
    refused(grad((y: Scalar) => mul(x, y))(scalar(1)))
    refused(grad((_: Scalar) => Effect.succeed(x))(scalar(1)))
    refused(grad((y: Tensor) => mul(y, y))(x))
    refused(jvp((y: Tensor) => mul(y, y), [x], [scalar(1)]))
    refused(jvp((y: Tensor) => mul(y, y), [scalar(1)], [x]))
    refused(vmap((y: Scalar) => mul(x, y))(Tensor.make([1, 2])))
    refused(vmap((y: Scalar, z: Tensor) => mul(y, z), { inAxes: [0, null] })(Tensor.make([1, 2]), x))
    refused(trace((y: Scalar) => mul(x, y))(scalar(1)))
    refused(trace((y: Scalar) => mul(x, y))(Tensor.spec([], "float64")))
    refused(checkpoint((y: Scalar) => mul(x, y))(scalar(1)))
    refused(cond(Tensor.make(true), () => x, () => scalar(1)))
    refused(scan((c, y: Scalar) => Effect.map(mul(x, y), (z) => [c, z] as const), scalar(1), Tensor.make([1])))
    refused(scan((c, y: Scalar) => Effect.map(mul(c, y), (z) => [c, z] as const), x, Tensor.make([1])))
    refused(forLoop(0, 2, (_, c: Tensor) => mul(c, x), scalar(1) as Tensor))
    refused(Effect.flatMap(vjp((y: Scalar) => mul(y, y), scalar(1)), ([, pullback]) => pullback(x as Scalar)))
    refused(Effect.flatMap(linearize((y: Scalar) => mul(y, y), scalar(1)), ([, push]) => push(x as Scalar)))
  })
})

describe("escaping while the transformation runs", () => {
  it("an inner value is an error in the outer program, also under one more transformation", () => {
    const leak = (x: Scalar) =>
      Effect.gen(function*() {
        let inner: Tensor = x
        yield* grad((y: Scalar) => Effect.andThen(Effect.sync(() => inner = y), mul(y, y)))(x)
        return yield* mul(x, inner as Scalar)
      })
    for (const program of [grad(leak)(scalar(1)), vmap(leak)(Tensor.make([1])), vmap(grad(leak))(Tensor.make([1]))]) {
      refused(program)
    }
  })

  it("a value of one branch is an error in the other", () => {
    let kept: Tensor = scalar(0)
    const f = (x: Scalar) =>
      cond(
        less(x, 0),
        () => Effect.flatMap(sin(x), (y) => Effect.as(Effect.sync(() => kept = y), y)),
        () => mul(x, kept as Scalar)
      )
    refused(grad(f)(scalar(1)))
  })

  it("in a fiber that outlives the transformation", async () => {
    const program = Effect.gen(function*() {
      const fibers: Array<Fiber.Fiber<Tensor, unknown>> = []
      const gradient = yield* grad((x: Scalar) =>
        Effect.gen(function*() {
          fibers.push(yield* Effect.forkDetach(Effect.andThen(Effect.sleep(1), sin(x))))
          return yield* mul(x, x)
        })
      )(scalar(3))
      expect(yield* Tensor.item(gradient)).toBe(6)
      return yield* Effect.flip(Fiber.join(fibers[0]!))
    })
    expect(await Effect.runPromise(program)).toBeInstanceOf(EscapedTracerError)
  })

  it("cannot be read in a fiber that outlives the transformation", async () => {
    const program = Effect.gen(function*() {
      const fibers: Array<Fiber.Fiber<number, unknown>> = []
      yield* grad((x: Scalar) =>
        Effect.gen(function*() {
          const dead = yield* sin(x)
          const y = yield* mul(x, x)
          fibers.push(yield* Effect.forkDetach(Effect.andThen(Effect.sleep(1), Tensor.item(add(dead, y)))))
          fibers.push(yield* Effect.forkDetach(Effect.andThen(Effect.sleep(1), Tensor.item(y))))
          return y
        })
      )(scalar(3))
      return yield* Effect.all(fibers.map((fiber) => Effect.flip(Fiber.join(fiber))))
    })
    for (const error of await Effect.runPromise(program)) expect(error).toBeInstanceOf(EscapedTracerError)
  })

  it("in a fiber that outlives a transformation which failed", async () => {
    const program = Effect.gen(function*() {
      const fibers: Array<Fiber.Fiber<Tensor, unknown>> = []
      const failing = grad((x: Scalar) =>
        Effect.gen(function*() {
          fibers.push(yield* Effect.forkDetach(Effect.andThen(Effect.sleep(1), sin(x))))
          return yield* mul(x, yield* Effect.fail("user" as const))
        })
      )(scalar(3))
      expect(yield* Effect.flip(failing)).toBe("user")
      return yield* Effect.flip(Fiber.join(fibers[0]!))
    })
    expect(await Effect.runPromise(program)).toBeInstanceOf(EscapedTracerError)
  })

  it("an inner program that failed leaves nothing that can be used, and its surroundings whole", () => {
    let kept: Tensor = scalar(0)
    const f = (x: Scalar) =>
      Effect.gen(function*() {
        const failing = grad((y: Scalar) =>
          Effect.flatMap(mul(y, y), (z) => (kept = z) === z ? Effect.fail("user" as const) : Effect.succeed(z))
        )(x)
        const caught = yield* Effect.catch(failing, (error) => error === "user" ? mul(x, 3) : Effect.fail(error))
        return yield* mul(x, caught)
      })
    expect(run(Effect.flatMap(grad(f)(scalar(2)), Tensor.item))).toBe(12)
    refused(sin(kept))
  })

  it("the pullback of a traced point is a program of the transformation that it stands in", () => {
    const held: Array<(ct: Scalar) => Effect.Effect<readonly [Scalar], unknown>> = []
    const f = (x: Scalar) =>
      Effect.flatMap(vjp((y: Scalar) => mul(sin(y), x), x), ([, pullback]) => {
        held.push(pullback)
        return Effect.map(pullback(scalar(1)), ([ct]) => ct)
      })
    // d(x·cos x)/dx
    expect(run(Effect.flatMap(grad(f)(scalar(1)), Tensor.item))).toBeCloseTo(Math.cos(1) - Math.sin(1), 12)
    refused(held[0]!(scalar(1)))
  })

  it("a list that captured a traced value cannot be evaluated after the transformation", () => {
    const lists: Array<Trace> = []
    run(
      grad((x: Scalar) =>
        Effect.gen(function*() {
          const list = yield* trace((z: Scalar) => mul(z, x))(scalar(3))
          lists.push(list)
          // inside, it means what it says
          return (yield* Trace.evaluate(list, [x]))
        })
      )(scalar(2))
    )
    refused(Trace.evaluate(lists[0]!, [scalar(1)]))
  })

  it("sums over random programs do not depend on how many transformations failed before", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 6 }), (failures) => {
        const f = (x: Tensor<[2]>) =>
          Effect.gen(function*() {
            for (const fails of failures) {
              const inner = grad((y: Tensor<[2]>) => fails ? Effect.fail("user" as const) : sum(mul(y, y)))(x)
              yield* Effect.ignore(inner)
            }
            return yield* sum(mul(x, x))
          })
        expect(run(Effect.flatMap(grad(f)(Tensor.make([1, 2])), Tensor.toArray))).toEqual([2, 4])
      }),
      { numRuns: 20 }
    )
  })
})
