/**
 * Transformations and control flow composed in every order: each composition is a function of one number, and is
 * compared with its Taylor coefficients, which are computed by hand.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { OpError } from "wengert"
import {
  add,
  checkpoint,
  cond,
  cos,
  customJvp,
  customVjp,
  exp,
  forLoop,
  grad,
  greater,
  hessian,
  jit,
  jvp,
  less,
  mul,
  scan,
  sin,
  square,
  sum,
  Tensor,
  vmap,
  whileLoop
} from "wengert"
import { expectClose } from "./support/run.ts"
import * as by from "./support/taylor.ts"

type Scalar = Tensor<[], "float64">
type F = (x: Scalar) => Effect.Effect<Scalar, OpError>

const scalar = (x: number): Scalar => Tensor.make(x)

/** A program, and the function that it is. */
interface Known {
  readonly f: F
  readonly taylor: by.Taylor
}

const sine = by.byDerivatives((x, k) => Math.sin(x + k * Math.PI / 2))
const cosine = by.byDerivatives((x, k) => Math.cos(x + k * Math.PI / 2))
const exponential = by.byDerivatives((x) => Math.exp(x))

/** The programs that everything is applied to. */
const programs: { readonly [name: string]: Known } = {
  "x·sin x": { f: (x) => mul(x, sin(x)), taylor: by.product(by.identity, sine) },
  "exp(cos x) + x²": {
    f: (x) => add(exp(cos(x)), square(x)),
    taylor: by.sum(by.compose(exponential, cosine), by.product(by.identity, by.identity))
  }
}

const factors = [0.75, -0.5]

/** f(kₙ·…·f(k₁·x)), one after the other. */
const repeated = (taylor: by.Taylor, ks: ReadonlyArray<number>): by.Taylor =>
  ks.reduce((g, k) => by.compose(by.compose(taylor, by.scaled(by.identity, k)), g), by.identity)

/** What is composed: a program from a program. */
const combinators: { readonly [name: string]: (g: Known) => Known } = {
  grad: ({ f, taylor }) => ({ f: grad(f), taylor: by.derivative(taylor) }),
  // along x itself
  jvp: ({ f, taylor }) => ({
    f: (x) => Effect.map(jvp(f, [x], [x]), ([, t]) => t),
    taylor: by.product(by.identity, by.derivative(taylor))
  }),
  hessian: ({ f, taylor }) => ({ f: hessian(f), taylor: by.derivative(by.derivative(taylor)) }),
  // a batch of what x is multiplied with, which closes over x
  vmap: ({ f, taylor }) => ({
    f: (x) => sum(vmap((k: Scalar) => mul(k, Effect.flatMap(mul(k, x), f)))(Tensor.make(factors))),
    taylor: factors
      .map((k) => by.scaled(by.compose(taylor, by.scaled(by.identity, k)), k))
      .reduce((a, b) => by.sum(a, b))
  }),
  scan: ({ f, taylor }) => ({
    f: (x) => {
      const body = (c: Scalar, k: Scalar) => Effect.map(Effect.flatMap(mul(k, c), f), (y) => [y, y] as const)
      return Effect.map(scan(body, x, Tensor.make(factors)), ([c]) => c)
    },
    taylor: repeated(taylor, factors)
  }),
  cond: ({ f, taylor }) => ({
    f: (x) => cond(greater(x, 0.125), () => f(x), () => mul(x, square(x))),
    taylor: by.piecewise(0.125, taylor, by.product(by.identity, by.product(by.identity, by.identity)))
  }),
  checkpoint: ({ f, ...rest }) => ({ f: checkpoint(f), ...rest }),
  customVjp: ({ f, taylor }) => ({
    f: customVjp(
      f,
      (x) => Effect.map(f(x), (y) => [y, { x }] as const),
      ({ x }, ct) => Effect.map(mul(ct, grad(f)(x)), (back) => [back])
    ),
    taylor
  }),
  // the rule's derivative is taken in reverse mode, which every program has
  customJvp: ({ f, taylor }) => ({
    f: customJvp(f, ([x], [dx]) => Effect.all([f(x), mul(dx, grad(f)(x))])),
    taylor
  }),
  forLoop: ({ f, taylor }) => ({
    f: (x) => forLoop(0, 2, (_, c: Scalar) => Effect.flatMap(mul(0.5, c), f), x),
    taylor: repeated(taylor, [0.5, 0.5])
  }),
  whileLoop: ({ f, taylor }) => ({
    f: (x) =>
      Effect.map(
        whileLoop(
          ({ i }) => less(i, 2),
          ({ c, i }) =>
            Effect.gen(function*() {
              return { c: yield* Effect.flatMap(mul(0.5, c), f), i: yield* add(i, 1) }
            }),
          { c: x, i: scalar(0) },
          { maxSteps: 3 }
        ),
        ({ c }) => c
      ),
    taylor: repeated(taylor, [0.5, 0.5])
  }),
  jit: ({ f, ...rest }) => ({ f: jit(f), ...rest })
}

const names = Object.keys(combinators)

/** The composition `a of b of …` of a program. */
const composed = (chain: ReadonlyArray<string>, program: Known): Known =>
  chain.reduceRight((g, name) => combinators[name]!(g), program)

/** On both sides of where `cond` changes its branch, also after the factors. */
const points = [0.6, -0.7]

const expectComposition = (chain: ReadonlyArray<string>, program: Known): void => {
  const { f, taylor } = composed(chain, program)
  // only a branch makes a difference
  for (const x of chain.length < 3 || chain.includes("cond") ? points : points.slice(0, 1)) {
    expectClose(f(scalar(x)), by.valueAt(taylor, x), 1e-8)
    // three of them hold enough derivatives
    if (chain.length < 3) expectClose(grad(f)(scalar(x)), by.valueAt(by.derivative(taylor), x), 1e-8)
  }
}

describe("by hand", () => {
  it("Taylor coefficients of compositions are right", () => {
    // sin(x²) at 0: x² − x⁶/6
    const square = by.product(by.identity, by.identity)
    expect(by.compose(sine, square)(0, 6).map((a) => Math.round(a * 1e12) / 1e12 + 0)).toEqual([
      0,
      0,
      1,
      0,
      0,
      0,
      -0.166666666667
    ])
    // d/dx (x·eˣ) = (x + 1)·eˣ
    expect(by.valueAt(by.derivative(by.product(by.identity, exponential)), 0.5)).toBeCloseTo(1.5 * Math.exp(0.5), 12)
  })
})

describe.each(Object.entries(programs))("%s", (_, program) => {
  it.each(names)("%s", (a) => expectComposition([a], program))

  it.each(names.flatMap((a) => names.map((b) => [a, b] as const)))(
    "%s of %s",
    (a, b) => expectComposition([a, b], program)
  )
})

describe("three at a time", () => {
  const some = ["grad", "jvp", "vmap", "scan", "cond", "checkpoint", "customVjp"]
  const triples = some.flatMap((a) => some.flatMap((b) => some.map((c) => [a, b, c] as const)))

  it.each(triples)("%s of %s of %s", (...chain) => expectComposition(chain, programs["x·sin x"]!))
})

describe("many at a time", () => {
  it.each([
    [["grad", "vmap", "grad", "jit", "grad", "scan"]],
    [["vmap", "grad", "cond", "scan", "checkpoint", "customVjp"]],
    [["hessian", "scan", "vmap", "cond", "checkpoint", "jit"]],
    [["scan", "grad", "vmap", "customJvp", "cond", "grad"]],
    [["checkpoint", "vmap", "checkpoint", "vmap", "jvp", "scan"]]
  ])("%s", (chain) => expectComposition(chain, programs["x·sin x"]!))
})
