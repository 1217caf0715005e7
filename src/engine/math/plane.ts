/**
 * Points in the plane: their distance from the origin, the cosine of their direction, and their inversion in the unit
 * circle, within 4 units in the last place; special cases as in C99, Annex F, and in `ops/special/plane.ts`.
 */
import type { V128 } from "../wasm/code.ts"
import { v128 } from "../wasm/code.ts"
import type { Lanes } from "./lanes.ts"

/** Beyond this, or its inverse, squares may overflow or underflow; and the power of two that leads back. */
const far = { float64: { size: 1e140, power: 600 }, float32: { size: 1e15, power: 100 } } as const

/** The point scaled, exactly, to where squares are numbers, the sum of these, and the scale. */
const scaled = (l: Lanes, x: V128, y: V128) => {
  const { power, size } = far[l.dtype]
  const largest = l.let(l.max(l.abs(x), l.abs(y)))
  const up = l.let(l.select(l.lt(largest, l.splat(1 / size)), l.splat(2 ** power), l.splat(1)))
  const scale = l.let(l.select(l.gt(largest, l.splat(size)), l.splat(2 ** -power), up))
  const [a, b] = [l.let(l.mul(x, scale)), l.let(l.mul(y, scale))]
  return { a, largest, scale, square: l.let(l.madd(a, a, l.mul(b, b))) }
}

const isInfinite = (l: Lanes, x: V128): V128 => l.eq(l.abs(x), l.splat(Infinity))

/** √(x² + y²): ∞ where one is, also beside NaN. */
export const hypot = (l: Lanes, x: V128, y: V128): V128 => {
  const { scale, square } = scaled(l, x, y)
  const infinite = l.let(v128.or(isInfinite(l, x), isInfinite(l, y)))
  return l.select(infinite, l.splat(Infinity), l.div(l.sqrt(square), scale))
}

/** x/√(x² + y²): the limits at infinity, 0 at the origin. */
export const directionCosine = (l: Lanes, x: V128, y: V128): V128 => {
  const { a, largest, square } = scaled(l, x, y)
  const finite = l.let(l.select(l.eq(largest, l.splat(0)), x, l.div(a, l.sqrt(square))))
  // beside NaN the largest is NaN
  const one = l.let(l.select(l.eq(largest, l.splat(Infinity)), l.splat(1), largest))
  const share = l.let(l.select(isInfinite(l, y), l.splat(Math.SQRT1_2), one))
  return l.select(isInfinite(l, x), l.copySign(share, x), finite)
}

/** x/(x² + y²): 0 at infinity. */
export const inversion = (l: Lanes, x: V128, y: V128): V128 => {
  const { a, largest, scale, square } = scaled(l, x, y)
  const finite = l.let(l.mul(l.div(a, square), scale))
  return l.select(l.eq(largest, l.splat(Infinity)), l.copySign(l.let(l.splat(0)), x), finite)
}
