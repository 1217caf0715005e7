/**
 * What can be wrong in a rule: a sign, a factor, a term that is missing, operands that are exchanged, the wrong axis, a guard that is
 * missing, a comparison that is the other way round.
 */
import type { AnyNode } from "acorn"
import type { Region, Source } from "./rules.ts"
import { childrenOf, nameOf } from "./rules.ts"

/** One mistake. */
export interface Mutant {
  readonly id: number
  readonly file: string
  readonly line: number
  /** The rule, or the function, and what it says. */
  readonly rule: string
  readonly kind: string
  readonly mistake: string
  readonly from: string
  readonly to: string
  /** Does it count when the module is loaded, and not when it runs? */
  readonly isStatic: boolean
}

/** Another text for a node. `$` is what the worker provides: ops by name, and `value`, which makes an Effect of anything. */
interface Edit {
  readonly mistake: string
  readonly to: string
}

type Text = (node: AnyNode) => string

/** The arguments that stand for tensors, and are not written numbers. */
const isNumber = (node: AnyNode): boolean =>
  node.type === "Literal" && typeof node.value === "number" ||
  node.type === "UnaryExpression" && node.operator === "-" && isNumber(node.argument)

const orders: { readonly [op: string]: string } = {
  less: "lessEqual",
  lessEqual: "less",
  greater: "greaterEqual",
  greaterEqual: "greater"
}

/** Mistakes in calls of the ops that rules are written with. */
const ofCall = (callee: string, args: ReadonlyArray<AnyNode>, whole: string, text: Text): ReadonlyArray<Edit> => {
  const [a, b, c] = args.map(text)
  const only = (node: AnyNode | undefined, mistake: string): ReadonlyArray<Edit> =>
    node === undefined || isNumber(node) ? [] : [{ mistake, to: `$.value(${text(node)})` }]
  const negated = { mistake: "sign", to: `$.negative(${whole})` }
  if (args.some(({ type }) => type === "SpreadElement")) return []
  switch (callee) {
    case "add":
    case "plus":
      return args.length === 2
        ? [...only(args[0], "dropped term"), ...only(args[1], "dropped term"), {
          mistake: "sign",
          to: `$.ops.sub(${a}, ${b})`
        }]
        : []
    case "sub":
      return [
        ...only(args[0], "dropped term"),
        { mistake: "swapped operands", to: `$.ops.sub(${b}, ${a})` },
        { mistake: "sign", to: `$.ops.add(${a}, ${b})` }
      ]
    case "mul":
      return [...only(args[0], "dropped factor"), ...only(args[1], "dropped factor"), negated]
    case "div":
      return [...only(args[0], "dropped factor"), { mistake: "swapped operands", to: `$.ops.div(${b}, ${a})` }, negated]
    case "neg":
      return only(args[0], "sign")
    case "square":
      return only(args[0], "factor")
    case "where":
      return [
        ...only(args[1], "dropped guard"),
        ...only(args[2], "dropped guard"),
        { mistake: "swapped operands", to: `$.ops.where(${a}, ${c}, ${b})` }
      ]
    case "guard":
      return only(args[1], "dropped guard")
    case "logicalNot":
      return only(args[0], "flipped comparison")
    case "less":
    case "lessEqual":
    case "greater":
    case "greaterEqual":
      return [{ mistake: "flipped comparison", to: `$.ops.${orders[callee]}(${a}, ${b})` }]
    case "equal":
      return [{ mistake: "flipped comparison", to: `$.ops.notEqual(${a}, ${b})` }]
    default:
      return []
  }
}

const binary: { readonly [operator: string]: readonly [to: string, mistake: string] } = {
  "+": ["-", "sign"],
  "-": ["+", "sign"],
  "*": ["+", "factor"],
  "<": ["<=", "flipped comparison"],
  "<=": ["<", "flipped comparison"],
  ">": [">=", "flipped comparison"],
  ">=": [">", "flipped comparison"],
  "===": ["!==", "flipped comparison"],
  "!==": ["===", "flipped comparison"]
}

/** Words that are declared when a module is loaded. */
const words: { readonly [word: string]: string } = { all: "each", each: "all", rows: "columns", columns: "rows" }

const editsOf = (node: AnyNode, region: Region, text: Text): ReadonlyArray<Edit> => {
  switch (node.type) {
    case "CallExpression": {
      const callee = nameOf(node.callee)
      return callee === undefined ? [] : ofCall(callee, node.arguments, text(node), text)
    }
    case "ConditionalExpression":
      // whether a result is there already is no part of a rule
      return node.test.type === "CallExpression" && nameOf(node.test.callee) === "isDone" ? [] : [
        { mistake: "dropped guard", to: text(node.consequent) },
        { mistake: "dropped guard", to: text(node.alternate) }
      ]
    case "LogicalExpression":
      return node.operator === "??"
        ? []
        : [{
          mistake: "flipped comparison",
          to: `${text(node.left)} ${node.operator === "&&" ? "||" : "&&"} ${text(node.right)}`
        }]
    case "BinaryExpression": {
      const other = binary[node.operator]
      return other === undefined
        ? []
        : [{ mistake: other[1], to: `${text(node.left)} ${other[0]} ${text(node.right)}` }]
    }
    case "UnaryExpression":
      return node.operator === "!" ? [{ mistake: "flipped comparison", to: text(node.argument) }] : []
    case "Literal":
      if (typeof node.value === "boolean") return [{ mistake: "flipped comparison", to: String(!node.value) }]
      if (typeof node.value === "number") {
        return Number.isInteger(node.value)
          ? [{ mistake: "wrong number or axis", to: String(node.value + 1) }]
          : [{ mistake: "factor", to: String(2 * node.value) }]
      }
      return typeof node.value === "string" && region.node === node && words[node.value] !== undefined
        ? [{ mistake: "wrong declaration", to: JSON.stringify(words[node.value]) }]
        : []
    default:
      return []
  }
}

/** Does it end in an error? What leads there is a check, and no rule. */
const isRefusal = (node: AnyNode): boolean => {
  if (node.type === "ThrowStatement") return true
  if (node.type === "ReturnStatement") {
    return node.argument !== null && node.argument !== undefined && isRefusal(node.argument)
  }
  if (node.type === "YieldExpression") {
    return node.argument !== null && node.argument !== undefined && isRefusal(node.argument)
  }
  if (node.type === "NewExpression") return nameOf(node.callee)?.endsWith("Error") === true
  if (node.type === "CallExpression") {
    const callee = nameOf(node.callee)
    return callee === "failure" || callee?.startsWith("check") === true ||
      callee?.startsWith("no") === true && callee.endsWith("Mode")
  }
  return node.type === "BlockStatement" && node.body.length > 0 && isRefusal(node.body.at(-1)!)
}

/** A source with every mistake in it, each of which is made while `$.is(id)` says so, and the list of them. */
export const weave = (
  { code, file, regions }: Source,
  firstId: number
): { readonly code: string; readonly mutants: ReadonlyArray<Mutant> } => {
  const mutants: Array<Mutant> = []
  const text: Text = (node) => code.slice(node.start, node.end)
  const lines = [0, ...Array.from(code.matchAll(/\n/gu), ({ index }) => index + 1)]
  const lineOf = (offset: number): number => lines.findLastIndex((start) => start <= offset) + 1

  /** The text of a node, with the mistakes in it and below it. */
  const woven = (node: AnyNode, region: Region, isStatic: boolean): string => {
    if (isRefusal(node)) return text(node)
    let inside = ""
    let at = node.start
    const runsLater = node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression" ||
      node.type === "FunctionDeclaration"
    for (const child of partsOf(node)) {
      if (child.start < at) continue
      inside += code.slice(at, child.start) + woven(child, region, isStatic && !runsLater)
      at = child.end
    }
    inside += code.slice(at, node.end)
    for (const { mistake, to } of editsOf(node, region, text)) {
      const id = firstId + mutants.length
      mutants.push({
        id,
        file,
        line: lineOf(node.start),
        rule: region.name,
        kind: region.kind,
        mistake,
        from: text(node).replaceAll(/\s+/gu, " "),
        to: to.replaceAll(/\s+/gu, " "),
        isStatic
      })
      inside = `(globalThis.$.is(${id}) ? (${to.replaceAll("$.", "globalThis.$.")}) : (${inside}))`
    }
    return inside
  }

  let out = ""
  let at = 0
  for (const region of outermost(regions)) {
    out += code.slice(at, region.node.start)
    // members are made when the module is loaded
    out += woven(region.node, region, true)
    at = region.node.end
  }
  return { code: out + code.slice(at), mutants }
}

/** A region that lies in another one is part of it. */
const outermost = (regions: ReadonlyArray<Region>): ReadonlyArray<Region> => {
  let end = -1
  return regions.filter(({ node }) => {
    if (node.start < end) return false
    end = node.end
    return true
  })
}

/** The parts of a node where something can be wrong: neither names of members nor patterns, nor what leads to an error. */
const partsOf = (node: AnyNode): ReadonlyArray<AnyNode> => {
  if (node.type === "Property") return [...node.computed ? [node.key] : [], node.value]
  if (node.type === "MemberExpression") return node.computed ? [node.object, node.property] : [node.object]
  if (
    node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression" || node.type === "FunctionDeclaration"
  ) return [node.body]
  if (node.type === "VariableDeclarator") return node.init === null || node.init === undefined ? [] : [node.init]
  if (node.type === "TemplateLiteral" || node.type === "TaggedTemplateExpression") return []
  if (node.type === "IfStatement" && isRefusal(node.consequent)) return node.alternate ? [node.alternate] : []
  if (node.type === "ForOfStatement") return [node.right, node.body]
  if (node.type === "ForStatement") return [node.body]
  if (node.type === "AssignmentExpression") return [node.right]
  if (node.type === "CatchClause") return [node.body]
  if (node.type === "LabeledStatement") return [node.body]
  return childrenOf(node)
}
