/**
 * The shape of a tensor is as well known when it is read as it is in the type, and knowing it makes no tensor less
 * assignable: what is known of one side alone is checked when the program runs.
 */
import type { Shape } from "../src/index.ts"
import { add, Tensor } from "../src/index.ts"
import type { Equal, Yield } from "./assert.ts"
import { is } from "./assert.ts"
import type { F64 } from "./values.ts"
import { type batch, type int23, unknown, x23, zeros } from "./values.ts"

const { shape } = zeros([60, 60])
is<Equal<typeof shape, [60, 60]>>()
is<Equal<typeof int23.shape, [2, 3]>>()
is<Equal<typeof batch.shape, [number, 3]>>()
is<Equal<typeof unknown.shape, Shape>>()
is<Equal<Tensor<any, any>["shape"], Shape>>()
is<Equal<Tensor<[2] | [3]>["shape"], [2] | [3]>>()
const computed = add(x23, 1)
is<Equal<Yield<typeof computed>["shape"], [2, 3]>>()

// a dim, the rank, and a tensor of the same shape
const [rows] = x23.shape
is<Equal<typeof rows, 2>>()
is<Equal<typeof x23.shape.length, 2>>()
const alike = Tensor.zeros(x23.shape)
is<Equal<typeof alike, F64<[2, 3]>>>()

// generic ones
const firstDim = <N extends number>(x: Tensor<[N, 3]>): N => x.shape[0]
const two = firstDim(x23)
is<Equal<typeof two, 2>>()
const dims = <S extends Shape>(x: Tensor<S>): ReadonlyArray<number> => x.shape
const zerosLike = <S extends Shape>(x: Tensor<S>): Tensor => Tensor.zeros(x.shape)

// what is not known fits, in both directions, and what is known to differ does not
const narrowed: Tensor<[2, 3]> = unknown
const widened: Tensor = narrowed
const batched: Tensor<[number, 3]> = narrowed
const sized: Tensor<[2, 3]> = batched
// @ts-expect-error another size
const other: Tensor<[2, 4]> = sized
// @ts-expect-error another rank
const lower: Tensor<[2]> = sized
export const values = [dims(x23), zerosLike(x23), widened, other, lower]
