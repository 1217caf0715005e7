/**
 * The primitives behind indexing. `take` picks along an axis; `scatter`, its adjoint, adds up what was picked. `index`
 * turns coordinates into positions in row-major order. Negative indices count from the end; one that is out of range is
 * an `IndexError`, never another element.
 */
import * as Effect from "effect/Effect"
import { allocate } from "../../core/dtype.ts"
import { ShapeError, showShape, showShapes } from "../../core/errors.ts"
import { apply, checkDType } from "../../core/operation.ts"
import type { AxisPair, OpEffect, ParamsOf, ParamSpec, Primitive } from "../../core/primitive.ts"
import { primitive } from "../../core/primitive.ts"
import { checkAxes, checkShape, range, sameShape, sizeOf } from "../../core/shape.ts"
import type { Aval, ConcreteTensor, Tensor } from "../../core/tensor.ts"
import { dataOf, fromData, Zero } from "../../core/tensor.ts"
import { maskOf, plus } from "../algebra.ts"
import { accepts, repeat } from "../define.ts"
import { broadcastLike, moveAxis, permute, reshapeTo } from "../movement/layout.ts"
import { fromStart } from "../movement/slicing.ts"

/** What the author of an indexing primitive has to say: it is linear in its first operand, and indexes by its second. */
interface IndexedSpec<Name extends string, S extends ParamSpec>
  extends Pick<Required<Primitive<Name, S, 2, 1>>, "infer" | "reference">
{
  readonly params: S
  /** The adjoint. */
  transpose(ct: Tensor, indices: Tensor, x: Aval, params: ParamsOf<S>): OpEffect<Tensor>
  /** Leaves places of the result empty, which are zero by structure. */
  readonly introducesSupport: boolean
  /** The element of the operand, or the update, that is picked is moved. */
  readonly selects: "rows" | "columns"
  /** The axes that have no index, of the operand and of the result. */
  aligned(x: Aval, indices: Aval, params: ParamsOf<S>): ReadonlyArray<AxisPair>
  /** The result for a batch of indices, with the batch in front; `x` has it there too where `batched` says so. */
  batchIndices(x: Tensor, batched: boolean, indices: Tensor, params: ParamsOf<S>): OpEffect<Tensor>
}

const indexed = <const Name extends string, const S extends ParamSpec & { readonly axis: "integer" }>(
  name: Name,
  spec: IndexedSpec<Name, S>
): Primitive<Name, S, 2, 1> => {
  const self: Primitive<Name, S, 2, 1> = primitive({
    name,
    arity: 2,
    params: spec.params,
    linear: [0],
    introducesSupport: spec.introducesSupport,
    selects: spec.selects,
    // where the indices are not known
    aligned: ([x, indices], params) => [spec.aligned(x, indices, params), []],
    infer: spec.infer,
    reference: spec.reference,
    jvp: ({ params, primals: [, indices], tangents: [dx] }) =>
      // indices are integers: it is the first operand that has a tangent, and is linear
      Effect.map(apply(self, [dx as Tensor, indices], params), (dy) => [dy]),
    transpose: ({ cotangents: [ct], operands: [x, indices], params }) =>
      Effect.map(spec.transpose(ct, indices as Tensor, x, params), (dx) => [dx, new Zero(indices)]),
    support: ({ operands: [x, indices], params, supports: [support] }) =>
      Effect.gen(function*() {
        const y = yield* apply(self, [x, indices], params)
        if (support === "full" && !spec.introducesSupport) return { outputs: [y], supports: [support] }
        const mask = yield* maskOf(support!, x.shape)
        return { outputs: [y], supports: [yield* apply(self, [mask, indices], params)] }
      }),
    batch: ({ batched, operands: [x, indices], params }) =>
      Effect.map(
        batched[1]
          ? spec.batchIndices(x, batched[0], indices, params)
          : apply(self, [x, indices], { ...params, axis: params.axis + 1 }),
        (y) => ({ outputs: [y], batched: [true] })
      )
  })
  return self
}

/** In each of `outer` blocks of `size` rows: the rows that the indices name, counted through, and where they belong. */
const forEachIndex = (
  op: string,
  outer: number,
  size: number,
  indices: ConcreteTensor,
  visit: (row: number, place: number) => void
): void => {
  // indices are int32; map makes no iterator, as from does
  const rows = dataOf(indices).map((i) => fromStart(op, i, size))
  for (let o = 0; o < outer; o++) for (let i = 0; i < rows.length; i++) visit(o * size + rows[i]!, o * rows.length + i)
}

/** The elements of `x` at the indices along `axis`: the axes of the indices take the place of that axis. */
export const takePrimitive = indexed("take", {
  selects: "rows",
  aligned: (x, indices, { axis }) =>
    range(x.shape.length).filter((i) => i !== axis)
      .map((i) => [i, i < axis ? i : i + indices.shape.length - 1] as const),
  params: { axis: "integer" },
  introducesSupport: false,
  infer: ([x, indices], { axis }) => {
    const { dtype, shape } = x
    checkDType("take", indices, accepts.integer)
    checkAxes("take", [axis], shape)
    return [{ shape: checkShape("take", shape.toSpliced(axis, 1, ...indices.shape)), dtype }]
  },
  reference: ([x, indices], { axis }, [out]) => {
    const data = dataOf(x)
    const taken = allocate(out.dtype, sizeOf(out.shape))
    const width = sizeOf(x.shape.slice(axis + 1))
    forEachIndex("take", sizeOf(x.shape.slice(0, axis)), x.shape[axis]!, indices, (row, place) => {
      for (let i = 0; i < width; i++) taken[place * width + i] = data[row * width + i]!
    })
    return [taken]
  },
  transpose: (ct, indices, x, { axis }) => apply(scatterPrimitive, [ct, indices], { axis, size: x.shape[axis]! }),
  batchIndices: (x, batched, indices, { axis }) =>
    batched
      ? moveAxis(x, axis + 1, 1).pipe(
        Effect.flatMap((rows) => takeRows(rows, indices, 1)),
        Effect.flatMap((y) => moveAxes(y, 1, indices.shape.length - 1, axis + 1))
      )
      : Effect.flatMap(takeAt(x, indices, axis), (y) => moveAxis(y, axis, 0))
})

/** Zeros of `size` along `axis`, with the updates added to the places that the indices name; over bools, `or`. */
export const scatterPrimitive: Primitive<
  "scatter",
  { readonly axis: "integer"; readonly size: "integer" },
  2,
  1
> = indexed("scatter", {
  selects: "columns",
  aligned: ({ shape }, { shape: { length } }, { axis }) =>
    range(shape.length).filter((i) => i < axis || i >= axis + length)
      .map((i) => [i, i < axis ? i : i - length + 1] as const),
  params: { axis: "integer", size: "integer" },
  introducesSupport: true,
  infer: ([updates, indices], { axis, size }) => {
    const { dtype, shape } = updates
    const rank = indices.shape.length
    checkDType("scatter", indices, accepts.integer)
    const fits = Number.isInteger(axis) && axis >= 0 && axis + rank <= shape.length &&
      sameShape(shape.slice(axis, axis + rank), indices.shape)
    if (!fits) {
      const shapes = [shape, indices.shape]
      throw new ShapeError({
        op: "scatter",
        shapes,
        message: `scatter requires updates that have the axes of the indices at ${axis}, got ${showShapes(shapes)}`
      })
    }
    return [{ shape: checkShape("scatter", shape.toSpliced(axis, rank, size)), dtype }]
  },
  reference: ([updates, indices], { axis, size }, [out]) => {
    const data = dataOf(updates)
    const sums = allocate(out.dtype, sizeOf(out.shape))
    const add = out.dtype === "bool" ? (a: number, b: number) => a | b : (a: number, b: number) => a + b
    const width = sizeOf(out.shape.slice(axis + 1))
    forEachIndex("scatter", sizeOf(out.shape.slice(0, axis)), size, indices, (row, place) => {
      for (let i = 0; i < width; i++) sums[row * width + i] = add(sums[row * width + i]!, data[place * width + i]!)
    })
    return [sums]
  },
  transpose: (ct, indices, _, { axis }) => takeAt(ct, indices, axis),
  batchIndices: (updates, batched, indices, { axis, size }) =>
    (batched ? Effect.succeed(updates) : repeat(updates, indices.shape[0]!)).pipe(
      Effect.flatMap((all) => moveAxes(all, axis + 1, indices.shape.length - 1, 1)),
      Effect.flatMap((rows) => scatterRows(rows, indices, size)),
      Effect.flatMap((y) => moveAxis(y, 1, axis + 1))
    )
})

/** The position, in row-major order of an array of shape `sizes`, of the coordinates along the last axis. */
export const indexPrimitive: Primitive<"index", { readonly sizes: "integers" }, 1, 1> = primitive({
  name: "index",
  arity: 1,
  params: { sizes: "integers" },
  barrier: "steps",
  infer: ([coordinates], { sizes }) => {
    const { shape } = coordinates
    checkDType("index", coordinates, accepts.integer)
    checkShape("index", sizes)
    if (shape.length === 0 || shape.at(-1) !== sizes.length || sizeOf(sizes) > maxSize) {
      throw new ShapeError({
        op: "index",
        shapes: [shape, sizes],
        message: `index requires a coordinate for every axis of ${
          showShape(sizes)
        }, and at most 2^31 - 1 elements, got ${showShape(shape)}`
      })
    }
    return [{ shape: shape.slice(0, -1), dtype: "int32" }]
  },
  reference: ([coordinates], { sizes }, [out]) => {
    const data = dataOf(coordinates)
    const positions = new Int32Array(sizeOf(out.shape))
    for (let i = 0; i < positions.length; i++) {
      const at = (position: number, size: number, a: number) =>
        position * size + fromStart("index", data[i * sizes.length + a]!, size)
      positions[i] = sizes.reduce(at, 0)
    }
    return [positions]
  },
  batch: ({ operands, params }) =>
    Effect.map(apply(indexPrimitive, operands, params), (y) => ({ outputs: [y], batched: [true] }))
})

/** Positions have to be int32. */
const maxSize = 2 ** 31 - 1

/** `take`, for rules. */
export const takeAt = (x: Tensor, indices: Tensor, axis: number): OpEffect<Tensor> =>
  apply(takePrimitive, [x, indices], { axis })

/** `x` with `count` axes from `from` on moved to `to`. */
const moveAxes = (x: Tensor, from: number, count: number, to: number): OpEffect<Tensor> => {
  const axes = range(x.shape.length)
  return permute(x, axes.toSpliced(from, count).toSpliced(to, 0, ...axes.slice(from, from + count)))
}

/** The positions of indices into rows of `size`, where each place along the first `lead` axes has rows of its own. */
const positionsIn = (indices: Tensor, lead: number, size: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const { shape } = indices
    const count = sizeOf(shape.slice(0, lead))
    // the primitives themselves count negative indices from the end
    if (count === 1) return indices
    const within = yield* apply(indexPrimitive, [reshapeTo(indices, [...shape, 1])], { sizes: [size] })
    if (count * size > maxSize) {
      return yield* new ShapeError({
        op: "index",
        message: `index requires at most 2^31 - 1 elements, got ${count * size}`
      })
    }
    const firsts = Int32Array.from({ length: count }, (_, i) => i * size)
    const first = fromData(shape.map((d, a) => a < lead ? d : 1), "int32", firsts)
    return yield* plus(within, yield* broadcastLike(first, shape))
  })

/** `x[l…, i, …]` for x of shape `[l…, n, …]` and every i in indices of shape `[l…, …]`; l stands for `lead` axes. */
export const takeRows = (x: Tensor, indices: Tensor, lead: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const count = sizeOf(x.shape.slice(0, lead + 1))
    const positions = yield* positionsIn(indices, lead, x.shape[lead]!)
    return yield* takeAt(yield* reshapeTo(x, [count, ...x.shape.slice(lead + 1)]), positions, 0)
  })

/** The adjoint of `takeRows`, for one leading axis: the updates added up in rows of `size`. */
const scatterRows = (updates: Tensor, indices: Tensor, size: number): OpEffect<Tensor> =>
  Effect.gen(function*() {
    const count = indices.shape[0]!
    const positions = yield* positionsIn(indices, 1, size)
    const y = yield* apply(scatterPrimitive, [updates, positions], { axis: 0, size: count * size })
    return yield* reshapeTo(y, [count, size, ...updates.shape.slice(indices.shape.length)])
  })
