import { Effect } from "effect"
import { Tensor, add, mul, slice, grad, sum, log, max, maximum, sqrt, diagonal, take, gather, sort, vmap } from "./src/index.ts"
const run = Effect.runSync as any, G = grad as any
const T = (v: any) => Tensor.make(v) as any
console.log(run(G((x: any) => sum(slice(log(x) as any, [0, 1]) as any))(T([1, 0]))), run(G((x: any) => sum(take(log(x), T([0]) && Tensor.make([0, 0], { dtype: "int32" }))))(T([1, 0]))))
console.log(run(G((x: any) => max(sqrt(x)))(T([0, 4, 4]))), run(G((x: any) => sum(maximum(sqrt(x), 1)))(T([0, 1, 4]))))
console.log(run(G((x: any) => sum(slice(sort(sqrt(x) as any) as any, [1, 3]) as any))(T([4, 0, 9]))))
console.log(run(G((x: any) => sum(mul(T([0, 1]), log(x))))(T([0, 1]))))
