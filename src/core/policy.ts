/**
 * What a checkpoint keeps instead of computing it again.
 */
import type { Equation } from "./trace.ts"

type Choice = (equation: Equation) => boolean

const choices = {
  nothing: () => false,
  dots: ({ primitive }) => primitive.contracts === true
} satisfies { readonly [name: string]: Choice }

/** The policies that have names: they are data, and so are lists with them. */
export type PolicyName = keyof typeof choices

/** The names, of which `"nothing"` is the first. */
export const policyNames = Object.freeze(Object.keys(choices)) as ReadonlyArray<PolicyName> // the keys of a literal

/** Which intermediate values a checkpoint keeps: none, the results of contractions, or those of the equations chosen. */
export type CheckpointPolicy = PolicyName | Choice

/** Does the policy keep the results of an equation? */
export const chooses = (policy: CheckpointPolicy): Choice => typeof policy === "function" ? policy : choices[policy]
