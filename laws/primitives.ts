/**
 * The battery: all laws that hold of an op, or of a custom rule, on a domain where it is smooth.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { OpError } from "../src/index.ts"
import { where } from "../src/index.ts"
import { alike, broadcastable, shape } from "./arbitraries.ts"
import { battery } from "./battery.ts"
import type { Law, Services } from "./check.ts"
import { law, nameOf } from "./check.ts"
import { gradient } from "./gradient.ts"
import { masked, refuteLeak } from "./leaks.ts"
import type { Modes } from "./modes.ts"
import { nanStaysNaN } from "./nans.ts"
import type { Flat, Program } from "./trees.ts"
import { run } from "./trees.ts"

/** What the battery has to know of an op. */
export interface PrimitiveOptions {
  /**
   * Where the op is smooth: the elements of each operand, for an elementwise op; or else whole argument lists.
   */
  readonly domain: ReadonlyArray<fc.Arbitrary<number>> | fc.Arbitrary<ReadonlyArray<any>>
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

const isArbitrary = (domain: PrimitiveOptions["domain"]): domain is fc.Arbitrary<ReadonlyArray<any>> =>
  domain instanceof fc.Arbitrary

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

/**
 * The battery for one op, or for a function with a custom rule: all laws that every differentiable function obeys, on
 * a domain where it is smooth.
 *
 * Derivatives are limits of differences up to `order`, by every mixture of modes; and every law holds that
 * `everything` says of random programs. An elementwise op, whose domain is given by operand, is also tried in float32,
 * with broadcasting, and behind a mask with NaN and its singular points in place of what is masked.
 *
 * @example
 * ```ts
 * import { add, div } from "wengert"
 * import type { Tensor } from "wengert"
 * import { Laws } from "wengert/laws"
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
  options: PrimitiveOptions
): ReadonlyArray<Law<Services<R>>> => {
  const { domain, modes = "both", name = nameOf(f), order = 2, runs = 8 } = options
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
    ...(isArbitrary(domain) ? [] : elementwise(named, domain, name, options))
  ].map((law) => ({ runs, ...law }))
}
