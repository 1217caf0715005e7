/**
 * A program as users write them: an MLP, a transformer-like block and a little physics. Its check time is measured, so it
 * has hardly any annotations beyond the shapes of what it is given.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { OpError } from "../src/index.ts"
import {
  add,
  cast,
  concat,
  cond,
  cos,
  div,
  einsum,
  equal,
  exp,
  expandDims,
  gather,
  grad,
  gradWithAux,
  greater,
  greaterEqual,
  hessian,
  hvp,
  jacrev,
  jit,
  log,
  logSoftmax,
  matmul,
  max,
  mean,
  mul,
  neg,
  norm,
  oneHot,
  pad,
  relu,
  reshape,
  scan,
  sin,
  slice,
  softmax,
  split,
  sqrt,
  square,
  stack,
  stopGradient,
  sub,
  sum,
  tanh,
  Tensor,
  transpose,
  tril,
  valueAndGrad,
  var as variance,
  vmap,
  where
} from "../src/index.ts"
import type { Equal, Yield } from "./assert.ts"
import { is } from "./assert.ts"

type F64<S extends ReadonlyArray<number>> = Tensor<S, "float64">
type Int<S extends ReadonlyArray<number>> = Tensor<S, "int32">

// ---- a multilayer perceptron

interface Layer<I extends number, O extends number> {
  readonly w: F64<[I, O]>
  readonly b: F64<[O]>
}

interface Classifier {
  readonly hidden: Layer<784, 256>
  readonly middle: Layer<256, 128>
  readonly out: Layer<128, 10>
}

const dense = <I extends number, O extends number>({ b, w }: Layer<I, O>, x: F64<[128, I]>) => add(matmul(x, w), b)

const classify = (model: Classifier, images: F64<[128, 28, 28]>) =>
  Effect.gen(function*() {
    const x = yield* reshape(images, [128, 784])
    const hidden = yield* relu(dense(model.hidden, x))
    const middle = yield* relu(dense(model.middle, hidden))
    return yield* dense(model.out, middle)
  })

const crossEntropy = (model: Classifier, images: F64<[128, 28, 28]>, labels: Int<[128]>) =>
  Effect.gen(function*() {
    const scores = yield* logSoftmax(classify(model, images))
    return yield* neg(mean(sum(mul(scores, oneHot(labels, 10)), { axis: 1 })))
  })

const penalty = (model: Classifier) =>
  add(sum(square(model.hidden.w)), add(sum(square(model.middle.w)), sum(square(model.out.w))))

const objective = (model: Classifier, images: F64<[128, 28, 28]>, labels: Int<[128]>) =>
  add(crossEntropy(model, images, labels), mul(1e-4, penalty(model)))

const descend = <I extends number, O extends number>(layer: Layer<I, O>, gradient: Layer<I, O>, rate: number) =>
  Effect.gen(function*() {
    const w = yield* sub(layer.w, mul(rate, gradient.w))
    const b = yield* sub(layer.b, mul(rate, gradient.b))
    return { w, b }
  })

const trainingStep = jit((model: Classifier, images: F64<[128, 28, 28]>, labels: Int<[128]>) =>
  Effect.gen(function*() {
    const [loss, gradient] = yield* valueAndGrad(objective)(model, images, labels)
    const hidden = yield* descend(model.hidden, gradient.hidden, 0.1)
    const middle = yield* descend(model.middle, gradient.middle, 0.1)
    const out = yield* descend(model.out, gradient.out, 0.1)
    return { loss, model: { hidden, middle, out } }
  })
)
is<Equal<Yield<ReturnType<typeof trainingStep>>["loss"], F64<[]>>>()

const accuracy = (model: Classifier, images: F64<[128, 28, 28]>, labels: Int<[128]>) =>
  Effect.gen(function*() {
    const scores = yield* classify(model, images)
    const best = yield* max(scores, { axis: 1, keepDims: true })
    const hits = yield* where(greaterEqual(scores, best), oneHot(labels, 10), 0)
    return yield* mean(sum(hits, { axis: 1 }))
  })

// ---- a transformer block

interface Attention {
  readonly q: F64<[64, 64]>
  readonly k: F64<[64, 64]>
  readonly v: F64<[64, 64]>
  readonly o: F64<[64, 64]>
}

interface Block {
  readonly attention: Attention
  readonly up: F64<[64, 256]>
  readonly down: F64<[256, 64]>
  readonly scale: F64<[64]>
  readonly shift: F64<[64]>
}

interface Transformer {
  readonly embedding: F64<[1000, 64]>
  readonly position: F64<[32, 64]>
  readonly blocks: readonly [Block, Block]
}

const layerNorm = (x: F64<[32, 64]>, scale: F64<[64]>, shift: F64<[64]>) =>
  Effect.gen(function*() {
    const centred = yield* sub(x, mean(x, { axis: -1, keepDims: true }))
    const spread = yield* sqrt(add(variance(x, { axis: -1, keepDims: true }), 1e-5))
    return yield* add(mul(div(centred, spread), scale), shift)
  })

const heads = (x: F64<[32, 64]>, w: F64<[64, 64]>) => transpose(reshape(matmul(x, w), [32, 4, 16]), [1, 0, 2])

const attend = (p: Attention, x: F64<[32, 64]>) =>
  Effect.gen(function*() {
    const q = yield* heads(x, p.q)
    const k = yield* heads(x, p.k)
    const v = yield* heads(x, p.v)
    const scores = yield* div(einsum("hid,hjd->hij", q, k), 4)
    const causal = yield* greater(tril(Tensor.zeros([32, 32])), -1)
    const weights = yield* softmax(where(causal, scores, -1e9), { axis: -1 })
    const mixed = yield* einsum("hij,hjd->hid", weights, v)
    return yield* matmul(reshape(transpose(mixed, [1, 0, 2]), [32, 64]), p.o)
  })

const block = (p: Block, x: F64<[32, 64]>) =>
  Effect.gen(function*() {
    const attended = yield* add(x, attend(p.attention, yield* layerNorm(x, p.scale, p.shift)))
    const normed = yield* layerNorm(attended, p.scale, p.shift)
    return yield* add(attended, matmul(relu(matmul(normed, p.up)), p.down))
  })

const transformer = (p: Transformer, tokens: Int<[32]>) =>
  Effect.gen(function*() {
    const embedded = yield* gather(p.embedding, expandDims(tokens, -1))
    const start = yield* add(embedded, p.position)
    const first = yield* block(p.blocks[0], start)
    const second = yield* block(p.blocks[1], first)
    return yield* matmul(second, transpose(p.embedding))
  })
is<Equal<Yield<ReturnType<typeof transformer>>, F64<[32, 1000]>>>()

const nextToken = gradWithAux((p: Transformer, tokens: Int<[32]>) =>
  Effect.gen(function*() {
    const logits = yield* transformer(p, tokens)
    const predicted = yield* logSoftmax(slice(logits, [0, 31]))
    const targets = yield* oneHot(slice(tokens, [1, 32]), 1000)
    const value = yield* neg(mean(sum(mul(predicted, targets), { axis: -1 })))
    return { value, aux: { logits, perplexity: yield* exp(value) } }
  })
)
is<Equal<Yield<ReturnType<typeof nextToken>>["gradient"], Transformer>>()

const sequences = vmap(transformer, { inAxes: [null, 0] })

// ---- physics: pendulums, springs, and a field

interface State {
  readonly angle: F64<[8]>
  readonly velocity: F64<[8]>
}

const pendulum = ({ angle, velocity }: State) =>
  Effect.gen(function*() {
    const acceleration = yield* mul(-9.81, sin(angle))
    const next = yield* add(velocity, mul(0.01, acceleration))
    const moved = yield* add(angle, mul(0.01, next))
    const energy = yield* sub(mul(0.5, square(next)), mul(9.81, cos(moved)))
    return [{ angle: moved, velocity: next }, energy] as const
  })

const swing = (start: State) => scan((state: State) => pendulum(state), start, null, { length: 500 })

const drift = (start: State) =>
  Effect.gen(function*() {
    const [, energies] = yield* swing(start)
    const first = yield* slice(energies, 0)
    const last = yield* slice(energies, -1)
    return yield* norm(sub(last, first))
  })
const sensitivity = grad(drift)
is<Equal<Yield<ReturnType<typeof sensitivity>>, State>>()

const springs = (positions: F64<[10, 3]>) =>
  Effect.gen(function*() {
    const left = yield* slice(positions, [null, -1])
    const right = yield* slice(positions, [1, null])
    const lengths = yield* sqrt(sum(square(sub(right, left)), { axis: 1 }))
    return yield* mul(0.5, sum(square(sub(lengths, 1))))
  })
const forces = (positions: F64<[10, 3]>) => neg(grad(springs)(positions))
const stiffness = hessian(springs)
is<Equal<Yield<ReturnType<typeof stiffness>>, F64<[10, 3, 10, 3]>>>()
const response = (positions: F64<[10, 3]>, push: F64<[10, 3]>) => hvp(springs)([positions], [push])

const relax = (start: F64<[10, 3]>) =>
  scan(
    (positions, rate) =>
      Effect.gen(function*() {
        const next = yield* add(positions, mul(rate, forces(positions)))
        return [next, yield* springs(next)] as const
      }),
    start,
    Tensor.zeros([100])
  )
is<Equal<Yield<ReturnType<typeof relax>>, [carry: F64<[10, 3]>, ys: F64<[100]>]>>()

const laplacian = (field: F64<[32, 32]>) =>
  Effect.gen(function*() {
    const padded = yield* pad(field, [[1, 1], [1, 1]])
    const up = yield* slice(padded, [0, 32], [1, 33])
    const down = yield* slice(padded, [2, 34], [1, 33])
    const left = yield* slice(padded, [1, 33], [0, 32])
    const right = yield* slice(padded, [1, 33], [2, 34])
    return yield* sub(add(add(up, down), add(left, right)), mul(4, field))
  })

const diffuse = (field: F64<[32, 32]>, steps: number) =>
  scan((u) => Effect.map(add(u, mul(0.1, laplacian(u))), (next) => [next, mean(next)] as const), field, null, {
    length: steps
  })

const kineticEnergy = (mass: F64<[3]>, velocity: F64<[3, 2]>) => mul(0.5, einsum("i,ij,ij->", mass, velocity, velocity))
const momenta = jacrev(kineticEnergy, { argnums: 1 })
is<Equal<Yield<ReturnType<typeof momenta>>, F64<[3, 2]>>>()

// ---- a mixture of experts, with data from a service

class Data extends Context.Service<Data, {
  readonly batch: Effect.Effect<{ readonly x: F64<[16, 8]>; readonly y: F64<[16]> }, "exhausted">
}>()("Data") {}

interface Mixture {
  readonly gate: F64<[8, 4]>
  readonly experts: F64<[4, 8]>
  readonly noise: F64<[]>
}

const mixture = (p: Mixture, x: F64<[16, 8]>) =>
  Effect.gen(function*() {
    const gates = yield* softmax(matmul(x, p.gate))
    const answers = yield* tanh(matmul(x, transpose(p.experts)))
    return yield* sum(mul(gates, answers), { axis: 1 })
  })

const likelihood = (p: Mixture) =>
  Effect.gen(function*() {
    const data = yield* Data
    const { x, y } = yield* data.batch
    const residual = yield* sub(y, mixture(p, x))
    const noise = yield* exp(p.noise)
    const fit = yield* mean(square(div(residual, noise)))
    return yield* cond(greater(noise, 1e-3), () => add(fit, log(noise)), () => stopGradient(fit))
  })
const learn = grad(likelihood)
is<Equal<ReturnType<typeof learn>, Effect.Effect<Mixture, OpError | "exhausted", Data>>>()

const summarize = (p: Mixture) =>
  Effect.gen(function*() {
    const [first, second] = yield* split(p.experts, 2)
    const rows = yield* concat([first, second, Tensor.zeros([1, 8])])
    const pairs = yield* stack([mean(rows), variance(rows), cast(sum(cast(equal(rows, 0), "int32")), "float64")])
    return { pairs, rows }
  })

export const program = Effect.gen(function*() {
  const positions = Tensor.zeros([10, 3])
  const [relaxed, energies] = yield* relax(positions)
  const pushed = yield* response(relaxed, yield* forces(relaxed))
  const [field] = yield* diffuse(Tensor.zeros([32, 32]), 10)
  const summary = yield* summarize({
    gate: Tensor.zeros([8, 4]),
    experts: Tensor.zeros([4, 8]),
    noise: Tensor.zeros([])
  })
  return { energies, field, pushed, summary }
})
is<Equal<Yield<typeof program>["summary"], { pairs: F64<[3]>; rows: F64<[5, 8]> }>>()

export { accuracy, kineticEnergy, learn, nextToken, sensitivity, sequences, trainingStep }
