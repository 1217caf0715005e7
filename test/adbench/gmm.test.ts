/**
 * The Gaussian mixtures of ADBench against the benchmark's hand-written gradient.
 */
import { expect, test } from "vitest"
import { valueAndGrad } from "wengert"
import { gmmInputs, readGmm } from "../../examples/adbench/data.ts"
import { gmm } from "../../examples/adbench/gmm.ts"
import { describeWithData, elements, expectRelative, run } from "./support.ts"

describeWithData("gmm", () => {
  test.each(gmmInputs)("%s", (name) => {
    const { expected, mixture, wishart, x } = readGmm(name)
    const objective = gmm(x, wishart)
    expectRelative(elements(run(objective(mixture))), [expected.objective])

    const [value, gradient] = run(valueAndGrad(objective)(mixture))
    expectRelative(elements(value), [expected.objective])
    expectRelative(elements(gradient.alphas, gradient.means, gradient.icf), expected.gradient)
    expect(gradient.icf.shape).toEqual(mixture.icf.shape)
  })
})
