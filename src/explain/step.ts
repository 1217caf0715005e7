/**
 * Equations as the user called them.
 */
import type { Step } from "../core/report.ts"
import { located } from "../core/site.ts"
import type { Equation } from "../core/trace.ts"

/** What an equation is part of, as the user called it. */
export const opOf = ({ primitive, site }: Equation): string => site?.op ?? primitive.name

/** An equation as a step. */
export const stepOf = (equation: Equation): Step => ({ op: opOf(equation), site: located(equation.site) })

/** Steps as the user called them: what one call did is one step. */
export const stepsOf = (equations: ReadonlyArray<Equation>): ReadonlyArray<Step> =>
  equations
    .filter((e, i) => i === 0 || e.site === undefined || e.site !== equations[i - 1]!.site)
    .map(stepOf)
