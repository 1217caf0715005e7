/**
 * Eigenvalues and singular values: of nothing, that coincide, that are 0, and of functions that are not symmetric in them.
 */
import { Effect } from "effect"
import { Laws } from "../../../laws/index.ts"
import type { Tensor as AnyTensor } from "../../../src/index.ts"
import * as w from "../../../src/index.ts"
import { quadratic, turned } from "../../linalg/support/turned.ts"
import type { Cases } from "../cases.ts"
import { type F, holds, isNowhere, once, slopeOf, type X } from "./claims.ts"

const { Tensor } = w

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

const ofEigenvalues = (f: (w: X) => Effect.Effect<any, any>) => (a: X) =>
  Effect.flatMap(w.Linalg.eigvalsh(a) as Effect.Effect<X, any>, (w): Effect.Effect<any, any> => f(w))
const ofSingular = (f: (s: X) => Effect.Effect<any, any>) => (a: X) =>
  Effect.flatMap(w.Linalg.svd(a), ({ s }): Effect.Effect<any, any> => f(s))
const hessianOf = (f: (a: X) => Effect.Effect<any, any>) => (a: X) => (w.hessian as any)(f)(a) as Effect.Effect<X, any>
const isHessian = (name: string, f: (a: X) => Effect.Effect<any, any>, at: X, hessian: ReadonlyArray<unknown>) =>
  once(
    Laws.sameDerivatives(name, hessianOf(f), (_: X) => Effect.succeed(Tensor.make(hessian as never)), [at], {
      order: 0
    })
  )
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
      const { a, element } = turned([1.3, 1.3 + gap, 2.5], (x, y) => -1 / (x * y))
      return isHessian("Σ log w", ofEigenvalues((x) => w.sum(w.log(x))), a, quadratic(3, element))
    }),
  "eigenvalues that are 0, but for rounding": () => {
    const { a, element } = turned([0, 0, 2], (x, y) => quotient(x, y, Math.exp, Math.exp))
    return isHessian("Σ eʷ", ofEigenvalues((x) => w.sum(w.exp(x))), a, quadratic(3, element))
  },
  "partial derivatives that are small where eigenvalues coincide": () =>
    [0, 1e-9, 1e-12].flatMap((gap) => {
      const { a, element } = turned([1, 1 + gap, 1 + 2 * gap], () => 2)
      return isHessian("Σ (w − 1)²", ofEigenvalues((x) => w.sum(w.square(w.sub(x, 1)))), a, quadratic(3, element))
    }),
  "partial derivatives that are large": () => {
    const { a, element } = turned([1, 1 + 1e-13, 2.5], (x, y) => -1e12 / (x * y))
    const rank = Tensor.make([[1, 2], [2, 4], [3, 6]])
    const twice = [0, 1, 2].map((i) =>
      [0, 1].map((j) => [0, 1, 2].map((k) => [0, 1].map((l) => i === k && j === l ? 2e12 : 0)))
    )
    return [
      ...isHessian("10¹²·Σ log w", ofEigenvalues(scaled((x) => w.sum(w.log(x)), 1e12)), a, quadratic(3, element)),
      ...isHessian("10¹²·Σ s²", ofSingular(scaled((s) => w.sum(w.square(s)), 1e12)), rank, twice)
    ]
  },
  "eigenvalues that are 0, but for rounding, beside large ones": () => {
    const { a, element } = turned([0, 0, 2e5], (x, y) => 1e-10 * quotient(1e-5 * x, 1e-5 * y, Math.exp, Math.exp))
    return isHessian("Σ exp(10⁻⁵·w)", ofEigenvalues((x) => w.sum(w.exp(w.mul(x, 1e-5)))), a, quadratic(3, element))
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
    const square = quadratic(3, (i, j, k, l) => i === j && k === l ? 1 / 3 : 0)
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
    const { a, element } = turned(
      [1e-10, 2e-10, 4e-10],
      (x, y) => 1e20 * quotient(1e10 * x, 1e10 * y, Math.exp, Math.exp)
    )
    return isHessian("Σ exp(10¹⁰·w)", ofEigenvalues((x) => w.sum(w.exp(w.mul(x, 1e10)))), a, quadratic(3, element))
  },
  "eigenvalues that are large, and nearly coincide": () =>
    [1, 1e12].flatMap((factor) => {
      const size = factor === 1 ? 1e10 : 1
      const { a, element } = turned([1, 1 + 1e-13, 1 + 2e-13].map((x) => size * x), () => 2 * factor)
      const f = ofEigenvalues(scaled((x) => w.sum(w.square(w.sub(x, size))), factor))
      return isHessian("factor·Σ (w − size)²", f, a, quadratic(3, element))
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
    isHessian("Σ w", ofEigenvalues((x) => w.sum(x)), two, quadratic(3, () => 0)),
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

export const matrices: Cases = { ...nothing, ...undefinedOnes, ...spectra }
