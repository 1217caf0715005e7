/**
 * The vocabulary in exact arithmetic: what a program computes at x + h·t, as polynomials in h with rational
 * coefficients, and the derivative that is declared at each kink.
 *
 * Nothing here is differentiated, and no step is taken: it is an oracle for derivatives that has no error. What only
 * moves elements is asked of the package itself, for the places of elements. Words that are not here are not exact.
 */
import * as wengert from "../../src/index.ts"
import type { Axis, Exact, Operand, Program } from "./jets.ts"
import {
  along,
  bent,
  called,
  compared,
  each,
  extreme,
  gathered,
  lift,
  make,
  minus,
  number,
  orderOf,
  reduction,
  routed,
  rowsOf,
  spread,
  stacked,
  step,
  total,
  value
} from "./jets.ts"
import type { Jet } from "./rational.ts"
import { addJets, compare, constant, mulJets, rational, scaleJet, toNumber } from "./rational.ts"
import type { Vocabulary } from "./syntax.ts"
import { broadcast, size } from "./syntax.ts"

const { Tensor } = wengert

/** Polynomials of an order: every word that is here is exact, the rest of the vocabulary is missing. */
export const exactVocabulary = (order: number) => {
  const product = (a: Jet, b: Jet): Jet => mulJets(a, b, order)
  const multiplied = (jets: ReadonlyArray<Jet>): Jet => jets.reduce(product, constant(1))
  const running = (f: (a: Jet, b: Jet) => Jet) =>
    along((line) =>
      // oxlint-disable-next-line oxc/no-accumulating-spread -- lines are a few elements long
      line.reduce<ReadonlyArray<Jet>>((all, jet) => [...all, all.length === 0 ? jet : f(all.at(-1)!, jet)], [])
    )

  /** Σ over the labels that the result does not have. */
  const einsum = (spec: string, ...xs: ReadonlyArray<Exact>): Exact => {
    const [inputs, output] = spec.split("->") as [string, string]
    const labels = inputs.split(",")
    const dims = new Map(labels.flatMap((ls, k) => Array.from(ls, (l, i) => [l, xs[k]!.shape[i]!] as const)))
    const all = [...dims.keys()]
    const shape = Array.from(output, (l) => dims.get(l)!)
    const data: Array<Jet> = Array.from({ length: size(shape) }, () => constant(0))
    const place = (ls: string, at: ReadonlyMap<string, number>) =>
      Array.from(ls).reduce((offset, l) => offset * dims.get(l)! + at.get(l)!, 0)
    for (let n = 0; n < size([...dims.values()]); n++) {
      let rest = n
      const at = new Map(all.map((l) => {
        const i = rest % dims.get(l)!
        rest = Math.floor(rest / dims.get(l)!)
        return [l, i] as const
      }))
      const term = multiplied(xs.map((x, k) => x.data[place(labels[k]!, at)]!))
      data[place(output, at)] = addJets(data[place(output, at)]!, term)
    }
    return make(shape, data, ...xs)
  }
  const letters = (n: number, first = 0) =>
    Array.from({ length: n }, (_, i) => String.fromCharCode(97 + first + i)).join("")
  const matmul = (x: Exact, y: Exact): Exact => {
    if (x.shape.length < 3 && y.shape.length < 3) {
      return einsum(
        `${x.shape.length > 1 ? "xz" : "z"},${y.shape.length > 1 ? "zy" : "z"}->${x.shape.length > 1 ? "x" : ""}${
          y.shape.length > 1 ? "y" : ""
        }`,
        x,
        y
      )
    }
    const batch = broadcast(x.shape.slice(0, -2), y.shape.slice(0, -2))!
    const b = letters(batch.length)
    const [many, others] = [x, y].map((m) => m.shape.length < 2 ? m : spread(m, [...batch, ...m.shape.slice(-2)]))
    const [isRow, isColumn] = [x.shape.length > 1, y.shape.length > 1]
    return einsum(
      `${isRow ? `${b}xz` : "z"},${isColumn ? `${b}zy` : "z"}->${b}${isRow ? "x" : ""}${isColumn ? "y" : ""}`,
      many!,
      others!
    )
  }
  const tensordot = (x: Exact, y: Exact, [is, js]: readonly [ReadonlyArray<number>, ReadonlyArray<number>]): Exact => {
    const left = letters(x.shape.length)
    const right = Array.from(letters(y.shape.length, x.shape.length))
    js.forEach((j, k) => right[j] = left[is[k]!]!)
    const open = left.split("").filter((_, i) => !is.includes(i)).join("") +
      right.filter((_, j) => !js.includes(j)).join("")
    return einsum(`${left},${right.join("")}->${open}`, x, y)
  }
  const scan = (f: Program, init: Exact, xs: Exact, { reverse = false }: { readonly reverse?: boolean } = {}) => {
    let carry = init
    const ys: Array<Exact> = []
    const rows = rowsOf(xs)
    for (const row of reverse ? rows.toReversed() : rows) {
      const [next, y] = called(f(carry, row))
      carry = next
      ys.push(y)
    }
    return [carry, stacked(reverse ? ys.toReversed() : ys)]
  }
  const associativeScan = (f: Program, xs: Exact, { reverse = false }: { readonly reverse?: boolean } = {}) => {
    const rows = reverse ? rowsOf(xs).toReversed() : rowsOf(xs)
    const all = rows.reduce<ReadonlyArray<Exact>>(
      // oxlint-disable-next-line oxc/no-accumulating-spread -- a few rows
      (done, row) => [...done, done.length === 0 ? row : called(f(done.at(-1)!, row))],
      []
    )
    return stacked(reverse ? all.toReversed() : all)
  }
  const words = {
    Tensor,
    neg: each((a) => minus(a)),
    add: each((a, b) => addJets(a, b)),
    sub: each((a, b) => addJets(a, minus(b))),
    mul: each((a, b) => product(a, b)),
    square: each((a) => product(a, a)),
    // |x| at 0 has the derivative 0
    abs: each((a) => {
      const sign = compare(value(a), rational(0))
      const size = scaleJet(a, rational(sign))
      return sign === 0 ? bent(size, order) : size
    }),
    relu: each((a) => compare(value(a), rational(0)) > 0 ? a : constant(0)),
    maximum: each((...jets) => extreme(1, order)(jets)),
    minimum: each((...jets) => extreme(-1, order)(jets)),
    // at the ends the bound has the derivative
    clip: each((x, low, high) => {
      const inner = compare(value(x), value(low)) > 0 ? x : low
      return compare(value(inner), value(high)) < 0 ? inner : high
    }),
    floor: step((a) => Math.floor(toNumber(a))),
    ceil: step((a) => Math.ceil(toNumber(a))),
    trunc: step((a) => Math.trunc(toNumber(a))),
    sign: step((a) => Math.sign(toNumber(a))),
    greater: compared((s) => s > 0),
    less: compared((s) => s < 0),
    greaterEqual: compared((s) => s >= 0),
    lessEqual: compared((s) => s <= 0),
    equal: compared((s) => s === 0),
    notEqual: compared((s) => s !== 0),
    isFinite: step(() => 1),
    isNaN: step(() => 0),
    logicalNot: step((a) => a.n === 0n ? 1 : 0),
    logicalAnd: step((a, b) => a.n !== 0n && b.n !== 0n ? 1 : 0),
    logicalOr: step((a, b) => a.n !== 0n || b.n !== 0n ? 1 : 0),
    any: reduction((line) => constant(line.some((j) => value(j).n !== 0n) ? 1 : 0)),
    all: reduction((line) => constant(line.every((j) => value(j).n !== 0n) ? 1 : 0)),
    cast: (x: Operand) => lift(x),
    argmax: (x: Exact, axis: Axis) => ({ ...reduction((line) => constant(orderOf(line, true)[0]!))(x, axis), from: 0 }),
    argmin: (x: Exact, axis: Axis) => ({ ...reduction((line) => constant(orderOf(line)[0]!))(x, axis), from: 0 }),
    argsort: (x: Exact, options: any) => ({
      ...along((line, { descending }) => orderOf(line, descending).map(constant))(x, options),
      from: 0
    }),
    where: (m: Exact, x: Operand, y: Operand) => ({
      ...each((m, x, y) => value(m).n !== 0n ? x : y)(m, x, y),
      from: lift(x).from | lift(y).from
    }),
    mask: (x: Exact, m: Exact, fill: Operand = 0) => words.where(m, x, fill),
    stopGradient: (x: Exact) => ({ ...x, data: x.data.map((jet) => [value(jet)]), from: 0 }),
    sum: reduction(total),
    prod: reduction(multiplied),
    max: reduction(extreme(1, order)),
    min: reduction(extreme(-1, order)),
    cumsum: running(addJets),
    cumprod: running(product),
    sort: along((line, { descending }) => orderOf(line, descending).map((i) => line[i]!)),
    concat: (xs: ReadonlyArray<Operand>, axis: number) => routed(xs, (...xs) => wengert.concat(xs, axis)),
    stack: (xs: ReadonlyArray<Operand>, axis: number) => routed(xs, (...xs) => wengert.stack(xs, axis)),
    scatterAdd: (base: Operand | wengert.Tensor, index: Exact, updates: Exact) => {
      const x = lift(base)
      // row i of the updates is added to row index[i]
      const width = size(x.shape.slice(1))
      const data = [...x.data]
      index.data.forEach((at, i) => {
        for (let k = 0; k < width; k++) {
          const place = number(at) * width + k
          data[place] = addJets(data[place]!, updates.data[i * width + k]!)
        }
      })
      return make(x.shape, data, x, updates)
    },
    oneHot: (i: Exact, n: number) =>
      make(
        [...i.shape, n],
        i.data.flatMap((at) => Array.from({ length: n }, (_, k) => constant(number(at) === k ? 1 : 0)))
      ),
    matmul,
    tensordot,
    einsum,
    outer: (x: Exact, y: Exact) => einsum("i,j->ij", x, y),
    cond: (p: Exact, onTrue: Program, onFalse: Program) => called((value(p.data[0]!).n !== 0n ? onTrue : onFalse)()),
    switchCase: (i: Exact, branches: ReadonlyArray<Program>) =>
      called(branches[Math.max(0, Math.min(branches.length - 1, number(i.data[0]!)))]!()),
    scan,
    associativeScan,
    forLoop: (lower: number, upper: number, body: Program, init: Exact) => {
      let carry = init
      for (let i = lower; i < upper; i++) carry = called(body(lift(i), carry))
      return carry
    },
    whileLoop: (test: Program, body: Program, init: Exact, { maxSteps }: { readonly maxSteps: number }) => {
      let carry = init
      for (let i = 0; i < maxSteps && value(called(test(carry)).data[0]).n !== 0n; i++) carry = called(body(carry))
      return carry
    },
    map: (f: Program, xs: Exact) => gathered(rowsOf(xs).map((row) => called(f(row)))),
    vmap: (f: Program, { outAxes = 0 }: { readonly outAxes?: number } = {}) => (xs: Exact) =>
      gathered(rowsOf(xs).map((row) => called(f(row))), outAxes),
    checkpoint: (f: Program) => (x: Exact) => called(f(x)),
    customJvp: (f: Program) => (...xs: ReadonlyArray<Exact>) => called(f(...xs)),
    customVjp: (f: Program) => (...xs: ReadonlyArray<Exact>) => called(f(...xs))
  }
  const moves = Object.fromEntries(
    ([
      "broadcastTo",
      "diagonal",
      "expandDims",
      "flip",
      "pad",
      "reshape",
      "slice",
      "squeeze",
      "tile",
      "transpose",
      "tril",
      "triu"
    ] as const)
      .map((name) => [
        name,
        (x: Operand, ...rest: ReadonlyArray<any>) => routed([x], (x) => (wengert[name] as any)(x, ...rest))
      ])
  )
  /** Indices are whole numbers: they are read, and the package's own op says where elements come from. */
  const indexed = Object.fromEntries((["gather", "take", "takeAlongAxis"] as const).map((name) => [
    name,
    (x: Exact, i: Operand | wengert.Tensor, ...rest: ReadonlyArray<any>) => {
      const { data, shape } = lift(i)
      const index = Tensor.make(data.map(number), { shape, dtype: "int32" })
      return routed([x], (x) => (wengert[name] as any)(x, index, ...rest))
    }
  ]))
  // members that are missing are not asked for: words are chosen by name
  return { ...words, ...moves, ...indexed } as unknown as Vocabulary
}

/** The names of exact words. */
const exactNames: ReadonlySet<string> = new Set(Object.keys(exactVocabulary(1)))

/** Is a word exact? */
export const isExact = (name: string): boolean => exactNames.has(name)
