import type { Jit } from "../src/core/typed/transformations.ts"

export * from "../src/index.ts"
export const jit = ((f: unknown) => f) as Jit
