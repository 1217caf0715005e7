/**
 * `compile`: a program as one WebAssembly module, to be looked at and to be run.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "../core/errors.ts"
import { attempt, escaped, failure } from "../core/evaluator.ts"
import { type Program, traceProgram } from "../core/program.ts"
import { signed } from "../core/signed.ts"
import { withEverySite } from "../core/site.ts"
import { isConcrete } from "../core/tensor.ts"
import type { Trace } from "../core/trace.ts"
import { flatten, leavesLike, unflatten } from "../core/tree.ts"
import type { ErrorsIn, ServicesIn, TensorsOf } from "../types/tree.ts"
import { resultsOf, sharedPrograms } from "./engine.ts"
import { CompileError } from "./machine.ts"

/** A program that is compiled. */
export interface Executable<Args extends ReadonlyArray<unknown> = ReadonlyArray<unknown>, Out = unknown> {
  /** The list as it runs, for `Trace.print`: simpler than the one that was traced. */
  readonly trace: Trace
  /** What runs one after the other, in words. */
  readonly kernels: ReadonlyArray<string>
  /** The module. */
  readonly bytes: Uint8Array
  /** The most bytes that arguments, results and what is between them take up at once. */
  readonly peakBytes: number
  /** The bytes of what the program captures. */
  readonly constantBytes: number
  /** Runs it. Fails with `TreeMismatchError` for arguments of another structure, shape or dtype, and as its ops fail. */
  readonly run: (...args: Args) => Effect.Effect<Out, OpError>
}

/** The signature of `compile`. */
export interface Compile {
  <Args extends ReadonlyArray<any>, Out>(
    f: (...args: Args) => Out
  ): (
    ...specs: Args
  ) => Effect.Effect<Executable<Args, TensorsOf<Out>>, ErrorsIn<Out> | OpError | CompileError, ServicesIn<Out>>
}

const compileOf = (f: Program) => (...specs: ReadonlyArray<unknown>): Effect.Effect<Executable, any, any> =>
  Effect.gen(function*() {
    const { leaves, tree } = yield* attempt(() => flatten("compile", specs, "args"), undefined)
    const trace = yield* withEverySite(traceProgram("compile", f, { tree, avals: leaves, repeats: true }))
    const traced = trace.captured.find((x) => !isConcrete(x))
    if (traced !== undefined) return yield* Effect.fail(escaped("compile", traced))
    const program = yield* Effect.try({
      try: () => sharedPrograms().of(trace),
      catch: (error) => {
        if (error instanceof CompileError) return error
        throw error
      }
    })
    const { bytes, constantBytes, kernels, peakBytes } = program
    const run = (...args: ReadonlyArray<unknown>) =>
      Effect.gen(function*() {
        const given = yield* attempt(
          () => leavesLike("compile", "arguments", flatten("compile", args, "args"), { tree, avals: trace.inputs }),
          undefined
        )
        const traced = given.find((x) => !isConcrete(x))
        if (traced !== undefined) return yield* Effect.fail(escaped("compile", traced))
        try {
          // the cache may have let the program go
          const results = yield* resultsOf(sharedPrograms().of(trace).run(given.filter(isConcrete)), undefined)
          return unflatten(trace.resultTree, results)
        } catch (error) {
          return yield* failure(error, undefined)
        }
      })
    return { trace: program.trace, kernels, bytes: Uint8Array.from(bytes), peakBytes, constantBytes, run }
  })

/**
 * `f` as one WebAssembly module, for arguments of these types (`Tensor.spec`, or tensors).
 *
 * The module holds the whole program: loops and branches, derivatives that it takes, and a memory plan, so that nothing is
 * allocated while it runs. Fails with `CompileError` where the program needs more memory than there are addresses (its
 * `bytes` say how much) or where there is no WebAssembly, and as `f` fails. To run a program faster, `jit` is enough.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { compile, grad, mul, sin, sum, Tensor } from "wengert"
 *
 * const f = (x: Tensor<[3]>) => sum(mul(x, sin(x)))
 * const program = Effect.runSync(compile(grad(f))(Tensor.spec([3])))
 * console.log(program.kernels) // => [ 'strip[3]: sin, cos, mul, add' ]
 * console.log(program.peakBytes) // => 256
 * console.log(Effect.runSync(program.run(Tensor.make([0, 0, 0])))) // => tensor([0., 0., 0.], float64)
 * ```
 */
export const compile: Compile = signed(compileOf)
