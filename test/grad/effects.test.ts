/**
 * The user's own Effects in programs: services, failures, waiting and forking, through every transformation.
 */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Ref } from "effect"
import type { OpError } from "wengert"
import {
  add,
  checkpoint,
  cond,
  cos,
  customJvp,
  customVjp,
  forLoop,
  grad,
  gradWithAux,
  greater,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  less,
  linearize,
  linearTranspose,
  map,
  mul,
  residuals,
  scan,
  sin,
  switchCase,
  Tensor,
  Trace,
  trace,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop
} from "wengert"
import { expectNumbers, read } from "./support/run.ts"

type Scalar = Tensor<[], "float64">

const scalar = (x: number): Scalar => Tensor.make(x)

class Rate extends Context.Service<Rate, number>()("Rate") {}

/** What user's code does: it counts, and may then fail. */
class Journal extends Context.Service<Journal, {
  readonly note: (entry: string) => Effect.Effect<void, "full">
}>()("Journal") {}

type Needs = Rate | Journal
type Fails = OpError | "full"
type Step = (x: Scalar) => Effect.Effect<Scalar, Fails, Needs>

/** x → rate·x², with waiting, services and an entry in the journal on the way. */
const step: Step = (x) =>
  Effect.gen(function*() {
    const rate = yield* Rate
    yield* (yield* Journal).note("step")
    const y = yield* mul(x, rate)
    yield* Effect.yieldNow
    const one = yield* Effect.promise(() => Promise.resolve(1))
    return yield* mul(y, mul(x, one))
  })

/** A program around `step`, and what it gives at 2 with rate 3. */
interface Use {
  readonly program: (f: Step) => Effect.Effect<unknown, Fails | { readonly _tag: string }, Needs>
  readonly gives: Parameters<typeof expectNumbers>[1]
}

const at = scalar(2)
const one = scalar(1)
const batch = Tensor.make([2, 4])

/** Every transformation, with everything that a program can stand in. */
const uses: { readonly [name: string]: Use } = {
  "no transformation": { program: (f) => f(at), gives: 12 },
  grad: { program: (f) => grad(f)(at), gives: 12 },
  valueAndGrad: { program: (f) => valueAndGrad(f)(at), gives: [12, 12] },
  gradWithAux: {
    program: (f) => gradWithAux((x: Scalar) => Effect.map(f(x), (value) => ({ value, aux: x })))(at),
    gives: { value: 12, gradient: 12, aux: 2 }
  },
  jvp: { program: (f) => jvp(f, [at], [one]), gives: [12, 12] },
  vjp: { program: (f) => Effect.flatMap(vjp(f, at), ([, pull]) => pull(one)), gives: [12] },
  linearize: { program: (f) => Effect.flatMap(linearize(f, at), ([, push]) => push(one)), gives: 12 },
  jacfwd: { program: (f) => jacfwd(f)(at), gives: 12 },
  jacrev: { program: (f) => jacrev(f)(at), gives: 12 },
  hessian: { program: (f) => hessian(f)(at), gives: 6 },
  hvp: { program: (f) => hvp(f)([at], [one]), gives: [6] },
  linearTranspose: {
    program: (f) => linearTranspose((x: Scalar) => Effect.flatMap(f(at), (y) => mul(x, y)), at)(one),
    gives: [12]
  },
  vmap: { program: (f) => vmap(f)(batch), gives: [12, 48] },
  "vmap of grad": { program: (f) => vmap(grad(f))(batch), gives: [12, 24] },
  checkpoint: { program: (f) => grad(checkpoint(f))(at), gives: 12 },
  trace: { program: (f) => Effect.flatMap(trace(f)(at), (list) => Trace.evaluate(list, [at])), gives: 12 },
  residuals: { program: (f) => Effect.map(residuals(f)(at), (kept) => Tensor.make(kept.length > 0)), gives: true },
  cond: { program: (f) => grad((x: Scalar) => cond(greater(x, 0), () => f(x), () => x))(at), gives: 12 },
  switchCase: {
    program: (f) => grad((x: Scalar) => switchCase(Tensor.make(1, { dtype: "int32" }), [() => x, () => f(x)]))(at),
    gives: 12
  },
  scan: {
    program: (f) =>
      grad((x: Scalar) =>
        Effect.map(
          scan((c, y: Scalar) => Effect.map(f(y), (z) => [c, z] as const), x, batch),
          ([c]) => c
        )
      )(at),
    gives: 1
  },
  map: { program: (f) => map(f, batch as unknown as Scalar), gives: [12, 48] },
  forLoop: { program: (f) => grad((x: Scalar) => forLoop(0, 1, (_, c: Scalar) => f(c), x))(at), gives: 12 },
  whileLoop: { program: (f) => whileLoop((c: Scalar) => less(c, 5), f, at), gives: 12 },
  "whileLoop with a bound": {
    program: (f) => grad((x: Scalar) => whileLoop((c: Scalar) => less(c, 5), f, x, { maxSteps: 1 }))(at),
    gives: 12
  },
  customJvp: { program: (f) => grad(customJvp(f, ([x], [dx]) => Effect.all([mul(x, 1), mul(dx, 7)])))(at), gives: 7 },
  "the rule of customJvp": {
    program: (f) =>
      grad(
        customJvp((x: Scalar) => mul(x, 1), ([x], [dx]) =>
          Effect.flatMap(f(x), (y) => Effect.all([mul(y, 1), mul(dx, 7)])))
      )(at),
    gives: 7
  },
  "the rules of customVjp": {
    program: (f) =>
      grad(customVjp(
        (x: Scalar) => mul(x, 1),
        (x) => Effect.map(f(x), (y) => [y, { x }] as const),
        ({ x }, ct) => Effect.map(mul(ct, x), (back) => [back])
      ))(at),
    gives: 2
  }
}

/** `program` with its services; the journal takes so many entries. */
const supplied = <A, E>(program: Effect.Effect<A, E, Needs>, entries: Array<string>, capacity = Infinity) =>
  program.pipe(
    Effect.provideService(Rate, 3),
    Effect.provideService(Journal, {
      note: (entry) =>
        Effect.suspend(() => {
          if (entries.length >= capacity) return Effect.fail("full" as const)
          entries.push(entry)
          return Effect.void
        })
    })
  )

describe.each(Object.entries(uses))("%s", (_, { gives, program }) => {
  it.effect("keeps services and waiting, and runs the user's effects once", () =>
    Effect.gen(function*() {
      const entries: Array<string> = []
      expectNumbers(yield* Effect.flatMap(supplied(program(step), entries), read), gives)
      expect(entries).toEqual(["step"])
    }))

  it.effect("keeps the user's failures, and is as good as new after one", () =>
    Effect.gen(function*() {
      const use = program(step)
      expect(yield* Effect.flip(supplied(use, [], 0))).toBe("full")
      expectNumbers(yield* Effect.flatMap(supplied(use, []), read), gives)
    }))

  it.effect("keeps defects and interruption", () =>
    Effect.gen(function*() {
      const defect = new Error("a defect of the user's")
      const died = yield* Effect.exit(supplied(program(() => Effect.die(defect)), []))
      expect(Exit.isFailure(died) && died.cause.reasons.map((r) => r._tag === "Die" && r.defect)).toEqual([defect])
      const throwing = Effect.suspend(() =>
        program(() => {
          throw defect
        })
      )
      const thrown = yield* Effect.exit(supplied(throwing, []))
      expect(Exit.isFailure(thrown) && thrown.cause.reasons.map((r) => r._tag === "Die" && r.defect)).toEqual([defect])
      const waiting = yield* Effect.forkChild(supplied(program(() => Effect.never), []))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      expect(Exit.hasInterrupts(yield* Fiber.await(waiting))).toBe(true)
    }))
})

describe("loops", () => {
  const body = (c: Scalar) => Effect.map(step(c), (next) => [next, next] as const)
  const options = {
    "plain": {},
    "reversed": { reverse: true },
    "in blocks": { checkpoint: 2 },
    "in blocks that do not fill": { checkpoint: 4 }
  }

  it.effect.each(Object.entries(options))(
    "%s: the user's effects run once, not once a step",
    ([, more]) =>
      Effect.gen(function*() {
        const entries: Array<string> = []
        yield* supplied(scan(body, scalar(0.1), null, { length: 6, ...more }), entries)
        expect(entries).toEqual(["step"])
      })
  )
})

describe("concurrency", () => {
  it.effect("gradients in many fibers at once do not disturb each other", () =>
    Effect.gen(function*() {
      const xs = [1, 2, 3, 4, 5]
      const all = yield* Effect.forEach(xs, (x) =>
        grad((y: Scalar) => Effect.andThen(Effect.yieldNow, mul(y, mul(y, y))))(scalar(x)), {
        concurrency: "unbounded"
      })
      expectNumbers(
        yield* read(all),
        xs.map((x) =>
          3 * x * x
        )
      )
    }))

  it.effect("a program may run its parts in fibers, and join them", () =>
    Effect.gen(function*() {
      const f = (x: Scalar) =>
        Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(Effect.andThen(Effect.yieldNow, sin(x)))
          const [a, b] = yield* Effect.all([Effect.andThen(Effect.yieldNow, cos(x)), add(x, 1)], { concurrency: 2 })
          return yield* mul(mul(a, b), yield* Fiber.join(fiber))
        })
      // (x + 1)·sin x·cos x
      const [x, two] = [0.5, 1]
      expectNumbers(yield* Effect.flatMap(grad(f)(scalar(x)), read), Math.sin(two) / 2 + (x + 1) * Math.cos(two))
    }))

  it.live("a program may sleep", () =>
    Effect.gen(function*() {
      const f = (x: Scalar) => Effect.andThen(Effect.sleep(1), Effect.delay(mul(x, x), 1))
      expectNumbers(yield* Effect.flatMap(vmap(grad(f))(batch), read), [4, 8])
    }))
})

describe("rules of the user's", () => {
  it.effect("have the services that were there where the function was called", () =>
    Effect.gen(function*() {
      const f = customJvp(
        (x: Scalar) => Effect.flatMap(Rate, (rate) => mul(x, rate)),
        ([x], [dx]) =>
          Effect.gen(function*() {
            const rate = yield* Rate
            return [yield* mul(x, rate), yield* mul(dx, rate)] as const
          })
      )
      const g = (x: Scalar) => Effect.provideService(f(x), Rate, 5)
      const both = yield* Effect.provideService(
        Effect.all([grad(g)(at), grad(f)(at), vmap(grad(g))(batch)]),
        Rate,
        7
      )
      expectNumbers(yield* read(both), [5, 7, [5, 5]])
    }))

  it.effect("see the state of a Ref when they run, and may change it", () =>
    Effect.gen(function*() {
      const calls = yield* Ref.make<ReadonlyArray<string>>([])
      const note = (name: string) => Ref.update(calls, (all) => [...all, name])
      const f = customVjp(
        (x: Scalar) => Effect.andThen(note("call"), mul(x, x)),
        (x) => Effect.andThen(note("forward"), Effect.map(mul(x, x), (y) => [y, { x }] as const)),
        ({ x }, ct) => Effect.andThen(note("backward"), Effect.map(mul(mul(ct, 2), x), (back) => [back]))
      )
      yield* grad(f)(at)
      expect(yield* Ref.get(calls)).toEqual(["call", "forward", "backward"])
      yield* Ref.set(calls, [])
      yield* f(at)
      expect(yield* Ref.get(calls)).toEqual(["call"])
    }))
})
