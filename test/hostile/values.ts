/**
 * Odd values, as programs without types meet them.
 */
import { Effect, Option } from "effect"
import { sum, Tensor, vmap } from "wengert"

const detached = new Float64Array(2)
structuredClone(detached, { transfer: [detached.buffer] })

const revoked = Proxy.revocable<Array<unknown>>([], {})
revoked.revoke()

const throwing = new Proxy({}, {
  get: () => {
    throw new Error("read")
  },
  ownKeys: () => {
    throw new Error("listed")
  }
})

const cyclic: Array<unknown> = []
cyclic.push(cyclic)
const knot: { [name: string]: unknown } = {}
knot["knot"] = knot

/** A tensor of a transformation that has ended. */
let escaped: Tensor = Tensor.make(0)
Effect.runSync(
  vmap((x: Tensor) => {
    escaped = x
    return sum(x)
  })(Tensor.zeros([2, 2]))
)

class Instance {
  readonly axis = 0
}

/** By the name under which reports show them. */
export const oddValues: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ...[
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    2,
    0.5,
    NaN,
    Infinity,
    -Infinity,
    4e9,
    2 ** 53,
    -(2 ** 53),
    1e308,
    5e-324,
    "",
    "0",
    "axis",
    "float64",
    "ij->j",
    "->",
    "__proto__",
    3n,
    [],
    [0],
    [1],
    [-1],
    [0, 0],
    [0, 1],
    [1, 2, 3],
    [[]],
    [[0]],
    [[1, 1]],
    [NaN],
    [1.5],
    ["0"],
    [null],
    [undefined],
    [-1, -1],
    [4e9, 4e9],
    [4e9],
    [2 ** 33, 1],
    [1, [2]],
    [[[[1]]]],
    {},
    { axis: 0 },
    { axis: null },
    { length: 2 },
    { unknown: 1 },
    { dtype: "float64" },
    { dtype: 1 }
  ].map((value) =>
    [JSON.stringify(value, (_, u) => typeof u === "bigint" ? `${u}n` : u) ?? "undefined", value] as const
  ),
  // oxlint-disable-next-line no-sparse-arrays
  ["[, 2]", [, 2]],
  ["Array(2 ** 32 - 1)", Array(2 ** 32 - 1)],
  ["a long string", "a".repeat(10_000)],
  ["Symbol()", Symbol("odd")],
  ["null prototype", Object.create(null)],
  ["Date", new Date(0)],
  ["Map", new Map()],
  ["RegExp", /x/],
  ["Instance", new Instance()],
  ["() => 0", () => 0],
  ["() => undefined", () => undefined],
  ["() => null", () => null],
  ["() => 'text'", () => "text"],
  ["identity", (u: unknown) => u],
  ["async", async () => 1],
  ["generator", function*() {
    yield 1
  }],
  ["Promise", Promise.resolve(1)],
  ["revoked", revoked.proxy],
  ["throwing proxy", throwing],
  ["throwing toString", {
    toString: () => {
      throw new Error("shown")
    },
    valueOf: () => {
      throw new Error("valued")
    }
  }],
  ["throwing getter", {
    get axis() {
      throw new Error("got")
    }
  }],
  ["cyclic array", cyclic],
  ["cyclic record", knot],
  ["Float64Array", new Float64Array(2)],
  ["Uint8Array", new Uint8Array([7])],
  ["BigInt64Array", new BigInt64Array(1)],
  ["detached", detached],
  ["DataView", new DataView(new ArrayBuffer(8))],
  ["Option.some", Option.some(Tensor.make(1))],
  ["Option.none", Option.none()],
  ["Effect of 3", Effect.succeed(3)],
  ["Effect of text", Effect.succeed("text")],
  ["Effect of a tensor", Effect.succeed(Tensor.make([1, 2]))],
  ["scalar", Tensor.make(1)],
  ["vector", Tensor.make([1, 2, 3])],
  ["empty", Tensor.zeros([0])],
  ["int32", Tensor.make([1, 2], { dtype: "int32" })],
  ["bool", Tensor.make([true, false])],
  ["float32", Tensor.zeros([2, 2], "float32")],
  ["immense", Tensor.zeros([2 ** 32])],
  ["abstract", Tensor.spec([2])],
  ["escaped", escaped],
  ["Tensor", Tensor]
]
