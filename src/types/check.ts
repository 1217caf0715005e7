/**
 * How the compiler refuses a program.
 *
 * A rule computes a shape from its operands' shapes and marks what does not fit with `never`. A parameter's type is then
 * a sentence instead of the argument's own type, and as no argument is assignable to a sentence, the compiler quotes it:
 *
 *     Argument of type 'Tensor<[4]>' is not assignable to parameter of type '"ShapeError: add: cannot broadcast …"'.
 *
 * Such a parameter type always has the form `IsBad<…> extends true ? Refuse<…> : Arg`, where `Arg` is the type parameter
 * that TypeScript infers from the argument.
 */
import type { Shape } from "../core/shape.ts"

/**
 * An invariant box. `Box<A> extends Box<B>` asks for equality, and TypeScript answers it at once even when A and B hold
 * type parameters (identical ones are equal), where `A extends B` would be put off until they are known.
 */
export interface Box<in out T> {
  readonly "~box": (_: T) => T
}

/** Is it `any`? That tells nothing, and is not to spread. */
export type IsAny<T> = 0 extends 1 & T ? true : false

/**
 * Is it `never`?
 *
 * Inside a generic function the verdicts here may be undecided. TypeScript accepts an argument for an undecided
 * conditional type only after proving its refusing branch dead, with every type parameter replaced by a wildcard that is
 * assignable to everything; rules hand that wildcard through. That every verdict begins by accepting it is what lets
 * generic helpers be written at all. Their callers get the actual shapes.
 */
export type IsNever<T> = Box<T> extends Box<"~wildcard"> ? false : [T] extends [never] ? true : false

/**
 * Does a rule's result say that its operands do not fit: is it `never`, or a shape with a `never` dim? Written one after
 * the other, the dims are `never` if one of them is, also beside generic ones.
 */
export type IsBad<S> = IsNever<Digest<S>>

type Digest<S, Text extends string = ""> = S extends readonly [infer Head, ...infer Tail]
  ? Digest<Tail, `${Text} ${Head & number}`>
  : Text

/** Did a search for a mistake find one: is its result something else than `never`, and decided? */
export type IsFound<X> = Box<X> extends Box<"~wildcard"> ? false : [X] extends [never] ? false : true

/**
 * The sentence, unless one of the operands' shapes had a `never` dim before: then the mistake was reported where it was
 * made, and `Arg` ends the cascade.
 */
export type Refuse<Operands extends ReadonlyArray<Shape>, Sentence extends string, Arg> = true extends
  { [K in keyof Operands]: IsBad<Operands[K]> }[number] ? Arg : Sentence

/** Is it one literal, neither `number` nor a union, so that a rule can compute with it? */
export type IsLiteral<N> = [N] extends [number] ? number extends N ? false : IsUnion<N> extends true ? false : true
  : false

type IsUnion<T, All = T> = T extends unknown ? [All] extends [T] ? false : true : never

/** `[2, 3]`, as messages show a shape; `?` for a dim and `[...]` for a rank that are known at run time only. */
export type Show<S extends Shape> = number extends S["length"] ? "[...]" : `[${ShowDims<S>}]`

type ShowDims<S extends Shape, Text extends string = ""> = S extends
  readonly [infer Head extends number, ...infer Tail extends Shape]
  ? ShowDims<Tail, Text extends "" ? ShowDim<Head> : `${Text}, ${ShowDim<Head>}`>
  : Text

type ShowDim<D extends number> = number extends D ? "?" : `${D}`
