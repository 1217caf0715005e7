/**
 * Long programs give others their turn: a function that pauses returns with `paused` set, and goes on where it was when it is
 * called again. Where it was is kept in counters, all of which are 0 when a run begins and when it has ended.
 *
 * Only a function that may run for long pauses. What is around it need not know where it was, as long as a second call does
 * the same things up to the same place.
 */
import { i32 } from "../wasm/code.ts"
import type { Callee, FunctionWriter } from "../wasm/module.ts"
import type { Context } from "./context.ts"

/** What a function of the module takes. */
export interface Effort {
  /** Operations on elements, roughly: for a loop without a known end, those of a step. */
  readonly work: number
  readonly pauses: boolean
}

/** A function, and what it takes. */
export interface Piece extends Effort {
  readonly callee: Callee
}

/** The work that can be counted: more than any grain, and far from the largest int32. */
const most = 2 ** 30

/** Calls a function, and returns where it has paused. */
export const callPiece = ({ paused }: Context, f: FunctionWriter, { callee, pauses }: Piece): void => {
  f.call(callee)
  if (pauses) f.if(paused, () => f.return())
}

/** So much work has been done; returns where it is time to pause. All counters must say where to go on. */
export const spend = ({ left, paused }: Context, f: FunctionWriter, work: number): void => {
  f.do(left.set(i32.sub(left, i32.const(Math.ceil(Math.min(Math.max(work, 1), most))))))
  f.if(i32.ltS(left, i32.const(0)), () => {
    f.do(paused.set(i32.const(1)))
    f.return()
  })
}

/** Functions one after the other. */
export const sequence = (context: Context, pieces: ReadonlyArray<Piece>): Piece => {
  const work = pieces.reduce((sum, piece) => sum + piece.work, 0)
  const pauses = work > context.grain || pieces.some((piece) => piece.pauses)
  if (!pauses) {
    return {
      work,
      pauses,
      callee: context.module.function([], undefined, (f) => pieces.forEach((p) => f.call(p.callee)))
    }
  }
  const at = context.counter()
  const callee = context.module.function([], undefined, (f) => {
    const parts = grouped(pieces, context.grain)
    parts.forEach((part, i) =>
      f.if(i32.eq(at, i32.const(i)), () => {
        for (const piece of part) callPiece(context, f, piece)
        f.do(at.set(i32.const(i + 1)))
        const last = part.at(-1)!
        if (i + 1 < parts.length && !last.pauses) spend(context, f, part.reduce((sum, piece) => sum + piece.work, 0))
      })
    )
    f.do(at.set(i32.const(0)))
  })
  return { work, pauses, callee }
}

/** What runs without a pause: each function that pauses by itself, the others about a grain at a time. */
const grouped = (pieces: ReadonlyArray<Piece>, grain: number): ReadonlyArray<ReadonlyArray<Piece>> => {
  const parts: Array<Array<Piece>> = []
  let room = 0
  for (const piece of pieces) {
    // what takes nothing, such as a loop without steps, may come first
    if (parts.length === 0 || piece.pauses || piece.work > room) {
      parts.push([])
      room = grain
    }
    parts.at(-1)!.push(piece)
    room = piece.pauses ? 0 : room - piece.work
  }
  return parts
}
