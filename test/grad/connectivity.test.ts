/**
 * What depends on what is the same however a program is written and run; and a decision that is not known is an error
 * where it matters, never another answer.
 */
import { Effect, Option } from "effect"
import { describe, expect, it } from "vitest"
import {
  add,
  checkpoint,
  cond,
  customJvp,
  floor,
  forLoop,
  grad,
  greater,
  jit,
  mul,
  primitives,
  scan,
  sin,
  stopGradient,
  switchCase,
  Tensor,
  trace,
  vmap,
  where,
  whileLoop
} from "wengert"
import type { Primitive } from "../../src/core/primitive.ts"

type Scalar = Tensor<[]>
type F = (x: Scalar, y: Scalar) => Effect.Effect<Scalar, any>

const run = <A>(effect: Effect.Effect<A, unknown>): A => Effect.runSync(effect)

/** Which of the two arguments are connected. */
const connected = (f: F, x: number, y: number): ReadonlyArray<boolean> =>
  run(grad(f, { argnums: [0, 1], unconnected: "none" })(Tensor.make(x), Tensor.make(y))).map((o) => Option.isSome(o))

const programs: { readonly [name: string]: { readonly f: F; readonly at: ReadonlyArray<readonly [number, number]> } } =
  {
    product: { f: (x, y) => mul(x, y), at: [[2, 3]] },
    "one argument": { f: (x) => sin(x), at: [[2, 3]] },
    "stopped": { f: (x, y) => mul(stopGradient(x), y), at: [[2, 3]] },
    "steps": { f: (x, y) => add(floor(x), y), at: [[2, 3]] },
    "a branch": { f: (x, y) => cond(greater(x, 0), () => mul(x, y), () => 0), at: [[2, 3], [-1, 3]] },
    "one side each": { f: (x, y) => cond(greater(x, 0), () => sin(x), () => sin(y)), at: [[2, 3], [-1, 3]] },
    "three branches": {
      f: (x, y) =>
        switchCase(where(greater(x, 0), Tensor.make(2, { dtype: "int32" }), Tensor.make(0, { dtype: "int32" })), [
          () => y,
          () => 0,
          () => mul(x, y)
        ]) as any,
      at: [[2, 3], [-1, 3]]
    },
    "a branch in a loop": {
      f: (x, y) =>
        forLoop(0, 3, (i, c: Scalar) => cond(greater(x, 1), () => mul(c, y), () => c), x) as Effect.Effect<Scalar, any>,
      at: [[2, 3], [0.5, 3]]
    },
    "a bounded while": {
      f: (x, y) =>
        whileLoop((c: Scalar) => greater(8, c), (c) => mul(c, y), x, { maxSteps: 5 }) as Effect.Effect<Scalar, any>,
      at: [[2, 3], [9, 3]]
    }
  }

/** The same program, written or run otherwise. */
const disguises: { readonly [name: string]: (f: F) => F } = {
  "jit(f)": (f) => jit(f) as F,
  "checkpoint(f)": (f) => checkpoint(f) as F,
  "a scan of one step": (f) => (x, y) =>
    Effect.map(
      scan((_c: Scalar) => Effect.map(f(x, y), (z) => [z, []] as const), x, null, { length: 1 }) as any,
      ([z]: any) => z
    ),
  "a host loop": (f) => (x, y) =>
    Effect.gen(function*() {
      let z = x
      for (let i = 0; i < 1; i++) z = yield* f(x, y)
      return z
    }),
  "a branch that is taken": (f) => (x, y) => cond(greater(1, 0), () => f(x, y), () => 0) as any,
  "twice": (f) => (x, y) => add(f(x, y), f(x, y)) as any
}

describe("connectivity is that of the program", () => {
  for (const [name, { at, f }] of Object.entries(programs)) {
    for (const [x, y] of at) {
      it.each(Object.entries(disguises))(`${name} at ${x}, ${y}: plainly as in %s`, (_, disguise) => {
        expect(connected(disguise(f), x, y)).toEqual(connected(f, x, y))
      })
    }
  }

  it("is what mathematics says", () => {
    expect(connected(programs["one side each"]!.f, 2, 3)).toEqual([true, false])
    expect(connected(programs["one side each"]!.f, -1, 3)).toEqual([false, true])
    expect(connected(programs["stopped"]!.f, 2, 3)).toEqual([false, true])
    expect(connected(programs["steps"]!.f, 2, 3)).toEqual([false, true])
    expect(connected(programs["three branches"]!.f, -1, 3)).toEqual([false, true])
    expect(connected(programs["a branch in a loop"]!.f, 0.5, 3)).toEqual([true, false])
    expect(connected(programs["a bounded while"]!.f, 9, 3)).toEqual([true, false])
  })

  it("is that of the rule in a custom function", () => {
    const straight = customJvp(
      (x: Scalar) => floor(x) as Effect.Effect<Scalar, any>,
      ([x], [dx]) => Effect.map(floor(x), (y) => [y, dx] as const) as any
    )
    expect(connected((x, y) => mul(straight(x), y) as any, 2.5, 3)).toEqual([true, true])
  })
})

describe("a decision that is not known", () => {
  const branch: F = (x, y) => cond(greater(x, 0), () => mul(x, y), () => 0) as any
  const wanted = { argnums: [0, 1], unconnected: "error" } as const
  const tag = (effect: Effect.Effect<unknown, any, any>) =>
    run(Effect.match(effect, { onFailure: (e) => e._tag, onSuccess: () => "fine" }) as Effect.Effect<string>)

  it("is a typed error under jit, vmap and trace where its answers connect differently", () => {
    const [x, y] = [Tensor.make(-1), Tensor.make(3)]
    const [xs, ys] = [Tensor.make([-1, 1]), Tensor.make([3, 3])]
    expect(tag(grad(branch, wanted)(x, y))).toBe("UnconnectedGradientError")
    expect(tag(jit(grad(branch, wanted) as any)(x, y))).toBe("TracedValueError")
    expect(tag(trace(grad(branch, wanted))(Tensor.spec([]), Tensor.spec([])))).toBe("TracedValueError")
    expect(tag(vmap((x: Scalar, y: Scalar) => grad(branch, wanted)(x, y) as any)(xs, ys))).toBe("TracedValueError")
  })

  it("says what to do", () => {
    const failure = Effect.flip(jit(grad(branch, wanted) as any)(Tensor.make(-1), Tensor.make(3)))
    expect(run(failure as Effect.Effect<any>).message).toContain(`unconnected: "zero"`)
  })

  it("does not matter where its answers connect alike", () => {
    const both: F = (x, y) => cond(greater(x, 0), () => mul(x, y), () => add(x, y)) as any
    expect(tag(jit(grad(both, wanted) as any)(Tensor.make(-1), Tensor.make(3)))).toBe("fine")
    const loop: F = (x, y) =>
      whileLoop((c: Scalar) => greater(8, c), (c) => mul(c, c), mul(x, y) as any, { maxSteps: 3 }) as any
    expect(tag(jit(grad(loop, wanted) as any)(Tensor.make(1.5), Tensor.make(3)))).toBe("fine")
  })
})

describe("barriers", () => {
  it("every primitive has a derivative, or says why it has none", () => {
    for (const primitive of Object.values<Primitive>(primitives)) {
      const derivative = primitive.jvp !== undefined || primitive.forward !== undefined
      expect([primitive.name, derivative, primitive.barrier !== undefined]).toEqual([
        primitive.name,
        derivative,
        !derivative
      ])
    }
  })

  it("stopGradient stops, and nothing else does", () => {
    const stops = Object.values<Primitive>(primitives).filter((p) => p.barrier === "stops")
    expect(stops.map((p) => p.name)).toEqual(["stopGradient"])
  })

  it("every primitive that transposes says in what it is linear", () => {
    // a custom function is replaced by its rule before anything is transposed
    const { customJvp, customVjp, ...others } = primitives
    expect([customJvp.linear, customVjp.linear]).toEqual(["lists", "lists"])
    for (const primitive of Object.values<Primitive>(others)) {
      expect([primitive.name, primitive.linear !== undefined]).toEqual([
        primitive.name,
        primitive.transpose !== undefined
      ])
    }
  })
})

describe("long work", () => {
  const forever = whileLoop((c: Scalar) => greater(c, 0), (c) => add(c, 1), Tensor.make(1)) as Effect.Effect<
    Scalar,
    any
  >
  const programs: { readonly [name: string]: Effect.Effect<unknown, any> } = {
    "a loop": forever,
    "a loop in a compiled list": jit((x: Scalar) => mul(x, forever as any))(Tensor.make(1)),
    "a loop in a loop": scan((_c: Scalar) => Effect.map(forever, (z) => [z, []] as const), Tensor.make(1), null, {
      length: 3
    }) as Effect.Effect<unknown, any>
  }
  it.each(Object.entries(programs))("%s is interrupted", async (_, program) => {
    const result = await Effect.runPromise(Effect.timeoutOption(program, "50 millis"))
    expect(Option.isNone(result)).toBe(true)
  }, 30_000)
})
