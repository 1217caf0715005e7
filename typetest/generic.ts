/**
 * Generic helpers: they compile once for all shapes, and give literal shapes where they are called.
 */
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import type { DType, OpError, Shape, Tensor } from "../src/index.ts"
import {
  add,
  checkpoint,
  concat,
  cond,
  div,
  exp,
  grad,
  greater,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  matmul,
  max,
  mean,
  mul,
  prod,
  reshape,
  sin,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  transpose,
  valueAndGrad,
  vjp,
  vmap
} from "../src/index.ts"
import type { Equal, Yield } from "./assert.ts"
import { is } from "./assert.ts"
import type { F64 } from "./values.ts"
import { single3, x23, x3, x34, zeros } from "./values.ts"

// any shape
const squares = <S extends Shape>(x: F64<S>) => mul(x, x)
const squares23 = squares(x23)
is<Equal<typeof squares23, Effect.Effect<F64<[2, 3]>, OpError>>>()

// any shape and dtype, with the result declared
const doubled = <S extends Shape, D extends DType>(x: Tensor<S, D>): Effect.Effect<Tensor<S, D>, OpError> => mul(2, x)
const doubled3 = doubled(single3)
is<Equal<Yield<typeof doubled3>, Tensor<[3], "float32">>>()
const summed = <S extends Shape, D extends DType>(x: Tensor<S, D>): Effect.Effect<Tensor<[], D>, OpError> =>
  prod(add(x, x))
is<Equal<Yield<ReturnType<typeof summed<[3], "float32">>>, Tensor<[], "float32">>>()

// two shapes that broadcast
const affine = <A extends Shape, B extends Shape>(x: F64<A>, y: F64<B>) => add(mul(x, y), 1)
const affine23 = affine(x3, zeros([2, 1]))
is<Equal<Yield<typeof affine23>, F64<[2, 3]>>>()

// in a generator
const normalize = <S extends Shape>(x: F64<S>) =>
  Effect.gen(function*() {
    const length = yield* sqrt(sum(square(x)))
    return yield* div(x, length)
  })
const normalized = normalize(x23)
is<Equal<Yield<typeof normalized>, F64<[2, 3]>>>()

// along an axis that every caller has
const stable = <S extends Shape>(x: F64<S>) =>
  Effect.gen(function*() {
    const e = yield* exp(sub(x, max(x, { axis: -1, keepDims: true })))
    return yield* div(e, sum(e, { axis: -1, keepDims: true }))
  })
const stable23 = stable(x23)
is<Equal<Yield<typeof stable23>, F64<[2, 3]>>>()

// generic dims
const linear = <B extends number, I extends number, O extends number>(x: F64<[B, I]>, w: F64<[I, O]>, b: F64<[O]>) =>
  add(matmul(x, w), b)
const linear24 = linear(x23, x34, zeros([4]))
is<Equal<Yield<typeof linear24>, F64<[2, 4]>>>()

const attention = <N extends number, K extends number>(q: F64<[N, K]>, k: F64<[N, K]>, v: F64<[N, K]>) =>
  matmul(softmax(matmul(q, transpose(k))), v)
const attended = attention(x23, x23, x23)
is<Equal<Yield<typeof attended>, F64<[2, 3]>>>()

const flatten = <B extends number, H extends number, W extends number>(x: F64<[B, H, W]>) => reshape(x, [-1])
const flat = flatten(zeros([2, 3, 4]))
is<Equal<Yield<typeof flat>, F64<[24]>>>()

const join = <A extends number, B extends number>(x: F64<[A]>, y: F64<[B]>) => concat([x, y])
const joined = join(x3, zeros([4]))
is<Equal<Yield<typeof joined>, F64<[7]>>>()

const chosen = <S extends Shape>(x: F64<S>) => cond(greater(sum(x), 0), () => x, () => x)
const chosen3 = chosen(x3)
is<Equal<Yield<typeof chosen3>, F64<[3]>>>()

const piped = pipe(x3, sin, (x) => mul(x, 2), mean)
is<Equal<Yield<typeof piped>, F64<[]>>>()

// transformations keep what is generic
const energy = <S extends Shape>(x: F64<S>) => sum(mul(x, x))
const force = grad(energy)
const force23 = force(x23)
is<Equal<typeof force23, Effect.Effect<F64<[2, 3]>, OpError>>>()
const force3 = force(x3)
is<Equal<Yield<typeof force3>, F64<[3]>>>()
const both = valueAndGrad(energy)(x3)
is<Equal<Yield<typeof both>, [value: F64<[]>, gradient: F64<[3]>]>>()
const jacobian = jacrev(squares)(x3)
is<Equal<Yield<typeof jacobian>, F64<[3, 3]>>>()
const forward = jacfwd(squares)(x23)
is<Equal<Yield<typeof forward>, F64<[2, 3, 2, 3]>>>()
const curvature = hessian(energy)(x3)
is<Equal<Yield<typeof curvature>, F64<[3, 3]>>>()
const compiled = jit(squares)(x23)
is<Equal<Yield<typeof compiled>, F64<[2, 3]>>>()
const light = checkpoint(squares)(x23)
is<Equal<Yield<typeof light>, F64<[2, 3]>>>()
const compiledForce = jit(grad(energy))
const compiledForce3 = compiledForce(x3)
is<Equal<Yield<typeof compiledForce3>, F64<[3]>>>()
const direction = jvp(squares, [x3], [x3])
is<Equal<Yield<typeof direction>, [output: F64<[3]>, tangent: F64<[3]>]>>()
const back = vjp(squares, x3)
is<Equal<Yield<typeof back>[0], F64<[3]>>>()
const line = linearize(squares, x3)
is<Equal<Yield<typeof line>[0], F64<[3]>>>()
const product = hvp(energy)([x3], [x3])
is<Equal<Yield<typeof product>, [x: F64<[3]>]>>()

// an op is a generic program, too
const meanGradient = grad(mean)(x3)
is<Equal<Yield<typeof meanGradient>, F64<[3]>>>()
const compiledOp = jit(softplus)(x23)
is<Equal<Yield<typeof compiledOp>, F64<[2, 3]>>>()
const opJacobian = jacrev(softplus)(x3)
is<Equal<Yield<typeof opJacobian>, F64<[3, 3]>>>()
const rowSum = <S extends Shape>(x: F64<S>) => sum(x, { axis: 0 })
const rowGradient = grad(rowSum)(x3)
is<Equal<Yield<typeof rowGradient>, F64<[3]>>>()

// except where the result of the transformation has a type parameter of its own
const many = vmap(squares)(x23)
is<Equal<Yield<typeof many>, F64<Shape>>>()

// a helper that applies a transformation
const step = <S extends Shape>(f: (x: F64<S>) => Effect.Effect<F64<[]>, OpError>) => (x: F64<S>) =>
  sub(x, mul(0.1, grad(f)(x)))
const stepped = step((x: F64<[3]>) => sum(square(x)))(x3)
is<Equal<Yield<typeof stepped>, F64<[3]>>>()

// parameters of any structure
interface Training<P> {
  readonly parameters: P
  readonly velocity: P
  readonly loss: F64<[]>
}
const train = <P>(
  loss: (parameters: P) => Effect.Effect<F64<[]>, OpError>,
  update: (a: P, b: P) => Effect.Effect<P, OpError>
) =>
  jit((state: Training<P>) =>
    Effect.gen(function*() {
      const [value, gradient] = yield* valueAndGrad(loss)(state.parameters)
      const velocity = yield* update(state.velocity, gradient)
      const parameters = yield* update(state.parameters, velocity)
      return { parameters, velocity, loss: value }
    })
  )
export const trainTwice = <P>(
  step: ReturnType<typeof train<P>>,
  start: Training<P>
): Effect.Effect<Training<P>, OpError> => Effect.flatMap(step(start), step)
