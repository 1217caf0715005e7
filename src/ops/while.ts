/**
 * Loops whose length depends on data. Such a loop cannot be run backwards, since nobody knows how much to keep; with a
 * bound on its steps it is a scan that stops to change.
 *
 * Operands are `[...test constants, ...body constants, ...carry]`; the test sees its constants and the carry, the body
 * its own.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../core/closure.ts"
import { holds } from "../core/dtype.ts"
import { describe, DTypeError, MissingRuleError, ShapeError } from "../core/errors.ts"
import { attempt } from "../core/evaluator.ts"
import { adapt, applyAll, operation } from "../core/operation.ts"
import { checkOptions } from "../core/options.ts"
import type { ParamsOf, ParamSpec, Primitive, Step, Unfolding, Values } from "../core/primitive.ts"
import { primitive } from "../core/primitive.ts"
import { callProgram, type Program, traceProgram } from "../core/program.ts"
import { atSite, CaptureSites, here } from "../core/site.ts"
import type { Operand, Tensor } from "../core/tensor.ts"
import { dataOf, sameAvals, showAval, wholeNumbers } from "../core/tensor.ts"
import { outputAvals } from "../core/trace.ts"
import { unflatten } from "../core/tree.ts"
import { signed } from "../core/typed/operand.ts"
import { add, instantiate, where } from "./algebra.ts"
import { less } from "./comparison.ts"
import { cond } from "./control.ts"
import { repeat } from "./define.ts"
import { broadcastAxes, sumOver } from "./layout.ts"
import { scanOf, traceCarry } from "./loop.ts"
import { untilStable } from "./scan-rules.ts"
import { existing, fillZeros, inline, mapOutputs, nonZeros, spreadZeros } from "./subtrace.ts"

export interface WhileSpec extends ParamSpec {
  readonly test: "trace"
  readonly body: "trace"
  readonly testConsts: "integer"
  readonly bodyConsts: "integer"
}

type WhileParams = ParamsOf<WhileSpec>

const partition = <A>(all: ReadonlyArray<A>, { bodyConsts, testConsts }: WhileParams) => ({
  test: all.slice(0, testConsts),
  body: all.slice(testConsts, testConsts + bodyConsts),
  carry: all.slice(testConsts + bodyConsts)
})

const bindWhile = (params: WhileParams, operands: ReadonlyArray<Tensor>): Step<ReadonlyArray<Tensor>> =>
  applyAll(whilePrimitive, operands, params)

export const whilePrimitive: Primitive<"while", WhileSpec> = primitive({
  name: "while",
  params: { test: "trace", body: "trace", testConsts: "integer", bodyConsts: "integer" },

  infer: (operands, params) => {
    const { body, test } = params
    const parts = partition(operands, params)
    const [verdict, ...rest] = outputAvals(test)
    const fits = params.testConsts >= 0 && params.bodyConsts >= 0 && rest.length === 0 &&
      verdict?.dtype === "bool" && verdict.shape.length === 0 &&
      sameAvals(test.inputs, [...parts.test, ...parts.carry]) &&
      sameAvals(body.inputs, [...parts.body, ...parts.carry]) && sameAvals(outputAvals(body), parts.carry)
    if (!fits) {
      throw new ShapeError({
        op: "while",
        message: "while requires a test that gives a bool scalar, and a body that keeps the type of the carry"
      })
    }
    return outputAvals(body)
  },

  *unfold<V>(operands: ReadonlyArray<V>, params: WhileParams, { read }: Values<V>): Unfolding<V> {
    const parts = partition(operands, params)
    let carry: ReadonlyArray<V> = parts.carry
    for (;;) {
      const [goesOn] = yield { trace: params.test, args: [...parts.test, ...carry] }
      if (dataOf(read(goesOn!))[0] === 0) return carry
      carry = yield { trace: params.body, args: [...parts.body, ...carry] }
    }
  },

  forward: ({ mode, params, primals, tangents, transform }) =>
    Effect.gen(function*() {
      if (mode === "linearize") {
        return yield* new MissingRuleError({
          op: "whileLoop",
          rule: "linearize",
          message:
            "whileLoop requires a bound to be run backwards, got none: the number of its steps, and so what to " +
            "keep of them, is not known; give maxSteps, or use scan, forLoop or forward mode"
        })
      }
      const { body, test } = params
      const [x, dx] = [partition(primals, params), partition(tangents, params)]
      const has = existing(dx.body)
      const { carry, found } = yield* untilStable(
        existing(dx.carry),
        (carry) =>
          Effect.map(transform.jvp(body, [...has, ...carry]), (dual) => ({ carry: dual.tangents, found: dual }))
      )
      const avals = outputAvals(body)
      const dots = avals.filter((_, i) => carry[i])
      const dconsts = nonZeros(dx.body)
      const consts = [...x.body, ...dconsts]
      // the list has primals and then tangents; the loop has constants and then the carry, each primals and then tangents
      const dual = yield* mapOutputs(
        found.trace,
        (all) =>
          Effect.map(
            fillZeros(found.tangents, carry, avals, all.slice(avals.length)),
            (rest) => [...all.slice(0, avals.length), ...rest]
          ),
        [...consts, ...avals, ...dots],
        (inputs) => {
          const k = inputs.slice(consts.length)
          return [
            ...inputs.slice(0, x.body.length),
            ...k.slice(0, avals.length),
            ...inputs.slice(x.body.length, consts.length),
            ...k.slice(avals.length)
          ]
        }
      )
      const again = yield* mapOutputs(
        test,
        (all) => Effect.succeed(all),
        [...test.inputs, ...dots],
        (inputs) => inputs.slice(0, test.inputs.length)
      )
      const start = yield* Effect.forEach(dx.carry.filter((_, i) => carry[i]), instantiate)
      const results = yield* bindWhile(
        { test: again, body: dual, testConsts: params.testConsts, bodyConsts: consts.length },
        [...x.test, ...consts, ...x.carry, ...start]
      )
      return {
        outputs: results.slice(0, avals.length),
        tangents: spreadZeros(carry, avals, results.slice(avals.length))
      }
    }),

  // which results are linear; where they are zero is not followed through a loop of unknown length
  masks: true,
  support: ({ contractions, operands, params, supports, transform }) =>
    Effect.gen(function*() {
      const linear = partition(supports.map((s) => s !== undefined), params)
      const { carry } = yield* untilStable(linear.carry, (carry) =>
        Effect.map(
          transform.support(
            { trace: params.body, linear: [...linear.body, ...carry] },
            params.body.inputs.map(() => false),
            contractions
          ),
          (s) => ({ carry: s.linear, found: undefined })
        ))
      return {
        outputs: yield* bindWhile(params, operands),
        supports: carry.map((l) => l ? "full" as const : undefined)
      }
    }),

  batch: ({ batched, operands, params, size, transform }) =>
    Effect.gen(function*() {
      const { body, test } = params
      const [x, flags] = [partition(operands, params), partition(batched, params)]
      const none = body.outputs.map(() => false)
      const step = (carry: ReadonlyArray<boolean>) => transform.batch(body, [...flags.body, ...carry], size, carry)
      const grown = yield* untilStable(flags.carry, (carry) =>
        Effect.map(step(carry), (many) => ({ carry: many.batched, found: undefined })))
      const judge = (carry: ReadonlyArray<boolean>) =>
        transform.batch(test, [...flags.test, ...carry], size)
      // where the elements of a batch decide for themselves, everything is batched, and who is done keeps the carry
      const eachDecides = (yield* judge(grown.carry)).batched[0]!
      const carry = eachDecides ? none.map(() => true) : grown.carry
      const [verdict, many] = [yield* judge(carry), yield* step(carry)]
      const start = yield* Effect.forEach(x.carry, (c, i) =>
        carry[i] && !flags.carry[i] ? repeat(c, size) : Effect.succeed(c))
      if (!eachDecides) {
        const results = yield* bindWhile({ ...params, test: verdict.trace, body: many.trace }, [
          ...x.test,
          ...x.body,
          ...start
        ])
        return { outputs: results, batched: carry }
      }
      const any = yield* mapOutputs(verdict.trace, ([v]) =>
        Effect.map(sumOver(v!, [0]), (one) => [one]))
      const avals = start.map(({ dtype, shape }) => ({ dtype, shape }))
      const consts = [...x.test, ...x.body]
      const guarded = yield* mapOutputs(
        many.trace,
        (after, inputs) =>
          Effect.gen(function*() {
            const before = inputs.slice(consts.length)
            const [goesOn] = yield* inline(verdict.trace, [...inputs.slice(0, x.test.length), ...before])
            return yield* Effect.forEach(after, (y, i) =>
              where(broadcastAxes(goesOn!, y.shape, [0]), y, before[i]!))
          }),
        [...consts, ...avals],
        (inputs) => inputs.slice(x.test.length)
      )
      const results = yield* bindWhile(
        { test: any, body: guarded, testConsts: x.test.length, bodyConsts: consts.length },
        [...x.test, ...consts, ...start]
      )
      return { outputs: results, batched: carry }
    })
})

/** Options of `whileLoop`. */
export interface WhileOptions {
  /** Stop after this many steps in any case. A bounded loop can be run backwards. */
  readonly maxSteps?: number | undefined
}

/** The signature of `whileLoop`. */
export interface WhileLoop {
  <C, E1, R1, C2 extends C, E2, R2>(
    test: (carry: C) => Effect.Effect<Tensor<any, "bool">, E1, R1>,
    body: (carry: C) => Effect.Effect<C2, E2, R2> | C2,
    init: C,
    options?: WhileOptions
  ): Effect.Effect<C, E1 | E2, R1 | R2>
}

/** What a program gives, as a tree of tensors. */
const callTree = (op: string, f: Program, args: ReadonlyArray<unknown>): Effect.Effect<any, any, any> =>
  Effect.map(callProgram(op, f, args), ({ leaves, tree }) => unflatten(tree, leaves))

const whileOf = (
  test: Program,
  body: Program,
  init: unknown,
  options?: WhileOptions
): Effect.Effect<any, any, any> =>
  Effect.gen(function*() {
    const { maxSteps } = yield* attempt(
      () => checkOptions("whileLoop", options, { maxSteps: "checked" }),
      undefined
    )
    if (maxSteps !== undefined) {
      if (!Number.isInteger(maxSteps) || maxSteps < 0) {
        return yield* new DTypeError({
          op: "whileLoop",
          message: `whileLoop requires a whole number of steps, got maxSteps ${describe(maxSteps)}`
        })
      }
      // the test is the user's, and the branch stands where the user called the loop
      const site = yield* CaptureSites
      const step = (carry: unknown) =>
        Effect.gen(function*() {
          const { leaves: verdict, tree } = yield* callProgram("whileLoop", test, [carry])
          const goes = unflatten(tree, verdict) as any
          const bounded = () => cond(goes, () => callTree("whileLoop", body, [carry]), () => carry as any)
          return [yield* atSite(typeof site === "object" ? site : undefined, bounded), []]
        })
      const [last] = yield* scanOf(step, init, null, { length: maxSteps, checkpoint: true })
      return last
    }
    const { carry, trace } = yield* traceCarry("whileLoop", init, ({ leaves, tree }) =>
      Effect.map(
        traceProgram("whileLoop", body, { tree: { kind: "array", children: [tree] }, avals: leaves, repeats: true }),
        (trace) => ({ trace, tree: trace.resultTree, outputs: outputAvals(trace) })
      ))
    const judged = yield* traceProgram("whileLoop", test, {
      tree: { kind: "array", children: [carry.tree] },
      avals: carry.leaves,
      repeats: true
    })
    const [verdict, ...rest] = outputAvals(judged)
    if (verdict?.dtype !== "bool" || verdict.shape.length !== 0 || rest.length > 0) {
      return yield* new DTypeError({
        op: "whileLoop",
        message: `whileLoop requires a test that gives a bool scalar, got ${
          outputAvals(judged).map(showAval).join(", ")
        }`
      })
    }
    const [testFree, bodyFree] = [freeTensors([judged]), freeTensors([trace])]
    const results = yield* bindWhile({
      test: closeOver(judged, testFree, "front"),
      body: closeOver(trace, bodyFree, "front"),
      testConsts: testFree.length,
      bodyConsts: bodyFree.length
    }, [...testFree, ...bodyFree, ...carry.leaves])
    return unflatten(carry.tree, results)
  })

/**
 * Repeats `body` while `test` holds, from `init`, and gives the last carry: `whileLoop(test, body, init)`.
 *
 * The carry is a tree that keeps structure, shapes and dtypes. A loop of unknown length has derivatives in forward mode
 * alone; with `maxSteps` it stops after that many steps in any case, and can be run backwards, keeping a carry for
 * every √maxSteps steps. Fails with `DTypeError` unless the test gives a bool scalar, with `TreeMismatchError` for a
 * carry that changes its type, and with `MissingRuleError` where it cannot be run backwards.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { grad, less, mul, Tensor, whileLoop } from "wengert"
 *
 * const double = (x: Tensor) => whileLoop((y) => less(y, 100), (y) => mul(y, 2), x, { maxSteps: 10 })
 * console.log(Effect.runSync(double(Tensor.make(3)))) // => tensor(192., float64)
 * console.log(Effect.runSync(grad(double)(Tensor.make(3)))) // => tensor(64., float64)
 * ```
 */
export const whileLoop: WhileLoop = signed((...args: Parameters<typeof whileOf>) => here(() => whileOf(...args)))

/** The signature of `forLoop`. */
export interface ForLoop {
  <C, C2 extends C, E, R>(
    lower: number | Tensor<any, "int32">,
    upper: number | Tensor<any, "int32">,
    body: (i: Tensor<[], "int32">, carry: C) => Effect.Effect<C2, E, R> | C2,
    init: C
  ): Effect.Effect<C, E, R>
}

/**
 * `carry = body(i, carry)` for the whole numbers i from `lower` up to `upper`, without it, from `init`; gives the last
 * carry.
 *
 * The carry is a tree that keeps structure, shapes and dtypes; i is an int32 scalar. With numbers as bounds it is a
 * `scan`, and can be run backwards; with int32 tensors it is a `whileLoop` without a bound, which cannot. Fails as
 * these do.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { forLoop, grad, mul, Tensor } from "wengert"
 *
 * const power = (x: Tensor) => forLoop(0, 3, (_, y) => mul(y, x), Tensor.make(1))
 * console.log(Effect.runSync(power(Tensor.make(2)))) // => tensor(8., float64)
 * console.log(Effect.runSync(grad(power)(Tensor.make(2)))) // => tensor(12., float64)
 * ```
 */
export const forLoop = signed<ForLoop>((lower: Operand, upper: Operand, body: Program, init: unknown) => {
  if (typeof lower === "number" && typeof upper === "number") {
    if (!holds("int32", lower) || !holds("int32", upper)) {
      return Effect.fail(
        new DTypeError({
          op: "forLoop",
          message: `forLoop requires whole numbers that int32 can hold as bounds, got ${lower} and ${upper}`
        })
      )
    }
    const step = (carry: unknown, i: unknown) =>
      Effect.map(callTree("forLoop", body, [i, carry]), (after) => [after, []])
    return Effect.map(scanOf(step, init, wholeNumbers(lower, upper)), ([last]) => last)
  }
  return operation("forLoop", [lower, upper], ([from, to]) => {
    const [start, stop] = [from!, to!].map((n) => typeof n === "number" ? adapt("forLoop", n, "int32") : n)
    const step = ({ carry, i }: { readonly carry: unknown; readonly i: Tensor<[], "int32"> }) =>
      Effect.map(callTree("forLoop", body, [i, carry]), (after) => ({ carry: after, i: add(i, 1) }))
    return Effect.map(
      whileLoop(({ i }: any) => less(i, stop!) as any, step as any, { carry: init, i: start! }),
      ({ carry }: any) => carry
    )
  }, "effectful")
})
