/**
 * The objectives of ADBench and their derivatives, beside the benchmark's hand-written C++.
 */
import { Effect } from "effect"
import { jit } from "wengert"
import { isAvailable, skipped } from "../examples/adbench/data.ts"
import { agree, measure, table, warnIfBusy } from "./measure.ts"
import { problems, squaredNorm } from "./problems.ts"

/**
 * Medians of ADBench's own C++ with derivatives by hand (-O3 -march=native -ffast-math, one core), in milliseconds: objective
 * and derivative. They come from the README of the data, and are no measurement of this run.
 */
const cpp: { readonly [problem: string]: readonly [objective: number, derivative: number] } = {
  "gmm d10_K5": [0.33, 0.59],
  "gmm d10_K25": [1.45, 2.81],
  "gmm d10_K200": [11.1, 22.3],
  "lstm l2_c1024": [1.25, 8.01],
  "ba1 n49_m7776_p31843": [0.95, 3.52],
  "ba4 n372_m47423_p204472": [5.7, 20.1],
  "hand1 t26_c100": [0.08, 0.39],
  "hand5 t26_c800": [0.08, 0.55]
}

const adbench = (): void => {
  console.log("ADBench: milliseconds for an objective and its derivative, and for hand-written C++\n")
  if (!isAvailable) {
    console.log(skipped("the objectives of ADBench"))
    return
  }
  const rows = problems().map(({ derivative, expected, name, objective, parameters }) => {
    const [value, slope] = [objective, derivative].map((program, i) => {
      const written = jit(program)
      const call = () => Effect.runSync(written(parameters))
      const start = performance.now()
      agree(name, Effect.runSync(squaredNorm(call())), expected[i]!)
      const first = performance.now() - start
      return { first, again: measure(call).milliseconds, cpp: cpp[name]![i]! }
    }) as [Times, Times]
    return [
      name,
      value.again,
      value.cpp,
      value.again / value.cpp,
      slope.again,
      slope.cpp,
      slope.again / slope.cpp,
      slope.again / value.again,
      slope.first
    ]
  })
  const headings = ["objective", "C++", "ratio", "derivative", "C++", "ratio", "derivative / objective", "first call"]
  table(["", ...headings], rows)
  warnIfBusy()
}

/** Milliseconds of the first call, with everything that is done once, and of the later ones. */
interface Times {
  readonly first: number
  readonly again: number
  readonly cpp: number
}

adbench()
