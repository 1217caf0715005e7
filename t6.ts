import { Effect } from "effect"
import { Tensor, add, mul, associativeScan, cumsum, grad, sum, sub } from "./src/index.ts"
const run = Effect.runSync as any
for (const n of [1, 2, 3, 5, 8, 13]) { const x = Tensor.make(Array.from({ length: n }, (_, i) => i + 1)) as any; console.log(run((associativeScan as any)(add, x)), run((associativeScan as any)(add, x, { reverse: true }))) }
// linear recurrence h = a h + b as tree
const comb = (p: any, q: any) => Effect.gen(function*() { return { a: yield* mul(q.a, p.a) as any, b: yield* add(mul(q.a, p.b), q.b) as any } })
console.log(run((associativeScan as any)(comb, { a: Tensor.make([.5, .5, .5, .5]), b: Tensor.make([1, 1, 1, 1]) })))
console.log(run(grad(((x: any) => sum((associativeScan as any)(mul, x))) as any)(Tensor.make([2, 0, 3]) as any)))
