/**
 * The inputs of ADBench, and what the benchmark's hand-written derivatives give on them.
 *
 * They are not part of the repository. The directory with them is `WENGERT_ADBENCH`, or `../shared/adbench` beside the
 * repository.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Tensor } from "wengert"
import type { Observations } from "./ba.ts"
import type { Mixture, Wishart } from "./gmm.ts"
import type { Hand, Targets } from "./hand.ts"
import type { LstmParameters, LstmState } from "./lstm.ts"

/** Where the data lies, if it does. */
export const directory = process.env["WENGERT_ADBENCH"] ?? resolve(import.meta.dirname, "../../../shared/adbench")

/** Is the data there? */
export const isAvailable: boolean = existsSync(directory)

/** What to say of whatever needs the data, when it is not there. */
export const skipped = (what: string): string =>
  `${what}: skipped, because the ADBench data is not in ${directory}; set WENGERT_ADBENCH to the directory that has it`

const read = (...path: ReadonlyArray<string>): string => readFileSync(join(directory, ...path), "utf8")

/** The names of all inputs of a problem that are there, with what is expected of them. */
export const inputsOf = (problem: "gmm" | "lstm" | "ba" | "hand"): ReadonlyArray<string> => {
  const folder = join(directory, problem)
  if (!existsSync(folder)) return []
  const files = new Set(readdirSync(folder))
  const names = [...files].filter((file) => file.endsWith(".txt")).map((file) => file.slice(0, -".txt".length))
  const prefix = problem === "gmm" || problem === "lstm" ? `${problem}_` : ""
  return names.filter((name) => files.has(`${name}.expected.json`)).map((name) => name.slice(prefix.length)).toSorted()
}

/** A file of numbers, handed out from the front. */
const numbersOf = (text: string) => {
  const numbers = Float64Array.from(text.split(/\s+/).filter((word) => word !== ""), Number)
  let at = 0
  const repeated = <const S extends ReadonlyArray<number>>(times: number, ...shape: S) => {
    const size = shape.reduce((n, d) => n * d, 1)
    const part = numbers.subarray(at, at += size)
    const data = new Float64Array(times * size)
    for (let i = 0; i < times; i++) data.set(part, i * size)
    return { data, shape }
  }
  return {
    next: (): number => numbers[at++]!,
    /** The next numbers as a tensor. */
    tensor: <const S extends ReadonlyArray<number>>(...shape: S) => {
      const { data } = repeated(1, ...shape)
      return Tensor.make(data, { shape })
    },
    /** The next numbers, again and again along a new first axis. */
    repeated: <const S extends ReadonlyArray<number>>(times: number, ...shape: S) =>
      Tensor.make(repeated(times, ...shape).data, { shape: [times, ...shape] })
  }
}

/** What the benchmark's own files have under these names. */
const expected = <Expected>(...path: ReadonlyArray<string>) => JSON.parse(read(...path)) as Expected

/** The Gaussian mixtures. */
export const gmmInputs = ["d10_K5", "d10_K25", "d10_K200"] as const

export const readGmm = (name: string) => {
  const { next, tensor } = numbersOf(read("gmm", `gmm_${name}.txt`))
  const [d, k, n] = [next(), next(), next()]
  const mixture: Mixture = { alphas: tensor(k), means: tensor(k, d), icf: tensor(k, d * (d + 1) / 2) }
  const x = tensor(n, d)
  const wishart: Wishart = { gamma: next(), m: next() }
  return { mixture, x, wishart, expected: expected<WithGradient>("gmm", `gmm_${name}.expected.json`) }
}

/** The objective, and its gradient in the order of the input file. */
interface WithGradient {
  readonly objective: number
  readonly gradient: ReadonlyArray<number>
  readonly gradientSquaredNorm: number
}

/** The recurrent networks. */
export const lstmInputs = ["l2_c1024"] as const

export const readLstm = (name: string) => {
  const { next, tensor } = numbersOf(read("lstm", `lstm_${name}.txt`))
  const [layers, characters, b] = [next(), next(), next()]
  const parameters: LstmParameters = { main: tensor(layers, 2, 4, b), extra: tensor(3, b) }
  const state: LstmState = Array.from({ length: layers }, () => ({ hidden: tensor(b), cell: tensor(b) }))
  const sequence = tensor(characters, b)
  return { parameters, state, sequence, expected: expected<WithGradient>("lstm", `lstm_${name}.expected.json`) }
}

/** The bundle adjustments. */
export const baInputs = ["ba1_n49_m7776_p31843", "ba4_n372_m47423_p204472"] as const

export const readBa = (name: string) => {
  const { next, repeated } = numbersOf(read("ba", `${name}.txt`))
  const [n, m, p] = [next(), next(), next()]
  const remainders = (divisor: number) => Tensor.make(Int32Array.from({ length: p }, (_, i) => i % divisor))
  return {
    cameras: repeated(n, 11),
    points: repeated(m, 3),
    observations: {
      cameraOf: remainders(n),
      pointOf: remainders(m),
      weights: repeated(p),
      features: repeated(p, 2)
    } satisfies Observations,
    expected: expected<BaExpected>("ba", `${name}.expected.json`)
  }
}

interface BaExpected {
  readonly reprojectionSquaredNorm: number
  readonly weightErrorSquaredNorm: number
  readonly reprojectionJacobianSquaredNorm: number
  readonly weightJacobianSquaredNorm: number
  readonly firstReprojection: ReadonlyArray<number>
  readonly firstReprojectionJacobianColumnMajor2x15: ReadonlyArray<number>
}

/** The poses of the hand. */
export const handInputs = ["hand1_t26_c100", "hand5_t26_c800"] as const

export const readHand = (name: string) => {
  const { next, tensor } = numbersOf(read("hand", `${name}.txt`))
  const [n] = [next(), next()]
  const rows = Array.from({ length: n }, () => ({ vertex: next(), point: [next(), next(), next()] }))
  const targets: Targets = {
    vertexOf: Tensor.make(Int32Array.from(rows, ({ vertex }) => vertex)),
    points: Tensor.make(rows.flatMap(({ point }) => point), { shape: [n, 3] })
  }
  return {
    theta: tensor(26),
    model: readModel(),
    targets,
    expected: expected<HandExpected>("hand", `${name}.expected.json`)
  }
}

interface HandExpected {
  readonly objective: ReadonlyArray<number>
  readonly objectiveSquaredNorm: number
  readonly jacobianSquaredNorm: number
  /** 26 columns, one after the other. */
  readonly jacobian: ReadonlyArray<number>
}

/** The records of a file, whose fields stand between colons. */
const records = (...path: ReadonlyArray<string>) => read(...path).trim().split("\n").map((line) => line.split(":"))

const readModel = (): Hand => {
  const bones = records("hand", "model", "bones.txt")
  const frames = (from: number) =>
    Tensor.make(bones.flatMap((bone) => bone.slice(from, from + 16).map(Number)), { shape: [bones.length, 4, 4] })

  const vertices = records("hand", "model", "vertices.txt").map((fields) => fields.map(Number))
  const weights = new Float64Array(vertices.length * bones.length)
  for (const [v, fields] of vertices.entries()) {
    for (let i = 9; i < 9 + 2 * fields[8]!; i += 2) weights[v * bones.length + fields[i]!] = fields[i + 1]!
  }
  return {
    parents: bones.map((bone) => Number(bone[1])),
    relative: frames(2),
    inverseAbsolute: frames(18),
    weights: Tensor.make(weights, { shape: [vertices.length, bones.length] }),
    vertices: Tensor.make(vertices.flatMap(([x, y, z]) => [x!, y!, z!, 1]), { shape: [vertices.length, 4] })
  }
}
