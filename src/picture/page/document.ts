/**
 * A drawing as a page: one document with its style, its data and what runs in it. It asks for nothing from anywhere, and its
 * policy forbids it to.
 */
import type { Drawing } from "../drawing.ts"
import { arrange } from "./arrange.ts"
import { start } from "./client.ts"
import { openPane } from "./pane.ts"
import { style } from "./style.ts"

const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" })[c]!)

/** JSON that cannot end the element in which it stands. */
const dataOf = (drawing: Drawing): string => JSON.stringify(drawing).replace(/</g, "\\u003c")

const legend = [
  ["●", "connected", "connected"],
  ["○", "unconnected", "unconnected"],
  ["⊘", "unconnected", "barrier"],
  ["◐", "mask", "zero by structure"],
  ["✕", "origin", "not finite"]
].map(([sign, tone, text]) => `<span><i style="color:var(--${tone})">${sign}</i> ${text}</span>`).join("")

const plural = (n: number, one: string): string => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`

/** The document of a page. */
export const documentOf = (drawing: Drawing): string => {
  const { items, leaves, value } = drawing
  const ops = items.filter(({ kind }) => kind === "op").length
  const unconnected = leaves.filter(({ status }) => status === "unconnected").length
  const unfinished = leaves.filter(({ status }) => status === "not finite").length
  const said = [
    plural(leaves.length, "leaf").replace("leafs", "leaves"),
    ...unconnected > 0 ? [`${unconnected} unconnected`] : [],
    ...unfinished > 0 ? [`${unfinished} not finite`] : [],
    plural(ops, "equation")
  ].join(", ")
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gradient of ${escaped(drawing.title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>value ${escaped(value)} <span>· ${said}</span></h1>
<input id="search" type="search" placeholder="Search an op ( / )" aria-label="Search an op" autocomplete="off">
<output id="found"></output>
<div class="legend">${legend}</div>
<button id="theme" aria-label="light or dark">◑</button>
</header>
<aside><h2>Leaves</h2><div id="leaves"></div><div id="details"></div></aside>
<main>
<section class="pane" id="forward" aria-label="forward"><h2>Forward <span>· read downwards</span></h2></section>
<section class="pane" id="backward" aria-label="backward"><h2>Backward <span>· read upwards</span></h2></section>
</main>
<div id="tip" hidden></div>
<script type="application/json" id="drawing">${dataOf(drawing)}</script>
<script type="module">
const arrange = ${arrange};
const openPane = ${openPane};
const start = ${start};
start(JSON.parse(document.getElementById("drawing").textContent), arrange, openPane);
</script>
</body>
</html>
`
}
