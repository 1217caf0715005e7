/**
 * The pose of a hand, found from points of its skin: Gauss and Newton's method, with a Jacobian of 26 columns by `jacfwd`.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { add, einsum, jacfwd, mul, neg, norm, sub, Tensor } from "wengert"
import { isAvailable, readHand, skipped } from "./adbench/data.ts"
import { hand } from "./adbench/hand.ts"
import { solve } from "./support/solve.ts"

const program = Effect.gen(function*() {
  const { model, targets: { vertexOf }, theta } = readHand("hand1_t26_c100")
  console.log(`${vertexOf.size} points of the skin, ${theta.size} parameters`)

  // where the points are in the pose theta, which is to be found again
  const origin = Tensor.zeros([vertexOf.size, 3])
  const seen = yield* neg(hand(model, { vertexOf, points: origin })(theta))
  const errors = hand(model, { vertexOf, points: seen })

  let pose = yield* add(mul(0.8, theta), 0.05)
  let distance = Infinity
  for (let step = 0; step <= 8; step++) {
    const e = yield* errors(pose)
    distance = yield* Tensor.item(norm(e))
    console.log(`step ${step}: distance ${distance.toExponential(1)}`)
    // (JᵀJ + λI) δ = −Jᵀe, with a little damping (K. Levenberg, 1944)
    const J = yield* jacfwd(errors)(pose)
    const normal = yield* add(einsum("nci,ncj->ij", J, J), mul(1e-6, Tensor.eye(26)))
    pose = yield* sub(pose, solve(normal, yield* einsum("nci,nc->i", J, e)))
  }
  console.log(`distance from the pose: ${(yield* Tensor.item(norm(sub(pose, theta)))).toExponential(1)}`)
  assert(distance < 1e-9)
})

if (isAvailable) Effect.runSync(program)
else console.log(skipped("the hand"))
