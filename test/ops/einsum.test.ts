/**
 * `einsum` against the sum that it stands for: one loop over all values of all labels.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { einsum, grad, greater, log, mask, Tensor } from "wengert"
import type { Index, Plain } from "../support/naive.ts"
import {
  at,
  expectClose,
  failureOf,
  indicesOf,
  integers,
  plain,
  sum,
  tabulate,
  tensor,
  valuesOf
} from "../support/naive.ts"

/** The labels of every operand, and of the output. */
interface Sum {
  readonly inputs: ReadonlyArray<ReadonlyArray<string>>
  readonly output: ReadonlyArray<string>
}

/** For every index of the output: the sum, over all other labels, of the product of all operands. */
const evaluate = ({ inputs, output }: Sum, xs: ReadonlyArray<Plain>): Plain => {
  const sizes = new Map<string, number>()
  for (const [n, labels] of inputs.entries()) {
    for (const [i, l] of labels.entries()) sizes.set(l, Math.max(sizes.get(l) ?? 0, xs[n]!.shape[i]!))
  }
  const labels = [...output, ...[...sizes.keys()].filter((l) => !output.includes(l))]
  const shape = labels.map((l) => sizes.get(l)!)
  const product = (index: Index) =>
    inputs.reduce((product, own, n) => {
      const place = own.map((l, i) => xs[n]!.shape[i] === 1 ? 0 : index[labels.indexOf(l)]!)
      return product * at(xs[n]!, place)
    }, 1)
  return tabulate(
    shape.slice(0, output.length),
    (outer) => sum(indicesOf(shape.slice(output.length)).map((inner) => product([...outer, ...inner])))
  )
}

/** A letter, or an ellipsis, with the labels and sizes of the axes that it stands for. */
interface Token {
  readonly text: string
  readonly axes: ReadonlyArray<readonly [label: string, size: number]>
}

const letters = ["X", "a", "b", "c"]

/** Letters, also repeated, and at random an ellipsis, some of whose axes have size 1. */
const term = (
  sizes: Readonly<Record<string, number>>,
  front: ReadonlyArray<number>
): fc.Arbitrary<ReadonlyArray<Token>> => {
  const ellipsis = fc.array(fc.boolean(), { maxLength: front.length }).map((ones): Token => ({
    text: "...",
    axes: ones.map((one, i) => [`${i - ones.length}`, one ? 1 : front.at(i - ones.length)!])
  }))
  return fc.tuple(fc.array(fc.constantFrom(...letters), { maxLength: 3 }), fc.option(ellipsis), fc.nat({ max: 3 }))
    .map(([named, dots, place]) => {
      const tokens = named.map((l): Token => ({ text: l, axes: [[l, sizes[l]!]] }))
      return dots === null ? tokens : tokens.toSpliced(place, 0, dots)
    })
}

const terms = fc.tuple(fc.nat({ max: 2 }), fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constant(2)))
  .chain(([a, front]) => fc.array(term({ a, b: 2, c: 3, X: 1 }, front), { minLength: 1, maxLength: 3 }))

/** Equations with and without an output, with and without spaces, and operands for them. */
const cases = fc.tuple(terms, fc.option(fc.shuffledSubarray(letters)), fc.constantFrom("", " ")).chain(
  ([inputs, order, space]) => {
    const tokens = inputs.flat()
    const axes = tokens.flatMap((token) => token.axes.map(([label]) => label))
    const broadcast = ["-2", "-1"].filter((l) => axes.includes(l))
    const once = letters.filter((l) => axes.includes(l) && axes.indexOf(l) === axes.lastIndexOf(l))
    const named = order?.filter((l) => axes.includes(l)) ?? once
    const output = [...tokens.some(({ text }) => text === "...") ? ["..."] : [], ...named]
    const text = inputs.map((term) => term.map((token) => token.text).join(space)).join(`${space},${space}`)
    const meaning: Sum = {
      inputs: inputs.map((term) => term.flatMap((token) => token.axes.map(([label]) => label))),
      output: [...broadcast, ...named]
    }
    const shapes = inputs.map((term) => term.flatMap((token) => token.axes.map(([, size]) => size)))
    return fc.tuple(
      fc.constant(order === null ? text : `${text}${space}->${output.join(space)}`),
      fc.constant(meaning),
      fc.tuple(...shapes.map((shape) => plain(shape, integers)))
    )
  }
)

describe("values", () => {
  it("are the sum that the equation stands for", () => {
    fc.assert(
      fc.property(
        cases,
        ([equation, meaning, xs]) => expectClose(einsum(equation, ...xs.map((x) => tensor(x))), evaluate(meaning, xs))
      ),
      { numRuns: 500 }
    )
  })

  it("numbers are operands without axes", () => {
    fc.assert(
      fc.property(plain([2]), (x) =>
        expectClose(einsum(",i->i", 2, tensor(x)), {
          shape: [2],
          data: x.data.map((v) => 2 * v)
        }))
    )
  })

  it("keep float32 and int32", () => {
    fc.assert(fc.property(plain([2, 2], integers), (x) => {
      for (const dtype of ["float32", "int32"] as const) {
        const program = einsum("ij,kj->ik", tensor(x, dtype), tensor(x, dtype))
        expect(valuesOf(program).dtype).toBe(dtype)
        expectClose(program, evaluate({ inputs: [["i", "j"], ["k", "j"]], output: ["i", "k"] }, [x, x]))
      }
    }))
  })
})

describe("errors", () => {
  const x: Tensor = Tensor.ones([2, 3])
  const refusal = (equation: string, ...xs: ReadonlyArray<Tensor>) => failureOf(einsum(equation, ...xs))

  it.each([
    ["ij,k?", `letters, "...", "," and "->", got "?" at position 4 of "ij,k?"`],
    ["i.j", `letters, "...", "," and "->", got "." at position 1 of "i.j"`],
    ["ij - > i", `letters, "...", "," and "->", got "-" at position 3 of "ij - > i"`],
    ["ij->i->j", `a single "->", got "->" at position 5 of "ij->i->j"`],
    ["ij->i,j", `a single output, got "," at position 5 of "ij->i,j"`],
    ["...i...", `at most one "..." per term, got "..." at position 4 of "...i..."`],
    ["ij->ii", `an output with distinct letters, got "i" at position 5 of "ij->ii"`],
    ["ij->ik", `an output with letters of the inputs, got "k" at position 5 of "ij->ik"`]
  ])("%s cannot be read", (equation, message) => {
    expect(refusal(equation, x)).toEqual(["ShapeError", `einsum requires ${message}`])
  })

  it("operands that do not fit", () => {
    expect(refusal("ij,jk", x)).toEqual(["ShapeError", `einsum requires 2 operands for "ij,jk", got 1`])
    expect(refusal("ij", x, x)).toEqual(["ShapeError", `einsum requires 1 operand for "ij", got 2`])
    expect(refusal("i", x)).toEqual(["ShapeError", `einsum requires one axis for each letter of "i", got [2, 3]`])
    expect(refusal("...ijk", x))
      .toEqual(["ShapeError", `einsum requires at least one axis for each letter of "...ijk", got [2, 3]`])
    expect(refusal("ij,jk", x, x))
      .toEqual(["ShapeError", "einsum requires label j to have one size, got 3 and 2 in [2, 3] and [2, 3]"])
    expect(refusal("ii", x)).toEqual(["ShapeError", "einsum requires label i to have one size, got 2 and 3 in [2, 3]"])
    expect(refusal("...i,...j", x, Tensor.ones([3, 2])))
      .toEqual(["ShapeError", "einsum requires batch axis -1 to have one size, got 2 and 3 in [2, 3] and [3, 2]"])
    expect(refusal("i...->i", x))
      .toEqual(["ShapeError", `einsum requires "..." in an output of operands that need it, got "i...->i"`])
  })

  it("dtypes", () => {
    expect(refusal("i", tensor({ shape: [1], data: [1] }, "bool"))[0]).toBe("DTypeError")
    expect(refusal("i,i", Tensor.ones([1]), tensor({ shape: [1], data: [1] }, "int32")))
      .toEqual(["DTypeError", "einsum requires operands of one dtype, got float64 and int32; use cast"])
  })
})

describe("derivatives", () => {
  it("of a trilinear form: the sum without that factor", () => {
    fc.assert(
      fc.property(fc.tuple(plain([2, 3], integers), plain([3, 2], integers), plain([2], integers)), ([a, b, c]) => {
        const f = (x: Tensor) => einsum("ij,jk,k->", tensor(a), x, tensor(c))
        expectClose(grad(f)(tensor(b)), evaluate({ inputs: [["i", "j"], ["k"]], output: ["j", "k"] }, [a, c]))
      })
    )
  })

  it("of a diagonal; what a mask leaves out has no influence", () => {
    const f = (x: Tensor) => einsum("ii", mask(log(x), greater(x, 0)))
    expectClose(grad(f)(Tensor.make([[2, 0], [0, 0]])), { shape: [2, 2], data: [1 / 2, 0, 0, 0] })
  })
})
