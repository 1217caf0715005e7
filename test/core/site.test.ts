/**
 * Source sites: every equation, and every error, says where in the user's program its op was called.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  add,
  CaptureSites,
  checkpoint,
  cond,
  cos,
  customJvp,
  exp,
  grad,
  greater,
  jit,
  less,
  matmul,
  mean,
  mul,
  type OpError,
  reshape,
  scan,
  sin,
  sqrt,
  sum,
  tanh,
  Tensor,
  type Trace,
  trace,
  vmap,
  whileLoop
} from "wengert"
import * as wengert from "wengert"
import { siteOfStack } from "../../src/core/site.ts"
import { halfOf } from "../support/halves.ts"

const source = readFileSync(import.meta.filename, "utf8")

/** Where `text` stands in this file, which it does once above. */
const placeOf = (text: string): string => {
  const at = source.indexOf(text)
  if (at === -1 || source.lastIndexOf(text) === at) throw new Error(`${text} stands in the program, and here`)
  return `${source.slice(0, at).split("\n").length}:${at - source.lastIndexOf("\n", at)}`
}

const run = <A>(effect: Effect.Effect<A, unknown>): A => Effect.runSync(effect)

/** The equations of a list as `sin 12:34`. */
const sitesOf = ({ equations }: Trace): ReadonlyArray<string> =>
  equations.map(({ primitive, site }) => {
    expect(site === undefined || site.file === import.meta.filename).toBe(true)
    return `${primitive.name} ${site === undefined ? "nowhere" : `${site.line}:${site.column}`}`
  })

const x = Tensor.make([1, 2, 3])

describe("an equation knows where its op was called", () => {
  it("in a composition", () => {
    const f = (p: Tensor<[3]>) => sum(mul(p, sin(p)))
    expect(sitesOf(run(trace(f)(x)))).toEqual([
      `sin ${placeOf("sin(p)")}`,
      `mul ${placeOf("mul(p, sin(p)")}`,
      `sum ${placeOf("sum(mul(p, sin(p)")}`
    ])
  })

  it("in Effect.gen, and in functions that are called there", () => {
    const helper = (q: Tensor<[3]>) => add(q, exp(q))
    const f = (q: Tensor<[3]>) =>
      Effect.gen(function*() {
        const r = yield* sin(q)
        yield* Effect.yieldNow
        const s = yield* helper(r)
        return yield* Effect.flatMap(cos(s), (t) => tanh(t))
      })
    const expected = [
      `sin ${placeOf("sin(q)")}`,
      `exp ${placeOf("exp(q)")}`,
      `add ${placeOf("add(q, exp")}`,
      `cos ${placeOf("cos(s)")}`,
      `tanh ${placeOf("tanh(t)")}`
    ]
    return Effect.runPromise(trace(f)(x)).then((list) => expect(sitesOf(list)).toEqual(expected))
  })

  it("also where the op is made of others", () => {
    const f = (u: Tensor<[3]>) => mean(u)
    const here = placeOf("mean(u)")
    expect(sitesOf(run(trace(f)(x)))).toEqual([`sum ${here}`, `div ${here}`])
  })

  it("and so do the equations of its derivative", () => {
    const f = (v: Tensor<[3]>) => mul(sum(sin(v)), 3)
    const [outer, inner] = [placeOf("sum(sin(v)"), placeOf("sin(v)")]
    expect(sitesOf(run(trace(grad(f))(x)))).toEqual([`cos ${inner}`, `broadcast ${outer}`, `mul ${inner}`])
  })

  it("and so do those of branches", () => {
    const f = (w: Tensor<[]>) => cond(greater(w, 0), () => sin(w), () => mul(w, 2))
    const [equation] = run(trace(f)(Tensor.make(1))).equations.slice(-1)
    const branches = equation!.params["branches"] as ReadonlyArray<Trace>
    expect(branches.map(sitesOf)).toEqual([[`mul ${placeOf("mul(w, 2)")}`], [`sin ${placeOf("sin(w)")}`]])
  })

  it("and so do loops", () => {
    const f = (c: Tensor<[]>) =>
      scan((a: Tensor<[]>, b: Tensor<[]>) => Effect.map(mul(a, b), (d) => [d, d] as const), c, x)
    expect(sitesOf(run(trace(f)(Tensor.make(1))))).toEqual([`scan ${placeOf("scan((a: ")}`])
  })
})

describe("an error knows where its op was called", () => {
  const wrong = Effect.gen(function*() {
    const y = yield* sqrt(x)
    return yield* reshape(y, [2, 2] as [number, number])
  })

  const place = placeOf("reshape(y, [2, 2]")

  it("by default", () => {
    const error = run(Effect.flip(wrong))
    expect(error.message.endsWith(`, at ${import.meta.filename}:${place}`)).toBe(true)
    expect("site" in error && error.site && `${error.site.line}:${error.site.column}`).toBe(place)
  })

  const inside: { readonly [name: string]: () => Effect.Effect<unknown, any> } = {
    trace: trace(() => wrong),
    grad: () => grad((y: Tensor<[3]>) => Effect.andThen(wrong, sum(y)))(x),
    jit: () => jit((y: Tensor<[3]>) => Effect.as(wrong, y))(x),
    vmap: () => vmap((y: Tensor<[]>) => Effect.as(wrong, y))(x),
    scan: () => scan((c: Tensor<[]>, y: Tensor<[]>) => Effect.as(wrong, [c, y] as const), Tensor.make(0), x),
    whileLoop: () => whileLoop((c: Tensor<[]>) => less(c, 3), (c) => Effect.as(wrong, c), Tensor.make(0)),
    cond: () => cond(Tensor.make(true), () => wrong, () => wrong),
    checkpoint: () => checkpoint((y: Tensor<[3]>) => Effect.as(wrong, y))(x),
    "a rule": () =>
      grad((y: Tensor<[]>) => customJvp((z: Tensor<[]>) => sin(z), () => Effect.as(wrong, [z0, z0]) as any)(y))(
        Tensor.make(1)
      ) as Effect.Effect<unknown, any>,
    "an asynchronous step": () => Effect.andThen(Effect.yieldNow, wrong)
  }
  const z0 = Tensor.make(0)

  it.each(Object.entries(inside))("in %s", async (_, program) => {
    const error = await Effect.runPromise(Effect.flip(program()))
    expect(error.message).toContain(`, at ${import.meta.filename}:${place}`)
  })

  it("in a file of helpers", () => {
    const { line } = run(Effect.flip(halfOf(Tensor.make([1, 2, 3])))).site!
    expect(readFileSync(new URL("../support/halves.ts", import.meta.url), "utf8").split("\n")[line - 1]).toContain(
      "reshape(x"
    )
  })

  it("in a function of ops whose own ops fail", () => {
    const error = run(Effect.flip(mean(Tensor.make([1, 2]), { axis: 3 as 0 })))
    expect(error.message).toContain(`:${placeOf("mean(Tensor.make([1, 2])")}`)
  })

  it("whatever is wrong with it, also where it seldom can go wrong", () => {
    const [three, two] = [x, Tensor.make([1, 2])]
    const [whole, yes] = [Tensor.make([1, 2, 3], { dtype: "int32" }), Tensor.make([true, false, true])]
    const wrong = {
      sin: [[whole], [yes], ["1"]],
      mul: [[three, two], [three, yes], [whole, 0.5], [sin(two), exp(three)]],
      greater: [[three, two], [three, yes], [exp(three), sin(two)]],
      where: [[three, three, three], [yes, three, yes], [yes, two, sin(three)]],
      logicalNot: [[three], [sin(three)]],
      logicalAnd: [[yes, three], [three, three]],
      isNaN: [[yes]],
      sum: [[three, { axis: 1 }], [{}]],
      max: [[Tensor.make([])], [Tensor.zeros([0, 2])], [sin(Tensor.zeros([0]))]],
      matmul: [[three, two], [Tensor.ones([2, 3]), two], [three, yes], [three, 2], [sin(three), exp(two)]],
      dot: [[three, two], [Tensor.ones([2, 3]), two]],
      square: [[yes]]
    }
    const all = wengert as unknown as Record<string, (...xs: ReadonlyArray<unknown>) => Effect.Effect<unknown, OpError>>
    for (const [name, calls] of Object.entries(wrong)) {
      for (const args of calls) {
        const error = run(Effect.flip(all[name]!(...args)))
        expect([name, error.op, error.site?.file]).toEqual([name, name, import.meta.filename])
      }
    }
  })

  it("and where it runs, if it has left the program that it belongs to", () => {
    let leaked: Effect.Effect<Tensor, OpError> | undefined
    run(
      grad((x: Tensor<[]>) => {
        leaked = sin(x)
        return mul(x, x)
      })(Tensor.make(1))
    )
    const error = run(Effect.flip(leaked!))
    expect(error._tag).toBe("EscapedTracerError")
    expect(error.message).toContain(`, at ${import.meta.filename}:`)
  })

  it("an op that cannot fail takes no stack, unless its list is read", () => {
    const taken = (build: () => unknown): number => {
      const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")!
      let count = 0
      Object.defineProperty(Error, "stackTraceLimit", {
        configurable: true,
        get: () => 0,
        set: () => {
          count++
        }
      })
      build()
      Object.defineProperty(Error, "stackTraceLimit", limit)
      // it is set, and set back
      return count / 2
    }
    expect(taken(() => sum(mul(x, sin(x))))).toBe(0)
    expect(taken(() => run(grad((x: Tensor<[3]>) => sum(tanh(add(mul(x, 2), exp(x)))))(x)))).toBe(
      taken(() => run(grad((x: Tensor<[3]>) => sum(x))(x)))
    )
    expect(taken(() => matmul(Tensor.ones([2, 3]), sin(x)))).toBe(0)
    expect(taken(() => reshape(x, [3]))).toBe(1)
    expect(taken(() => mul(sin(x), reshape(x, [3])))).toBe(2)
    const list = run(trace((x: Tensor<[3]>) => sum(mul(x, sin(x))))(x))
    expect(list.equations.every(({ site }) => site?.file === import.meta.filename)).toBe(true)
  })

  it("unless nobody wants to know", () => {
    const error = run(
      Effect.flip(Effect.provideService(Effect.suspend(() => reshape(x, [2] as [number])), CaptureSites, false))
    )
    expect("site" in error && error.site).toBeFalsy()
    expect(error.message).not.toContain(import.meta.filename)
  })
})

describe("a stack", () => {
  const ours = (...files: ReadonlyArray<string>) =>
    siteOfStack(["Error", ...files.map((file) => `    at f (${file})`)].join("\n"), "sin")

  it("begins in this package; the first frame outside is the user's", () => {
    expect(ours("/a b/wengert/src/core/operation.ts:1:2", "/a b/wengert/src/ops/define.ts:3:4", "/a b/main.ts:5:6"))
      .toEqual({ file: "/a b/main.ts", line: 5, column: 6, op: "sin" })
    expect(ours("file:///C:/w/dist/src/core/site.js:1:2", "file:///C:/w/dist/test/a.js:7:8"))
      .toEqual({ file: "C:/w/dist/test/a.js", line: 7, column: 8, op: "sin" })
  })

  it("of another engine is read too", () => {
    expect(
      siteOfStack(
        "operation@http://a/src/core/operation.js:1:2\nmul@http://a/src/ops/define.js:3:4\nf@http://a/m.js:5:6"
      )
    )
      .toEqual({ file: "http://a/m.js", line: 5, column: 6 })
  })

  it("of a bundle, where nobody knows whose a frame is, says nothing", () => {
    expect(ours("/app/bundle.js:1:2", "/app/bundle.js:1:90")).toBeUndefined()
  })
})
