import { Effect, Option } from "effect"
import { Tensor, add, mul, sin, cos, exp, sum, grad, div, where, greater, less, sqrt, jacrev, hessian, vmap, jvp, vjp, tanh, sub, customJvp, customVjp, fixedPoint, implicitRoot, residuals, whileLoop, max, abs, log, logicalAnd, neg } from "./src/index.ts"
const run = Effect.runSync as any
const T = (...v: number[]) => Tensor.make(v) as any
const S = (v: number) => Tensor.make(v) as any
const show = (l: string, e: any) => { try { console.log(l, run(e)) } catch (x: any) { console.log(l, "ERR", x._tag, x.message, x._tag ? "" : x.stack) } }
const G = grad as any
const mysin: any = (customJvp as any)((x: any) => sin(x), (([x]: any, [dx]: any) => Effect.gen(function*() { return [yield* mysin(x), yield* mul(dx, mul(2, cos(x))) as any] })))
show("2cos", G(mysin)(S(1))); show("-2sin", G(G(mysin))(S(1))); show("vm", (vmap as any)(G(mysin))(T(1, 2)))
show("jvp", (jvp as any)(mysin, [S(1)], [S(1)]))
const cv: any = (customVjp as any)((x: any, w: any) => mul(sin(x), w), (x: any, w: any) => Effect.map(cv(x, w), (y: any) => [y, { x, w }]), ({ x, w }: any, ct: any) => Effect.gen(function*() { return [yield* mul(ct, mul(w, mul(3, cos(x)))) as any, yield* mul(ct, sin(x)) as any] }))
show("cv", G(cv, { argnums: [0, 1] })(S(1), S(2))); show("cv2", G(G(cv))(S(1), S(2))); show("cv vmap", (vmap as any)(G(cv, { argnums: [0, 1] }), { inAxes: [0, null] })(T(1, 2), S(2)))
show("grad of vmap", G((w: any) => sum((vmap as any)((x: any) => cv(x, w))(T(1, 2))))(S(2)))
show("cv jvp", (jvp as any)(cv, [S(1), S(2)], [S(1), S(0)]))
show("bad tree", G((customJvp as any)((x: any) => sin(x), ([x]: any, [dx]: any) => Effect.succeed([{ a: x }, dx])))(S(1)))
show("bad shape", G((customJvp as any)((x: any) => sin(x), ([x]: any, [dx]: any) => Effect.succeed([x, T(1, 2)])))(S(1)))
show("bad ct", G((customVjp as any)((x: any) => sin(x), (x: any) => Effect.succeed([x, []]), (_: any, ct: any) => Effect.succeed([T(1, 2)])))(S(1)))
show("closed", G((w: any) => (customJvp as any)((x: any) => mul(x, w), ([x]: any, [dx]: any) => Effect.succeed([x, dx]))(S(1)))(S(2)))
show("nondiff", G((customJvp as any)((x: any, n: any) => mul(x, n.k), ([x, n]: any, [dx]: any) => Effect.gen(function*() { return [yield* mul(x, n.k) as any, yield* mul(dx, 100) as any] }), { nonDifferentiable: [1] }))(S(1), { k: 3, f: () => 1 }))
// fixed point: x = cos(a x)
const iterate = (step: any, start: any) => Effect.map((whileLoop as any)(({ x, y, n }: any) => logicalAnd(greater(abs(sub(x, y)), 1e-14), less(n, 500)), ({ y, n }: any) => Effect.gen(function*() { return { x: y, y: yield* step(y), n: yield* add(n, 1) as any } }), { x: start, y: add(start, 1), n: 0 }), ({ y }: any) => y)
const fp = (fixedPoint as any)((x: any, a: any) => cos(mul(a, x)), iterate)
const sol = (a: any) => fp(S(0.5), a)
show("fp", sol(S(0.5))); show("fp'", G(sol)(S(0.5))); show("fp''", G(G(sol))(S(0.5)))
const unr = (a: any) => Effect.gen(function*() { let x: any = S(0.5); for (let i = 0; i < 80; i++) x = yield* cos(mul(a, x)) as any; return x })
show("unr", unr(S(.5)) as any); show("unr'", G(unr)(S(0.5))); show("unr''", G(G(unr))(S(0.5)))
const newton = (r: any, x0: any) => Effect.map((whileLoop as any)(({ n }: any) => less(n, 20), ({ x, n }: any) => Effect.gen(function*() { const [y, d] = yield* (jvp as any)(r, [x], [S(1)]) as any; return { x: yield* sub(x, div(y, d)) as any, n: yield* add(n, 1) as any } }), { x: x0, n: 0 }), ({ x }: any) => x)
const root = (implicitRoot as any)((x: any, a: any) => sub(mul(x, x), a), newton)
const rt = (a: any) => root(S(1), a)
show("sqrt2", rt(S(2))); show("'", G(rt)(S(2))); show("''", G(G(rt))(S(2))); show("'''", G(G(G(rt)))(S(2)))
show("res", (residuals as any)((w: any, x: any) => sum(mul(tanh(mul(w, x)), exp(x))))(T(1, 2), T(3, 4)))
