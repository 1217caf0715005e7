/**
 * A NaN among the operands is a NaN in the derivatives, in every op and both modes. Two kinds have no formula that could
 * read it: where an op is linear the derivative is a constant, and through a step function there is no path.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { grad, type Primitive, primitives, sum, Tensor } from "wengert"
import * as w from "wengert"
import { apply } from "../../src/core/operation.ts"
import { run, untyped } from "./support/run.ts"

type F = (...xs: ReadonlyArray<any>) => Effect.Effect<any, any>
type DType = "float32" | "float64"

const numbers = (program: Effect.Effect<any, any>): ReadonlyArray<number> =>
  run(Effect.flatMap(program, (x) => Effect.map(Tensor.data(x), (data) => Array.from(data as ArrayLike<number>))))

const tensor = (x: number | ReadonlyArray<number>, dtype: DType) => untyped<F>(Tensor.make)(x, { dtype })

/** The derivative by operand `k`, in both modes, which agree. */
const partial = (f: F, xs: ReadonlyArray<number | ReadonlyArray<number>>, k: number, dtype: DType) => {
  const at = xs.map((x) => untyped<Tensor>(tensor(x, dtype)))
  const through = (x: Tensor): Effect.Effect<Tensor<[]>, any> => sum(f(...at.with(k, x)))
  const [forward, reverse] = [w.jacfwd, w.jacrev].map((jacobian) => numbers(jacobian(through)(at[k]!)))
  expect(forward).toEqual(reverse)
  return reverse!
}

const scalar = Tensor.spec([])

/** Of floats, to floats. */
const elementwise = Object.values<Primitive>(primitives).filter((primitive) => {
  if (!("scalar" in primitive)) return false
  try {
    return primitive.infer(Array(primitive.arity).fill(scalar), {})[0]!.dtype === "float64"
  } catch {
    // of bools
    return false
  }
})

describe("every elementwise primitive", () => {
  it("is tried", () => {
    const names = elementwise.map(({ name }) => name)
    expect(names.length).toBeGreaterThan(45)
    expect(names).toEqual(expect.arrayContaining(["abs", "add", "floor", "hypot", "maximum", "pow", "relu", "sin"]))
    const steps = elementwise.filter(({ barrier }) => barrier !== undefined).map(({ name }) => name)
    expect(steps.toSorted()).toEqual(["ceil", "floor", "round", "sign", "trunc"])
  })

  it.each(elementwise.map((primitive) => [primitive.name, primitive] as const))("%s", (_, primitive) => {
    const f: F = (...xs) => apply(primitive, xs, {})
    const { barrier, linear } = primitive
    for (const dtype of ["float64", "float32"] as const) {
      for (const other of [0.5, 0, -2]) {
        for (let nan = 0; nan < primitive.arity!; nan++) {
          const xs = Array.from({ length: primitive.arity! }, (_, i) => i === nan ? NaN : other)
          for (let k = 0; k < primitive.arity!; k++) {
            const isConstant = linear === "all" ||
              (nan === k && (linear === "each" || (Array.isArray(linear) && linear.includes(k))))
            const got = partial(f, xs, k, dtype)
            if (barrier !== undefined) {
              const at = xs.map((x) => untyped<Tensor>(tensor(x, dtype)))
              const asked = grad((x: Tensor): Effect.Effect<Tensor<[]>, any> => f(...at.with(k, x)), {
                unconnected: "error"
              })(at[k]!)
              expect([got, run(Effect.flip(asked))._tag]).toEqual([[0], "UnconnectedGradientError"])
            } else expect(got).toEqual(isConstant ? partial(f, xs.with(nan, 1), k, dtype) : [NaN])
          }
        }
      }
    }
  })
})

/** Ops that select or reduce, or are written in others, and the gradient at operands with a NaN. */
const vector = [1, NaN, 2]
const others: { readonly [name: string]: readonly [f: F, at: number | ReadonlyArray<number>, gradient: unknown] } = {
  max: [w.max, vector, [NaN, NaN, NaN]],
  min: [w.min, vector, [NaN, NaN, NaN]],
  norm: [w.norm, vector, [NaN, NaN, NaN]],
  std: [w.std, vector, [NaN, NaN, NaN]],
  var: [w.var, vector, [NaN, NaN, NaN]],
  logsumexp: [w.logsumexp, vector, [NaN, NaN, NaN]],
  softmax: [(x) => w.take(w.softmax(x), 0), vector, [NaN, NaN, NaN]],
  logSoftmax: [(x) => w.take(w.logSoftmax(x), 0), vector, [NaN, NaN, NaN]],
  prod: [w.prod, vector, [NaN, 2, NaN]],
  "the last cummax": [(x) => w.take(w.cummax(x), 2), vector, [NaN, NaN, NaN]],
  "the last cummin": [(x) => w.take(w.cummin(x), 2), vector, [NaN, NaN, NaN]],
  clip: [(x) => w.clip(x, -1, 1), vector, [0, NaN, 0]],
  "clip by a NaN": [(x) => w.clip(x, NaN, 9), [1, 2], [NaN, NaN]],
  relu: [w.relu, vector, [1, NaN, 1]],
  square: [w.square, vector, [2, NaN, 4]],
  mod: [(x) => w.mod(x, 2), vector, [1, NaN, 1]],
  softplus: [(x) => w.softplus(w.mul(x, 0)), vector, [0, NaN, 0]],
  // what selects something else has left the NaN out
  nanToNum: [w.nanToNum, vector, [1, 0, 1]],
  nanMean: [w.nanMean, vector, [0.5, 0, 0.5]],
  where: [(x) => w.where(w.isFinite(x), w.square(x), 0), vector, [2, 0, 4]],
  // steps in an expression that has a path beside them
  "x − floor x": [(x) => w.sub(x, w.floor(x)), vector, [1, 1, 1]],
  "x · sign x": [(x) => w.mul(x, w.sign(x)), [-1, NaN, 2], [-1, NaN, 1]]
}

describe("selections and reductions", () => {
  it.each(Object.entries(others))("%s", (_, [f, at, gradient]) => {
    for (const dtype of ["float64", "float32"] as const) expect(partial(f, [at], 0, dtype)).toEqual(gradient)
  })
})
