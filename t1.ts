import { Effect } from "effect"
import { fromData, scalar } from "./src/core/tensor.ts"
import { add, mul, sin, exp, sum, grad, div, where, greater, sqrt, cond, stopGradient, valueAndGrad, jvp, log, square, pow, vjp, linearize, tanh } from "./src/index.ts"
const run = Effect.runSync as any
const T = (...v: number[]) => fromData([v.length], "float64", Float64Array.from(v)) as any
const S = (v: number) => scalar("float64", v) as any
const show = (l: string, e: any) => { try { console.log(l, run(e)) } catch (x) { console.log(l, "ERR", x) } }
const f = (x: any) => sum(mul(x, sin(x)))
show("grad", grad(f as any)(T(1, 2, 3)))
show("gg", grad((x: any) => sum(grad(f as any)(x) as any) as any)(T(1, 2, 3)))
let r: any = (x: any) => div(1, x)
for (let i = 0; i < 6; i++) { r = grad(r) }
show("6th 1/x at 4 = 0.0439453125", r(S(4)))
const D = (f: any) => grad(f) as any
show("D=8", D((x: any) => mul(x, D((y: any) => mul(x, y))(S(1))))(S(4)))
const w = (x: any) => sum(where(greater(x, 0), sqrt(x), 0))
let g: any = w
for (let o = 1; o <= 3; o++) { const h = g; show("order" + o, D(o === 1 ? w : h)(T(0, -1, 4))); const k = D(h); g = (x: any) => sum(k(x)) }
const c = (x: any, y: any) => cond(greater(x, 0), () => mul(x, y), () => 0)
for (const u of ["zero", "none", "error"] as const) for (const x of [2, -1]) show(`cond ${u} ${x}`, (grad as any)(c, { argnums: [0, 1], unconnected: u })(S(x), S(3)))
show("cond 2nd", D((x: any) => mul(x, D((y: any) => mul(y, cond(greater(y, 0), () => mul(y, mul(y, x)), () => 0)))(x)))(S(2)))
show("stop", (grad as any)((x: any, y: any) => mul(stopGradient(x), y), { argnums: [0, 1], unconnected: "none" })(S(2), S(3)))
show("jvp", (jvp as any)(f, [T(1, 2)], [T(1, 0)]))
show("condlog", D((x: any) => { const y = sqrt(x); return sum(cond(greater(sum(y), 0), () => log(y), () => mul(y, 0) as any)) as any })(T(0)))
show("condlog0", D((x: any) => { const y = sqrt(x); return sum(cond(greater(sum(y), 0), () => log(y), () => T(0)) as any) as any })(T(0)))
show("err", D(sin)(T(1, 2)))
show("pow", (grad as any)(pow, { argnums: [0, 1] })(S(0), S(2)))
let t0 = performance.now()
const chain = (n: number) => (x: any) => Effect.gen(function*() { let s = x; for (let i = 0; i < n; i++) s = yield* tanh(s); return s })
for (const n of [1000, 10000, 100000]) { t0 = performance.now(); show("chain " + n, D(chain(n))(S(1))); console.log((performance.now() - t0) * 1000 / n, "µs/eq") }
