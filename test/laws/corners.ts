/**
 * Laws of corners of rules that ordinary programs do not come to: custom rules that are not linear, results that are whole numbers, loops
 * of which a part has no batch, matrices without elements, what fails and what is not defined.
 */
import { Effect } from "effect"
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
/** All elements of what a program gives are NaN. */
const isNowhere = (name: string, program: (x: X) => Effect.Effect<any, any>, x: X) =>
  once(
    Laws.sameDerivatives(
      name,
      (x: X) => Effect.flatMap(program(x), (y: X) => w.all(w.isNaN(y))) as Effect.Effect<AnyTensor, any>,
      (_: X) => Effect.succeed(Tensor.make(true)),
      [x],
      { order: 0 }
    )
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
    return once(Laws.taylorNests(f as F, Laws.tensors([[3]]), { order: 1 }))
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
const ends: Cases = Object.fromEntries(
  [1e3, 1e200, Infinity].map((at) => [
    `erf is a step at ±${at}`,
    () =>
      once(
        Laws.sameDerivatives("erf", (x: X) => w.erf(x), (x: X) => w.sign(x), [steps(at)]),
        Laws.sameDerivatives("erfc", (x: X) => w.erfc(x), (x: X) => w.sub(1, w.sign(x)), [steps(at)])
      )
  ])
)

// ---- matrices

const nothing: Cases = Object.fromEntries(
  Object.entries<(a: X) => Effect.Effect<any, any>>({
    eigvalsh: (a) => w.Linalg.eigvalsh(a),
    svd: (a) => Effect.map(w.Linalg.svd(a), ({ s }) => s),
    nuclear: (a) => w.Linalg.matrixNorm(a, { ord: "nuc" }),
    pinv: (a) => w.Linalg.pinv(a)
  }).map(([name, f]) => [`${name} of nothing`, () => {
    const g = (x: X) => Effect.flatMap(w.mul(x, Tensor.zeros([0, 0])), (a) => w.add(w.sum(f(a)), w.square(x)))
    return once(Laws.gradient(g as F, [Tensor.make(2)], { order: 2 }))
  }])
)

const nearly = (gap: number) => Tensor.make([[1, 0], [0, 1 + gap]])
const component = (a: X) =>
  w.grad((a: X) =>
    Effect.flatMap(w.Linalg.eigh(a), ({ eigenvectors: v }) => w.square(w.slice(v, 0, 0))) as Effect.Effect<
      AnyTensor<[]>,
      any
    >
  )(a)
const undefinedOnes: Cases = {
  "eigenvectors of eigenvalues that are equal": () => isNowhere("an element of an eigenvector", component, nearly(0)),
  "eigenvectors of eigenvalues that are equal, to rounding": () =>
    isNowhere("an element of an eigenvector", component, nearly(2 ** -52)),
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

/** Corners, by name. */
export const corners: Cases = Object.fromEntries(
  Object.entries({ ...custom, ...branches, ...zeros, ...ends, ...nothing, ...undefinedOnes })
    .map(([name, laws]) => [`a corner: ${name}`, laws])
)
