import { grad, sum, jit, vmap, jacrev, jvp, vjp, sin, softplus, prod, mul, valueAndGrad, add, mean } from "../src/index.ts"
import { x3, x23 } from "./values.ts"
export const a: 1 = grad(sum)(x3)
export const a2: 1 = grad(mean)(x3)
export const b: 1 = jit(softplus)(x3)
export const c: 1 = jacrev(softplus)(x3)
export const d: 1 = vmap(softplus)(x23)
export const e: 1 = jvp(softplus, [x3], [x3])
export const f: 1 = vjp(softplus, x3)
export const g: 1 = vmap(prod)(x23)
export const h: 1 = jvp(sin, [x3], [x3])
export const i: 1 = jit(add)(x3, 1)
export const j: 1 = jacrev(sin)(x3)
