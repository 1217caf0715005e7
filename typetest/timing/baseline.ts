/** What every program loads: the package and Effect, without a program. */
export * as Effect from "effect/Effect"
export { add } from "../surface.ts"
