/**
 * Lines of source files, where there is a file system: nothing is imported, so that browsers can have the rest.
 */

interface Files {
  readonly readFileSync: (path: string, encoding: "utf8") => string
}

/** The text of a file; `undefined` where it cannot be read. */
export const readSource = (file: string): string | undefined => {
  // Node ≥ 22.3, Deno and Bun have it; others have no files
  const { process } = globalThis as { readonly process?: { readonly getBuiltinModule?: (name: string) => Files } }
  try {
    return process?.getBuiltinModule?.("node:fs").readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}
