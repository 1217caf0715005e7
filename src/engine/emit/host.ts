/**
 * The scalar functions that the module calls outside: elementary functions that no program is full of, and the arguments
 * of the others where they are rare.
 */
import { erf, erfc } from "../../ops/special/erf.ts"
import { lgamma } from "../../ops/special/gamma.ts"
import { polygamma } from "../../ops/special/polygamma.ts"
import { sincDerivative } from "../../ops/special/sinc.ts"

interface HostFunction {
  readonly arity: 1 | 2
  readonly f: (x: number, y: number) => number
}

const unary = (f: (x: number) => number): HostFunction => ({ arity: 1, f })
const binary = (f: (x: number, y: number) => number): HostFunction => ({ arity: 2, f })

/** By name; each is the reference arithmetic of the primitive of that name. */
export const hostFunctions = {
  acos: unary(Math.acos),
  acosh: unary(Math.acosh),
  asin: unary(Math.asin),
  asinh: unary(Math.asinh),
  atan: unary(Math.atan),
  atan2: binary(Math.atan2),
  atanh: unary(Math.atanh),
  cbrt: unary(Math.cbrt),
  cos: unary(Math.cos),
  cosh: unary(Math.cosh),
  erf: unary(erf),
  erfc: unary(erfc),
  hypot: binary((x, y) => Math.hypot(x, y)),
  lgamma: unary(lgamma),
  log10: unary(Math.log10),
  log2: unary(Math.log2),
  polygamma: binary((x, order) => polygamma(order, x)),
  // unlike Math.pow, 1 to any power is 1
  pow: binary((x, y) => x === 1 ? 1 : x ** y),
  rem: binary((x, y) => x % y),
  sin: unary(Math.sin),
  sincDerivative: binary((x, order) => sincDerivative(order, x)),
  sinh: unary(Math.sinh),
  tan: unary(Math.tan),
  /** What an int32 holds of a number. */
  toInt32: unary((x) => x | 0)
} as const satisfies { readonly [name: string]: HostFunction }

/** The names of the functions. */
export type HostName = keyof typeof hostFunctions
