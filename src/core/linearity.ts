/**
 * Linearity is a property of the list: every primitive says in which operands it is linear, and the rest follows.
 *
 * Of a value it is followed whether it is a constant, zero, or linear in the linear inputs. A sum of a linear value and a
 * constant is neither; of a linear value and a zero, it is linear.
 */
import { type Facts, interpret, Undecided } from "./abstract.ts"
import type { LinearTrace } from "./linear-trace.ts"
import { range } from "./shape.ts"
import { formatSite, located } from "./site.ts"
import type { Tensor } from "./tensor.ts"
import { dataOf, isConcrete } from "./tensor.ts"
import type { Equation } from "./trace.ts"

type Degree = "constant" | "zero" | "linear"

/** What is not linear. */
class NotLinear extends Error {
  override readonly name = "NotLinear"
  readonly equation: Equation | undefined
  constructor(equation: Equation | undefined) {
    super()
    this.equation = equation
  }
}

/** The degree of what is one or the other, or a sum of both. */
const both = (a: Degree, b: Degree, equation?: Equation): Degree => {
  if (a === b || b === "zero") return a
  if (a === "zero") return b
  throw new NotLinear(equation)
}

const isZeros = (x: Tensor): boolean => isConcrete(x) && dataOf(x).every((v) => v === 0)

/** The operands that a primitive adds up, in which it is linear together. */
const summedOperands = ({ params, primitive, operands }: Equation): ReadonlyArray<number> => {
  const linear = primitive.linear
  return linear === "all"
    ? range(operands.length)
    : typeof linear === "function"
    ? linear(params)
    : Array.isArray(linear)
    ? linear
    : []
}

const degrees: Facts<Degree> = {
  captured: (x) => isZeros(x) ? "zero" : "constant",
  apply: (equation, operands) => {
    const { primitive, results } = equation
    const all = (degree: Degree) => results.map(() => degree)
    const summed = summedOperands(equation)
    const others = operands.filter((_, i) => !summed.includes(i))
    if (!operands.includes("linear")) {
      if (primitive.linear === "lists" && operands.includes("zero")) return undefined
      // a zero stays one under any coefficient: one that is not finite would be no coefficient of a linear function
      const isZero = primitive.linear === "each"
        ? operands.includes("zero")
        : summed.length > 0 && summed.every((i) => operands[i] === "zero")
      return all(isZero ? "zero" : "constant")
    }
    if (primitive.linear === "lists") return undefined
    if (primitive.linear === "each") {
      if (operands.filter((d) => d === "linear").length > 1) throw new NotLinear(equation)
      return all("linear")
    }
    if (summed.length === 0 || others.includes("linear")) throw new NotLinear(equation)
    return all(summed.map((i) => operands[i]!).reduce((a, b) => both(a, b, equation)))
  },
  endless: ({ results }, operands) => operands.includes("linear") ? undefined : results.map(() => "constant"),
  values: {
    read: (degree) => {
      if (degree === "linear") throw new NotLinear(undefined)
      throw new Undecided()
    },
    slice: (degree) => degree,
    stack: () => {
      let total: Degree = "zero"
      return {
        put: (_, part) => {
          total = both(total, part)
        },
        done: () => total
      }
    }
  },
  join: both
}

/**
 * Why a list is not linear in its linear inputs: the first op that is not, and where it was called. `undefined` where it
 * is linear, each output being linear or zero; of `outputs`, if only those count.
 */
export const nonLinearity = ({ linear, trace }: LinearTrace, from = 0): string | undefined => {
  try {
    const found = interpret(degrees, trace, linear.map((l): Degree => l ? "linear" : "constant"))
    const constant = found.slice(from).indexOf("constant")
    return constant === -1 ? undefined : `a result that is constant (number ${constant})`
  } catch (error) {
    if (error instanceof Undecided) return "a loop whose number of steps is not known"
    if (!(error instanceof NotLinear)) throw error
    const { equation } = error
    if (equation === undefined) return "a decision that depends on a linear value"
    const site = located(equation.site)
    return `${equation.primitive.name}${site === undefined ? "" : `, at ${formatSite(site)}`}`
  }
}
