/**
 * Loops whose length depends on data, and loops that count: the user's side of `while`.
 */
import * as Effect from "effect/Effect"
import { closeOver, freeTensors } from "../../core/closure.ts"
import { holds } from "../../core/dtype.ts"
import { describe, DTypeError } from "../../core/errors.ts"
import { attempt } from "../../core/evaluator.ts"
import { adapt, operation, type Taken } from "../../core/operation.ts"
import { checkOptions } from "../../core/options.ts"
import { callProgram, type Program, traceProgram } from "../../core/program.ts"
import { signed } from "../../core/signed.ts"
import { atSite, CaptureSites, here } from "../../core/site.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import { showAval, wholeNumbers } from "../../core/tensor.ts"
import { outputAvals } from "../../core/trace.ts"
import { unflatten } from "../../core/tree.ts"
import { add } from "../algebra.ts"
import { less } from "../elementwise/comparison.ts"
import { cond } from "./cond.ts"
import { scanAs, traceCarry } from "./loop.ts"
import { bindWhile } from "./while.ts"

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
      const [last] = yield* scanAs("whileLoop", step, init, null, { length: maxSteps, checkpoint: true })
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
export const whileLoop: WhileLoop = signed((...args: Parameters<typeof whileOf>) =>
  here("whileLoop", () => whileOf(...args))
)

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
    return Effect.map(scanAs("forLoop", step, init, wholeNumbers(lower, upper)), ([last]) => last)
  }
  return operation("forLoop", [lower, upper], ([from, to]) => {
    const bound = (n: Taken): Tensor => typeof n === "number" ? adapt("forLoop", n, "int32") : n
    const [start, stop] = [bound(from), bound(to)]
    const step = ({ carry, i }: { readonly carry: unknown; readonly i: Tensor<[], "int32"> }) =>
      Effect.map(callTree("forLoop", body, [i, carry]), (after) => ({ carry: after, i: add(i, 1) }))
    return Effect.map(
      whileLoop(({ i }: any) => less(i, stop) as any, step as any, { carry: init, i: start }),
      ({ carry }: any) => carry
    )
  }, "effectful")
})
