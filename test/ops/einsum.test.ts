/**
 * `einsum` against the sum that it stands for: one loop over all values of all labels.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { einsum, grad, greater, log, mask, Tensor } from "wengert"
import type { Index, Plain } from "../support/naive.ts"
import { at, expectClose, failureOf, integers, plain, sum, tabulate, tensor, valuesOf } from "../support/naive.ts"

/** The labels of every operand, and of the output; numbers are axes that broadcast, counted from the right. */
interface Sum {
  readonly inputs: ReadonlyArray<ReadonlyArray<string | number>>
  readonly output: ReadonlyArray<string | number>
}

/** For every index of the output: the sum, over all other labels, of the product of all operands. */
const evaluate = ({ inputs, output }: Sum, xs: ReadonlyArray<Plain>): Plain => {
  const sizes = new Map<string | number, number>()
  inputs.forEach((labels, n) =>
    labels.forEach((l, i) =>
      sizes.set(l, sizes.get(l) === undefined || sizes.get(l) === 1 ? xs[n]!.shape[i]! : sizes.get(l)!)
    )
  )
  const summed = [...sizes.keys()].filter((l) => !output.includes(l))
  const sizesOf = (labels: ReadonlyArray<string | number>): Index => labels.map((l) => sizes.get(l)!)
  return tabulate(sizesOf(output), (outer) => {
    const terms = tabulate(sizesOf(summed), (inner) => {
      const value = new Map([
        ...output.map((l, i) => [l, outer[i]!] as const),
        ...summed.map((l, i) => [l, inner[i]!] as const)
      ])
      return inputs.reduce(
        (product, labels, n) => product * at(xs[n]!, labels.map((l, i) => xs[n]!.shape[i] === 1 ? 0 : value.get(l)!)),
        1
      )
    })
    return sum(terms.data)
  })
}

interface Case {
  readonly equation: string
  readonly sum: Sum
  readonly xs: ReadonlyArray<Plain>
}

const letters = ["a", "b", "c", "X"] as const
const sizes = fc.record({ a: fc.nat({ max: 2 }), b: fc.constant(2), c: fc.constant(3), X: fc.constant(1) })

/** Up to three operands: at random letters, also repeated, and an ellipsis; at random spaces, and an output. */
const cases: fc.Arbitrary<Case> = fc.record({
  sizes,
  front: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 2 }),
  inputs: fc.array(
    fc.record({
      labels: fc.array(fc.constantFrom(...letters), { maxLength: 3 }),
      ellipsis: fc.option(
        fc.record({
          place: fc.nat({ max: 3 }),
          rank: fc.nat({ max: 2 }),
          ones: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 })
        })
      )
    }),
    { minLength: 1, maxLength: 3 }
  ),
  explicit: fc.boolean(),
  order: fc.shuffledSubarray([...letters]),
  space: fc.constantFrom("", " ")
}).chain(({ explicit, front, inputs, order, sizes, space }) => {
  const terms = inputs.map(({ ellipsis, labels }) => {
    const place = Math.min(ellipsis?.place ?? 0, labels.length)
    const axes = Array.from({ length: ellipsis?.rank ?? 0 }, (_, i) => i - (ellipsis?.rank ?? 0))
    return {
      text: ellipsis === null ? labels.join("") : labels.toSpliced(place, 0, "..." as never).join(space),
      labels: (labels as ReadonlyArray<string | number>).toSpliced(place, 0, ...axes),
      shape: labels.map((l): number => sizes[l]).toSpliced(
        place,
        0,
        ...axes.map((i) => ellipsis!.ones[i + 2] ? 1 : front[i + 2]!)
      )
    }
  })
  const all = terms.flatMap((term) => term.labels)
  const rank = Math.max(0, ...inputs.map(({ ellipsis }) => ellipsis?.rank ?? 0))
  const broadcast = Array.from({ length: rank }, (_, i) => i - rank)
  const open = inputs.some(({ ellipsis }) => ellipsis !== null)
  const named = explicit
    ? order.filter((l) => all.includes(l))
    : letters.filter((l) => all.includes(l) && all.indexOf(l) === all.lastIndexOf(l)).toSorted()
  const output = `->${open ? "..." : ""}${named.join(space)}`
  return fc.tuple(...terms.map((term) => plain(term.shape, integers))).map((xs) => ({
    equation: `${terms.map((term) => term.text).join(`${space},${space}`)}${explicit ? `${space}${output}` : ""}`,
    sum: { inputs: terms.map((term) => term.labels), output: [...broadcast, ...named] },
    xs
  }))
})

describe("values", () => {
  it("are the sum that the equation stands for", () => {
    fc.assert(
      fc.property(cases, ({ equation, sum, xs }) =>
        expectClose(
          einsum(
            equation,
            ...xs.map((x) => tensor(x))
          ),
          evaluate(sum, xs)
        )),
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
