/**
 * Arithmetic on literal dims, as one learns it at school: on decimal digits, from the right, with carry and borrow.
 *
 * TypeScript has no numbers at the type level, but it knows the length of a tuple. A digit is therefore a tuple of that
 * length, which bounds every tuple here by 19 elements: a dim of a million costs seven steps. Dims that are known at run
 * time only (`number`) give `number`.
 */
import type { Shape } from "../core/shape.ts"

interface Tally {
  "0": []
  "1": [0]
  "2": [0, 0]
  "3": [0, 0, 0]
  "4": [0, 0, 0, 0]
  "5": [0, 0, 0, 0, 0]
  "6": [0, 0, 0, 0, 0, 0]
  "7": [0, 0, 0, 0, 0, 0, 0]
  "8": [0, 0, 0, 0, 0, 0, 0, 0]
  "9": [0, 0, 0, 0, 0, 0, 0, 0, 0]
}
type Ten = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
type Digit = keyof Tally

/** Digits from the right, so that both numbers start at the units. */
type Reverse<Text extends string, Reversed extends string = ""> = Text extends `${infer Head}${infer Tail}`
  ? Reverse<Tail, `${Head}${Reversed}`>
  : Reversed

type Digits<N extends number> = Reverse<`${N}`>

type WithoutLeadingZeros<Text extends string> = Text extends `0${infer Tail}`
  ? Tail extends "" ? "0" : WithoutLeadingZeros<Tail>
  : Text

type Parse<Text extends string> = WithoutLeadingZeros<Text> extends `${infer N extends number}` ? N : number

type FromDigits<Text extends string> = Parse<Reverse<Text>>

/** `a + b`. */
export type Add<A extends number, B extends number> = number extends A ? number
  : number extends B ? number
  : A extends 0 ? B
  : B extends 0 ? A
  : FromDigits<AddDigits<Digits<A>, Digits<B>>>

type AddDigits<A extends string, B extends string, Carry extends Array<0> = [], Sum extends string = ""> = A extends ""
  ? B extends "" ? Carry extends [] ? Sum : `${Sum}1` : AddDigits<"0", B, Carry, Sum>
  : B extends "" ? Carry extends [] ? `${Sum}${A}` : AddDigits<A, "0", Carry, Sum>
  : A extends `${infer DigitA extends Digit}${infer RestA}`
    ? B extends `${infer DigitB extends Digit}${infer RestB}`
      ? [...Tally[DigitA], ...Tally[DigitB], ...Carry] extends { readonly length: infer Total extends number }
        ? `${Total}` extends `1${infer Units extends Digit}` ? AddDigits<RestA, RestB, [0], `${Sum}${Units}`>
        : AddDigits<RestA, RestB, [], `${Sum}${Total}`>
      : never
    : never
  : never

/** `a - b`; `never` when that is negative. */
export type Sub<A extends number, B extends number> = number extends A ? number
  : number extends B ? number
  : B extends 0 ? A
  : SubDigits<Digits<A>, Digits<B>> extends infer Difference extends string
    ? [Difference] extends [never] ? never : FromDigits<Difference>
  : never

type SubDigits<A extends string, B extends string, Borrow extends Array<0> = [], Difference extends string = ""> =
  A extends `${infer DigitA extends Digit}${infer RestA}`
    ? B extends "" ? Borrow extends [] ? `${Difference}${A}` : SubDigits<A, "0", Borrow, Difference>
    : B extends `${infer DigitB extends Digit}${infer RestB}`
      ? Tally[DigitA] extends [...Tally[DigitB], ...Borrow, ...infer Rest]
        ? SubDigits<RestA, RestB, [], `${Difference}${Rest["length"]}`>
      : [...Ten, ...Tally[DigitA]] extends [...Tally[DigitB], ...Borrow, ...infer Rest]
        ? SubDigits<RestA, RestB, [0], `${Difference}${Rest["length"]}`>
      : never
    : never
    : B extends "" ? Borrow extends [] ? Difference : never
    : never

/** `a × b`. */
export type Mul<A extends number, B extends number> = number extends A ? number
  : number extends B ? number
  : A extends 1 ? B
  : B extends 1 ? A
  : FromDigits<MulDigits<Digits<A>, Digits<B>>>

/** One row per digit of `B`, each shifted by one more place. */
type MulDigits<A extends string, B extends string, Sum extends string = "0"> = B extends
  `${infer DigitB extends Digit}${infer RestB}` ? MulDigits<`0${A}`, RestB, Times<A, Tally[DigitB], Sum>>
  : Sum

/** `sum + a × n`, by adding `a` n times. */
type Times<A extends string, N extends Array<0>, Sum extends string> = N extends [0, ...infer Rest extends Array<0>]
  ? Times<A, Rest, AddDigits<Sum, A>>
  : Sum

/** Long division: `[⌊a / b⌋, a mod b]`; `undefined` when `b` is 0. */
export type DivMod<A extends number, B extends number> = number extends A ? [number, number]
  : number extends B ? [number, number]
  : B extends 0 ? undefined
  : B extends 1 ? [A, 0]
  : DivDigits<`${A}`, B>

type DivDigits<A extends string, B extends number, Quotient extends string = "", Rest extends number = 0> = A extends
  `${infer DigitA extends Digit}${infer RestA}`
  ? HowOften<Parse<`${Rest}${DigitA}`>, B> extends [infer Q extends number, infer R extends number]
    ? DivDigits<RestA, B, `${Quotient}${Q}`, R>
  : never
  : [Parse<Quotient>, Rest]

/** `[n, a - n × b]` for the largest n, which is at most 9. */
type HowOften<A extends number, B extends number, N extends Array<0> = []> = [Sub<A, B>] extends [never]
  ? [N["length"], A]
  : HowOften<Sub<A, B>, B, [...N, 0]>

/** `⌈a / b⌉`. */
export type CeilDiv<A extends number, B extends number> = DivMod<A, B> extends
  [infer Quotient extends number, infer Rest extends number] ? Rest extends 0 ? Quotient : Add<Quotient, 1>
  : number

/** The smaller of two dims. */
export type Min<A extends number, B extends number> = number extends A ? number
  : number extends B ? number
  : [Sub<A, B>] extends [never] ? A
  : B

/** A difference, or 0 where it would be negative. */
export type OrZero<N extends number> = [N] extends [never] ? 0 : N

/** Number of elements: the product of a shape's dims. */
export type Product<S extends Shape, Acc extends number = 1> = S extends
  readonly [infer Head extends number, ...infer Tail extends Shape]
  ? number extends Head ? number : Product<Tail, Mul<Acc, Head>>
  : number extends S["length"] ? number
  : Acc
