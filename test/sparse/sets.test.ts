import * as fc from "fast-check"
import { expect, test } from "vitest"
import { empty, full, IndexSets } from "../../src/sparse/sets.ts"

const membersOf = (sets: IndexSets, set: number): ReadonlyArray<number> => {
  const out = new Int32Array(sets.sizeOf(set))
  expect(sets.copy(set, out, 0)).toBe(out.length)
  return [...out]
}
const ascending = (members: ReadonlySet<number>) => [...members].toSorted((a, b) => a - b)

test("sets are sets, through thousands of unions of two and of many", () => {
  const size = 40
  const steps = fc.array(fc.array(fc.nat(1_000_000), { minLength: 2, maxLength: 4 }), {
    minLength: 1500,
    maxLength: 1500
  })
  fc.assert(
    fc.property(steps, (all) => {
      const sets = new IndexSets(size, 2 ** 20)
      const made = [empty, ...Array.from({ length: size }, (_, i) => sets.singleton(i))]
      const models = made.map((set) => new Set(membersOf(sets, set)))
      for (const step of all) {
        const which = step.map((n) => n % made.length)
        const model = new Set(which.flatMap((i) => [...models[i]!]))
        const [a, b] = which as [number, number]
        const union = which.length === 2
          ? sets.union(made[a]!, made[b]!)
          : sets.unionOf(Int32Array.from(which, (i) => made[i]!), 0, which.length)
        expect(membersOf(sets, union)).toEqual(ascending(model))
        // small ones are kept, so that pairs come again
        if (model.size > 6) continue
        made.push(union)
        models.push(model)
      }
    }),
    { seed: 42, numRuns: 5 }
  )
})

test("a union that is remembered is that of the same two sets", () => {
  const [size, count] = [80, 3000]
  const sets = new IndexSets(size, 2 ** 20)
  const pairs = Array.from({ length: size }, (_, a) => Array.from({ length: a }, (_, b) => [b, a] as const)).flat()
  const made = pairs.slice(0, count).map(([b, a]) => [sets.union(sets.singleton(a), sets.singleton(b)), a, b] as const)
  const [last, c, d] = made.at(-1)!
  for (const [set, a, b] of made) {
    expect(membersOf(sets, sets.union(set, last))).toEqual(ascending(new Set([a, b, c, d])))
  }
})

test("what is too much is the set of all, which holds it", () => {
  const sets = new IndexSets(10, 3)
  const pair = sets.union(sets.singleton(1), sets.singleton(2))
  expect(membersOf(sets, pair)).toEqual([1, 2])
  expect(sets.union(sets.singleton(3), sets.singleton(4))).toBe(full)
})
