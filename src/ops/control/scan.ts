/**
 * `scan` as one equation: a loop over the first axis with a carry, its body a list. Its derivatives are scans again, as
 * long as this one, with bodies that the same transformations make from the body.
 *
 * Operands and inputs of the body are `[...consts, ...carry, ...xs]`, its outputs and the results `[...carry, ...ys]`; an
 * x is a slice of its operand, a y a slice of its result.
 */
import * as Effect from "effect/Effect"
import { ShapeError } from "../../core/errors.ts"
import { applyAll } from "../../core/operation.ts"
import type {
  BatchArgs,
  Cotangent,
  Dual,
  ForwardArgs,
  OpEffect,
  ParamsOf,
  ParamSpec,
  Primitive,
  Pruned,
  Support,
  SupportArgs,
  TaylorArgs,
  TransposeArgs,
  Unfolding,
  Values
} from "../../core/primitive.ts"
import { isMask, primitive } from "../../core/primitive.ts"
import { range } from "../../core/shape.ts"
import type { Aval, Linear, Tensor } from "../../core/tensor.ts"
import { isLinear, sameAvals, Zero } from "../../core/tensor.ts"
import { outputAvals, project, usedInputs, type Variable } from "../../core/trace.ts"
import { constant, instantiate, plus, repeat, zeros } from "../algebra.ts"
import { moveAxis } from "../movement/layout.ts"
import {
  type Accompanied,
  arrange,
  arranged,
  type Beside,
  besideOf,
  completed,
  disarranged,
  existing,
  marked,
  nonZeros,
  places,
  split,
  spreadZeros,
  untilStable,
  withCoefficients,
  withSupports,
  withTangents,
  withZeros,
  zerosLike
} from "./slots.ts"
import { mapOutputs } from "./subtrace.ts"

export interface ScanSpec extends ParamSpec {
  readonly body: "trace"
  readonly length: "integer"
  readonly reverse: "boolean"
  /** How many operands are constants of the loop, and how many are the carry. */
  readonly consts: "integer"
  readonly carry: "integer"
}

export type ScanParams = ParamsOf<ScanSpec>

/** The sections of operands and of results. */
const operandsOf = ({ body, carry, consts }: ScanParams) => ({ consts, carry, xs: body.inputs.length - consts - carry })
const resultsOf = ({ body, carry }: ScanParams) => ({ carry, ys: body.outputs.length - carry })

const along = (length: number, { dtype, shape }: Aval): Aval => ({ dtype, shape: [length, ...shape] })

const bind = (params: ScanParams, operands: ReadonlyArray<Tensor>): OpEffect<ReadonlyArray<Tensor>> =>
  applyAll(scanPrimitive, operands, params)

export const scanPrimitive: Primitive<"scan", ScanSpec, number, number> = primitive({
  name: "scan",
  params: { body: "trace", length: "integer", reverse: "boolean", consts: "integer", carry: "integer" },

  infer: (operands, params) => {
    const { body, carry, consts, length } = params
    const outputs = outputAvals(body)
    const inputs = body.inputs.map((aval, i) => i < consts + carry ? aval : along(length, aval))
    const fits = [length, consts, carry].every((n) => Number.isInteger(n) && n >= 0) &&
      consts + carry <= inputs.length && carry <= outputs.length && sameAvals(inputs, operands) &&
      sameAvals(outputs.slice(0, carry), body.inputs.slice(consts, consts + carry))
    if (fits) return outputs.map((aval, i) => i < carry ? aval : along(length, aval))
    throw new ShapeError({
      op: "scan",
      message: "scan requires a body that fits its operands, and a carry that keeps its type"
    })
  },

  linear: "lists",
  *unfold<V>(operands: ReadonlyArray<V>, params: ScanParams, { slice, stack }: Values<V>): Unfolding<V> {
    const { body, length, reverse } = params
    const { carry, consts, xs } = split(operands, operandsOf(params))
    const ys = split(outputAvals(body), resultsOf(params)).ys.map((aval) => stack(along(length, aval)))
    let state = carry
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step
      const outputs = yield { trace: body, args: [...consts, ...state, ...xs.map((x) => slice(x, t))] }
      state = outputs.slice(0, carry.length)
      ys.forEach((y, i) => y.put(t, outputs[carry.length + i] as V))
    }
    return [...state, ...ys.map((y) => y.done())]
  },

  forward: (args) => args.mode === "jvp" ? dual(args) : linearized(args),
  taylor: (args) => expanded(args),
  transpose: (args) => transposed(args),
  prune: (params, needed) => pruned(params, needed),
  introducesSupport: true,
  support: (args) => guarded(args),
  batch: (args) => batched(args)
})

/** A list for the body, and which of its outputs have companions, or need some beside those that others have. */
interface Body extends Accompanied {
  readonly wanted: ReadonlyArray<boolean>
}

/**
 * The loop with companions beside its values: a carry that gets one in some step has one from the start, where `absent`
 * says what it is.
 */
const accompanied = <B extends Body>(
  params: ScanParams,
  operands: ReadonlyArray<Tensor>,
  companions: ReadonlyArray<Beside>,
  carried: ReadonlyArray<boolean>,
  bodyWith: (marks: ReadonlyArray<boolean>) => OpEffect<B>,
  absent: (operand: number) => OpEffect<Beside>
) =>
  Effect.gen(function*() {
    const count = params.carry
    const has = split(companions.map((all) => all.length > 0), operandsOf(params))
    const marksOf = (carry: ReadonlyArray<boolean>) => [...has.consts, ...carry, ...has.xs]
    const { carry, found } = yield* untilStable(carried, (carry) =>
      Effect.map(bodyWith(marksOf(carry)), (found) => ({ carry: found.wanted.slice(0, count), found })))
    const [marks, wanted] = [marksOf(carry), [...carry, ...found.wanted.slice(count)]]
    const inputs = arrange(operandsOf(params), marks, found.each)
    const outputs = arrange(resultsOf(params), wanted, found.each)
    const body = project(yield* completed(found, wanted), inputs.order, outputs.order)
    const beside = yield* Effect.forEach(places(marks), (i) => {
      const known = companions[i] ?? []
      return known.length > 0 ? Effect.succeed(known) : absent(i)
    })
    const { carry: carrySize, consts } = inputs.sizes
    const results = yield* bind(
      { ...params, body, consts, carry: carrySize },
      arranged(inputs, [...operands, ...beside.flat()])
    )
    const all = disarranged(outputs, results)
    return { outputs: all.slice(0, wanted.length), beside: besideOf(wanted, all.slice(wanted.length)), wanted, found }
  })

/** Primals and tangents in one loop. */
const dual = ({ params, primals, tangents, transform }: ForwardArgs<ScanParams>): OpEffect<Dual> =>
  Effect.gen(function*() {
    const active = existing(tangents)
    const { beside, outputs, wanted } = yield* accompanied(
      params,
      primals,
      tangents.map((t) => nonZeros([t])),
      split(active, operandsOf(params)).carry,
      (marks) => Effect.map(withTangents(transform, params.body, marks), (body) => ({ ...body, wanted: body.has })),
      zerosLike(primals)
    )
    return { outputs, tangents: spreadZeros(wanted, outputs, beside.flat()) }
  })

/** Primals and Taylor coefficients in one loop. */
const expanded = ({ coefficients, order, params, primals, transform }: TaylorArgs<ScanParams>) =>
  Effect.gen(function*() {
    const active = coefficients.map((all) => all.length > 0)
    const { beside, outputs } = yield* accompanied(
      params,
      primals,
      coefficients,
      split(active, operandsOf(params)).carry,
      (marks) =>
        Effect.map(
          withCoefficients(transform, params.body, marks, order),
          (body) => ({ ...body, wanted: body.has })
        ),
      zerosLike(primals, order)
    )
    return { outputs, coefficients: beside }
  })

/**
 * A loop for the primals, which keeps the residuals of every step, and a loop that is linear in the tangents. A residual
 * that is a constant of the loop, or an x, is not kept again.
 */
const linearized = ({ params, primals, tangents, transform }: ForwardArgs<ScanParams>): OpEffect<Dual> =>
  Effect.gen(function*() {
    const { body, carry: count, consts } = params
    const has = split(existing(tangents), operandsOf(params))
    const { carry, found } = yield* untilStable(
      has.carry,
      (carry) =>
        Effect.map(transform.linearize(body, [...has.consts, ...carry, ...has.xs]), (parts) => ({
          carry: parts.tangents.slice(0, count),
          found: parts
        }))
    )

    // where each residual is: in a constant, in an x, or in what the first loop keeps
    const results = body.outputs.length
    const residuals = found.primal.outputs.slice(results)
    const isConst = (v: Variable) => v < consts
    const isX = (v: Variable) => v >= consts + count && v < body.inputs.length
    const inConsts = places(residuals.map(isConst))
    const inXs = places(residuals.map(isX))
    const kept = places(residuals.map((v) => !isConst(v) && !isX(v)))
    const operandOf = (r: number) => primals[residuals[r] as Variable] as Tensor

    const keeping = project(found.primal, range(body.inputs.length), [
      ...range(results),
      ...kept.map((r) => results + r)
    ])
    const all = yield* bind({ ...params, body: keeping }, primals)
    const outputs = all.slice(0, results)
    const wanted = [...carry, ...found.tangents.slice(count)]
    if (!wanted.includes(true)) return { outputs, tangents: spreadZeros(wanted, outputs, []) }

    // the linear list takes the residuals and then the tangents of constants, carry and xs
    const active = [...has.consts, ...carry, ...has.xs]
    const inTangents = split(
      places(active).map((_, i) => residuals.length + i),
      { consts: places(has.consts).length, carry: places(carry).length, xs: places(has.xs).length }
    )
    const order = [...inConsts, ...inTangents.consts, ...inTangents.carry, ...kept, ...inXs, ...inTangents.xs]
    const whole = yield* withZeros(found.linear.trace, found.tangents, wanted, outputAvals(body))
    const given = split(tangents, operandsOf(params))
    const pushed = yield* bind(
      {
        ...params,
        body: project(whole, order, range(whole.outputs.length)),
        consts: inConsts.length + inTangents.consts.length,
        carry: inTangents.carry.length
      },
      [
        ...inConsts.map(operandOf),
        ...nonZeros(given.consts),
        ...yield* Effect.forEach(marked(given.carry, carry), instantiate),
        ...all.slice(results),
        ...inXs.map(operandOf),
        ...nonZeros(given.xs)
      ]
    )
    return { outputs, tangents: spreadZeros(wanted, outputs, pushed) }
  })

/** The loop backwards: it carries the cotangents of the carry, and sums up those of the constants. */
const transposed = (
  { cotangents, operands, params, transform }: TransposeArgs<ScanParams, number, number>
): OpEffect<ReadonlyArray<Cotangent>> =>
  Effect.gen(function*() {
    const { body, reverse } = params
    const sizes = operandsOf(params)
    const [given, avals] = [split(operands, sizes), split(body.inputs, sizes)]
    const linear = split(operands.map(isLinear), sizes)
    // a carry that starts as a constant starts as zero: the loop is linear in it all the same
    const everyCarry = linear.carry.map(() => true)
    const cts = split(cotangents, resultsOf(params))
    const wanted = existing(cts.ys)
    const back = yield* transform.transpose(
      { trace: body, linear: [...linear.consts, ...everyCarry, ...linear.xs] },
      [...everyCarry, ...wanted]
    )

    // what the list gives: cotangents of what is linear
    const gives = { consts: marked(avals.consts, linear.consts), carry: avals.carry, xs: marked(avals.xs, linear.xs) }
    const giving = { consts: gives.consts.length, carry: gives.carry.length, xs: gives.xs.length }
    const connected = split(back.connected, giving)
    // what its loop takes: coefficients, sums of the cotangents of constants, and cotangents of carry and ys
    const isCoefficient = (x: Tensor | Linear): x is Tensor => !isLinear(x)
    const coefficients = { consts: given.consts.filter(isCoefficient), xs: given.xs.filter(isCoefficient) }
    const takes = {
      consts: marked(avals.consts, linear.consts.map((l) => !l)),
      sums: marked(gives.consts, connected.consts),
      carry: avals.carry,
      xs: marked(avals.xs, linear.xs.map((l) => !l)),
      ys: marked(split(outputAvals(body), resultsOf(params)).ys, wanted)
    }
    const taking = {
      consts: takes.consts.length,
      sums: takes.sums.length,
      carry: takes.carry.length,
      xs: takes.xs.length,
      ys: takes.ys.length
    }
    const step = yield* mapOutputs(
      back.linear.trace,
      (found, inputs) =>
        Effect.gen(function*() {
          const all = split(spreadZeros(back.connected, Object.values(gives).flat(), found), giving)
          const { sums } = split(inputs, taking)
          return [
            ...yield* Effect.forEach(nonZeros(all.consts), (ct, i) => plus(sums[i] as Tensor, ct)),
            ...yield* Effect.forEach(all.carry, instantiate),
            ...nonZeros(all.xs)
          ]
        }),
      Object.values(takes).flat(),
      (inputs) => {
        const { carry, consts, xs, ys } = split(inputs, taking)
        return [...consts, ...xs, ...carry, ...ys]
      }
    )
    const results = yield* bind(
      { ...params, reverse: !reverse, body: step, consts: taking.consts, carry: taking.sums + taking.carry },
      [
        ...coefficients.consts,
        ...yield* Effect.forEach(takes.sums, zeros),
        ...yield* Effect.forEach(cts.carry, instantiate),
        ...coefficients.xs,
        ...nonZeros(cts.ys)
      ]
    )
    const { carry, sums, xs } = split(results, {
      sums: taking.sums,
      carry: taking.carry,
      xs: places(connected.xs).length
    })
    const over = (slots: ReadonlyArray<Tensor | Linear>, cts: ReadonlyArray<Cotangent>) => {
      const rest = cts.values()
      return slots.map((x) => isLinear(x) ? rest.next().value ?? new Zero(x) : new Zero(x))
    }
    return [
      ...over(given.consts, spreadZeros(connected.consts, gives.consts, sums)),
      ...carry,
      ...over(given.xs, spreadZeros(connected.xs, gives.xs, xs))
    ]
  })

/** The loop that computes what is needed: a carry is, if its last value is or if something needed is computed from it. */
const pruned = (params: ScanParams, needed: ReadonlyArray<boolean>): Pruned<ScanParams> | undefined => {
  const { body } = params
  let marks = needed
  for (;;) {
    const { carry } = split(usedInputs(body, marks), operandsOf(params))
    const grown = marks.map((m, i) => m || carry[i] === true)
    if (grown.every((m, i) => m === marks[i])) break
    marks = grown
  }
  const used = split(usedInputs(body, marks), operandsOf(params))
  const { carry } = split(marks, resultsOf(params))
  const [operands, results] = [places([...used.consts, ...carry, ...used.xs]), places(marks)]
  if (operands.length === body.inputs.length && results.length === body.outputs.length) return undefined
  return {
    params: {
      ...params,
      body: project(body, operands, results),
      consts: places(used.consts).length,
      carry: places(carry).length
    },
    operands,
    results
  }
}

/** The loop with supports. A carry that starts at a coefficient's place, a zero, has an empty support at first. */
const guarded = ({ contractions, operands, params, supports, transform }: SupportArgs<ScanParams, number>) =>
  Effect.gen(function*() {
    const { body, carry: count } = params
    const isSupported = supports.map(isMask)
    const linear = split(supports.map((s) => s !== undefined), operandsOf(params))
    const bodyWith = (carry: ReadonlyArray<boolean>, marks: ReadonlyArray<boolean>) =>
      transform.support({ trace: body, linear: [...linear.consts, ...carry, ...linear.xs] }, marks, contractions)
    const { carry: linearCarry } = yield* untilStable(
      linear.carry,
      (carry) =>
        Effect.map(bodyWith(carry, body.inputs.map(() => false)), (s) => ({
          carry: s.linear.slice(0, count),
          found: undefined
        }))
    )
    const masked = split(isSupported, operandsOf(params))
    const { beside, found, outputs } = yield* accompanied(
      params,
      operands,
      supports.map((s) => isMask(s) ? [s] : []),
      linearCarry.map((l, i) => l && (masked.carry[i] === true || linear.carry[i] === false)),
      (marks) =>
        Effect.map(bodyWith(linearCarry, marks), (support) => ({
          ...withSupports(body, support),
          linear: support.linear,
          wanted: support.supported.map((s, i) => i < count ? linearCarry[i] === true && (s || !support.linear[i]) : s)
        })),
      (i) =>
        Effect.map(
          constant((body.inputs[i] as Aval).shape, "bool", supports[i] === undefined ? 0 : 1),
          (mask) => [mask]
        )
    )
    const isLinearResult = [...linearCarry, ...found.linear.slice(count)]
    return {
      outputs,
      // a support is the only companion
      supports: beside.map(([mask], i): Support | undefined =>
        mask ?? (isLinearResult[i] === true ? "full" : undefined)
      )
    }
  })

/** The loop for a batch. Time is the first axis of xs and ys, the batch the second. */
const batched = ({ batched: flags, operands, params, size, transform }: BatchArgs<ScanParams, number>) =>
  Effect.gen(function*() {
    const { body, carry: count } = params
    const many = split(flags, operandsOf(params))
    const { carry, found } = yield* untilStable(many.carry, (carry) => {
      const force = [...carry, ...body.outputs.slice(count).map(() => false)]
      return Effect.map(
        transform.batch(body, [...many.consts, ...carry, ...many.xs], size, force),
        (found) => ({ carry: found.batched.slice(0, count), found })
      )
    })
    const given = split(operands, operandsOf(params))
    const initial = yield* Effect.forEach(
      given.carry,
      (x, i) => carry[i] === true && many.carry[i] === false ? repeat(x, size) : Effect.succeed(x)
    )
    const xs = yield* Effect.forEach(given.xs, (x, i) => many.xs[i] === true ? moveAxis(x, 0, 1) : Effect.succeed(x))
    const results = yield* bind({ ...params, body: found.trace }, [...given.consts, ...initial, ...xs])
    const after = [...carry, ...found.batched.slice(count)]
    const outputs = yield* Effect.forEach(
      results,
      (y, i) => i >= count && after[i] === true ? moveAxis(y, 1, 0) : Effect.succeed(y)
    )
    return { outputs, batched: after }
  })
