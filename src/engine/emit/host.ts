/**
 * The scalar functions that the module calls outside: elementary functions that no program is full of, and the arguments
 * of the others where they are rare.
 */
import { geluDerivative, siluDerivative } from "../../ops/elementwise/special/activation.ts"
import { i0Derivative } from "../../ops/elementwise/special/bessel.ts"
import { erf, erfc } from "../../ops/elementwise/special/erf.ts"
import { erfcinv, erfinv } from "../../ops/elementwise/special/erfinv.ts"
import { lgamma } from "../../ops/elementwise/special/gamma.ts"
import { polygamma } from "../../ops/elementwise/special/polygamma.ts"
import { power, powerDerivative } from "../../ops/elementwise/special/power.ts"
import { sincDerivative } from "../../ops/elementwise/special/sinc.ts"

interface HostFunction {
  /** How many numbers it takes: operands, and behind them the orders of a derivative. */
  readonly arity: number
  readonly f: (...xs: ReadonlyArray<number>) => number
}

/** The module calls it with as many numbers as it takes. */
const numbers = (arity: number) => (f: (...xs: ReadonlyArray<any>) => number): HostFunction => ({ arity, f })
const unary = numbers(1)
const binary = numbers(2)
/** A member of a family. */
const member = (f: (order: number, x: number) => number) => binary((x, order) => f(order, x))

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
  erfcinv: unary(erfcinv),
  erfinv: unary(erfinv),
  gelu: member(geluDerivative),
  i0: member(i0Derivative),
  lgamma: unary(lgamma),
  log10: unary(Math.log10),
  log2: unary(Math.log2),
  polygamma: member(polygamma),
  pow: binary(power),
  powDerivative: numbers(4)((x, y, m, n) => powerDerivative(m, n, x, y)),
  rem: binary((x, y) => x % y),
  silu: member(siluDerivative),
  sin: unary(Math.sin),
  sincDerivative: member(sincDerivative),
  sinh: unary(Math.sinh),
  tan: unary(Math.tan),
  /** What an int32 holds of a number. */
  toInt32: unary((x) => x | 0)
} as const satisfies { readonly [name: string]: HostFunction }

/** The names of the functions. */
export type HostName = keyof typeof hostFunctions
