/**
 * Wengert lists as documents: written to be kept or sent, and read back from wherever they come.
 *
 * A document is not trusted: whatever it says is checked, types are computed anew by the shape rules and compared, and
 * what is asked of the reader is bounded. Reading is linear in the size of the document.
 */
import * as Effect from "effect/Effect"
import { TraceDecodeError, TraceEncodeError } from "../core/errors.ts"
import type { ParamKinds, Primitive } from "../core/primitive.ts"
import { sameShape } from "../core/shape.ts"
import { equals, hash } from "../core/structure.ts"
import type { Aval, Tensor } from "../core/tensor.ts"
import { isConcrete, showAval } from "../core/tensor.ts"
import type { Equation, Trace } from "../core/trace.ts"
import { freezeAval, variableCount } from "../core/trace.ts"
import type { TreeDef } from "../core/tree.ts"
import { leaf, leafCount } from "../core/tree.ts"
import { vocabulary } from "../ops/vocabulary.ts"
import { readConstant, readType, writeConstant } from "./constant.ts"
import type { List, TraceDocument, Tree } from "./document.ts"
import { decodeWith, limits, paramSchemas, readDocument, refusal } from "./document.ts"
