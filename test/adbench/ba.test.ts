/**
 * The bundle adjustments of ADBench against the benchmark's hand-written Jacobian blocks.
 */
import { expect, test } from "vitest"
import { concat, expandDims, grad, jacfwd, jacobian, reshape, slice, sub, sum, Tensor, transpose } from "wengert"
import { ba, baJacobian, reprojectionError } from "../../examples/adbench/ba.ts"
import { baInputs, readBa } from "../../examples/adbench/data.ts"
import { describeWithData, elements, expectRelative, run, squaredNorm } from "./support.ts"

describeWithData("ba", () => {
  test("the whole problem in one call, sparse", () => {
    const { cameras, expected, observations, points } = readBa(baInputs[0])
    const errors = (c: typeof cameras, p: typeof points, weights: typeof observations.weights) =>
      ba(c, p, { ...observations, weights })
    const J = run(jacobian(errors, { argnums: [0, 1, 2], sparse: true })(cameras, points, observations.weights))
    const blocks = run(baJacobian(cameras, points, observations))
    const { camera, point, weight } = blocks.reprojection
    // each coordinate of the principal point moves one coordinate of the image
    const [across, down] = [8, 11 + 7]
    const byCamera = elements(camera).filter((_, i) => i % 22 !== across && i % 22 !== down)
    const all = [Tensor.make(byCamera), reshape(point, [-1]), reshape(weight, [-1])] as const
    for (const [k, { values }] of J.reprojection.entries()) {
      const difference = squaredNorm(run(sub(values, all[k]!)))
      expect(difference).toBeLessThan(1e-22 * squaredNorm(values))
    }
    expectRelative(elements(J.weight[2].values), elements(blocks.weight))
    expectRelative([squaredNorm(J.weight[2].values)], [expected.weightJacobianSquaredNorm])
    expect([J.weight[0].size, J.weight[1].size]).toEqual([0, 0])
    // a row has 10 columns of a camera, 3 of a point and that of a weight
    expect(J.weight[2].passes).toBe(14)
  })

  test.each(baInputs)("%s", (name) => {
    const { cameras, expected, observations, points } = readBa(name)

    const errors = run(ba(cameras, points, observations))
    expectRelative(
      [squaredNorm(errors.reprojection), squaredNorm(errors.weight)],
      [expected.reprojectionSquaredNorm, expected.weightErrorSquaredNorm]
    )
    expectRelative(elements(run(slice(errors.reprojection, 0))), expected.firstReprojection)

    const { reprojection: { camera, point, weight }, weight: weightJacobian } = run(
      baJacobian(cameras, points, observations)
    )
    const blocks = run(concat([camera, point, expandDims(weight, 2)], 2))
    expect(blocks.shape).toEqual([observations.weights.size, 2, 15])
    expectRelative(
      [squaredNorm(blocks), squaredNorm(weightJacobian)],
      [expected.reprojectionJacobianSquaredNorm, expected.weightJacobianSquaredNorm]
    )
    expectRelative(elements(run(transpose(slice(blocks, 0)))), expected.firstReprojectionJacobianColumnMajor2x15)
  })
})

// the data has no camera like this
test("a camera that is not turned has a derivative", () => {
  const unturned = Tensor.make([0, 0, 0, 0.1, 0.2, -5, 2, 0.5, 0.25, 0.01, 0.001])
  const [point, weight, feature] = [Tensor.make([1, 2, 3]), Tensor.make(0.5), Tensor.make([0.1, 0.2])]
  const byCamera = run(jacfwd(reprojectionError)(unturned, point, weight, feature))
  const nearby = Tensor.make([1e-9, -2e-9, 3e-9, 0.1, 0.2, -5, 2, 0.5, 0.25, 0.01, 0.001])
  const expected = elements(run(jacfwd(reprojectionError)(nearby, point, weight, feature)))
  for (const [i, value] of elements(byCamera).entries()) expect(value).toBeCloseTo(expected[i]!, 6)

  const gradient = run(
    grad((camera: typeof unturned) => sum(reprojectionError(camera, point, weight, feature)))(unturned)
  )
  const summed = run(sum(byCamera, { axis: 0 }))
  for (const [i, value] of elements(gradient).entries()) expect(value).toBeCloseTo(elements(summed)[i]!, 12)
})
