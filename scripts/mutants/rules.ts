/**
 * Where the rules stand in the sources: the members of primitives that are rules, and the functions that these call.
 */
import type { AnyNode, Program } from "acorn"
import { parse } from "acorn"
import { readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { dirname, join, relative } from "node:path"

/** The members of primitives that are rules, or parts of them, and what they say. */
const rules: { readonly [member: string]: string } = {
  jvp: "derivative",
  forward: "derivative",
  barrier: "derivative",
  transpose: "transpose",
  solveTransposed: "transpose",
  matvecTransposed: "transpose",
  batch: "batching",
  batchIndices: "batching",
  support: "support",
  ones: "support",
  introducesSupport: "support",
  prune: "pruning",
  recurrence: "Taylor",
  taylor: "Taylor",
  aligned: "pattern",
  selects: "pattern",
  linear: "linearity",
  unit: "linearity"
}

/** The transformations themselves. */
const transformations = new Set(
  ["forward", "transpose", "support", "batch", "taylor", "vjp"].map((name) => `src/grad/${name}.ts`)
)

/** A part of a source that is a rule. */
export interface Region {
  readonly node: AnyNode
  /** Who it belongs to: `sin.jvp`, or the name of a function. */
  readonly name: string
  readonly kind: string
}

/** A source, without its types: everything stands where it stood. */
export interface Source {
  readonly file: string
  readonly code: string
  readonly regions: ReadonlyArray<Region>
}

/** The nodes directly under a node. */
export const childrenOf = (node: AnyNode): ReadonlyArray<AnyNode> =>
  Object.values(node as unknown as { readonly [key: string]: unknown }).flatMap((value): ReadonlyArray<AnyNode> =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []
  )

const isNode = (value: unknown): value is AnyNode =>
  typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string"

export const nameOf = (node: AnyNode | null | undefined): string | undefined =>
  node?.type === "Identifier"
    ? node.name
    : node?.type === "Literal" && typeof node.value === "string"
    ? node.value
    : undefined

const isFunction = (node: AnyNode | null | undefined): boolean =>
  node?.type === "ArrowFunctionExpression" || node?.type === "FunctionExpression"

/** A module: its functions, what it imports, and the members of its objects that are rules. */
interface Module {
  readonly file: string
  readonly code: string
  readonly functions: ReadonlyMap<string, AnyNode>
  readonly imports: ReadonlyMap<string, { readonly file: string; readonly name: string }>
  readonly roots: ReadonlyArray<Region>
}

const moduleOf = (root: string, file: string): Module => {
  const code = stripTypeScriptTypes(readFileSync(join(root, file), "utf8"))
  const program: Program = parse(code, { ecmaVersion: "latest", sourceType: "module" })
  const functions = new Map<string, AnyNode>()
  const imports = new Map<string, { readonly file: string; readonly name: string }>()
  const roots: Array<Region> = []

  for (const statement of program.body) {
    if (statement.type === "ImportDeclaration") {
      const from = String(statement.source.value)
      if (!from.startsWith(".")) continue
      for (const specifier of statement.specifiers) {
        if (specifier.type !== "ImportSpecifier") continue
        const target = relative(root, join(root, dirname(file), from))
        imports.set(specifier.local.name, { file: target, name: nameOf(specifier.imported)! })
      }
      continue
    }
    const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement
    if (declared?.type === "FunctionDeclaration") functions.set(declared.id.name, declared)
    if (declared?.type !== "VariableDeclaration") continue
    for (const { id, init } of declared.declarations) {
      if (isFunction(init)) functions.set(nameOf(id)!, init!)
    }
  }

  /** The name of the primitive around a member is the string that stands before it, or the variable. */
  const visit = (node: AnyNode, owner: string): void => {
    let inside = owner
    if (node.type === "VariableDeclarator" && nameOf(node.id) !== undefined) inside = nameOf(node.id)!
    if (node.type === "CallExpression") {
      const [first] = node.arguments
      if (first?.type === "Literal" && typeof first.value === "string") inside = first.value
    }
    if (node.type === "Property" && !node.shorthand) {
      const member = nameOf(node.key)
      const kind = member === undefined ? undefined : rules[member]
      // a parameter of a function is an object pattern, whose properties are no rules
      if (kind !== undefined && node.kind === "init" && node.value.type !== "Identifier") {
        roots.push({ node: node.value, name: `${inside}.${member}`, kind })
        return
      }
    }
    if (node.type === "ObjectPattern") return
    for (const child of childrenOf(node)) visit(child, inside)
  }
  visit(program, file)
  return { file, code, functions, imports, roots }
}

/** All names that are read in a node. */
const namesIn = (node: AnyNode, found = new Set<string>()): ReadonlySet<string> => {
  if (node.type === "Identifier") found.add(node.name)
  for (const child of childrenOf(node)) namesIn(child, found)
  return found
}

/** The sources that hold rules, each with its rules. */
export const findRules = (root: string, files: ReadonlyArray<string>): ReadonlyArray<Source> => {
  const modules = new Map(files.map((file) => [file, moduleOf(root, file)]))
  const regions = new Map<string, Array<Region>>()
  const reached = new Set<AnyNode>()
  const add = (file: string, region: Region): void => {
    if (reached.has(region.node)) return
    reached.add(region.node)
    regions.set(file, [...regions.get(file) ?? [], region])
    const module = modules.get(file)!
    // what it calls, here and in other modules
    for (const name of namesIn(region.node)) {
      const here = module.functions.get(name)
      const imported = module.imports.get(name)
      const [where, called, node] = here !== undefined
        ? [file, name, here]
        : imported !== undefined
        ? [imported.file, imported.name, modules.get(imported.file)?.functions.get(imported.name)]
        : [file, name, undefined]
      // what stands in the core is no rule
      if (node !== undefined && where.startsWith("src/ops/")) add(where, { node, name: called, kind: "function" })
    }
  }
  for (const { file, functions, roots } of modules.values()) {
    if (transformations.has(file)) {
      for (const [name, node] of functions) add(file, { node, name, kind: "transformation" })
    } else if (file.startsWith("src/ops/")) { for (const region of roots) add(file, region) }
  }
  return [...regions].map(([file, found]) => ({
    file,
    code: modules.get(file)!.code,
    regions: found.toSorted((a, b) => a.node.start - b.node.start)
  })).toSorted((a, b) => a.file < b.file ? -1 : 1)
}
