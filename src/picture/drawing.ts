/**
 * What a page draws, as plain data: everything that was computed is an item, what is drawn of it a box, and boxes stand in
 * groups, each of which is laid out by itself. Items, boxes and groups are known by their numbers.
 */
import type { Site } from "../core/site.ts"

/** The elements of a value, over all runs of its equation. Infinite and NaN ones are counted, and in no other number. */
export interface Statistics {
  readonly runs: number
  /** The elements of one run. */
  readonly size: number
  readonly nonzero: number
  /** 0 as a number. */
  readonly zero: number
  /** 0 by structure. */
  readonly masked: number
  readonly infinite: number
  readonly nan: number
  /** The smallest and the largest finite element. */
  readonly least: number
  readonly largest: number
}

/** Why an item is coloured. */
export type Mark = "barrier" | "connected" | "mask" | "origin" | "unconnected"

/** A value that comes in, an op, or a value that goes out. */
export interface Item {
  readonly kind: "constant" | "input" | "kept" | "op" | "result"
  /** The primitive, or the path of an argument. */
  readonly op: string
  /** On whose behalf, where the user called another op. */
  readonly of?: string | undefined
  /** Its name in the printed list. */
  readonly name: string
  readonly params: string
  readonly type: string
  /** The items that it is computed from. */
  readonly operands: ReadonlyArray<number>
  /** Its place among the sites. */
  readonly site?: number | undefined
  readonly statistics?: Statistics | undefined
  readonly mark?: Mark | undefined
}

/** A place in the plane: the middle of a box, and its size. */
export interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Box extends Place {
  /** What it stands for; a part of a list stands for many. */
  readonly item?: number | undefined
  readonly title: string
  readonly lines: ReadonlyArray<string>
  readonly group: number
  /** The groups that it shows when it is open. */
  readonly holds: ReadonlyArray<number>
  readonly isOpen?: boolean | undefined
}

/** From the middle of a box to another, with the control points of a curve of cubic pieces. */
export interface Edge {
  readonly from: number
  readonly to: number
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

/** A block of equations that stands so many times in the list: it is drawn once, and its first items are shown. */
export interface Copies {
  readonly count: number
  /** The first item, and how many lie between one and the same of the next copy. */
  readonly first: number
  readonly stride: number
}

export interface Group {
  readonly title: string
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyArray<number>
  readonly edges: ReadonlyArray<Edge>
  readonly copies?: Copies | undefined
  /** A branch that did not run. */
  readonly isIdle?: boolean | undefined
}

/** A leaf of the arguments: its reasons in words, and the items to follow. */
export interface LeafDrawing {
  readonly path: string
  readonly type: string
  readonly status: "connected" | "not finite" | "unconnected"
  readonly reasons: ReadonlyArray<{ readonly what: string; readonly where?: string | undefined; readonly cure: string }>
  readonly statistics: Statistics
  readonly norm: string
  readonly item: number
  readonly gradient: number
  readonly way: ReadonlyArray<number>
  readonly barriers: ReadonlyArray<number>
  readonly cut: ReadonlyArray<number>
}

export interface Drawing {
  readonly title: string
  readonly value: string
  readonly items: ReadonlyArray<Item>
  readonly boxes: ReadonlyArray<Box>
  readonly groups: ReadonlyArray<Group>
  /** The groups of the whole list, and of its derivative. */
  readonly forward: number
  readonly backward: number
  readonly leaves: ReadonlyArray<LeafDrawing>
  readonly sites: ReadonlyArray<Site>
  /** The lines of source files that sites name. */
  readonly sources: { readonly [file: string]: { readonly [line: number]: string } }
}
