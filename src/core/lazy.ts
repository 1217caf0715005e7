/**
 * Lists that are written when somebody needs them: the rules that users give. A rule may call the function that it belongs
 * to, so it cannot be written down before the function is differentiated; then it is, once.
 */
import * as Effect from "effect/Effect"
import type { OpError } from "./errors.ts"
import type { Trace } from "./trace.ts"

/** A list that is written at most once. */
export class LazyTrace {
  readonly #write: Effect.Effect<Trace, OpError>
  #written: Trace | undefined
  constructor(write: Effect.Effect<Trace, OpError>) {
    this.#write = write
    Object.freeze(this)
  }

  /** The list, if it is written. */
  get written(): Trace | undefined {
    return this.#written
  }

  /** The list, which is written now if it is not yet. */
  get trace(): Effect.Effect<Trace, OpError> {
    return Effect.suspend(() =>
      this.#written === undefined
        ? Effect.map(this.#write, (trace) => this.#written = trace)
        : Effect.succeed(this.#written)
    )
  }

  /** A list that is written already. */
  static of(trace: Trace): LazyTrace {
    const lazy = new LazyTrace(Effect.succeed(trace))
    lazy.#written = trace
    return lazy
  }

  /** What a transformation makes of it, later. */
  map(transformation: (trace: Trace) => Effect.Effect<Trace, OpError>): LazyTrace {
    return new LazyTrace(Effect.flatMap(this.trace, transformation))
  }
}
