export * from "../src/index.ts"
import type { Jit } from "../src/core/typed/transformations.ts"
export const jit = ((f: unknown) => f) as Jit
