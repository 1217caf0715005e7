/**
 * Branches and loops: of which a carry counts alone, with a limit for each of a batch, of order 1, beside what is masked.
 */
import { Effect } from "effect"
import { Laws } from "../../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../../src/index.ts"
import * as w from "../../../src/index.ts"
import type { Cases } from "../cases.ts"
import { type F, once, refuses, type X } from "./claims.ts"

const { Tensor } = w

const chosen = (index: number) => (): Effect.Effect<unknown, any> =>
  w.vmap((i: AnyTensor<[], "int32">) =>
    w.switchCase(i as never, [() => Tensor.make(1), () => Tensor.make(2)] as never) as any
  )(Tensor.make([0, index], { dtype: "int32" })) as any

export const control: Cases = {
  "a policy that keeps what has several results": () => {
    const f = (a: X) => Effect.flatMap(w.Linalg.qr(w.sin(a)), ({ q, r }) => w.sum(w.mul(w.exp(q), w.sin(r))))
    const g = w.checkpoint(f, { policy: () => true })
    return once(Laws.sameDerivatives("with and without", g as F, f as F, [Tensor.make([[1, 2], [0.5, 3]])]))
  },
  "an index of a batch that is too large is refused": () => refuses("a switch", "IndexError", chosen(2)),
  "an index of a batch that is negative is refused": () => refuses("a switch", "IndexError", chosen(-1)),
  "a batch of bools chooses the branch of each": () => {
    const f = (x: AnyTensor<[]>) => w.cond(w.less(x, 0), () => w.sin(x), () => w.square(x))
    return once(Laws.batching(f as F, Laws.tensors([[]])))
  },
  "a branch beside what is masked": () => {
    const f = (x: X) =>
      w.add(
        w.sum(w.where(Tensor.make([true, false, true]), w.log(x), 0)),
        w.sum(w.exp(w.cond(w.less(w.sum(x), 9), () => w.mul(x, 0.5), () => w.sin(x))))
      )
    return once(Laws.gradient(f, [Tensor.make([1, 2, 3])], { order: 2 }))
  },
  "a loop beside what is masked, in forward mode": () => {
    const f = (x: X) => {
      const grown = w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, 1.5), x)
      return w.sum(w.mul(w.exp(x), w.where(Tensor.make([true, false, true]), grown, 0)))
    }
    return once(Laws.gradient(f, [Tensor.make([1, 2, 3])], { order: 2, modes: "forward" }))
  },
  "a batch of loops of which a carry counts alone": () => {
    const each = (x: X) =>
      Effect.map(
        w.whileLoop(
          ([, c]: readonly [X, X]) => w.less(c, 20) as Effect.Effect<AnyTensor<[], "bool">, any>,
          ([i, c]: readonly [X, X]) => Effect.all([w.add(i, 1), w.mul(c, 1.5)]),
          [Tensor.make(0) as X, x] as const
        ),
        ([i, c]) => [i, c]
      )
    const together = (x: X) =>
      Effect.map(
        w.whileLoop(
          ([i]: readonly [X, X]) => w.less(i, 4) as Effect.Effect<AnyTensor<[], "bool">, any>,
          ([i, c]: readonly [X, X]) => Effect.all([w.add(i, 1), w.mul(c, 1.5)]),
          [Tensor.make(0) as X, x] as const
        ),
        ([i, c]) => [i, c]
      )
    const xs = Tensor.make([1, 8, 3])
    const oneByOne = (f: typeof each) =>
      Effect.gen(function*() {
        const found = yield* Effect.forEach([1, 8, 3], (x) => f(Tensor.make(x)))
        return yield* Effect.all([w.stack(found.map(([i]) => i!)), w.stack(found.map(([, c]) => c!))])
      })
    return [each, together].flatMap((f) =>
      once(
        Laws.sameDerivatives("a batch", (xs: X) => w.vmap(f as never)(xs as never), () => oneByOne(f) as any, [xs], {
          order: 0
        })
      )
    )
  },
  "a batch of loops, each with its limit": () => {
    const f = (x: X, limit: X) =>
      w.whileLoop((c: X) => w.less(c, limit) as Effect.Effect<any, any>, (c: X) => w.mul(c, 1.5), x)
    const [xs, limits] = [[1, 8, 3], [9, 10, 4]]
    return once(
      Laws.sameDerivatives(
        "a batch",
        (xs: X, limits: X) => w.vmap(f as never)(xs as never, limits as never) as any,
        () =>
          Effect.flatMap(
            Effect.forEach(xs, (x, i) => f(Tensor.make(x), Tensor.make(limits[i]!))),
            (ys) => w.stack(ys)
          ) as any,
        [Tensor.make(xs), Tensor.make(limits)],
        { order: 0 }
      )
    )
  },
  "Taylor series of order 1 through a branch": () =>
    once(
      Laws.taylorNests(
        (x: X) => w.cond(w.less(w.sum(x), 9), () => w.sin(x), () => w.square(x)) as any,
        Laws.tensors([[3]]),
        {
          order: 1
        }
      )
    ),
  "Taylor series of order 1 through a loop": () => {
    const f = (x: X) =>
      Effect.map(
        w.scan(
          (c: AnyTensor<[]>, x: AnyTensor<[]>) => Effect.map(w.mul(c, w.sin(x)), (y) => [y, y] as const),
          Tensor.make(1),
          x as AnyTensor<[3]>
        ),
        ([c]) => c
      )
    const from = (x: X) =>
      Effect.flatMap(w.sum(x), (start) =>
        Effect.map(
          w.scan(
            (c: AnyTensor<[]>, k: AnyTensor<[]>) => Effect.map(w.mul(w.sin(c), k), (y) => [y, y] as const),
            start,
            Tensor.make([2, 3])
          ),
          ([c]) => c
        ))
    return once(
      Laws.taylorNests(f as F, Laws.tensors([[3]]), { order: 1 }),
      Laws.taylorNests(from as F, Laws.tensors([[3]]), { order: 1 })
    )
  },
  "a gradient of a constant, beside what is not": () =>
    once(
      Laws.sameDerivatives(
        "the gradient of what does not depend on x",
        (x: X) =>
          Effect.map(
            w.gradWithAux((x: AnyTensor<[]>) => Effect.map(w.sin(x), (aux) => ({ value: Tensor.make(2), aux })))(
              x as AnyTensor<[]>
            ),
            ({ gradient }) => gradient
          ) as Effect.Effect<AnyTensor, any>,
        (x: X) => w.mul(x, 0),
        [Tensor.make(1)],
        { order: 0 }
      )
    )
}
