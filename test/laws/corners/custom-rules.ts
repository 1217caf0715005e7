/**
 * Custom rules: that are not linear, that close over values, in batches, with results that are whole numbers or have no derivative.
 */
import { Effect } from "effect"
import { Laws } from "../../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../../src/index.ts"
import * as w from "../../../src/index.ts"
import type { Cases } from "../cases.ts"
import { withVjp } from "../custom.ts"
import { type F, isUnconnected, once, refuses, slopeOf, type X } from "./claims.ts"

const { Tensor } = w

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

const plain: Cases = {
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

const batches: Cases = {
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
  }
}

export const customRules: Cases = { ...plain, ...closures, ...batches }
