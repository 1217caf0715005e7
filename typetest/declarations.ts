/**
 * A library on top of this one, with hardly any annotations: what the compiler infers has to be nameable from outside, so
 * that `declaration: true` can write it down. `scripts/pack-check.ts` has two compilers do so.
 */
import { Context, Effect } from "effect"
import * as w from "wengert"
import { Tensor } from "wengert"
import { Laws } from "wengert/laws"

// ---- tensors, and what ops give

export const zeros = Tensor.zeros([60, 60])
export const image = Tensor.make(new Uint8ClampedArray(9), { shape: [3, 3] })
export const parse = (u: unknown) => Tensor.fromUnknown(u, { shape: [2] })
export const read = (x: Tensor<[2]>) => Tensor.toArray(x)
export const elements = (x: Tensor<[2], "float32">) => Tensor.data(x)
export const square = (x: Tensor<[3]>) => w.sum(w.mul(x, w.sin(x)))
export const generic = <S extends w.Shape>(x: Tensor<S>) => w.sum(w.mul(x, x))
export const kept = <S extends w.Shape, D extends w.DType>(x: Tensor<S, D>) => w.mul(x, w.tanh(2))
export const dense = <I extends number, O extends number>(
  { b, weights }: { readonly weights: Tensor<[I, O]>; readonly b: Tensor<[O]> },
  x: Tensor<[128, I]>
) => w.relu(w.add(w.matmul(x, weights), b))
export const broadcast = <A extends w.Shape, B extends w.Shape>(x: Tensor<A>, y: Tensor<B>) => w.add(x, y)
export const reduced = <S extends w.Shape>(x: Tensor<S>) => w.softmax(x, { axis: -1 })
export const flattened = <S extends w.Shape>(x: Tensor<S>) => w.reshape(x, [-1])
export const turned = <S extends w.Shape>(x: Tensor<S>) => w.transpose(x)
export const moved = (x: Tensor<[2, 3, 4]>) => w.slice(w.transpose(x), 0, [1, 2], null)
export const unknown = (x: Tensor) => w.einsum("ij,jk->ik", x, x)
export const compared = (x: Tensor<[3]>) => w.where(w.greater(x, 0), x, 0)
export const picked = (x: Tensor<[3, 4]>, i: Tensor<[5], "int32">) => w.take(x, i, { axis: 0 })
export const parts = (x: Tensor<[6, 2]>) => w.split(x, 3)
export const top = (x: Tensor<[6]>) => w.topK(x, 2)
export const cast = (x: Tensor<[6]>) => w.cast(x, "int32")

// ---- linear algebra

export const factor = (x: Tensor<[3, 3]>) => w.Linalg.cholesky(x)
export const factors = (x: Tensor<[5, 3, 3]>) => w.Linalg.lu(x)
export const spectrum = <N extends number>(x: Tensor<[N, N]>) => w.Linalg.eigh(x)
export const singular = (x: Tensor<[4, 3]>) => w.Linalg.svd(x)
export const solution = (a: Tensor<[3, 3]>, b: Tensor<[3, 2]>) => w.Linalg.solve(a, b)
export const iterated = (b: Tensor<[3]>) => w.Linalg.cg((x: Tensor<[3]>) => w.mul(x, 2), b, { rtol: 1e-8 })

// ---- control flow

export const branch = (x: Tensor<[]>) => w.cond(w.greater(x, 0), () => [x, { y: w.sin(x) }], () => [0, { y: x }])
export const chosen = (i: Tensor<[], "int32">, x: Tensor<[]>) => w.switchCase(i, [() => x, () => w.sin(x)])
export const running = (xs: Tensor<[7, 2]>) =>
  w.scan((carry, x) => [w.add(carry, x), { seen: carry }], Tensor.zeros([2]), xs)
export const loop = (x: Tensor<[]>) => w.forLoop(0, 10, (_, y) => w.mul(y, 2), x)
export const until = (x: Tensor<[]>) => w.whileLoop((y) => w.less(y, 100), (y) => w.mul(y, 2), x)
export const each = (xs: Tensor<[5, 2]>) => w.map((x) => w.sum(x), xs)
export const prefix = (xs: Tensor<[5]>) => w.associativeScan((a, b) => w.mul(a, b), xs)

// ---- transformations

const loss = ({ b, weights }: { readonly weights: Tensor<[3]>; readonly b: Tensor<[]> }, x: Tensor<[3]>) =>
  w.square(w.add(w.dot(weights, x), b))
export const gradient = w.grad(loss)
export const gradientOfGeneric = w.grad(generic)
export const several = w.grad(loss, { argnums: [0, 1] })
export const optional = w.grad(loss, { unconnected: "none" })
export const refusing = w.grad(loss, { unconnected: "error" })
export const both = w.valueAndGrad(loss)
export const second = w.grad((x: Tensor<[]>) => w.grad((y: Tensor<[]>) => w.sin(y))(x))
export const withAux = w.gradWithAux((x: Tensor<[3]>) => ({ value: square(x), aux: { x } }))
export const forward = (x: Tensor<[3]>) => w.jvp(square, [x], [x])
export const pulled = (x: Tensor<[3]>) => w.vjp(w.sin<Tensor<[3]>>, x)
export const linear = (x: Tensor<[3]>) => w.linearize(square, x)
export const transposed = (x: Tensor<[3]>) => w.linearTranspose((y: Tensor<[3]>) => w.mul(y, 2), x)
export const jacobian = w.jacrev((x: Tensor<[3]>) => ({ y: w.sin(x), n: w.sum(x) }))
export const curvature = w.hessian(square)
export const product = w.hvp(square)
export const batched = w.vmap(loss, { inAxes: [null, 0] })
export const fast = w.jit(loss)
export const compiled = (x: Tensor<[3]>) => w.compile(square)(x)
export const again = w.checkpoint(loss)
export const list = w.trace(loss)
export const drawn = Effect.map(list({ weights: Tensor.zeros([3]), b: Tensor.zeros([]) }, Tensor.zeros([3])), (l) => l)
export const why = w.explain(loss)
export const connected = w.requireConnected(loss)
export const rule = w.customJvp((x: Tensor<[]>) => w.exp(x), ([x], [dx]) => Effect.all([w.exp(x), w.mul(dx, w.exp(x))]))
export const root = w.implicitRoot(
  (x: Tensor<[]>, a: Tensor<[]>) => w.sub(w.square(x), a),
  (_, start) => w.add(start, 1)
)

export const taylor = w.taylor(square, 3)
export const third = w.derivative((x: Tensor<[]>) => w.sin(x), 3)
export const scaledTree = <P>(p: P) => w.Tree.map(p, (x) => w.mul(x, 2))
export const paths = w.Tree.paths({ b: zeros })

// ---- services, failures, and what is left of a program

export class Rate extends Context.Service<Rate, { readonly rate: number }>()("Rate") {}
export const scaled = (x: Tensor<[3]>) => Effect.flatMap(Rate, ({ rate }) => w.sum(w.mul(x, rate)))
export const scaledGradient = w.grad(scaled)
export const recovered = Effect.catchTag(square(Tensor.zeros([3])), "ShapeError", (error) => Effect.succeed(error))
export const onEngine = Effect.provide(square(Tensor.zeros([3])), w.Engine.wasm)

export class Optimiser<P> {
  readonly parameters: P
  constructor(parameters: P) {
    this.parameters = parameters
  }
  step(f: (parameters: P) => Effect.Effect<Tensor<[]>, w.OpError>) {
    return w.grad(f)(this.parameters)
  }
}

export const law = Laws.primitive((x: Tensor) => w.sin(x), {
  name: "sin",
  domain: Laws.tensors([[3]], { elements: Laws.real(-2, 2) })
})
