/**
 * Every elementwise op of one operand and its derivatives to order 2 at the edges of its domain, where differences have no
 * room: the limits. The oracle says, from points on the way there, that it is these which they approach.
 */
import { describe, expect, it } from "vitest"
import { domains, type Elementwise } from "../../laws/domains.ts"
import { combinations, derivative, opOf, valuesAt } from "../support/derivatives.ts"
import { derivativeAt, exact } from "../support/oracle.ts"
import type { Name } from "../support/precision.ts"
import { points } from "../support/precision.ts"

const inf = Infinity
const half = Math.PI / 2

/** f, f′ and f″ at an edge. A 0 is the one above. */
type Edge = readonly [x: number, ...derivatives: readonly [number, number, number]]

const ofLog: ReadonlyArray<Edge> = [[0, -inf, inf, -inf], [inf, inf, 0, 0]]
const ofExp: ReadonlyArray<Edge> = [[inf, inf, inf, inf], [-inf, 0, 0, 0]]
/** Between x and 0, as activations are. */
const ofGate: ReadonlyArray<Edge> = [[inf, inf, 1, 0], [-inf, 0, 0, 0]]

const edges: { readonly [N in Name]?: ReadonlyArray<Edge> } = {
  acos: [[1, 0, -inf, -inf], [-1, Math.PI, -inf, inf]],
  acosh: [[1, 0, inf, -inf], [inf, inf, 0, 0]],
  asin: [[1, half, inf, inf], [-1, -half, inf, -inf]],
  asinh: [[inf, inf, 0, 0], [-inf, -inf, 0, 0]],
  atan: [[inf, half, 0, 0], [-inf, -half, 0, 0]],
  atanh: [[1, inf, inf, inf], [-1, -inf, inf, -inf]],
  cbrt: [[0, 0, inf, -inf], [inf, inf, 0, 0], [-inf, -inf, 0, 0]],
  cosh: [[inf, inf, inf, inf], [-inf, inf, -inf, inf]],
  digamma: [[0, -inf, inf, -inf], [inf, inf, 0, 0]],
  erf: [[inf, 1, 0, 0], [-inf, -1, 0, 0]],
  erfc: [[inf, 0, 0, 0], [-inf, 2, 0, 0]],
  erfcinv: [[0, inf, -inf, inf], [2, -inf, -inf, -inf]],
  erfinv: [[1, inf, inf, inf], [-1, -inf, inf, -inf]],
  exp: ofExp,
  exp2: ofExp,
  expm1: [[inf, inf, inf, inf], [-inf, -1, 0, 0]],
  gelu: ofGate,
  i0: [[inf, inf, inf, inf], [-inf, inf, -inf, inf]],
  lgamma: [[0, inf, -inf, inf], [inf, inf, inf, 0]],
  log: ofLog,
  log10: ofLog,
  log1p: [[-1, -inf, inf, -inf], [inf, inf, 0, 0]],
  log2: ofLog,
  neg: [[inf, -inf, -1, 0], [-inf, inf, -1, 0]],
  reciprocal: [[0, inf, -inf, inf], [inf, 0, 0, 0], [-inf, 0, 0, 0]],
  rsqrt: [[0, inf, -inf, inf], [inf, 0, 0, 0]],
  sigmoid: [[inf, 1, 0, 0], [-inf, 0, 0, 0]],
  silu: ofGate,
  sinc: [[inf, 0, 0, 0], [-inf, 0, 0, 0]],
  sinh: [[inf, inf, inf, inf], [-inf, -inf, inf, -inf]],
  softplus: ofGate,
  sqrt: [[0, 0, inf, -inf], [inf, inf, 0, 0]],
  square: [[inf, inf, inf, 2], [-inf, inf, -inf, 2]],
  tanh: [[inf, 1, 0, 0], [-inf, -1, 0, 0]]
}

const names = (Object.keys(points) as ReadonlyArray<Name>).filter((name) => points[name]![0]!.length === 1)

/** Two points inside of the domain, the second closer to the edge. */
const towards = (name: Name, x: number): readonly [number, number] => {
  // not where sinc is 0
  if (!Number.isFinite(x)) return [Math.sign(x) * (2 ** 9 + 0.25), Math.sign(x) * (2 ** 18 + 0.25)]
  const isUpper = x > 0 && name !== "acosh"
  return isUpper ? [x - 2 ** -20, x - 2 ** -40] : [x + 2 ** -20, x + 2 ** -40]
}

/** Is this the limit, for all that two values on the way show? The slowest grow as √log. */
const isApproached = (limit: number, [far, near]: readonly [number, number]): boolean =>
  Number.isFinite(limit)
    ? Math.abs(near - limit) <= 0.01 && Math.abs(near - limit) <= Math.abs(far - limit)
    : near === limit || (Math.sign(near) === Math.sign(limit) && Math.abs(near) > 1.4 * Math.abs(far))

const isRegular = ({ edges, regions }: Elementwise, x: number): boolean =>
  edges.some(([edge]) => edge === x) || regions.some(([interval]) => interval![0] <= x && x <= interval![1])

describe("the limit in every mode, which the oracle approaches", () => {
  it.each((Object.keys(edges) as ReadonlyArray<Name>).map((name) => [name, edges[name]!] as const))(
    "%s",
    (name, at) => {
      const wrong: Array<string> = []
      for (const [x, ...derivatives] of at) {
        for (const [order, limit] of derivatives.entries()) {
          for (const modes of combinations[order]!) {
            for (const dtype of ["float64", "float32"] as const) {
              const [got] = valuesAt(derivative(opOf(name), [order], modes), [[x]], dtype)
              const want = dtype === "float64" ? limit : Math.fround(limit)
              if (got !== want) wrong.push(`order ${order} at ${x} (${modes.join(", ")}, ${dtype}): ${got} for ${want}`)
            }
          }
          const [far, near] = towards(name, x).map((point) => derivativeAt(exact[name], [point], [order]))
          if (!isApproached(limit, [far!, near!])) {
            wrong.push(
              `order ${order} at ${x}: ${far}, ${near} towards ${limit}`
            )
          }
        }
      }
      expect(wrong).toEqual([])
    }
  )
})

describe("at other ends there is no limit, as the domain table says, or no value", () => {
  it.each(names)("%s", (name) => {
    const domain = domains[name]
    if (domain.kind !== "elementwise") throw new Error("expected a domain")
    const limits = new Set((edges[name] ?? []).map(([x]) => x))
    const others = [0, 1, -1, inf, -inf].filter((x) => !limits.has(x) && !isRegular(domain, x))
    for (const x of others.filter((x) => !domain.unlimited.includes(x))) {
      expect([x, ...valuesAt(opOf(name), [[x]], "float64")]).toEqual([x, NaN])
    }
    for (const x of domain.unlimited) {
      expect([x, limits.has(x), isRegular(domain, x)]).toEqual([x, false, false])
      const derivatives = [[], ["reverse"], ["reverse", "reverse"]] as const
      const got = derivatives.map((modes) => valuesAt(derivative(opOf(name), [modes.length], modes), [[x]], "float64"))
      expect([x, ...got.flat().filter(Number.isFinite)]).toEqual([x])
    }
  })
})
