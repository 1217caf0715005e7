/**
 * Random programs: lists of smooth ops on earlier values, always well-typed, which shrink to short lists.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Tensor } from "../src/index.ts"
import * as w from "../src/index.ts"
import { real, tensor } from "./arbitraries.ts"
import type { Law, Services } from "./check.ts"
import { law } from "./check.ts"

type Shape = ReadonlyArray<number>
type Value = Effect.Effect<Tensor, any> | Tensor

/** A random program with arguments for it. */
export interface RandomProgram {
  /** The program; as a string it is its own source. */
  readonly f: (...args: ReadonlyArray<Tensor>) => Effect.Effect<Tensor, any>
  readonly args: ReadonlyArray<Tensor>
}

/** What a step of a program does to one value, or two that broadcast. */
interface Word {
  readonly text: (x: string, y: string) => string
  readonly apply: (x: Tensor, y: Tensor) => Value
  /** The shape of the result, or nothing where the op does not apply. */
  readonly shape: (x: Shape, y: Shape) => Shape | undefined
}

const broadcast = (x: Shape, y: Shape): Shape | undefined => {
  const rank = Math.max(x.length, y.length)
  const at = (s: Shape, i: number) => s[i - rank + s.length] ?? 1
  const dims = Array.from({ length: rank }, (_, i) => [at(x, i), at(y, i)] as const)
  return dims.every(([a, b]) => a === b || a === 1 || b === 1) ? dims.map(([a, b]) => Math.max(a, b)) : undefined
}

const unary = (name: string, apply: (x: Tensor) => Value): Word => ({
  text: (x) => `${name}(${x})`,
  apply,
  shape: (x) => x
})

const binary = (name: string, apply: (x: Tensor, y: Tensor) => Value): Word => ({
  text: (x, y) => `${name}(${x}, ${y})`,
  apply,
  shape: broadcast
})

/** An op on values with at least one axis. */
const ranked = (text: string, apply: (x: Tensor) => Value, shape: (x: Shape) => Shape): Word => ({
  text: (x) => text.replaceAll("x", x),
  apply,
  shape: (x) => x.length === 0 ? undefined : shape(x)
})

const size = (shape: Shape): number => shape.reduce((n, d) => n * d, 1)
const checker = (shape: Shape) =>
  w.Tensor.make(Array.from({ length: size(shape) }, (_, i) => i % 2), { shape, dtype: "bool" })

/** The ops, of which those that come first are what others shrink to. All are smooth wherever they are defined. */
const words: ReadonlyArray<Word> = [
  unary("neg", (x) => w.neg(x)),
  unary("sin", (x) => w.sin(x)),
  binary("add", (x, y) => w.add(x, y)),
  binary("mul", (x, y) => w.mul(x, y)),
  { text: (x) => `sum(${x})`, apply: (x) => w.sum(x), shape: () => [] },
  binary("sub", (x, y) => w.sub(x, y)),
  unary("tanh", (x) => w.tanh(x)),
  unary("erf", (x) => w.erf(x)),
  unary("sigmoid", (x) => w.sigmoid(x)),
  binary("logaddexp", (x, y) => w.logaddexp(x, y)),
  { text: (x, y) => `div(${x}, add(2, cos(${y})))`, apply: (x, y) => w.div(x, w.add(2, w.cos(y))), shape: broadcast },
  ranked("cumsum(x, { axis: 0 })", (x) => w.cumsum(x, { axis: 0 }), (x) => x),
  ranked("softmax(x)", (x) => w.softmax(x), (x) => x),
  ranked("mean(x, { axis: 0 })", (x) => w.mean(x, { axis: 0 }), (x) => x.slice(1)),
  ranked("logsumexp(x, { axis: -1 })", (x) => w.logsumexp(x, { axis: -1 }), (x) => x.slice(0, -1)),
  ranked("prod(x, { axis: -1 })", (x) => w.prod(x, { axis: -1 }), (x) => x.slice(0, -1)),
  ranked("flip(x)", (x) => w.flip(x), (x) => x),
  ranked("transpose(x)", (x) => w.transpose(x), (x) => x.toReversed()),
  ranked("slice(x, -1)", (x) => w.slice(x, -1), (x) => x.slice(1)),
  ranked("reshape(x, [-1])", (x) => w.reshape(x, [-1]), (x) => [size(x)]),
  ranked("expandDims(x, 0)", (x) => w.expandDims(x, 0), (x) => [1, ...x]),
  ranked("concat([x, x])", (x) => w.concat([x, x]), (x) => [2 * x[0]!, ...x.slice(1)]),
  ranked("mask(x, checker(x.shape))", (x) => w.mask(x, checker(x.shape)), (x) => x),
  ranked(
    "take(x, 0, { axis: -1 })",
    (x) => w.take(x, w.Tensor.make(0, { dtype: "int32" }), { axis: -1 }),
    (x) => x.slice(0, -1)
  ),
  ranked(
    "tensordot(x, x, [[-1], [-1]])",
    (x) => w.tensordot(x, x, [[-1], [-1]]),
    (x) => [...x.slice(0, -1), ...x.slice(0, -1)]
  ),
  ranked("map(sin, x)", (x) => w.map((row: Tensor) => w.sin(row), x), (x) => x),
  ranked("vmap(exp(tanh))(x)", (x) => w.vmap((row: Tensor) => w.exp(w.tanh(row)))(x), (x) => x),
  ranked("checkpoint(square)(x)", (x) => w.checkpoint((y: Tensor) => w.square(y))(x), (x) => x)
]

/** A step: an op, and which earlier values it is for, counted back from the newest. */
interface Gene {
  readonly word: number
  readonly x: number
  readonly y: number
}

/** What a gene means after values of these shapes; where its op does not apply, the values are added up before. */
const decode = ({ word, x, y }: Gene, shapes: ReadonlyArray<Shape>) => {
  const [i, j] = [shapes.length - 1 - x % shapes.length, shapes.length - 1 - y % shapes.length]
  const shape = words[word]!.shape(shapes[i]!, shapes[j]!)
  const fits = shape !== undefined && size(shape) <= 36
  return { word: words[fits ? word : 4]!, i, j, shape: fits ? shape : [] }
}

/** The program that genes describe, for arguments of these shapes. */
const express = (genes: ReadonlyArray<Gene>, inputs: ReadonlyArray<Shape>): RandomProgram["f"] => {
  const shapes = [...inputs]
  const names = inputs.map((_, i) => `x${i}`)
  const steps = genes.map((gene) => {
    const step = decode(gene, shapes)
    shapes.push(step.shape)
    names.push(`v${names.length}`)
    return { ...step, text: `const ${names.at(-1)} = yield* ${step.word.text(names[step.i]!, names[step.j]!)}` }
  })
  const f = (...args: ReadonlyArray<Tensor>) =>
    Effect.gen(function*() {
      const values = [...args]
      for (const { i, j, word } of steps) {
        const value = word.apply(values[i]!, values[j]!)
        values.push(Effect.isEffect(value) ? yield* value : value)
      }
      return values.at(-1)!
    })
  const source = `function*(${names.slice(0, inputs.length).join(", ")}) { ${
    [...steps.map(({ text }) => text), `return ${names.at(-1)}`].join("; ")
  } }`
  return Object.assign(f, { toString: () => source })
}

/**
 * Random programs of one to three arguments and up to `length` (8 by default) ops, smooth at the arguments that come
 * along.
 *
 * For laws of your own about all programs: an optimiser that must not change a value, a document that must read back.
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
export const program = ({ length = 8 }: { readonly length?: number | undefined } = {}): fc.Arbitrary<RandomProgram> => {
  const gene = fc.record({ word: fc.nat(words.length - 1), x: fc.nat(5), y: fc.nat(5) })
  const input = fc.constantFrom<Shape>([], [3], [2, 3])
  return fc.array(input, { minLength: 1, maxLength: 3 }).chain((inputs) =>
    fc.record({
      // arrays shrink from the front; the end lets the last steps go
      f: fc.tuple(fc.array(gene, { minLength: 1, maxLength: length }), fc.integer({ min: 1, max: length }))
        .map(([genes, end]) => express(genes.slice(0, end), inputs)),
      args: fc.tuple(...inputs.map((s) => tensor(s, { elements: real(-1.5, 1.5) })))
    })
  )
}

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
  options: { readonly length?: number | undefined } = {}
): Law<Services<R>> =>
  law(
    `every program: ${name}`,
    fc.record({ program: program(options), seed: fc.nat(999) }),
    ({ program: { args, f }, seed }) => {
      const { arbitrary, refute } = of(f, args)
      return refute(fc.sample(arbitrary, { seed, numRuns: 1 })[0])
    }
  )
