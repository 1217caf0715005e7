import { Tensor } from "./src/index.ts"
console.log(Tensor.make([0.25, 0]), Tensor.make(123456789), Tensor.make([1e-10, 1]), Tensor.make([[1, -2.5], [1/3, NaN]]), Tensor.make(0.1, { dtype: "float32" }), Tensor.zeros([0, 3]), Tensor.make([1,2,3]), `${Tensor.make([-0])}`, Tensor.zeros([2,2000]))
