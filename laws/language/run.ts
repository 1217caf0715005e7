/**
 * What a program means to a vocabulary of Effects: its steps, one after the other.
 */
import * as Effect from "effect/Effect"
import type { Block, Body, Value, Vocabulary } from "./syntax.ts"

/** The block as a function, which sees the values around it. */
export const run = (w: Vocabulary, block: Block, around: ReadonlyArray<Value> = []): Body => (...args) =>
  Effect.gen(function*() {
    const values = [...around, ...args]
    for (const { blocks, operands, phrase, types } of block.steps) {
      const made = phrase.write(
        w,
        operands.map((i) => values[i]!),
        blocks.map((b) => run(w, b, values.slice(0, b.outer)))
      )
      // a word gives what its types say
      const result = (Effect.isEffect(made) ? yield* made as Effect.Effect<unknown> : made) as Value | Array<Value>
      values.push(...(types.length === 1 ? [result as Value] : result as Array<Value>))
    }
    const results = block.results.map((i) => values[i]!)
    return results.length === 1 ? results[0]! : results
  })
