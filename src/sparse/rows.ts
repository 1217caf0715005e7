/**
 * Which elements of a matrix can be nonzero, in compressed sparse rows, and colourings of its columns.
 *
 * Source: A. H. Gebremedhin, F. Manne and A. Pothen, "What color is your Jacobian? Graph coloring for computing
 * derivatives", SIAM Review 47(4), 2005.
 */

/** The columns of row `r` are the members from `starts[r]` to `starts[r + 1]`, ascending. */
export interface Rows {
  readonly columns: number
  readonly starts: Int32Array
  readonly members: Int32Array
}

/** How many rows there are. */
export const rowCount = ({ starts }: Rows): number => starts.length - 1

/** The matrix with rows and columns exchanged. */
export const transposed = (rows: Rows): Rows => {
  const { columns, members, starts } = rows
  const ends = new Int32Array(columns + 1)
  for (const c of members) ends[c + 1]!++
  for (let c = 0; c < columns; c++) ends[c + 1]! += ends[c]!
  const next = ends.slice()
  const found = new Int32Array(members.length)
  for (let r = 0; r < rowCount(rows); r++) {
    for (let e = starts[r]!; e < starts[r + 1]!; e++) found[next[members[e]!]!++] = r
  }
  return { columns: rowCount(rows), starts: ends, members: found }
}

/** A square matrix, and its transpose: what is in either. */
export const symmetric = (rows: Rows): Rows => {
  const other = transposed(rows)
  const starts = new Int32Array(rows.starts.length)
  const members = new Int32Array(2 * rows.members.length)
  let count = 0
  for (let r = 0; r < rowCount(rows); r++) {
    let [i, j] = [rows.starts[r]!, other.starts[r]!]
    const [iEnd, jEnd] = [rows.starts[r + 1]!, other.starts[r + 1]!]
    while (i < iEnd || j < jEnd) {
      const a = i < iEnd ? rows.members[i]! : rows.columns
      const b = j < jEnd ? other.members[j]! : rows.columns
      members[count++] = Math.min(a, b)
      if (a <= b) i++
      if (b <= a) j++
    }
    starts[r + 1] = count
  }
  return { columns: rows.columns, starts, members: members.slice(0, count) }
}

/** The largest number of elements in a row: no colouring of the columns has fewer colours. */
export const widest = (rows: Rows): number => {
  let most = 0
  for (let r = 0; r < rowCount(rows); r++) most = Math.max(most, rows.starts[r + 1]! - rows.starts[r]!)
  return most
}

/** A colour for each column, −1 for one that has no element. */
export interface Coloring {
  readonly colors: Int32Array
  readonly count: number
}

/** The least colour that is not forbidden by the stamp. */
const least = (forbidden: Int32Array, stamp: number): number => {
  let color = 0
  while (forbidden[color] === stamp) color++
  return color
}

/**
 * Columns of one colour have no row in common, so that their sum shows each of their elements: a partial colouring at
 * distance 2, greedy in the order of the columns (algorithm 3.2).
 */
export const colorColumns = (rows: Rows, byColumn: Rows = transposed(rows)): Coloring => {
  const { columns, members, starts } = rows
  const colors = new Int32Array(columns).fill(-1)
  const forbidden = new Int32Array(columns + 1).fill(-1)
  let count = 0
  for (let c = 0; c < columns; c++) {
    const [from, to] = [byColumn.starts[c]!, byColumn.starts[c + 1]!]
    if (from === to) continue
    for (let e = from; e < to; e++) {
      const r = byColumn.members[e]!
      for (let k = starts[r]!; k < starts[r + 1]!; k++) {
        const color = colors[members[k]!]!
        if (color !== -1) forbidden[color] = c
      }
    }
    const color = colors[c] = least(forbidden, c)
    count = Math.max(count, color + 1)
  }
  return { colors, count }
}

/**
 * The same of a symmetric matrix, where an element can be read at either of its two places: a star colouring, in which
 * neighbours differ and every path on four vertices has three colours at least (algorithm 4.1).
 */
export const colorSymmetric = ({ columns, members, starts }: Rows): Coloring => {
  const colors = new Int32Array(columns).fill(-1)
  const forbidden = new Int32Array(columns + 1).fill(-1)
  let count = 0
  for (let v = 0; v < columns; v++) {
    if (starts[v] === starts[v + 1]) continue
    for (let e = starts[v]!; e < starts[v + 1]!; e++) {
      const w = members[e]!
      if (w === v) continue
      if (colors[w] !== -1) forbidden[colors[w]!] = v
      for (let k = starts[w]!; k < starts[w + 1]!; k++) {
        const x = members[k]!
        if (x === v || x === w || colors[x] === -1) continue
        if (colors[w] === -1) forbidden[colors[x]!] = v
        else if (hasOtherOf({ members, starts }, colors, x, w)) forbidden[colors[x]!] = v
      }
    }
    const color = colors[v] = least(forbidden, v)
    count = Math.max(count, color + 1)
  }
  return { colors, count }
}

/** Has `x` a neighbour beside `w` that has the colour of `w`? */
const hasOtherOf = (
  { members, starts }: Pick<Rows, "members" | "starts">,
  colors: Int32Array,
  x: number,
  w: number
): boolean => {
  for (let k = starts[x]!; k < starts[x + 1]!; k++) {
    const y = members[k]!
    if (y !== w && y !== x && colors[y] === colors[w]) return true
  }
  return false
}
