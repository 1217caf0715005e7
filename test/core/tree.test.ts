/**
 * Trees taken apart and put together.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { TreeLeafError, TreeMismatchError } from "../../src/core/errors.ts"
import type { Tensor } from "../../src/core/tensor.ts"
import { dataOf, isConcrete, isTensor, scalar } from "../../src/core/tensor.ts"
import {
  flatten,
  flattenWith,
  leaf,
  leafCount,
  leafPaths,
  leavesLike,
  sameTree,
  showTree,
  tuple,
  unflatten
} from "../../src/core/tree.ts"

type Tree = Tensor | ReadonlyArray<Tree> | { readonly [key: string]: Tree }

const keys = fc.oneof(
  fc.constantFrom("a", "b", "w", "layers", "0", "10", "2", "", "a.b", "__proto__", "constructor", "toString", "length"),
  fc.string({ maxLength: 3 })
)

/** Trees of scalars, with hostile keys. */
const { tree: trees } = fc.letrec<{ tree: Tree; array: Tree; record: Tree; leaf: Tree }>((tie) => ({
  tree: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("array"), tie("record")),
  leaf: fc.integer({ min: -99, max: 99 }).map((x) => scalar("float64", x)),
  array: fc.array(tie("tree"), { maxLength: 3 }),
  record: fc.array(fc.tuple(keys, tie("tree")), { maxLength: 3 })
    .map((entries) => Object.fromEntries<Tree>(entries))
}))

/** The leaves by definition: depth first, a record's children in the order of its sorted keys. */
const leavesOf = (tree: Tree): ReadonlyArray<Tensor> =>
  isTensor(tree)
    ? [tree]
    : Array.isArray(tree)
    ? tree.flatMap(leavesOf)
    : Object.keys(tree).toSorted().flatMap((key) => leavesOf((tree as { readonly [key: string]: Tree })[key]!))

/** The same keys written in the opposite order, everywhere. */
const reordered = (tree: Tree): Tree =>
  isTensor(tree)
    ? tree
    : Array.isArray(tree)
    ? tree.map(reordered)
    : Object.fromEntries(Object.entries(tree).toReversed().map(([key, child]) => [key, reordered(child)]))

const flat = (tree: unknown) => flatten("test", tree)

/** Elements are private: tensors are equal to `toEqual` whatever is in them, so that leaves are compared as numbers. */
const numbers = (leaves: ReadonlyArray<Tensor>): ReadonlyArray<readonly [number, string]> =>
  leaves.map((x) => [isConcrete(x) ? dataOf(x)[0]! : NaN, x.dtype])

const thrown = (f: () => unknown): unknown => {
  try {
    return f()
  } catch (error) {
    return error
  }
}

describe("laws", () => {
  it("unflatten ∘ flatten is the identity, with the same tensors", () => {
    fc.assert(fc.property(trees, (tree) => {
      const { leaves, tree: structure } = flat(tree)
      const again = unflatten(structure, leaves)
      // the structure, and the very same tensors at every place
      expect(again).toEqual(tree)
      expect(leavesOf(tree).length).toBe(leaves.length)
      expect(leavesOf(again as Tree).every((x, i) => x === leavesOf(tree)[i])).toBe(true)
    }))
  })

  it("flatten ∘ unflatten is the identity", () => {
    fc.assert(fc.property(trees, (tree) => {
      const { leaves, tree: structure } = flat(tree)
      const others = leaves.map((_, i) => scalar("float64", 1000 + i))
      const { leaves: back, tree: same } = flat(unflatten(structure, others))
      expect(numbers(back)).toEqual(numbers(others))
      expect(sameTree(same, structure)).toBe(true)
    }))
  })

  it("leaves, their number and their paths are in one order", () => {
    fc.assert(fc.property(trees, (tree) => {
      const { leaves, tree: structure } = flat(tree)
      expect(numbers(leaves)).toEqual(numbers(leavesOf(tree)))
      expect(leafCount(structure)).toBe(leaves.length)
      const paths = leafPaths(structure, "root")
      expect(paths.length).toBe(leaves.length)
      expect(new Set(paths).size).toBe(paths.length)
      expect(paths.every((p) => p.startsWith("root"))).toBe(true)
    }))
  })

  it("the order of keys does not matter, the order of an array does", () => {
    fc.assert(fc.property(trees, (tree) => {
      const [a, b] = [flat(tree), flat(reordered(tree))]
      expect(numbers(b.leaves)).toEqual(numbers(a.leaves))
      expect(sameTree(a.tree, b.tree)).toBe(true)
    }))
    const [x, y] = [scalar("float64", 1), scalar("float64", 2)]
    expect(numbers(flat([x, y]).leaves)).not.toEqual(numbers(flat([y, x]).leaves))
  })

  it("sameTree is equality of structures", () => {
    const blank = (tree: Tree): unknown =>
      isTensor(tree)
        ? "*"
        : Array.isArray(tree)
        ? tree.map(blank)
        : {
          entries: Object.keys(tree).toSorted().map((k) => [k, blank((tree as { readonly [key: string]: Tree })[k]!)])
        }
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        const [s, t] = [flat(a).tree, flat(b).tree]
        expect(sameTree(s, s)).toBe(true)
        expect(sameTree(s, t)).toBe(JSON.stringify(blank(a)) === JSON.stringify(blank(b)))
        expect(sameTree(t, s)).toBe(sameTree(s, t))
      }),
      { numRuns: 300 }
    )
  })

  it("nothing of what comes out can be changed", () => {
    const { tree } = flat({ a: [scalar("float64", 1), { b: scalar("float64", 2) }] })
    const frozen = (t: object): boolean =>
      Object.isFrozen(t) && Object.values(t).every((v) => typeof v !== "object" || frozen(v as object))
    expect(frozen(tree)).toBe(true)
    expect(Object.isFrozen(leaf) && frozen(tuple(3))).toBe(true)
  })
})

describe("what is a leaf", () => {
  it("a tensor, and a plain number, which is a float64 scalar", () => {
    const x = scalar("int32", 3)
    expect(flat({ a: x, b: 2 }).leaves[0]).toBe(x)
    expect(numbers(flat({ a: x, b: 2 }).leaves)).toEqual([[3, "int32"], [2, "float64"]])
    expect(numbers(flat(NaN).leaves)).toEqual([[NaN, "float64"]])
  })

  it("records without a prototype are records; empty ones have no leaves", () => {
    const record = Object.assign(Object.create(null) as { a?: Tensor }, { a: scalar("float64", 1) })
    expect(flat(record).leaves.length).toBe(1)
    expect([flat({}).leaves, flat([]).leaves, flat([{}, [[]]]).leaves]).toEqual([[], [], []])
  })

  it("holes are no leaves", () => {
    expect(thrown(() => flat({ a: new Array(2) }))).toMatchObject({ path: "a[0]", _tag: "TreeLeafError" })
  })

  it("flattenWith decides for itself", () => {
    const { leaves, tree } = flattenWith("test", { a: "x", b: ["y"] }, "", (u) => typeof u === "string" ? u : undefined)
    expect(leaves).toEqual(["x", "y"])
    expect(unflatten(tree, [1, 2])).toEqual({ a: 1, b: [2] })
    expect(thrown(() => flattenWith("test", { a: 1 }, "root", (u) => typeof u === "string" ? u : undefined)))
      .toMatchObject({ path: "root.a" })
  })
})

describe("errors", () => {
  class Point {
    readonly x = 1
  }
  const cases: ReadonlyArray<readonly [tree: unknown, path: string, what: string]> = [
    [{ a: { "b c": [1, () => 1] } }, "args.a[\"b c\"][1]", "a function"],
    [{ $x_1: null }, "args.$x_1", "null"],
    [[undefined], "args[0]", "undefined"],
    [{ a: new Point() }, "args.a", "an instance of Point"],
    [{ "": "text" }, "args[\"\"]", "\"text\""],
    [new Map(), "args", "an instance of Map"],
    [{ a: { b: Symbol("s") } }, "args.a.b", "a symbol"]
  ]

  it.each(cases)("%#: a leaf that is no tensor is named by its path", (tree, path, what) => {
    const error = thrown(() => flatten("op", tree, "args"))
    expect(error).toBeInstanceOf(TreeLeafError)
    expect(error).toMatchObject({
      op: "op",
      path,
      message: `op requires trees of tensors (records, tuples, arrays), got ${what} at ${path}; ` +
        "close over values that are not tensors instead of passing them"
    })
  })

  it("a tree that is too deep, or never ends, is an error and no overflow", () => {
    let deep: unknown = scalar("float64", 1)
    for (let i = 0; i < 900; i++) deep = [deep]
    expect(flat(deep).leaves.length).toBe(1)
    for (let i = 0; i < 20_000; i++) deep = { a: deep }
    expect(thrown(() => flat(deep))).toBeInstanceOf(TreeLeafError)
    const cyclic: Array<unknown> = []
    cyclic.push(cyclic)
    expect(thrown(() => flat(cyclic))).toMatchObject({ _tag: "TreeLeafError" })
  })

  it("a wide tree is no problem", () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]))
    const { leaves, tree } = flat(wide)
    expect([leaves.length, leafCount(tree), leafPaths(tree).length]).toEqual([100_000, 100_000, 100_000])
  })
})

describe("leavesLike", () => {
  const expected = flat({ a: scalar("float64", 0), b: [scalar("float64", 0), { c: scalar("float64", 0) }] })
  const like = (tree: unknown) =>
    leavesLike("op", "a thing", flat(tree), { tree: expected.tree, avals: expected.leaves })
  const one = scalar("float64", 1)

  it("gives the leaves of a tree that is alike", () => {
    expect(numbers(like({ b: [2, { c: 3 }], a: 1 }))).toEqual([[1, "float64"], [2, "float64"], [3, "float64"]])
  })

  const wrong: ReadonlyArray<readonly [tree: unknown, path: string, message: string]> = [
    [
      { a: one, b: [one, { c: scalar("float32", 1) }] },
      "b[1].c",
      "op requires a thing of type float64[], got float32[] at b[1].c"
    ],
    [
      { a: one, b: [one] },
      "b[1].c",
      "op requires a thing with the structure { a: *, b: [*, { c: * }] }, got { a: *, b: [*] }"
    ],
    [
      { a: one, b: [one, { d: one }] },
      "b[1].c",
      "op requires a thing with the structure { a: *, b: [*, { c: * }] }, got { a: *, b: [*, { d: * }] }"
    ],
    [
      { a: [one], b: [one, { c: one }] },
      "a",
      "op requires a thing with the structure { a: *, b: [*, { c: * }] }, got { a: [*], b: [*, { c: * }] }"
    ],
    [[], "a", "op requires a thing with the structure { a: *, b: [*, { c: * }] }, got []"]
  ]

  it.each(wrong)("%#: names the first leaf that differs", (tree, path, message) => {
    const error = thrown(() => like(tree))
    expect(error).toBeInstanceOf(TreeMismatchError)
    expect(error).toMatchObject({ op: "op", path, message })
  })

  it("tells containers without leaves apart", () => {
    const none = flat({ a: [] })
    const match = (tree: unknown) => leavesLike("op", "a thing", flat(tree), { tree: none.tree, avals: [] })
    expect(match({ a: [] })).toEqual([])
    for (const other of [{ a: {} }, {}, [], { b: [] }, { a: [[]] }]) {
      expect(thrown(() => match(other))).toBeInstanceOf(TreeMismatchError)
    }
  })

  it("more leaves than expected: the first that is too many", () => {
    expect(thrown(() => like({ a: one, b: [one, { c: one }], z: one }))).toMatchObject({
      _tag: "TreeMismatchError",
      path: "z"
    })
  })
})

describe("showTree", () => {
  it("is what messages show", () => {
    expect(showTree(flat({ b: 1, a: [2, { c: 3 }], e: {}, f: [] }).tree)).toBe(
      "{ a: [*, { c: * }], b: *, e: {  }, f: [] }"
    )
    expect(showTree(leaf)).toBe("*")
    expect(showTree(tuple(2))).toBe("[*, *]")
  })
})
