/**
 * ADBench's bundle adjustment: how far points, as cameras would see them, are from where they were seen. The residuals of
 * an observation depend on one camera, one point and one weight, so the Jacobian is sparse: a dense block for each
 * observation.
 */
import { Effect } from "effect"
import {
  add,
  cond,
  cos,
  div,
  greater,
  jacrev,
  mul,
  sin,
  slice,
  sqrt,
  square,
  sub,
  sum,
  take,
  Tensor,
  vmap
} from "wengert"

type Vector<N extends number> = Tensor<[N], "float64">
type Vectors<N extends number> = Tensor<[number, N], "float64">
type Scalar = Tensor<[], "float64">

/** What was seen: for each observation which camera, which point, how sure, and where in the image. */
export interface Observations {
  readonly cameraOf: Tensor<[number], "int32">
  readonly pointOf: Tensor<[number], "int32">
  readonly weights: Tensor<[number], "float64">
  readonly features: Vectors<2>
}

const [yzx, zxy] = [Tensor.make([1, 2, 0], { dtype: "int32" }), Tensor.make([2, 0, 1], { dtype: "int32" })]

/** a × b. */
const cross = (a: Vector<3>, b: Vector<3>) =>
  sub(
    mul(take(a, yzx, { axis: 0 }), take(b, zxy, { axis: 0 })),
    mul(take(a, zxy, { axis: 0 }), take(b, yzx, { axis: 0 }))
  )

/** `x` rotated about the axis `r` by the angle ‖r‖ (Rodrigues' formula); to first order where `r` is 0. */
const rotate = (r: Vector<3>, x: Vector<3>) =>
  Effect.gen(function*() {
    const turned = yield* cross(r, x)
    const squared = yield* sum(square(r))
    return yield* cond(
      greater(squared, 0),
      () =>
        Effect.gen(function*() {
          const angle = yield* sqrt(squared)
          const cosine = yield* cos(angle)
          const along = mul(r, mul(div(sub(1, cosine), squared), sum(mul(r, x))))
          return yield* add(add(mul(x, cosine), mul(turned, div(sin(angle), angle))), along)
        }),
      () => add(x, turned)
    )
  })

/** Where a camera sees a point. A camera: rotation[3], centre[3], focal length, principal point[2], radial distortion[2]. */
const project = (camera: Vector<11>, point: Vector<3>) =>
  Effect.gen(function*() {
    const p = yield* rotate(yield* slice(camera, [0, 3]), yield* sub(point, slice(camera, [3, 6])))
    const e = yield* div(slice(p, [0, 2]), slice(p, 2))
    const s = yield* sum(square(e))
    const distortion = add(1, mul(s, add(slice(camera, 9), mul(s, slice(camera, 10)))))
    return yield* add(mul(mul(e, distortion), slice(camera, 6)), slice(camera, [7, 9]))
  })

/** The reprojection error of one observation. */
export const reprojectionError = (camera: Vector<11>, point: Vector<3>, weight: Scalar, feature: Vector<2>) =>
  mul(weight, sub(project(camera, point), feature))

/** The error of one weight. */
export const weightError = (weight: Scalar) => sub(1, square(weight))

/** The errors of all observations: reprojection `[p, 2]` and weight `[p]`. */
export const ba = (cameras: Vectors<11>, points: Vectors<3>, { cameraOf, features, pointOf, weights }: Observations) =>
  Effect.gen(function*() {
    const seenBy = yield* take(cameras, cameraOf, { axis: 0 })
    const seen = yield* take(points, pointOf, { axis: 0 })
    return {
      reprojection: yield* vmap(reprojectionError)(seenBy, seen, weights, features),
      weight: yield* vmap(weightError)(weights)
    }
  })

/** The blocks of the Jacobian: of reprojection errors by camera `[p, 2, 11]`, point `[p, 2, 3]` and weight `[p, 2]`; of weight errors `[p]`. */
export const baJacobian = (
  cameras: Vectors<11>,
  points: Vectors<3>,
  { cameraOf, features, pointOf, weights }: Observations
) =>
  Effect.gen(function*() {
    const seenBy = yield* take(cameras, cameraOf, { axis: 0 })
    const seen = yield* take(points, pointOf, { axis: 0 })
    const [camera, point, weight] = yield* vmap(jacrev(reprojectionError, { argnums: [0, 1, 2] }))(
      seenBy,
      seen,
      weights,
      features
    )
    return { reprojection: { camera, point, weight }, weight: yield* vmap(jacrev(weightError))(weights) }
  })
