import { Effect } from "effect"
import { Tensor, Trace, trace, grad, mul, sin, sum, scan, cond, greater, tanh, matmul, softmax, log, mean } from "./src/index.ts"
const f = (x: Tensor<[3]>) => sum(mul(x, sin(x)))
const g = grad(f)
console.log(Trace.print(Effect.runSync(trace(f)(Tensor.make([1, 2, 3])))))
console.log(Trace.print(Effect.runSync(trace(g)(Tensor.make([1, 2, 3])))))
console.log(Trace.print(Effect.runSync(trace(grad((x: Tensor<[]>) => cond(greater(x, 0), () => mul(x, sin(x)), () => 0)))(Tensor.make(2)))))
console.log(Trace.print(Effect.runSync(trace((x: Tensor<[5]>) => scan((c: Tensor<[]>, v: Tensor<[]>) => Effect.map(tanh(mul(c, v)), (y) => [y, y] as const), Tensor.make(1), x))(Tensor.make([1, 2, 3, 4, 5])))))
