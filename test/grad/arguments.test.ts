/**
 * Bad input, for every transformation: dtypes, leaves, trees and results that it cannot take. Errors name the leaf.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  cast,
  checkpoint,
  customJvp,
  customVjp,
  grad,
  gradWithAux,
  greater,
  hessian,
  hvp,
  jacfwd,
  jacobian,
  jacrev,
  jvp,
  linearize,
  linearTranspose,
  mul,
  residuals,
  scan,
  sparsity,
  Tensor,
  Trace,
  trace,
  valueAndGrad,
  vjp,
  vmap
} from "wengert"
import { expectFailure, failureOf, untyped } from "./support/run.ts"

type Scalar = Tensor<[], "float64">
type Program = Effect.Effect<unknown, unknown>
/** A function of one argument, whatever it is. */
type F = (x: never) => unknown

const scalar = (x: number): Scalar => Tensor.make(x)
const one = scalar(1)
const int = Tensor.make(3, { dtype: "int32" })

/** Transformations under the loosest types: what the compiler would refuse, run all the same. */
const loose = <T extends (...args: never) => unknown>(transformation: T) =>
  untyped<(f: F, ...rest: ReadonlyArray<unknown>) => (...args: ReadonlyArray<unknown>) => Program>(transformation)
const direct = <T extends (...args: never) => unknown>(transformation: T) =>
  untyped<(f: F, ...rest: ReadonlyArray<unknown>) => Program>(transformation)

const differentiating: { readonly [name: string]: (f: F, x: unknown) => Program } = {
  grad: (f, x) => loose(grad)(f)(x),
  valueAndGrad: (f, x) => loose(valueAndGrad)(f)(x),
  gradWithAux: (f, x) => loose(gradWithAux)(f)(x),
  jacfwd: (f, x) => loose(jacfwd)(f)(x),
  jacobian: (f, x) => loose(jacobian)(f)(x),
  jacrev: (f, x) => loose(jacrev)(f)(x),
  sparsity: (f, x) => loose(sparsity)(f)(x),
  residuals: (f, x) => loose(residuals)(f)(x),
  jvp: (f, x) => direct(jvp)(f, [x], [x]),
  vjp: (f, x) => direct(vjp)(f, x),
  linearize: (f, x) => direct(linearize)(f, x),
  linearTranspose: (f, x) => untyped<(f: F, x: unknown) => (ct: unknown) => Program>(linearTranspose)(f, x)(one)
}

const all: typeof differentiating = {
  ...differentiating,
  vmap: (f, x) => loose(vmap)(f)(x),
  trace: (f, x) => loose(trace)(f)(x),
  checkpoint: (f, x) => loose(checkpoint)(f)(x),
  customJvp: (f, x) => loose(customJvp)(f, () => one)(x),
  customVjp: (f, x) => loose(customVjp)(f, () => one, () => one)(x),
  // these differentiate by another one, whose name their errors have
  hessian: (f, x) => loose(hessian)(f)(x),
  hvp: (f, x) => untyped<(f: F) => (x: unknown, t: unknown) => Program>(hvp)(f)([x], [x])
}

class Point {
  readonly x = one
}

const badLeaves: ReadonlyArray<readonly [what: string, leaf: unknown]> = [
  ["a function", () => one],
  ["an instance of Point", new Point()],
  ["an instance of Date", new Date(0)],
  ["an instance of Map", new Map()],
  ["an instance of Float64Array", new Float64Array(2)],
  ["\"text\"", "text"],
  ["null", null],
  ["undefined", undefined],
  ["true", true],
  ["a bigint", 1n],
  ["a symbol", Symbol("s")]
]

describe.each(Object.entries(all))("%s", (name, use) => {
  it("refuses leaves that are no tensors, naming their paths", () => {
    for (const [what, leaf] of badLeaves) {
      for (const [tree, place] of [[leaf, ""], [{ a: { b: [one, leaf] } }, ".a.b[1]"]] as const) {
        const failure = failureOf(use(() => one, tree))
        expect([failure._tag, what, failure.path?.endsWith(place)]).toEqual(["TreeLeafError", what, true])
        if (name !== "checkpoint" && !name.startsWith("custom")) expect(failure.message).toContain(`got ${what} at`)
      }
    }
  })

  it("refuses results that are no trees of tensors, naming their paths", () => {
    for (const [what, leaf] of badLeaves) {
      const failure = failureOf(use(() => Effect.succeed({ value: one, aux: [one, leaf] }), Tensor.make([1])))
      // what is asked for a scalar may complain about the tree instead
      expect([["TreeLeafError", "result.aux[1]"], ["NonDifferentiableError", undefined]])
        .toContainEqual([failure._tag, failure.path])
      if (failure._tag === "TreeLeafError") expect(failure.message).toContain(`got ${what} at result.aux[1]`)
    }
  })

  it("refuses trees that are cyclic, and never hangs", () => {
    const cyclic: { readonly x: Scalar; self?: unknown } = { x: one }
    cyclic.self = cyclic
    expectFailure(use(() => one, cyclic), "TreeLeafError", "cyclic or too deep")
  })
})

describe.each(Object.entries(differentiating))("%s", (_, use) => {
  it("refuses int32 and bool arguments, naming the leaf", () => {
    const path = (leaf: unknown) => failureOf(use(() => one, { p: [one, { q: leaf }] }))
    expect(path(int)._tag).toBe("NonDifferentiableError")
    expect(path(int).message).toMatch(
      /requires float arguments to differentiate, got int32\[\] at args\[0\]\.p\[1\]\.q; cast it/
    )
    expect(path(Tensor.make([true])).message).toMatch(/got bool\[1\] at args\[0\]\.p\[1\]\.q/)
  })
})

describe("results that have no gradient", () => {
  const scalars = { grad: loose(grad), valueAndGrad: loose(valueAndGrad), hessian: loose(hessian) }
  const x = Tensor.make([1, 2])

  it.each(Object.entries(scalars))("%s names what it got", (_, use) => {
    const got = (f: (x: Tensor<[2]>) => unknown): string => {
      const failure = failureOf(use(f)(x))
      expect(failure._tag).toBe("NonDifferentiableError")
      return /scalar float result, got (.*); sum it, or use jacrev or vjp/.exec(failure.message)?.[1] ?? failure.message
    }
    expect(got((x) => mul(x, x))).toBe("float64[2]")
    expect(got(() => Tensor.make([1]))).toBe("float64[1]")
    expect(got(() => int)).toBe("int32[]")
    expect(got(() => Tensor.make(true))).toBe("bool[]")
    expect(got((x) => ({ a: x, b: [x] }))).toBe("{ a: *, b: [*] }")
    expect(got(() => [])).toBe("[]")
  })

  it("gradWithAux requires a member `value` that is a float scalar", () => {
    for (
      const f of [
        () => one,
        () => ({ aux: one }),
        () => [one, one],
        (x: Tensor) => ({ value: x, aux: [] }),
        () => ({ value: [one], aux: [] })
      ]
    ) {
      expectFailure(loose(gradWithAux)(untyped<F>(f))(x), "NonDifferentiableError", "scalar float result")
    }
  })

  it("hvp, too", () => {
    expectFailure(
      untyped<(f: F) => (x: unknown, t: unknown) => Program>(hvp)((x: Tensor) => mul(x, x))([x], [x]),
      "NonDifferentiableError"
    )
  })
})

describe("trees that have to be alike", () => {
  const primal = { a: one, b: [Tensor.make([1, 2]), { c: one }] } as const
  const f = (p: typeof primal) => Effect.map(mul(p.a, p.b[0]), (y) => ({ out: y, rest: [p.b[1].c, p.a] as const }))
  const cotangent = { out: Tensor.make([1, 2]), rest: [one, one] } as const

  /** Wrong trees, with the path where they first differ and what the message says. */
  const wrongTangents: ReadonlyArray<readonly [tree: unknown, path: string, phrase: string]> = [
    [{ ...primal, a: Tensor.make([1]) }, "[0].a", "float64[], got float64[1] at [0].a"],
    [{ ...primal, b: [Tensor.make([1, 2, 3]), { c: one }] }, "[0].b[0]", "float64[2], got float64[3] at [0].b[0]"],
    [
      { ...primal, b: [primal.b[0], { c: Tensor.make(1, { dtype: "float32" }) }] },
      "[0].b[1].c",
      "got float32[] at [0].b[1].c"
    ],
    [{ ...primal, b: [primal.b[0], { c: int }] }, "[0].b[1].c", "got int32[]"],
    [{ a: one }, "[0].b[0]", "structure [{ a: *, b: [*, { c: * }] }], got [{ a: * }]"],
    [{ ...primal, b: [primal.b[0], { d: one }] }, "[0].b[1].c", "got [{ a: *, b: [*, { d: * }] }]"],
    [{ ...primal, b: [primal.b[0], one] }, "[0].b[1].c", "got [{ a: *, b: [*, *] }]"],
    [one, "[0].a", "got [*]"]
  ]

  const tangentUsers: { readonly [name: string]: (tangent: unknown) => Program } = {
    jvp: (t) => direct(jvp)(f, [primal], [t]),
    linearize: (t) => Effect.flatMap(linearize(f, primal), ([, push]) => push(untyped(t)))
  }

  describe.each(Object.entries(tangentUsers))("tangents of %s", (_, use) => {
    it.each(wrongTangents)("%#", (tree, path, phrase) => {
      expectFailure(use(tree), "TreeMismatchError", "requires tangents", phrase)
      expect(failureOf(use(tree)).path).toBe(path)
    })
  })

  it("too few and too many tangents", () => {
    expectFailure(direct(jvp)(f, [primal], []), "TreeMismatchError", "got []")
    expectFailure(direct(jvp)(f, [primal], [primal, primal]), "TreeMismatchError")
    expectFailure(
      untyped<(f: F) => (x: unknown, t: unknown) => Program>(hvp)((x: Scalar) => mul(x, x))([one], [Tensor.make([1])]),
      "TreeMismatchError",
      "hvp requires tangents",
      "got float64[1] at [0]"
    )
  })

  const cotangentUsers: { readonly [name: string]: (ct: unknown) => Program } = {
    vjp: (ct) => Effect.flatMap(vjp(f, primal), ([, pullback]) => pullback(untyped(ct))),
    linearTranspose: (ct) =>
      untyped<(f: F, x: unknown) => (ct: unknown) => Program>(linearTranspose)(
        (x: Scalar) => Effect.map(mul(x, Tensor.make([1, 2])), (out) => ({ out, rest: [x, x] })),
        one
      )(ct)
  }

  it.each(Object.entries(cotangentUsers))("cotangents of %s", (_, use) => {
    const fails = (ct: unknown, path: string, phrase: string) => {
      expectFailure(use(ct), "TreeMismatchError", "requires a cotangent", phrase)
      expect(failureOf(use(ct)).path).toBe(path)
    }
    fails({ ...cotangent, out: one }, "out", "float64[2], got float64[] at out")
    fails({ ...cotangent, rest: [one, Tensor.make(1, { dtype: "float32" })] }, "rest[1]", "got float32[] at rest[1]")
    fails({ ...cotangent, rest: [one] }, "rest[1]", "structure { out: *, rest: [*, *] }, got { out: *, rest: [*] }")
    fails({ rest: cotangent.rest }, "out", "got { rest: [*, *] }")
    fails(one, "out", "got *")
    expect(Effect.runSyncExit(use(cotangent))._tag).toBe("Success")
  })

  it("arguments of a list", () => {
    const program = Effect.flatMap(trace(f)(primal), (list) => Trace.evaluate(list, untyped([{ ...primal, a: int }])))
    expectFailure(program, "TreeMismatchError", "float64[], got int32[] at [0].a")
  })

  it("the carry of a loop", () => {
    const loop = untyped<(f: F, init: unknown, xs: unknown, options?: unknown) => Program>(scan)
    const step = (after: (c: Scalar) => unknown) => (c: { readonly p: ReadonlyArray<Scalar> }) => [after(c.p[0]!), []]
    const use = (after: (c: Scalar) => unknown) => loop(step(after), { p: [one] }, null, { length: 2 })
    expect(failureOf(use((c) => ({ p: [greater(c, 0)] })))).toMatchObject({
      _tag: "TreeMismatchError",
      path: "carry.p[0]"
    })
    expect(failureOf(use((c) => ({ p: [cast(c, "float32")] })))).toMatchObject({ path: "carry.p[0]" })
    expect(failureOf(use(() => ({ p: [Tensor.make([1])] })))).toMatchObject({ path: "carry.p[0]" })
    expectFailure(use((c) => ({ p: [c, c] })), "TreeMismatchError", "structure { p: [*] }, got { p: [*, *] }")
  })
})
