/**
 * The seam between what users see and what is behind it.
 */

/**
 * An implementation under the signature that its users see. A signature computes types from the actual operands, and a
 * parameter type may be a sentence that refuses them, so no implementation in terms of plain operands is assignable to
 * it; this is the one place that says so.
 */
export const signed = <F extends object>(implementation: (...operands: never) => unknown): F =>
  // types vouch for nothing here: the tests compare what signatures promise with what implementations give
  implementation as unknown as F
