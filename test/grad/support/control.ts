/**
 * Control flow and transformations of the public surface, as programs with arguments of fixed types: `vmap` has to be a
 * map for them too, whichever of the values that they see have a batch axis.
 */
import { Effect } from "effect"
import type { OpError } from "wengert"
import * as w from "wengert"
import { bool, type Case, float, int, of, positive } from "./ops.ts"
import { untyped } from "./run.ts"

type Tensor = w.Tensor
type Scalar = w.Tensor<[], "float64">
type Step = Effect.Effect<Tensor, OpError>

/** The types of the tables, which know no shapes, withdrawn from a body. */
const scalarOf = untyped<(x: Tensor) => Scalar>((x: Tensor) => x)

/** x·sin(x·k), a function with a value that is closed over. */
const f = (k: Tensor | number) => (x: Tensor): Step => w.mul(x, w.sin(w.mul(x, k)))
/** The same, and a scalar. */
const total = (k: Tensor | number) => (x: Tensor): Effect.Effect<Scalar, OpError> =>
  Effect.map(w.sum(f(k)(x)), scalarOf)

/** A loop whose constants, carry and xs may all be batched: c → sin(c)·k + x, and what it was. */
const loop = (options: { readonly reverse?: boolean; readonly checkpoint?: number | boolean }): Case =>
  of([float([2]), float([2]), float([4, 2])], (k, c, xs) =>
    w.scan(
      (carry: Tensor, x: Tensor) =>
        Effect.gen(function*() {
          const next = yield* w.add(w.mul(w.sin(carry), k), x)
          return [next, { before: carry, sum: yield* w.sum(next) }] as const
        }),
      c,
      xs,
      options
    ))

/** Newton's iteration for x² = p, as a solver of any equation. */
const newton = (
  equation: (x: Scalar) => Effect.Effect<Scalar, OpError>,
  start: Scalar
): Effect.Effect<Scalar, OpError> =>
  w.forLoop(0, 30, (_, x: Scalar) =>
    Effect.gen(function*() {
      const [y, slope] = yield* w.jvp(equation, [x], [w.Tensor.make(1)])
      return yield* w.sub(x, w.div(y, slope))
    }), start)

const cube = w.customJvp(
  (x: Tensor, k: Tensor): Step => w.mul(k, w.mul(x, w.square(x))),
  // ten times the true derivative, to be seen
  ([x, k], [dx, dk]) =>
    Effect.all([w.mul(k, w.mul(x, w.square(x))), w.add(w.mul(w.mul(30, dx), w.mul(k, w.square(x))), w.mul(0, dk))])
)
const product = w.customVjp(
  (x: Tensor, y: Tensor): Step => w.mul(x, y),
  (x, y) => Effect.map(w.mul(x, y), (z) => [z, { x, y }] as const),
  // ten and a hundred times the true cotangents
  ({ x, y }, ct) => Effect.all([w.mul(10, w.mul(ct, y)), w.mul(100, w.mul(ct, x))])
)

/** Cases for everything that takes programs. */
export const control: { readonly [name: string]: ReadonlyArray<Case> } = {
  cond: [
    of(
      [bool(), float([2]), float([2])],
      (p, x, y) => w.cond(untyped<w.Tensor<[], "bool">>(p), () => f(y)(x), () => w.add(x, 1))
    ),
    // a branch that is an input, and one that depends on nothing
    of([bool(), float([2])], (p, x) => w.cond(untyped<w.Tensor<[], "bool">>(p), () => [x, 1], () => [w.sin(x), 2])),
    of(
      [float([]), float([2])],
      (p, x) => w.cond(w.greater(scalarOf(p), 0), () => ({ a: x }), () => ({ a: w.Tensor.make([7, 8]) }))
    )
  ],
  switchCase: [
    of(
      [int([]), float([2]), float([2])],
      (i, x, y) => w.switchCase(untyped<w.Tensor<[], "int32">>(i), [() => f(y)(x), () => w.add(x, y), () => w.neg(y)])
    ),
    of([int([], 1), float([2])], (i, x) => w.switchCase(untyped<w.Tensor<[], "int32">>(i), [() => w.cos(x)]))
  ],
  scan: [
    loop({}),
    loop({ reverse: true }),
    loop({ checkpoint: 2 }),
    loop({ checkpoint: 3, reverse: true }),
    // the carry becomes batched on the way, and ints and bools beside it
    of([float([2]), bool(3)], (x, ps) =>
      w.scan(
        ({ n, y }, p) =>
          Effect.gen(function*() {
            const next = yield* w.where(p, w.add(y, x), y)
            return [{ n: yield* w.add(n, w.cast(p, "int32")), y: next }, w.logicalNot(p)] as const
          }),
        { n: w.Tensor.make(0, { dtype: "int32" }), y: w.Tensor.zeros([2]) as Tensor },
        ps
      )),
    // no steps, and no xs
    of(
      [float([2])],
      (x) => w.scan((c: Tensor) => Effect.map(w.sin(c), (y) => [y, y] as const), x, null, { length: 0 })
    ),
    of(
      [float([2])],
      (x) => w.scan((c: Tensor) => Effect.map(w.sin(c), (y) => [y, []] as const), x, null, { length: 3 })
    )
  ],
  map: [of([float([3, 2]), float([2])], (xs, k) => w.map(f(k), xs))],
  associativeScan: [
    of([float([5, 2])], (xs) => w.associativeScan(w.mul, xs)),
    of([float([2, 4])], (xs) => w.associativeScan(w.add, xs, { axis: -1, reverse: true }))
  ],
  forLoop: [
    of(
      [float([2]), float([2])],
      (x, k) => w.forLoop(0, 3, (i, c: Tensor) => w.add(w.mul(c, k), w.cast(i, "float64")), x)
    ),
    of(
      [int([], 4), int([], 4), float([2])],
      (from, to, x) =>
        w.forLoop(untyped<w.Tensor<[], "int32">>(from), untyped<w.Tensor<[], "int32">>(to), (i, c: Tensor) =>
          w.mul(
            c,
            w.add(i, 2).pipe((n) => w.cast(n, "float64"))
          ), x)
    )
  ],
  whileLoop: [
    // trip counts from none to many
    of([positive(), positive(), float([2])], (x, bound, y) =>
      w.whileLoop(
        ({ x }) => w.less(x, scalarOf(bound)),
        ({ x, y }) => Effect.all({ x: w.mul(x, 1.5), y: w.add(w.sin(y), x) }),
        { x: scalarOf(x), y }
      )),
    of([int([], 4), float([2])], (n, y) =>
      w.whileLoop(
        ({ i }) => w.less(i, untyped<w.Tensor<[], "int32">>(n)),
        ({ i, y }) => Effect.all({ i: w.add(i, 1), y: w.sin(y) }),
        { i: w.Tensor.make(0, { dtype: "int32" }), y }
      )),
    of([positive(), float([2])], (x, y) =>
      w.whileLoop(
        ({ x }) => w.less(x, 4),
        ({ x, y }) => Effect.all({ x: w.mul(x, 1.5), y: w.add(w.sin(y), x) }),
        { x: scalarOf(x), y },
        { maxSteps: 3 }
      ))
  ],
  checkpoint: [of([float([2]), float([2])], (x, k) => w.checkpoint(f(k))(x))],
  jit: [of([float([2]), float([2])], (x, k) => w.jit((x: Tensor, k: Tensor) => f(k)(x))(x, k))],

  grad: [
    of([float([2]), float([])], (x, k) => w.grad(total(k))(x)),
    of([float([2]), float([])], (x, k) => w.grad((x: Tensor, k: Tensor) => total(k)(x), { argnums: [1, 0] })(x, k))
  ],
  valueAndGrad: [of([float([2]), float([2])], (x, k) => w.valueAndGrad(total(k))(x))],
  gradWithAux: [
    of(
      [float([2]), float([2])],
      (x, k) => w.gradWithAux((x: Tensor) => ({ value: total(k)(x), aux: [k, 1] as const }))(x)
    )
  ],
  jvp: [of([float([2]), float([2]), float([2])], (x, dx, k) => w.jvp(f(k), [x], [dx]))],
  vjp: [
    of(
      [float([2]), float([2]), float([2])],
      (x, ct, k) => Effect.flatMap(w.vjp(f(k), x), ([, pullback]) => pullback(ct))
    )
  ],
  linearize: [
    of([float([2]), float([2]), float([2])], (x, dx, k) => Effect.flatMap(w.linearize(f(k), x), ([, push]) => push(dx)))
  ],
  linearTranspose: [of([float([2]), float([2])], (k, ct) => w.linearTranspose((x: Tensor) => w.mul(x, k), ct)(ct))],
  jacfwd: [of([float([2]), float([2])], (x, k) => w.jacfwd(f(k))(x))],
  jacobian: [
    of([float([2]), float([2])], (x, k) => w.jacobian(f(k))(x)),
    of([float([2]), float([2])], (x, k) => Effect.map(w.jacobian(f(k), { sparse: true })(x), ({ values }) => values))
  ],
  jacrev: [of([float([2]), float([2])], (x, k) => w.jacrev(f(k))(x))],
  hessian: [
    of([float([2]), float([2])], (x, k) => w.hessian(total(k))(x)),
    of([float([2]), float([2])], (x, k) => Effect.map(w.hessian(total(k), { sparse: true })(x), ({ values }) => values))
  ],
  taylor: [
    of([float([2]), float([2]), float([2])], (x, v, k) => Effect.map(w.taylor(f(k), 3)(x, v), (all) => [...all]))
  ],
  jet: [of([float([2]), float([2]), float([2])], (x, v, k) => Effect.map(w.jet(f(k))([x, v, x]), (all) => [...all]))],
  derivative: [of([float([]), float([])], (x, k) => w.derivative(f(k), 3)(x))],
  laplacian: [of([float([2]), float([2])], (x, k) => w.laplacian(total(k))(x))],
  hvp: [of([float([2]), float([2]), float([2])], (x, v, k) => w.hvp(total(k))([x], [v]))],
  customJvp: [
    of([float([2]), float([])], (x, k) => cube(x, k)),
    of([float([2]), float([])], (x, k) => w.jvp((x: Tensor) => cube(x, k), [x], [x])),
    of(
      [float([]), float([])],
      (x, k) =>
        w.grad(untyped<(x: Tensor, k: Tensor) => Effect.Effect<Scalar, OpError>>(cube), { argnums: [0, 1] })(x, k)
    )
  ],
  customVjp: [
    of([float([2]), float([2])], (x, y) => product(x, y)),
    of(
      [float([2]), float([2]), float([2])],
      (x, y, ct) => Effect.flatMap(w.vjp(product, x, y), ([, pullback]) => pullback(ct))
    )
  ],
  implicitRoot: [
    of(
      [positive(), positive()],
      (start, p) =>
        w.implicitRoot((x: Scalar, p: Scalar) => w.sub(w.square(x), p), newton)(scalarOf(start), scalarOf(p))
    ),
    of(
      [positive(), positive()],
      (start, p) =>
        w.grad(w.implicitRoot((x: Scalar, p: Scalar) => w.sub(w.square(x), p), newton), { argnums: 1 })(
          scalarOf(start),
          scalarOf(p)
        )
    )
  ],
  fixedPoint: [
    of([float([]), float([])], (start, p) =>
      w.fixedPoint(
        (x: Scalar, p: Scalar) => w.mul(0.5, w.sin(w.add(x, p))),
        (step, start) => w.forLoop(0, 60, (_, x: Scalar) => step(x), start)
      )(scalarOf(start), scalarOf(p)))
  ]
}
