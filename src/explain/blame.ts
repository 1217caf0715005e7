/**
 * Who made a number that is not finite: followed element by element, from the equation that made it of finite ones.
 */
import { isFloat } from "../core/dtype.ts"
import { sameShape, sizeOf } from "../core/shape.ts"
import type { ConcreteTensor } from "../core/tensor.ts"
import { dataOf } from "../core/tensor.ts"
import type { Equation } from "../core/trace.ts"
import { wherePrimitive } from "../ops/algebra.ts"

/** Where a number that is not finite comes from. */
export interface Origin {
  /** Of two, the smaller one was first. */
  readonly serial: number
  readonly pass: "forward" | "backward"
  /** What made it; of a value that came with the program, its name. */
  readonly made: Equation | string
  readonly index: ReadonlyArray<number>
  readonly operands: ReadonlyArray<number>
  readonly result: number
}

/** The origins of the elements of a tensor that are not finite. */
export type Blame = ReadonlyMap<number, Origin>

/** A tensor, and whom to blame; nobody, if all of it is finite. */
export interface Blamed {
  readonly value: ConcreteTensor
  readonly blame: Blame | undefined
}

/** The place of an element among the axes. */
export const indexOf = (element: number, shape: ReadonlyArray<number>): ReadonlyArray<number> => {
  const index: Array<number> = []
  let rest = element
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]!)
    rest = Math.floor(rest / shape[axis]!)
  }
  return index
}

/** The elements that are not finite, of floats. */
const notFinite = (x: ConcreteTensor): ReadonlyArray<number> => {
  const found: Array<number> = []
  if (!isFloat(x.dtype)) return found
  const data = dataOf(x)
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i]!)) found.push(i)
  return found
}

const earlier = (a: Origin | undefined, b: Origin | undefined): Origin | undefined =>
  a === undefined || (b !== undefined && b.serial < a.serial) ? b : a

/** The first of all. */
export const firstOf = (blame: Blame | undefined): Origin | undefined =>
  blame === undefined ? undefined : [...blame.values()].reduce<Origin | undefined>(earlier, undefined)

/** The element that is largest in size, or no number. */
const extreme = (x: ConcreteTensor): number => {
  let most = 0
  for (const v of dataOf(x)) if (Math.abs(v) > Math.abs(most) || Number.isNaN(v)) most = v
  return most
}

/** Follows who made what. Origins are numbered in the order in which they are met. */
export class Blaming {
  #serial = 0
  pass: "forward" | "backward" = "forward"

  /** A value that comes with the program. */
  given(name: string, value: ConcreteTensor): Blamed {
    const elements = notFinite(value)
    if (elements.length === 0) return { value, blame: undefined }
    const serial = this.#serial++
    const { pass } = this
    const origin = (i: number): Origin => ({
      serial,
      pass,
      made: name,
      index: indexOf(i, value.shape),
      operands: [],
      result: dataOf(value)[i]!
    })
    return { value, blame: new Map(elements.map((i) => [i, origin(i)])) }
  }

  /** The result of an equation: what is not finite there comes from an operand that is not, or was made here. */
  result(equation: Equation, operands: ReadonlyArray<Blamed>, value: ConcreteTensor): Blamed {
    const elements = notFinite(value)
    if (elements.length === 0) return { value, blame: undefined }
    const blame = new Map<number, Origin>()
    let made: Origin | undefined
    for (const i of elements) {
      const known = sourcesAt(equation, operands, i, value).reduce<Origin | undefined>(
        (first, x) => earlier(first, originAt(x, i, value)),
        undefined
      )
      blame.set(
        i,
        known ?? (made ??= {
          serial: this.#serial++,
          pass: this.pass,
          made: equation,
          index: indexOf(i, value.shape),
          operands: operands.map((x) => elementAt(x.value, i, value)),
          result: dataOf(value)[i]!
        })
      )
    }
    return { value, blame }
  }
}

/** The operands that an element of the result is made of: of a selection, the one that is selected. */
const sourcesAt = (
  { primitive }: Equation,
  operands: ReadonlyArray<Blamed>,
  element: number,
  result: ConcreteTensor
) => {
  if (primitive !== wherePrimitive) return operands
  const [mask, a, b] = operands
  return [elementAt(mask!.value, element, result) === 0 ? b! : a!]
}

const isLike = (x: ConcreteTensor, result: ConcreteTensor): boolean => sameShape(x.shape, result.shape)

const originAt = ({ blame, value }: Blamed, element: number, result: ConcreteTensor): Origin | undefined =>
  isLike(value, result) ? blame?.get(element) : firstOf(blame)

const elementAt = (x: ConcreteTensor, element: number, result: ConcreteTensor): number =>
  isLike(x, result) ? dataOf(x)[element]! : extreme(x)

/** The blame of a part along the first axis, and of a whole made of parts. */
export const partOf = (blame: Blame | undefined, index: number, part: ConcreteTensor): Blame | undefined => {
  if (blame === undefined) return undefined
  const size = sizeOf(part.shape)
  const found = [...blame].filter(([i]) => Math.floor(i / size) === index).map(([i, o]) =>
    [i - index * size, o] as const
  )
  return found.length === 0 ? undefined : new Map(found)
}

/** Adds the blame of the part at `index` to that of a whole. */
export const withPart = (whole: Map<number, Origin>, index: number, { blame, value }: Blamed): void => {
  const size = sizeOf(value.shape)
  for (const [i, origin] of blame ?? []) whole.set(index * size + i, origin)
}
