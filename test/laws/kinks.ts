/** Programs at points where they have no gradient, but subgradients. */
import type { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"

type X = AnyTensor
const { Tensor } = w
const at = (...data: ReadonlyArray<number>): [X] => [Tensor.make(data)]

export const kinks: {
  readonly [name: string]: readonly [f: Laws.Program<ReadonlyArray<any>, any, any>, ...at: ReadonlyArray<X>]
} = {
  "abs at 0": [w.abs, ...at(0, 1, -1, -0)],
  "abs of a sum": [(x: X) => w.abs(w.sum(x)), ...at(1, 2, -3)],
  "relu at 0": [w.relu, ...at(0, 1, -1)],
  "relu of a product": [(x: X) => w.relu(w.mul(x, 3)), ...at(0, 2)],
  "a tie of two in max": [w.max, ...at(1, 1, 0)],
  "a tie of all in max": [w.max, ...at(2, 2, 2, 2)],
  "a tie in a row of max": [(x: X) => w.max(x, { axis: 1 }), Tensor.make([[1, 1, 0], [3, 2, 1]])],
  "ties in columns of max": [(x: X) => w.max(x, { axis: 0, keepDims: true }), Tensor.make([[1, 1], [1, 2], [0, 2]])],
  "a tie of two in min": [w.min, ...at(1, 1, 3)],
  "a tie of all in min": [w.min, ...at(-1, -1, -1)],
  "a tie in a row of min": [(x: X) => w.min(x, { axis: 1 }), Tensor.make([[1, 1, 2], [3, 2, 1]])],
  "a tie of maximum": [w.maximum, ...at(1, 2), ...at(1, 1)],
  "a tie of minimum": [w.minimum, ...at(1, 2), ...at(1, 3)],
  "the lower end of clip": [(x: X) => w.clip(x, -1, 1), ...at(-1, 0, 2)],
  "the upper end of clip": [(x: X) => w.clip(x, -1, 1), ...at(1, 0, -2)],
  "norm at 0": [w.norm, ...at(0, 0, 0)],
  "norm of a row of zeros": [(x: X) => w.norm(x, { axis: 1 }), Tensor.make([[0, 0], [3, 4]])],
  "std of equal elements": [w.std, ...at(2, 2, 2)],
  "std of a column of equal elements": [(x: X) => w.std(x, { axis: 0 }), Tensor.make([[1, 5], [1, 7]])],
  "hypot at the origin": [w.hypot, ...at(0, 3), ...at(0, 4)],
  "the 1-norm": [(x: X) => w.sum(w.abs(x)), ...at(0, 1, 0, -2)],
  "the ∞-norm": [(x: X) => w.max(w.abs(x)), ...at(1, 1, -1, 0.5)],
  "a hinge": [(x: X) => w.sum(w.relu(w.sub(1, x))), ...at(1, 0, 2)]
}
