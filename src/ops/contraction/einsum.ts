/**
 * Einstein summation: a product of any number of tensors, whose axes are named by letters.
 */
import * as Effect from "effect/Effect"
import { describe, ShapeError, showShape } from "../../core/errors.ts"
import { operation } from "../../core/operation.ts"
import type { OpEffect } from "../../core/primitive.ts"
import { signed } from "../../core/signed.ts"
import type { Operand, Tensor } from "../../core/tensor.ts"
import type * as Typed from "../../types/signatures.ts"
import { diagonal } from "../movement/diagonals.ts"
import type { Labelled } from "./products.ts"
import { arrange, batchLabels, checkLabels, contract, factors } from "./products.ts"

/** The letters of the axes of one tensor, and at most one ellipsis. */
type Subscripts = ReadonlyArray<string>

const ellipsis = "..."

const refuse = (requirement: string, got: string): ShapeError =>
  new ShapeError({ op: "einsum", message: `einsum requires ${requirement}, got ${got}` })

/** What an equation requires of its next token, if that is not what comes. */
const requirement = (
  token: string,
  inputs: ReadonlyArray<Subscripts>,
  output: Subscripts | undefined
): string | undefined => {
  if (token === "->") return output && `a single "->"`
  if (token === ",") return output && "a single output"
  const term = output ?? inputs[inputs.length - 1]!
  if (token === ellipsis) return term.includes(token) ? `at most one "..." per term` : undefined
  if (!/^[a-z]$/i.test(token)) return `letters, "...", "," and "->"`
  if (output?.includes(token)) return "an output with distinct letters"
  return output && !inputs.some((input) => input.includes(token)) ? "an output with letters of the inputs" : undefined
}

/** Reads `inputs -> output`. Without an output, it has the ellipsis, then all letters that occur once, in order. */
const parse = (equation: string): { readonly inputs: ReadonlyArray<Subscripts>; readonly output: Subscripts } => {
  const inputs: Array<Array<string>> = [[]]
  let output: Array<string> | undefined
  if (typeof equation !== "string") throw refuse("an equation as its first argument", describe(equation))
  for (const { 0: token, index } of equation.matchAll(/->|\.\.\.|\S/g)) {
    const required = requirement(token, inputs, output)
    if (required !== undefined) throw refuse(required, `"${token}" at position ${index} of ${describe(equation)}`)
    if (token === "->") output = []
    else if (token === ",") inputs.push([])
    else (output ?? inputs[inputs.length - 1]!).push(token)
  }
  const all = inputs.flat()
  const once = all.filter((s) => s !== ellipsis && all.indexOf(s) === all.lastIndexOf(s)).sort()
  return { inputs, output: output ?? [...all.includes(ellipsis) ? [ellipsis] : [], ...once] }
}

/** Labels for letters, and for the `rest` axes that the ellipsis stands for. */
const labelsOf = (subscripts: Subscripts, rest: number): Array<string> =>
  subscripts.flatMap((s) => s === ellipsis ? batchLabels(rest) : [`label ${s}`])

/** How many axes the ellipsis stands for. */
const restOf = (subscripts: Subscripts, { shape }: Tensor): number => {
  const open = subscripts.includes(ellipsis)
  const rest = shape.length - subscripts.length + (open ? 1 : 0)
  if (open ? rest >= 0 : rest === 0) return rest
  throw refuse(`${open ? "at least " : ""}one axis for each letter of "${subscripts.join("")}"`, showShape(shape))
}

/** A label that occurs twice stands for a diagonal. */
const withoutRepeats = ({ labels, x }: Labelled): OpEffect<Labelled> => {
  const axis2 = labels.findIndex((label, i) => labels.indexOf(label) < i)
  if (axis2 < 0) return Effect.succeed({ x, labels })
  const axis1 = labels.indexOf(labels[axis2]!)
  const rest = labels.filter((_, i) => i !== axis1 && i !== axis2)
  return Effect.flatMap(
    diagonal(x, { axis1, axis2 }),
    (y) => withoutRepeats({ x: y, labels: [...rest, labels[axis2]!] })
  )
}

/**
 * The product of all operands, summed over the labels that the output does not name, as NumPy's `einsum` has it.
 *
 * A label that occurs twice in one operand takes the diagonal; `...` stands for axes that broadcast; without `->`, the
 * output has the labels that occur once, in alphabetical order. Operands are multiplied from left to right, two at a time.
 *
 * Float and int32, which wraps around. Fails with `ShapeError` for an equation that cannot be read, with the position, and
 * for operands that do not fit it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { einsum, Tensor } from "wengert"
 *
 * const a = Tensor.make([[1, 2], [3, 4]])
 * console.log(Effect.runSync(einsum("ij,j->i", a, Tensor.make([5, 6])))) // => tensor([17., 39.], float64)
 * console.log(Effect.runSync(einsum("ii", a))) // => tensor(5., float64)
 * ```
 */
export const einsum: Typed.Einsum = signed((equation: string, ...operands: ReadonlyArray<Operand>) =>
  operation("einsum", operands, (taken) => {
    const { inputs, output } = parse(equation)
    if (inputs.length !== taken.length) {
      throw refuse(`${inputs.length} operand${inputs.length === 1 ? "" : "s"} for "${equation}"`, `${taken.length}`)
    }
    return operation("einsum", factors("einsum", taken), (factors) => {
      // factors are tensors
      const tensors = factors as ReadonlyArray<Tensor>
      const rests = inputs.map((subscripts, i) => restOf(subscripts, tensors[i]!))
      const terms = inputs.map((subscripts, i) => ({ x: tensors[i]!, labels: labelsOf(subscripts, rests[i]!) }))
      checkLabels("einsum", terms)
      const rest = output.includes(ellipsis) ? Math.max(...rests) : 0
      if (rests.some((r) => r > rest)) throw refuse(`"..." in an output of operands that need it`, `"${equation}"`)
      return productOf(terms, labelsOf(output, rest))
    })
  })
)

const productOf = (terms: ReadonlyArray<Labelled>, output: ReadonlyArray<string>): OpEffect<Tensor> =>
  Effect.gen(function*() {
    let product = yield* withoutRepeats(terms[0]!)
    for (let i = 1; i < terms.length; i++) {
      const needed = [...output, ...terms.slice(i + 1).flatMap((term) => term.labels)]
      product = yield* contract(product, yield* withoutRepeats(terms[i]!), needed)
    }
    return yield* arrange(product, output)
  })
