/**
 * The problems of ADBench, as what the benchmarks do with them.
 */
import { Effect } from "effect"
import { grad, jacfwd, square, sum, Tensor } from "wengert"
import type { OpError } from "wengert"
import { ba, baJacobian } from "../examples/adbench/ba.ts"
import type { Observations } from "../examples/adbench/ba.ts"
import {
  baInputs,
  gmmInputs,
  handInputs,
  inputsOf,
  lstmInputs,
  readBa,
  readGmm,
  readHand,
  readLstm
} from "../examples/adbench/data.ts"
import { gmm } from "../examples/adbench/gmm.ts"
import { hand } from "../examples/adbench/hand.ts"
import { lstm } from "../examples/adbench/lstm.ts"

/** An objective and its derivative, as functions of parameters `P`. */
interface Spec<P> {
  readonly name: string
  readonly parameters: P
  readonly objective: (parameters: P) => Effect.Effect<unknown, OpError>
  readonly derivative: (parameters: P) => Effect.Effect<unknown, OpError>
  /** The sums of the squares of all numbers that the two give, by the benchmark's own derivatives. */
  readonly expected: readonly [objective: number, derivative: number]
}

/** The same, of parameters that only the problem itself knows. */
export interface Problem extends Omit<Spec<unknown>, "objective" | "derivative"> {
  objective(this: void, parameters: unknown): Effect.Effect<unknown, OpError>
  derivative(this: void, parameters: unknown): Effect.Effect<unknown, OpError>
}

const problem = <P>(spec: Spec<P>): Problem => spec

const gmmProblem = (name: string) => {
  const { expected, mixture, wishart, x } = readGmm(name)
  const objective = gmm(x, wishart)
  return problem({
    name: `gmm ${name}`,
    parameters: mixture,
    objective,
    derivative: grad(objective),
    expected: [expected.objective ** 2, expected.gradientSquaredNorm]
  })
}

const lstmProblem = (name: string) => {
  const { expected, parameters, sequence, state } = readLstm(name)
  const objective = lstm(state, sequence)
  return problem({
    name: `lstm ${name}`,
    parameters,
    objective,
    derivative: grad(objective),
    expected: [expected.objective ** 2, expected.gradientSquaredNorm]
  })
}

const baProblem = (name: string) => {
  const { cameras, expected, observations, points } = readBa(name)
  type Parameters = { cameras: typeof cameras; observations: Observations; points: typeof points }
  return problem({
    name: `${name.slice(0, 3)} ${name.slice(4)}`,
    parameters: { cameras, points, observations },
    objective: ({ cameras, observations, points }: Parameters) => ba(cameras, points, observations),
    derivative: ({ cameras, observations, points }: Parameters) => baJacobian(cameras, points, observations),
    expected: [
      expected.reprojectionSquaredNorm + expected.weightErrorSquaredNorm,
      expected.reprojectionJacobianSquaredNorm + expected.weightJacobianSquaredNorm
    ]
  })
}

const handProblem = (name: string) => {
  const { expected, model, targets, theta } = readHand(name)
  const objective = hand(model, targets)
  return problem({
    name: `${name.slice(0, 5)} ${name.slice(6)}`,
    parameters: theta,
    objective,
    derivative: jacfwd(objective),
    expected: [expected.objectiveSquaredNorm, expected.jacobianSquaredNorm]
  })
}

/** Every input that is in the directory of the data. */
export const found = (): ReadonlyArray<Problem> => [
  ...inputsOf("gmm").map(gmmProblem),
  ...inputsOf("lstm").map(lstmProblem),
  ...inputsOf("ba").map(baProblem),
  ...inputsOf("hand").map(handProblem)
]

/** One of each kind, the smallest. */
export const smallest = (): ReadonlyArray<Problem> => [
  gmmProblem(gmmInputs[0]),
  lstmProblem(lstmInputs[0]),
  baProblem(baInputs[0]),
  handProblem(handInputs[0])
]

/** All of them. */
export const problems = (): ReadonlyArray<Problem> => [
  ...gmmInputs.map(gmmProblem),
  ...lstmInputs.map(lstmProblem),
  ...baInputs.map(baProblem),
  ...handInputs.map(handProblem)
]

/** The sum of the squares of all numbers in a tree of float tensors. */
export const squaredNorm = (tree: unknown): Effect.Effect<number, OpError> =>
  isFloats(tree)
    ? Tensor.item(sum(square(tree)))
    : Effect.map(Effect.forEach(Object.values(tree as object), squaredNorm), (norms) => norms.reduce((a, b) => a + b))

const isFloats = (u: unknown): u is Tensor<ReadonlyArray<number>, "float64"> =>
  typeof u === "object" && u !== null && "dtype" in u && "shape" in u
