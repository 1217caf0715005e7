/**
 * `cond`, `scan`, `while` and `checkpoint`: branches are branches and loops are loops, inside of the module.
 *
 * What a loop carries has two places, which change their parts from step to step; a slice of what it scans is read, and
 * one of what it collects is written, where it lies.
 */
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Aval } from "../../core/tensor.ts"
import type { Trace } from "../../core/trace.ts"
import { outputAvals } from "../../core/trace.ts"
import type { Place } from "../emit/context.ts"
import { addressOf } from "../emit/context.ts"
import { callPiece, spend } from "../emit/pauses.ts"
import { copyBytes } from "../emit/rows.ts"
import type { I32 } from "../wasm/code.ts"
import { i32 } from "../wasm/code.ts"
import type { Global } from "../wasm/module.ts"
import type { Kernel, KernelCall } from "./kernel.ts"
import { at } from "./kernel.ts"

const bytesOf = ({ dtype, shape }: Aval): number => byteSize(dtype) * sizeOf(shape)

const placesOf = (call: KernelCall, from: number, to?: number): ReadonlyArray<Place> =>
  call.operands.slice(from, to).map((x) => x.place)

export const checkpoint: Kernel = (call) => {
  // the primitive's parameter is a list
  const body = call.equation.params["body"] as Trace
  const piece = call.list(body, placesOf(call, 0), call.results)
  callPiece(call.context, call.f, piece)
  return piece
}

export const cond: Kernel = (call) => {
  const { context, equation, f, operands: [index], results } = call
  const branches = equation.params["branches"] as ReadonlyArray<Trace>
  const pieces = branches.map((branch) => call.list(branch, placesOf(call, 1), results))
  const address = addressOf(index!.place)
  const chosen = f.let(index!.aval.dtype === "bool" ? i32.load8U(address) : i32.load(address))
  const choose = (i: number): void =>
    i === pieces.length
      ? f.call(context.fail)
      : f.if(i32.eq(chosen, i32.const(i)), () => callPiece(context, f, pieces[i]!), () => choose(i + 1))
  choose(0)
  return { work: Math.max(...pieces.map((piece) => piece.work)), pauses: pieces.some((piece) => piece.pauses) }
}

/** What a loop carries: where a step reads it, and where it writes it. */
interface Carried {
  readonly before: Global
  readonly after: Global
  readonly bytes: number
}

const carriedOf = ({ context }: KernelCall, avals: ReadonlyArray<Aval>): ReadonlyArray<Carried> =>
  avals.map((aval) => ({ before: context.address(), after: context.address(), bytes: bytesOf(aval) }))

const begin = (
  { context, f }: KernelCall,
  carried: ReadonlyArray<Carried>,
  starts: ReadonlyArray<Place>,
  others: ReadonlyArray<Place>,
  values: ReadonlyArray<Place>
): void =>
  carried.forEach(({ after, before, bytes }, i) => {
    f.do(before.set(addressOf(starts[i]!)))
    f.do(after.set(addressOf(others[i]!)))
    if (bytes > 0) f.call(copyBytes(context), before, addressOf(values[i]!), i32.const(bytes))
  })

const swap = ({ f }: KernelCall, carried: ReadonlyArray<Carried>): void => {
  for (const { after, before } of carried) {
    const kept = f.let<"i32">(before)
    f.do(before.set(after))
    f.do(after.set(kept))
  }
}

const placeAt = (base: Global): Place => ({ base, offset: 0 })

export const scan: Kernel = (call) => {
  const { context, equation, f, operands, results } = call
  const { body, carry: count, consts, length, reverse } = equation.params as {
    readonly body: Trace
    readonly length: number
    readonly reverse: boolean
    readonly consts: number
    readonly carry: number
  }
  const avals = outputAvals(body)
  const carried = carriedOf(call, avals.slice(0, count))
  const others = carried.map(({ bytes }) => context.allocateBytes(bytes))
  // so that the last step writes where the result belongs
  const [starts, ends] = length % 2 === 0 ? [results, others] : [others, results]
  const slices = (of: ReadonlyArray<Place>, each: ReadonlyArray<Aval>) =>
    of.map((place, i) => ({ base: context.address(), place, bytes: bytesOf(each[i]!) }))
  const xs = slices(placesOf(call, consts + count), body.inputs.slice(consts + count))
  const ys = slices(results.slice(count), avals.slice(count))
  const step = call.list(
    body,
    [
      ...operands.slice(0, consts).map((x) => x.place),
      ...carried.map((c) => placeAt(c.before)),
      ...xs.map((x) => placeAt(x.base))
    ],
    [...carried.map((c) => placeAt(c.after)), ...ys.map((y) => placeAt(y.base))]
  )
  const take = (i: I32): void => {
    const t: I32 = reverse ? i32.sub(i32.const(length - 1), i) : i
    for (const { base, bytes, place } of [...xs, ...ys]) f.do(base.set(at(addressOf(place), t, bytes)))
    callPiece(context, f, step)
    swap(call, carried)
  }
  const start = () => begin(call, carried, starts, ends, placesOf(call, consts, consts + count))
  const work = length * (step.work + 1)
  const pauses = step.pauses || work > context.grain
  if (pauses) {
    const i = context.counter()
    // a first step that has paused has not changed what it begins with
    f.if(i32.eqz(i), start)
    f.while(i32.ltS(i, i32.const(length)), () => {
      take(i)
      f.do(i.set(i32.add(i, i32.const(1))))
      if (!step.pauses) spend(context, f, step.work)
    })
    f.do(i.set(i32.const(0)))
  } else {
    start()
    f.for(i32.const(0), i32.const(length), 1, take)
  }
  for (const place of others) context.free(place)
  return { work, pauses }
}

export { whileLoop as while }
const whileLoop: Kernel = (call) => {
  const { context, equation, f, operands, results } = call
  const { body, bodyConsts, test, testConsts } = equation.params as {
    readonly test: Trace
    readonly body: Trace
    readonly testConsts: number
    readonly bodyConsts: number
  }
  const first = testConsts + bodyConsts
  const carried = carriedOf(call, outputAvals(body))
  const others = carried.map(({ bytes }) => context.allocateBytes(bytes))
  const verdict = context.allocate("bool", 1)
  const before = carried.map((c) => placeAt(c.before))
  const places = operands.map((x) => x.place)
  const judge = call.list(test, [...places.slice(0, testConsts), ...before], [verdict])
  const step = call.list(body, [...places.slice(testConsts, first), ...before], carried.map((c) => placeAt(c.after)))
  // 0 ahead of the loop, 1 where the test is next, 2 where the step is
  const next = context.counter()
  f.if(i32.eqz(next), () => {
    begin(call, carried, results, others, placesOf(call, first))
    f.do(next.set(i32.const(1)))
  })
  const goesOn = f.local("i32")
  f.repeat(() => {
    f.if(i32.eq(next, i32.const(1)), () => {
      callPiece(context, f, judge)
      f.do(next.set(i32.const(2)))
    })
    goesOn.set(i32.load8U(addressOf(verdict)))
    f.if(goesOn, () => {
      callPiece(context, f, step)
      swap(call, carried)
      f.do(next.set(i32.const(1)))
      spend(context, f, judge.work + step.work)
    })
    return goesOn
  })
  f.do(next.set(i32.const(0)))
  carried.forEach(({ before, bytes }, i) => {
    const to = addressOf(results[i]!)
    f.if(i32.ne(before, to), () => {
      if (bytes > 0) f.call(copyBytes(context), to, before, i32.const(bytes))
    })
  })
  for (const place of [...others, verdict]) context.free(place)
  return { work: judge.work + step.work, pauses: true }
}
