/**
 * What the tests on ADBench share.
 */
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { square, sum, Tensor } from "wengert"
import type { OpError } from "wengert"
import { isAvailable, skipped } from "../../examples/adbench/data.ts"

/** The elements of tensors, one after the other. */
export const elements = (...tensors: ReadonlyArray<Tensor>): ReadonlyArray<number> =>
  tensors.flatMap((x) => Array.from(Effect.runSync(Tensor.data(x))))

/** Σ x². */
export const squaredNorm = (x: Tensor): number =>
  Effect.runSync(Tensor.item(sum(square(x as Tensor<ReadonlyArray<number>, "float64">))))

/** Every element has the expected one's value up to this share of it; where zero is expected, it is zero. */
export const expectRelative = (
  actual: ReadonlyArray<number>,
  expected: ReadonlyArray<number>,
  tolerance = 1e-9
): void => {
  expect(actual).toHaveLength(expected.length)
  const errors = expected.map((y, i) => actual[i] === y ? 0 : Math.abs(actual[i]! - y) / Math.abs(y))
  expect(Math.max(...errors)).toBeLessThanOrEqual(tolerance)
}

/** Tests that need the data, or a line that says what is missing. */
export const describeWithData = (problem: string, tests: () => void): void => {
  if (!isAvailable) console.warn(skipped(`the tests on ${problem}`))
  describe.skipIf(!isAvailable)(problem, tests)
}

export const run = <A>(program: Effect.Effect<A, OpError>): A => Effect.runSync(program)
