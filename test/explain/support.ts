import { readFileSync } from "node:fs"

/** Finds the line of a file on which a text stands, once besides where it is asked for. */
export const linesOf = (file: string) => {
  const lines = readFileSync(file, "utf8").split("\n")
  return (text: string): number => {
    const found = lines.flatMap((line, i) => line.includes(text) && !line.includes(`"${text}"`) ? [i + 1] : [])
    if (found.length !== 1) throw new Error(`${text} stands on ${found.length} lines`)
    return found[0]!
  }
}
