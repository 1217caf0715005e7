/**
 * Symmetric matrices whose eigenvalues, and second derivatives of what is made of these, are known.
 */
import { Tensor } from "wengert"
import type { X } from "./matrices.ts"

/**
 * A 3×3 matrix A with given eigenvalues, in another basis, and the second derivatives ∂²/∂aᵢⱼ∂aₖₗ of Σ f(w), where f′ has the divided
 * differences `divided`. Source: Lewis and Sendov, SIAM J. Matrix Anal. Appl. 23 (2001) 368, theorem 3.3.
 */
export const turned = (eigenvalues: ReadonlyArray<number>, divided: (x: number, y: number) => number) => {
  const [c, s, d, e] = [Math.cos(0.7), Math.sin(0.7), Math.cos(0.4), Math.sin(0.4)]
  const q = [[c * d, -s * d, e], [s, c, 0], [-c * e, s * e, d]] as const
  const half = (i: number, j: number) => eigenvalues.reduce((sum, w, k) => sum + w * q[i]![k]! * q[j]![k]! / 2, 0)
  const a: X = Tensor.make([0, 1, 2].map((i) => [0, 1, 2].map((j) => half(i, j) + half(j, i))))
  const even = (i: number, j: number, x: number, y: number) => (q[i]![x]! * q[j]![y]! + q[j]![x]! * q[i]![y]!) / 2
  const element = (i: number, j: number, k: number, l: number) => {
    let sum = 0
    for (const [x, w] of eigenvalues.entries()) {
      for (const [y, v] of eigenvalues.entries()) sum += divided(w, v) * even(i, j, x, y) * even(k, l, x, y)
    }
    return sum
  }
  return { a, element }
}

/** A nested array of n×n×n×n numbers. */
export const quadratic = (n: number, element: (i: number, j: number, k: number, l: number) => number) => {
  const count = Array.from({ length: n }, (_, i) => i)
  return count.map((i) => count.map((j) => count.map((k) => count.map((l) => element(i, j, k, l)))))
}
