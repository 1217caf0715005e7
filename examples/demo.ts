/**
 * A tour of wengert: `npm run demo`.
 *
 * 1. three small programs, and which of their inputs the gradient reaches;
 * 2. two classifiers that learn to read handwritten digits;
 * 3. the list that a gradient is.
 */
import { Console, Data, Effect, Random } from "effect"
import { loadDigits } from "./demo/digits.ts"
import type { Model, Parameters } from "./demo/models.ts"
import { perceptron, softmaxRegression } from "./demo/models.ts"
import { percent } from "./demo/progress.ts"
import { threePrograms } from "./demo/three-programs.ts"
import { train } from "./demo/training.ts"
import type { Schedule } from "./demo/training.ts"
import { wengertList } from "./demo/wengert-list.ts"

/** A model has learnt less than it should have. */
class AccuracyTooLow extends Data.TaggedError("AccuracyTooLow")<{ readonly message: string }> {}

const heading = (text: string) => Console.log(`\n${text}\n${"─".repeat(text.length)}`)

const digits = Effect.gen(function*() {
  const data = yield* loadDigits
  yield* Console.log(`${data.train.length} digits to learn from, ${data.heldOut.length} to be tested on\n`)

  const learn = Effect.fnUntraced(function*<P extends Parameters>(model: Model<P>, schedule: Schedule, goal: number) {
    yield* Console.log(model.name)
    const reached = yield* train(model, data, schedule)
    const message = `  ${percent(reached)} of the held-out digits read correctly, ${percent(goal)} wanted\n`
    yield* reached < goal ? Effect.fail(new AccuracyTooLow({ message })) : Console.log(message)
  })
  yield* learn(softmaxRegression, { epochs: 6, batchSize: 32, learningRate: 0.05 }, 0.90)
  yield* learn(perceptron, { epochs: 10, batchSize: 32, learningRate: 0.1 }, 0.95)
})

const demo = Effect.gen(function*() {
  yield* heading("1. Three programs, and which inputs their gradients reach")
  yield* threePrograms
  yield* heading("2. Reading handwritten digits")
  yield* digits
  yield* heading("3. The list behind a gradient")
  yield* wengertList
})

await Effect.runPromise(demo.pipe(
  // Every shuffle and every initial weight comes from this seed.
  Random.withSeed("wengert"),
  Effect.catchTag("AccuracyTooLow", ({ message }) =>
    Console.error(message).pipe(Effect.andThen(Effect.sync(() => {
      process.exitCode = 1
    }))))
))
