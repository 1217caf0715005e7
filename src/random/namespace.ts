/**
 * Random numbers, as functions of keys. The functions of `Random`.
 */
export {
  beta,
  dirichlet,
  exponential,
  gamma,
  gumbel,
  laplace,
  multivariateNormal,
  normal,
  truncatedNormal,
  uniform
} from "./continuous.ts"
export { bernoulli, bits, categorical, choice, permutation, poisson, randint } from "./discrete.ts"
export { foldIn, type Key, key, keys, split } from "./key.ts"
export { next, withKey } from "./service.ts"
