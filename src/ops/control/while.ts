/**
 * Loops whose length depends on data. Such a loop cannot be run backwards, since nobody knows how much to keep; with a
 * bound on its steps it is a scan that stops to change.
 *
 * Operands are `[...test constants, ...body constants, ...carry]`; the test sees its constants and the carry, the body
 * its own.
 */
import * as Effect from "effect/Effect"
import { MissingRuleError, ShapeError } from "../../core/errors.ts"
import { applyAll } from "../../core/operation.ts"
import type {
  BatchArgs,
  Dual,
  ForwardArgs,
  OpEffect,
  ParamsOf,
  ParamSpec,
  Primitive,
  SupportArgs,
  TaylorArgs,
  Unfolding,
  Values
} from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { range } from "../../core/shape.ts"
import type { Aval, Tensor } from "../../core/tensor.ts"
import { dataOf, sameAvals } from "../../core/tensor.ts"
import { outputAvals, project, type Trace } from "../../core/trace.ts"
import { where } from "../algebra.ts"
import { repeat } from "../define.ts"
import { broadcastAxes, sumOver } from "../movement/layout.ts"
import {
  type Accompanied,
  arrange,
  arranged,
  type Beside,
  besideOf,
  completed,
  nonZeros,
  places,
  split,
  spreadZeros,
  untilStable,
  withCoefficients,
  withTangents,
  zerosLike
} from "./slots.ts"
import { inline, mapOutputs } from "./subtrace.ts"

export interface WhileSpec extends ParamSpec {
  readonly test: "trace"
  readonly body: "trace"
  readonly testConsts: "integer"
  readonly bodyConsts: "integer"
}

type WhileParams = ParamsOf<WhileSpec>

/** The sections of the operands. */
const sections = ({ body, bodyConsts, testConsts }: WhileParams) => ({
  test: testConsts,
  body: bodyConsts,
  carry: body.outputs.length
})

/** The equation, applied. */
export const bindWhile = (params: WhileParams, operands: ReadonlyArray<Tensor>): OpEffect<ReadonlyArray<Tensor>> =>
  applyAll(whilePrimitive, operands, params)

export const whilePrimitive: Primitive<"while", WhileSpec, number, number> = primitive({
  name: "while",
  params: { test: "trace", body: "trace", testConsts: "integer", bodyConsts: "integer" },

  infer: (operands, params) => {
    const { body, bodyConsts, test, testConsts } = params
    const given = split(operands, sections(params))
    const [verdict, ...rest] = outputAvals(test)
    const fits = testConsts >= 0 && bodyConsts >= 0 && rest.length === 0 &&
      operands.length === testConsts + bodyConsts + given.carry.length &&
      verdict?.dtype === "bool" && verdict.shape.length === 0 &&
      sameAvals(test.inputs, [...given.test, ...given.carry]) &&
      sameAvals(body.inputs, [...given.body, ...given.carry]) && sameAvals(outputAvals(body), given.carry)
    if (fits) return outputAvals(body)
    throw new ShapeError({
      op: "while",
      message: "while requires a test that gives a bool scalar, and a body that keeps the type of the carry"
    })
  },

  *unfold<V>(operands: ReadonlyArray<V>, params: WhileParams, { read }: Values<V>): Unfolding<V> {
    const given = split(operands, sections(params))
    let { carry } = given
    for (;;) {
      const [goesOn] = yield { trace: params.test, args: [...given.test, ...carry] }
      if (dataOf(read(goesOn as V))[0] === 0) return carry
      carry = yield { trace: params.body, args: [...given.body, ...carry] }
    }
  },

  forward: (args) => args.mode === "jvp" ? dual(args) : Effect.fail(endless()),
  taylor: (args) => expanded(args),
  introducesSupport: true,
  support: (args) => supported(args),
  batch: (args) => batched(args)
})

const endless = () =>
  new MissingRuleError({
    op: "whileLoop",
    rule: "linearize",
    message: "whileLoop requires a bound to be run backwards, got none: the number of its steps, and so what to " +
      "keep of them, is not known; give maxSteps, or use scan, forLoop or forward mode"
  })

/** The list with more inputs behind its own, which it does not read. */
const ignoring = (list: Trace, more: ReadonlyArray<Aval>): OpEffect<Trace> =>
  mapOutputs(list, Effect.succeed, [...list.inputs, ...more], (all) => all.slice(0, list.inputs.length))

/** The loop with companions beside its values. The test sees them, and decides without. */
const accompanied = (
  params: WhileParams,
  operands: ReadonlyArray<Tensor>,
  companions: ReadonlyArray<Beside>,
  bodyWith: (marks: ReadonlyArray<boolean>) => OpEffect<Accompanied>,
  absent: (slot: number) => OpEffect<Beside>
) =>
  Effect.gen(function*() {
    const { bodyConsts, test, testConsts } = params
    const [given, beside] = [split(operands, sections(params)), split(companions, sections(params))]
    const marksOf = (all: ReadonlyArray<Beside>) => all.map((companions) => companions.length > 0)
    const { carry, found } = yield* untilStable(marksOf(beside.carry), (carry) =>
      Effect.map(bodyWith([...marksOf(beside.body), ...carry]), (found) => ({ carry: found.has, found })))
    const inputs = arrange(
      { consts: bodyConsts, carry: given.carry.length },
      [...marksOf(beside.body), ...carry],
      found.each
    )
    const body = project(yield* completed(found, carry), inputs.order, range(inputs.sizes.carry))
    const start = yield* Effect.forEach(places(carry), (i) => {
      const known = beside.carry[i] ?? []
      return known.length > 0 ? Effect.succeed(known) : absent(i)
    })
    const results = yield* bindWhile(
      {
        test: yield* ignoring(test, start.flat()),
        body,
        testConsts,
        bodyConsts: inputs.sizes.consts
      },
      [
        ...given.test,
        ...arranged(inputs, [...given.body, ...given.carry, ...beside.body.flat(), ...start.flat()])
      ]
    )
    return { outputs: results.slice(0, carry.length), beside: besideOf(carry, results.slice(carry.length)), carry }
  })

/** Primals and tangents in one loop. */
const dual = ({ params, primals, tangents, transform }: ForwardArgs<WhileParams>): OpEffect<Dual> =>
  Effect.map(
    accompanied(
      params,
      primals,
      tangents.map((t) => nonZeros([t])),
      (marks) => withTangents(transform, params.body, marks),
      zerosLike(outputAvals(params.body))
    ),
    ({ beside, carry, outputs }) => ({ outputs, tangents: spreadZeros(carry, outputs, beside.flat()) })
  )

/** Primals and Taylor coefficients in one loop. */
const expanded = ({ coefficients, order, params, primals, transform }: TaylorArgs<WhileParams>) =>
  Effect.map(
    accompanied(
      params,
      primals,
      coefficients,
      (marks) => withCoefficients(transform, params.body, marks, order),
      zerosLike(outputAvals(params.body), order)
    ),
    ({ beside, outputs }) => ({ outputs, coefficients: beside })
  )

/** Which results are linear; where they are zero is not followed through a loop of unknown length. */
const supported = ({ contractions, operands, params, supports, transform }: SupportArgs<WhileParams, number>) =>
  Effect.gen(function*() {
    const { body: trace } = params
    const linear = split(supports.map((s) => s !== undefined), sections(params))
    const { carry } = yield* untilStable(linear.carry, (carry) =>
      Effect.map(
        transform.support({ trace, linear: [...linear.body, ...carry] }, trace.inputs.map(() => false), contractions),
        (s) => ({ carry: s.linear, found: undefined })
      ))
    return { outputs: yield* bindWhile(params, operands), supports: carry.map((l) => l ? "full" as const : undefined) }
  })

/**
 * The loop for a batch. Where the elements decide for themselves, everything is batched, the loop runs until the last of
 * them is done, and who is done keeps the carry.
 */
const batched = ({ batched: flags, operands, params, size, transform }: BatchArgs<WhileParams, number>) =>
  Effect.gen(function*() {
    const { body, test } = params
    const [x, many] = [split(operands, sections(params)), split(flags, sections(params))]
    const step = (carry: ReadonlyArray<boolean>) => transform.batch(body, [...many.body, ...carry], size, carry)
    const judge = (carry: ReadonlyArray<boolean>) => transform.batch(test, [...many.test, ...carry], size)
    const grown = yield* untilStable(
      many.carry,
      (carry) => Effect.map(step(carry), (found) => ({ carry: found.batched, found: undefined }))
    )
    const eachDecides = (yield* judge(grown.carry)).batched[0] === true
    const carry = eachDecides ? grown.carry.map(() => true) : grown.carry
    const { trace: verdict } = yield* judge(carry)
    const { trace: next } = yield* step(carry)
    const start = yield* Effect.forEach(
      x.carry,
      (c, i) => carry[i] === true && many.carry[i] === false ? repeat(c, size) : Effect.succeed(c)
    )
    if (!eachDecides) {
      const outputs = yield* bindWhile({ ...params, test: verdict, body: next }, [...x.test, ...x.body, ...start])
      return { outputs, batched: carry }
    }
    const any = yield* mapOutputs(verdict, (each) => Effect.forEach(each, (goesOn) => sumOver(goesOn, [0])))
    const consts = [...x.test, ...x.body]
    const guarded = yield* mapOutputs(
      next,
      (after, inputs) =>
        Effect.gen(function*() {
          const before = inputs.slice(consts.length)
          const [goesOn] = yield* inline(verdict, [...inputs.slice(0, x.test.length), ...before])
          return yield* Effect.forEach(after, (y, i) =>
            where(broadcastAxes(goesOn as Tensor, y.shape, [0]), y, before[i] as Tensor))
        }),
      [...consts, ...start],
      (inputs) => inputs.slice(x.test.length)
    )
    const results = yield* bindWhile(
      { test: any, body: guarded, testConsts: x.test.length, bodyConsts: consts.length },
      [...x.test, ...consts, ...start]
    )
    return { outputs: results, batched: carry }
  })
