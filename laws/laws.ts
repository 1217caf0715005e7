/**
 * The members of `Laws`.
 */
export {
  alike,
  broadcastable,
  distinct,
  type ElementOptions,
  logarithmic,
  mask,
  real,
  type RealOptions,
  type Sample,
  shape,
  special,
  tensor,
  type TensorFor,
  tensors,
  type Tensors,
  tree
} from "./arbitraries.ts"
export { batching } from "./batching.ts"
export { chainRule, sumAndProductRule } from "./calculus.ts"
export { condTakesBranch, type Predicate } from "./branches.ts"
export type { Blame, Point } from "./blame.ts"
export {
  check,
  checkEffect,
  type CheckOptions,
  type Law,
  law,
  LawBroken,
  type LawHeld,
  property,
  type Services,
  type Verdict,
  verdicts,
  verdictsEffect
} from "./check.ts"
export {
  type DerivedName,
  type Domain,
  domains,
  type Elementwise,
  type Interval,
  regular,
  type Whole
} from "./domains.ts"
export { connectivity } from "./connectivity.ts"
export { duality, sameValue, valueUnchanged } from "./duality.ts"
export { exact } from "./exactness.ts"
export type { GradientOptions } from "./derivatives.ts"
export { checkGradient, gradient } from "./gradient.ts"
export { hessianSymmetric, jacobiansAgree } from "./jacobians.ts"
export { jvpLinear, linearizeIsJvp, vjpLinear } from "./linearity.ts"
export { maskMultiplies, masksAddUp, masksOnce, whereSelects } from "./masks.ts"
export { everything } from "./everything.ts"
export { nanStaysNaN } from "./nans.ts"
export { examplesNeverLeak, type LeakOptions, type Masked, neverLeaks } from "./leaks.ts"
export { customRule, type CustomRuleOptions, primitive, type PrimitiveOptions } from "./primitives.ts"
export { everyProgram, type Language, program, type ProgramOptions, type RandomProgram } from "./programs.ts"
export { engineAgrees, listsAreData, rewritingChangesNothing, rulesChangeNothing } from "./rewriting.ts"
export { connected, reasonsAreSound } from "./reasons.ts"
export { sameDerivatives, type SamenessOptions } from "./sameness.ts"
export { sparseAgrees } from "./sparse.ts"
export { stoppingFreezes, stopsGradient } from "./stopping.ts"
export { subgradient } from "./subgradients.ts"
export { taylorNests } from "./taylor.ts"
export type { Program, Result } from "./trees.ts"
export { solves, transposesTwice } from "./transposing.ts"
export { writesOut } from "./unrolling.ts"
