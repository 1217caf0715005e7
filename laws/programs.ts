/**
 * Random programs over the whole language: always well-typed, and regular at the arguments that come along.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import * as wengert from "../src/index.ts"
import { real, special } from "./arbitraries.ts"
import type { Point } from "./blame.ts"
import type { Law, Services } from "./check.ts"
import { law } from "./check.ts"
import { branches, loops, transformations } from "./language/control.ts"
import { algebra, kinked, selection, smooth, steps } from "./language/elementwise.ts"
import type { Dialect } from "./language/grammar.ts"
import { gene, grammar } from "./language/grammar.ts"
import { matrices } from "./language/matrices.ts"
import { print } from "./language/print.ts"
import { random } from "./language/random.ts"
import { run } from "./language/run.ts"
import type { Block, Shape, Type, Word } from "./language/syntax.ts"
import { size } from "./language/syntax.ts"
import { contractions, convolutions, indexing, movements, reductions } from "./language/tensors.ts"
import { run as leavesBy } from "./trees.ts"

/** A random program with arguments for it. */
export interface RandomProgram {
  /** The program; as a string it is its own source, to be pasted into a test. */
  readonly f: (...args: ReadonlyArray<Tensor>) => Effect.Effect<Tensor | ReadonlyArray<Tensor>, any>
  readonly args: ReadonlyArray<Tensor>
}

/** What a random program may say. */
export type Language =
  /** Everything. */
  | "all"
  /** All but `stopGradient`, whose derivative is not what differences say. */
  | "differentiable"
  /** What has derivatives of all orders at every argument. */
  | "smooth"

/** How random programs are drawn. */
export interface ProgramOptions {
  /** What they may say: `"differentiable"` by default. */
  readonly language?: Language | undefined
  /** The most steps, those of sub-programs not counted: 8 by default. */
  readonly length?: number | undefined
  /**
   * The elements of their arguments: where programs are regular, by default, or also zeros of either sign, ties, the
   * smallest and the largest numbers, infinities and NaN, for laws that speak of these.
   */
  readonly elements?: "regular" | "special" | undefined
}

const families: ReadonlyArray<ReadonlyArray<Word>> = [
  algebra,
  smooth,
  reductions,
  movements,
  smooth,
  loops,
  contractions,
  kinked,
  branches,
  indexing,
  selection,
  transformations,
  steps,
  loops,
  transformations,
  matrices,
  random,
  convolutions
]

const speaks: { readonly [L in Language]: (word: Word) => boolean } = {
  all: () => true,
  differentiable: ({ name }) => name !== "stopGradient",
  smooth: ({ manner }) => manner === "smooth"
}

const dialectOf = (will: (word: Word) => boolean, squash: Dialect["squash"] = "tanh"): Dialect => ({
  families: families.map((family) => family.filter(will)).filter((family) => family.length > 0),
  squash
})

/** Where programs are regular: short numbers, each a little off by its own amount, so that none tie. */
const generic = real(-1.4, 1.4)
// the fractions of multiples of the golden ratio are the most evenly spread
const offset = (i: number): number => Math.round((i + 1) * 0.6180339887 % 1 * 96) / 1024

/** Whole numbers and halves, which tie and are kinks; zeros of either sign. */
const tied = fc.constantFrom(0, 1, -1, 2, -0, 0.5, -2)

/** What arithmetic has to say something of, too: a third of the elements. */
const any = fc.oneof(generic, tied, fc.constantFrom(...special, 2 ** -1040, -(2 ** -126), 1e300, -1e17))
const pools = { regular: generic, tied, special: any }

const float = (shape: Shape, dtype: Tensor["dtype"], high = 1.5): Type => ({ shape, dtype, low: -high, high })
const shapes: ReadonlyArray<Shape> = [[], [3], [2, 3], [2, 2], [1]]
const others: ReadonlyArray<Type> = [
  { shape: [], dtype: "bool", low: 0, high: 1 },
  { shape: [3], dtype: "bool", low: 0, high: 1 },
  { shape: [], dtype: "int32", low: 0, high: 2 },
  { shape: [3], dtype: "int32", low: 0, high: 2 }
]

/** The key of a program as data: samples are shown without it. */
export const Syntax = Symbol("syntax")

/** As many elements as arguments have at most. */
const poolSize = 18 + 6

/** A program and arguments, with the program as data. */
export interface Written extends RandomProgram {
  readonly [Syntax]: Block
}

const written = (block: Block, args: ReadonlyArray<Tensor>): Written => {
  const f = run(wengert, block)
  return {
    f: Object.assign((...xs: ReadonlyArray<Tensor>) => f(...xs), { toString: () => print(block) }),
    args,
    [Syntax]: block
  }
}

/** Programs of a dialect, with arguments of which at least one is a float. */
const programsOf = (
  dialect: Dialect,
  { elements, length, precise }: {
    readonly elements: keyof typeof pools
    readonly length: number
    readonly precise: boolean
  }
): fc.Arbitrary<Written> => {
  const write = grammar(dialect)
  return fc.record({
    // arrays shrink from the front; the end lets the last steps go
    genes: fc.array(gene(2), { minLength: 1, maxLength: length }),
    end: fc.integer({ min: 1, max: length }),
    floats: fc.array(fc.constantFrom(...shapes), { minLength: 1, maxLength: 3 }),
    others: fc.subarray([...others], { maxLength: 2 }),
    dtype: fc.constantFrom(...(precise ? ["float64"] as const : ["float64", "float64", "float64", "float32"] as const)),
    // the elements of all arguments, one after the other
    pool: fc.array(pools[elements], { minLength: poolSize, maxLength: poolSize })
  }).map(({ dtype, end, floats, genes, others, pool }) => {
    const types = [...floats.map((shape) => float(shape, dtype, elements === "tied" ? 2 : 1.5)), ...others]
    let next = 0
    const element = (dtype: Tensor["dtype"]): number => {
      const i = next++ % poolSize
      const x = pool[i]!
      return dtype === "bool"
        ? Number(x > 0)
        : dtype === "int32"
        ? Math.floor(Math.abs(x) * 2) % 3 || 0
        : elements === "regular"
        ? x + offset(i)
        : x
    }
    const args = types.map(({ dtype, shape }) =>
      wengert.Tensor.make(Array.from({ length: size(shape) }, () => element(dtype)), { shape, dtype }) as Tensor
    )
    return written(write(genes.slice(0, end), types), args)
  })
}

/**
 * Random programs of one to three float arguments, bools and whole numbers beside them, and up to `length` steps (8 by
 * default), each a word of the whole language: ops on domains where they are regular, choices by what was computed,
 * branches, loops and transformations of sub-programs, which see what is around them.
 *
 * They are regular at the arguments that come along; results are a tensor or an array of up to three. They shrink to
 * shorter programs. For laws of your own about all programs: an optimiser that must not change a value, a document that
 * must read back.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as fc from "fast-check"
 * import { Trace, trace } from "wengert"
 * import { Laws } from "wengert/laws"
 *
 * const { args, f } = fc.sample(Laws.program(), { seed: 42, numRuns: 1 })[0]!
 * const list = Effect.runSync(trace(f)(...args))
 * const [one, other] = [Trace.evaluate(list, args), f(...args)].map((y) => String(Effect.runSync(y)))
 * console.log(one === other) // => true
 * ```
 */
export const program: (options?: ProgramOptions) => fc.Arbitrary<RandomProgram> = (options) => writtenProgram(options)

/** Random programs, as data too. */
export const writtenProgram = (
  { elements = "regular", language = "differentiable", length = 8 }: ProgramOptions = {}
): fc.Arbitrary<Written> => programsOf(dialectOf(speaks[language]), { elements, length, precise: false })

/** Programs that exact arithmetic can compute, at arguments that tie. */
export const exactProgram = (
  will: (word: Word) => boolean,
  { length = 8 }: { readonly length?: number | undefined } = {}
): fc.Arbitrary<Written> => programsOf(dialectOf(will, "clip"), { elements: "tied", length, precise: true })

/**
 * A law holds of all programs: of each of `Laws.program()`.
 *
 * @example
 * ```ts
 * import { Laws } from "wengert/laws"
 *
 * Laws.check(Laws.everyProgram("reverse mode is adjoint to forward mode", Laws.duality), { runs: 5 })
 * ```
 */
export const everyProgram = <R = never>(
  name: string,
  of: (f: RandomProgram["f"], args: ReadonlyArray<Tensor>) => Law<R>,
  options: ProgramOptions = {}
): Law<Services<R>> => {
  const at = ({ program: { args, f }, seed }: Drawn) => {
    const { about, arbitrary, refute } = of(f, args)
    const sample = fc.sample(arbitrary, { seed, numRuns: 1 })[0]
    return { about, refute, sample }
  }
  const drawn: fc.Arbitrary<Drawn> = fc.record({ program: program(options), seed: fc.nat(999) })
  return {
    ...law(`every program: ${name}`, drawn, (given: Drawn) => {
      const { refute, sample } = at(given)
      return refute(sample)
    }),
    about: (given: Drawn) => {
      const { about, sample } = at(given)
      // laws need the services that the program needs
      const point = about?.(sample) as Point<any, Services<R>> | undefined
      // where a random program is put together tells nothing
      return point && {
        args: point.args,
        f: (...args) => Effect.provideService(leavesBy(point.f, args), wengert.CaptureSites, false)
      }
    }
  }
}

/** A random program, and the seed of what a law draws for it. */
interface Drawn {
  readonly program: RandomProgram
  readonly seed: number
}
