/**
 * The derivatives of a scan: scans again, with bodies made from the body by the same transformations.
 */
import * as Effect from "effect/Effect"
import type {
  Contractions,
  Cotangent,
  Dual,
  ParamsOf,
  ParamSpec,
  Step,
  Support,
  Tangent,
  Transform
} from "../core/primitive.ts"
import type { Aval, Linear, Tensor } from "../core/tensor.ts"
import { isLinear, Zero } from "../core/tensor.ts"
import { outputAvals } from "../core/trace.ts"
import { constant, instantiate, plus, zeros } from "./algebra.ts"
import { supportsOf } from "./branches.ts"
import { existing, fillZeros, mapOutputs, nonZeros, spread, spreadZeros } from "./subtrace.ts"

export interface ScanSpec extends ParamSpec {
  readonly body: "trace"
  readonly length: "integer"
  readonly reverse: "boolean"
  /** How many operands are constants of the loop, and how many are the carry. */
  readonly consts: "integer"
  readonly carry: "integer"
}

export type ScanParams = ParamsOf<ScanSpec>

/** Applies a scan. */
type Bind = (params: ScanParams, operands: ReadonlyArray<Tensor>) => Step<ReadonlyArray<Tensor>>

/** What belongs to the constants, to the carry and to the xs. */
export interface Parts<A> {
  readonly consts: ReadonlyArray<A>
  readonly carry: ReadonlyArray<A>
  readonly xs: ReadonlyArray<A>
}

export const partition = <A>(all: ReadonlyArray<A>, { carry, consts }: ScanParams): Parts<A> => ({
  consts: all.slice(0, consts),
  carry: all.slice(consts, consts + carry),
  xs: all.slice(consts + carry)
})

const marked = <A>(values: ReadonlyArray<A>, marks: ReadonlyArray<boolean>): ReadonlyArray<A> =>
  values.filter((_, i) => marks[i])

/** Repeats `step` until the marks of the carry, which only grow, stay as they are. */
export const untilStable = <A>(
  initial: ReadonlyArray<boolean>,
  step: (carry: ReadonlyArray<boolean>) => Step<{ readonly carry: ReadonlyArray<boolean>; readonly found: A }>
): Step<{ readonly carry: ReadonlyArray<boolean>; readonly found: A }> =>
  Effect.flatMap(step(initial), (after) => {
    const grown = initial.map((mark, i) => mark || after.carry[i]!)
    return grown.every((mark, i) => mark === initial[i])
      ? Effect.succeed({ carry: initial, found: after.found })
      : untilStable(grown, step)
  })

/** The carry where it exists, zeros where it has to start. */
const started = (carry: ReadonlyArray<Tangent>, wanted: ReadonlyArray<boolean>): Step<ReadonlyArray<Tensor>> =>
  Effect.forEach(marked(carry, wanted), instantiate)

/** Primals and tangents in one loop. */
export const dualScan = (
  bind: Bind,
  params: ScanParams,
  primals: ReadonlyArray<Tensor>,
  tangents: ReadonlyArray<Tangent>,
  transform: Transform
): Step<Dual> =>
  Effect.gen(function*() {
    const { body, carry: count } = params
    const [x, dx] = [partition(primals, params), partition(tangents, params)]
    const [has, avals] = [partition(existing(tangents), params), partition(body.inputs, params)]
    const { carry, found } = yield* untilStable(has.carry, (carry) =>
      Effect.map(transform.jvp(body, [...has.consts, ...carry, ...has.xs]), (dual) => ({
        carry: dual.tangents.slice(0, count),
        found: dual
      })))
    // the list has primals and then tangents; the loop has consts, carry and xs, each primals and then tangents
    const sections = [
      avals.consts,
      marked(avals.consts, has.consts),
      avals.carry,
      marked(avals.carry, carry),
      avals.xs,
      marked(avals.xs, has.xs)
    ]
    const outputs = outputAvals(body)
    const exist = found.tangents.map((t, i) =>
      i < count ? carry[i]! : t
    )
    const dual = yield* mapOutputs(
      found.trace,
      (all) =>
        Effect.map(fillZeros(found.tangents, exist, outputs, all.slice(outputs.length)), (dots) => [
          ...all.slice(0, count),
          ...dots.slice(0, marked(carry, carry).length),
          ...all.slice(count, outputs.length),
          ...dots.slice(marked(carry, carry).length)
        ]),
      sections.flat(),
      (inputs) => {
        const [c, dc, k, dk, s, ds] = cut(inputs, sections.map((section) => section.length))
        return [...c!, ...k!, ...s!, ...dc!, ...dk!, ...ds!]
      }
    )
    const dcarry = yield* started(dx.carry, carry)
    const results = yield* bind(
      { ...params, body: dual, consts: x.consts.length + nonZeros(dx.consts).length, carry: count + dcarry.length },
      [...x.consts, ...nonZeros(dx.consts), ...x.carry, ...dcarry, ...x.xs, ...nonZeros(dx.xs)]
    )
    const [k, dk, ys, dys] = cut(results, [count, dcarry.length, outputs.length - count])
    return {
      outputs: [...k!, ...ys!],
      tangents: spreadZeros(exist, [...k!, ...ys!], [...dk!, ...dys!])
    }
  })

/** A list cut into runs of the given lengths, and the rest. */
const cut = <A>(all: ReadonlyArray<A>, lengths: ReadonlyArray<number>): Array<ReadonlyArray<A>> => {
  let from = 0
  return [...lengths.map((n) => all.slice(from, from += n)), all.slice(from)]
}

/**
 * A loop for the primals, which keeps the residuals of every step, and a loop that is linear in the tangents. A residual
 * that is a constant of the loop, or an x, is not kept again.
 */
export const linearizedScan = (
  bind: Bind,
  params: ScanParams,
  primals: ReadonlyArray<Tensor>,
  tangents: ReadonlyArray<Tangent>,
  transform: Transform
): Step<Dual> =>
  Effect.gen(function*() {
    const { body, carry: count, consts } = params
    const dx = partition(tangents, params)
    const [has, avals] = [partition(existing(tangents), params), partition(body.inputs, params)]
    const { carry, found } = yield* untilStable(has.carry, (carry) =>
      Effect.map(transform.linearize(body, [...has.consts, ...carry, ...has.xs]), (parts) => ({
        carry: parts.tangents.slice(0, count),
        found: parts
      })))
    const outputs = body.outputs.length
    const kinds = found.primal.outputs.slice(outputs).map((v) =>
      v < consts ? "const" as const : v >= consts + count && v < body.inputs.length ? "x" as const : "kept" as const
    )
    const of = (kind: typeof kinds[number]) =>
      kinds.map((k) =>
        k === kind
      )
    const residuals = found.primal.outputs.slice(outputs)
    const kept = yield* mapOutputs(found.primal, (all) =>
      Effect.succeed([...all.slice(0, outputs), ...marked(all.slice(outputs), of("kept"))]))
    const results = yield* bind({ ...params, body: kept }, primals)
    const same = {
      consts: marked(residuals, of("const")).map((v) =>
        primals[v]!
      ),
      xs: [...results.slice(outputs), ...marked(residuals, of("x")).map((v) => primals[v]!)]
    }

    const dots = [marked(avals.consts, has.consts), marked(avals.carry, carry), marked(avals.xs, has.xs)]
    const spaces = found.linear.trace.inputs.slice(0, found.residuals)
    const sections = [
      marked(spaces, of("const")),
      dots[0]!,
      dots[1]!,
      marked(spaces, of("kept")),
      marked(spaces, of("x")),
      dots[2]!
    ]
    const exist = found.tangents.map((t, i) => i < count ? carry[i]! : t)
    const linear = yield* mapOutputs(
      found.linear.trace,
      (all) => fillZeros(found.tangents, exist, outputAvals(body), all),
      sections.flat(),
      (inputs) => {
        const [c, dc, dk, k, s, ds] = cut(inputs, sections.map((section) => section.length))
        const places = { const: [...c!], kept: [...k!], x: [...s!] }
        return [...kinds.map((kind) => places[kind].shift()!), ...dc!, ...dk!, ...ds!]
      }
    )
    const dcarry = yield* started(dx.carry, carry)
    const dconsts = nonZeros(dx.consts)
    const dys = exist.includes(true)
      ? yield* bind(
        { ...params, body: linear, consts: same.consts.length + dconsts.length, carry: dcarry.length },
        [...same.consts, ...dconsts, ...dcarry, ...same.xs, ...nonZeros(dx.xs)]
      )
      : []
    return { outputs: results.slice(0, outputs), tangents: spreadZeros(exist, results.slice(0, outputs), dys) }
  })

/** The loop backwards: it carries the cotangents of the carry, and sums up those of the constants. */
export const transposedScan = (
  bind: Bind,
  params: ScanParams,
  operands: ReadonlyArray<Tensor | Linear>,
  cotangents: ReadonlyArray<Cotangent>,
  transform: Transform
): Step<ReadonlyArray<Cotangent>> =>
  Effect.gen(function*() {
    const { body, carry: count, reverse } = params
    const x = partition(operands, params)
    const given = partition(operands.map(isLinear), params)
    // a carry that starts as a constant starts as zero: the loop is linear in it all the same
    const linear = { ...given, carry: given.carry.map(() => true) }
    const avals = partition(body.inputs, params)
    const wanted = existing(cotangents.slice(count))
    const back = yield* transform.transpose(
      { trace: body, linear: [...linear.consts, ...linear.carry, ...linear.xs] },
      [...linear.carry, ...wanted]
    )
    const spaces = [marked(avals.consts, linear.consts), avals.carry, marked(avals.xs, linear.xs)]
    const [connectedConsts, , connectedXs] = cut(back.connected, spaces.map((s) => s.length))
    const outputs = outputAvals(body)
    const coefficients = (xs: ReadonlyArray<Tensor | Linear>) => xs.filter((x) => !isLinear(x))
    const [coefs, coefXs] = [coefficients(x.consts), coefficients(x.xs)]
    const sums = marked(spaces[0]!, connectedConsts!)
    const sections = [
      marked(avals.consts, linear.consts.map((l) => !l)),
      sums,
      avals.carry,
      marked(avals.xs, linear.xs.map((l) => !l)),
      marked(outputs.slice(count), wanted)
    ]
    // of a list (...coefficients, ...cotangents), a body (consts; sums, carry; xs)
    const step = yield* mapOutputs(
      back.linear.trace,
      (cts, inputs) =>
        Effect.gen(function*() {
          const found = spreadZeros(back.connected, spaces.flat(), cts)
          const [dconsts, dcarry, dxs] = cut(found, spaces.map((s) => s.length))
          const totals = cut(inputs, sections.map((s) => s.length))[1]!
          const added = yield* Effect.forEach(nonZeros(dconsts!), (d, i) => plus(totals[i]!, d))
          return [...added, ...yield* started(dcarry!, linear.carry), ...nonZeros(dxs!)]
        }),
      sections.flat(),
      (inputs) => {
        const [c, , k, s, y] = cut(inputs, sections.map((section) => section.length))
        return [...c!, ...s!, ...k!, ...y!]
      }
    )
    const initial = [
      ...yield* Effect.forEach(sums, zeros),
      ...yield* started(cotangents.slice(0, count), linear.carry)
    ]
    const results = yield* bind(
      { ...params, reverse: !reverse, body: step, consts: coefs.length, carry: initial.length },
      [...coefs, ...initial, ...coefXs, ...nonZeros(cotangents.slice(count))]
    )
    const [dconsts, dcarry, dxs] = cut(results, [sums.length, count])
    const all = {
      consts: spreadZeros(connectedConsts!, spaces[0]!, dconsts!),
      xs: spreadZeros(connectedXs!, spaces[2]!, dxs!)
    }
    const cotangentsOf = (part: "consts" | "xs") => x[part].map((o) => isLinear(o) ? all[part].shift()! : new Zero(o))
    return [...cotangentsOf("consts"), ...dcarry!, ...cotangentsOf("xs")]
  })

/** The loop with supports, which are constants, carry, xs and ys like what they belong to. */
export const guardedScan = (
  bind: Bind,
  params: ScanParams,
  operands: ReadonlyArray<Tensor>,
  supports: ReadonlyArray<Support | undefined>,
  contractions: Contractions,
  transform: Transform
) =>
  Effect.gen(function*() {
    const { body, carry: count } = params
    const isMask = (s: Support | undefined): s is Tensor<any, "bool"> => s !== undefined && s !== "full"
    const [x, support] = [partition(operands, params), partition(supports, params)]
    const linear = partition(supports.map((s) => s !== undefined), params)
    const masked = partition(supports.map(isMask), params)
    const linearCarry = yield* untilStable(linear.carry, (carry) =>
      Effect.map(
        transform.support(
          { trace: body, linear: [...linear.consts, ...carry, ...linear.xs] },
          body.inputs.map(() => false),
          contractions
        ),
        (s) => ({ carry: s.linear.slice(0, count), found: undefined })
      ))
    // a carry that starts at a coefficient's place, a zero, has an empty support at first
    const first = linearCarry.carry.map((l, i) => l && (masked.carry[i]! || !linear.carry[i]))
    const { carry, found } = yield* untilStable(first, (carry) =>
      Effect.map(
        transform.support(
          { trace: body, linear: [...linear.consts, ...linearCarry.carry, ...linear.xs] },
          [...masked.consts, ...carry, ...masked.xs],
          contractions
        ),
        (s) => ({ carry: linearCarry.carry.map((l, i) => l && (s.supported[i]! || !s.linear[i])), found: s })
      ))
    const results = outputAvals(body)
    const marks = found.linear.map((l, i) => i < count ? carry[i]! : found.supported[i]!)
    const avals = partition(body.inputs, params)
    const bools = (xs: ReadonlyArray<Aval>) => xs.map(({ shape }): Aval => ({ shape, dtype: "bool" }))
    const sections = [
      avals.consts,
      bools(marked(avals.consts, masked.consts)),
      avals.carry,
      bools(marked(avals.carry, carry)),
      avals.xs,
      bools(marked(avals.xs, masked.xs))
    ]
    const guarded = yield* mapOutputs(
      found.trace,
      (all) =>
        Effect.map(supportsOf(found, marks, all), (masks) => {
          const [k, ys] = cut(all.slice(0, results.length), [count])
          const [mk, mys] = cut(masks, [marked(carry, carry).length])
          return [...k!, ...mk!, ...ys!, ...mys!]
        }),
      sections.flat(),
      (inputs) => {
        const [c, mc, k, mk, s, ms] = cut(inputs, sections.map((section) => section.length))
        return [...c!, ...k!, ...s!, ...mc!, ...mk!, ...ms!]
      }
    )
    const initial = yield* Effect.forEach(marked(x.carry.map((_, i) => i), carry), (i) => {
      const s = support.carry[i]
      return isMask(s) ? Effect.succeed(s) : constant(avals.carry[i]!.shape, "bool", s === undefined ? 0 : 1)
    })
    const out = yield* bind(
      {
        ...params,
        body: guarded,
        consts: x.consts.length + support.consts.filter(isMask).length,
        carry: count + initial.length
      },
      [...x.consts, ...support.consts.filter(isMask), ...x.carry, ...initial, ...x.xs, ...support.xs.filter(isMask)]
    )
    const [k, mk, ys, mys] = cut(out, [count, initial.length, results.length - count])
    const masks = [...spread(carry, mk!), ...spread(marks.slice(count), mys!)]
    return {
      outputs: [...k!, ...ys!],
      supports: masks.map((m, i): Support | undefined =>
        m !== undefined
          ? m as Tensor<any, "bool">
          : (i < count ? linearCarry.carry[i] : found.linear[i])
          ? "full"
          : undefined
      )
    }
  })
