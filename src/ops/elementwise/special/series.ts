/**
 * Power series, and the Bernoulli numbers from which the asymptotic series of the gamma family are made.
 */

/** Σ cₖ xᵏ by Horner's rule. */
export const horner = (coefficients: ReadonlyArray<number>, x: number): number => {
  let sum = 0
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k]!
  return sum
}

/** B₂, B₄, …, B₂₀ (Abramowitz & Stegun 1964, table 23.2). */
export const bernoulli: ReadonlyArray<number> = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330
]
