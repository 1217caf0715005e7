/**
 * Source sites: every equation, and every error, says where in the user's program its op was called.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  add,
  CaptureSites,
  cond,
  cos,
  exp,
  grad,
  greater,
  mean,
  mul,
  reshape,
  scan,
  sin,
  sqrt,
  sum,
  tanh,
  Tensor,
  type Trace,
  trace
} from "wengert"

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
    const f = (v: Tensor<[3]>) => sum(sin(v))
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

  it("under CaptureSites", () => {
    const error = run(Effect.flip(Effect.provideService(wrong, CaptureSites, true)))
    const place = placeOf("reshape(y, [2, 2]")
    expect(error.message.endsWith(`, at ${import.meta.filename}:${place}`)).toBe(true)
    expect("site" in error && error.site && `${error.site.line}:${error.site.column}`).toBe(place)
  })

  it("when it is traced", () => {
    expect(run(Effect.flip(trace(() => wrong)())).message).toContain(`, at ${import.meta.filename}:`)
  })

  it("and otherwise not, so that programs pay nothing for it", () => {
    const error = run(Effect.flip(wrong))
    expect("site" in error && error.site).toBeFalsy()
    expect(error.message).not.toContain(import.meta.filename)
  })
})
