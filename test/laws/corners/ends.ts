/**
 * Ends of domains, where limits are known.
 */
import { Laws } from "../../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../../src/index.ts"
import * as w from "../../../src/index.ts"
import { once, type X } from "./claims.ts"

const { Tensor } = w

/** A step, as far out as the error function is one. */
const steps = (at: number): AnyTensor => Tensor.make([at, -at])
export const ends: Record<string, () => ReadonlyArray<Laws.Law>> = Object.fromEntries(
  [1e3, 1e200, Infinity].map((at) => [
    `erf is a step at ±${at}`,
    () =>
      once(
        Laws.sameDerivatives("erf", (x: X) => w.erf(x), (x: X) => w.sign(x), [steps(at)]),
        Laws.sameDerivatives("erfc", (x: X) => w.erfc(x), (x: X) => w.sub(1, w.sign(x)), [steps(at)])
      )
  ])
)

ends["the positive part of what falls infinitely steep"] = () =>
  once(
    Laws.sameDerivatives("relu(−√x)", (x: X) => w.relu(w.neg(w.sqrt(x))), (x: X) => w.mul(x, 0), [Tensor.make(0)], {
      order: 1
    })
  )
ends["log(eˣ + eʸ), where both are infinite"] = () =>
  [Infinity, -Infinity].flatMap((at) =>
    once(
      Laws.sameDerivatives(
        "logaddexp",
        (x: X, y: X) => w.logaddexp(x, y),
        (x: X, y: X) => w.mul(w.add(x, y), 0.5),
        [Tensor.make(at), Tensor.make(at)]
      )
    )
  )
