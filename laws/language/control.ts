/**
 * Words with sub-programs: branches, loops, and what wraps a program.
 */
import type { Type, Value, Vocabulary, Word } from "./syntax.ts"
import { isFloatType, size } from "./syntax.ts"

const isRanked = (type: Type): boolean => isFloatType(type) && type.shape.length > 0
const isLogical = ({ dtype, shape }: Type): boolean => dtype === "bool" && shape.length === 0
const isIndex = ({ dtype, shape }: Type): boolean => dtype === "int32" && shape.length === 0

/** What a loop carries: its range is kept by every step. */
const carried = (x: Type): Type => ({ ...x, low: Math.min(x.low, -1), high: Math.max(x.high, 1) })
const isKnown = ({ low }: Type): boolean => low !== -Infinity
const row = (x: Type): Type => ({ ...x, shape: x.shape.slice(1) })
const rows = (n: number, x: Type): Type => ({ ...x, shape: [n, ...x.shape] })
const whole = (high: number): Type => ({ shape: [], dtype: "int32", low: 0, high })
const logical: Type = { shape: [], dtype: "bool", low: 0, high: 1 }

/** The type of what either branch gives. */
const either = (x: Type): Type => ({ ...x, low: Math.min(x.low, -2), high: Math.max(x.high, 2) })

export const branches: ReadonlyArray<Word> = [
  {
    name: "cond",
    manner: "smooth",
    takes: [isLogical, isFloatType],
    fit: ([, x]) => {
      const type = either(x!)
      return {
        blocks: [{ params: [], results: [type] }, { params: [], results: [type] }],
        gives: () => [type],
        write: (w, [p], [onTrue, onFalse]) => w.cond(p as never, onTrue!, onFalse!)
      }
    }
  },
  {
    // one branch is constant
    name: "cond",
    manner: "smooth",
    takes: [isLogical, isFloatType],
    fit: ([, x], dial) => {
      const type = either({ ...x!, shape: [] })
      const constant = dial % 3 - 1
      return {
        blocks: [{ params: [], results: [type] }],
        gives: () => [type],
        write: (w, [p], [f]) =>
          dial % 2 === 0 ? w.cond(p as never, f!, () => constant) : w.cond(p as never, () => constant, f!)
      }
    }
  },
  {
    name: "switchCase",
    manner: "smooth",
    takes: [isIndex, isFloatType],
    fit: ([i, x]) => {
      const type = either(x!)
      const block = { params: [], results: [type] }
      return i!.low < 0 ? undefined : {
        blocks: [block, block, block],
        gives: () => [type],
        write: (w, [i], bodies) => w.switchCase(i as never, bodies as never)
      }
    }
  }
]

/** A scan by an associative operation; `largest` is the largest result of n numbers up to x in size. */
const associativeScan = (
  name: string,
  op: "add" | "logaddexp" | "mul",
  largest: (x: number, n: number) => number
): Word => ({
  name,
  manner: "smooth",
  takes: [isRanked],
  fit: ([xs], dial) => {
    if (!isKnown(xs!)) return undefined
    const high = largest(Math.max(-xs!.low, xs!.high), xs!.shape[0]!)
    const combine = (w: Vocabulary) => (a: Value, b: Value) => w[op](a, b)
    return {
      gives: () => [{ ...xs!, low: -high, high }],
      write: (w, [xs]) =>
        dial % 2 === 0 ? w.associativeScan(combine(w), xs!) : w.associativeScan(combine(w), xs!, { reverse: true })
    }
  }
})

export const loops: ReadonlyArray<Word> = [
  {
    name: "scan",
    manner: "smooth",
    takes: [isRanked, isFloatType],
    fit: ([xs, c], dial) => {
      if (!isKnown(c!)) return undefined
      const carry = carried({ ...c!, dtype: c!.dtype })
      const n = xs!.shape[0]!
      const options = [{}, { reverse: true }, {}, { checkpoint: 2 }][dial % 4]!
      return {
        blocks: [{ params: [carry, row(xs!)], results: [carry, undefined] }],
        gives: ([results]) => [carry, rows(n, results![1]!)],
        write: (w, [xs, c], [f]) =>
          Object.keys(options).length === 0 ? w.scan(f as never, c!, xs!) : w.scan(f as never, c!, xs!, options)
      }
    }
  },
  {
    name: "forLoop",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([c], dial) => {
      if (!isKnown(c!)) return undefined
      const carry = carried(c!)
      const n = dial % 4
      return {
        blocks: [{ params: [whole(n), carry], results: [carry] }],
        gives: () => [carry],
        write: (w, [c], [f]) => w.forLoop(0, n, f as never, c!)
      }
    }
  },
  {
    name: "map",
    manner: "smooth",
    takes: [isRanked],
    fit: ([xs]) => ({
      blocks: [{ params: [row(xs!)], results: [undefined] }],
      gives: ([results]) => [rows(xs!.shape[0]!, results![0]!)],
      write: (w, [xs], [f]) => w.map(f as never, xs!)
    })
  },
  associativeScan("associativeScan", "mul", (x, n) => Math.max(1, x) ** n),
  // named after what decides whether it is exact
  associativeScan("logaddexp", "logaddexp", (x, n) => x + n),
  {
    // the test is about the carry
    name: "whileLoop",
    manner: "stepped",
    takes: [isFloatType],
    fit: ([c], dial) => {
      if (!isKnown(c!)) return undefined
      const carry = carried(c!)
      return {
        blocks: [{ params: [carry], results: [logical] }, { params: [carry], results: [carry] }],
        gives: () => [carry],
        write: (w, [c], [test, body]) => w.whileLoop(test as never, body as never, c!, { maxSteps: dial % 4 })
      }
    }
  }
]

/** Transformations of sub-programs. */
export const transformations: ReadonlyArray<Word> = [
  {
    name: "vmap",
    manner: "smooth",
    takes: [isRanked],
    fit: ([xs], dial) => {
      const n = xs!.shape[0]!
      const isLast = dial % 2 === 1
      return {
        blocks: [{ params: [row(xs!)], results: [undefined] }],
        gives: ([results]) => {
          const type = results![0]!
          return [{ ...type, shape: isLast ? [...type.shape, n] : [n, ...type.shape] }]
        },
        write: (w, [xs], [f]) => isLast ? w.vmap(f!, { outAxes: -1 })(xs!) : w.vmap(f!)(xs!)
      }
    }
  },
  {
    name: "checkpoint",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x], dial) => ({
      blocks: [{ params: [x!], results: [undefined] }],
      gives: ([results]) => [results![0]!],
      write: (w, [x], [f]) => dial % 2 === 0 ? w.checkpoint(f!)(x!) : w.checkpoint(f!, { policy: "dots" })(x!)
    })
  },
  {
    // a rule that says what is true
    name: "customJvp",
    manner: "smooth",
    takes: [isFloatType, isFloatType],
    fit: ([x, y]) => ({
      blocks: [{ isClosed: true, params: [x!, y!], results: [undefined] }],
      gives: ([results]) => [results![0]!],
      write: (w, xs, [f]) =>
        w.customJvp(f as never, (primals: any, tangents: any) => w.jvp(f as never, primals, tangents) as never)(
          xs[0]!,
          xs[1]!
        )
    })
  },
  {
    name: "customVjp",
    manner: "smooth",
    takes: [isFloatType, isFloatType],
    fit: ([x, y]) => ({
      blocks: [{ isClosed: true, params: [x!, y!], results: [undefined] }],
      gives: ([results]) => [results![0]!],
      write: (w, xs, [f]) =>
        w.customVjp(
          f as never,
          (x: any, y: any): any => [f!(x, y), [x, y]],
          ([x, y]: any, ct: any) =>
            w.grad((x: any, y: any) => w.sum(w.mul(f!(x, y), ct)), { argnums: [0, 1] } as never)(x, y) as never
        )(xs[0]!, xs[1]!)
    })
  },
  {
    name: "grad",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x]) => ({
      blocks: [{ params: [x!], results: [{ ...x!, shape: [], low: -Infinity, high: Infinity }] }],
      gives: () => [{ ...x!, low: -Infinity, high: Infinity }],
      write: (w, [x], [f]) => w.grad(f as never)(x!)
    })
  },
  {
    name: "jvp",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x]) => ({
      blocks: [{ params: [x!], results: [undefined] }],
      gives: ([results]) => [results![0]!, { ...results![0]!, low: -Infinity, high: Infinity }],
      write: (w, [x], [f]) => w.jvp(f as never, [x!] as never, [x!] as never)
    })
  },
  {
    name: "hessian",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x]) =>
      size(x!.shape) > 3 ? undefined : {
        blocks: [{ params: [x!], results: [{ ...x!, shape: [], low: -Infinity, high: Infinity }] }],
        gives: () => [{ ...x!, shape: [...x!.shape, ...x!.shape], low: -Infinity, high: Infinity }],
        write: (w, [x], [f]) => w.hessian(f as never)(x!)
      }
  },
  {
    name: "jacobian",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x]) =>
      size(x!.shape) > 3 ? undefined : {
        blocks: [{ params: [x!], results: [undefined] }],
        gives: ([results]) => [{
          ...results![0]!,
          shape: [...results![0]!.shape, ...x!.shape],
          low: -Infinity,
          high: Infinity
        }],
        write: (w, [x], [f]) => w.jacobian(f as never)(x!)
      }
  },
  {
    name: "jit",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x]) => ({
      blocks: [{ params: [x!], results: [undefined] }],
      gives: ([results]) => [results![0]!],
      write: (w, [x], [f]) => w.jit(f!)(x!)
    })
  },
  {
    name: "laplacian",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x]) => ({
      blocks: [{ params: [x!], results: [undefined] }],
      gives: ([results]) => [{ ...results![0]!, low: -Infinity, high: Infinity }],
      write: (w, [x], [f]) => w.laplacian(f as never)(x!)
    })
  },
  {
    name: "taylor",
    manner: "smooth",
    takes: [isFloatType],
    fit: ([x], dial) => ({
      blocks: [{ params: [x!], results: [undefined] }],
      gives: ([results]) => {
        const others = Array.from({ length: 1 + dial % 2 }, () => ({ ...results![0]!, low: -Infinity, high: Infinity }))
        return [results![0]!, ...others]
      },
      write: (w, [x], [f]) => w.taylor(f as never, 1 + dial % 2)(x!, x!)
    })
  }
]
