/**
 * Lists, compiled and by the reference.
 */
import { Effect } from "effect"
import { expect } from "vitest"
import type { Tensor } from "wengert"
import { trace } from "wengert"
import { isOpError } from "../../../src/core/errors.ts"
import { evaluate } from "../../../src/core/evaluator.ts"
import type { ConcreteTensor } from "../../../src/core/tensor.ts"
import { dataOf, isConcrete } from "../../../src/core/tensor.ts"
import type { Trace } from "../../../src/core/trace.ts"
import type { Compiled } from "../../../src/engine/instantiate.ts"
import { atOnce, instantiate } from "../../../src/engine/instantiate.ts"
import { Machine } from "../../../src/engine/machine.ts"

/** One memory for a file of tests: an engine is meant to have one. */
export const machine = new Machine()

export const listOf = (
  f: (...args: ReadonlyArray<any>) => Effect.Effect<unknown, unknown>,
  args: ReadonlyArray<Tensor>
): Trace => Effect.runSync(trace(f)(...args) as Effect.Effect<Trace, unknown>)

export const concrete = (args: ReadonlyArray<Tensor>): ReadonlyArray<ConcreteTensor> => args.filter(isConcrete)

/** How far results may be apart: units of the last place, or a share of 1 + |expected|. */
export interface Tolerance {
  readonly ulps?: number
  readonly share?: number
}

const floats = new Float64Array(2)
const words = new BigInt64Array(floats.buffer)
const single = new Float32Array(2)
const singleWords = new Int32Array(single.buffer)

/** Units of the last place between two numbers of one sign. */
export const ulpsBetween = (x: number, y: number, dtype: string): number => {
  if (Object.is(x, y)) return 0
  if (Number.isNaN(x) || Number.isNaN(y) || Object.is(Math.sign(x), -Math.sign(y)) || x === y) return Infinity
  if (dtype === "float32") {
    single.set([x, y])
    return Math.abs(singleWords[0]! - singleWords[1]!)
  }
  floats.set([x, y])
  return Math.abs(Number(words[0]! - words[1]!))
}

const isClose = (x: number, y: number, dtype: string, { share, ulps = 0 }: Tolerance): boolean => {
  if (Object.is(x, y)) return true
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false
  if (share !== undefined) return Math.abs(x - y) <= share * (1 + Math.abs(y))
  return ulpsBetween(x, y, dtype) <= ulps
}

/** The outputs of a list by the reference, or the typed error that it fails with. */
export const outcomeOf = (list: Trace, args: ReadonlyArray<ConcreteTensor>) => {
  try {
    return evaluate(list, args)
  } catch (error) {
    if (isOpError(error)) return error
    throw error
  }
}

/** The compiled list gives what the reference gives, or fails as it fails. */
export const expectAgreement = (list: Trace, args: ReadonlyArray<Tensor>, tolerance: Tolerance = {}): Compiled => {
  const known = concrete(args)
  const compiled = instantiate(machine, list)
  try {
    const expected = outcomeOf(list, known)
    if (isOpError(expected)) {
      expect(() => atOnce(compiled.run(known))).toThrow(expected.message)
      return compiled
    }
    const found = atOnce(compiled.run(known))
    expect(found.map((x) => [x.dtype, x.shape])).toEqual(expected.map((x) => [x.dtype, x.shape]))
    for (const [i, y] of expected.entries()) {
      const [xs, ys] = [dataOf(found[i]!), dataOf(y)]
      const bad = ys.findIndex((value, j) => !isClose(xs[j]!, value, y.dtype, tolerance))
      if (bad !== -1) {
        const at = known.map((x) => x.size === y.size ? dataOf(x)[bad] : `${x}`).join("; ")
        expect.fail(`result ${i}, element ${bad}: ${xs[bad]} instead of ${ys[bad]}, at ${at}`)
      }
    }
  } finally {
    compiled.release()
  }
  return compiled
}
