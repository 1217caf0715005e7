/**
 * Linear algebra. The functions of `Linalg`.
 */
export { cholesky } from "../ops/linalg/cholesky.ts"
export { det, slogdet } from "../ops/linalg/determinants.ts"
export { eigh, eigvalsh } from "../ops/linalg/eigh.ts"
export { lu } from "../ops/linalg/lu.ts"
export { matrixNorm } from "../ops/linalg/norms.ts"
export { expm, matrixPower } from "../ops/linalg/powers.ts"
export { lstsq, matrixRank, pinv } from "../ops/linalg/pseudo-inverse.ts"
export { qr } from "../ops/linalg/qr.ts"
export { inverse, solve, triangularSolve } from "../ops/linalg/solvers.ts"
export { svd } from "../ops/linalg/svd.ts"
export { cross, vecdot } from "../ops/linalg/vectors.ts"
export { cg, gmres } from "./krylov.ts"
