/**
 * Every law of random programs.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import { logicalNot, mul } from "../src/index.ts"
import type { Line } from "./battery.ts"
import { battery } from "./battery.ts"
import type { Law } from "./check.ts"
import { exact } from "./exactness.ts"
import { gradient } from "./gradient.ts"
import type { ProgramOptions } from "./programs.ts"
import { everyProgram } from "./programs.ts"
import { isFloat } from "./trees.ts"
import { writesOut } from "./unrolling.ts"

/** The arguments, smaller, or with everything the other way round: each row of a batch in its own way. */
const rows = (args: ReadonlyArray<Tensor>): fc.Arbitrary<ReadonlyArray<Tensor>> =>
  fc.constantFrom(1, -0.875, 0.75, -0.5).map((scale) =>
    args.map((x): Tensor =>
      x.dtype === "int32"
        ? x
        : isFloat(x)
        ? Effect.runSync(mul(x, scale))
        : scale > 0
        ? x
        : Effect.runSync(logicalNot(x as Tensor<any, "bool">))
    )
  )

/** Programs have kinks where their arguments do not say so. */
const lines: ReadonlyArray<Line> = [
  {
    name: "derivatives are limits of differences",
    of: (f, at) => gradient(f, at, { order: 2, kinks: "between" }),
    programs: { language: "differentiable", runs: 50 }
  },
  {
    name: "derivatives of order 3 are limits of differences",
    of: (f, at) => gradient(f, at, { order: 3 }),
    programs: { language: "smooth", length: 5, runs: 15 }
  },
  ...battery
]

/** A law of random programs, on arguments of a kind. */
const said = ({ name, of, programs: { runs = 40, ...options } = {} }: Line, more: ProgramOptions = {}): Law => ({
  ...everyProgram(name, (f, args) => of(f, args, rows(args)), { language: "all", ...options, ...more }),
  runs
})

/**
 * Every law of random programs, as the tests and `npm run laws` check them.
 *
 * @example
 * ```ts
 * import { Laws } from "wengert/laws"
 *
 * for (const law of Laws.everything()) Laws.check(law, { runs: 1 })
 * ```
 */
export const everything = (): ReadonlyArray<Law> => [
  ...lines.map((line) => said(line)),
  ...lines.filter(({ anywhere }) => anywhere)
    .map((line) => said({ ...line, name: `${line.name}, whatever the arguments` }, { elements: "special" })),
  ...writesOut({ language: "all" }).map((law) => ({ ...law, runs: 25 })),
  { ...exact({ order: 1 }), runs: 60 },
  { ...exact({ order: 3, length: 5 }), runs: 25 }
]
