/**
 * The battery: all laws that hold of an op, or of a custom rule, on a domain where it is smooth.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { where } from "../src/index.ts"
import { alike, broadcastable, shape } from "./arbitraries.ts"
import type { Law } from "./check.ts"
import { nameOf } from "./check.ts"
import { duality, valueUnchanged } from "./duality.ts"
import { gradient } from "./gradient.ts"
import { jvpLinear, linearizeIsJvp, vjpLinear } from "./linearity.ts"
import { masksAddUp, neverLeaks } from "./masks.ts"
import type { Program } from "./trees.ts"

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
  /** Points at which an elementwise op is singular, to be hidden by a mask, beside NaN, infinities and zeros. */
  readonly poison?: ReadonlyArray<number> | undefined
  /** Number of samples for each law: 8 by default. */
  readonly runs?: number | undefined
}

const isArbitrary = (domain: PrimitiveOptions["domain"]): domain is fc.Arbitrary<ReadonlyArray<any>> =>
  domain instanceof fc.Arbitrary

/** The laws of an elementwise op alone: broadcasting, float32, and what a mask hides at each operand. */
const elementwise = <E, R>(
  f: Program<ReadonlyArray<any>, E, R>,
  domains: ReadonlyArray<fc.Arbitrary<number>>,
  name: string,
  options: PrimitiveOptions
): ReadonlyArray<Law<R>> => [
  titled(`${name} in float32: derivatives are limits of differences`, gradient(f, alike(domains, shape(), "float32"))),
  ...(domains.length < 2
    ? []
    : [titled(`${name}, broadcasting: derivatives are limits of differences`, gradient(f, broadcastable(domains)))]),
  ...domains.map((domain, operand) =>
    titled(
      `${name}: what is masked at operand ${operand} has no influence`,
      neverLeaks(
        (x: Tensor, m: Tensor<any, "bool">) => {
          const operands = domains.map((_, i) => i === operand ? x : others.get(m)?.[i] ?? x)
          return Effect.flatMap(f(...operands) as Effect.Effect<Tensor, E, R>, (y) => where(m, y, 0))
        },
        domain,
        { order: options.order, poison: options.poison }
      )
    )
  )
]

const titled = <R>(name: string, law: Law<R>): Law<R> => ({ ...law, name })
