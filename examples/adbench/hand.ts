/**
 * ADBench's hand: a skeleton of bones, a skin that follows it by linear blending, and how far points of the skin are from
 * where they should be.
 */
import { Effect } from "effect"
import {
  add,
  concat,
  cond,
  cos,
  div,
  einsum,
  less,
  matmul,
  mul,
  norm,
  pad,
  sin,
  slice,
  sub,
  take,
  Tensor,
  transpose
} from "wengert"

type Float<S extends ReadonlyArray<number>> = Tensor<S, "float64">

/** The hand at rest. */
export interface Hand {
  /** The parent of each bone; −1 for the root. */
  readonly parents: ReadonlyArray<number>
  /** The frame of each bone in that of its parent, and the inverse of its absolute frame, `[bones, 4, 4]`. */
  readonly relative: Float<[number, 4, 4]>
  readonly inverseAbsolute: Float<[number, 4, 4]>
  /** How much each vertex follows each bone, `[vertices, bones]`. */
  readonly weights: Float<[number, number]>
  /** Homogeneous positions, `[vertices, 4]`. */
  readonly vertices: Float<[number, 4]>
}

/** Where vertices should be. */
export interface Targets {
  readonly vertexOf: Tensor<[number], "int32">
  readonly points: Float<[number, 3]>
}

/** The matrices of the cross products with the unit vectors: `crossProducts[i]·v = e_i × v`. */
const crossProducts = Tensor.make([
  [[0, 0, 0], [0, 0, -1], [0, 1, 0]],
  [[0, 0, 1], [0, 0, 0], [-1, 0, 0]],
  [[0, -1, 0], [1, 0, 0], [0, 0, 0]]
])

const identity = Tensor.eye(3)

/** Turning about an axis of length 1, of which the cross product K is given: I + sin θ·K + (1 − cos θ)·K² (Rodrigues). */
const turn = <S extends ReadonlyArray<number>>(angle: Float<S>, K: Float<[3, 3]>) =>
  Effect.gen(function*() {
    const K2 = yield* matmul(K, K)
    return yield* add(identity, add(mul(sin(angle), K), mul(sub(1, cos(angle)), K2)))
  })

/** The rotation about `r` by the angle ‖r‖. */
const rotation = (r: Float<[3]>) =>
  Effect.gen(function*() {
    const angle = yield* norm(r)
    return yield* cond(
      less(angle, 1e-4),
      () => identity,
      () => Effect.flatMap(einsum("i,ijk->jk", div(r, angle), crossProducts), (K) => turn(angle, K))
    )
  })

/** Which elements of theta turn each bone about x, y and z, `[3, bones, 1, 1]`; 26, behind the end, is none. */
const bending = (bones: number): Tensor<[3, number, 1, 1], "int32"> => {
  const [x, y, z] = Array.from({ length: 3 }, () => new Int32Array(bones).fill(26)) as [
    Int32Array,
    Int32Array,
    Int32Array
  ]
  for (let finger = 0; finger < 5; finger++) {
    const [bone, at] = [2 + 4 * finger, 6 + 4 * finger]
    x.set([at, at + 2, at + 3], bone)
    z[bone] = at + 1
  }
  return Tensor.make([...x, ...y, ...z], { shape: [3, bones, 1, 1], dtype: "int32" })
}

/** The bones by their distance from the root. */
const levelsOf = (parents: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> => {
  const levels: Array<Array<number>> = []
  const depth = (bone: number): number => parents[bone] === -1 ? 0 : 1 + depth(parents[bone]!)
  for (const bone of parents.keys()) (levels[depth(bone)] ??= []).push(bone)
  return levels
}

const indices = (values: ReadonlyArray<number>) => Tensor.make(Int32Array.from(values))

/** The absolute frames of bones, from their frames in their parents': one batch of products for each level. */
const absoluteFrames = (parents: ReadonlyArray<number>, local: Float<[number, 4, 4]>) =>
  Effect.gen(function*() {
    const levels = levelsOf(parents)
    const frames = [yield* take(local, indices(levels[0]!), { axis: 0 })]
    for (const [above, bones] of levels.slice(1).entries()) {
      const of = indices(bones.map((bone) => levels[above]!.indexOf(parents[bone]!)))
      frames.push(yield* matmul(take(frames[above]!, of, { axis: 0 }), take(local, indices(bones), { axis: 0 })))
    }
    const order = levels.flat()
    return yield* take(concat(frames), indices(parents.map((_, bone) => order.indexOf(bone))), { axis: 0 })
  })

/**
 * The objective: how far vertices are from their targets, `[n, 3]`, where theta is a global rotation[3], a translation[3] and
 * 4 angles for each finger.
 */
export const hand =
  ({ inverseAbsolute, parents, relative, vertices, weights }: Hand, targets: Targets) => (theta: Float<[26]>) =>
    Effect.gen(function*() {
      const angles = yield* take(pad(theta, [[0, 1]]), bending(parents.length))
      const about = (axis: 0 | 1 | 2) =>
        Effect.flatMap(Effect.all([slice(angles, axis), slice(crossProducts, axis)]), ([angle, K]) => turn(angle, K))
      const bent = matmul(slice(relative, null, null, [0, 3]), matmul(matmul(about(2), about(1)), about(0)))
      const local = yield* concat([bent, slice(relative, null, null, [3, 4])], 2)

      // each vertex moves by the weighted mean of what its bones do
      const motions = slice(matmul(absoluteFrames(parents, local), inverseAbsolute), null, [0, 3])
      const skin = einsum("vb,bij,vj->vi", weights, motions, vertices)

      const turned = matmul(skin, Effect.flatMap(rotation(yield* slice(theta, [0, 3])), (R) => transpose(R)))
      return yield* sub(targets.points, take(add(turned, slice(theta, [3, 6])), targets.vertexOf, { axis: 0 }))
    })
