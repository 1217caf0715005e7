/**
 * `cholesky`, `lu`, `solve` and `triangularSolve`: the loops of the reference, in double precision, with rows subtracted two elements at a
 * time.
 */
import { byteSize } from "../../core/dtype.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Context } from "../emit/context.ts"
import { addressOf } from "../emit/context.ts"
import type { Effort } from "../emit/pauses.ts"
import { loadWide, storeNarrow } from "../emit/rows.ts"
import type { F64, I32 } from "../wasm/code.ts"
import { f64, f64x2, i32, v128 } from "../wasm/code.ts"
import type { Callee, FunctionWriter, Local } from "../wasm/module.ts"
import { callOf } from "../wasm/module.ts"
import type { Kernel, KernelCall, Operand } from "./kernel.ts"
import { at } from "./kernel.ts"

/** Bytes of a number. */
const wide = 8
const bytesOf = (n: I32): I32 => i32.mul(n, i32.const(wide))
const plusOne = (n: I32): I32 => i32.add(n, i32.const(1))

/** `to[i] −= factor·from[i]`: `(to, from, factor, count)`. */
const subtractRow = (context: Context): Callee =>
  context.module.function(
    ["i32", "i32", "f64", "i32"],
    undefined,
    (f) => {
      const [to, from, count] = [f.integer(0), f.integer(1), f.integer(3)]
      // the type is that of the parameter
      const factor = f.params[2] as Local<"f64">
      const advance = (n: number): void => {
        for (const pointer of [to, from]) pointer.set(i32.add(pointer, i32.const(n * wide)))
        count.set(i32.sub(count, i32.const(n)))
      }
      const both = f.let(f64x2.splat(factor))
      f.while(i32.geS(count, i32.const(2)), () => {
        f.do(v128.store(to, f64x2.sub(v128.load(to), f64x2.mul(both, v128.load(from)))))
        advance(2)
      })
      f.if(count, () => f.do(f64.store(to, f64.sub(f64.load(to), f64.mul(factor, f64.load(from))))))
    },
    "subtract row"
  )

/** NaN `count` times: `(to, count)`. */
const fillNaN = (context: Context): Callee =>
  context.function("fill NaN", 2, (f) => {
    const [to, count] = [f.integer(0), f.integer(1)]
    f.for(i32.const(0), count, 1, (i) => f.do(f64.store(at(to, i, wide), f64.const(NaN))))
  })

/**
 * Solves for a triangle of an n×n matrix, in the place of the right hand side: `(a, n, b, columns, forward, down, across, unit)`, with the distances of
 * rows and columns in bytes.
 */
const substitute = (context: Context): Callee =>
  context.function("substitute", 8, (f) => {
    const [a, n, b, columns] = [f.integer(0), f.integer(1), f.integer(2), f.integer(3)]
    const [forward, down, across, unit] = [f.integer(4), f.integer(5), f.integer(6), f.integer(7)]
    const element = (i: I32, j: I32): I32 => i32.add(a, i32.add(i32.mul(i, down), i32.mul(j, across)))
    f.if(i32.eqz(unit), () =>
      f.for(i32.const(0), n, 1, (i) =>
        f.if(f64.eq(f64.load(element(i, i)), f64.const(0)), () => {
          f.call(fillNaN(context), b, i32.mul(n, columns))
          f.return()
        })))
    const row = (i: I32): I32 => i32.add(b, bytesOf(i32.mul(i, columns)))
    f.for(i32.const(0), n, 1, (step) => {
      const i = f.let(i32.select(step, i32.sub(i32.sub(n, i32.const(1)), step), forward))
      const to = f.let(row(i))
      const end = f.let(i32.select(i, n, forward))
      f.for(i32.select(i32.const(0), plusOne(i), forward), end, 1, (j) =>
        f.call(subtractRow(context), to, row(j), f64.load(element(i, j)), columns))
      f.if(i32.eqz(unit), () => {
        const divisor = f.let(f64.load(element(i, i)))
        f.for(i32.const(0), columns, 1, (c) => {
          const address = f.let(at(to, c, wide))
          f.do(f64.store(address, f64.div(f64.load(address), divisor)))
        })
      })
    })
  })

/** Two rows of `count` numbers exchanged: `(p, q, count)`. */
const exchange = (context: Context): Callee =>
  context.function("exchange rows", 3, (f) => {
    const [p, q, count] = [f.integer(0), f.integer(1), f.integer(2)]
    f.for(i32.const(0), count, 1, (i) => {
      const [one, other] = [f.let(f64.load(at(p, i, wide))), f.let(f64.load(at(q, i, wide)))]
      f.do(f64.store(at(p, i, wide), other))
      f.do(f64.store(at(q, i, wide), one))
    })
  })

/** Elimination in the place of an n×n matrix: `(a, n, order)`. The result is the sign of the exchanges. */
const eliminate = (context: Context): Callee =>
  context.function("eliminate", 3, (f) => {
    const [a, n, order] = [f.integer(0), f.integer(1), f.integer(2)]
    const row = (i: I32): I32 => i32.add(a, bytesOf(i32.mul(i, n)))
    const sign = f.let(i32.const(1))
    f.for(i32.const(0), n, 1, (i) => f.do(i32.store(at(order, i, 4), i)))
    const size = f.let(i32.mul(n, n))
    const finite = f.let(i32.const(1))
    f.for(i32.const(0), size, 1, (i) => {
      const one = f.let(f64.load(at(a, i, wide)))
      f.if(f64.ne(f64.sub(one, one), f64.const(0)), () => finite.set(i32.const(0)))
    })
    f.if(i32.eqz(finite), () => f.call(fillNaN(context), a, size))
    f.for(i32.const(0), n, 1, (k) => {
      const sizeAt = (i: I32): F64 => f64.abs(f64.load(at(row(i), k, wide)))
      const pivot = f.let(k)
      const largest = f.let(sizeAt(k))
      f.for(plusOne(k), n, 1, (i) => {
        const one = f.let(sizeAt(i))
        f.if(f64.gt(one, largest), () => {
          pivot.set(i)
          largest.set(one)
        })
      })
      f.if(i32.ne(pivot, k), () => {
        f.call(exchange(context), row(pivot), row(k), n)
        const first = f.let(i32.load(at(order, k, 4)))
        f.do(i32.store(at(order, k, 4), i32.load(at(order, pivot, 4))))
        f.do(i32.store(at(order, pivot, 4), first))
        sign.set(i32.sub(i32.const(0), sign))
      })
      const divisor = f.let(f64.load(at(row(k), k, wide)))
      f.if(f64.ne(divisor, f64.const(0)), () => {
        const count = f.let(i32.sub(n, plusOne(k)))
        const from = f.let(at(row(k), plusOne(k), wide))
        f.for(plusOne(k), n, 1, (i) => {
          const address = f.let(at(row(i), k, wide))
          const factor = f.let(f64.div(f64.load(address), divisor))
          f.do(f64.store(address, factor))
          f.call(subtractRow(context), i32.add(address, i32.const(wide)), from, factor, count)
        })
      })
    })
    f.return(sign)
  }, "i32")

/** The Cholesky factor in the place of an n×n matrix: `(a, n)`. */
const factor = (context: Context): Callee =>
  context.function("cholesky", 2, (f) => {
    const [a, n] = [f.integer(0), f.integer(1)]
    const row = (i: I32): I32 => i32.add(a, bytesOf(i32.mul(i, n)))
    const rest = f.local("f64")
    f.for(i32.const(0), n, 1, (i) => {
      const mine = f.let(row(i))
      f.for(i32.const(0), plusOne(i), 1, (j) => {
        const its = f.let(row(j))
        rest.set(f64.load(at(mine, j, wide)))
        f.for(i32.const(0), j, 1, (k) =>
          rest.set(f64.sub(rest, f64.mul(f64.load(at(mine, k, wide)), f64.load(at(its, k, wide))))))
        f.if(i32.ltS(j, i), () =>
          f.do(f64.store(at(mine, j, wide), f64.div(rest, f64.load(at(its, j, wide))))), () =>
          f.if(
            i32.and(f64.gt(rest, f64.const(0)), f64.lt(rest, f64.const(Infinity))),
            () =>
              f.do(f64.store(at(mine, j, wide), f64.sqrt(rest))),
            () => {
              f.call(fillNaN(context), a, i32.mul(n, n))
              f.return()
            }
          ))
      })
      f.for(plusOne(i), n, 1, (j) =>
        f.do(f64.store(at(mine, j, wide), f64.const(0))))
    })
  })

/** Numbers copied between what they are stored as and double precision. */
const widen = ({ f }: KernelCall, { aval, place }: Operand, first: I32, to: I32, count: number): void =>
  f.for(i32.const(0), i32.const(count), 1, (i) => {
    const from = at(addressOf(place), i32.add(first, i), byteSize(aval.dtype))
    // operands are floats
    f.do(f64.store(at(to, i, wide), loadWide(aval.dtype, from) as F64))
  })

const narrow = (call: KernelCall, result: number, from: I32, first: I32, count: number): void => {
  const { equation, f, results } = call
  const { dtype } = equation.results[result]!
  f.for(i32.const(0), i32.const(count), 1, (i) => {
    const to = at(addressOf(results[result]!), i32.add(first, i), byteSize(dtype))
    storeNarrow(f, dtype, to, f64.load(at(from, i, wide)))
  })
}

/** Visits the matrices of the first operand, each in double precision in storage of its own: the matrix, and its number. */
const forEachMatrix = (call: KernelCall, visit: (a: I32, i: I32) => void): void => {
  const { context, f, operands: [x] } = call
  const { shape } = x!.aval
  const size = shape.at(-1)! * shape.at(-2)!
  const count = sizeOf(shape.slice(0, -2))
  if (size * count === 0) return
  const own = context.allocateBytes(size * wide)
  f.for(i32.const(0), i32.const(count), 1, (i) => {
    widen(call, x!, i32.mul(i, i32.const(size)), addressOf(own), size)
    visit(addressOf(own), i)
  })
  context.free(own)
}

/** A matrix with `columns` columns beside each of them. */
const effort = ({ operands: [a, b] }: KernelCall): Effort => {
  const n = a!.aval.shape.at(-1)!
  const columns = b === undefined ? 0 : b.aval.shape.at(-1)!
  return { work: sizeOf(a!.aval.shape) * (n + columns), pauses: false }
}

export const cholesky: Kernel = (call) => {
  const n = call.operands[0]!.aval.shape.at(-1)!
  forEachMatrix(call, (a, i) => {
    call.f.call(factor(call.context), a, i32.const(n))
    narrow(call, 0, a, i32.mul(i, i32.const(n * n)), n * n)
  })
  return effort(call)
}

export const lu: Kernel = (call) => {
  const { context, equation, f, operands: [x], results: [, order, signs] } = call
  const n = x!.aval.shape.at(-1)!
  const { dtype } = equation.results[2]!
  forEachMatrix(call, (a, i) => {
    const rows = at(addressOf(order!), i, n * 4)
    const sign = callOf(eliminate(context), "i32", a, i32.const(n), rows)
    storeNarrow(f, dtype, at(addressOf(signs!), i, byteSize(dtype)), f64.fromI32(sign))
    narrow(call, 0, a, i32.mul(i, i32.const(n * n)), n * n)
  })
  if (n === 0) signsOfNothing(call, sizeOf(x!.aval.shape.slice(0, -2)))
  return effort(call)
}

/** Nothing is exchanged in a matrix without rows. */
const signsOfNothing = ({ equation, f, results }: KernelCall, count: number): void => {
  const { dtype } = equation.results[2]!
  f.for(
    i32.const(0),
    i32.const(count),
    1,
    (i) => storeNarrow(f, dtype, at(addressOf(results[2]!), i, byteSize(dtype)), f64.const(1))
  )
}

/** Solves for each matrix: `solveOne` is given the matrix, and the right hand side, which becomes the solution. */
const solver = (solveOne: (call: KernelCall, a: I32, b: I32, n: number, columns: number) => void): Kernel => (call) => {
  const { context, operands: [, b] } = call
  const [n, columns] = b!.aval.shape.slice(-2) as [number, number]
  const size = n * columns
  if (size === 0) return effort(call)
  const own = context.allocateBytes(size * wide)
  forEachMatrix(call, (a, i) => {
    const first = i32.mul(i, i32.const(size))
    widen(call, b!, first, addressOf(own), size)
    solveOne(call, a, addressOf(own), n, columns)
    narrow(call, 0, addressOf(own), first, size)
  })
  context.free(own)
  return effort(call)
}

/** Solves for a triangle. */
const triangle = (
  { context, f }: { readonly context: Context; readonly f: FunctionWriter },
  [a, b]: readonly [I32, I32],
  [n, columns]: readonly [number, number],
  { lower, transposed, unit }: { readonly lower: boolean; readonly transposed: boolean; readonly unit: boolean }
): void => {
  const [down, across] = transposed ? [wide, n * wide] : [n * wide, wide]
  const flag = (is: boolean): I32 => i32.const(is ? 1 : 0)
  const sizes = [i32.const(n), b, i32.const(columns)] as const
  f.call(substitute(context), a, ...sizes, flag(lower !== transposed), i32.const(down), i32.const(across), flag(unit))
}

export const triangularSolve: Kernel = solver((call, a, b, n, columns) => {
  const { lower, transposed, unit } = call.equation.params as {
    readonly lower: boolean
    readonly transposed: boolean
    readonly unit: boolean
  }
  triangle(call, [a, b], [n, columns], { lower, transposed, unit })
})

/** Rows in the order of the elimination, or back: `(b, copy, order, n, columns, back)`. */
const permute = (context: Context): Callee =>
  context.function("permute rows", 6, (f) => {
    const [b, copy, order] = [f.integer(0), f.integer(1), f.integer(2)]
    const [n, columns, back] = [f.integer(3), f.integer(4), f.integer(5)]
    f.for(i32.const(0), i32.mul(n, columns), 1, (i) => f.do(f64.store(at(copy, i, wide), f64.load(at(b, i, wide)))))
    f.for(i32.const(0), n, 1, (i) => {
      const other = f.let(i32.load(at(order, i, 4)))
      const from = f.let(i32.mul(i32.select(i, other, back), columns))
      const to = f.let(i32.mul(i32.select(other, i, back), columns))
      f.for(i32.const(0), columns, 1, (c) =>
        f.do(f64.store(at(b, i32.add(to, c), wide), f64.load(at(copy, i32.add(from, c), wide)))))
    })
  })

export const solve: Kernel = solver((call, a, b, n, columns) => {
  const { context, equation, f } = call
  const order = context.allocateBytes(n * 4)
  const copy = context.allocateBytes(n * columns * wide)
  const permuteRows = (back: boolean): void =>
    f.call(
      permute(context),
      b,
      addressOf(copy),
      addressOf(order),
      i32.const(n),
      i32.const(columns),
      i32.const(back ? 1 : 0)
    )
  f.call(eliminate(context), a, i32.const(n), addressOf(order))
  const transposed = equation.params["transposed"] === true
  const sides = [
    { lower: true, transposed, unit: true },
    { lower: false, transposed, unit: false }
  ] as const
  if (!transposed) permuteRows(false)
  for (const side of transposed ? sides.toReversed() : sides) triangle(call, [a, b], [n, columns], side)
  if (transposed) permuteRows(true)
  context.free(copy)
  context.free(order)
})
