/**
 * The memory plan: what is in use at the same time does not overlap, and what is given back is used again.
 */
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Arena } from "../../src/engine/arena.ts"

test("values that live at the same time do not meet", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ size: fc.nat(500), ends: fc.nat(4) }), { maxLength: 60 }), (steps) => {
      const arena = new Arena()
      let living: Array<{ readonly at: number; readonly size: number; readonly until: number }> = []
      for (const [now, { ends, size }] of steps.entries()) {
        for (const x of living) if (x.until <= now) arena.free(x.at)
        living = living.filter((x) => x.until > now)
        const at = arena.allocate(size)
        expect(at % 16).toBe(0)
        for (const x of living) expect(at + size <= x.at || x.at + x.size <= at).toBe(true)
        living.push({ at, size, until: now + 1 + ends })
        expect(arena.peak).toBeGreaterThanOrEqual(at + size)
      }
      for (const x of living) arena.free(x.at)
      // everything is one free range again
      expect(arena.allocate(arena.peak)).toBe(0)
    })
  )
})

test("a chain of a thousand values needs the memory of two", () => {
  const arena = new Arena()
  let last = arena.allocate(1000)
  for (let i = 0; i < 1000; i++) {
    const next = arena.allocate(1000)
    arena.free(last)
    last = next
  }
  expect(arena.peak).toBeLessThanOrEqual(2 * 1024)
})
