/**
 * Nested arrays, as users write tensors.
 */
import type { Plain } from "./naive.ts"

/** The elements of `x` in arrays nested like its shape. */
export const nested = ({ data, shape: [size, ...rest] }: Plain): unknown =>
  size === undefined
    ? data[0]
    : Array.from({ length: size }, (_, i) => {
      const width = data.length / size
      return nested({ shape: rest, data: data.slice(i * width, (i + 1) * width) })
    })
