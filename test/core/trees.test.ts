/**
 * Trees of tensors, leaf by leaf.
 */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { add, grad, jit, mul, sqrt, square, sub, sum, Tensor, Tree, vmap } from "../../src/index.ts"

const run = <A, E>(program: Effect.Effect<A, E>): A => Effect.runSync(program)
const item = (x: Tensor): number | boolean => run(Tensor.item(x as Tensor<[]>))

type Scalars = Tensor<[]> | ReadonlyArray<Scalars> | { readonly [key: string]: Scalars }
const { tree: trees } = fc.letrec<{ tree: Scalars }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    fc.integer({ min: -9, max: 9 }).map((x): Scalars => Tensor.make(x)),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("w", "b", "", "a.b", "__proto__"), tie("tree"), { maxKeys: 3 })
  )
}))

describe("laws", () => {
  it("map, then leaves, is leaves, then map; and the structure stays", () => {
    fc.assert(fc.property(trees, (tree) => {
      const doubled = run(Tree.map(tree, (x) => mul(x, 2)))
      expect(run(Tree.leaves(doubled)).map(item)).toEqual(run(Tree.leaves(tree)).map((x) => 2 * Number(item(x))))
      expect(run(Tree.paths(doubled))).toEqual(run(Tree.paths(tree)))
    }))
  })

  it("map shows each path, and reduce goes through the leaves in their order", () => {
    fc.assert(fc.property(trees, (tree) => {
      const seen: Array<string> = []
      run(Tree.map(tree, (_, path) => seen.push(path)))
      expect(seen).toEqual(run(Tree.paths(tree)))
      const list = run(Tree.reduce(tree, [] as ReadonlyArray<number | boolean>, (all, x) => [...all, item(x)]))
      expect(list).toEqual(run(Tree.leaves(tree)).map(item))
    }))
  })

  it("zipWith of a tree with itself is map", () => {
    fc.assert(fc.property(trees, (tree) => {
      const twice = run(Tree.zipWith(tree, tree, (x, y) => Effect.map(add(x, y), item)))
      expect(twice).toEqual(run(Tree.map(tree, (x) => Effect.map(mul(x, 2), item))))
    }))
  })
})

describe("programs", () => {
  const params = { w: Tensor.make([1, 2]), b: Tensor.make(3) }
  const norm = (tree: { readonly w: Tensor; readonly b: Tensor }) =>
    Effect.flatMap(Tree.reduce(tree, 0, (total, x) => add(total, sum(square(x)))), (total) => sqrt(total))

  it("are differentiated, batched and compiled like any other", () => {
    const g = run(grad(norm)(params))
    expect(run(Tensor.toArray(g.w))).toEqual([1 / Math.sqrt(14), 2 / Math.sqrt(14)])
    const batch = { w: Tensor.make([[1, 2], [3, 4]]), b: Tensor.make([3, 5]) }
    expect(run(Tensor.toArray(vmap(norm)(batch)))).toEqual([Math.sqrt(14), Math.sqrt(50)])
    expect(item(run(jit(norm)(params)))).toBeCloseTo(Math.sqrt(14), 14)
  })

  it("take Effects of trees, and Effects as leaves", () => {
    const next = run(Tree.zipWith({ w: mul(params.w, 2), b: 1 }, grad(norm)(params), (x, dx) => sub(x, dx)))
    expect(item(next.b)).toBe(1 - 3 / Math.sqrt(14))
    expect(run(Tree.leaves(Effect.succeed(params)))).toEqual([params.b, params.w])
  })

  it("keep float32", () => {
    const single = { w: Tensor.make([1, 2], { dtype: "float32" }), b: Tensor.make(3, { dtype: "float32" }) }
    expect(run(norm(single)).dtype).toBe("float32")
    expect(run(Tree.map(single, (x) => mul(x, 0.5))).w.dtype).toBe("float32")
  })
})

describe("errors", () => {
  const said = (program: Effect.Effect<unknown, any>) => {
    const { _tag, message } = run(Effect.flip(program))
    return `${_tag}: ${message}`
  }
  const x = Tensor.make(1)

  it("are typed, and say which function and where", () => {
    expect(said(Tree.zipWith({ a: x }, { b: x }, (y) => y))).toBe(
      "TreeMismatchError: Tree.zipWith requires trees of one structure, got { a: * } and { b: * }"
    )
    expect(said(Tree.leaves({ layers: [{ name: "w" }] }))).toMatch(
      /^TreeLeafError: Tree.leaves requires trees of tensors .* at layers\[0\].name/
    )
    expect(said(Tree.map({ a: x }, 3 as never))).toBe("ArgumentError: Tree.map requires a function, got 3")
  })

  it("of the function are those of the call", () => {
    expect(run(Effect.flip(Tree.map({ a: x }, () => Effect.fail("no" as const))))).toBe("no")
    expect(said(Tree.map({ a: x }, () => Tensor.make([[1], [1, 2]] as never)))).toMatch(/^ShapeError: Tensor.make/)
    expect(said(Tree.zipWith({ a: x }, { a: Tensor.zeros([2]) }, (y, z) => add(Tensor.zeros([3]), add(y, z)))))
      .toMatch(/^ShapeError: add/)
  })
})
