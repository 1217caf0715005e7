/**
 * Bundle adjustment: where cameras and points are, from pictures. An observation depends on one camera and one point, so
 * the Jacobian is sparse: `jacrev` gives the dense block of one observation, `vmap` those of all.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, einsum, jvp, mul, norm, sin, sub, take, Tensor } from "wengert"
import { ba, baJacobian } from "./adbench/ba.ts"
import { isAvailable, readBa, skipped } from "./adbench/data.ts"

/** Numbers between −1 and 1 that look like chance. */
const noise = <const S extends ReadonlyArray<number>>(shape: S) =>
  sin(mul(1e3, Tensor.make(Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i), { shape })))

const program = Effect.gen(function*() {
  const { cameras, observations, points } = readBa("ba1_n49_m7776_p31843")
  const { cameraOf, pointOf } = observations
  console.log(`${cameras.shape[0]} cameras, ${points.shape[0]} points, ${cameraOf.size} observations`)

  const { reprojection: { camera, point } } = yield* baJacobian(cameras, points, observations)
  const [rows, columns] = [2 * cameraOf.size, cameras.size + points.size]
  console.log(`the Jacobian is ${rows} × ${columns}, and has ${camera.size + point.size} elements in blocks`)
  console.log(`  by camera ${camera.shape.join(" × ")}, by point ${point.shape.join(" × ")}`)

  // the blocks times a direction are the derivative in that direction
  const [toCameras, toPoints] = [yield* noise([49, 11]), yield* noise([7776, 3])]
  const byBlocks = yield* add(
    einsum("pij,pj->pi", camera, take(toCameras, cameraOf, { axis: 0 })),
    einsum("pij,pj->pi", point, take(toPoints, pointOf, { axis: 0 }))
  )
  const errors = (cs: typeof cameras, ps: typeof points) => Effect.map(ba(cs, ps, observations), (e) => e.reprojection)
  const [, atOnce] = yield* jvp(errors, [cameras, points], [toCameras, toPoints])
  const difference = yield* Tensor.item(norm(sub(byBlocks, atOnce)))
  const size = yield* Tensor.item(norm(atOnce))
  console.log(`in one direction: ${size.toFixed(3)}, relative difference ${(difference / size).toExponential(1)}`)
  assert(difference / size < 1e-12)
})

if (isAvailable) Effect.runSync(program)
else console.log(skipped("bundle adjustment"))
