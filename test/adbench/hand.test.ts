/**
 * The poses of ADBench's hand against the benchmark's hand-written Jacobian.
 */
import { expect, test } from "vitest"
import { jacfwd, transpose } from "wengert"
import { handInputs, readHand } from "../../examples/adbench/data.ts"
import { hand } from "../../examples/adbench/hand.ts"
import { describeWithData, elements, expectRelative, run, squaredNorm } from "./support.ts"

describeWithData("hand", () => {
  test.each(handInputs)("%s", (name) => {
    const { expected, model, targets, theta } = readHand(name)
    const objective = hand(model, targets)
    const errors = run(objective(theta))
    expectRelative([squaredNorm(errors)], [expected.objectiveSquaredNorm])
    expectRelative(elements(errors), expected.objective, 1e-7)

    const jacobian = run(jacfwd(objective)(theta))
    expect(jacobian.shape).toEqual([...errors.shape, 26])
    expectRelative([squaredNorm(jacobian)], [expected.jacobianSquaredNorm])
    expectRelative(elements(run(transpose(jacobian, [2, 0, 1]))), expected.jacobian, 1e-7)
  })
})
