/**
 * Taylor mode: every value of a list as a power series in one variable, by recurrence from coefficient to coefficient.
 *
 * No op needs a rule of its own. What is linear maps coefficients; a product is a convolution; and where y = f(x), the
 * derivative y' = f'(x)·x', which the jvp writes down, says that k·yₖ is the coefficient k − 1 of its right hand side, in
 * which x and y occur to that order alone. So exp' = exp gives Σ j·xⱼ·yₖ₋ⱼ, and sin and cos, each the other's derivative, go
 * up together.
 *
 * Source: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 13.
 */
import * as Effect from "effect/Effect"
import { Interpreter } from "../core/interpreter.ts"
import type { OpEffect, Primitive, Tangent, Transform } from "../core/primitive.ts"
import { applyRule, writeTrace } from "../core/program.ts"
import { range } from "../core/shape.ts"
import { isZero, type Tensor, Zero } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { div, instantiate, mul, plus } from "../ops/algebra.ts"

/** A value as a power series: coefficients that are computed when they are asked for, once. */
class Series {
  /** Does it have a coefficient at all beside the first? */
  readonly isConstant: boolean
  readonly #coefficient: (k: number) => OpEffect<Tangent>
  readonly #known: Array<Tangent> = []
  #derivative: Series | undefined
  constructor(isConstant: boolean, coefficient: (k: number) => OpEffect<Tangent>) {
    this.isConstant = isConstant
    this.#coefficient = coefficient
  }

  coefficient(k: number): OpEffect<Tangent> {
    return Effect.suspend(() => {
      const known = this.#known[k]
      return known === undefined
        ? Effect.map(this.#coefficient(k), (c) => this.#known[k] = c)
        : Effect.succeed(known)
    })
  }

  /** The value where the variable is 0. */
  get head(): OpEffect<Tensor> {
    return Effect.flatMap(this.coefficient(0), instantiate)
  }

  /** The coefficients from the first to the k-th. */
  upTo(k: number): OpEffect<ReadonlyArray<Tangent>> {
    return Effect.forEach(range(k + 1), (j) => this.coefficient(j))
  }

  get derivative(): Series {
    return this.#derivative ??= new Series(
      this.isConstant,
      (k) =>
        Effect.flatMap(
          this.coefficient(k + 1),
          (c): OpEffect<Tangent> => k === 0 || isZero(c) ? Effect.succeed(c) : mul(c, k + 1)
        )
    )
  }
}

const constant = (x: Tensor): Series => new Series(true, (k) => Effect.succeed(k === 0 ? x : new Zero(x)))

/** The series of several results that are computed together. */
const together = (
  results: Equation["results"],
  isConstant: boolean,
  row: (k: number) => OpEffect<ReadonlyArray<Tangent>>
): ReadonlyArray<Series> => {
  const known: Array<ReadonlyArray<Tangent>> = []
  const rowOf = (k: number): OpEffect<ReadonlyArray<Tangent>> =>
    Effect.suspend(() => {
      const found = known[k]
      return found === undefined ? Effect.map(row(k), (all) => known[k] = all) : Effect.succeed(found)
    })
  return results.map((aval, r) =>
    new Series(isConstant, (k) => Effect.map(rowOf(k), (all) => all[r] ?? new Zero(aval)))
  )
}

/** Is the primitive linear in the marked operands together, the others being constant? */
const isLinearIn = ({ linear }: Primitive, params: Equation["params"], active: ReadonlyArray<boolean>): boolean => {
  if (linear === "all") return true
  if (linear === "each") return active.filter((a) => a).length === 1
  if (linear === undefined || linear === "lists") return false
  const places = typeof linear === "function" ? linear(params) : linear
  return active.every((a, i) => !a || places.includes(i))
}

/** Are the results zero, because all that they are linear in is? */
const vanishes = ({ linear }: Primitive, params: Equation["params"], isZeroAt: ReadonlyArray<boolean>): boolean => {
  if (linear === "each") return true
  if (linear === undefined || linear === "lists") return false
  const places = linear === "all" ? range(isZeroAt.length) : typeof linear === "function" ? linear(params) : linear
  return places.every((i) => isZeroAt[i] === true)
}

/** The list of the tangents of an equation: it takes operands, tangents of the active ones, and results. */
const tangentsOf = (
  transform: Transform,
  { params, primitive, results }: Equation,
  avals: ReadonlyArray<Tensor>,
  active: ReadonlyArray<boolean>
) =>
  writeTrace((tracer) => {
    const primals = avals.map((x) => tracer.input(x))
    const tangents = avals.map((x, i): Tangent => active[i] === true ? tracer.input(x) : new Zero(x))
    const outputs = results.map((aval) => tracer.input(aval))
    const after = primitive.jvp === undefined
      ? Effect.map(
        primitive.forward!({ primals, tangents, params, mode: "jvp", transform }),
        (both) => both.tangents
      )
      : primitive.jvp({ primals, tangents, outputs, params })
    return Effect.map(after, (all: ReadonlyArray<Tangent>) => ({
      outputs: all.filter((t) => !isZero(t)),
      exist: all.map((t) => !isZero(t))
    }))
  })

/** One expansion of a list. */
class Expansion {
  readonly #transform: Transform
  readonly #interpreter: Interpreter
  /** Series of the same op of the same series are the same: so sin and cos meet. */
  readonly #known = new Map<string, ReadonlyArray<Series>>()
  readonly #numbers = new Map<Series, number>()
  constructor(transform: Transform, interpreter: Interpreter) {
    this.#transform = transform
    this.#interpreter = interpreter
  }

  /** The series of all values of a list, of which `order` coefficients will be asked for at most. */
  expand(trace: Trace, args: ReadonlyArray<Series>, order: number): ReadonlyArray<Series> {
    const values = [...args, ...trace.captured.map(constant)]
    for (const equation of trace.equations) {
      values.push(...this.#apply(equation, equation.operands.map((v) => values[v]!), order))
    }
    return values
  }

  #apply(equation: Equation, operands: ReadonlyArray<Series>, order: number): ReadonlyArray<Series> {
    const { params, primitive } = equation
    const key = primitive.name + operands.map((x) => ` ${this.#numberOf(x)}`).join("")
    const isPlain = Object.keys(params).length === 0
    const known = isPlain ? this.#known.get(key) : undefined
    if (known !== undefined) return known
    const found = this.#resultsOf(equation, operands, order)
    if (isPlain) this.#known.set(key, found)
    return found
  }

  #numberOf(x: Series): number {
    let n = this.#numbers.get(x)
    if (n === undefined) this.#numbers.set(x, n = this.#numbers.size)
    return n
  }

  #resultsOf(equation: Equation, operands: ReadonlyArray<Series>, order: number): ReadonlyArray<Series> {
    const { params, primitive, results, site } = equation
    const interpreter = this.#interpreter
    const transform = this.#transform
    const active = operands.map((x) => !x.isConstant)
    const heads = Effect.forEach(operands, (x) => x.head)
    const none = results.map((aval): Tangent => new Zero(aval))
    // in the list of a tangent, what a value is linear in may be zero by structure
    const values = Effect.flatMap(
      Effect.forEach(operands, (x) => x.coefficient(0)),
      (xs): OpEffect<ReadonlyArray<Tangent>> =>
        xs.some(isZero) && vanishes(primitive, params, xs.map(isZero))
          ? Effect.succeed(none)
          : Effect.flatMap(heads, (primals) => interpreter.bind(primitive, primals, params, site))
    )
    const isSmooth = primitive.jvp !== undefined || primitive.forward !== undefined
    if (!active.includes(true) || !isSmooth) {
      return together(results, true, (k) => k === 0 ? values : Effect.succeed(none))
    }
    if (primitive.taylor !== undefined) {
      const all = Effect.gen(function*() {
        const coefficients: Array<ReadonlyArray<Tensor>> = []
        for (const x of operands) {
          const found = x.isConstant ? [] : (yield* x.upTo(order)).slice(1)
          coefficients.push(found.every(isZero) ? [] : yield* Effect.forEach(found, instantiate))
        }
        const primals = yield* heads
        if (coefficients.every((c) => c.length === 0)) return [yield* values]
        const after = yield* applyRule(
          interpreter,
          site,
          () => primitive.taylor!({ primals, coefficients, order, params, transform })
        )
        return range(order + 1).map((k) =>
          after.outputs.map((y, r): Tangent => k === 0 ? y : after.coefficients[r]?.[k - 1] ?? new Zero(y))
        )
      })
      let known: ReadonlyArray<ReadonlyArray<Tangent>> | undefined
      return together(
        results,
        false,
        (k) => Effect.map(known === undefined ? all : Effect.succeed(known), (found) => (known = found)[k] ?? none)
      )
    }

    /** The image of coefficients under the derivative at the first ones. */
    const image = (
      tangents: ReadonlyArray<Tangent>,
      outputs: ReadonlyArray<Tensor>
    ): OpEffect<ReadonlyArray<Tangent>> =>
      tangents.every(isZero)
        ? Effect.succeed(none)
        : Effect.flatMap(heads, (primals) =>
          applyRule(interpreter, site, () =>
            primitive.jvp === undefined
              ? Effect.map(
                primitive.forward!({ primals, tangents, params, mode: "jvp", transform }),
                (both) => both.tangents
              )
              : primitive.jvp({ primals, tangents, outputs, params })))
    const own: Array<Series> = []
    const outputsOf = Effect.suspend(() => Effect.forEach(own, (y) => y.head))
    const coefficientsAt = (k: number) => Effect.forEach(operands, (x) => x.coefficient(k))
    const linearly = (k: number) =>
      Effect.flatMap(Effect.all([coefficientsAt(k), outputsOf]), ([tangents, outputs]) => image(tangents, outputs))

    let row: (k: number) => OpEffect<ReadonlyArray<Tangent>>
    if (primitive.recurrence !== undefined && !isLinearIn(primitive, params, active)) {
      row = (k) =>
        Effect.gen(function*() {
          const xs = yield* Effect.forEach(operands, (x) => x.upTo(k))
          const ys = yield* Effect.forEach(own, (y) => y.upTo(k - 1))
          return yield* applyRule(
            interpreter,
            site,
            () => primitive.recurrence!({ k, operands: xs, results: ys, params })
          )
        })
    } else if (primitive.linear === "each" || isLinearIn(primitive, params, active)) {
      // a product: the sum of all products whose orders add up to k
      row = (k) =>
        Effect.gen(function*() {
          let sum = yield* linearly(k)
          if (isLinearIn(primitive, params, active)) return sum
          for (let j = 1; j < k; j++) {
            const factors = yield* Effect.forEach(operands, (x, i) => x.coefficient(i === 0 ? j : k - j))
            if (factors.some(isZero)) continue
            const product = yield* interpreter.bind(primitive, factors as ReadonlyArray<Tensor>, params, site)
            sum = yield* Effect.forEach(product, (p, r) => {
              const s = sum[r]!
              return isZero(s) ? Effect.succeed(p) : plus(s, p)
            })
          }
          return sum
        })
    } else {
      // y' = f'(x)·x', as series
      let right: ReadonlyArray<Series | undefined> | undefined
      const write = Effect.gen({ self: this }, function*() {
        const primals = yield* heads
        const { exist, trace } = yield* tangentsOf(transform, equation, primals, active)
        const moving = operands.filter((_, i) => active[i])
        const values = this.expand(trace, [...operands, ...moving.map((x) => x.derivative), ...own], order - 1)
        let next = 0
        return right = exist.map((e) => e ? values[trace.outputs[next++]!] : undefined)
      })
      row = (k) =>
        Effect.gen(function*() {
          const sides = right ?? (yield* write)
          return yield* Effect.forEach(sides, (side, r) =>
            side === undefined ? Effect.succeed(none[r]!) : Effect.flatMap(
              side.coefficient(k - 1),
              (c): OpEffect<Tangent> => k === 1 || isZero(c) ? Effect.succeed(c) : div(c, k)
            ))
        })
    }
    own.push(...together(results, false, (k) => k === 0 ? values : row(k)))
    return own
  }
}

/** Taylor mode as a function from list to list. Of active inputs, the first `given` coefficients are inputs, and the others 0. */
export const taylorTrace = (
  transform: Transform,
  trace: Trace,
  active: ReadonlyArray<boolean>,
  order: number,
  given = order
): ReturnType<Transform["taylor"]> =>
  writeTrace((tracer) =>
    Effect.gen(function*() {
      const primals = trace.inputs.map((aval) => tracer.input(aval))
      const args = primals.map((x, i) => {
        if (active[i] !== true) return constant(x)
        const coefficients = range(given).map(() => tracer.input(x))
        return new Series(false, (k) => Effect.succeed(k === 0 ? x : coefficients[k - 1] ?? new Zero(x)))
      })
      const values = new Expansion(transform, yield* Interpreter).expand(trace, args, order)
      // in the order of the list, so that none waits for another
      for (const value of values) yield* value.upTo(value.isConstant ? 0 : order)
      const all = yield* Effect.forEach(trace.outputs, (v) => values[v]!.upTo(order))
      const tangents = all.map((series) => !series.slice(1).every(isZero))
      const coefficients = all.flatMap((series, o) => tangents[o] === true ? series.slice(1) : [])
      return {
        outputs: [
          ...yield* Effect.forEach(all, (series) => instantiate(series[0] as Tangent)),
          ...yield* Effect.forEach(coefficients, instantiate)
        ],
        tangents
      }
    })
  )
