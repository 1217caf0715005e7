/**
 * The engine beside its peers: jax-js and TensorFlow.js, each with its WebAssembly backend, in one process.
 *
 * The peers are in a package of their own (`cd bench/peers && npm ci`), so that nobody installs them who does not compare.
 * Results are checked equal before anything is timed; the runs of all take turns, so that a busy machine is busy for all.
 * `--chart` draws what the README shows, `docs/pictures/peers.svg`.
 */
/* oxlint-disable no-await-in-loop -- what is measured must not run at the same time as anything else */
import { Effect } from "effect"
import { existsSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import {
  add,
  conv,
  exp,
  grad,
  jit,
  logSoftmax,
  matmul,
  mean,
  mul,
  neg,
  relu,
  sin,
  square,
  sum,
  tanh,
  Tensor,
  valueAndGrad
} from "wengert"
import type { Result as Measured } from "./chart.ts"
import { chartOf } from "./chart.ts"
import { show, table } from "./measure.ts"

type Float = Tensor<ReadonlyArray<number>, "float32">

/** Arguments as flat data. */
interface Data {
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array
}

/** What a peer makes of a case: a call that gives numbers to compare, and one to time. */
interface Runner {
  readonly check: () => Promise<ReadonlyArray<number>>
  readonly call: () => Promise<void> | void
}

type PeerName = "wengert" | "jax-js" | "tfjs-wasm"

interface Case {
  readonly name: string
  /** The least ratio of jax-js' time to ours that was aimed at. */
  readonly target: number
  /** Calls that are timed together, for calls that are short. */
  readonly repeat: number
  readonly args: ReadonlyArray<Data>
  readonly runners: { readonly [P in PeerName]?: (args: ReadonlyArray<Data>) => Promise<Runner> | Runner }
}

let seed = 1
/** Deterministic numbers in [−1, 1). */
const random = (...shape: ReadonlyArray<number>): Data => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 31 - 1
  })
})

const scaled = (x: Data, by: number): Data => ({ ...x, data: x.data.map((v) => v * by) })

const tensors = (args: ReadonlyArray<Data>): ReadonlyArray<Float> =>
  args.map(({ data, shape }) => Tensor.make(data, { shape }) as Float)

const leaves = (tree: unknown): ReadonlyArray<Float> =>
  typeof tree === "object" && tree !== null && "dtype" in tree
    ? [tree as Float]
    : Object.values(tree as object).flatMap(leaves)

/** Our own program. */
const ours =
  (f: (...args: ReadonlyArray<Float>) => Effect.Effect<unknown, unknown>) => (args: ReadonlyArray<Data>): Runner => {
    const compiled = jit(f as (...args: ReadonlyArray<Float>) => Effect.Effect<Float>)
    const xs = tensors(args)
    return {
      check: async () =>
        leaves(Effect.runSync(compiled(...xs))).flatMap((y) => Array.from(Effect.runSync(Tensor.data(y)))),
      call: () => {
        Effect.runSync(compiled(...xs))
      }
    }
  }

const directory = join(import.meta.dirname, "peers")
const isInstalled = existsSync(join(directory, "node_modules", "@jax-js"))
const load = async (name: string): Promise<any> =>
  import(pathToFileURL(createRequire(join(directory, "package.json")).resolve(name)).href)

const jax: any = isInstalled ? await load("@jax-js/jax") : undefined
if (jax !== undefined) {
  await jax.init("wasm")
  jax.defaultDevice("wasm")
}
const tf: any = isInstalled ? await load("@tensorflow/tfjs") : undefined
if (tf !== undefined) {
  await load("@tensorflow/tfjs-backend-wasm")
  await tf.setBackend("wasm")
  await tf.ready()
}

/** A jax-js program; a value that is used again has to be counted up. */
const withJax = (f: (...xs: ReadonlyArray<any>) => any) => (args: ReadonlyArray<Data>): Runner => {
  const compiled = jax.jit(f)
  const xs = args.map(({ data, shape }) => jax.numpy.array(data).reshape(shape))
  const run = () => {
    const y = compiled(...xs.map((x) => x.ref))
    return (Array.isArray(y) ? y.flat(2) : [y]) as ReadonlyArray<any>
  }
  return {
    check: async () => {
      const all: Array<ReadonlyArray<number>> = []
      for (const y of run()) all.push(Array.from(await y.data() as Float32Array))
      return all.flat()
    },
    call: async () => {
      const ys = run()
      for (const y of ys) await y.blockUntilReady()
      for (const y of ys) y.dispose()
    }
  }
}

/** A TensorFlow.js program. */
const withTf = (f: (...xs: ReadonlyArray<any>) => ReadonlyArray<any>) => (args: ReadonlyArray<Data>): Runner => {
  const xs = args.map(({ data, shape }) => tf.tensor(data, shape, "float32"))
  const run = (): ReadonlyArray<any> => tf.tidy(() => f(...xs))
  return {
    check: async () => run().flatMap((y) => Array.from(y.dataSync() as Float32Array)),
    call: () => {
      for (const y of run()) {
        y.dataSync()
        y.dispose()
      }
    }
  }
}

const product = (n: number): Case => ({
  name: `matmul float32 ${n}`,
  target: 1.7,
  repeat: 1,
  args: [random(n, n), random(n, n)],
  runners: {
    wengert: ours((a, b) => matmul(a, b)),
    "jax-js": withJax((a, b) => jax.numpy.matmul(a, b)),
    "tfjs-wasm": withTf((a, b) => [tf.matMul(a, b)])
  }
})

const chain = (x: Float) => sum(mul(tanh(exp(sin(x))), x))

const gradient = (name: string, size: number, target: number, repeat: number): Case => ({
  name,
  target,
  repeat,
  args: [random(size)],
  runners: {
    wengert: ours((x) => grad(chain as (x: Float) => Effect.Effect<Tensor<[], "float32">>)(x)),
    "jax-js": withJax(
      jax?.grad((x: any) => jax.numpy.sum(jax.numpy.tanh(jax.numpy.exp(jax.numpy.sin(x.ref))).mul(x)))
    ),
    "tfjs-wasm": withTf((x) => [tf.grad((y: any) => tf.sum(tf.mul(tf.tanh(tf.exp(tf.sin(y))), y)))(x)])
  }
})

/** Loss and gradient of a network with two hidden layers, on a batch. */
const network = (): Case => {
  const [batch, sizes] = [128, [784, 512, 256, 10] as const]
  const layers = [0, 1, 2].flatMap((i) => [
    scaled(random(sizes[i]!, sizes[i + 1]!), 1 / Math.sqrt(sizes[i]!)),
    scaled(random(sizes[i + 1]!), 0.1)
  ])
  const labels: Data = {
    shape: [batch, 10],
    data: Float32Array.from({ length: batch * 10 }, (_, i) => i % 10 === Math.floor(i / 10) % 10 ? 1 : 0)
  }
  const loss = (...[w1, b1, w2, b2, w3, b3, x, y]: ReadonlyArray<Float>) =>
    Effect.gen(function*() {
      const first = yield* relu(add(matmul(x!, w1!), b1!))
      const second = yield* relu(add(matmul(first, w2!), b2!))
      const logits = yield* add(matmul(second, w3!), b3!)
      return yield* neg(mean(sum(mul(logSoftmax(logits), y!), { axis: 1 })))
    })
  const jaxLoss = ([w1, b1, w2, b2, w3, b3]: ReadonlyArray<any>, x: any, y: any) => {
    const { nn, numpy: np } = jax
    const first = nn.relu(np.matmul(x, w1).add(b1))
    const second = nn.relu(np.matmul(first, w2).add(b2))
    const logits = np.matmul(second, w3).add(b3)
    return np.mean(np.sum(nn.logSoftmax(logits).mul(y), 1)).neg()
  }
  const tfLoss = (w1: any, b1: any, w2: any, b2: any, w3: any, b3: any, x: any, y: any) => {
    const first = tf.relu(tf.add(tf.matMul(x, w1), b1))
    const second = tf.relu(tf.add(tf.matMul(first, w2), b2))
    const logits = tf.add(tf.matMul(second, w3), b3)
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), y), 1)))
  }
  const argnums = [0, 1, 2, 3, 4, 5]
  return {
    name: "MLP 784-512-256-10, batch 128",
    target: 1.6,
    repeat: 1,
    args: [...layers, random(batch, 784), labels],
    runners: {
      wengert: ours((...xs) =>
        (valueAndGrad as unknown as (f: unknown, o: object) => (...xs: ReadonlyArray<Float>) => Effect.Effect<unknown>)(
          loss,
          { argnums }
        )(...xs)
      ),
      "jax-js": withJax((...xs) => {
        const [value, slopes] = jax.valueAndGrad(jaxLoss)(xs.slice(0, 6), xs[6], xs[7])
        return [value, ...slopes]
      }),
      "tfjs-wasm": withTf((...xs) => {
        const { grads, value } = tf.valueAndGrads((...ps: ReadonlyArray<any>) =>
          tfLoss(...(ps as [any, any, any, any, any, any]), xs[6], xs[7])
        )(
          xs.slice(0, 6)
        )
        return [value, ...grads]
      })
    }
  }
}

/** The elements with the axes in another order. */
const permuted = ({ data, shape }: Data, axes: ReadonlyArray<number>): Data => {
  const to = axes.map((a) => shape[a]!)
  const strides = shape.map((_, a) => shape.slice(a + 1).reduce((n, d) => n * d, 1))
  const out = new Float32Array(data.length)
  const index = to.map(() => 0)
  for (let i = 0; i < out.length; i++) {
    out[i] = data[axes.reduce((at, a, k) => at + index[k]! * strides[a]!, 0)]!
    for (let k = to.length - 1; k >= 0 && ++index[k]! === to[k]; k--) index[k] = 0
  }
  return { data: out, shape: to }
}

/** The gradient of half the mean of the squares of a convolution, by images and kernels. jax-js has channels first. */
const convolution = (): Case => {
  const [x, w] = [random(16, 32, 32, 32), scaled(random(3, 3, 32, 64), 0.1)]
  const size = 16 * 32 * 32 * 64
  const loss = (x: Float, w: Float) =>
    mul(sum(square(conv(x as Tensor<[16, 32, 32, 32], "float32">, w, { padding: "same" }) as never)), 0.5 / size)
  return {
    name: "conv 3×3, 32 to 64, on 32×32, batch 16",
    target: 1.5,
    repeat: 1,
    args: [x, w],
    runners: {
      wengert: ours((x, w) => grad(loss as never, { argnums: [0, 1] as never })(x, w)),
      "jax-js": ([x, w]) => {
        const value = (x: any, w: any) => {
          const y = jax.lax.conv(x, w, [1, 1], "SAME")
          return jax.numpy.sum(y.ref.mul(y)).mul(0.5 / size)
        }
        const runner = withJax((x, w) => jax.grad(value, { argnums: [0, 1] })(x, w))([
          permuted(x!, [0, 3, 1, 2]),
          permuted(w!, [3, 2, 0, 1])
        ])
        return {
          call: runner.call,
          check: async () => {
            const rest = await runner.check()
            const dx = { data: Float32Array.from(rest.slice(0, x!.data.length)), shape: [16, 32, 32, 32] }
            const dw = { data: Float32Array.from(rest.slice(x!.data.length)), shape: [64, 32, 3, 3] }
            return [...permuted(dx, [0, 2, 3, 1]).data, ...permuted(dw, [2, 3, 1, 0]).data]
          }
        }
      }
    }
  }
}

const cases = (): ReadonlyArray<Case> => [
  ...[256, 512, 1024].map(product),
  gradient("gradient of Σ tanh(exp(sin x))·x, 1M", 1_000_000, 10, 1),
  gradient("the same of 4 numbers, per call", 4, 8, 200),
  network(),
  convolution()
]

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** Largest difference, as a share of the largest number. */
const distance = (xs: ReadonlyArray<number>, ys: ReadonlyArray<number>): number => {
  let [difference, size] = [xs.length === ys.length ? 0 : Infinity, 1e-30]
  for (const [i, y] of ys.entries()) {
    difference = Math.max(difference, Math.abs(xs[i]! - y))
    size = Math.max(size, Math.abs(y))
  }
  return difference / size
}

interface Result extends Measured {
  readonly target: number
}

const run = async ({ args, name, repeat, runners, target }: Case): Promise<Result> => {
  const entries = Object.entries(runners).filter(([peer]) => peer === "wengert" || isInstalled)
  const ready: Array<readonly [string, Runner, Array<number>]> = []
  let expected: ReadonlyArray<number> | undefined
  for (const [peer, make] of entries) {
    const runner = await make(args)
    const found = await runner.check()
    expected ??= found
    const off = distance(found, expected)
    if (!(off < 1e-4)) throw new Error(`${name}: ${peer} gives something else, ${off} apart`)
    for (let i = 0; i < 5; i++) await runner.call()
    ready.push([peer, runner, []])
  }
  const end = performance.now() + 5000
  while (performance.now() < end || ready[0]![2].length < 5) {
    for (const [, runner, times] of ready) {
      const start = performance.now()
      for (let i = 0; i < repeat; i++) await runner.call()
      times.push((performance.now() - start) / repeat)
    }
  }
  return { name, target, milliseconds: Object.fromEntries(ready.map(([peer, , times]) => [peer, median(times)])) }
}

const asJson = process.argv.includes("--json")
if (!asJson) {
  console.log("Medians of milliseconds, taking turns in one process; a ratio is a peer's time over ours\n")
  if (!isInstalled) console.log("  the peers are not installed: cd bench/peers && npm ci\n")
}
const rows: Array<ReadonlyArray<string | number>> = []
const results: Array<Result> = []
for (const one of cases()) {
  const result = await run(one)
  results.push(result)
  if (asJson) console.log(JSON.stringify(result))
  const { milliseconds, name, target } = result
  const ratio = (peer: string) => peer in milliseconds ? show(milliseconds[peer]! / milliseconds["wengert"]!) : "–"
  const time = (peer: string) => milliseconds[peer] ?? "–"
  rows.push([name, time("wengert"), time("jax-js"), time("tfjs-wasm"), ratio("jax-js"), target, ratio("tfjs-wasm")])
}
if (!asJson) table(["", "wengert", "jax-js", "tfjs-wasm", "× jax-js", "target", "× tfjs"], rows)
if (process.argv.includes("--chart") && isInstalled) {
  writeFileSync(join(import.meta.dirname, "..", "docs", "pictures", "peers.svg"), `${await chartOf(results)}\n`)
}
