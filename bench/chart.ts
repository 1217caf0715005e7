/**
 * The chart that the README shows: how many times as long peers take. Vega draws it, which is in the package of the peers.
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** Medians of a case. */
export interface Result {
  readonly name: string
  readonly milliseconds: { readonly [peer: string]: number }
}

const load = async (name: string): Promise<any> =>
  import(pathToFileURL(createRequire(join(import.meta.dirname, "peers", "package.json")).resolve(name)).href)

const peers = ["jax-js", "tfjs-wasm"] as const

/** The chart as SVG. */
export const chartOf = async (results: ReadonlyArray<Result>): Promise<string> => {
  const [vega, vegaLite] = [await load("vega"), await load("vega-lite")]
  const values = results.flatMap(({ milliseconds, name }) =>
    peers.flatMap((peer) => {
      const [theirs, ours] = [milliseconds[peer], milliseconds["wengert"]]
      return theirs === undefined || ours === undefined
        ? []
        : [{ name, peer, ratio: theirs / ours, label: `${Number((theirs / ours).toPrecision(2))}×`, one: 1 }]
    })
  )
  const position = {
    y: {
      field: "name",
      type: "nominal",
      sort: null,
      title: null,
      axis: { labelLimit: 360, ticks: false, domain: false }
    },
    yOffset: { field: "peer", type: "nominal", sort: peers }
  }
  const specification = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    title: {
      text: "Time of peers over ours, one core (1 is as fast; logarithmic)",
      anchor: "start",
      fontWeight: "normal"
    },
    width: 420,
    height: { step: 15 },
    data: { values },
    config: { view: { stroke: null }, font: "sans-serif" },
    layer: [
      {
        mark: { type: "bar", cornerRadiusEnd: 2 },
        encoding: {
          ...position,
          x: { field: "one", type: "quantitative", scale: { type: "log" }, title: null, axis: { grid: false } },
          x2: { field: "ratio" },
          color: {
            field: "peer",
            type: "nominal",
            sort: peers,
            scale: { range: ["#4477aa", "#ccbb44"] },
            legend: { title: null, orient: "bottom" }
          }
        }
      },
      {
        mark: { type: "text", align: "left", dx: 4, fontSize: 10 },
        encoding: { ...position, x: { field: "ratio", type: "quantitative" }, text: { field: "label" } }
      }
    ]
  }
  const { spec } = vegaLite.compile(specification)
  return await new vega.View(vega.parse(spec), { renderer: "none" }).toSVG() as string
}
