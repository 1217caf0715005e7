/**
 * Laws of corners of rules that ordinary programs do not come to: custom rules that are not linear, results that are whole numbers, loops
 * of which a part has no batch, matrices without elements, what fails and what is not defined.
 */
import { Effect, Option } from "effect"
import { Laws } from "../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../src/index.ts"
import * as w from "../../src/index.ts"
import type { Cases } from "./cases.ts"
import { withVjp } from "./custom.ts"

type X = AnyTensor
type F = Laws.Program<ReadonlyArray<any>, any, any>
const { Tensor } = w

const once = (...laws: ReadonlyArray<Laws.Law>): ReadonlyArray<Laws.Law> => laws.map((law) => ({ ...law, runs: 1 }))

/** 1 where a program fails with an error of a kind, 0 where it does not. */
const fails = (tag: string, program: Effect.Effect<unknown, any>) =>
  Effect.match(program, {
    onFailure: ({ _tag }: { readonly _tag: string }) => Tensor.make(_tag === tag ? 1 : 0),
    onSuccess: () => Tensor.make(0)
  })
/** A program that is to fail does. */
const refuses = (name: string, tag: string, program: () => Effect.Effect<unknown, any>) =>
  once(
    Laws.sameDerivatives(name, (_: X) => fails(tag, program()), (_: X) => Effect.succeed(Tensor.make(1)), [
      Tensor.make(1)
    ], {
      order: 0
    })
  )
/** What a program says of a point is true. */
const holds = (name: string, program: (x: X) => Effect.Effect<any, any>, x: X) =>
  once(
    Laws.sameDerivatives(
      name,
      (x: X) => Effect.flatMap(program(x), (y: X) => w.cast(y, "float64")) as Effect.Effect<AnyTensor, any>,
      (_: X) => Effect.succeed(Tensor.make(1)),
      [x],
      { order: 0 }
    )
  )
/** All elements of what a program gives are NaN. */
const isNowhere = (name: string, program: (x: X) => Effect.Effect<any, any>, x: X) =>
  holds(name, (x) => Effect.flatMap(program(x), (y: X) => w.all(w.isNaN(y))), x)
/** A gradient is told to be none. */
const isUnconnected = (name: string, f: (x: X) => Effect.Effect<any, any>, x: X) =>
  holds(
    name,
    (x) =>
      Effect.map((w.grad as any)(f, { unconnected: "none" })(x), (found: any) =>
        Tensor.make(Option.isNone(found))) as any,
    x
  )

// ---- custom rules

/** x², whose cotangents are cut off at 1. */
const clipped = withVjp(
  (x) => w.square(x),
  (x, ct) => w.mul(w.mul(2, x), w.clip(ct, -1, 1))
)
/** sin, by a rule that is linear. */
const sine = () => withVjp((x) => w.sin(x), (x, ct) => w.mul(ct, w.cos(x)))
/** sin x, and how many elements there are. */
const counted = w.customJvp(
  (x: X) => Effect.all([w.sin(x), w.cast(w.floor(x), "int32")]),
  ([x], [dx]) =>
    Effect.all([
      Effect.all([w.sin(x), w.cast(w.floor(x), "int32")]),
      Effect.all([w.mul(dx, w.cos(x)), w.cast(dx, "int32")])
    ]) as never
)

const custom: Cases = {
  "a custom rule: one that is not linear runs backwards": () => {
    const f = (x: X) => w.grad((x: X) => w.mul(3, clipped(x)) as Effect.Effect<AnyTensor<[]>, any>)(x)
    // 2x times the cotangent 3, cut off
    return once(
      Laws.sameDerivatives("a gradient of a rule that clips", f, (x: X) => w.mul(x, 2), [Tensor.make(1.5)], {
        order: 0
      }),
      Laws.sameDerivatives(
        "the rule alone",
        (x: X) => w.grad((x: X) => clipped(x) as Effect.Effect<AnyTensor<[]>, any>)(x),
        (x: X) => w.mul(x, 2),
        [Tensor.make(1.5)],
        { order: 0 }
      )
    )
  },
  "a custom rule: batches of points and of directions": () => {
    const f = sine()
    const g = (x: X, v: X) => Effect.map(w.jvp(f, [x], [v]), ([, dy]) => dy)
    return once(
      ...Laws.primitive(f, { name: "sine", domain: Laws.tensors([[2]]), runs: 1 }),
      Laws.batching(g as F, Laws.tensors([[2], [2]])),
      Laws.batching(((v: X) => g(Tensor.make([1, 2]), v)) as F, Laws.tensors([[2]])),
      Laws.batching(((x: X) => g(x, Tensor.make([1, 2]))) as F, Laws.tensors([[2]])),
      Laws.gradient(g as F, Laws.tensors([[2], [2]]), { order: 2 })
    )
  },
  "a custom rule: Taylor series of its derivative": () => {
    const f = sine()
    return once(
      Laws.taylorNests((x: X) => w.grad((x: X) => w.sum(f(x)))(x), Laws.tensors([[2]])),
      Laws.taylorNests((x: X, v: X) => Effect.map(w.jvp(f, [x], [v]), ([, dy]) => dy), Laws.tensors([[2], [2]]))
    )
  },
  "a custom rule: results that are whole numbers": () =>
    once(
      Laws.gradient(
        (x: X) => Effect.map(counted(x), ([y]) => y) as Effect.Effect<AnyTensor, any>,
        Laws.tensors([[3]]),
        {
          order: 2
        }
      )
    ),
  "a custom rule: one that is not linear in the tangent is refused": () =>
    refuses("jvp of a rule that squares tangents", "NonLinearError", () => {
      const f = w.customJvp((x: X) => w.sin(x), ([x], [dx]) => Effect.all([w.sin(x), w.square(dx)]))
      return w.jvp(f, [Tensor.make(1)], [Tensor.make(1)])
    }),
  "a custom rule: what it closes over has no derivative": () =>
    refuses(
      "a rule that closes over what is differentiated",
      "NonDifferentiableError",
      () =>
        w.grad((y: AnyTensor<[]>) => {
          const f = w.customJvp((x: X) => w.mul(x, y), ([x], [dx]) => Effect.all([w.mul(x, y), w.mul(dx, y)]))
          return f(Tensor.make(2)) as Effect.Effect<AnyTensor<[]>, any>
        })(Tensor.make(1))
    ),
  "a custom rule: forward mode of one that is not linear is refused": () =>
    refuses("jvp of a rule that clips", "MissingRuleError", () => w.jvp(clipped, [Tensor.make(1)], [Tensor.make(1)])),
  "reverse mode through a loop without a bound is refused": () =>
    refuses(
      "grad of a loop",
      "MissingRuleError",
      () =>
        w.grad((x: AnyTensor<[]>) =>
          w.whileLoop((c: AnyTensor<[]>) => w.less(c, 9), (c: AnyTensor<[]>) => w.mul(c, 2), x) as Effect.Effect<
            AnyTensor<[]>,
            any
          >
        )(Tensor.make(1))
    )
}

/** A function that closes over a value of the program around it, which the rule uses, and not linearly. */
const closing = (z: X) =>
  w.customJvp(
    (x: X) => w.mul(w.sin(x), w.square(z)),
    ([x], [dx]) => Effect.all([w.mul(w.sin(x), w.square(z)), w.mul(w.mul(dx, w.cos(x)), w.square(z))])
  )
const closingBack = (z: X) =>
  withVjp((x) => w.mul(w.sin(x), w.square(z)), (x, ct) => w.mul(w.mul(ct, w.cos(x)), w.square(z)))
const slopeOf = (f: (x: X) => Effect.Effect<X, any>, x: X) =>
  w.grad((x: X) => w.sum(f(x)) as Effect.Effect<AnyTensor<[]>, any>)(x)
const expectedSlope = (z: X, x: X) => w.mul(w.cos(x), w.square(z))

const closures: Cases = Object.fromEntries(
  Object.entries({ customJvp: closing, customVjp: closingBack }).flatMap(([name, rule]) => {
    const [zs, xs] = [Tensor.make([2, 3]), Tensor.make([[0.5, 1, 2], [1, 0.25, 3]])]
    const same = (what: string, f: (zs: X, xs: X) => any, g: (zs: X, xs: X) => any) =>
      Laws.sameDerivatives(what, f, g, [zs, xs], { order: 0 })
    const points = (z: X, xs: X) => w.vmap((x: X) => slopeOf(rule(z), x))(xs as never) as Effect.Effect<X, any>
    return [
      [`${name} closes over a value of the batch around it`, () =>
        once(
          same(
            "a batch of both",
            (zs, xs) => w.vmap((z: X, x: X) => slopeOf(rule(z), x))(zs as never, xs as never),
            (zs, xs) => expectedSlope(w.expandDims(zs, 1) as never, xs)
          )
        )],
      [`${name} closes over what is the same for a batch inside`, () =>
        once(
          same(
            "a batch inside of a batch",
            (zs, xs) => w.vmap((z: X, x: X) => points(z, x))(zs as never, xs as never),
            (zs, xs) => expectedSlope(w.expandDims(zs, 1) as never, xs)
          ),
          same(
            "a batch in a list",
            (zs, xs) => Effect.flatMap(w.slice(zs, 0), (z) => w.jit(points)(z as never, xs as never)),
            (zs, xs) => expectedSlope(w.slice(zs, 0) as never, xs)
          )
        )]
    ]
  })
)

/** Two results, of which one is a whole number. */
const pairOf = (x: X) => Effect.all([w.sin(x), w.cast(w.floor(x), "int32")])
const countedBack = w.customVjp(
  pairOf,
  (x: X) => Effect.map(pairOf(x), (y) => [y, x] as const),
  (x, [ct]) => Effect.map(w.mul(ct, w.cos(x)), (dx) => [dx]) as never
)
/** x times a constant, to which no cotangent leads. */
const partly = w.customVjp(
  (x: X, y: X) => w.mul(x, y),
  (x, y) => Effect.map(w.mul(x, y), (z) => [z, y] as const),
  (y, ct) => Effect.all([w.mul(ct, y), Effect.succeed(Tensor.zeros([2]))]) as never
)

const more: Cases = {
  "a custom rule: whole numbers beside, in reverse mode": () =>
    once(
      Laws.gradient(
        (x: X) => Effect.map(countedBack(x), ([y]) => y) as Effect.Effect<AnyTensor, any>,
        Laws.tensors([[3]]),
        { order: 2 }
      )
    ),
  "a custom rule: an argument that has no cotangent": () => {
    const f = (x: X) => w.sum(partly(x, Tensor.make([2, 3]))) as Effect.Effect<AnyTensor<[]>, any>
    const xs = Tensor.make([[1, 2], [3, 4], [5, 6]])
    return once(
      Laws.gradient(f as F, [Tensor.make([1, 2])]),
      Laws.sameDerivatives(
        "a batch",
        (xs: X) => w.vmap((x: X) => slopeOf(f as never, x) as any)(xs as never) as any,
        (xs: X) => w.add(w.mul(xs, 0), Tensor.make([2, 3])),
        [xs],
        { order: 0 }
      ),
      Laws.sameDerivatives(
        "that argument",
        (y: X) => slopeOf((y) => partly(Tensor.make([1, 2]), y) as Effect.Effect<X, any>, y),
        (y: X) => w.mul(y, 0),
        [Tensor.make([2, 3])],
        { order: 0 }
      )
    )
  },
  "a custom rule: a cotangent that is 0 everywhere": () => {
    const f = withVjp((x) => w.sin(x), () => Effect.succeed(Tensor.zeros([2])))
    return once(
      Laws.sameDerivatives("its gradient", (x: X) => slopeOf(f, x), (x: X) => w.mul(x, 0), [Tensor.make([1, 2])], {
        order: 0
      })
    )
  },
  "a custom rule: a result that does not move": () => {
    const f = w.customJvp(
      (x: X, y: X) => Effect.all([w.sin(x), w.square(y)]),
      ([x, y], [dx, dy]) =>
        Effect.all([
          Effect.all([w.sin(x), w.square(y)]),
          Effect.all([w.mul(dx, w.cos(x)), w.mul(dy, w.mul(2, y))])
        ]) as never
    )
    const g = (x: X) => Effect.flatMap(f(x, Tensor.make(0)), ([a, b]: any) => w.add(a, w.sqrt(b)))
    return once(Laws.gradient(g as F, [Tensor.make(1)], { order: 2 }))
  },
  "a custom rule: one that gives nothing does not connect": () => [
    ...isUnconnected(
      "in reverse mode",
      (x) => w.sum(withVjp((x) => w.sin(x), () => Effect.succeed(Tensor.zeros([2])))(x)),
      Tensor.make([1, 2])
    ),
    ...isUnconnected(
      "in forward mode",
      (x) =>
        w.sum(w.customJvp((x: X) => w.sin(x), ([x]) => Effect.all([w.sin(x), Effect.succeed(Tensor.zeros([2]))]))(x)),
      Tensor.make([1, 2])
    )
  ],
  "a custom rule: both arguments, of which one is the same for the batch": () => {
    const y = Tensor.make([2, 3])
    const f = (x: X, y: X) => w.sum(partly(x, y)) as Effect.Effect<AnyTensor<[]>, any>
    const xs = Tensor.make([[1, 2], [3, 4], [5, 6]])
    return once(
      Laws.sameDerivatives(
        "a batch",
        (xs: X) =>
          w.vmap((x: X) => (w.grad as any)(f, { argnums: [0, 1] })(x, y) as Effect.Effect<any, any>)(
            xs as never
          ) as any,
        (xs: X) => Effect.all([w.add(w.mul(xs, 0), y), w.mul(xs, 0)]) as any,
        [xs],
        { order: 0 }
      )
    )
  },
  "a custom rule: the gradient of a batch, with what is the same for all": () => {
    const xs = Tensor.make([[1, 2], [3, 4], [5, 6]])
    const batch = (rule: typeof closing) => (z: X, xs: X) =>
      slopeOf((xs) => w.vmap(rule(z) as never)(xs as never) as Effect.Effect<X, any>, xs)
    return [
      ...[closing, closingBack as never].flatMap((rule) =>
        once(
          Laws.sameDerivatives(
            "by a rule that closes over it",
            (z: X) => w.jit(batch(rule) as never)(z as never, xs as never) as any,
            (z: X) => expectedSlope(z, xs),
            [Tensor.make(3)],
            { order: 0 }
          )
        )
      ),
      ...once(
        Laws.sameDerivatives(
          "of an argument that has no cotangent",
          (y: X) => slopeOf((y) => w.vmap((x: X) => partly(x, y) as any)(xs as never) as Effect.Effect<X, any>, y),
          (y: X) => w.mul(y, 0),
          [Tensor.make([2, 3])],
          { order: 0 }
        )
      )
    ]
  },
  "a custom rule: the gradients of a batch, of which one argument has no cotangent": () => {
    const xs = Tensor.make([[1, 2], [3, 4], [5, 6]])
    const f = (xs: X, y: X) => w.sum(w.vmap((x: X) => partly(x, y) as any)(xs as never) as never)
    return once(
      Laws.sameDerivatives(
        "of all rows, and of what is the same for them",
        (xs: X, y: X) => (w.grad as any)((xs: X, y: X) => f(xs, y), { argnums: [0, 1] })(xs, y),
        (xs: X, y: X) => Effect.all([w.add(w.mul(xs, 0), y), w.mul(y, 0)]) as any,
        [xs, Tensor.make([2, 3])],
        { order: 0 }
      )
    )
  },
  "a custom rule: Taylor series along one direction": () => {
    const f = sine()
    return once(
      Laws.taylorNests(
        (x: X) =>
          Effect.flatMap(w.linearize(f, x), ([, push]: any) => push(Tensor.make([1, 2])) as Effect.Effect<X, any>),
        Laws.tensors([[2]])
      )
    )
  },
  "a custom rule: tangents of one that closes over what its rule squares": () => {
    const [zs, xs] = [Tensor.make([2, 3]), Tensor.make([[0.5, 1, 2], [1, 0.25, 3]])]
    const one = Tensor.make([1, 1, 1])
    const along = (rule: typeof closing) => (z: X, x: X) =>
      Effect.map(w.jvp(rule(z) as any, [x], [one]), ([, dy]: any) => dy) as Effect.Effect<X, any>
    const pushed = (rule: typeof closing) => (z: X, x: X) =>
      Effect.flatMap(w.linearize(rule(z) as any, x), ([, push]: any) => push(one) as Effect.Effect<X, any>)
    return [along(closing), along(closingBack as never), pushed(closing), pushed(closingBack as never)].flatMap((f) =>
      once(
        Laws.sameDerivatives(
          "a batch",
          (zs: X, xs: X) => w.vmap(f as never)(zs as never, xs as never) as any,
          (zs: X, xs: X) => expectedSlope(w.expandDims(zs, 1) as never, xs),
          [zs, xs],
          { order: 0 }
        )
      )
    )
  },
  "a custom rule: batches of points with one direction": () => {
    const f = sine()
    const g = (x: X) =>
      Effect.flatMap(w.linearize(f, x), ([, push]: any) => push(Tensor.make([1, 2])) as Effect.Effect<X, any>)
    const xs = Tensor.make([[1, 2], [3, 4], [5, 6]])
    return once(
      Laws.sameDerivatives(
        "a batch",
        (xs: X) => w.vmap(g as never)(xs as never) as any,
        (xs: X) => w.mul(w.cos(xs), Tensor.make([1, 2])),
        [xs],
        { order: 0 }
      )
    )
  },
  "a policy that keeps what has several results": () => {
    const f = (a: X) => Effect.flatMap(w.Linalg.qr(w.sin(a)), ({ q, r }) => w.sum(w.mul(w.exp(q), w.sin(r))))
    const g = w.checkpoint(f, { policy: () => true })
    return once(Laws.sameDerivatives("with and without", g as F, f as F, [Tensor.make([[1, 2], [0.5, 3]])]))
  },
  "a mask inside of a choice": () => {
    const [m, n, x] = [Tensor.make([true, false, true]), Tensor.make([true, true, false]), Tensor.make([2, 3, 1.5])]
    return once(
      Laws.gradient((x: X) => w.sum(w.sqrt(w.where(n, w.where(m, x, 0), w.square(x)))), [x], { order: 2 }),
      Laws.gradient((x: X) => w.sum(w.sqrt(w.where(n, w.square(x), w.where(m, x, 0)))), [x], { order: 2 }),
      Laws.gradient((x: X) => w.sum(w.sqrt(w.where(n, w.where(m, x, 0), w.where(m, 0, x)))), [x], { order: 2 })
    )
  },
  "products of Taylor series, where one is infinitely steep": () => {
    const [m, n, x] = [Tensor.make([true, false, true]), Tensor.make([true, true, true]), Tensor.make([2, 0, 1.5])]
    return once(
      Laws.taylorNests((x: X) => w.mul(w.where(m, x, 0), w.sqrt(x)), [x]),
      Laws.taylorNests((x: X) => w.mul(w.sqrt(x), w.where(m, x, 0)), [x]),
      Laws.taylorNests((x: X) => w.mul(w.where(m, x, 0), w.where(n, w.sqrt(x), 0)), [x]),
      Laws.taylorNests((x: X) => w.mul(w.where(n, w.sqrt(x), 0), w.where(m, x, 0)), [x])
    )
  },
  "columns of a product that are masked": () => {
    const b = Tensor.make([[1, Infinity, 2], [2, 1, 3]])
    const f = (a: X) => w.sum(w.where(Tensor.make([true, false, true]), w.matmul(a, b), 0))
    return once(Laws.gradient(f, [Tensor.make([[1, 2], [0.5, 3]])]))
  },
  "rows of a product that are masked": () => {
    const b = Tensor.make([[1, Infinity, 2], [2, 1, 3]])
    const f = (a: X) =>
      w.sum(w.where(Tensor.make([[true], [false]]), w.matmul(a, b), 0)) as Effect.Effect<AnyTensor<[]>, any>
    return once(
      Laws.sameDerivatives(
        "the other row",
        (a: X) => Effect.flatMap(w.grad(f as never)(a as never), (g: any) => w.slice(g, 1)) as any,
        (a: X) => w.mul(w.slice(a, 1), 0),
        [Tensor.make([[1, 2], [0.5, 3]])],
        { order: 0 }
      )
    )
  },
  "a solution beside what is masked": () => {
    const f = (a: X, b: X) =>
      w.add(
        w.sum(w.where(Tensor.make([true, false]), w.log(b), 0)),
        w.sum(w.sin(w.Linalg.solve(a, w.square(b))))
      )
    return once(Laws.gradient(f, [Tensor.make([[3, 1], [0.5, 2]]), Tensor.make([1, 2])], { order: 2 }))
  },
  "a loop that is masked, under a root, in forward mode": () => {
    const f = (x: X) => {
      const grown = w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, 1.5), x)
      return w.sum(w.sqrt(w.where(Tensor.make([true, false, true]), grown, 0)))
    }
    return once(Laws.gradient(f, [Tensor.make([1, 2, 3])], { order: 2, modes: "forward" }))
  },
  "the larger of a number and what moves": () =>
    once(
      Laws.gradient((x: X) => w.maximum(x, 1), [Tensor.make([2, 0.5])], { order: 2 }),
      Laws.gradient((x: X) => w.minimum(1, x), [Tensor.make([2, 0.5])], { order: 2 })
    ),
  "the larger one, where the smaller is infinitely steep": () =>
    once(
      Laws.gradient((x: X) => w.maximum(1, w.cbrt(x)), [Tensor.make(0)], { order: 2 }),
      Laws.gradient((x: X) => w.maximum(w.cbrt(x), 1), [Tensor.make(0)], { order: 2 }),
      Laws.gradient((x: X) => w.minimum(-1, w.cbrt(x)), [Tensor.make(0)], { order: 2 })
    )
}

/** The two first places along an axis, in the order of sums. */
const orderAlong = (x: X, axis: 0 | 1 | 2) => {
  const others = [0, 1, 2].filter((a) => a < x.shape.length && a !== axis)
  return w.slice(w.argsort(w.sum(x, { axis: others as never }) as never), [0, 2])
}
const arranged: { readonly [rank: number]: (order: any) => any } = {
  0: (order) => w.slice(order, 0),
  1: (order) => order,
  2: (order) => w.expandDims(order, 1)
}
const unsure = (axis: 0 | 1 | 2, rank: number) => (x: X) =>
  w.take(w.square(x), arranged[rank]!(orderAlong(x, axis)), { axis })
/** The number of elements of the pattern of a function of one tensor. */
const sizeOfPattern = (f: F, x: X) =>
  Effect.map(w.sparsity(f as never)(x as never) as Effect.Effect<any, any>, (found) => (found.indices as X).size)

/** Indices that depend on the point: the pattern for all points does not know them. */
const patterns: Cases = Object.fromEntries(
  ([[0, [3, 2]], [1, [2, 3]], [0, [3, 2, 2]], [1, [2, 3, 2]], [2, [2, 2, 3]]] as const).flatMap(([axis, shape]) =>
    [0, 1, 2].map((rank) => [
      `a pattern of elements along axis ${axis} of ${shape}, by ${rank} axes of indices that are not known`,
      () => {
        const f = unsure(axis, rank)
        const table = (x: X) =>
          Effect.flatMap(
            w.vjp((y: X) => w.take(y, arranged[rank]!(orderAlong(x, axis)), { axis }), x) as any,
            ([, back]: any) => Effect.map(back(w.square(f(x))), ([ct]: any) => ct)
          ) as any
        // every element depends on the three of its line, taken or not
        const lines = shape.reduce((a, b) => a * b, 1) / 3
        const taken = rank === 0 ? 1 : 2
        return [
          ...once(Laws.sparseAgrees(f as F, [spread(shape)]), Laws.sparseAgrees(table as F, [spread(shape)])),
          ...holds(
            "a pattern is no larger than that",
            (x) => Effect.map(sizeOfPattern(f as F, x), (size) => Tensor.make(size === lines * taken * 3)),
            spread(shape)
          ),
          ...holds(
            "nor is that of what is put back",
            (x) => Effect.map(sizeOfPattern(table as F, x), (size) => Tensor.make(size === lines * 9)),
            spread(shape)
          )
        ]
      }
    ])
  )
)
const batches: Cases = {
  "the pattern of a batch of matrices is one of blocks": () => {
    const a = Tensor.make([[[3, 1], [0.5, 2]], [[2, 0.5], [1, 4]]])
    const solved = (b: X) => w.Linalg.solve(a, b) as Effect.Effect<X, any>
    const triangle = (b: X) => w.Linalg.triangularSolve(a, b, { lower: true }) as Effect.Effect<X, any>
    const [b, wide] = [spread([2, 2, 1]), spread([2, 2, 3])]
    const sizes = (f: F, x: X, count: number) =>
      holds(
        "a pattern is no larger than its blocks",
        (x) => Effect.map(sizeOfPattern(f, x), (size) => Tensor.make(size === count)),
        x
      )
    return [
      ...sizes(solved as F, b, 8),
      ...sizes(solved as F, wide, 24),
      ...sizes(triangle as F, b, 8),
      ...sizes(w.Linalg.eigvalsh as F, a, 16),
      ...sizes(((a: X) => Effect.map(w.Linalg.svd(a), ({ s }) => s)) as F, a, 16)
    ]
  }
}

const spread = (shape: ReadonlyArray<number>) => {
  const size = shape.reduce((a, b) => a * b, 1)
  return Tensor.make(Array.from({ length: size }, (_, i) => Math.sin(5 * i) + 0.01 * i), { shape: [...shape] })
}

// ---- branches and loops

const chosen = (index: number) => (): Effect.Effect<unknown, any> =>
  w.vmap((i: AnyTensor<[], "int32">) =>
    w.switchCase(i as never, [() => Tensor.make(1), () => Tensor.make(2)] as never) as any
  )(Tensor.make([0, index], { dtype: "int32" })) as any

const branches: Cases = {
  "an index of a batch that is too large is refused": () => refuses("a switch", "IndexError", chosen(2)),
  "an index of a batch that is negative is refused": () => refuses("a switch", "IndexError", chosen(-1)),
  "a batch of bools chooses the branch of each": () => {
    const f = (x: AnyTensor<[]>) => w.cond(w.less(x, 0), () => w.sin(x), () => w.square(x))
    return once(Laws.batching(f as F, Laws.tensors([[]])))
  },
  "a branch beside what is masked": () => {
    const f = (x: X) =>
      w.add(
        w.sum(w.where(Tensor.make([true, false, true]), w.log(x), 0)),
        w.sum(w.exp(w.cond(w.less(w.sum(x), 9), () => w.mul(x, 0.5), () => w.sin(x))))
      )
    return once(Laws.gradient(f, [Tensor.make([1, 2, 3])], { order: 2 }))
  },
  "a loop beside what is masked, in forward mode": () => {
    const f = (x: X) => {
      const grown = w.whileLoop((c: X) => w.less(w.sum(c), 20), (c: X) => w.mul(c, 1.5), x)
      return w.sum(w.mul(w.exp(x), w.where(Tensor.make([true, false, true]), grown, 0)))
    }
    return once(Laws.gradient(f, [Tensor.make([1, 2, 3])], { order: 2, modes: "forward" }))
  },
  "a batch of loops of which a carry counts alone": () => {
    const each = (x: X) =>
      Effect.map(
        w.whileLoop(
          ([, c]: readonly [X, X]) => w.less(c, 20) as Effect.Effect<AnyTensor<[], "bool">, any>,
          ([i, c]: readonly [X, X]) => Effect.all([w.add(i, 1), w.mul(c, 1.5)]),
          [Tensor.make(0) as X, x] as const
        ),
        ([i, c]) => [i, c]
      )
    const together = (x: X) =>
      Effect.map(
        w.whileLoop(
          ([i]: readonly [X, X]) => w.less(i, 4) as Effect.Effect<AnyTensor<[], "bool">, any>,
          ([i, c]: readonly [X, X]) => Effect.all([w.add(i, 1), w.mul(c, 1.5)]),
          [Tensor.make(0) as X, x] as const
        ),
        ([i, c]) => [i, c]
      )
    const xs = Tensor.make([1, 8, 3])
    const oneByOne = (f: typeof each) =>
      Effect.gen(function*() {
        const found = yield* Effect.forEach([1, 8, 3], (x) => f(Tensor.make(x)))
        return yield* Effect.all([w.stack(found.map(([i]) => i!)), w.stack(found.map(([, c]) => c!))])
      })
    return [each, together].flatMap((f) =>
      once(
        Laws.sameDerivatives("a batch", (xs: X) => w.vmap(f as never)(xs as never), () => oneByOne(f) as any, [xs], {
          order: 0
        })
      )
    )
  },
  "a batch of loops, each with its limit": () => {
    const f = (x: X, limit: X) =>
      w.whileLoop((c: X) => w.less(c, limit) as Effect.Effect<any, any>, (c: X) => w.mul(c, 1.5), x)
    const [xs, limits] = [[1, 8, 3], [9, 10, 4]]
    return once(
      Laws.sameDerivatives(
        "a batch",
        (xs: X, limits: X) => w.vmap(f as never)(xs as never, limits as never) as any,
        () =>
          Effect.flatMap(
            Effect.forEach(xs, (x, i) => f(Tensor.make(x), Tensor.make(limits[i]!))),
            (ys) => w.stack(ys)
          ) as any,
        [Tensor.make(xs), Tensor.make(limits)],
        { order: 0 }
      )
    )
  },
  "Taylor series of order 1 through a branch": () =>
    once(
      Laws.taylorNests(
        (x: X) => w.cond(w.less(w.sum(x), 9), () => w.sin(x), () => w.square(x)) as any,
        Laws.tensors([[3]]),
        {
          order: 1
        }
      )
    ),
  "Taylor series of order 1 through a loop": () => {
    const f = (x: X) =>
      Effect.map(
        w.scan(
          (c: AnyTensor<[]>, x: AnyTensor<[]>) => Effect.map(w.mul(c, w.sin(x)), (y) => [y, y] as const),
          Tensor.make(1),
          x as AnyTensor<[3]>
        ),
        ([c]) => c
      )
    const from = (x: X) =>
      Effect.flatMap(w.sum(x), (start) =>
        Effect.map(
          w.scan(
            (c: AnyTensor<[]>, k: AnyTensor<[]>) => Effect.map(w.mul(w.sin(c), k), (y) => [y, y] as const),
            start,
            Tensor.make([2, 3])
          ),
          ([c]) => c
        ))
    return once(
      Laws.taylorNests(f as F, Laws.tensors([[3]]), { order: 1 }),
      Laws.taylorNests(from as F, Laws.tensors([[3]]), { order: 1 })
    )
  },
  "a gradient of a constant, beside what is not": () =>
    once(
      Laws.sameDerivatives(
        "the gradient of what does not depend on x",
        (x: X) =>
          Effect.map(
            w.gradWithAux((x: AnyTensor<[]>) => Effect.map(w.sin(x), (aux) => ({ value: Tensor.make(2), aux })))(
              x as AnyTensor<[]>
            ),
            ({ gradient }) => gradient
          ) as Effect.Effect<AnyTensor, any>,
        (x: X) => w.mul(x, 0),
        [Tensor.make(1)],
        { order: 0 }
      )
    )
}

// ---- structural zeros without a mask

const zeros: Cases = {
  "a root of what is put beside": () =>
    once(
      Laws.gradient(
        (x: X) => w.sum(w.sqrt(w.concat([x, Tensor.zeros([2])]))),
        Laws.tensors([[3]], { elements: Laws.real(1, 2) }),
        { order: 2 }
      )
    ),
  "a root of what is added nowhere": () =>
    once(
      Laws.gradient(
        (x: X) => w.sum(w.sqrt(w.scatterAdd(Tensor.zeros([4]), Tensor.make([[2], [0]], { dtype: "int32" }), x))),
        Laws.tensors([[2]], { elements: Laws.real(1, 2) }),
        { order: 2 }
      )
    ),
  "a step of nothing": () =>
    once(
      Laws.gradient((x: X) => w.add(w.sum(w.slice(x, [0, 0, 2])), w.sum(w.square(x))), Laws.tensors([[3]]), {
        order: 2
      })
    ),
  "a float that was a whole number": () =>
    once(
      Laws.gradient(
        (x: X) => w.mul(x, w.cast(w.cast(x, "int32"), "float64")),
        Laws.tensors([[3]], { elements: Laws.real(1.1, 1.9) }),
        { order: 2 }
      )
    ),
  "products of Taylor series, each masked": () => {
    const [m, n] = [Tensor.make([true, false, true]), Tensor.make([false, true, true])]
    return once(
      Laws.taylorNests(
        (x: X) => w.sum(w.mul(w.where(m, w.sqrt(x), 0), w.where(n, w.log(x), 0))),
        [Tensor.make([2, 3, 1.5])]
      ),
      Laws.taylorNests(
        (x: X) => w.sum(w.where(m, w.mul(w.sqrt(x), w.log(x)), 0)),
        [Tensor.make([2, 0, 1.5])]
      )
    )
  }
}

// ---- ends

/** A step, as far out as the error function is one. */
const steps = (at: number): AnyTensor => Tensor.make([at, -at])
const ends: Record<string, () => ReadonlyArray<Laws.Law>> = Object.fromEntries(
  [1e3, 1e200, Infinity].map((at) => [
    `erf is a step at ±${at}`,
    () =>
      once(
        Laws.sameDerivatives("erf", (x: X) => w.erf(x), (x: X) => w.sign(x), [steps(at)]),
        Laws.sameDerivatives("erfc", (x: X) => w.erfc(x), (x: X) => w.sub(1, w.sign(x)), [steps(at)])
      )
  ])
)

ends["the positive part of what falls infinitely steep"] = () =>
  once(
    Laws.sameDerivatives("relu(−√x)", (x: X) => w.relu(w.neg(w.sqrt(x))), (x: X) => w.mul(x, 0), [Tensor.make(0)], {
      order: 1
    })
  )
ends["log(eˣ + eʸ), where both are infinite"] = () =>
  [Infinity, -Infinity].flatMap((at) =>
    once(
      Laws.sameDerivatives(
        "logaddexp",
        (x: X, y: X) => w.logaddexp(x, y),
        (x: X, y: X) => w.mul(w.add(x, y), 0.5),
        [Tensor.make(at), Tensor.make(at)]
      )
    )
  )

// ---- matrices

const nothing: Cases = Object.fromEntries(
  Object.entries<(a: X) => Effect.Effect<any, any>>({
    eigvalsh: (a) => w.Linalg.eigvalsh(a),
    svd: (a) => Effect.map(w.Linalg.svd(a), ({ s }) => s),
    nuclear: (a) => w.Linalg.matrixNorm(a, { ord: "nuc" }),
    pinv: (a) => w.Linalg.pinv(a)
  }).flatMap(([name, f]) =>
    [[0, 0], [2, 0, 0]].map((shape) => [`${name} of nothing, ${shape}`, () => {
      const g = (x: X) => Effect.flatMap(w.mul(x, Tensor.zeros([...shape])), (a) => w.add(w.sum(f(a)), w.square(x)))
      return once(Laws.gradient(g as F, [Tensor.make(2)], { order: 2 }))
    }])
  )
)

const nearly = (gap: number) => Tensor.make([[1, 0], [0, 1 + gap]])
const component = (a: X) =>
  w.grad((a: X) =>
    Effect.flatMap(w.Linalg.eigh(a), ({ eigenvectors: v }) => w.square(w.slice(v, 0, 0))) as Effect.Effect<
      AnyTensor<[]>,
      any
    >
  )(a)
const elsewhere = (a: X) =>
  w.grad((a: X) =>
    Effect.flatMap(w.Linalg.eigh(a), ({ eigenvectors: v }) => w.slice(v, 0, 1)) as Effect.Effect<AnyTensor<[]>, any>
  )(a)
const undefinedOnes: Cases = {
  "eigenvectors of eigenvalues that are equal": () => isNowhere("an element of an eigenvector", component, nearly(0)),
  "eigenvectors of eigenvalues that are equal, to single rounding": () =>
    isNowhere(
      "an element of an eigenvector",
      component,
      Tensor.make([[1, 0], [0, 1 + 2 ** -23]], { dtype: "float32" }) as X
    ),
  "eigenvectors of eigenvalues that are equal, to rounding": () =>
    isNowhere("an element of an eigenvector", component, nearly(2 ** -52)),
  "eigenvectors of a matrix of zeros": () => [
    ...isNowhere("an element of an eigenvector", component, Tensor.zeros([2, 2])),
    ...holds(
      "its derivative is nowhere infinite",
      (a) => Effect.flatMap(elsewhere(a), (g: any) => w.logicalNot(w.any(w.isInf(g)))),
      Tensor.zeros([2, 2])
    )
  ],
  "eigenvectors of eigenvalues that are told apart": () =>
    once(
      Laws.sameDerivatives("an element of an eigenvector", component, (a: X) => w.mul(a, 0), [nearly(1e-7)], {
        order: 0
      })
    ),
  "the second derivative of a larger one at a tie": () =>
    isNowhere(
      "the derivative of the derivative",
      (x) =>
        w.grad((x: X) =>
          w.sum(w.grad((x: X) => w.sum(w.maximum(x, 1)) as Effect.Effect<AnyTensor<[]>, any>)(x)) as Effect.Effect<
            AnyTensor<[]>,
            any
          >
        )(x),
      Tensor.make([1, 1])
    ),
  "the second derivative of a maximum at a tie": () =>
    isNowhere(
      "the derivative of a gradient",
      (x) =>
        w.grad((x: X) =>
          w.sum(w.grad((x: X) => w.sum(w.square(w.maximum(x, 1))))(x)) as Effect.Effect<AnyTensor<[]>, any>
        )(x),
      Tensor.make([1, 1])
    )
}

// ---- spectra

/** A symmetric matrix with given eigenvalues, in another basis, and the Hessian of Σ f(w), of which f′ has these divided differences. */
const turned = (eigenvalues: ReadonlyArray<number>, divided: (x: number, y: number) => number) => {
  const [c, s, d, e] = [Math.cos(0.7), Math.sin(0.7), Math.cos(0.4), Math.sin(0.4)]
  const q = [[c * d, -s * d, e], [s, c, 0], [-c * e, s * e, d]] as const
  const three = [0, 1, 2]
  const half = (i: number, j: number) => eigenvalues.reduce((sum, w, k) => sum + w * q[i]![k]! * q[j]![k]! / 2, 0)
  const even = (i: number, j: number, x: number, y: number) => (q[i]![x]! * q[j]![y]! + q[j]![x]! * q[i]![y]!) / 2
  const element = (i: number, j: number, k: number, l: number) =>
    three.reduce(
      (sum, x) =>
        sum + three.reduce((sum, y) =>
          sum + divided(eigenvalues[x]!, eigenvalues[y]!) * even(i, j, x, y) * even(k, l, x, y), 0),
      0
    )
  return {
    a: Tensor.make(three.map((i) => three.map((j) => half(i, j) + half(j, i)))) as X,
    hessian: Tensor.make(
      three.map((i) => three.map((j) => three.map((k) => three.map((l) => element(i, j, k, l)))))
    ) as X
  }
}
const ofEigenvalues = (f: (w: X) => Effect.Effect<any, any>) => (a: X) =>
  Effect.flatMap(w.Linalg.eigvalsh(a) as Effect.Effect<X, any>, (w): Effect.Effect<any, any> => f(w))
const ofSingular = (f: (s: X) => Effect.Effect<any, any>) => (a: X) =>
  Effect.flatMap(w.Linalg.svd(a), ({ s }): Effect.Effect<any, any> => f(s))
const hessianOf = (f: (a: X) => Effect.Effect<any, any>) => (a: X) => (w.hessian as any)(f)(a) as Effect.Effect<X, any>
const isHessian = (name: string, f: (a: X) => Effect.Effect<any, any>, at: X, hessian: X) =>
  once(Laws.sameDerivatives(name, hessianOf(f), (_: X) => Effect.succeed(hessian), [at], { order: 0 }))
const scaled = (f: (w: X) => Effect.Effect<any, any>, factor: number) => (x: X) => w.mul(f(x), factor)
const quotient = (x: number, y: number, f: (x: number) => number, slope: (x: number) => number) =>
  x === y ? slope(x) : (f(x) - f(y)) / (x - y)
const [two, none] = [w.Tensor.eye(3), Tensor.zeros([3, 3])] as readonly [X, X]
const first = (x: X) => w.slice(x, 0)
const mixed = Tensor.make([[2, 1, 1], [1, 2, 1], [1, 1, 2]])
const coupled = ofEigenvalues((x) =>
  Effect.flatMap(w.matmul(mixed, x as never), (y: X) => w.sum(w.mul(y, w.square(y))))
)
/** Σ w·sin w, with a loop. */
const looped = ofEigenvalues((x) =>
  Effect.flatMap(
    w.scan(
      (c: AnyTensor<[]>, x: AnyTensor<[]>) =>
        Effect.gen(function*() {
          const y = yield* w.mul(x, w.sin(x))
          return [yield* w.add(c, x), y] as const
        }),
      Tensor.make(0),
      x as AnyTensor<[3]>
    ),
    ([sum, ys]) => w.add(w.sum(ys), w.square(sum))
  )
)
/** Σ sin w·e²ʷ, with both factors from one branch. */
const paired = ofEigenvalues((x) =>
  Effect.flatMap(
    w.cond(
      w.less(w.sum(x), 99),
      () => Effect.all([w.sin(x), w.exp(x)]),
      () => Effect.all([w.exp(x), w.sin(x)])
    ),
    ([p, q]) => w.sum(w.mul(p, w.square(q)))
  )
)
const spectra: Cases = {
  "eigenvalues that coincide, but for rounding": () =>
    [0, 1e-15, 1e-13].flatMap((gap) => {
      const { a, hessian } = turned([1.3, 1.3 + gap, 2.5], (x, y) => -1 / (x * y))
      return isHessian("Σ log w", ofEigenvalues((x) => w.sum(w.log(x))), a, hessian)
    }),
  "eigenvalues that are 0, but for rounding": () => {
    const { a, hessian } = turned([0, 0, 2], (x, y) => quotient(x, y, Math.exp, Math.exp))
    return isHessian("Σ eʷ", ofEigenvalues((x) => w.sum(w.exp(x))), a, hessian)
  },
  "partial derivatives that are small where eigenvalues coincide": () =>
    [0, 1e-9, 1e-12].flatMap((gap) => {
      const { a, hessian } = turned([1, 1 + gap, 1 + 2 * gap], () => 2)
      return isHessian("Σ (w − 1)²", ofEigenvalues((x) => w.sum(w.square(w.sub(x, 1)))), a, hessian)
    }),
  "partial derivatives that are large": () => {
    const { a, hessian } = turned([1, 1 + 1e-13, 2.5], (x, y) => -1e12 / (x * y))
    const rank = Tensor.make([[1, 2], [2, 4], [3, 6]])
    const twice = Tensor.make(
      [0, 1, 2].map((i) => [0, 1].map((j) => [0, 1, 2].map((k) => [0, 1].map((l) => i === k && j === l ? 2e12 : 0))))
    )
    return [
      ...isHessian("10¹²·Σ log w", ofEigenvalues(scaled((x) => w.sum(w.log(x)), 1e12)), a, hessian),
      ...isHessian("10¹²·Σ s²", ofSingular(scaled((s) => w.sum(w.square(s)), 1e12)), rank, twice)
    ]
  },
  "eigenvalues that are 0, but for rounding, beside large ones": () => {
    const { a, hessian } = turned([0, 0, 2e5], (x, y) => 1e-10 * quotient(1e-5 * x, 1e-5 * y, Math.exp, Math.exp))
    return isHessian("Σ exp(10⁻⁵·w)", ofEigenvalues((x) => w.sum(w.exp(w.mul(x, 1e-5)))), a, hessian)
  },
  "a function of eigenvalues whose coupling is 0, but for rounding": () => {
    // ½·wᵀ·M·w − 0.35·Σ w², where M − 0.7 is ⅓ everywhere
    const m = Tensor.make([0, 1, 2].map((i) => [0, 1, 2].map((j) => 1 / 3 + (i === j ? 0.7 : 0))))
    const f = ofEigenvalues((x) =>
      Effect.flatMap(
        w.matmul(m, x as never),
        (y: X) => w.sub(w.mul(0.5, w.sum(w.mul(x, y))), w.mul(0.35, w.sum(w.square(x))))
      )
    )
    const square = Tensor.make(
      [0, 1, 2].map((i) =>
        [0, 1, 2].map((j) => [0, 1, 2].map((k) => [0, 1, 2].map((l) => i === j && k === l ? 1 / 3 : 0)))
      )
    )
    return isHessian("(Σ w)²/6", f, w.Tensor.eye(3) as X, square)
  },
  "eigenvalues that agree to half of their digits": () => {
    const { a } = turned([1.3, 1.3 + 1e-9, 2.5], () => 0)
    const f = ofEigenvalues((x) => w.sum(w.exp(x)))
    return holds(
      "all second derivatives are numbers",
      (a) => Effect.flatMap(hessianOf(f)(a), (h) => w.all(w.isFinite(h))),
      a
    )
  },
  "eigenvalues that are small, and apart": () => {
    const { a, hessian } = turned(
      [1e-10, 2e-10, 4e-10],
      (x, y) => 1e20 * quotient(1e10 * x, 1e10 * y, Math.exp, Math.exp)
    )
    return isHessian("Σ exp(10¹⁰·w)", ofEigenvalues((x) => w.sum(w.exp(w.mul(x, 1e10)))), a, hessian)
  },
  "eigenvalues that are large, and nearly coincide": () =>
    [1, 1e12].flatMap((factor) => {
      const size = factor === 1 ? 1e10 : 1
      const { a, hessian } = turned([1, 1 + 1e-13, 1 + 2e-13].map((x) => size * x), () => 2 * factor)
      const f = ofEigenvalues(scaled((x) => w.sum(w.square(w.sub(x, size))), factor))
      return isHessian("factor·Σ (w − size)²", f, a, hessian)
    }),
  "two arguments of which one is a matrix": () => {
    const f = ({ a, x }: { readonly a: X; readonly x: X }) =>
      w.mul(x, ofEigenvalues((e) => w.sum(w.square(e)))(a)) as Effect.Effect<AnyTensor<[]>, any>
    return once(
      Laws.gradient(
        ((a: X, x: X) => Effect.map((w.grad as any)(f)({ a, x }), ({ a, x }: any) => [a, x])) as F,
        [two, Tensor.make(3)],
        { modes: "forward" }
      )
    )
  },
  "second derivatives in forward over forward mode, of a singular matrix and of negative eigenvalues": () => [
    ...isNowhere(
      "Σ s², where one is 0",
      (a) => (w.jacfwd as any)((w.jacfwd as any)(ofSingular((s) => w.sum(w.square(s)))))(a),
      Tensor.make([[2, 0], [0, 0]])
    ),
    ...once(
      Laws.gradient(
        ofEigenvalues((x) => w.sum(w.exp(x))) as F,
        [Tensor.make([[-2, 0.5, 0], [0.5, -3, 1], [0, 1, -5]])],
        { order: 2 }
      )
    )
  ],
  "a function that is not symmetric, beside what is large or where it is small": () => {
    const at = Tensor.make([[0, 0, 0], [0, 0, 0], [0, 0, 3]])
    const beside = ofEigenvalues((x) => w.add(w.square(first(x)), w.mul(1e6, w.square(w.slice(x, 2)))))
    const small = ofEigenvalues((x) => w.mul(1e-6, w.square(first(x))))
    return [
      ...holds("some are NaN", (a) => Effect.flatMap(hessianOf(beside)(a), (h) => w.any(w.isNaN(h))), at),
      ...isNowhere("10⁻⁶ times the first, squared", hessianOf(small), none)
    ]
  },
  "weights of eigenvalues move the gradient alone": () =>
    once(
      Laws.gradient(
        ((x: X) => slopeOf(ofEigenvalues((e) => w.mul(x, e)), Tensor.make([[2, 0.5, 0], [0.5, 3, 1], [0, 1, 5]]))) as F,
        [Tensor.make([1, 2, 3])],
        { order: 2 }
      )
    ),
  "Taylor series of a gradient": () =>
    once(
      Laws.taylorNests(
        ((a: X) => slopeOf(ofEigenvalues((e) => w.exp(e)), a)) as F,
        [Tensor.make([[2, 0.5, 0], [0.5, 3, 1], [0, 1, 5]])],
        { order: 1 }
      )
    ),
  "a batch of singular values of which some matrices are masked": () => {
    const f = ofSingular((s) => w.sum(w.where(Tensor.make([[true], [false]]), s, 0)))
    return once(
      Laws.sameDerivatives(
        "the gradient of what is masked",
        (a: X) => Effect.flatMap((w.grad as any)(f)(a) as Effect.Effect<X, any>, (g) => w.slice(g, 1)) as any,
        () => Effect.succeed(Tensor.zeros([3, 2])) as any,
        [Tensor.make([[[1, 2], [0.5, 3], [1, 1]], [[1, Infinity], [2, 2], [0, 1]]])],
        { order: 0 }
      )
    )
  },
  "a sum has no second derivative, which is 0": () =>
    isHessian("Σ w", ofEigenvalues((x) => w.sum(x)), two, Tensor.zeros([3, 3, 3, 3])),
  "functions that are not symmetric": () => [
    ...isNowhere("the first", hessianOf(ofEigenvalues(first)), two),
    ...isNowhere("the first, squared, at 0", hessianOf(ofEigenvalues((x) => w.square(first(x)))), none),
    ...isNowhere("the largest", hessianOf(ofEigenvalues((x) => w.max(x))), two),
    ...isNowhere("the first singular value, squared", hessianOf(ofSingular((s) => w.square(first(s)))), none)
  ],
  "functions with a kink where singular values are 0": () => [
    ...isNowhere("Σ s", hessianOf(ofSingular((s) => w.sum(s))), none),
    ...isNowhere("Σ s of a tall matrix", hessianOf(ofSingular((s) => w.sum(s))), Tensor.make([[1, 2], [2, 4], [3, 6]])),
    ...isNowhere(
      "Σ s², in forward over forward mode",
      (a) => (w.jacfwd as any)((w.jacfwd as any)(ofSingular((s) => w.sum(w.square(s)))))(a),
      none
    )
  ],
  "what no list sees": () => [
    ...isNowhere("a policy that keeps a product", hessianOf((w.checkpoint as any)(coupled, { policy: "dots" })), two),
    ...isNowhere("a list inside", hessianOf((w.jit as any)(coupled)), two),
    ...isNowhere(
      "forward over forward mode",
      (a) => (w.jacfwd as any)((w.jacfwd as any)((a: X) => coupled(a)))(a),
      two
    ),
    ...isNowhere("a third derivative", (a) => (w.jacfwd as any)(hessianOf((a) => coupled(a)))(a), two)
  ],
  "what a list inside sees": () =>
    once(
      Laws.sameDerivatives(
        "a checkpoint",
        hessianOf((w.checkpoint as any)(coupled)),
        hessianOf((a) => coupled(a)),
        [two],
        {
          order: 0
        }
      ),
      Laws.gradient(w.grad(((a: X) => looped(a)) as never) as F, [two], { modes: "forward" }),
      Laws.gradient(w.grad(((a: X) => coupled(a)) as never) as F, [two], { modes: "forward" }),
      Laws.gradient(w.grad(((a: X) => paired(a)) as never) as F, [two], { modes: "forward" })
    )
}

// ---- batches of indices

const rowsTaken: Cases = {
  "two rows of indices, each for its row": () => {
    const [x, i] = [Tensor.make([[1, 2, 3], [4, 5, 6]]), Tensor.make([[2, 0], [1, 1]], { dtype: "int32" })]
    return once(
      Laws.sameDerivatives(
        "a batch",
        (x: X) => w.vmap((x: X, i: any) => w.take(x, i) as any)(x as never, i as never) as any,
        (x: X) => w.takeAlongAxis(x, i, 1),
        [x]
      )
    )
  },
  "indices along a middle axis": () => {
    const x = spread([2, 2, 3, 2])
    const i = Tensor.make([[2, 0], [1, 1]], { dtype: "int32" })
    const each = (x: X, i: any) => w.take(x, i, { axis: 1 }) as Effect.Effect<X, any>
    return once(
      Laws.sameDerivatives(
        "a batch",
        (x: X) => w.vmap(each as never)(x as never, i as never) as any,
        (x: X) =>
          Effect.flatMap(
            Effect.forEach([0, 1], (b) =>
              Effect.flatMap(Effect.all([w.slice(x, b), w.slice(i, b)]), ([x, i]) => each(x, i))),
            (ys) =>
              w.stack(ys)
          ) as any,
        [x]
      )
    )
  }
}

/** Corners, by name. */
export const corners: Cases = Object.fromEntries(
  Object.entries({
    ...custom,
    ...closures,
    ...more,
    ...patterns,
    ...batches,
    ...spectra,
    ...rowsTaken,
    ...branches,
    ...zeros,
    ...ends,
    ...nothing,
    ...undefinedOnes
  })
    .map(([name, laws]) => [`a corner: ${name}`, laws])
)
