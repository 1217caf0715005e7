/** The laws in a plain script; `rules.test.ts` runs this file. */
import { Effect } from "effect"
import type { Tensor } from "wengert"
import { customJvp, mul, square } from "wengert"
import { Laws } from "wengert/laws"

const wrong = customJvp((x: Tensor) => square(x), ([x], [dx]) => Effect.all([square(x), mul(3, mul(x, dx))]))
console.log(JSON.stringify(Laws.verdicts(Laws.customRule(wrong, Laws.tensors([[2]]), { runs: 1 }))))
