/**
 * Mixtures of Gaussians: `einsum` and `logsumexp`, and the gradient by weights, means and covariances at once, compared
 * with the one that ADBench's authors derived by hand.
 */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { concat, div, norm, reshape, sub, Tensor, valueAndGrad } from "wengert"
import { gmmInputs, isAvailable, readGmm, skipped } from "./adbench/data.ts"
import { gmm } from "./adbench/gmm.ts"
import type { Mixture } from "./adbench/gmm.ts"

/** All numbers of a mixture, or of its gradient. */
const flat = ({ alphas, icf, means }: Mixture) => concat([alphas, reshape(means, [-1]), reshape(icf, [-1])])

const program = Effect.gen(function*() {
  for (const name of gmmInputs) {
    const { expected, mixture, wishart, x } = readGmm(name)
    console.log(`${x.shape[0]} points in ${x.shape[1]} dimensions, ${mixture.alphas.size} Gaussians`)

    // what is known stays outside of the function, what is to be learnt is its argument
    const [value, gradient] = yield* valueAndGrad(gmm(x, wishart))(mixture)
    const numbers = yield* flat(gradient)
    const byHand = Tensor.make([...expected.gradient])
    const error = yield* Tensor.item(div(norm(sub(numbers, byHand)), norm(byHand)))
    console.log(`  objective ${yield* Tensor.item(value)}, by hand ${expected.objective}`)
    console.log(`  gradient of ${numbers.size} numbers, relative distance from that by hand ${error.toExponential(1)}`)
    assert(error < 1e-9)
  }
})

if (isAvailable) Effect.runSync(program)
else console.log(skipped("the mixtures of Gaussians"))
