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
  yield* Console.log(`${data.train.length} digits to learn from, ${data.heldOut.length} held out to be tested on`)

  const learn = Effect.fnUntraced(function*<P extends Parameters>(model: Model<P>, schedule: Schedule, goal: number) {
    yield* Console.log(`\n${model.name}`)
    const accuracy = yield* train(model, data, schedule)
    yield* Console.log(`  reads ${percent(accuracy)} of the held-out digits correctly`)
    if (accuracy < goal) yield* new AccuracyTooLow({ message: `${model.name}: ${percent(goal)} or more was expected` })
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

/** Every shuffle and every initial weight comes from this seed. */
const seed = "wengert"

await demo.pipe(
  Random.withSeed(seed),
  Effect.catchTag("AccuracyTooLow", ({ message }) =>
    Effect.andThen(
      Console.error(message),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )),
  Effect.runPromise
)
