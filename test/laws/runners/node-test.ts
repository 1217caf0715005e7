/** The laws inside Node's own runner; `rules.test.ts` runs this file. The third rule is wrong. */
import { Effect } from "effect"
import { describe, test } from "node:test"
import type { Tensor } from "wengert"
import { customJvp, mul, sin, square } from "wengert"
import { Laws } from "wengert/laws"

const at = Laws.tensors([[2]])
const wrong = customJvp((x: Tensor) => square(x), ([x], [dx]) => Effect.all([square(x), mul(3, mul(x, dx))]))

void describe("laws", () => {
  for (const law of [Laws.gradient(sin, at), Laws.duality(sin, at), Laws.gradient(wrong, at)]) {
    void test(law.name, () => Laws.check(law))
  }
})
