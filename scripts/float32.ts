/**
 * Every float32: how far the engine's elementary functions are from correctly rounded, over all 2³² arguments. Takes about an
 * hour; the result is in docs/engine.md.
 *
 * Compared with the host's functions in double precision, whose own error is below 10⁻⁸ units of a float32's last place.
 */
import { functionOf, names } from "../test/engine/support/functions.ts"

const reference: { readonly [N in (typeof names)[number]]: (x: number) => number } = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sech: (x) => 1 / Math.cosh(x),
  sigmoid: (x) => x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  sin: Math.sin,
  cos: Math.cos
}

const chunk = 4096
const xs = new Float32Array(chunk)
const words = new Uint32Array(xs.buffer)
const rounded = new Float32Array(1)
const roundedWord = new Int32Array(rounded.buffer)

/** The unit of the last place of a float32. */
const unitOf = (y: number): number => {
  rounded[0] = Math.abs(y)
  if (!(rounded[0] < Infinity)) return 2 ** 104
  const exponent = roundedWord[0]! >> 23
  return 2 ** (Math.max(exponent, 1) - 150)
}

const wanted = process.argv.slice(2)
const selected = names.filter((n) => wanted.length === 0 || wanted.includes(n))
for (const [name, fused] of selected.flatMap((n) => [[n, true], [n, false]] as const)) {
  const f = functionOf(name, "float32", fused)
  const expected = reference[name]
  let [worst, at, wrong] = [0, 0, 0]
  for (let from = 0; from < 2 ** 32; from += chunk) {
    for (let i = 0; i < chunk; i++) words[i] = from + i
    const ys = f(xs)
    for (let i = 0; i < chunk; i++) {
      const [x, y] = [xs[i]!, ys[i]!]
      const exact = expected(x)
      rounded[0] = exact
      if (Object.is(rounded[0], y)) continue
      // a NaN, an infinity or a zero where there is none
      if (!Number.isFinite(y) || !Number.isFinite(rounded[0]) || y === rounded[0]) wrong++
      const ulps = Math.abs(y - exact) / unitOf(exact)
      if (ulps > worst) [worst, at] = [ulps, x]
    }
  }
  console.log(
    `${name}${fused ? ", fused" : ""}: ${
      worst.toFixed(3)
    } units in the last place, at ${at}; special cases that differ: ${wrong}`
  )
}
