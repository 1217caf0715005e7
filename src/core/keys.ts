/**
 * Keys of random numbers that programs do not hand on: the service that `Random.next` asks.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { OpError } from "./errors.ts"
import { ArgumentError } from "./errors.ts"
import { failure } from "./evaluator.ts"
import type { Tensor } from "./tensor.ts"

/** Gives the words of another key each time that it is asked. */
export interface KeySource {
  readonly next: () => Effect.Effect<Tensor, OpError>
}

/** A source that has no keys, and says what to do. */
const without = (message: string): KeySource => ({
  next: () => failure(new ArgumentError({ op: "Random.next", message: `Random.next requires ${message}` }), undefined)
})

/** The ambient source; by default there is none. */
export const KeySource = Context.Reference<KeySource>("wengert/KeySource", {
  defaultValue: () => without("a key from around it, got none; give the program one by Random.withKey(program, key)")
})

/** The source of a program of `op` that is written down once and run many times: it would draw the same in all runs. */
export const refusingKeys = (op: string): KeySource =>
  without(
    `a program that draws anew each time, got one in ${op}, which writes it down once: split a key before, ` +
      `and pass it as an argument, or give the program a key in it by Random.withKey`
  )
