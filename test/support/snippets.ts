/**
 * The programs inside documentation: finding them, running them, and comparing what they print with what they promise.
 *
 * A fence that says exactly "ts" is a program: it is type-checked and run. A fence that says more, e.g. "ts fragment", is
 * neither. `// => text` promises a printed line, after the call that prints it or, for more lines, below it; "…" in it
 * stands for anything.
 */
import { readFileSync } from "node:fs"
import { formatWithOptions } from "node:util"

/** A program in a document. */
export interface Snippet {
  readonly file: string
  /** Line of its first statement in the document, from 1. */
  readonly line: number
  /** The program, after as many empty lines as make its line numbers those of the document. */
  readonly code: string
}

const fence = /^(?<margin>[ \t]*(?:\*[ \t]?)?[ \t]*)```ts[ \t]*\n(?<body>[^]*?)^[ \t]*(?:\*[ \t]?)?[ \t]*```/gm

const countLines = (text: string): number => text.split("\n").length

/** The programs of a Markdown document, or of the docstrings of a TypeScript module. */
export const snippetsOf = (root: string, file: string): ReadonlyArray<Snippet> => {
  const text = readFileSync(`${root}/${file}`, "utf8")
  return Array.from(text.matchAll(fence), ({ groups, index }) => {
    const { body, margin } = groups as { readonly margin: string; readonly body: string }
    const line = countLines(text.slice(0, index)) + 1
    const unindent = (row: string): string =>
      row.startsWith(margin) ? row.slice(margin.length) : row.trimStart().slice(1)
    return { file, line, code: "\n".repeat(line - 1) + body.split("\n").map(unindent).join("\n") }
  })
}

/** The lines that a program promises to print, or nothing if it promises none. */
export const promisedLines = (code: string): ReadonlyArray<string> | undefined => {
  const lines = Array.from(code.matchAll(/\/\/ => ?(.*)$/gm), (match) => match[1]!.trimEnd())
  return lines.length === 0 ? undefined : lines
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** What was printed, with each line that keeps its promise written as the promise. */
export const asPromised = (printed: ReadonlyArray<string>, promised: ReadonlyArray<string>): ReadonlyArray<string> =>
  printed.map((line, i) => {
    const promise = promised[i]
    if (promise === undefined || !promise.includes("…")) return line
    return new RegExp(`^${promise.split("…").map(escape).join(".*")}$`).test(line) ? promise : line
  })

/** The lines of printed text. */
export const printedLines = (text: string): ReadonlyArray<string> => text.split("\n").map((line) => line.trimEnd())

/** Runs `use` and returns the lines that it gave to `console.log`. */
export const capture = async (use: () => Promise<unknown>): Promise<ReadonlyArray<string>> => {
  const { log } = console
  const lines: Array<string> = []
  console.log = (...values: ReadonlyArray<unknown>) => {
    lines.push(...printedLines(formatWithOptions({ colors: false }, ...values)))
  }
  try {
    await use()
  } finally {
    console.log = log
  }
  return lines
}
