/**
 * How training goes, for whoever watches: a progress bar on a terminal, a line for each epoch elsewhere.
 */
import { SingleBar } from "cli-progress"
import { Console, Effect } from "effect"

/** Told of each step and of each epoch. */
export interface Progress {
  readonly step: (loss: number) => Effect.Effect<void>
  readonly epoch: (accuracy: number) => Effect.Effect<void>
}

/** A progress report on training for `epochs` times `stepsPerEpoch` steps. Ends with its scope. */
export const makeProgress = Effect.fn("makeProgress")(function*(epochs: number, stepsPerEpoch: number) {
  let epoch = 1
  let steps = 0
  let meanLoss = 0
  let accuracy = "–"
  const status = () => ({ accuracy, epoch: `${epoch}`.padStart(`${epochs}`.length), loss: meanLoss.toFixed(4) })

  const bar = process.stdout.isTTY
    ? yield* Effect.acquireRelease(
      Effect.sync(() => {
        const bar = new SingleBar({
          barsize: 30,
          format: `  {bar} epoch {epoch}/${epochs}  loss {loss}  accuracy {accuracy}  {duration_formatted}`,
          barCompleteChar: "━",
          barIncompleteChar: "╌",
          hideCursor: true,
          stream: process.stdout
        })
        bar.start(epochs * stepsPerEpoch, 0, status())
        return bar
      }),
      (bar) => Effect.sync(() => bar.stop())
    )
    : undefined

  const progress: Progress = {
    step: (loss) =>
      Effect.sync(() => {
        steps++
        meanLoss += (loss - meanLoss) / steps
        bar?.increment(1, status())
      }),
    epoch: (share) =>
      Effect.suspend(() => {
        accuracy = percent(share)
        const { epoch: label, loss } = status()
        bar?.update(status())
        if (epoch < epochs) {
          epoch++
          steps = 0
        }
        return bar === undefined
          ? Console.log(`  epoch ${label}/${epochs}  loss ${loss}  accuracy ${accuracy}`)
          : Effect.void
      })
  }
  return progress
})

/** `0.9512` as `95.1 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
