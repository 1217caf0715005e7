/// <reference lib="dom" />
/**
 * Where boxes are when some of them are open. This runs in the page: the text of the function is in it.
 *
 * Each group is laid out once. A box that opens stretches the plane of its group where it stands: a map that is monotone
 * in x and in y, and nowhere shrinks, so that order and distances stay, and nothing has to be laid out again.
 */
import type { Drawing, Group, Place } from "../drawing.ts"

/** A box where it is now; its corner, not its middle. */
export interface Placed extends Place {
  readonly box: number
  readonly depth: number
  readonly isOpen: boolean
}

/** A group in an open box, or that of a whole list. */
export interface PlacedGroup extends Place {
  readonly group: number
  readonly depth: number
}

export interface Curve {
  readonly from: number
  readonly to: number
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

export interface Arrangement {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyArray<Placed>
  readonly groups: ReadonlyArray<PlacedGroup>
  readonly curves: ReadonlyArray<Curve>
}

/** Everything of a group, when these boxes are open. */
export const arrange = (
  { boxes, groups }: Pick<Drawing, "boxes" | "groups">,
  root: number,
  isOpen: (box: number) => boolean
): Arrangement => {
  /** Heights of the title of an open box and of that of a group in it, and what is left free around. */
  const [head, caption, margin] = [32, 24, 14]

  interface Size {
    readonly width: number
    readonly height: number
  }
  type Stretch = (x: number) => number

  /** Stretches a line: each interval becomes longer by at least what it needs. */
  const stretch = (needs: ReadonlyArray<readonly [start: number, end: number, more: number]>): Stretch => {
    const cuts = [...new Set(needs.flatMap(([start, end]) => [start, end]))].sort((a, b) => a - b)
    const growth = cuts.map((at, i) => {
      const next = cuts[i + 1]
      if (next === undefined) return 0
      return Math.max(0, ...needs.map(([a, b, more]) => a <= at && b >= next ? more / (b - a) : 0))
    })
    return (x) => {
      let y = x
      for (let i = 0; i + 1 < cuts.length && cuts[i]! < x; i++) {
        y += growth[i]! * (Math.min(x, cuts[i + 1]!) - cuts[i]!)
      }
      return y
    }
  }

  const maps = new Map<number, { readonly x: Stretch; readonly y: Stretch; readonly size: Size }>()

  /** What an open box needs for the groups in it, side by side. */
  const roomOf = (holds: ReadonlyArray<number>): Size => {
    const sizes = holds.map((g) => mapOf(g).size)
    return {
      width: sizes.reduce((sum, { width }) => sum + width + margin, margin),
      height: Math.max(0, ...sizes.map(({ height }) => height)) + topOf(holds) + margin
    }
  }

  /** Above the groups of an open box. */
  const topOf = (holds: ReadonlyArray<number>): number =>
    holds.some((g) => groups[g]!.title !== "" || groups[g]!.copies !== undefined) ? head + caption : head

  const mapOf = (group: number) => {
    const known = maps.get(group)
    if (known !== undefined) return known
    const { boxes: inside, height, width } = groups[group]!
    const open = inside.filter(isOpen).map((b) => ({ ...boxes[b]!, room: roomOf(boxes[b]!.holds) }))
    const x = stretch(
      open.map((b) => [b.x - b.width / 2, b.x + b.width / 2, Math.max(0, b.room.width - b.width)] as const)
    )
    const y = stretch(
      open.map((b) => [b.y - b.height / 2, b.y + b.height / 2, Math.max(0, b.room.height - b.height)] as const)
    )
    const { copies, title } = groups[group]!
    // "copy 1 of 19", and two buttons behind it
    const captioned = copies === undefined ? title.length * 6.9 : 2 * String(copies.count).length * 6.9 + 118
    const found = { x, y, size: { width: Math.max(x(width), captioned), height: y(height) } }
    maps.set(group, found)
    return found
  }

  const placed: Array<Placed> = []
  const planes: Array<PlacedGroup> = []
  const curves: Array<Curve> = []

  const place = (g: number, left: number, top: number, depth: number): void => {
    const group: Group = groups[g]!
    const { size, x, y } = mapOf(g)
    planes.push({ group: g, depth, x: left, y: top, ...size })
    const corners = new Map<number, Place>()
    const inside: Array<() => void> = []
    for (const b of group.boxes) {
      const { height, holds, width, ...box } = boxes[b]!
      const open = isOpen(b)
      const [w, h] = open
        ? [x(box.x + width / 2) - x(box.x - width / 2), y(box.y + height / 2) - y(box.y - height / 2)]
        : [width, height]
      const [bx, by] = open
        ? [left + x(box.x - width / 2), top + y(box.y - height / 2)]
        : [left + x(box.x) - w / 2, top + y(box.y) - h / 2]
      placed.push({ box: b, depth, isOpen: open, x: bx, y: by, width: w, height: h })
      corners.set(b, { x: bx, y: by, width: w, height: h })
      if (!open) continue
      const room = roomOf(holds)
      let next = bx + (w - room.width) / 2 + margin
      for (const held of holds) {
        const start = next
        inside.push(() => place(held, start, by + topOf(holds), depth + 1))
        next += mapOf(held).size.width + margin
      }
    }
    for (const { from, points, to } of group.edges) {
      const moved = points.map(([px, py]) => [left + x(px), top + y(py)] as [number, number])
      const [first, last] = [moved[0]!, moved.at(-1)!]
      // the plane around a box that is not open may have grown: its edges end at it all the same
      const attach = (end: [number, number], { height, width, x, y }: Place, isBelow: boolean): void => {
        end[0] = Math.min(Math.max(end[0], x + 8), x + width - 8)
        end[1] = isBelow ? y + height : y
      }
      const isDown = first[1] <= last[1]
      attach(first, corners.get(from)!, isDown)
      attach(last, corners.get(to)!, !isDown)
      curves.push({ from, to, points: moved })
    }
    for (const enter of inside) enter()
  }
  place(root, 0, 0, 0)
  const { height, width } = mapOf(root).size
  return { width, height, boxes: placed, groups: planes, curves }
}
