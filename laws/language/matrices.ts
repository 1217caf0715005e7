/**
 * Words of linear algebra, on small matrices that are made to be regular: dominated by their diagonals.
 */
import { within } from "./conform.ts"
import type { Shape, Type, Value, Vocabulary, Word } from "./syntax.ts"
import { isFloatType, promoted } from "./syntax.ts"

const isSquare = (type: Type): boolean =>
  isFloatType(type) && type.shape.length === 2 && type.shape[0] === type.shape[1] && type.shape[0]! <= 3
const isRanked = (type: Type): boolean => isFloatType(type) && type.shape.length > 0

const eye = (w: Vocabulary, { dtype, shape }: Type): Value => w.Tensor.eye(shape[0]!, shape[0], { dtype })

/** Elements from −1 to 1, and 4 more on the diagonal: what is outside of it is less. */
const regular = (w: Vocabulary, x: Value, type: Type): any => w.add(w.mul(4, eye(w, type)), within(type, [-1, 1])(w, x))

/** Half of it and of its transpose. */
const symmetric = (w: Vocabulary, x: any): any => w.mul(0.5, w.add(x, w.transpose(x)))

/** Eigenvalues near 0, 4 and 8. */
const spread = (w: Vocabulary, x: Value, type: Type): any => {
  const centers = [0, 4, 8].slice(0, type.shape[0])
  return w.add(
    w.mul(eye(w, type), w.Tensor.make(centers, { dtype: type.dtype } as never) as any),
    symmetric(w, within(type, [-0.5, 0.5])(w, x))
  )
}

/** A word for a function of a square matrix, with elements up to `largest` for n rows. */
const ofMatrix = (
  name: string,
  shape: (n: number) => Shape,
  largest: (n: number) => number,
  write: (w: Vocabulary, x: Value, type: Type) => unknown
): Word => ({
  name,
  manner: "smooth",
  takes: [isSquare],
  fit: ([x]) => {
    const n = x!.shape[0]!
    const type: Type = { shape: shape(n), dtype: x!.dtype, low: -largest(n), high: largest(n) }
    return { gives: () => [type], write: (w, [a]) => write(w, a!, x!) }
  }
})

const square = (n: number): Shape => [n, n]

/** A word for a system of equations, whose solution is no larger than its right-hand side. */
const system = (name: string, write: (w: Vocabulary, a: any, b: Value) => unknown): Word => ({
  name,
  manner: "smooth",
  takes: [isSquare, isRanked],
  fit: ([a, b]) => {
    const n = a!.shape[0]!
    if (b!.shape.length > 2 || b!.shape[0] !== n || a!.dtype !== b!.dtype) return undefined
    const high = Math.max(-b!.low, b!.high)
    return {
      gives: () => [{ shape: b!.shape, dtype: promoted([a!, b!]), low: -high, high }],
      write: (w, [x, y]) => write(w, regular(w, x!, a!), y!)
    }
  }
})

/** Linear algebra. */
export const matrices: ReadonlyArray<Word> = [
  system("solve", (w, a, b) => w.Linalg.solve(a, b)),
  system("triangularSolve", (w, a, b) => w.Linalg.triangularSolve(a, b, { lower: true })),
  ofMatrix("inverse", square, () => 1, (w, x, type) => w.Linalg.inverse(regular(w, x, type))),
  ofMatrix("det", () => [], (n) => 7 ** n, (w, x, type) => w.Linalg.det(regular(w, x, type))),
  ofMatrix("cholesky", square, () => 2.3, (w, x, type) => w.Linalg.cholesky(symmetric(w, regular(w, x, type)))),
  ofMatrix("expm", square, (n) => Math.exp(n), (w, x, type) => w.Linalg.expm(within(type, [-1, 1])(w, x))),
  ofMatrix("eigvalsh", (n) => [n], () => 9.5, (w, x, type) => w.Linalg.eigvalsh(spread(w, x, type)))
]
