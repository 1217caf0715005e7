/**
 * Small programs that together use every op with a primitive of its own, and lists of all kinds made of them.
 */
import { Effect } from "effect"
import type { Primitive } from "wengert"
import * as wengert from "wengert"
import {
  add,
  argmax,
  argmin,
  argsort,
  broadcastTo,
  cast,
  checkpoint,
  concat,
  cond,
  cumsum,
  dot,
  flip,
  gather,
  greater,
  less,
  logicalNot,
  max,
  min,
  mul,
  pad,
  reshape,
  scan,
  scatterAdd,
  sin,
  slice,
  stopGradient,
  sum,
  switchCase,
  take,
  Tensor,
  type Trace,
  trace,
  transpose,
  vjp,
  vmap,
  where,
  whileLoop
} from "wengert"

/** A program and its arguments. */
export interface Example {
  readonly name: string
  readonly f: (...args: ReadonlyArray<any>) => any
  readonly args: ReadonlyArray<any>
}

const x = Tensor.make([0.25, 0.5, 0.75])
const y = Tensor.make([0.75, 0.5, 0.25])
const m = Tensor.make([[1, 2, 3], [4, 5, 6]])
const i = Tensor.make(Int32Array.of(2, 0))

/** The primitives under their own names, and those whose op is called otherwise. */
const behind: { readonly [op: string]: Primitive } = {
  ...wengert.primitives,
  broadcastTo: wengert.primitives.broadcast,
  digamma: wengert.primitives.polygamma,
  gather: wengert.primitives.index,
  scatterAdd: wengert.primitives.scatter,
  sinc: wengert.primitives.sincDerivative,
  whileLoop: wengert.primitives.while
}

/** The primitives behind the ops of the public surface, by the names of the ops. */
export const exported: ReadonlyMap<string, Primitive> = new Map(
  Object.entries(wengert).flatMap(([name, value]) => {
    const primitive: Primitive | undefined = typeof value === "function" ? behind[name] : undefined
    return primitive === undefined ? [] : [[name, primitive] as const]
  })
)

/** The ops of `n` floats that have no parameters. */
const elementwise = (n: number): ReadonlyArray<Example> =>
  [...exported].flatMap(([name, { arity, params }]) =>
    arity === n && Object.keys(params).length === 0 && structured[name] === undefined
      ? [{ name, f: (wengert as any)[name], args: [x, y].slice(0, n) }]
      : []
  )

/** A symmetric matrix that is positive definite and has a simple spectrum. */
const matrixOf = (x: any): any => add(wengert.outer(x, x), wengert.where(Tensor.make(onDiagonal), wengert.add(x, 1), 0))

const onDiagonal = [[true, false, false], [false, true, false], [false, false, true]]

const structured: { readonly [name: string]: (...args: ReadonlyArray<any>) => any } = {
  sinc: (x) => wengert.sinc(x),
  digamma: (x) => wengert.digamma(x),
  gelu: (x) => wengert.gelu(x),
  i0: (x) => wengert.i0(x),
  silu: (x) => wengert.silu(x),
  where: (x, y) => where(greater(x, y), x, y),
  logicalNot: (x, y) => logicalNot(less(x, y)),
  broadcastTo: (x) => broadcastTo(x, [2, 3]),
  cast: (x) => cast(x, "float32"),
  reshape: (x) => reshape(x, [3, 1]),
  sum: (_, __, m) => sum(m, { axis: 1 }),
  norm: (_, __, m) => wengert.norm(m, { axis: 1 }),
  logsumexp: (_, __, m) => wengert.logsumexp(m, { axis: 0 }),
  softmax: (x) => wengert.softmax(x),
  logSoftmax: (x) => wengert.logSoftmax(x),
  transpose: (_, __, m) => transpose(m),
  concat: (x, y) => concat([x, y]),
  flip: (x) => flip(x),
  pad: (x) => pad(x, [[1, 2]]),
  slice: (x) => slice(x, [0, null, 2]),
  argmax: (x) => argmax(x),
  argmin: (x) => argmin(x),
  max: (x) => max(x),
  min: (x) => min(x),
  argsort: (x) => argsort(x),
  sort: (x) => wengert.sort(x),
  cumsum: (x) => cumsum(x),
  dot: (x, _, m) => dot(m, x),
  take: (x) => take(x, i),
  gather: (x) => gather(x, reshape(i, [2, 1])),
  scatterAdd: (x) => scatterAdd(x, reshape(i, [2, 1]), Tensor.make([1, 2])),
  cholesky: (x) => wengert.Linalg.cholesky(matrixOf(x)),
  eigh: (x) => wengert.Linalg.eigh(matrixOf(x)),
  lu: (x) => Effect.map(wengert.Linalg.lu(matrixOf(x)) as any, ({ l, u }: any) => [l, u]),
  qr: (x) => wengert.Linalg.qr(matrixOf(x)),
  solve: (x, y) => wengert.Linalg.solve(matrixOf(x), y),
  svd: (x) => wengert.Linalg.svd(matrixOf(x)),
  triangularSolve: (x, y) => wengert.Linalg.triangularSolve(matrixOf(x), y, { lower: true }),
  spectralDiagonal: (x) =>
    wengert.jvp((a: any) => wengert.Linalg.eigvalsh(a) as any, [matrixOf(x)], [matrixOf(x)]) as any,
  spectralSum: (x) => (wengert.grad as any)((a: any) => sum(wengert.Linalg.eigvalsh(a) as any))(matrixOf(x)),
  stopGradient: (x) => stopGradient(x),
  fft: (x, y) => Effect.map(wengert.fft({ re: x, im: y }) as any, ({ im, re }: any) => [re, im]),
  windows: (_, __, m) => wengert.conv(reshape(m, [1, 6, 1]), reshape(m, [3, 1, 2])),
  overlapAdd: (_, __, m) => wengert.convTranspose(reshape(m, [1, 6, 1]), reshape(m, [3, 2, 1]), { stride: 2 }),
  threefry: () => Effect.map(wengert.Random.keys(wengert.Random.key(1), 3), ({ threefry }) => threefry),
  random: (x) => mul(wengert.Random.uniform(wengert.Random.key(1), [3]), x),
  logGammaVariate: (x) => wengert.Random.gamma(wengert.Random.key(1), x),
  poisson: (x) => wengert.Random.poisson(wengert.Random.key(1), x),
  gammaSlope: (x) => wengert.jvp((a: any) => wengert.Random.gamma(wengert.Random.key(1), a) as any, [x], [x]) as any,
  checkpoint: (x) => checkpoint((x: any) => sin(sin(x)))(x),
  "checkpoint by dots": (x, _, m) => checkpoint((x: any, m: any) => sin(dot(m, sin(x))), { policy: "dots" })(x, m),
  jit: (x) => wengert.jit((x: any) => sin(mul(x, x)))(x),
  customJvp: (x) =>
    wengert.customJvp(
      (x: any) => sin(x) as any,
      ([x]: any, [dx]: any) => Effect.all([sin(x), mul(dx, wengert.cos(x))]) as any
    )(x),
  customVjp: (x) =>
    wengert.customVjp(
      (x: any) => sin(x) as any,
      (x: any) => Effect.map(sin(x), (y) => [y, x] as const) as any,
      (x: any, ct: any) => Effect.map(mul(ct, wengert.cos(x)), (dx) => [dx]) as any
    )(x),
  customPullback: (x) =>
    Effect.flatMap(
      wengert.linearize(structured["customVjp"]! as any, x) as any,
      ([, pushforward]: any) => pushforward(x)
    ),
  customBackward: (x) =>
    Effect.flatMap(
      vjp(
        wengert.customVjp(
          (x: any) => sin(x) as any,
          (x: any) => Effect.map(sin(x), (y) => [y, x] as const) as any,
          (x: any, ct: any) => Effect.map(mul(wengert.clip(ct, -1, 1), wengert.cos(x)), (dx) => [dx]) as any
        ),
        x
      ) as any,
      ([, pullback]: any) => Effect.map(pullback(x), ([dx]: any) => dx)
    ),
  linearSolve: (x) =>
    Effect.flatMap(
      wengert.jvp(
        wengert.fixedPoint(
          (y: any, a: any) => add(mul(y, 0.5), mul(a, a)) as any,
          (step: any, start: any) => wengert.forLoop(0, 3, (_, y: any) => step(y), start) as any
        ) as any,
        [x, x],
        [x, x]
      ) as any,
      ([, dx]: any) => Effect.succeed(dx)
    ),
  cond: (x, y) => cond(greater(sum(x), 1), () => mul(x, y), () => add(x, 1)),
  switchCase: (x, y) => switchCase(slice(i, 0), [() => x, () => y, () => mul(x, y)]),
  scan: (x, y) => scan((c: any, a: any) => Effect.map(mul(c, a), (z) => [z, [z, a]]), sum(y), x),
  "scan in blocks": (x, y) =>
    scan((c: any, a: any) => Effect.map(mul(c, a), (z) => [z, [z, a]]), sum(y), x, { checkpoint: true }),
  "bounded whileLoop": (x) => whileLoop((c: any) => less(sum(c), 10), (c: any) => mul(c, 2), x, { maxSteps: 5 }),
  nested: (x, y) =>
    scan(
      (c: any, a: any) => Effect.map(cond(less(a, 0.5), () => mul(c, y), () => sin(c)), (z) => [z, sum(z)]),
      x,
      x
    ),
  whileLoop: (x) => whileLoop((c: any) => less(sum(c), 10), (c: any) => mul(c, 2), x),
  records: (x, y) => ({ "a key": x, all: [y, { product: mul(x, y) }], nothing: [] })
}

/** Programs that together use every primitive. */
export const examples: ReadonlyArray<Example> = [
  ...elementwise(1),
  ...elementwise(2),
  ...Object.entries(structured).map(([name, f]) => ({ name, f, args: [x, y, m] }))
]

const isFloatTree = (out: any): boolean =>
  Array.isArray(out)
    ? out.every(isFloatTree)
    : !("dtype" in out)
    ? Object.values(out).every(isFloatTree)
    : /float/.test(out.dtype)

const seeds = (out: any): any =>
  Array.isArray(out)
    ? out.map(seeds)
    : !("dtype" in out)
    ? Object.fromEntries(Object.entries(out).map(([key, value]) => [key, seeds(value)]))
    : Tensor.ones(out.shape, out.dtype)

/** The program that gives all gradients of a program. */
const derivative = ({ args, f, name }: Example): Example => ({
  name: `the derivative of ${name}`,
  args,
  f: (...args) =>
    Effect.gen(function*() {
      const [out, pullback] = yield* vjp(f, ...args) as Effect.Effect<any>
      return isFloatTree(out) ? yield* pullback(seeds(out)) : out
    })
})

const batched = ({ args, f, name }: Example): Example => ({
  name: `a batch of ${name}`,
  args: args.map((x) => Effect.runSync(wengert.stack([x, x]) as Effect.Effect<any>)),
  f: vmap(f as any) as any
})

/** Programs, first and second derivatives, batches. */
export const family = (example: Example): ReadonlyArray<Example> => {
  const first = derivative(example)
  // a loop of unknown length has no reverse mode
  if (example.name === "whileLoop") return [example, batched(example)]
  return [example, first, derivative(first), batched(example), batched(first)]
}

/** The list of an example. */
export const listOf = ({ args, f }: Example): Trace => Effect.runSync(trace(f)(...args) as Effect.Effect<Trace>)
