import { Effect } from "effect"
import { scalar } from "./src/core/tensor.ts"
import { tanh, mul, add, sin } from "./src/index.ts"
import { traceProgram, withTracer } from "./src/core/program.ts"
import { tuple } from "./src/core/tree.ts"
import { transform } from "./src/grad/transform.ts"
import { pushForward } from "./src/grad/forward.ts"
const n = 100000
const x = scalar("float64", 1)
const chain = (x: any) => Effect.gen(function*() { let s = x; for (let i = 0; i < n / 4; i++) { s = yield* mul(s, x); s = yield* sin(s); s = yield* add(s, x); s = yield* tanh(s) }; return s }) as any
const time = (l: string, f: () => any) => { const t0 = performance.now(); const r = f(); console.log(l, ((performance.now() - t0) * 1000 / n).toFixed(2), "µs/eq"); return r }
const t = Effect.runSync(traceProgram("x", chain, { tree: tuple(1), avals: [x] }))
for (let k = 0; k < 5; k++) {
time("push", () => Effect.runSync(withTracer((tr) => { const p = tr.input(x), d = tr.input(x); return Effect.map(pushForward(transform, t, [p], [d], "linearize"), (o) => [...o.outputs, ...o.tangents as any]) }, (tr, o) => tr.length)))
time("linearize", () => Effect.runSync(transform.linearize(t, [true])))
}
