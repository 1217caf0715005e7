/**
 * Arithmetic on literal dims.
 */
import type { Add, CeilDiv, DivMod, Min, Mul, Product, Sub } from "../src/types/arithmetic.ts"
import type { Equal } from "./assert.ts"
import { is } from "./assert.ts"

is<Equal<Add<0, 0>, 0>>()
is<Equal<Add<999, 1>, 1000>>()
is<Equal<Add<7, 95>, 102>>()
is<Equal<Add<1000000, 234567>, 1234567>>()
is<Equal<Add<number, 1>, number>>()
is<Equal<Sub<1000, 1>, 999>>()
is<Equal<Sub<100, 100>, 0>>()
is<Equal<Sub<3, 4>, never>>()
is<Equal<Sub<10, 200>, never>>()
is<Equal<Mul<784, 128>, 100352>>()
is<Equal<Mul<0, 5>, 0>>()
is<Equal<Mul<1, number>, number>>()
is<Equal<DivMod<784, 28>, [28, 0]>>()
is<Equal<DivMod<100353, 128>, [784, 1]>>()
is<Equal<DivMod<3, 0>, undefined>>()
is<Equal<CeilDiv<7, 2>, 4>>()
is<Equal<CeilDiv<6, 2>, 3>>()
is<Equal<Min<3, 12>, 3>>()
is<Equal<Min<12, 3>, 3>>()
is<Equal<Product<[]>, 1>>()
is<Equal<Product<[8, 12, 64, 64]>, 393216>>()
is<Equal<Product<[3, 0, 5]>, 0>>()
is<Equal<Product<[3, number]>, number>>()
