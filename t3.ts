import { Effect } from "effect"
import { fromData, scalar } from "./src/core/tensor.ts"
import { add, mul, sin, exp, sum, grad, div, where, greater, sqrt, cond, jacfwd, jacrev, hessian, hvp, vmap, linearTranspose, reshape, transpose, tanh } from "./src/index.ts"
const run = Effect.runSync as any
const T = (...v: number[]) => fromData([v.length], "float64", Float64Array.from(v)) as any
const S = (v: number) => scalar("float64", v) as any
const show = (l: string, e: any) => { try { console.log(l, run(e)) } catch (x: any) { console.log(l, "ERR", x._tag, x.message, x._tag ? "" : x.stack) } }
const f = (x: any) => sum(mul(x, mul(x, sin(x)))) as any
show("vmap grad", (vmap as any)(grad((x: any) => mul(x, mul(x,x)) as any))(T(1, 2, 3)))
show("jacfwd sqrt at 0", (jacfwd as any)((x: any) => sqrt(x))(T(0, 1, 4)))
show("jacrev sqrt at 0", (jacrev as any)((x: any) => sqrt(x))(T(0, 1, 4)))
show("hess", (hessian as any)(f)(T(1, 2)))
show("hess sqrt", (hessian as any)((x: any) => sum(where(greater(x, 0), sqrt(x), 0)))(T(0, 1)))
show("hvp", (hvp as any)(f)([T(1, 2)], [T(1, 0)]))
show("vmap cond", (vmap as any)((x: any) => cond(greater(x, 0), () => sqrt(x), () => mul(x, 2)))(T(4, -1, 0)))
show("vmap grad cond", (vmap as any)(grad(((x: any) => cond(greater(x, 0), () => sqrt(x), () => 0)) as any))(T(4, -1, 0)))
show("vmap axes", (vmap as any)((x: any, y: any) => mul(x, y), { inAxes: [0, null], outAxes: 1 })(T(1, 2, 3), T(10, 20)))
show("vmap err", (vmap as any)((x: any, y: any) => mul(x, y))(T(1, 2, 3), T(10, 20)))
show("lt", (linearTranspose as any)((x: any) => mul(transpose(reshape(x, [2, 2])), 3), T(0, 0, 0, 0))(fromData([2, 2], "float64", Float64Array.of(1, 2, 3, 4))))
show("lt err", (linearTranspose as any)((x: any) => mul(x, x), T(0, 0))(T(1, 2)))
show("lt err2", (linearTranspose as any)((x: any) => add(x, 1), T(0, 0))(T(1, 2)))
show("nest", (vmap as any)((x: any) => (hessian as any)((y: any) => mul(sum(mul(y, y)), x))(T(1, 2)))(T(1, 2)))
show("grad vmap", grad(((x: any) => sum((vmap as any)((y: any) => mul(tanh(y), sum(x)))(x))) as any)(T(1, 2)))
