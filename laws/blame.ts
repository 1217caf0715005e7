/**
 * Whose rule is wrong: a program that breaks a law is followed equation by equation, through loops and branches as they run,
 * and the first equation is named whose own derivatives are not the limits of its own differences.
 */
import * as Effect from "effect/Effect"
import type { Site, Tensor } from "../src/index.ts"
import { primitives, stack, take, Tensor as T, Trace, trace } from "../src/index.ts"
import { refuteDerivatives } from "./derivatives.ts"
import type { Program } from "./trees.ts"
import { atPoint, isFloat, show } from "./trees.ts"

/** A program at a point. */
export interface Point<E = any, R = any> {
  readonly f: Program<any, E, R>
  readonly args: ReadonlyArray<any>
}

/** The equation whose rule is to blame for a law that does not hold. */
export interface Blame {
  /** The op, as the user called it, and the primitive that the equation applies. */
  readonly op: string
  readonly primitive: string
  /** Where the op was called, if somebody knows. */
  readonly site: Site | undefined
  /** The operands, as the code that makes them. */
  readonly operands: string
  /** What the rule says of them, and what differences say. */
  readonly reason: string
}

type Equation = Trace["equations"][number]

/** A value of the run, and whether it depends on what is differentiated. */
interface Followed {
  readonly value: Tensor
  readonly isActive: boolean
}

/** An equation that ran, by itself. */
interface Ran {
  readonly equation: Equation
  readonly operands: ReadonlyArray<Followed>
}

/** Equations that are not what they unfold to: rules say how they are differentiated. */
const ruled = new Set<Equation["primitive"]>([primitives.customJvp, primitives.customVjp, primitives.linearSolve])

const tuple = (length: number): Trace["argumentTree"] => ({
  kind: "array",
  children: Array.from({ length }, () => ({ kind: "leaf" }))
})

/** The list of one equation, from its operands to its results. */
const alone = (equation: Equation, inputs: ReadonlyArray<Tensor>): Trace<ReadonlyArray<Tensor>> => ({
  inputs,
  captured: [],
  equations: [{ ...equation, operands: inputs.map((_, i) => i), result: inputs.length }],
  outputs: equation.results.map((_, r) => inputs.length + r),
  argumentTree: tuple(inputs.length),
  resultTree: tuple(equation.results.length)
})

/** Values as equations that unfold see them. */
const values = {
  // it is concrete, as all values of a run are
  read: ({ value }: Followed): any => value,
  slice: ({ isActive, value }: Followed, index: number): Followed => ({
    value: Effect.runSync(take(value, index)),
    isActive
  }),
  stack: ({ dtype, shape }: Pick<Tensor, "dtype" | "shape">) => {
    const parts: Array<Followed> = []
    return {
      put: (index: number, part: Followed) => {
        parts[index] = part
      },
      done: (): Followed => ({
        value: parts.length === 0 ? T.zeros(shape, { dtype }) : Effect.runSync(stack(parts.map(({ value }) => value))),
        isActive: parts.some(({ isActive }) => isActive)
      })
    }
  }
}

/** Follows a list: the outputs, and on the way the equations that ran; of loops and branches, those in them. */
const follow = (list: Trace, args: ReadonlyArray<Followed>, ran: Array<Ran>): ReadonlyArray<Followed> => {
  const known: Array<Followed> = [...args, ...list.captured.map((value) => ({ value, isActive: false }))]
  for (const equation of list.equations) {
    const operands = equation.operands.map((v) => known[v]!)
    const { params, primitive } = equation
    if (primitive.unfold === undefined || ruled.has(primitive)) {
      ran.push({ equation, operands })
      const inputs = operands.map(({ value }) => value)
      const results = Effect.runSync(Trace.evaluate(alone(equation, inputs), inputs)) as ReadonlyArray<Tensor>
      const isActive = operands.some((x) => x.isActive)
      known.push(...results.map((value) => ({ value, isActive })))
      continue
    }
    const steps = primitive.unfold<Followed>(operands, params, values)
    let step = steps.next([])
    while (step.done !== true) step = steps.next(follow(step.value.trace, step.value.args, ran))
    known.push(...step.value)
  }
  return list.outputs.map((v) => known[v]!)
}

/** Why an equation is wrong by itself; a rule for reverse mode alone is tried in that. */
const refute = ({ equation, operands }: Ran, kinks: "between" | "reject"): Effect.Effect<string | undefined, any> => {
  const list = alone(equation, operands.map(({ value }) => value))
  const f = (...xs: ReadonlyArray<Tensor>) => {
    let next = 0
    return Trace.evaluate(list, operands.map(({ isActive, value }) => isActive ? xs[next++]! : value))
  }
  const active = operands.filter(({ isActive }) => isActive).map(({ value }) => value)
  const by = (modes: "both" | "reverse") =>
    Effect.map(
      refuteDerivatives(f, active, 1, { modes, order: 2, kinks }),
      (wrong) => wrong?.isSure === true ? wrong.reason : undefined
    )
  return Effect.catchTag(by("both"), "MissingRuleError", () => by("reverse"))
}

const plain = ({ column, file, line, op }: Site): Site => ({ file, line, column, op })

/**
 * The first equation of a program, run at a point, whose derivatives up to order 2 are not those that differences of the
 * equation give; `undefined` where every equation by itself is right, or the program cannot be followed.
 */
export const findBlame = <E, R>({ args, f }: Point<E, R>): Effect.Effect<Blame | undefined, never, R> =>
  Effect.gen(function*() {
    const point = atPoint(f, args, () => true)
    const list = yield* trace(point.f)(point.xs)
    const all: Array<Ran> = []
    follow(list, point.xs.map((value) => ({ value, isActive: true })), all)
    const ran = all.filter(({ operands }) => operands.some((x) => x.isActive && isFloat(x.value)))
    // what stops derivatives is meant to, and is to blame if nothing else is
    const isStop = ({ equation }: Ran) => equation.primitive === primitives.stopGradient
    const suspects = [...ran.filter((one) => !isStop(one)), ...ran.filter(isStop)]
    // samples shrink to numbers where ops have kinks, which are to blame if no rule is
    for (const kinks of ["between", "reject"] as const) {
      for (const one of suspects) {
        const reason = yield* Effect.orElseSucceed(refute(one, kinks), () => undefined)
        if (reason === undefined) continue
        const { equation: { primitive, site }, operands } = one
        return {
          op: site?.op ?? primitive.name,
          primitive: primitive.name,
          site: site === undefined || site.file === "" ? undefined : plain(site),
          operands: operands.map(({ value }) => show(value)).join(", "),
          reason
        }
      }
    }
    return undefined
  }).pipe(Effect.catchCause(() => Effect.succeed(undefined)))
