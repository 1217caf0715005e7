/**
 * Laws of control flow on random programs: every loop, branch and wrapper is what it stands for.
 *
 * A program means something to every vocabulary, so what a construct stands for is a vocabulary in which it is written
 * out.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as wengert from "../src/index.ts"
import type { Tensor } from "../src/index.ts"
import type { Law } from "./check.ts"
import { law } from "./check.ts"
import { run } from "./language/run.ts"
import type { Vocabulary } from "./language/syntax.ts"
import type { ProgramOptions } from "./programs.ts"
import { Syntax, writtenProgram } from "./programs.ts"
import { refuteSame } from "./sameness.ts"
import { atPoint } from "./trees.ts"

type Body = (...xs: ReadonlyArray<Tensor>) => Effect.Effect<any, any>
type Made = Effect.Effect<any, any>

/** What a sub-program gives, which may be a plain value. */
const settled = (made: Made | Tensor | number): Made => Effect.isEffect(made) ? made : Effect.succeed(made)

/** What the chosen branch gives: a number has the dtype of the tensors that the others give. */
const chosen = (branches: ReadonlyArray<Body>, i: number): Made =>
  Effect.gen(function*() {
    const made = yield* settled(branches[i]!())
    if (typeof made !== "number") return made
    const all = yield* Effect.forEach(branches, (f) => settled(f()))
    const like = all.find((y) => typeof y !== "number")
    return like === undefined ? made : wengert.Tensor.make(made, { dtype: like.dtype })
  })

/** Slice i along the first axis. */
const row = (xs: Tensor, i: number) => wengert.slice(xs, i)

/** Results of one tensor each, stacked. */
const mapped = (f: Body, xs: Tensor, axis = 0): Made =>
  Effect.flatMap(
    Effect.forEach(Array.from({ length: xs.shape[0]! }, (_, i) => i), (i) => Effect.flatMap(row(xs, i), f)),
    (ys) => wengert.stack(ys, axis)
  )

const loops = {
  scan: (f: Body, init: Tensor, xs: Tensor, { reverse = false }: { readonly reverse?: boolean } = {}): Made =>
    Effect.gen(function*() {
      let carry = init
      const ys: Array<Tensor> = []
      const order = Array.from({ length: xs.shape[0]! }, (_, i) => i)
      for (const i of reverse ? order.toReversed() : order) {
        const [next, y] = yield* f(carry, yield* row(xs, i))
        carry = next
        ys.push(y)
      }
      return [carry, yield* wengert.stack(reverse ? ys.toReversed() : ys)]
    }),
  associativeScan: (f: Body, xs: Tensor, { reverse = false }: { readonly reverse?: boolean } = {}): Made =>
    Effect.gen(function*() {
      const ys: Array<Tensor> = []
      const order = Array.from({ length: xs.shape[0]! }, (_, i) => i)
      for (const i of reverse ? order.toReversed() : order) {
        const x = yield* row(xs, i)
        ys.push(ys.length === 0 ? x : yield* f(ys.at(-1)!, x))
      }
      return yield* wengert.stack(reverse ? ys.toReversed() : ys)
    }),
  forLoop: (lower: number, upper: number, body: Body, init: Tensor): Made =>
    Effect.gen(function*() {
      let carry = init
      for (let i = lower; i < upper; i++) carry = yield* body(wengert.Tensor.make(i, { dtype: "int32" }), carry)
      return carry
    }),
  whileLoop: (test: Body, body: Body, init: Tensor, { maxSteps }: { readonly maxSteps: number }): Made =>
    Effect.gen(function*() {
      let carry = init
      for (let i = 0; i < maxSteps; i++) {
        const before = carry
        carry = yield* wengert.cond(yield* test(before), () => body(before), () => before)
      }
      return carry
    }),
  map: (f: Body, xs: Tensor): Made => mapped(f, xs)
}

const wrappers = {
  vmap: (f: Body, { outAxes = 0 }: { readonly outAxes?: number } = {}) => (xs: Tensor): Made => mapped(f, xs, outAxes),
  checkpoint: (f: Body) => f,
  customJvp: (f: Body) => f,
  customVjp: (f: Body) => f
}

const host = {
  whileLoop: (test: Body, body: Body, init: Tensor, { maxSteps }: { readonly maxSteps: number }): Made =>
    Effect.gen(function*() {
      let carry = init
      for (let i = 0; i < maxSteps && (yield* wengert.Tensor.item(yield* test(carry))); i++) carry = yield* body(carry)
      return carry
    }),
  cond: (p: Tensor, onTrue: Body, onFalse: Body): Made =>
    Effect.flatMap(wengert.Tensor.item(p), (holds) => chosen([onTrue, onFalse], holds ? 0 : 1)),
  switchCase: (i: Tensor, branches: ReadonlyArray<Body>): Made =>
    Effect.flatMap(
      wengert.Tensor.item(i),
      (n) => chosen(branches, Math.max(0, Math.min(branches.length - 1, n)))
    )
}

const selectedBranches = {
  cond: (p: Tensor<any, "bool">, onTrue: Body, onFalse: Body): Made =>
    Effect.flatMap(Effect.all([settled(onTrue()), settled(onFalse())]), ([a, b]) => wengert.where(p, a, b)),
  switchCase: (i: Tensor, branches: ReadonlyArray<Body>): Made =>
    Effect.gen(function*() {
      const all = yield* Effect.forEach(branches, (f) => settled(f()))
      let last = all.at(-1)
      for (let n = all.length - 2; n >= 0; n--) {
        last = yield* wengert.where(wengert.lessEqual(i, wengert.Tensor.make(n, { dtype: "int32" })), all[n], last)
      }
      return last
    })
}

/** Ways to write constructs out. A sub-program is called once for each use. */
const forms = {
  "loops, unrolled": loops,
  "loops and branches of the host": { ...loops, ...wrappers, ...host },
  "branches, selected": selectedBranches,
  "wrappers, taken off": wrappers
}

/**
 * Every program is the same when its constructs are written out: loops unrolled, batches mapped row by row, branches as
 * ifs of the host or as `where`, checkpoints and custom rules taken off; in value, and in derivatives of orders 1 and 2
 * in every mode.
 *
 * @example
 * ```ts
 * import { Laws } from "wengert/laws"
 *
 * for (const law of Laws.writesOut()) Laws.check(law, { runs: 5 })
 * ```
 */
export const writesOut = (options: ProgramOptions = {}): ReadonlyArray<Law> =>
  Object.entries(forms).map(([name, words]) =>
    law(
      `every program: the same with ${name}`,
      fc.record({ program: writtenProgram(options), seed: fc.nat(999) }),
      ({ program: { args, f, [Syntax]: block }, seed }) => {
        // words of these forms take what those of the vocabulary take
        const other = run({ ...wengert, ...words } as unknown as Vocabulary, block)
        const point = atPoint(f, args)
        return refuteSame(["the program", point.f], [name, atPoint(other, args as never).f], point.xs, seed)
      }
    )
  )
