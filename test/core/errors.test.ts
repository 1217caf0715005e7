/**
 * Errors are values with a sentence, structured fields and, where it is known, a place.
 */
import { Cause, Effect, Exit } from "effect"
import { describe, expect, it } from "vitest"
import { isOpError, withSite } from "../../src/core/errors.ts"
import * as errors from "../../src/core/errors.ts"
import {
  add,
  cast,
  concat,
  cond,
  grad,
  matmul,
  mul,
  reshape,
  ShapeError,
  sin,
  slice,
  sum,
  take,
  Tensor,
  vmap
} from "../../src/index.ts"
import { sentenceOf } from "../support/naive.ts"

const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)

type Loose = (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, errors.OpError>
/** An op without its types, which would refuse these operands before they run. */
const loose = (op: unknown): Loose => op as Loose

const [v2, v3, m23] = [Tensor.ones([2]), Tensor.ones([3]), Tensor.ones([2, 3])]
const int = Tensor.make([1, 2], { dtype: "int32" })

/** Programs that fail, with what they say. */
const failing: {
  readonly [name: string]: readonly [
    program: () => Effect.Effect<unknown, errors.OpError>,
    tag: string,
    message: string
  ]
} = {
  "shapes that do not broadcast": [
    () => loose(add)(v2, v3),
    "ShapeError",
    "add requires shapes that broadcast together, got [2] and [3]"
  ],
  "inner axes": [
    () => loose(matmul)(m23, v2),
    "ShapeError",
    "matmul requires the inner axis to have one size, got 3 and 2 in [2, 3] and [2]"
  ],
  "dtypes that need a cast": [
    () => loose(mul)(v2, int),
    "DTypeError",
    "mul requires operands of one dtype, got float64 and int32; use cast"
  ],
  "a dtype that an op does not take": [
    () => loose(sin)(int),
    "DTypeError",
    "sin requires float64 or float32, got int32[2]; use cast"
  ],
  "a number that a dtype cannot hold": [
    () => loose(add)(int, 0.5),
    "DTypeError",
    "add requires a number that int32 can hold, got 0.5; use cast"
  ],
  "an axis": [
    () => loose(sum)(m23, { axis: 2 }),
    "AxisError",
    "sum requires an axis from -2 to 1, got 2 for shape [2, 3]"
  ],
  "an index": [
    () => loose(slice)(m23, 5),
    "IndexError",
    "slice requires indices from -2 to 1 for an axis of size 2, got 5"
  ],
  "an array that is no tensor": [
    () => loose(add)([1, 2], 1),
    "TreeLeafError",
    "add requires numbers, booleans, tensors or Effects that yield tensors, got an array; make a tensor of it with Tensor.make"
  ],
  "a predicate that is no bool": [
    () => loose(cond)(v2, () => 1, () => 2),
    "DTypeError",
    "cond requires a bool scalar as predicate, got float64[2]; compare, or reduce with any or all"
  ]
}

const said = (program: Effect.Effect<unknown, any>): readonly [tag: string, message: string] => {
  const error = run(Effect.flip(program))
  return [error._tag, sentenceOf(error)]
}

describe.each(Object.entries(failing))("%s", (_, [program, tag, message]) => {
  it("is a typed failure with a sentence, and no defect", () => {
    const error = run(Effect.flip(program()))
    expect([error._tag, sentenceOf(error)]).toEqual([tag, message])
    expect(error).toBeInstanceOf(Error)
    expect(isOpError(error)).toBe(true)
    expect(message.startsWith(`${error.op} requires `)).toBe(true)
  })

  it("is one of a program's errors: caught by its tag, under transformations too", () => {
    const x = Tensor.make(3)
    const inside = (y: Tensor<[]>) =>
      Effect.catch(Effect.as(program(), y), (error) => error._tag === tag ? mul(y, y) : Effect.fail(error))
    expect(run(Effect.flatMap(inside(x), Tensor.item))).toBe(9)
    expect(run(Effect.flatMap(grad(inside)(x), Tensor.item))).toBe(6)
    const through = grad((y: Tensor<[]>) => Effect.as(program(), y))(x)
    expect(said(through)).toEqual([tag, message])
    const batched = vmap((y: Tensor<[]>) => Effect.as(program(), y))(v3)
    expect(said(batched)).toEqual([tag, message])
  })

  it("names the place", () => {
    const error = run(Effect.flip(program()))
    expect(error.message).toMatch(
      new RegExp(`^${message.replaceAll(/[[\].]/g, "\\$&")}, at .*errors\\.test\\.ts:\\d+:\\d+$`)
    )
    expect(error.site).toMatchObject({ file: expect.stringMatching(/errors\.test\.ts$/), line: expect.any(Number) })
  })
})

describe("fields", () => {
  it("shapes and dtypes of the operands", () => {
    expect(run(Effect.flip(loose(add)(v2, v3)))).toMatchObject({ op: "add", shapes: [[2], [3]] })
    expect(run(Effect.flip(loose(mul)(v2, int)))).toMatchObject({ op: "mul", dtypes: ["float64", "int32"] })
  })

  it("the op that the user called is named, also where another one does the work", () => {
    expect(run(Effect.flip(loose(concat)([v2, m23])))).toMatchObject({ op: "concat" })
    expect(run(Effect.flip(loose(reshape)(m23, [4])))).toMatchObject({ op: "reshape" })
    expect(run(Effect.flip(loose(take)(m23, Tensor.make(9, { dtype: "int32" }))))).toMatchObject({
      op: "take",
      _tag: "IndexError"
    })
    expect(run(Effect.flip(loose(cast)(v2, "float16")))).toMatchObject({ op: "cast", _tag: "DTypeError" })
  })
})

describe("the classes", () => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith("Error") && name !== "isOpError")

  it.each(classes)("%s: its tag is its name, and it is a failure of an Effect", (name, make) => {
    const Class = make as new(fields: object) => errors.ShapeError
    const error = new Class({ op: "op", message: "op requires x, got y", path: "p", paths: ["p"], rule: "r" })
    expect([error._tag, error.message, error.name]).toEqual([name, "op requires x, got y", name])
    const exit = Effect.runSyncExit(Effect.gen(function*() {
      return yield* error
    }))
    expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toBe(error)
  })

  it("isOpError knows those that ops fail with, and nothing else", () => {
    expect(isOpError(new ShapeError({ op: "op", message: "" }))).toBe(true)
    for (
      const other of [
        new Error("x"),
        null,
        undefined,
        "ShapeError",
        { _tag: "ShapeError" },
        new errors.TraceDecodeError({ message: "", path: "" })
      ]
    ) {
      expect(isOpError(other)).toBe(false)
    }
  })

  it("withSite adds a place once, to a copy", () => {
    const error = new ShapeError({ op: "op", message: "op requires x, got y", shapes: [[1]] })
    const site = { file: "src/model.ts", line: 3, column: 7 }
    const located = withSite(error, site)
    expect(located).toBeInstanceOf(ShapeError)
    expect(located).toMatchObject({
      _tag: "ShapeError",
      op: "op",
      shapes: [[1]],
      site,
      message: "op requires x, got y, at src/model.ts:3:7"
    })
    expect([error.site, error.message]).toEqual([undefined, "op requires x, got y"])
    expect(withSite(located, { file: "other.ts", line: 1, column: 1 })).toBe(located)
    expect(withSite(error, undefined)).toBe(error)
  })
})
