/**
 * Small programs that together use every op with a primitive of its own, for tests that want lists of all kinds.
 */
import { Effect } from "effect"
import type { Trace as TraceOf } from "wengert"
import {
  add,
  argmax,
  argmin,
  argsort,
  broadcastTo,
  cast,
  checkpoint,
  concat,
  cond,
  cumsum,
  dot,
  equal,
  flip,
  gather,
  greater,
  less,
  lessEqual,
  logicalNot,
  max,
  min,
  mul,
  pad,
  reshape,
  scan,
  scatterAdd,
  sin,
  slice,
  stopGradient,
  sum,
  switchCase,
  take,
  Tensor,
  trace,
  transpose,
  vmap,
  vjp,
  where,
  whileLoop
} from "wengert"
import * as wengert from "wengert"
import { primitivesOf } from "../support/primitives.ts"
