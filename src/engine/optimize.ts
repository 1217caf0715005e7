/**
 * The list that is compiled: simpler, never longer, and with the same results to the last bit.
 *
 * Lists inside of equations are treated alike. What a custom rule or a linear solve stands for takes its place; the body of
 * a checkpoint stays apart, or what it computes again would be found to have been computed before.
 */
import { Memory } from "../core/memory.ts"
import type { ParamSpec } from "../core/primitive.ts"
import type { Equation, Trace, Variable } from "../core/trace.ts"
import { Rewriter } from "./rewriter.ts"

const optimized = new Memory<Trace>()

/** The parameters, with another list for each list among them. */
export const mapTraces = (
  spec: ParamSpec,
  params: Equation["params"],
  f: (trace: Trace) => Trace
): Equation["params"] => {
  const names = Object.keys(spec).filter((name) => spec[name] === "trace" || spec[name] === "traces")
  if (names.length === 0) return params
  return {
    ...params,
    ...Object.fromEntries(names.map((name) => [
      name,
      // the kind says what the parameter is
      spec[name] === "trace" ? f(params[name] as Trace) : (params[name] as ReadonlyArray<Trace>).map(f)
    ]))
  }
}

/** The same program, with fewer or simpler equations. */
export const optimize = (trace: Trace): Trace => {
  const known = optimized.recall(trace, "")
  if (known !== undefined) return known
  const rewriter = new Rewriter((spec, params) => mapTraces(spec, params, optimize))
  const inputs: ReadonlyArray<Variable> = trace.inputs.map((aval) => rewriter.input(aval))
  const simpler = rewriter.seal(rewriter.inline(trace, inputs), trace)
  return optimized.keep(trace, "", optimized.keep(simpler, "", simpler))
}
