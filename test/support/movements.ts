/**
 * The derivatives of ops that move elements, or leave them out, or repeat them: found by following every element to where
 * it goes.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, it } from "vitest"
import type { OpError, Tensor } from "wengert"
import { grad, greater, jvp, mul, sqrt, stack, sum as sumOp, vmap, where } from "wengert"
import type { Index, Plain } from "./naive.ts"
import { expectClose, plain, sizeOf, sum, tensor, valuesOf } from "./naive.ts"

type Program = Effect.Effect<Tensor, OpError>

/** It puts nothing but 0 or −1 where no element goes. */
export type Movement = (x: Tensor) => Program

/** The laws of movements, each with the shape of an operand. */
export const describeMovements = (movements: Readonly<Record<string, readonly [Movement, Index]>>): void =>
  describe.each(Object.entries(movements))("%s, differentiated", (_, [move, shape]) => {
    // elements numbered from 1 tell where each of them goes; 0 and −1 are nobody's
    const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => i + 1)
    const sources = valuesOf(move(tensor({ shape, data: numbers })))
    const weights = plain(sources.shape)
    const weighed = (w: Plain) => (x: Tensor) => sumOp(mul(tensor(w), move(x)))

    it("the gradient adds up, for every element, the weights of the places it goes to", () => {
      fc.assert(fc.property(weights, plain(shape), (w, x) => {
        const expected = numbers.map((n) => sum(w.data.filter((_, place) => sources.data[place] === n)))
        expectClose(grad(weighed(w))(tensor(x)), { shape, data: expected })
      }))
    })

    it("the tangent moves like the value", () => {
      fc.assert(fc.property(plain(shape), plain(shape), (x, dx) => {
        const [, tangent] = Effect.runSync(jvp((x: Tensor) => move(x), [tensor(x)], [tensor(dx)]))
        const expected = sources.data.map((n) => n > 0 ? dx.data[n - 1]! : 0)
        expectClose(Effect.succeed(tangent), { shape: sources.shape, data: expected })
      }))
    })

    it("vmap of it, and of its gradient, is one after the other", () => {
      const batch = fc.array(plain(shape), { minLength: 1, maxLength: 3 })
      fc.assert(
        fc.property(weights, batch, (w, xs) => {
          const all: Tensor = tensor({ shape: [xs.length, ...shape], data: xs.flatMap(({ data }) => data) })
          const each = (f: (x: Tensor) => Program) => Effect.runSync(stack(xs.map((x) => f(tensor(x)))))
          for (const f of [move, grad(weighed(w))]) expectClose(vmap(f)(all), valuesOf(Effect.succeed(each(f))))
        }),
        { numRuns: 20 }
      )
    })

    const uses = numbers.map((n) => sources.data.filter((source) => source === n).length)
    const moved = (y: Program): Program => Effect.flatMap(y, move)

    /** The first two derivatives of Σ √x, of every element as often as it is used; at 0 they are infinite. */
    const expectRoots = (f: (x: Tensor) => Program, x: Plain) => {
      const derivative = (root: (x: number) => number): Plain => ({
        shape,
        data: x.data.map((v, i) => v === 0 ? 0 : uses[i]! * root(v))
      })
      expectClose(grad(f)(tensor(x)), derivative((v) => 1 / (2 * Math.sqrt(v))))
      expectClose(grad((x: Tensor) => sumOp(grad(f)(x)))(tensor(x)), derivative((v) => -1 / (4 * v ** 1.5)))
    }

    it("what a mask leaves out has no influence, before and behind it, at two orders", () => {
      const x: Plain = { shape, data: numbers.map((n) => n % 2 === 0 ? 0 : n) }
      expectRoots((x) => sumOp(moved(where(greater(x, 0), sqrt(x), 0))), x)
      expectRoots((x) => sumOp(where(greater(move(x), 0), moved(sqrt(x)), 0)), x)
    })

    it("what it leaves out itself has no influence, at two orders", () => {
      expectRoots((x) => sumOp(moved(sqrt(x))), { shape, data: numbers.map((n, i) => uses[i] === 0 ? 0 : n) })
    })
  })
