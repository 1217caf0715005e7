/**
 * The battery: all laws that hold of an op, or of a custom rule, on a domain where it is smooth.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { OpError, Tensor } from "../src/index.ts"
import * as wengert from "../src/index.ts"
import { where } from "../src/index.ts"
import { alike, broadcastable, shape } from "./arbitraries.ts"
import { battery } from "./battery.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { domains, regular } from "./domains.ts"
import { gradient } from "./gradient.ts"
import { masked, refuteLeak } from "./leaks.ts"
import type { Modes } from "./modes.ts"
import { nanStaysNaN } from "./nans.ts"
import type { Flat, Program } from "./trees.ts"
import { leavesOf, rebuild, run } from "./trees.ts"

/** What the battery has to know of an op. */
export interface PrimitiveOptions {
  /**
   * Where the op is smooth: the elements of each operand, for an elementwise op; or else whole argument lists. The table
   * of domains knows it of the elementwise ops of this package.
   */
  readonly domain?: ReadonlyArray<fc.Arbitrary<number>> | fc.Arbitrary<ReadonlyArray<any>> | undefined
  /** The op's name in the names of the laws. */
  readonly name?: string | undefined
  /** Up to which order derivatives are checked: 2 by default. */
  readonly order?: number | undefined
  /** Which modes the function has: `"both"`, by default, or one alone. */
  readonly modes?: Modes | undefined
  /** Points at which an elementwise op is singular, to be hidden by a mask, beside NaN, infinities and zeros. */
  readonly poison?: ReadonlyArray<number> | undefined
  /** Is an elementwise op tried in float32 too? By default it is; close to a singularity differences of float32 have no digits. */
  readonly float32?: boolean | undefined
  /** Is the derivative of an elementwise op NaN where an operand is? By default it is; what selects may leave the NaN out. */
  readonly nan?: boolean | undefined
  /** Number of samples for each law: 8 by default. */
  readonly runs?: number | undefined
}

type Domain = NonNullable<PrimitiveOptions["domain"]>

const isArbitrary = (domain: Domain): domain is fc.Arbitrary<ReadonlyArray<any>> => domain instanceof fc.Arbitrary

const titled = <L extends Law<any>>(name: string, law: L): L => ({ ...law, name })

/** The laws of an elementwise op alone: float32, broadcasting, and what a mask hides. */
const elementwise = <E, R>(
  f: Program<ReadonlyArray<any>, E, R>,
  domains: ReadonlyArray<fc.Arbitrary<number>>,
  name: string,
  options: PrimitiveOptions
): ReadonlyArray<Law<Services<R>>> => [
  ...(options.float32 === false
    ? []
    : [
      titled(
        `${name} in float32: derivatives are limits of differences`,
        gradient(f, alike(domains, shape(), "float32"), { modes: options.modes })
      )
    ]),
  ...(domains.length < 2
    ? []
    : [
      titled(
        `${name}, broadcasting: derivatives are limits of differences`,
        gradient(f, broadcastable(domains), { modes: options.modes })
      )
    ]),
  ...(options.nan === false
    ? []
    : [titled(`${name}: where a value is NaN its derivative is`, nanStaysNaN(f, domains))]),
  law(`${name}: what is masked has no influence`, masked(domains), ({ m, seed, xs }) => {
    const program: Flat<E | OpError, R> = (xs) =>
      Effect.flatMap(run(f, xs), (ys) => Effect.forEach(ys, (y) => where(m, y, 0)))
    return refuteLeak(program, xs, [m], seed, options)
  })
]

/** The name under which this package exports an op, or that of a user's function. */
const opName = (f: Program<ReadonlyArray<any>, any, any>): string =>
  Object.entries(wengert).find(([, value]) => value === f)?.[0] ?? nameOf(f)

/** What the table of domains says of an op: each of its regions, and what is close to the edges of its domain. */
const regionsOf = (name: string): ReadonlyArray<PrimitiveOptions> => {
  const domain = Object.hasOwn(domains, name) ? domains[name as keyof typeof domains] : undefined
  if (domain?.kind !== "elementwise") {
    throw new TypeError(
      `Laws.primitive requires the domain of ${name}: the table of domains has regions of elementwise ops alone`
    )
  }
  return regular(name as keyof typeof domains).map((elements, i) =>
    i < domain.regions.length
      ? { domain: elements, poison: domain.singular }
      // close to a singularity differences of float32 have no digits
      : { domain: elements, float32: false }
  )
}

/** The battery on one domain. */
const laws = <E, R>(
  f: Program<ReadonlyArray<any>, E, R>,
  domain: Domain,
  name: string,
  { modes = "both", order = 2, runs = 8, ...options }: PrimitiveOptions
): ReadonlyArray<Law<Services<R>>> => {
  const at = isArbitrary(domain) ? domain : alike(domain)
  const named = Object.defineProperty((...args: ReadonlyArray<any>) => f(...args), "name", { value: name })
  const lines = battery.filter((line) => line.ops !== 0 && (modes === "both" || line.modes === modes))
  return [
    gradient(named, at, { modes, order }),
    ...lines.map(({ name: says, of, ops = runs }) => ({
      // laws need the services that the program needs
      ...of(named, at, at) as Law<Services<R>>,
      name: `${name}: ${says}`,
      runs: Math.min(ops, runs)
    })),
    ...(isArbitrary(domain) ? [] : elementwise(named, domain, name, { ...options, modes }))
  ].map((law) => ({ runs, ...law }))
}

/**
 * The battery for one op: all laws that every differentiable function obeys, on a domain where it is smooth.
 *
 * Derivatives are limits of differences up to `order`, by every mixture of modes; and every law holds that
 * `everything` says of random programs. An elementwise op, whose domain is given by operand, is also tried in float32,
 * with broadcasting, and behind a mask with NaN and its singular points in place of what is masked. Throws `TypeError`
 * where nobody says what the domain is.
 *
 * @example
 * ```ts
 * import { add, div, log } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.primitive(log, { runs: 2 }))
 *
 * const harmonic = (x: Tensor, y: Tensor) => div(1, add(div(1, x), div(1, y)))
 * const positive = Laws.real(0.5, 2)
 * const laws = Laws.primitive(harmonic, { domain: [positive, positive], poison: [0, -1] })
 * Laws.check(laws)
 * console.log(laws[0]?.name) // => harmonic: derivatives up to order 2 are limits of differences
 * ```
 */
export const primitive = <E, R>(
  f: Program<ReadonlyArray<any>, E, R>,
  options: PrimitiveOptions = {}
): ReadonlyArray<Law<Services<R>>> => {
  const { domain, name = opName(f) } = options
  if (domain !== undefined) return laws(f, domain, name, options)
  return regionsOf(opName(f)).flatMap(({ domain, ...region }, i, { length }) =>
    laws(f, domain!, length === 1 ? name : `${name}, region ${i + 1}`, {
      ...region,
      ...options,
      ...i > 0 && { runs: Math.min(3, options.runs ?? 3) }
    })
  )
}

/** How a custom rule is checked. */
export type CustomRuleOptions = Pick<PrimitiveOptions, "float32" | "modes" | "name" | "order" | "runs">

/** Arguments with float32 in place of float64. */
const inFloat32 = (args: ReadonlyArray<any>): ReadonlyArray<any> =>
  // the same structure with other leaves
  rebuild(
    args,
    leavesOf(args).map((x) =>
      x.dtype === "float64"
        ? wengert.Tensor.make(Effect.runSync(wengert.Tensor.data(x)), { shape: x.shape, dtype: "float32" }) as Tensor
        : x
    )
  ) as ReadonlyArray<any>

/**
 * The battery for a function with a rule of the user's, by `customJvp` or `customVjp`: everything that is said of the ops of
 * this package, at arguments that an arbitrary draws where the function is smooth.
 *
 * The rule gives the value of the function and the limit of its differences, up to `order` (2 by default); it is linear; forward
 * and reverse mode agree; it can be batched, compiled, masked, and written down; and it works on float32 too, unless
 * `float32` is false. A rule for reverse mode alone has `modes: "reverse"`. What breaks a law names the equation to blame.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { customJvp, div, mul, sqrt } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const root = customJvp((x: Tensor) => sqrt(x), ([x], [dx]) =>
 *   Effect.flatMap(sqrt(x), (y) => Effect.all([Effect.succeed(y), div(dx, mul(2, y))])))
 *
 * Laws.check(Laws.customRule(root, Laws.tensors([[3]], { elements: Laws.real(0.5, 2) })))
 * console.log("the rule is right") // => the rule is right
 * ```
 */
export const customRule = <Args extends ReadonlyArray<any>, E, R>(
  f: Program<Args, E, R>,
  at: fc.Arbitrary<Args>,
  { name = nameOf(f), ...options }: CustomRuleOptions = {}
): ReadonlyArray<Law<Services<R>>> => {
  // it is given what the arbitrary draws
  const program = f as Program<ReadonlyArray<any>, E, R>
  const { float32 = true, modes, runs = 8 } = options
  return [
    ...laws(program, at, name, options),
    ...(float32
      ? [{
        ...gradient(program, at.map(inFloat32), { modes }),
        name: `${name} in float32: derivatives are limits of differences`,
        runs
      }]
      : [])
  ]
}
