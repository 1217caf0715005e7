#!/usr/bin/env node
/**
 * The command `wengert`: reports and lists of exported functions. Effect's cli module is unstable: it stays in here.
 *
 * Exit code 0; 1 where `--ci` finds a leaf that is unconnected or a gradient that is not finite; 2 for input that is not
 * right, with a sentence on the standard error.
 */
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import { readFileSync, writeFileSync } from "node:fs"
import { isFloat } from "../core/dtype.ts"
import type { GradientReport as Report } from "../core/report.ts"
import type { Tensor } from "../core/tensor.ts"
import { flatten } from "../core/tree.ts"
import { explain } from "../explain/index.ts"
import { Trace, trace } from "../inspect/trace.ts"
import { GradientReport } from "../picture/index.ts"
import { argumentsOf, BadInput, programOf, sentenceOf } from "./arguments.ts"

const target = Argument.String("file.ts#name").pipe(Argument.withDescription("An exported function"))
const flags = {
  target,
  args: Flag.String("args").pipe(
    Flag.withDescription("Its arguments as a JSON array: numbers, nested arrays, records of them"),
    Flag.optional
  ),
  shapes: Flag.String("shapes").pipe(
    Flag.withDescription("Shapes of random arguments as a JSON array, for example [[3],[2,2]]; scalars by default"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(Flag.withDescription("Of the random arguments"), Flag.withDefault(42))
}

/** The function, and its arguments. */
const callOf = (given: {
  readonly target: string
  readonly args: Option.Option<string>
  readonly shapes: Option.Option<string>
  readonly seed: number
}) =>
  Effect.gen(function*() {
    const f = yield* programOf(given.target)
    const args = yield* argumentsOf(f, {
      args: Option.getOrUndefined(given.args),
      shapes: Option.getOrUndefined(given.shapes),
      seed: given.seed
    })
    return { f: f as (...args: ReadonlyArray<any>) => Effect.Effect<any, unknown>, args }
  })

const writePage = (file: string, page: string) =>
  Effect.try({
    try: () => writeFileSync(file, page),
    catch: (error) => new BadInput({ message: `--html requires a file to write, got ${file}: ${sentenceOf(error)}` })
  })

/** Is anything unconnected, or not finite? */
const isBroken = ({ leaves, value }: Report): boolean =>
  !Number.isFinite(value) || leaves.some(({ nonFinite, status }) => status === "unconnected" || nonFinite !== undefined)

const explainCommand = Command.make(
  "explain",
  {
    ...flags,
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print the report as JSON"), Flag.withDefault(false)),
    html: Flag.String("html").pipe(Flag.withDescription("Write the report as a page to this file"), Flag.optional),
    ci: Flag.Boolean("ci").pipe(
      Flag.withDescription("Exit with 1 if a leaf is unconnected or a gradient is not finite"),
      Flag.withDefault(false)
    )
  },
  ({ ci, html, json, ...given }) =>
    Effect.gen(function*() {
      const { args, f } = yield* callOf(given)
      const argnums = args.flatMap((x, i) =>
        flatten("explain", x).leaves.every(({ dtype }) => isFloat(dtype)) ? [i] : []
      )
      // what it gives is checked when it runs
      const report = yield* explain(f as (...args: ReadonlyArray<any>) => Effect.Effect<Tensor<[]>, unknown>, {
        argnums
      })(...args)
      if (Option.isSome(html)) yield* writePage(html.value, yield* GradientReport.toHtml(report))
      yield* Console.log(json ? JSON.stringify(GradientReport.encode(report)) : GradientReport.render(report))
      return ci && isBroken(report) ? 1 : 0
    }).pipe(Effect.flatMap(exitWith))
).pipe(Command.withDescription("Print why the gradient of a scalar function is what it is"))

const traceCommand = Command.make(
  "trace",
  {
    ...flags,
    format: Flag.Literals("format", ["text", "mermaid", "dot", "json"]).pipe(
      Flag.withDescription("How to print it"),
      Flag.withDefault("text" as const)
    )
  },
  ({ format, ...given }) =>
    Effect.gen(function*() {
      const { args, f } = yield* callOf(given)
      const list = yield* trace(f)(...args)
      const texts = {
        text: () => Effect.succeed(Trace.print(list, { sites: true })),
        mermaid: () => Effect.succeed(Trace.toMermaid(list)),
        dot: () => Effect.succeed(Trace.toDot(list)),
        json: () => Effect.map(Trace.encode(list), (document) => JSON.stringify(document))
      }
      yield* Console.log(yield* texts[format]())
    })
).pipe(Command.withDescription("Print a function as a Wengert list"))

const exitWith = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const { version } = JSON.parse(
  readFileSync(
    new URL(import.meta.url.endsWith(".ts") ? "../../package.json" : "../../../package.json", import.meta.url),
    "utf8"
  )
) as { readonly version: string }

/** The commands ask for no input, read no files by themselves and start no processes. */
const nothing = Layer.mergeAll(
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({}),
  Layer.succeed(Terminal.Terminal, {} as Terminal.Terminal),
  Layer.succeed(ChildProcessSpawner, {} as ChildProcessSpawner["Service"])
)

/** What went wrong, in a sentence for each thing. */
const complaintsOf = (error: unknown): ReadonlyArray<string> =>
  CliError.isCliError(error) && error._tag === "ShowHelp"
    ? error.errors.map(sentenceOf)
    : [error instanceof BadInput || error instanceof Error ? sentenceOf(error) : `wengert failed: ${sentenceOf(error)}`]

const root = Command.make("wengert").pipe(
  Command.withDescription("Gradients with their reasons"),
  Command.withSubcommands([explainCommand, traceCommand])
)

/** What is printed, once it is known that nothing went wrong. */
const printed: Array<string> = []

await Effect.runPromise(
  Command.runWith(root, { version, renderErrors: false })(process.argv.slice(2)).pipe(
    Effect.catchDefect((defect) => Effect.fail(defect)),
    Effect.catch((error) =>
      Effect.sync(() => {
        const complaints = complaintsOf(error)
        // a sentence says more than how the command is used
        if (complaints.length > 0) printed.length = 0
        for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
        process.exitCode = complaints.length === 0 ? 0 : 2
      })
    ),
    Effect.provideService(Console.Console, { ...console, log: (text: string) => printed.push(text) }),
    Effect.provide(nothing)
  )
)
process.stdout.write(printed.map((text) => `${text}\n`).join(""))
