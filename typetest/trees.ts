/**
 * What the compiler knows of trees, leaf by leaf: an optimiser needs no cast, whatever its parameters are.
 */
import * as Effect from "effect/Effect"
import type { OpError, Tensor } from "../src/index.ts"
import { add, div, grad, mul, sqrt, square, sub, sum, Tree } from "../src/index.ts"
import type { Equal, Fail, Need, Yield } from "./assert.ts"
import { is } from "./assert.ts"
import type { F64 } from "./values.ts"
import { scalar, x23, x3 } from "./values.ts"

interface Params {
  readonly layers: ReadonlyArray<{ readonly w: F64<[2, 3]>; readonly b: F64<[3]> }>
  readonly scale: F64<[]>
}
declare const params: Params

// a generic optimiser, with moments and momentum that look like the parameters
class Adam<P> {
  readonly loss: (p: P) => Effect.Effect<Tensor<[]>, OpError>
  constructor(loss: (p: P) => Effect.Effect<Tensor<[]>, OpError>) {
    this.loss = loss
  }
  init(p: P): Effect.Effect<P, OpError> {
    return Tree.map(p, (x) => mul(x, 0))
  }
  step(p: P, m: P, v: P): Effect.Effect<readonly [p: P, m: P, v: P], OpError> {
    const { loss } = this
    return Effect.gen(function*() {
      const g = yield* grad(loss)(p)
      const first = yield* Tree.zipWith(m, g, (m, g) => add(mul(0.9, m), mul(0.1, g)))
      const second = yield* Tree.zipWith(v, g, (v, g) => add(mul(0.999, v), mul(0.001, square(g))))
      const update = yield* Tree.zipWith(first, second, (m, v) => div(m, add(sqrt(v), 1e-8)))
      return [yield* Tree.zipWith(p, update, (p, u) => sub(p, mul(1e-3, u))), first, second] as const
    })
  }
}
const adam = new Adam((p: Params) => sum(mul(p.scale, p.scale)))
const stepped = adam.step(params, params, params)
is<Equal<Yield<typeof stepped>, readonly [p: Params, m: Params, v: Params]>>()

// what is known of the result is kept
const scaled = Tree.map(params, (x) => mul(x, 2))
is<Equal<Yield<typeof scaled>, Params>>()
is<Equal<Fail<typeof scaled>, OpError>>()
const sums = Tree.map({ w: x23, b: x3 }, (x) => sum(x))
is<Equal<Yield<typeof sums>, { w: Tensor<[]>; b: Tensor<[]> }>>()
const sizes = Tree.map([x23, x3] as const, (x) => x.size)
is<Equal<Yield<typeof sizes>, [number, number]>>()
const names = Tree.map({ w: x23 }, (_, path) => Effect.succeed(path))
is<Equal<Yield<typeof names>, { w: string }>>()

// errors and services, of the tree and of the function
declare const loaded: Effect.Effect<Params, "missing", "Disk">
const given = Tree.map(loaded, (x) => mul(x, 2))
is<Equal<Yield<typeof given>, Params>>()
is<Equal<Fail<typeof given>, OpError | "missing">>()
is<Equal<Need<typeof given>, "Disk">>()
const failing = Tree.map(params, () => Effect.fail("no" as const))
is<Equal<Fail<typeof failing>, OpError | "no">>()

const norm = Tree.reduce(params, 0, (total, x) => add(total, sum(square(x))))
is<Equal<Yield<typeof norm>, number | Tensor>>()
const total = Tree.reduce(params, scalar, (total, x) => add(total, sum(x)))
is<Equal<Yield<typeof total>, F64<[]>>>()
const listed = Tree.reduce(params, "", (text, _, path) => text + path)
is<Equal<Yield<typeof listed>, string>>()
const leaves = Tree.leaves(params)
is<Equal<Yield<typeof leaves>, ReadonlyArray<Tensor>>>()
const paths = Tree.paths(params)
is<Equal<Yield<typeof paths>, ReadonlyArray<string>>>()

// @ts-expect-error the errors of the Effect inside would be lost
export const lost = Tree.leaves({ w: Effect.fail("no") as Effect.Effect<Tensor, "no"> })
