/**
 * The recurrent network of ADBench against the benchmark's hand-written gradient.
 */
import { expect, test } from "vitest"
import { checkpoint, grad, valueAndGrad } from "wengert"
import { lstmInputs, readLstm } from "../../examples/adbench/data.ts"
import { lstm } from "../../examples/adbench/lstm.ts"
import { describeWithData, elements, expectRelative, run } from "./support.ts"

describeWithData("lstm", () => {
  test.each(lstmInputs)("%s", (name) => {
    const { expected, parameters, sequence, state } = readLstm(name)
    const objective = lstm(state, sequence)
    expectRelative(elements(run(objective(parameters))), [expected.objective])

    const [value, gradient] = run(valueAndGrad(objective)(parameters))
    expectRelative(elements(value), [expected.objective])
    expectRelative(elements(gradient.main, gradient.extra), expected.gradient)
    expect(gradient.main.shape).toEqual(parameters.main.shape)
  })

  test.each(lstmInputs)("%s, computed again on the way back", (name) => {
    const { expected, parameters, sequence, state } = readLstm(name)
    const gradient = run(grad(checkpoint(lstm(state, sequence)))(parameters))
    expectRelative(elements(gradient.main, gradient.extra), expected.gradient)
  })
})
