import { Effect, Context } from "effect"
import { Tensor, add, grad, mul, sin, sum, vmap, greater, sub, cond, matmul, where, trace, CaptureSites } from "./src/index.ts"
const show = (l: string, e: any) => { try { console.log(l, (Effect.runSync as any)(e)) } catch (x: any) { console.log(l, "ERR", x._tag, x.message, x._tag ? "" : x.stack) } }
const f = (x: Tensor<[]>) => Effect.gen(function*() { let y: Tensor<[]> = x; while ((yield* Tensor.item(y)) < 100) y = yield* mul(y, x); return y })
show("host", grad(f)(Tensor.make(3))); show("2nd", grad(grad(f))(Tensor.make(3)))
show("vmap host", vmap(f)(Tensor.make([3, 2])))
let kept: any
show("leak", grad((x: Tensor<[]>) => Effect.gen(function*() { kept = yield* sin(x); return kept }))(Tensor.make(1)))
show("escaped", add(kept, 1)); show("escaped", grad((x: Tensor<[]>) => mul(x, kept) as any)(Tensor.make(1)))
class S extends Context.Service<S, { readonly k: number }>()("S") {}
show("service", Effect.provideService(grad((x: Tensor<[]>) => Effect.flatMap(S, (s) => mul(x, s.k)))(Tensor.make(1)), S, { k: 7 }))
show("site", Effect.provideService(Effect.suspend(() => Effect.gen(function*() { return yield* (add as any)(Tensor.make([1, 2]), Tensor.make([1, 2, 3])) })), CaptureSites, true))
show("dtype", (add as any)(Tensor.make([1]), Tensor.make([1], { dtype: "int32" })))
show("matmul", (matmul as any)(Tensor.make([[1, 2]]), Tensor.make([[1, 2]])))
show("grad int", (grad as any)((x: any) => sum(x))(Tensor.make([1], { dtype: "int32" })))
Effect.runPromise(grad((x: Tensor<[]>) => Effect.gen(function*() { yield* Effect.sleep(5); return yield* mul(x, x) }))(Tensor.make(3)) as any).then((x) => console.log("async", x))
