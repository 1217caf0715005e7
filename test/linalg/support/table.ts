/** Linear algebra, and where it is smooth. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { flip, Linalg } from "wengert"
import { Laws } from "wengert/laws"
import { regular, type X } from "./matrices.ts"

type Program = (...xs: ReadonlyArray<any>) => Effect.Effect<any, any>

/** Programs and where they are smooth. What an op gives and no derivative is asked of is left out. */
export const table: { readonly [name: string]: readonly [Program, fc.Arbitrary<ReadonlyArray<any>>] } = {
  cholesky: [Linalg.cholesky, fc.tuple(regular(3))],
  triangularSolve: [
    (a: X, b: X) => Linalg.triangularSolve(a, b, { lower: true, transposed: true }),
    fc.tuple(regular(3), Laws.tensor([3, 2]))
  ],
  "triangularSolve, unit diagonal": [
    (a: X, b: X) => Linalg.triangularSolve(a, b, { unitDiagonal: true }),
    fc.tuple(regular(2), Laws.tensor([2]))
  ],
  solve: [Linalg.solve, fc.tuple(regular(3), Laws.tensor([3, 2]))],
  inverse: [Linalg.inverse, fc.tuple(regular(2))],
  lu: [(a: X) => Effect.map(Linalg.lu(a), ({ l, u }) => [l, u]), fc.tuple(regular(3))],
  slogdet: [(a: X) => Effect.map(Linalg.slogdet(a), ({ logabsdet }) => logabsdet), fc.tuple(regular(3))],
  det: [Linalg.det, fc.tuple(regular(3))],
  "det, below 0": [(a: X) => Linalg.det(flip(a, 0)), fc.tuple(regular(2))],
  qr: [Linalg.qr, fc.tuple(regular(3, 2))],
  "qr, wide": [Linalg.qr, fc.tuple(regular(2, 3))],
  eigh: [(a: X) => Effect.map(Linalg.eigh(a), ({ eigenvalues: w, eigenvectors: v }) => [w, v]), fc.tuple(regular(3))],
  eigvalsh: [Linalg.eigvalsh, fc.tuple(regular(3))],
  svd: [Linalg.svd, fc.tuple(regular(3, 2))],
  "svd, wide": [Linalg.svd, fc.tuple(regular(2, 3))],
  pinv: [(a: X) => Linalg.pinv(a), fc.tuple(regular(3, 2))],
  lstsq: [(a: X, b: X) => Linalg.lstsq(a, b), fc.tuple(regular(3, 2), Laws.tensor([3]))],
  "matrixNorm nuc": [(a: X) => Linalg.matrixNorm(a, { ord: "nuc" }), fc.tuple(regular(2, 3))],
  "matrixNorm 2": [(a: X) => Linalg.matrixNorm(a, { ord: 2 }), fc.tuple(regular(3, 2))],
  "matrixNorm fro": [(a: X) => Linalg.matrixNorm(a), fc.tuple(regular(2))],
  matrixPower: [(a: X) => Linalg.matrixPower(a, 5), fc.tuple(Laws.tensor([2, 2]))],
  "matrixPower, below 0": [(a: X) => Linalg.matrixPower(a, -2), fc.tuple(regular(2))],
  expm: [Linalg.expm, fc.tuple(Laws.tensor([2, 2]))],
  vecdot: [(x: X, y: X) => Linalg.vecdot(x, y, { axis: 0 }), Laws.tensors([[2, 3], [2, 3]])],
  cross: [(x: X, y: X) => Linalg.cross(x, y, { axis: 0 }), Laws.tensors([[3, 2], [3, 1]])]
}
