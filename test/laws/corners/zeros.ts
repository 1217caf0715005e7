/**
 * Structural zeros: that no mask makes, and that meet what is infinite.
 */
import { Effect } from "effect"
import { Laws } from "../../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../../src/index.ts"
import * as w from "../../../src/index.ts"
import type { Cases } from "../cases.ts"
import { once, type X } from "./claims.ts"

const { Tensor } = w

export const zeros: Cases = {
  "a mask inside of a choice": () => {
    const [m, n, x] = [Tensor.make([true, false, true]), Tensor.make([true, true, false]), Tensor.make([2, 3, 1.5])]
    return once(
      Laws.gradient((x: X) => w.sum(w.sqrt(w.where(n, w.where(m, x, 0), w.square(x)))), [x], { order: 2 }),
      Laws.gradient((x: X) => w.sum(w.sqrt(w.where(n, w.square(x), w.where(m, x, 0)))), [x], { order: 2 }),
      Laws.gradient((x: X) => w.sum(w.sqrt(w.where(n, w.where(m, x, 0), w.where(m, 0, x)))), [x], { order: 2 })
    )
  },
  "products of Taylor series, where one is infinitely steep": () => {
    const [m, n, x] = [Tensor.make([true, false, true]), Tensor.make([true, true, true]), Tensor.make([2, 0, 1.5])]
    return once(
      Laws.taylorNests((x: X) => w.mul(w.where(m, x, 0), w.sqrt(x)), [x]),
      Laws.taylorNests((x: X) => w.mul(w.sqrt(x), w.where(m, x, 0)), [x]),
      Laws.taylorNests((x: X) => w.mul(w.where(m, x, 0), w.where(n, w.sqrt(x), 0)), [x]),
      Laws.taylorNests((x: X) => w.mul(w.where(n, w.sqrt(x), 0), w.where(m, x, 0)), [x])
    )
  },
  "columns of a product that are masked": () => {
    const b = Tensor.make([[1, Infinity, 2], [2, 1, 3]])
    const f = (a: X) => w.sum(w.where(Tensor.make([true, false, true]), w.matmul(a, b), 0))
    return once(Laws.gradient(f, [Tensor.make([[1, 2], [0.5, 3]])]))
  },
  "rows of a product that are masked": () => {
    const b = Tensor.make([[1, Infinity, 2], [2, 1, 3]])
    const f = (a: X) =>
      w.sum(w.where(Tensor.make([[true], [false]]), w.matmul(a, b), 0)) as Effect.Effect<AnyTensor<[]>, any>
    return once(
      Laws.sameDerivatives(
        "the other row",
        (a: X) => Effect.flatMap(w.grad(f as never)(a as never), (g: any) => w.slice(g, 1)) as any,
        (a: X) => w.mul(w.slice(a, 1), 0),
        [Tensor.make([[1, 2], [0.5, 3]])],
        { order: 0 }
      )
    )
  },
  "a solution beside what is masked": () => {
    const f = (a: X, b: X) =>
      w.add(
        w.sum(w.where(Tensor.make([true, false]), w.log(b), 0)),
        w.sum(w.sin(w.Linalg.solve(a, w.square(b))))
      )
    return once(Laws.gradient(f, [Tensor.make([[3, 1], [0.5, 2]]), Tensor.make([1, 2])], { order: 2 }))
  },
  "a loop that is masked, under a root, in forward mode": () => {
    const f = (x: X) => {
      const grown = w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, 1.5), x)
      return w.sum(w.sqrt(w.where(Tensor.make([true, false, true]), grown, 0)))
    }
    return once(Laws.gradient(f, [Tensor.make([1, 2, 3])], { order: 2, modes: "forward" }))
  },
  "the larger of a number and what moves": () =>
    once(
      Laws.gradient((x: X) => w.maximum(x, 1), [Tensor.make([2, 0.5])], { order: 2 }),
      Laws.gradient((x: X) => w.minimum(1, x), [Tensor.make([2, 0.5])], { order: 2 })
    ),
  "the larger one, where the smaller is infinitely steep": () =>
    once(
      Laws.gradient((x: X) => w.maximum(1, w.cbrt(x)), [Tensor.make(0)], { order: 2 }),
      Laws.gradient((x: X) => w.maximum(w.cbrt(x), 1), [Tensor.make(0)], { order: 2 }),
      Laws.gradient((x: X) => w.minimum(-1, w.cbrt(x)), [Tensor.make(0)], { order: 2 })
    ),
  "a root of what is put beside": () =>
    once(
      Laws.gradient(
        (x: X) => w.sum(w.sqrt(w.concat([x, Tensor.zeros([2])]))),
        Laws.tensors([[3]], { elements: Laws.real(1, 2) }),
        { order: 2 }
      )
    ),
  "a root of what is added nowhere": () =>
    once(
      Laws.gradient(
        (x: X) => w.sum(w.sqrt(w.scatterAdd(Tensor.zeros([4]), Tensor.make([[2], [0]], { dtype: "int32" }), x))),
        Laws.tensors([[2]], { elements: Laws.real(1, 2) }),
        { order: 2 }
      )
    ),
  "a step of nothing": () =>
    once(
      Laws.gradient((x: X) => w.add(w.sum(w.slice(x, [0, 0, 2])), w.sum(w.square(x))), Laws.tensors([[3]]), {
        order: 2
      })
    ),
  "a float that was a whole number": () =>
    once(
      Laws.gradient(
        (x: X) => w.mul(x, w.cast(w.cast(x, "int32"), "float64")),
        Laws.tensors([[3]], { elements: Laws.real(1.1, 1.9) }),
        { order: 2 }
      )
    ),
  "products of Taylor series, each masked": () => {
    const [m, n] = [Tensor.make([true, false, true]), Tensor.make([false, true, true])]
    return once(
      Laws.taylorNests(
        (x: X) => w.sum(w.mul(w.where(m, w.sqrt(x), 0), w.where(n, w.log(x), 0))),
        [Tensor.make([2, 3, 1.5])]
      ),
      Laws.taylorNests(
        (x: X) => w.sum(w.where(m, w.mul(w.sqrt(x), w.log(x)), 0)),
        [Tensor.make([2, 0, 1.5])]
      )
    )
  }
}
