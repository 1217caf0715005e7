/**
 * Programs: errors and services are united, trees keep their structure, and transformations keep all of it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Option } from "effect/Option"
import type { OpError, Tensor, UnconnectedGradientError } from "../src/index.ts"
import {
  add,
  checkpoint,
  cond,
  grad,
  gradWithAux,
  greater,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  matmul,
  mean,
  mul,
  scan,
  sin,
  split,
  square,
  sum,
  switchCase,
  topK,
  valueAndGrad,
  vjp,
  vmap
} from "../src/index.ts"
import type { Equal, Fail, Need, Yield } from "./assert.ts"
import { is } from "./assert.ts"
import type { F64 } from "./values.ts"
import { bool, int, scalar, single3, x23, x3, x34, x4, zeros } from "./values.ts"

// ---- errors and services

class Store extends Context.Service<Store, { readonly load: Effect.Effect<F64<[3]>, "not found"> }>()("Store") {}
const loaded = Effect.flatMap(Store, (store) => store.load)

const plain = (x: F64<[3]>) => sum(mul(x, sin(x)))
is<Equal<ReturnType<typeof plain>, Effect.Effect<F64<[]>, OpError>>>()

const served = (x: F64<[3]>) => sum(mul(x, loaded))
is<Equal<ReturnType<typeof served>, Effect.Effect<F64<[]>, OpError | "not found", Store>>>()

const servedGradient = grad(served)
is<Equal<ReturnType<typeof servedGradient>, Effect.Effect<F64<[3]>, OpError | "not found", Store>>>()

const inGenerator = (x: F64<[3]>) =>
  Effect.gen(function*() {
    const y = yield* loaded
    if ((yield* sum(y)).size > 1) return yield* Effect.fail("too large" as const)
    return yield* sum(mul(x, y))
  })
is<Equal<Fail<ReturnType<typeof inGenerator>>, OpError | "not found" | "too large">>()
is<Equal<Need<ReturnType<typeof inGenerator>>, Store>>()

const servedBatch = vmap(served)(x23)
is<Equal<typeof servedBatch, Effect.Effect<F64<[2]>, OpError | "not found", Store>>>()
const servedBranch = cond(bool, () => loaded, () => x3)
is<Equal<typeof servedBranch, Effect.Effect<F64<[3]>, OpError | "not found", Store>>>()

// ---- trees of parameters

interface Params {
  readonly w: F64<[3, 4]>
  readonly b: F64<[4]>
  readonly layers: ReadonlyArray<{ readonly k: F64<[2]> }>
}
const loss = (p: Params, x: F64<[8, 3]>) => mean(square(add(matmul(x, p.w), p.b)))

const gradient = grad(loss)
is<Equal<ReturnType<typeof gradient>, Effect.Effect<Params, OpError>>>()
is<Equal<Parameters<typeof gradient>, [p: Params, x: F64<[8, 3]>]>>()
const second = grad(loss, { argnums: 1 })
is<Equal<Yield<ReturnType<typeof second>>, F64<[8, 3]>>>()
const pair = grad(loss, { argnums: [1, 0] })
is<Equal<Yield<ReturnType<typeof pair>>, [F64<[8, 3]>, Params]>>()
const options = grad(loss, { unconnected: "none" })
is<Equal<Yield<ReturnType<typeof options>>["w"], Option<F64<[3, 4]>>>>()
is<Equal<Yield<ReturnType<typeof options>>["layers"][number]["k"], Option<F64<[2]>>>>()
const strict = grad(loss, { unconnected: "error" })
is<Equal<Fail<ReturnType<typeof strict>>, OpError | UnconnectedGradientError>>()
const value = valueAndGrad(loss)
is<Equal<Yield<ReturnType<typeof value>>, [value: F64<[]>, gradient: Params]>>()

const withAux = gradWithAux((p: Params, x: F64<[8, 3]>) =>
  Effect.gen(function*() {
    const hidden = yield* matmul(x, p.w)
    return { value: yield* sum(hidden), aux: { hidden } }
  })
)
type Aux = Yield<ReturnType<typeof withAux>>
is<Equal<Aux["gradient"], Params>>()
is<Equal<Aux["value"], F64<[]>>>()
is<Equal<Aux["aux"], { hidden: F64<[8, 4]> }>>()

const withOperands = gradWithAux((x: F64<[3]>) => ({ value: sum(x), aux: [sin(x), 1] as const }))
is<Equal<Yield<ReturnType<typeof withOperands>>["aux"], [F64<[3]>, F64<[]>]>>()

const fromNumbers = grad((p: { readonly rate: number; readonly x: F64<[3]> }) => sum(mul(p.x, p.rate)))
is<Equal<Yield<ReturnType<typeof fromNumbers>>["rate"], number & F64<[]>>>()
is<Equal<Yield<ReturnType<typeof fromNumbers>>["x"], F64<[3]>>>()

// ---- nesting

const scalarFunction = (x: F64<[]>) => mul(x, sin(x))
const fourth = grad(grad(grad(grad(scalarFunction))))
is<Equal<typeof fourth, (x: F64<[]>) => Effect.Effect<F64<[]>, OpError>>>()
const perExample = vmap(grad(loss), { inAxes: [null, 0] })(
  { w: x34, b: x4, layers: [] },
  zeros([16, 8, 3])
)
is<Equal<Yield<typeof perExample>["w"], F64<[16, 3, 4]>>>()
is<Equal<Yield<typeof perExample>["layers"], ReadonlyArray<{ readonly k: F64<[16, 2]> }>>>()
const compiled = jit(vmap(jit(grad(plain))))(x23)
is<Equal<Yield<typeof compiled>, F64<[2, 3]>>>()
const light = grad(checkpoint(plain))(x3)
is<Equal<Yield<typeof light>, F64<[3]>>>()

// ---- forward mode

const pushed = jvp(loss, [{ w: x34, b: x4, layers: [] }, zeros([8, 3])], [{ w: x34, b: x4, layers: [] }, zeros([8, 3])])
is<Equal<Yield<typeof pushed>, [output: F64<[]>, tangent: F64<[]>]>>()
const linear = linearize((x: F64<[3]>, y: F64<[3]>) => ({ product: mul(x, y) }), x3, x3)
type Pushforward = Yield<typeof linear>[1]
is<Equal<Parameters<Pushforward>, [x: F64<[3]>, y: F64<[3]>]>>()
is<Equal<Yield<ReturnType<Pushforward>>, { product: F64<[3]> }>>()
const reverse = vjp((x: F64<[3]>, y: F64<[3]>) => mul(x, y), x3, x3)
type Pullback = Yield<typeof reverse>[1]
is<Equal<Parameters<Pullback>[0], F64<[3]>>>()
is<Equal<Yield<ReturnType<Pullback>>, [x: F64<[3]>, y: F64<[3]>]>>()

// ---- Jacobians

const tree = jacrev((p: { readonly a: F64<[2]>; readonly b: F64<[3]> }) => ({
  y: matmul(x23, p.b),
  z: [sum(p.a)] as const
}))
type Tree = Yield<ReturnType<typeof tree>>
is<Equal<Tree["y"], { a: F64<[2, 2]>; b: F64<[2, 3]> }>>()
is<Equal<Tree["z"], [{ a: F64<[2]>; b: F64<[3]> }]>>()
const several = jacfwd((x: F64<[3]>, w: F64<[3, 4]>) => matmul(x, w), { argnums: [0, 1] })
is<Equal<Yield<ReturnType<typeof several>>, [F64<[4, 3]>, F64<[4, 3, 4]>]>>()
const blocks = hessian(loss)
is<Equal<Yield<ReturnType<typeof blocks>>["w"]["b"], F64<[3, 4, 4]>>>()
const product = hvp(loss)([{ w: x34, b: x4, layers: [] }, zeros([8, 3])], [
  { w: x34, b: x4, layers: [] },
  zeros([8, 3])
])
is<Equal<Yield<typeof product>, [p: Params, x: F64<[8, 3]>]>>()

// ---- batches

const both = vmap((w: F64<[4, 3]>, x: F64<[3]>) => matmul(w, x), { inAxes: [null, 1] })(zeros([4, 3]), zeros([3, 16]))
is<Equal<Yield<typeof both>, F64<[16, 4]>>>()
const nested = vmap((p: { readonly a: F64<[2]>; readonly b: F64<[3]> }) => ({ s: sum(p.a), t: p.b }), {
  inAxes: [{ a: 0, b: -1 }],
  outAxes: { s: 0, t: 1 }
})({ a: zeros([5, 2]), b: zeros([3, 5]) })
is<Equal<Yield<typeof nested>, { s: F64<[5]>; t: F64<[3, 5]> }>>()
const twice = vmap(vmap((x: F64<[3]>, y: F64<[3]>) => sum(mul(x, y)), { inAxes: [0, null] }), { inAxes: [null, 0] })(
  zeros([5, 3]),
  zeros([7, 3])
)
is<Equal<Yield<typeof twice>, F64<[7, number]>>>()

// ---- control flow

const branches = cond(greater(scalar, 0), () => [sin(x3), { loss: 0 }], () => [x3, { loss: sum(single3) }])
is<Equal<Yield<typeof branches>, [F64<[3]>, { loss: Tensor<[], "float32"> }]>>()
const generated = cond(
  bool,
  () =>
    Effect.gen(function*() {
      return { y: yield* sin(x3) }
    }),
  () => ({ y: x3 })
)
is<Equal<Yield<typeof generated>, { y: F64<[3]> }>>()
const chosen = switchCase(int, [() => ({ a: x3 }), () => ({ a: sin(x3) })])
is<Equal<Yield<typeof chosen>, { a: F64<[3]> }>>()

const folded = scan((carry, x) => [add(carry, sum(x)), square(x)], 0, zeros([10, 3]))
is<Equal<Yield<typeof folded>, [carry: F64<[]>, ys: F64<[10, 3]>]>>()
const generatedScan = scan(
  (carry, x) =>
    Effect.gen(function*() {
      const next = yield* add(carry.state, x.input)
      return [{ state: next }, { seen: next, twice: [mul(next, 2)] as const }]
    }),
  { state: x3 },
  { input: zeros([10, 3]) }
)
is<Equal<Yield<typeof generatedScan>[0], { state: F64<[3]> }>>()
is<Equal<Yield<typeof generatedScan>[1], { seen: F64<[10, 3]>; twice: [F64<[10, 3]>] }>>()
const repeated = scan((carry) => [mul(carry, 2), carry], x3, null, { length: 5 })
is<Equal<Yield<typeof repeated>, [carry: F64<[3]>, ys: F64<[5, 3]>]>>()
const servedScan = scan((carry, x) => [add(carry, mul(x, loaded)), x], x3, zeros([10, 3]))
is<Equal<Fail<typeof servedScan>, OpError | "not found">>()

// ---- several results

const parts = split(x23, 3, 1)
is<Equal<Yield<typeof parts>, [F64<[2, 1]>, F64<[2, 1]>, F64<[2, 1]>]>>()
const cut = split(zeros([10, 2]), [3, -2])
is<Equal<Yield<typeof cut>, [F64<[3, 2]>, F64<[5, 2]>, F64<[2, 2]>]>>()
const best = topK(x23, 2)
is<Equal<Yield<typeof best>["values"], F64<[2, 2]>>>()
is<Equal<Yield<typeof best>["indices"], Tensor<[2, 2], "int32">>>()
