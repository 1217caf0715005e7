import { Effect } from "effect"
import { fromData, scalar } from "./src/core/tensor.ts"
import { add, mul, sin, exp, sum, grad, div, where, greater, less, sqrt, cond, jacfwd, jacrev, hessian, hvp, vmap, jvp, tanh, scan, forLoop, whileLoop, map, checkpoint, sub } from "./src/index.ts"
const run = Effect.runSync as any
const T = (...v: number[]) => fromData([v.length], "float64", Float64Array.from(v)) as any
const S = (v: number) => scalar("float64", v) as any
const show = (l: string, e: any) => { try { console.log(l, run(e)) } catch (x: any) { console.log(l, "ERR", x._tag, x.message, x._tag ? "" : x.stack) } }
const G = grad as any
const rnn = (w: any, xs: any, opt: any = {}) => Effect.map((scan as any)((h: any, x: any) => Effect.gen(function*() { const n = yield* tanh(add(mul(w, h), x)) as any; return [n, mul(n, n)] }), 0, xs, opt), ([h, ys]: any) => [h, ys])
const loss = (opt: any = {}) => (w: any, xs: any) => Effect.flatMap(rnn(w, xs, opt), ([h, ys]: any) => add(h, sum(ys)))
const unrolled = (n: number) => (w: any, xs: any) => Effect.gen(function*() { let h: any = 0; let s: any = 0; for (let i = 0; i < n; i++) { const x = yield* sum(mul(xs, T(...Array.from({ length: n }, (_, j) => i === j ? 1 : 0)))) as any; h = yield* tanh(add(mul(w, h), x)) as any; s = yield* add(s, mul(h, h)) as any } return yield* add(h, s) as any })
const xs = T(.1, .2, .3, .4, .5)
show("fwd", loss()(S(.5), xs)); show("unr", unrolled(5)(S(.5), xs) as any)
show("grad", G(loss(), { argnums: [0, 1] })(S(.5), xs)); show("unr", G(unrolled(5), { argnums: [0, 1] })(S(.5), xs))
show("jvp", (jvp as any)(loss(), [S(.5), xs], [S(1), T(0, 1, 0, 0, 0)])); show("unr", (jvp as any)(unrolled(5), [S(.5), xs], [S(1), T(0, 1, 0, 0, 0)]))
show("hess", (hessian as any)(loss())(S(.5), xs)); show("unr", (hessian as any)(unrolled(5))(S(.5), xs))
show("grad3", G(G(G(loss())))(S(.5), xs)); show("unr", G(G(G(unrolled(5))))(S(.5), xs))
for (const c of [1, 2, true, 3]) { show("ckpt " + c, G(loss({ checkpoint: c }), { argnums: [0, 1] })(S(.5), xs)); show("ckpt2 " + c, G(G(loss({ checkpoint: c })))(S(.5), xs)) }
show("rev", G(loss({ reverse: true }))(S(.5), xs)); show("rev ck", G(loss({ reverse: true, checkpoint: 2 }))(S(.5), xs))
show("vmap", (vmap as any)(G(loss()), { inAxes: [0, null] })(T(.5, .6), xs))
show("G .6", G(loss())(S(.6), xs))
show("vmap xs", (vmap as any)(loss(), { inAxes: [null, 0] })(S(.5), fromData([2, 2], "float64", Float64Array.of(.1, .2, .3, .4))))
show("for", G((x: any) => (forLoop as any)(0, 5, (i: any, c: any) => mul(c, x), 1))(S(2)))
const wl = (x: any, o?: any) => (whileLoop as any)((c: any) => less(c, 100), (c: any) => mul(c, x), S(1), o)
show("while", wl(S(3))); show("while jvp", (jvp as any)(wl, [S(3)], [S(1)])); show("while grad", G((x: any) => wl(x))(S(3))); show("while grad max", G((x: any) => wl(x, { maxSteps: 10 }))(S(3)))
show("vmap while", (vmap as any)((x: any) => wl(x))(T(3, 2, 10)))
show("map", (map as any)((x: any) => mul(x, 2), xs))
show("ckpt f", G(G((x: any) => (checkpoint as any)((y: any) => sin(mul(y, sin(y))))(x)))(S(1))); show("no ck", G(G((x: any) => sin(mul(x, sin(x)))))(S(1)))
show("ckpt closure", G((x: any) => (checkpoint as any)((y: any) => sin(mul(y, x)))(x))(S(1))); 
show("ckpt dots", G((x: any) => (checkpoint as any)((y: any) => sin(mul(y, sin(y))), { policy: (e: any) => e.primitive.name === "sin" })(x))(S(1))); show("no", G((x: any) => sin(mul(x, sin(x))))(S(1)))
show("masked scan", G((x: any) => Effect.map((scan as any)((c: any, v: any) => [add(c, where(greater(v, 0), sqrt(v), 0)), 0], 0, x), ([c]: any) => c))(T(0, 1, 4)))
let gg: any = (x: any) => Effect.flatMap((scan as any)((c: any, v: any) => [mul(c, where(greater(v, 0), sqrt(v), 1)), 0], 1, x), ([c]: any) => sum(c))
for (let i = 0; i < 3; i++) { const h = gg; show("masked scan mul " + i, G(h)(T(0, 1, 4))); const k = G(h); gg = (x: any) => sum(k(x)) }
for (const n of [1000, 100000]) { const t0 = performance.now(); show("long scan", Effect.map(G(loss())(S(.5), fromData([n], "float64", new Float64Array(n).fill(.1))), (g: any) => g)); console.log(n, (performance.now() - t0).toFixed(0), "ms") }
