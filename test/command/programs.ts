/** What the command is asked about. */
import { add, cond, floor, greater, mul, sqrt, sum, type Tensor } from "wengert"

export const step = (x: Tensor<[]>, y: Tensor<[]>) => mul(floor(x), y)
export const product = (x: Tensor<[]>, y: Tensor<[]>) => mul(x, y)
export const branch = (x: Tensor<[]>, y: Tensor<[]>) => cond(greater(x, 0), () => mul(x, y), () => 0)
export const root = (x: Tensor) => sum(sqrt(x))
export const layer = ({ b, w }: { readonly b: Tensor; readonly w: Tensor }) => add(sum(w), sum(b))
export const wrong = (x: Tensor) => add(x, [1] as never)
export const seven = 7
