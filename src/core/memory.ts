/**
 * What was derived from a list is derived once: lists are frozen, so the same question has the same answer. The memory
 * lies beside the list and ends with it.
 */
import type { Trace } from "./trace.ts"

/** Answers about lists, by list and by the rest of the question. */
export class Memory<A> {
  readonly #answers = new WeakMap<Trace, Map<string, A>>()

  /** The answer, if the question was asked before. */
  recall(trace: Trace, question: string): A | undefined {
    return this.#answers.get(trace)?.get(question)
  }

  keep(trace: Trace, question: string, answer: A): A {
    let answers = this.#answers.get(trace)
    if (answers === undefined) this.#answers.set(trace, answers = new Map())
    answers.set(question, answer)
    return answer
  }
}

/** Flags as part of a question: `1` and `0`. */
export const flagsText = (flags: ReadonlyArray<boolean>): string => {
  let text = ""
  for (let i = 0; i < flags.length; i++) text += flags[i] ? "1" : "0"
  return text
}
