/**
 * Genes, and the programs that they describe. Every list of genes describes a program, so that genes may be drawn,
 * left out and made smaller at will: what results is well-typed, and shorter if the list is.
 */
import * as fc from "fast-check"
import { conform } from "./conform.ts"
import type { Block, Signature, Step, Type, Word } from "./syntax.ts"
import { isFloatType, size } from "./syntax.ts"

/** A step: a family of words, a word of it, operands counted back from the newest that will do, and a free choice. */
export interface Gene {
  readonly family: number
  readonly word: number
  readonly picks: ReadonlyArray<number>
  readonly dial: number
  /** The steps of sub-programs, should the word have any. */
  readonly inner: ReadonlyArray<Gene>
  /** 0 has the inner steps in place of the word, so that what is inside of a sub-program can come out. */
  readonly wrap: number
}

/** A choice of words, by family. What comes first is what others shrink to. */
export interface Dialect {
  readonly families: ReadonlyArray<ReadonlyArray<Word>>
  /** How values are brought into a range: smoothly, or in exact arithmetic. */
  readonly squash: "tanh" | "clip"
}

/** Genes with sub-programs up to a depth. */
export const gene = (depth: number): fc.Arbitrary<Gene> =>
  fc.record({
    family: fc.nat(31),
    word: fc.nat(63),
    picks: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
    dial: fc.nat(7),
    wrap: fc.nat(15),
    inner: depth === 0 ? fc.constant([]) : fc.array(gene(depth - 1), { maxLength: 3 })
  })

/** Genes, and in place of some of them what is inside. */
const unwrapped = (genes: ReadonlyArray<Gene>): ReadonlyArray<Gene> =>
  genes.flatMap((gene) => gene.wrap === 0 && gene.inner.length > 0 ? unwrapped(gene.inner) : [gene])

/** The most elements of a value, and the largest number that it may hold as far as is known. */
const limits = { size: 36, value: 500 }

const isSmall = ({ high, low, shape }: Type): boolean =>
  size(shape) <= limits.size && (Math.max(-low, high) <= limits.value || low === -Infinity)

/** Operands that will do for a word: those that the gene picks, else the newest that fit. */
const fitted = (word: Word, types: ReadonlyArray<Type>, { dial, picks }: Gene) => {
  const choices = word.takes.map((will, k) => {
    const found = types.flatMap((type, i) => will(type) ? [i] : []).reverse()
    const first = found.length === 0 ? 0 : picks[k % picks.length]! % found.length
    return [...found.slice(first), ...found.slice(0, first)]
  })
  // the last operand adapts to those before
  const before = choices.slice(0, -1).map((found) => found[0])
  if (before.includes(undefined)) return undefined
  for (const last of choices.at(-1) ?? []) {
    const operands = [...before as ReadonlyArray<number>, last]
    const phrase = word.fit(operands.map((i) => types[i]!), dial)
    if (phrase !== undefined) return { operands, phrase }
  }
  return undefined
}

/** Writes blocks down in a dialect. */
export const grammar = ({ families, squash }: Dialect) => {
  /** The step that a gene describes, if its word applies to anything. */
  const stepOf = (gene: Gene, types: ReadonlyArray<Type>): Step | undefined => {
    const family = families[gene.family % families.length]!
    const found = fitted(family[gene.word % family.length]!, types, gene)
    if (found === undefined) return undefined
    const { operands, phrase } = found
    const signatures = phrase.blocks ?? []
    const blocks = signatures.map((signature, k) =>
      // two branches share the genes out
      blockOf(gene.inner.filter((_, i) => i % signatures.length === k), signature, types)
    )
    const gives = phrase.gives(blocks.map((b) => b.results))
    return gives.every(isSmall) ? { phrase, operands, blocks: blocks.map((b) => b.block), types: gives } : undefined
  }
  /** The variables and steps that genes describe, after what is around them. */
  const stepsOf = (genes: ReadonlyArray<Gene>, around: ReadonlyArray<Type>) => {
    const types = [...around]
    const steps: Array<Step> = []
    for (const gene of unwrapped(genes)) {
      const step = stepOf(gene, types)
      if (step === undefined) continue
      steps.push(step)
      types.push(...step.types)
    }
    return { steps, types }
  }
  /** The newest variables that will do as results, each used once as long as there are others. */
  const blockOf = (
    genes: ReadonlyArray<Gene>,
    { isClosed, params, results: wanted }: Signature,
    outside: ReadonlyArray<Type>
  ): { readonly block: Block; readonly results: ReadonlyArray<Type> } => {
    const around = isClosed ? [] : outside
    const { steps, types } = stepsOf(genes, [...around, ...params])
    const results: Array<number> = []
    for (const want of wanted) {
      const newest = types.flatMap((type, i) => isFloatType(type) && !results.includes(i) ? [i] : []).at(-1) ??
        types.findLastIndex(isFloatType)
      const step = want === undefined ? undefined : conform(types[newest]!, want, squash)
      if (step === undefined) {
        results.push(newest)
        continue
      }
      results.push(types.length)
      steps.push({ phrase: step, operands: [newest], blocks: [], types: [want!] })
      types.push(want!)
    }
    return { block: { outer: around.length, params, steps, results }, results: results.map((i) => types[i]!) }
  }
  /** A whole program: it gives what it computes and does not use, up to three floats, so that all of it matters. */
  return (genes: ReadonlyArray<Gene>, params: ReadonlyArray<Type>): Block => {
    const { steps, types } = stepsOf(genes, params)
    const used = new Set(steps.flatMap(usedBy))
    const floats = types.flatMap((type, i) => isFloatType(type) ? [i] : [])
    const unused = floats.filter((i) => i >= params.length && !used.has(i))
    return { outer: 0, params, steps, results: unused.length === 0 ? [floats.at(-1)!] : unused.slice(-3) }
  }
}

/** The variables that a step reads, of those around it too. */
const usedBy = ({ blocks, operands }: Step): ReadonlyArray<number> => [
  ...operands,
  ...blocks.flatMap((b) => [...b.results, ...b.steps.flatMap(usedBy)].filter((i) => i < b.outer))
]
