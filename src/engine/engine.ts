/**
 * Engines: interpreters that a program can be provided with.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { attempt, evaluator, failure } from "../core/evaluator.ts"
import { Interpreter } from "../core/interpreter.ts"
import type { Primitive } from "../core/primitive.ts"
import type { Site } from "../core/site.ts"
import { equals, hash } from "../core/structure.ts"
import type { Aval, ConcreteTensor } from "../core/tensor.ts"
import { isConcrete } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { Writer } from "../core/writer.ts"
import type { Compiled, Progress } from "./instantiate.ts"
import { instantiate, isEnded } from "./instantiate.ts"
import { CompileError, Machine } from "./machine.ts"
import { wayOf } from "./vocabulary.ts"

/** The programs that an engine remembers; the one that was run longest ago makes room. */
const capacity = 64

/** Compiled programs, by what they are: equal lists are one program. */
export class Programs {
  readonly #machine: Machine
  /** By hash, the list that was run last at the end. */
  readonly #known = new Map<number, Compiled & { readonly original: Trace }>()
  /** The same by identity, as a list is usually run again. */
  #byIdentity = new WeakMap<Trace, Compiled>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** The program of a list that captures values alone. Throws `CompileError`. */
  of(trace: Trace): Compiled {
    const found = this.#byIdentity.get(trace)
    if (found !== undefined) return found
    const key = hash(trace)
    let known = this.#known.get(key)
    if (known === undefined || !equals(known.original, trace)) {
      if (this.#known.size >= capacity) this.#forget(this.#known.keys().next().value!)
      if (known !== undefined) this.#forget(key)
      known = { ...instantiate(this.#machine, trace), original: trace }
    }
    this.#known.delete(key)
    this.#known.set(key, known)
    this.#byIdentity.set(trace, known)
    return known
  }

  #forget(key: number): void {
    this.#known.get(key)?.release()
    this.#known.delete(key)
    // a list may be kept by its user, but its program is gone
    this.#byIdentity = new WeakMap()
  }
}

let shared: Programs | undefined

/** The programs of the engine that is there without being asked for. Throws `CompileError`. */
export const sharedPrograms = (): Programs => shared ??= new Programs(new Machine())

/** Can a list be compiled as it is? One that captures values of a running transformation cannot. */
export const isClosed = (trace: Trace): boolean => trace.captured.every(isConcrete)

/** Runs a list compiled; where the machine cannot, by the reference. */
export const runCompiled = (
  programs: () => Programs,
  trace: Trace,
  args: ReadonlyArray<ConcreteTensor>,
  site: Site | undefined
): ReturnType<Interpreter["run"]> => {
  try {
    return resultsOf(programs().of(trace).run(args), site)
  } catch (error) {
    if (!(error instanceof CompileError)) return failure(error, site)
    return Effect.andThen(warn(error), evaluator.run(trace, args))
  }
}

/** Milliseconds after which other fibers, and interruption, get their turn. */
const patience = 10

/** Goes on for a while. Throws typed errors. */
const advanced = (progress: Progress): Progress => {
  const end = performance.now() + patience
  let now = progress
  while (!isEnded(now) && performance.now() < end) now = now.resume()
  return now
}

/** The results of a run, with the processor given up now and then. Throws typed errors ahead of the first time. */
export const resultsOf = (begun: Progress, site: Site | undefined): ReturnType<Interpreter["run"]> => {
  if (isEnded(begun)) return Effect.succeed(begun)
  const first = advanced(begun)
  if (isEnded(first)) return Effect.succeed(first)
  const rest = Effect.gen(function*() {
    let now: Progress = first
    while (!isEnded(now)) {
      const paused: Progress = now
      yield* Effect.yieldNow
      now = yield* attempt(() => advanced(paused), site)
    }
    return now
  })
  return Effect.onInterrupt(rest, () => Effect.sync(first.drop))
}

let warned = false

/** Says once that programs run slowly, and why. */
const warn = ({ message }: CompileError) =>
  Effect.suspend(() => {
    if (warned) return Effect.void
    warned = true
    return Effect.logWarning(`${message}; programs run by the reference, many times slower`)
  })

/** From this many elements on, an op by itself is worth a call of its own kernel. */
const largeOp = 2 ** 13

/** The list of one equation. */
const listOf = (primitive: Primitive, operands: ReadonlyArray<Aval>, params: Equation["params"]): Trace => {
  const writer = new Writer()
  const inputs = operands.map((x) => writer.input(x))
  const { result, results } = writer.write(primitive, inputs, params, operands, undefined)
  return writer.seal(results.map((_, r) => result + r))
}

/** An interpreter that runs lists compiled, and large ops and loops by themselves too. */
const compiling = (programs: () => Programs): Interpreter => ({
  bind: (primitive, operands, params, site) => {
    const known = operands.filter(isConcrete)
    const pays = primitive.name === "scan" || primitive.name === "while" ||
      (wayOf(primitive.name) !== "host" && operands.some((x) => x.size >= largeOp))
    if (!pays || known.length < operands.length) return evaluator.bind(primitive, operands, params, site)
    return Effect.flatMap(
      attempt(() => listOf(primitive, known, params), site),
      (list) => runCompiled(programs, list, known, site)
    )
  },
  run: (trace, args) => {
    const known = args.filter(isConcrete)
    return known.length === args.length && isClosed(trace)
      ? runCompiled(programs, trace, known, undefined)
      : evaluator.run(trace, args)
  },
  read: (tensor, op, site) => evaluator.read(tensor, op, site)
})

/**
 * What runs a program: `Engine.wasm` compiles lists, large ops and loops to WebAssembly, `Engine.reference` computes in plain loops and is
 * what results are compared with. Both are Layers.
 *
 * Without either, ops run by the reference at once, and what `jit` returns runs compiled.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Engine, mul, Tensor, Trace, trace } from "wengert"
 *
 * const double = (x: Tensor<[]>) => mul(x, 2)
 * const program = Effect.flatMap(trace(double)(Tensor.spec([])), (list) => Trace.evaluate(list, [Tensor.make(3)]))
 * console.log(Effect.runSync(Effect.provide(program, Engine.wasm))) // => tensor(6., float64)
 * console.log(Effect.runSync(Effect.provide(program, Engine.reference))) // => tensor(6., float64)
 * ```
 */
export const Engine = {
  wasm: Layer.sync(Interpreter, () => compiling(sharedPrograms)),
  // an interpreter of its own, so that asking for it can be told from not asking
  reference: Layer.succeed(Interpreter, {
    bind: (primitive, operands, params, site) => evaluator.bind(primitive, operands, params, site),
    run: (trace, args) => evaluator.run(trace, args),
    read: (tensor, op, site) => evaluator.read(tensor, op, site)
  })
} as const
