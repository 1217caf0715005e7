/**
 * The cures: for each reason one sentence that says what would mend it.
 */
import type { Origin } from "./blame.ts"
import type { Barrier } from "./graph.ts"

/** `a`, `a and b`, `a, b and c`. */
export const listed = (names: ReadonlyArray<string>): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

/** The branches of a `cond` by their names; those of a `switchCase` by their numbers. */
export const branchName = (op: string, branch: number): string =>
  op === "cond" ? `the ${branch === 1 ? "true" : "false"} branch` : `branch ${branch}`

/** What a `whileLoop` with a bound decides in each step: to run its body, or to leave the carry as it is. */
const isLoop = (op: string): boolean => op === "whileLoop"

/** A branch that was not taken, and those that ran, in words. */
export const notTaken = (op: string, branch: number, ran: ReadonlyArray<number>): string => {
  if (isLoop(op)) {
    return branch === 0
      ? `${op} did not end before its body ran`
      : ran.includes(1)
      ? `${op} ended before its body ran once more`
      : `${op} never ran its body`
  }
  const others = listed(ran.map((b) => branchName(op, b)))
  return `${branchName(op, branch)} of ${op} was not taken${others === "" ? "" : `: ${others} ran`}`
}

/** A leaf without any path. */
export const unused = (path: string): string =>
  `the result does not depend on ${path}; use it, leave it out of argnums, or ask for unconnected: "none"`

/** Ops whose steps have a smooth likeness. */
const smooth: { readonly [op: string]: string } = {
  argmax: "use softmax for a smooth choice",
  argmin: "use softmax of the negative for a smooth choice",
  equal: "compare by a smooth distance",
  greater: "use sigmoid of the difference for a smooth step",
  greaterEqual: "use sigmoid of the difference for a smooth step",
  less: "use sigmoid of the difference for a smooth step",
  lessEqual: "use sigmoid of the difference for a smooth step",
  sign: "use tanh for a smooth sign",
  argsort: "use sort, whose values have derivatives",
  cast: "keep it a float"
}

/** A path that ends at a barrier. */
export const barred = (path: string, op: string, barrier: Barrier, only: boolean): string => {
  const reaches = only ? `${path} reaches the result only through` : `${path} also reaches the result through`
  switch (barrier._tag) {
    case "Stopped":
      return `${reaches} ${op}, which makes a constant of it; take ${op} away, or differentiate what is before it`
    case "NonDifferentiable": {
      if (op === "customJvp" || op === "customVjp") {
        return `${reaches} ${op}, whose rule gives no derivative for it; make the rule depend on it`
      }
      const likeness = smooth[op]
      const likeOne = likeness === undefined ? "" : `${likeness}, `
      const before = /^(floor|ceil|round|trunc)$/.test(op) ? "rounding" : "it"
      return `${reaches} ${op}, whose derivative is 0 or not defined; ${likeOne}` +
        `use a straight-through estimator with customVjp, or differentiate before ${before}`
    }
    case "BranchNotTaken": {
      if (isLoop(op)) {
        return barrier.branch === 1
          ? `${reaches} the body of ${op}, whose test ended it before; evaluate where it runs, or let what it starts ` +
            `from depend on ${path} too`
          : `${reaches} the carry of ${op}, which its body replaced; evaluate where its test fails at once, or let ` +
            `its body depend on ${path} too`
      }
      const [name, ran] = [branchName(op, barrier.branch), [...barrier.ran].sort((a, b) => a - b)]
      return `${reaches} ${name} of ${op}, but ${
        ran.length === 0 ? "none" : listed(ran.map((b) => branchName(op, b)))
      } ran; evaluate where ${name} runs, or let the other depend on ${path} too`
    }
  }
}

/** Elements that a selection or an index leaves out. */
export const removed = (path: string, op: string): string =>
  op === "where" || op === "mask"
    ? `elements of ${path} that ${op} does not select have no influence; widen its mask if they should`
    : `elements of ${path} that ${op} leaves out have no influence; include them if they should`

/** Ops with a domain: what to keep away from them. */
const domains: { readonly [op: string]: string } = {
  sqrt: "mask the input before sqrt: sqrt(where(x > 0, x, 1)), masked again behind it, or add a small constant",
  rsqrt: "mask the input before rsqrt, or add a small constant",
  cbrt: "mask the input before cbrt: its derivative at 0 is infinite",
  log:
    "mask the input before log: log(where(x > 0, x, 1)), or use log1p, logsumexp or logSoftmax for what it is part of",
  log2: "mask the input before log2, or add a small constant",
  log10: "mask the input before log10, or add a small constant",
  log1p: "mask the input before log1p where it is −1 or below",
  logsumexp: "mask a row that is −∞ altogether before logsumexp",
  softmax: "mask a row that is −∞ altogether before softmax",
  logSoftmax: "mask a row that is −∞ altogether before logSoftmax",
  norm: "mask the input before norm at 0, or differentiate its square",
  std: "mask the input before std where all elements are equal, or differentiate var",
  div: "mask the divisor before div where it is 0: div(x, where(y != 0, y, 1))",
  reciprocal: "mask the input before reciprocal where it is 0",
  pow: "mask the base before pow where it is 0 or negative",
  exp: "subtract the maximum before exp, or use logsumexp or softmax, which do",
  expm1: "clip the input before expm1: it overflows",
  acos: "clip the input before acos to (−1, 1)",
  asin: "clip the input before asin to (−1, 1)",
  atanh: "clip the input before atanh to (−1, 1)",
  acosh: "mask the input before acosh where it is 1 or below",
  mul: "a product of 0 and ∞ is NaN: mask the infinite factor with mask or where instead of multiplying by 0"
}

/** Ops that choose, with what is smooth in their place. */
const choices: { readonly [op: string]: string } = {
  abs: "sqrt of a square and a small constant",
  clip: "softplus of the difference at each bound",
  max: "logsumexp",
  maximum: "logaddexp",
  min: "the negative of logsumexp of the negative",
  minimum: "the negative of logaddexp of the negatives",
  relu: "softplus"
}

/** A number that is not finite. */
export const nonFinite = (op: string, { made, operands, result }: Origin): string => {
  if (typeof made === "string") {
    return `${made} holds ${result} itself; replace it with where(isFinite(x), x, …) before it is used`
  }
  const choice = choices[op]
  if (choice !== undefined && Number.isNaN(result) && operands.length > 0 && operands.every((x) => x === 0)) {
    return `${op} is at a kink here, and its slope, which jumps there, has no derivative; ` +
      `move away from the tie, or use ${choice}, which is smooth`
  }
  return domains[op] ??
    (Number.isNaN(result)
      ? `mask the operands of ${op} where it has no value`
      : `mask or clip the operands of ${op} where it overflows, or rescale what comes before it`)
}
