/**
 * The smallest program: what it costs to check is the price of the package and of Effect alone.
 */
import * as Effect from "effect/Effect"
import { add } from "../src/index.ts"

export const three = Effect.runSync(add(1, 2))
