/**
 * Einstein summation in types: the equation is parsed, every label is bound to a dim, and the output is read off.
 *
 * Equations that are not literal, or that use `...`, give an unknown shape.
 */
import type { Shape } from "../core/shape.ts"
import type { Box, IsFound, IsNever, Refuse, Show } from "./check.ts"
import type { SameDim } from "./shape.ts"

/** What the labels stand for. */
type Labels = { readonly [label: string]: number }

/** A mistake, and what is to be said about it. */
interface Mistake<Sentence extends string> {
  readonly mistake: Sentence
}

/** The shape of the result; unknown where the equation or its operands are. */
export type Einsum<Equation extends string, Ss> = Evaluate<Equation, Ss> extends infer R ? R extends Shape ? R : Shape
  : Shape

/** `Arg`, unless the equation does not fit the operands. */
export type CheckEinsum<Equation extends string, Ss extends ReadonlyArray<Shape>, Arg> =
  IsFound<Sentence<Evaluate<Equation, Ss>>> extends true
    ? Refuse<Ss, `ShapeError: einsum ${Equation}: ${Sentence<Evaluate<Equation, Ss>>}`, Arg>
    : Arg

type Sentence<R> = R extends Mistake<infer S> ? S : never

type Evaluate<Equation extends string, Ss> = string extends Equation ? Shape
  : Equation extends `${string}...${string}` ? Shape
  : WithoutSpaces<Equation> extends `${infer Inputs}->${infer Output}` ? Finish<Output, BindAll<Inputs, Ss>>
  : WithoutSpaces<Equation> extends infer Inputs extends string ? Finish<Implicit<Inputs>, BindAll<Inputs, Ss>>
  : never

type WithoutSpaces<Text extends string> = Text extends `${infer Before} ${infer After}`
  ? WithoutSpaces<`${Before}${After}`>
  : Text

/** Without `->`, the output is what occurs once, in alphabetical order. */
type Implicit<
  Inputs extends string,
  Rest extends string = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
  Output extends string = ""
> = Rest extends `${infer Label}${infer Others}` ? Implicit<
    Inputs,
    Others,
    Inputs extends `${string}${Label}${infer After}`
      ? After extends `${string}${Label}${string}` ? Output : `${Output}${Label}`
      : Output
  >
  : Output

/** Binds the labels of all operands, or gives the first mistake. */
type BindAll<Inputs extends string, Ss, Bound extends Labels = {}> = Ss extends
  readonly [infer Head extends Shape, ...infer Tail]
  ? Inputs extends `${infer Subscripts},${infer Others}`
    ? Tail extends readonly [] ? Mistake<"more subscripts than operands">
    : BindNext<Bind<Subscripts, Head, Bound, Head>, Others, Tail>
  : Tail extends readonly [] ? Bind<Inputs, Head, Bound, Head>
  : Mistake<"fewer subscripts than operands">
  : Shape

type BindNext<Bound, Inputs extends string, Ss> = Bound extends Labels ? BindAll<Inputs, Ss, Bound> : Bound

/** Binds the labels of one operand of shape `Whole`, axis by axis. */
type Bind<Subscripts extends string, S extends Shape, Bound extends Labels, Whole extends Shape> = number extends
  S["length"] ? BindUnknown<Subscripts, Bound>
  : Subscripts extends `${infer Label}${infer Others}`
    ? S extends readonly [infer D extends number, ...infer Tail extends Shape]
      ? Label extends keyof Bound
        ? IsNever<SameDim<D, Bound[Label]>> extends true ? Mistake<`label ${Label} is both ${Bound[Label]} and ${D}`>
        : Bind<Others, Tail, Rebind<Bound, Label, SameDim<D, Bound[Label]>>, Whole>
      : Bind<Others, Tail, Bound & { readonly [L in Label]: D }, Whole>
    : Mistake<`more labels than axes of ${Show<Whole>}`>
  : S extends readonly [] ? Bound
  : Mistake<`fewer labels than axes of ${Show<Whole>}`>

/** A label that is known better now. */
type Rebind<Bound extends Labels, Label extends string, D extends number> = Box<Bound[Label]> extends Box<D> ? Bound
  : { readonly [L in keyof Bound & string]: L extends Label ? D : Bound[L] }

/** The operand's rank is unknown: its labels are, too, unless another operand binds them. */
type BindUnknown<Subscripts extends string, Bound extends Labels> = Subscripts extends `${infer Label}${infer Others}`
  ? BindUnknown<Others, Label extends keyof Bound ? Bound : Bound & { readonly [L in Label]: number }>
  : Bound

type Finish<Output extends string, Bound> = Bound extends Labels ? Read<Output, Bound> : Bound

/** The dims of the output labels, each of which occurs once. */
type Read<Output extends string, Bound extends Labels, Dims extends Array<number> = []> = Output extends
  `${infer Label}${infer Others}`
  ? Label extends keyof Bound
    ? Others extends `${string}${Label}${string}` ? Mistake<`output label ${Label} is given twice`>
    : Read<Others, Bound, [...Dims, Bound[Label]]>
  : Mistake<`output label ${Label} is in no operand`>
  : Dims
