/**
 * Options, for those who do not have types: every name and value is known, or refused by an error that says what is.
 */
import { ArgumentError, describe } from "./errors.ts"

/** What an option may be: one of some values, a number, or what the op checks itself, such as an axis or a dtype. */
export type Accepted = ReadonlyArray<string | number | boolean> | "number" | "checked"

/** A switch. */
export const flag: Accepted = [false, true]

const accepts = (accepted: Accepted, value: unknown): boolean =>
  value === undefined || accepted === "checked" ||
  (accepted === "number" ? typeof value === "number" : (accepted as ReadonlyArray<unknown>).includes(value))

const showAccepted = (accepted: Accepted): string =>
  typeof accepted === "string" ? "a number" : accepted.map(describe).join(" or ")

/** Own properties, read once; `undefined` for what has none or throws. */
export const propertiesOf = (u: unknown): { readonly [name: string]: unknown } | undefined => {
  try {
    // an array is an object, and never a record
    return typeof u === "object" && u !== null && !Array.isArray(u) ? { ...u } : undefined
  } catch {
    return undefined
  }
}

/** The options of `op`, as they were given. Throws `ArgumentError` for a name or value that it does not know. */
export const checkOptions = <O extends object>(
  op: string,
  given: O | undefined,
  accepted: { readonly [Name in keyof O]-?: Accepted }
): O => {
  const known = Object.entries<Accepted>(accepted)
  const refuse = (requires: string, got: string) =>
    new ArgumentError({ op, message: `${op} requires ${requires}, got ${got}` })
  const all = `options { ${known.map(([name]) => name).join(", ")} }`
  const options = given === undefined ? {} : propertiesOf(given)
  if (options === undefined) throw refuse(all, describe(given))
  for (const [name, value] of Object.entries(options)) {
    const one = known.find(([other]) => other === name)?.[1]
    if (one === undefined) throw refuse(all, describe(name))
    if (!accepts(one, value)) throw refuse(`${showAccepted(one)} as ${name}`, describe(value))
  }
  // checked, name by name
  return options as O
}
