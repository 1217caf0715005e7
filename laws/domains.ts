/**
 * The domain table: for each primitive, where it is smooth, where it has kinks or jumps, and where it is singular. The
 * random programs and the sweeps over ops draw their arguments from it.
 */
import type * as fc from "fast-check"
import type { PrimitiveName } from "../src/index.ts"
import { logarithmic, real } from "./arbitraries.ts"

/** Ops that are written in primitives, and have edges or ties of their own. */
export type DerivedName =
  | "clip"
  | "digamma"
  | "exp2"
  | "reciprocal"
  | "rsqrt"
  | "sinc"
  | "softplus"
  | "sort"
  | "square"
  | "std"
  | "topK"

/** From the first number to the second. */
export type Interval = readonly [low: number, high: number]

/** Where an elementwise op is smooth, and where it is not. */
export interface Elementwise {
  readonly kind: "elementwise"
  /** Boxes on which the op is smooth: an interval for each operand. */
  readonly regions: ReadonlyArray<ReadonlyArray<Interval>>
  /** Edges of the domain that arguments of one operand come close to: from above, 1, or from below, −1. */
  readonly near: ReadonlyArray<{ readonly edge: number; readonly side: 1 | -1 }>
  /** Arguments at which the op or its derivative is singular, or not defined: what a mask has to hide. */
  readonly singular: ReadonlyArray<number>
  /** Arguments at which the op has a kink; the derivative there is the shortest subgradient. */
  readonly kinks: ReadonlyArray<ReadonlyArray<number>>
  /** Arguments, regular for the op, where its formula has a hole or changes. */
  readonly edges: ReadonlyArray<ReadonlyArray<number>>
  /**
   * Of an op of one operand, ends of the domain where it or a derivative to order 2 has no limit: it oscillates, or goes to
   * ∞ on one side and to −∞ on the other. There it is NaN or infinite. At every other end, ±∞ too, they are the limits.
   */
  readonly unlimited: ReadonlyArray<number>
}

/** Where an op on whole tensors is smooth. */
export interface Whole {
  readonly kind:
    /** Everywhere. */
    | "everywhere"
    /** Where no two elements tie. */
    | "untied"
    /** Its result does not vary with its operands, or jumps. */
    | "stepped"
    /** Everywhere, for indices that are in range. */
    | "indexed"
    /** Where matrices are regular, and their spectra simple. */
    | "regular matrices"
    /** As its sub-programs are. */
    | "programs"
}

/** The domain of an op, and its edge points. */
export type Domain = Elementwise | Whole

const elementwise = (
  regions: Elementwise["regions"],
  { edges = [], kinks = [], near = [], singular = [], unlimited = [] }: Partial<Omit<Elementwise, "kind" | "regions">> =
    {}
): Elementwise => ({ kind: "elementwise", regions, singular, kinks, near, edges, unlimited })

const everywhere: Whole = { kind: "everywhere" }
const untied: Whole = { kind: "untied" }
const stepped: Whole = { kind: "stepped" }
const indexed: Whole = { kind: "indexed" }
const regularMatrices: Whole = { kind: "regular matrices" }
const programs: Whole = { kind: "programs" }

const any: Interval = [-2, 2]
const wide: Interval = [-3, 3]
const wider: Interval = [-6, 6]
const positive: Interval = [0.25, 4]
const negative: Interval = [-4, -0.25]
const inside: Interval = [-0.9, 0.9]
const from0 = [{ edge: 0, side: 1 }] as const
const ofGamma = elementwise([[[0.25, 6]], [[-0.8, -0.2]], [[-1.8, -1.2]], [[-2.8, -2.2]]], {
  singular: [0, -1, -2],
  edges: [[1], [2]],
  // at every pole below 0, and where there is always another pole ahead
  unlimited: [-1, -2, -Infinity]
})
const ofSinc = elementwise([[wide]], { near: from0, edges: [[0], [1e-9], [-1e-3], [1]] })

const ofPlane = [[positive, wide], [wide, negative], [[1e3, 1e6], [1e3, 1e6]]] as const
const ofPowers = elementwise([[positive, any]], { singular: [0, -1], edges: [[1, 0], [1, 2], [2, 0]] })

/** Every primitive's domain: a primitive without an entry does not compile. */
export const domains: { readonly [Name in PrimitiveName | DerivedName]: Domain } = {
  add: elementwise([[any, any]]),
  sub: elementwise([[any, any]]),
  neg: elementwise([[any]]),
  mul: elementwise([[any, any]], { edges: [[0, 0], [-0, 1]] }),
  div: elementwise([[any, positive], [any, negative]], { near: from0, singular: [0, -0], edges: [[0, 1]] }),
  where: everywhere,

  abs: elementwise([[positive], [negative]], { singular: [0], kinks: [[0], [-0]] }),
  acos: elementwise([[inside]], { near: [{ edge: 1, side: -1 }, { edge: -1, side: 1 }], singular: [1, -1, 2] }),
  acosh: elementwise([[[1.25, 4]], [[1e3, 1e6]]], { near: [{ edge: 1, side: 1 }], singular: [1, 0.5, -1] }),
  asin: elementwise([[inside]], {
    near: [{ edge: -1, side: 1 }, { edge: 1, side: -1 }],
    singular: [1, -1, 2],
    edges: [[0]]
  }),
  asinh: elementwise([[wide], [[1e3, 1e6]], [[-1e6, -1e3]]], { edges: [[0], [1e-9]] }),
  atan: elementwise([[wide], [[10, 1e3]]], { edges: [[0]] }),
  atanh: elementwise([[inside]], { near: [{ edge: 1, side: -1 }], singular: [1, -1, 2], edges: [[0], [1e-9]] }),
  cbrt: elementwise([[positive], [negative]], { near: from0, singular: [0] }),
  ceil: stepped,
  cos: elementwise([[[-4, 4]]], { edges: [[0]], unlimited: [Infinity, -Infinity] }),
  cosh: elementwise([[wide]], { singular: [1000], edges: [[0]] }),
  digamma: ofGamma,
  // digamma is polygamma of order 0, and its derivatives are of the orders above
  polygamma: ofGamma,
  erf: elementwise([[wide]], { edges: [[0]] }),
  erfc: elementwise([[wide]], { edges: [[0]] }),
  erfcinv: elementwise([[[0.1, 1.9]]], {
    near: [{ edge: 0, side: 1 }, { edge: 2, side: -1 }],
    singular: [0, 2, 3, -1],
    edges: [[1]]
  }),
  erfinv: elementwise([[inside]], {
    near: [{ edge: 1, side: -1 }, { edge: -1, side: 1 }],
    singular: [1, -1, 2],
    edges: [[0]]
  }),
  exp: elementwise([[any]], { singular: [1000], edges: [[0]] }),
  exp2: elementwise([[any]], { singular: [5000], edges: [[0]] }),
  expm1: elementwise([[any]], { near: from0, singular: [1000], edges: [[0], [1e-9]] }),
  floor: stepped,
  gelu: elementwise([[[-4, 4]]], { edges: [[0]] }),
  gammaSlope: elementwise([[[0.25, 6], any]], { singular: [0, -1] }),
  i0: elementwise([[wide]], { singular: [1000], edges: [[0]] }),
  lgamma: ofGamma,
  log: elementwise([[positive]], { near: from0, singular: [0, -1], edges: [[1]] }),
  log10: elementwise([[positive]], { singular: [0, -1] }),
  log1p: elementwise([[[-0.75, 3]]], { near: from0, singular: [-1, -2], edges: [[0], [1e-9]] }),
  log2: elementwise([[positive]], { singular: [0, -1] }),
  lorentzFactor: elementwise([[inside]], { singular: [1, -1, 2], edges: [[0], [1e-9]] }),
  reciprocal: elementwise([[positive], [negative]], { near: from0, singular: [0] }),
  relu: elementwise([[positive], [negative]], { kinks: [[0], [-0]] }),
  round: stepped,
  sechSquared: elementwise([[wide]], { singular: [1000], edges: [[0]] }),
  rsqrt: elementwise([[positive]], { near: from0, singular: [0, -1] }),
  sigmoid: elementwise([[wider]], { singular: [1000, -1000], edges: [[0]] }),
  sign: stepped,
  silu: elementwise([[wider]], { singular: [1000, -1000], edges: [[0]] }),
  sin: elementwise([[[-4, 4]]], { edges: [[0]], unlimited: [Infinity, -Infinity] }),
  sinc: ofSinc,
  // sinc, and its derivatives
  sincDerivative: ofSinc,
  sinh: elementwise([[wide]], { singular: [1000], edges: [[0]] }),
  softplus: elementwise([[wider]], { singular: [1000, -1000], edges: [[0]] }),
  sqrt: elementwise([[positive]], { near: from0, singular: [0, -1] }),
  square: elementwise([[any]], { edges: [[0]] }),
  tan: elementwise([[[-1.4, 1.4]]], { edges: [[0]], unlimited: [Infinity, -Infinity] }),
  tanh: elementwise([[wide]], { singular: [1000], edges: [[0]] }),
  trunc: stepped,

  atan2: elementwise(
    [[positive, wide], [negative, wide], [any, positive], [[0.5, 2], [-2, -0.5]], [[-2, -0.5], [-2, -0.5]]],
    { edges: [[0, 1], [1, 0], [-1, 0]] }
  ),
  directionCosine: elementwise(ofPlane, { edges: [[3, 0], [0, -4]] }),
  inversion: elementwise(ofPlane, { singular: [0], edges: [[3, 0], [0, -4]] }),
  hypot: elementwise(ofPlane, { kinks: [[0, 0]], edges: [[3, 0], [0, -4]] }),
  logaddexp: elementwise([[wide, wide]], { singular: [1000, -1000], edges: [[0, 0], [1, 1], [40, -40]] }),
  maximum: elementwise([[[-2, 0], [0.25, 2]], [[0.25, 2], [-2, 0]]], { kinks: [[1, 1], [0, -0]] }),
  minimum: elementwise([[[-2, 0], [0.25, 2]], [[0.25, 2], [-2, 0]]], { kinks: [[1, 1], [0, -0]] }),
  pow: ofPowers,
  // xʸ, and its derivatives
  powDerivative: ofPowers,
  rem: elementwise([[[2.2, 2.8], [1, 1.05]], [[-2.8, -2.2], [1, 1.05]], [[2.2, 2.8], [-1.05, -1]]], { singular: [0] }),
  // at an end the bound has the derivative, which is no shortest subgradient of all three operands
  clip: elementwise([[inside, [-2, -1], [1, 2]], [[-4, -3], [-2, -1], [1, 2]], [[3, 4], [-2, -1], [1, 2]]]),

  heaviside: stepped,

  equal: stepped,
  less: stepped,
  lessEqual: stepped,
  logicalNot: stepped,
  broadcast: everywhere,
  cast: everywhere,
  reshape: everywhere,
  sum: everywhere,
  transpose: everywhere,
  fft: everywhere,
  windows: everywhere,
  overlapAdd: everywhere,
  concat: everywhere,
  flip: everywhere,
  pad: everywhere,
  slice: everywhere,
  cumsum: everywhere,
  dot: everywhere,
  logSoftmax: everywhere,
  logsumexp: everywhere,
  softmax: everywhere,
  // but where all elements are 0
  norm: everywhere,
  direction: everywhere,
  max: untied,
  min: untied,
  sort: untied,
  std: untied,
  topK: untied,
  argmax: stepped,
  argmin: stepped,
  argsort: stepped,
  // its derivative by the shape follows the variate, on which a rejection is a jump
  logGammaVariate: everywhere,
  poisson: stepped,
  random: stepped,
  threefry: stepped,
  index: indexed,
  scatter: indexed,
  take: indexed,
  stopGradient: everywhere,
  cholesky: regularMatrices,
  eigh: regularMatrices,
  lu: regularMatrices,
  qr: regularMatrices,
  solve: regularMatrices,
  // what derivatives of eigenvalues and singular values are made of
  spectralDiagonal: regularMatrices,
  spectralSum: regularMatrices,
  svd: regularMatrices,
  triangularSolve: regularMatrices,
  checkpoint: programs,
  cond: programs,
  customBackward: programs,
  customJvp: programs,
  customPullback: programs,
  customVjp: programs,
  jit: programs,
  linearSolve: programs,
  scan: programs,
  while: programs
}

/** Does an op have kinks, or break ties? */
export const isKinked = (name: string): boolean => {
  const domain = Object.hasOwn(domains, name) ? domains[name as keyof typeof domains] : undefined
  return domain?.kind === "untied" || domain?.kind === "elementwise" && domain.kinks.length > 0
}

/**
 * Where an elementwise op is smooth, as domains of its operands to draw arguments from: its regions, then what is close
 * to the edges of its domain.
 *
 * @example
 * ```ts
 * import { log } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * for (const domain of Laws.regular("log")) Laws.check(Laws.primitive(log, { domain, runs: 2 }))
 * ```
 */
export const regular = (name: keyof typeof domains): ReadonlyArray<ReadonlyArray<fc.Arbitrary<number>>> => {
  const domain = domains[name]
  if (domain.kind !== "elementwise") return []
  const regions = domain.regions.map((region) => region.map(([low, high]) => real(low, high)))
  const others = regions[0]!.slice(0, -1)
  const approach = domain.near.map(({ edge, side }) => [
    ...others,
    logarithmic(1e-4, 1).map((x) => edge + side * x * (edge === 0 ? 1 : 0.5))
  ])
  return [...regions, ...approach]
}
