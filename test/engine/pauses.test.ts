/**
 * Long runs give others their turn: what comes out is the same, whoever ran in between.
 */
import { Effect, Exit, Fiber, Option } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Tensor } from "wengert"
import * as w from "wengert"
import { Laws } from "../../laws/index.ts"
import { isOpError } from "../../src/core/errors.ts"
import type { ConcreteTensor } from "../../src/core/tensor.ts"
import { dataOf } from "../../src/core/tensor.ts"
import type { Trace } from "../../src/core/trace.ts"
import type { Progress } from "../../src/engine/instantiate.ts"
import { atOnce, instantiate, isEnded } from "../../src/engine/instantiate.ts"
import { Machine } from "../../src/engine/machine.ts"
import { control } from "../grad/support/control.ts"
import { concrete, listOf } from "./support/run.ts"

/** Never pauses, and pauses wherever it can. */
const [patient, hasty] = [new Machine(undefined, 2 ** 30), new Machine(undefined, 1)]

type Outcome = ReadonlyArray<ReadonlyArray<number>> | string

const show = (results: ReadonlyArray<ConcreteTensor>): Outcome => results.map((x) => Array.from(dataOf(x)))

const outcome = <A>(thunk: () => A): A | string => {
  try {
    return thunk()
  } catch (error) {
    if (isOpError(error)) return error.message
    throw error
  }
}

interface Job {
  readonly list: Trace
  readonly args: ReadonlyArray<ConcreteTensor>
}

const expected = ({ args, list }: Job): Outcome =>
  outcome(() => {
    const program = instantiate(patient, list)
    try {
      return show(atOnce(program.run(args)))
    } finally {
      program.release()
    }
  })

/** Runs all jobs by turns, in an order that `choose` gives; says how often one has paused. */
const byTurns = (jobs: ReadonlyArray<Job>, choose: (n: number) => number) => {
  const programs = new Map<Trace, ReturnType<typeof instantiate>>()
  const found = jobs.map((): Outcome | undefined => undefined)
  const running = jobs.map((): Progress | undefined => undefined)
  let [pauses, turns] = [0, 0]
  while (found.includes(undefined)) {
    const open = found.flatMap((f, i) => f === undefined ? [i] : [])
    const i = open[choose(open.length)]!
    const { args, list } = jobs[i]!
    if (!programs.has(list)) programs.set(list, instantiate(hasty, list))
    const before = running[i]
    const after = outcome(() =>
      before === undefined || isEnded(before) ? programs.get(list)!.run(args) : before.resume()
    )
    if (typeof after === "string") found[i] = after
    else if (isEnded(after)) found[i] = show(after)
    else pauses++
    if (typeof after !== "string") running[i] = after
    if (++turns > 1e6) throw new Error("no end")
  }
  for (const program of programs.values()) program.release()
  return { found, pauses }
}

describe("programs by turns", () => {
  const program = Laws.program({ length: 8, language: "all" })
  /** A program that can be written down, twice. */
  const twice = ({ args, f }: Laws.RandomProgram): ReadonlyArray<Job> => {
    const exit = Effect.runSyncExit(w.trace(f)(...args))
    if (Exit.isFailure(exit)) return []
    const job = { list: exit.value, args: concrete(args) }
    return [job, job]
  }
  test("random ones, each of them twice at a time", () => {
    let all = 0
    fc.assert(
      fc.property(program, program, fc.infiniteStream(fc.nat()), (a, b, choices) => {
        const jobs = [a, b].flatMap(twice)
        const { found, pauses } = byTurns(jobs, (n) => choices.next().value! % n)
        all += pauses
        expect(found).toEqual(jobs.map(expected))
      }),
      { numRuns: 60, seed: 5 }
    )
    expect(all).toBeGreaterThan(60)
  })

  test("what takes no work may come first", () => {
    const x = w.Tensor.make(0.5)
    const f = (x: Tensor) => Effect.flatMap(w.forLoop(0, 0, (_, y: Tensor) => Effect.succeed(y), x), (y) => w.neg(y))
    const job = { list: listOf(f, [x]), args: concrete([x]) }
    expect(byTurns([job], () => 0).found).toEqual([[[-0.5]]])
  })

  test("control flow, with other arguments at a time", () => {
    const jobs = Object.values(control).flat().flatMap(({ args, f }) => {
      const one = args.map((a) => w.Tensor.full(a.shape, 1, a.dtype))
      const two = args.map((a) => w.Tensor.full(a.shape, a.dtype === "bool" ? 0 : 2, a.dtype))
      const list = listOf(f, one)
      return [{ list, args: concrete(one) }, { list, args: concrete(two) }]
    })
    let turn = 0
    const { found, pauses } = byTurns(jobs, (n) => turn++ % n)
    expect(pauses).toBeGreaterThan(20)
    expect(found).toEqual(jobs.map(expected))
  })
})

type Scalar = Tensor<[]>

/** 2x, approached in so many steps. */
const counted = (n: number) => (x: Scalar): Effect.Effect<Scalar, w.OpError> =>
  Effect.map(
    w.whileLoop(
      ({ i }) => w.less(i, n),
      ({ i, y }) => Effect.all({ i: w.add(i, 1), y: w.add(w.mul(y, 0.5), x) }),
      { i: w.Tensor.make(0), y: x }
    ),
    ({ y }) => y
  )

describe("fibers", () => {
  test("a compiled loop without an end ends with its timeout", async () => {
    const result = await Effect.runPromise(
      Effect.timeoutOption(w.jit(counted(Infinity))(w.Tensor.make(1)), "30 millis")
    )
    expect(Option.isNone(result)).toBe(true)
  })

  test("two calls of one function, a third that is interrupted, and another function in between", async () => {
    const f = w.jit(counted(1e6))
    const results = await Effect.runPromise(Effect.gen(function*() {
      const fibers = yield* Effect.forEach([1, 2, 3], (x) => Effect.forkChild(f(w.Tensor.make(x))))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fibers[2]!)
      // its constant moves the place where the others are at work
      const other = yield* w.jit((x: Scalar) => w.add(w.sum(w.Tensor.linspace(0, 1, 100_001)), x))(w.Tensor.make(0))
      return [...yield* Effect.forEach(fibers.slice(0, 2), Fiber.join), other]
    }))
    const [one, two, sum] = results.map((x) => Effect.runSync(w.Tensor.data(x))[0]!)
    expect([one, two]).toEqual([2, 4])
    expect(sum).toBeCloseTo(50_000.5, 8)
  })
})
