import { Effect } from "effect"
import { scalar } from "./src/core/tensor.ts"
import { tanh, mul, add, sin } from "./src/index.ts"
import { traceProgram } from "./src/core/program.ts"
import { tuple } from "./src/core/tree.ts"
import { transform } from "./src/grad/transform.ts"
import { guardTrace } from "./src/grad/support.ts"
import { evaluate } from "./src/core/evaluator.ts"
const n = 100000
const x = scalar("float64", 1)
const chain = (x: any) => Effect.gen(function*() { let s = x; for (let i = 0; i < n / 4; i++) { s = yield* mul(s, x); s = yield* sin(s); s = yield* add(s, x); s = yield* tanh(s) }; return s }) as any
const time = (l: string, f: () => any) => { const t0 = performance.now(); const r = f(); console.log(l, ((performance.now() - t0) * 1000 / n).toFixed(2), "µs/eq"); return r }
for (let k = 0; k < 4; k++) {
const t = time("trace", () => Effect.runSync(traceProgram("x", chain, { tree: tuple(1), avals: [x] })))
const l = time("linearize", () => Effect.runSync(transform.linearize(t, [true])))
console.log(t.equations.length, l.primal.equations.length, l.linear.equations.length)
const b = time("transpose", () => Effect.runSync(transform.transpose(l.linear, l.linear.inputs.map((_: any, i: number) => i >= l.residuals), [true])))
const g = time("guard", () => Effect.runSync(guardTrace(transform, b.trace, b.trace.inputs.map((_: any, i: number) => i >= l.residuals))))
time("batch", () => Effect.runSync(transform.batch(t, [true], 4)))
const p = time("eval primal", () => evaluate(l.primal, [x]))
time("eval back", () => evaluate(g, [...p.slice(1), x]))
}
