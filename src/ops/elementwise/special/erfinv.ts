/**
 * The inverses of the error function and of its complement. No table of fitted coefficients: a rough start, and Halley's
 * method on `erf` and `erfc`.
 */
import { erf, erfc } from "./erf.ts"

/** 2/√π */
const slope = 2 / Math.sqrt(Math.PI)

/**
 * One step of Halley's method for f(x) = y, where f is erf or erfc and `error` is (f(x) − y) / f'(x): since f''/f' = −2x, x
 * moves by error / (1 + x·error), and the number of right digits is three times what it was.
 */
const halley = (x: number, error: number): number => x - error / (1 + x * error)

/** x with erfc x = y, for 0 < y < 1/2: where two terms of Mills' ratio put it, and then as exactly as logarithms go. */
const tail = (y: number): number => {
  // e^(−x²) / (x√π) = y, by fixed points of x² = −log(y·√π·x)
  const log = Math.log(y)
  let x = Math.sqrt(Math.max(-log, 0.2))
  for (let i = 0; i < 3; i++) x = Math.sqrt(Math.max(-log - Math.log(Math.sqrt(Math.PI) * x + 0.4), 0.05))
  // (erfc x − y) / erfc' x, both times e^(x²), by which nothing underflows
  for (let i = 0; i < 4; i++) x = halley(x, (Math.exp(log + x * x) - scaled(x)) / slope)
  return x
}

/** e^(x²)·erfc x, without underflow: by the continued fraction of DLMF 7.9.1 where x is large. */
const scaled = (x: number): number => {
  if (x < 25) return erfc(x) * Math.exp(x * x)
  let fraction = 0
  for (let k = 12; k > 0; k--) fraction = k / 2 / (x + fraction)
  return 1 / (Math.sqrt(Math.PI) * (x + fraction))
}

/**
 * x with erfc x = y, for every real y: ∞ at 0 and −∞ at 2, NaN outside and at NaN.
 */
export const erfcinv = (y: number): number => {
  if (!(y >= 0 && y <= 2)) return NaN
  if (y > 1.5) return -erfcinv(2 - y)
  if (y >= 0.5) return erfinv(1 - y)
  return y === 0 ? Infinity : tail(y)
}

/**
 * x with erf x = y, for every real y: odd, ±∞ at ±1, NaN outside and at NaN.
 */
export const erfinv = (y: number): number => {
  const size = Math.abs(y)
  // 1 − |y| is exact here
  if (!(size <= 0.5)) return size <= 1 ? Math.sign(y) * erfcinv(1 - size) : NaN
  if (y === 0) return y
  let x = y / slope
  for (let i = 0; i < 4; i++) x = halley(x, (erf(x) - y) / slope * Math.exp(x * x))
  return x
}
