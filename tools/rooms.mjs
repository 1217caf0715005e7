/**
 * What the pages of the API say beside the docstrings: chapters, by the rooms that declarations live in, and how functions
 * are called. Their types infer shapes, which nobody wants to read; they stand in `wengert/types`.
 */
import { Comment, CommentTag, Converter, ReflectionKind, UnknownType } from "typedoc"

/** Chapters by the beginnings of paths; the first that fits. */
const chapters = [
  ["src/core/errors", "Errors"],
  ["src/core/(tensor|make|constructors|readers|public|tree)", "Tensors"],
  ["src/ops/(elementwise|algebra|cast)", "Elementwise"],
  ["src/ops/movement", "Movement"],
  ["src/ops/reduction", "Reductions"],
  ["src/ops/contraction", "Contractions"],
  ["src/ops/convolution", "Convolution"],
  ["src/ops/fourier", "Fourier transforms"],
  ["src/ops/indexing", "Indexing"],
  ["src/ops/control", "Control flow"],
  ["src/grad", "Derivatives"],
  ["src/sparse", "Sparse derivatives"],
  ["src/(explain|picture)", "Reasons"],
  ["src/engine", "Engine"],
  ["src/(inspect|core)", "Lists"]
].map(([start, name]) => [new RegExp(`^${start}`), name])

const chapterOf = (path) => chapters.find(([start]) => start.test(path))?.[1]

/** The names of the options in a parameter's type; none, if it is anything else. */
const optionsOf = (checker, type) => {
  const plain = checker.getNonNullableType(checker.getBaseConstraintOfType(type) ?? type)
  const members = plain.isUnion() ? plain.types : [plain]
  const properties = members.flatMap((member) => member.getCallSignatures().length > 0 ? [] : member.getProperties())
  const isOption = (property) => (property.flags & 16777216) !== 0
  return properties.length > 0 && properties.every(isOption) ? [...new Set(properties.map((p) => p.name))] : []
}

const showParameter = (checker, symbol, node) => {
  const declaration = symbol.valueDeclaration
  const name = symbol.name.replace(/^_+/, "")
  if (declaration?.dotDotDotToken !== undefined) return `...${name}`
  const isOptional = declaration?.questionToken !== undefined || declaration?.initializer !== undefined
  const options = optionsOf(checker, checker.getTypeOfSymbolAtLocation(symbol, node))
  const said = options.length > 0 ? `: { ${options.map((option) => `${option}?`).join(", ")} }` : ""
  return `${name}${isOptional ? "?" : ""}${said}`
}

/** `(x, options?: { axis? })` for each way to call it. */
const callsOf = ({ checker }, symbol) => {
  const node = symbol?.valueDeclaration
  if (node === undefined) return []
  const signatures = checker.getTypeOfSymbolAtLocation(symbol, node).getCallSignatures()
  const show = ({ parameters }) => `(${parameters.map((p) => showParameter(checker, p, node)).join(", ")})`
  return [...new Set(signatures.map(show))]
}

export const load = (app) => {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Variable) || reflection.type?.type !== "reference") return
    const calls = callsOf(context, context.getSymbolFromReflection(reflection))
    if (calls.length > 0) reflection.type = new UnknownType(calls.map((call) => `${call} => …`).join(" | "))
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const names = { "src": "wengert", "src/picture": "wengert/html" }
    for (const module of project.children ?? []) module.name = names[module.name] ?? `wengert/${module.name}`
    const all = Object.values(project.reflections)
    for (const reflection of all) {
      // nobody makes an error
      if (reflection.kindOf(ReflectionKind.Constructor)) project.removeReflection(reflection)
      if (reflection.parent?.kindOf(ReflectionKind.Module) !== true) continue
      const chapter = chapterOf(project.getSymbolIdFromReflection(reflection)?.packagePath ?? "")
      if (chapter === undefined) continue
      reflection.comment ??= new Comment()
      reflection.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: chapter }]))
    }
  })
}
