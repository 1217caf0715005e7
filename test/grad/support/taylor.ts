/**
 * Functions of one number by their Taylor coefficients: what compositions of transformations are compared with.
 * Everything here is arithmetic on short lists of numbers, and knows nothing of the library.
 *
 * Source: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 13.
 */

/** The coefficients of f(x + t) in powers of t, up to an order. */
export type Taylor = (x: number, order: number) => ReadonlyArray<number>

const upTo = (order: number): ReadonlyArray<number> => Array.from({ length: order + 1 }, (_, k) => k)

const factorial = (k: number): number => k < 2 ? 1 : k * factorial(k - 1)

/** A function by its derivatives. */
export const byDerivatives = (derivative: (x: number, k: number) => number): Taylor => (x, order) =>
  upTo(order).map((k) => derivative(x, k) / factorial(k))

export const identity: Taylor = (x, order) => upTo(order).map((k) => k === 0 ? x : k === 1 ? 1 : 0)

const convolve = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): ReadonlyArray<number> =>
  a.map((_, k) => upTo(k).reduce((total, i) => total + a[i]! * b[k - i]!, 0))

export const product = (f: Taylor, g: Taylor): Taylor => (x, order) => convolve(f(x, order), g(x, order))

export const sum = (f: Taylor, g: Taylor): Taylor => (x, order) => {
  const b = g(x, order)
  return f(x, order).map((a, k) => a + b[k]!)
}

export const scaled = (f: Taylor, c: number): Taylor => (x, order) => f(x, order).map((a) => c * a)

/** f(g(x)). */
export const compose = (f: Taylor, g: Taylor): Taylor => (x, order) => {
  const [g0, ...rest] = g(x, order) as [number, ...ReadonlyArray<number>]
  const inner = [0, ...rest]
  // Horner's scheme in the powers of g − g(x)
  return f(g0, order).toReversed().reduce<ReadonlyArray<number>>(
    (total, a) => convolve(total, inner).map((v, k) => k === 0 ? v + a : v),
    upTo(order).map(() => 0)
  )
}

/** f'. */
export const derivative = (f: Taylor): Taylor => (x, order) => f(x, order + 1).slice(1).map((a, k) => (k + 1) * a)

/** f above the threshold, g below. */
export const piecewise = (threshold: number, f: Taylor, g: Taylor): Taylor => (x, order) =>
  (x > threshold ? f : g)(x, order)

export const valueAt = (f: Taylor, x: number): number => f(x, 0)[0]!
