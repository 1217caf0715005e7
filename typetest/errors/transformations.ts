/**
 * Transformations and control flow that must not compile.
 */
import * as Effect from "effect/Effect"
import type { Tensor } from "../../src/index.ts"
import {
  add,
  cast,
  checkpoint,
  cond,
  grad,
  gradWithAux,
  greater,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  matmul,
  mul,
  scan,
  sin,
  square,
  sum,
  switchCase,
  valueAndGrad,
  vjp,
  vmap
} from "../../src/index.ts"
import type { F64 } from "../values.ts"
import { bool, bool3, int, int3, Model, scalar, single3, x23, x3, x34, x4, zeros } from "../values.ts"

interface Params {
  readonly w: F64<[3, 4]>
  readonly step: Tensor<[], "int32">
}

// ---- a result that is no float scalar

// error: NonDifferentiableError: grad requires a scalar result, got [3]; reduce it, or use jacrev
grad((x: F64<[3]>) => sin(x))(x3)
// error: NonDifferentiableError: grad requires a scalar result, got [2, 3]; reduce it, or use jacrev
grad((x: F64<[2, 3]>) =>
  Effect.gen(function*() {
    return yield* sin(x)
  })
)(x23)
// error: NonDifferentiableError: valueAndGrad requires a scalar result, got [4]; reduce it, or use jacrev
valueAndGrad((w: F64<[3, 4]>) => matmul(x3, w))(x34)
// error: NonDifferentiableError: hessian requires a scalar result, got [3]; reduce it, or use jacrev
hessian((x: F64<[3]>) => square(x))(x3)
// error: NonDifferentiableError: hvp requires a scalar result, got [3]; reduce it, or use jacrev
hvp((x: F64<[3]>) => square(x))([x3], [x3])
// error: NonDifferentiableError: gradWithAux requires a scalar result, got [3]; reduce it, or use jacrev
gradWithAux((x: F64<[3]>) => ({ value: sin(x), aux: x }))(x3)
// error: NonDifferentiableError: grad requires a float result, got bool
grad((x: F64<[]>) => greater(x, 0))(scalar)
// error: NonDifferentiableError: grad requires a float result, got int32
grad((x: F64<[]>) => cast(x, "int32"))(scalar)
// error: NonDifferentiableError: grad requires a scalar result, got a tree; use gradWithAux or jacrev
grad((x: F64<[3]>) => ({ loss: sum(x) }))(x3)
// error: NonDifferentiableError: grad requires a scalar result, got [3]; reduce it, or use jacrev
grad(grad((x: F64<[3]>) => sum(square(x))))(x3)

// ---- arguments that have no derivative

// error: NonDifferentiableError: grad requires float arguments, got int32; use argnums or cast
grad((i: Tensor<[3], "int32">) => sum(cast(i, "float64")))(int3)
// error: NonDifferentiableError: grad requires float arguments, got bool; use argnums or cast
grad((m: Tensor<[3], "bool">, x: F64<[3]>) => sum(mul(cast(m, "float64"), x)))(bool3, x3)
// error: NonDifferentiableError: grad requires float arguments, got int32; use argnums or cast
grad((x: F64<[3]>, i: Tensor<[], "int32">) => sum(mul(x, cast(i, "float64"))), { argnums: 1 })(x3, int)
// error: NonDifferentiableError: grad requires float arguments, got int32; use argnums or cast
grad((p: Params, x: F64<[3]>) => sum(matmul(x, p.w)))({ w: x34, step: int }, x3)
// error: NonDifferentiableError: jacrev requires float arguments, got int32; use argnums or cast
jacrev((i: Tensor<[3], "int32">) => cast(i, "float64"))(int3)
// error: requires float arguments, got int32; use argnums or cast
jacfwd((x: F64<[3]>, i: Tensor<[3], "int32">) => mul(x, cast(i, "float64")), { argnums: [0, 1] })(x3, int3)
// error: NonDifferentiableError: vjp requires float arguments, got int32; use argnums or cast
vjp((i: Tensor<[3], "int32">) => cast(i, "float64"), int3)
// error: NonDifferentiableError: linearize requires float arguments, got bool; use argnums or cast
linearize((x: F64<[3]>, m: Tensor<[3], "bool">) => mul(x, cast(m, "float64")), x3, bool3)
// error: AxisError: grad: argnums 2 is out of range for 2 arguments
grad((x: F64<[3]>, y: F64<[3]>) => sum(mul(x, y)), { argnums: 2 })(x3, x3)
// error: AxisError: jacrev: argnums 1 is out of range for 1 arguments
jacrev((x: F64<[3]>) => sin(x), { argnums: [0, 1] })(x3)

// ---- what is no program, or no tree

// error: TreeLeafError: grad requires trees of tensors (records, tuples, arrays), got a string at args[0].name; close over it
grad((p: { readonly w: F64<[3]>; readonly name: string }) => sum(p.w))({ w: x3, name: "w" })
// error: TreeLeafError: vmap requires trees of tensors (records, tuples, arrays), got a boolean at args[1][]; close over it
vmap((x: F64<[3]>, flags: ReadonlyArray<boolean>) => flags.length > 1 ? sum(x) : 0)(x23, [true])
// error: TreeLeafError: jit requires trees of tensors (records, tuples, arrays), got a function or a method at args[0].size
jit((model: Model) => sum(model.w))(new Model())
// error: TreeLeafError: grad requires a program that gives an Effect or tensors, got an async function; make an Effect of it
grad(async (x: F64<[3]>) => x)(x3)
// error: TreeLeafError: jvp requires a program that gives an Effect or tensors, got an async function; make an Effect of it
jvp(async (x: F64<[3]>) => x, [x3], [x3])
// error: NonDifferentiableError: grad requires a float result, got int32
grad((i: Tensor<[3], "int32">) => sum(i))(int3)

// ---- options

// error: 'argnum' does not exist in type
grad((x: F64<[3]>) => sum(x), { argnum: 0 })
// error: Type '"zeros"' is not assignable to type
grad((x: F64<[3]>) => sum(x), { unconnected: "zeros" })

// ---- the program that comes out takes what the given one took

// error: 'Tensor<[4], "float64">' is not assignable to parameter of type 'F64<[3]>'
grad((x: F64<[3]>) => sum(x))(x4)
// error: 'Tensor<[3], "float32">' is not assignable to parameter of type 'F64<[3]>'
jit((x: F64<[3]>) => sin(x))(single3)
// error: 'Tensor<[2, 3], "float64">' is not assignable to parameter of type 'F64<[3]>'
checkpoint((x: F64<[3]>) => sin(x))(x23)
// error: Expected 2 arguments, but got 1
grad((x: F64<[3]>, y: F64<[3]>) => sum(mul(x, y)))(x3)
// error: not assignable to parameter of type 'F64<[3]>'
grad((x: F64<[3]>) => sum(x))([1, 2, 3])
// error: ShapeError: add: cannot broadcast [3] with [4]
grad((x: F64<[3]>) => sum(add(x, x4)))(x3)
// error: ShapeError: add: cannot broadcast [3] with [4]
add(grad((x: F64<[3]>) => sum(square(x)))(x3), x4)
// error: Property 'v' is missing in type
grad((p: { readonly w: F64<[3]>; readonly v: F64<[3]> }) => sum(add(p.w, p.v)))({ w: x3 })

// error: an Effect inside of the result has errors or services of its own; yield* it
jit((x: F64<[3]>) => Effect.succeed({ x, y: Effect.fail("late" as const) }))(x3)

// ---- forward mode

// error: Type 'Tensor<[4], "float64">' is not assignable to type
jvp((x: F64<[3]>) => sin(x), [x3], [x4])
// error: Type 'Tensor<[4], "float64">' is not assignable to type
jvp((x: F64<[3]>) => sin(x), [x4], [x3])
// error: Source has 2 element(s) but target allows only 1
jvp((x: F64<[3]>) => sin(x), [x3], [x3, x3])
// error: Type 'Tensor<[4], "float64">' is not assignable to type 'F64<[3]>'
hvp((x: F64<[3]>) => sum(square(x)))([x4], [x3])
// error: 'Tensor<[4], "float64">' is not assignable to parameter of type
Effect.flatMap(vjp((x: F64<[3]>) => sin(x), x3), ([, pullback]) => pullback(x4))
// error: 'Tensor<[4], "float64">' is not assignable to parameter of type
Effect.flatMap(linearize((x: F64<[3]>) => sin(x), x3), ([, pushforward]) => pushforward(x4))

// ---- batches

// error: not assignable to parameter of type 'Tensor<[3, 3], "float64">'
vmap((x: F64<[3]>) => sum(x))(x34)
// error: not assignable to parameter of type 'Tensor<[3, 4], "float64">'
vmap((w: F64<[4]>, x: F64<[4]>) => sum(mul(w, x)))(x34, zeros([5, 4]))
// error: TreeMismatchError: vmap: 1 inAxes for 2 arguments
vmap((x: F64<[3]>, y: F64<[3]>) => mul(x, y), { inAxes: [0] })(x23, x23)
// error: AxisError: vmap: no argument has a batch axis
vmap((x: F64<[3]>, y: F64<[3]>) => mul(x, y), { inAxes: [null, null] })(x3, x3)
// error: AxisError: vmap: no argument has a batch axis
vmap((x: F64<[3]>) => sin(x), { inAxes: null })(x3)
// error: ShapeError: mul: cannot broadcast [3] with [4]
vmap((x: F64<[3]>) => mul(x, x4))(x23)

// ---- branches

// error: ShapeError: cond: the branches give [3] and [4]
cond(bool, () => x3, () => x4)
// error: ShapeError: cond: the branches give [3] and []
cond(bool, () => sin(x3), () => 0)
// error: TreeMismatchError: cond: the branches give float64 and float32
cond(bool, () => x3, () => single3)
// error: ShapeError: cond: the branches give [3] and [4] at result.a
cond(bool, () => ({ a: x3, b: x4 }), () => ({ a: sin(x4), b: x4 }))
// error: ShapeError: cond: the branches give [3] and [4] at result[1]
cond(bool, () => [x3, x3], () => [x3, x4])
// error: TreeMismatchError: cond: the branches give a tensor and a tree
cond(bool, () => x3, () => ({ a: x3 }))
// error: TreeMismatchError: cond: the branches give 1 and 2 items
cond(bool, () => [x3], () => [x3, x3])
// error: TreeMismatchError: cond: the branches give records without and with 'b'
cond(bool, () => ({ a: x3 }), () => ({ b: x3 }))
// error: DTypeError: cond requires a bool dtype, got float64; use cast
cond(scalar, () => x3, () => x3)
// error: DTypeError: cond requires a scalar predicate, got [3]
cond(bool3, () => x3, () => x3)
// error: DTypeError: cond requires a bool dtype, got a number; compare it
cond(1, () => x3, () => x3)
// error: ShapeError: switchCase: the branches give [3] and [4]
switchCase(int, [() => x3, () => sin(x4)])
// error: ShapeError: switchCase: the branches give [3] and [2, 3]
switchCase(int, [() => x3, () => x3, () => x23])
// error: DTypeError: switchCase requires a int32 dtype, got bool; use cast
switchCase(bool, [() => x3, () => x3])
// error: DTypeError: switchCase requires a scalar index, got [3]
switchCase(int3, [() => x3, () => x3])

// ---- loops

// error: TreeMismatchError: scan: the carry before and after a step is [3] and [2, 3]
scan((carry, x) => [add(carry, x), x], x3, zeros([10, 2, 3]))
// error: TreeMismatchError: scan: the carry before and after a step is float64 and float32
scan((_, x) => [x, x], x3, zeros([10, 3], "float32"))
// error: TreeMismatchError: scan: the carry before and after a step is a tensor and a tree
scan((carry, x) => [{ carry }, x], x3, zeros([10, 3]))
// error: ShapeError: add: cannot broadcast [3] with [4]
scan((carry, x) => [carry, add(carry, x)], x3, zeros([10, 4]))
