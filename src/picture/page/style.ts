/**
 * How a page looks. Colours are those of M. Okabe and K. Ito, "Color Universal Design" (2008), which people with any kind
 * of colour vision tell apart; what a colour says, a sign says too.
 */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfbf9, #15171a); --panel: light-dark(#ffffff, #1c1f23); --inner: light-dark(#f3f4f2, #1a1d20);
  --ink: light-dark(#1c1e21, #e7e9ea); --soft: light-dark(#5f6972, #9aa4ac); --chosen: light-dark(#1c1e21, #ffffff);
  --line: light-dark(#d9dcdf, #32373d); --edge: light-dark(#aab1b8, #5d666f); --box: light-dark(#ffffff, #23272c);
  --connected: light-dark(#0072b2, #63b8ec); --connected-fill: light-dark(#e3f0f8, #16303f);
  --unconnected: light-dark(#c24a00, #ff8a47); --unconnected-fill: light-dark(#fdeadd, #402314);
  --mask: light-dark(#8a6000, #e6b14a); --mask-fill: light-dark(#fdf3d9, #3a2f15);
  --origin: light-dark(#a8437e, #e68fc0); --origin-fill: light-dark(#f9e6f1, #3d2032);
}
:root[data-theme=light] { color-scheme: light; } :root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: grid; grid-template: auto 1fr / 340px 1fr; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
code, .mono, svg text { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
header {
  grid-column: 1 / -1; display: flex; align-items: center; gap: 18px; padding: 10px 16px; background: var(--panel);
  border-bottom: 1px solid var(--line);
}
h1 { font-size: 15px; font-weight: 650; margin: 0; white-space: nowrap; }
h1 span { color: var(--soft); font-weight: 400; }
header .legend { display: flex; gap: 14px; margin-left: auto; font-size: 12px; color: var(--soft); white-space: nowrap; }
header .legend i { font-style: normal; font-weight: 700; }
input, button {
  font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 7px; padding: 4px 10px;
}
button { cursor: pointer; } button:hover { border-color: var(--soft); }
input { width: 200px; } :focus-visible { outline: 2px solid var(--connected); outline-offset: 1px; }
#found { font-size: 12px; color: var(--soft); min-width: 4em; font-variant-numeric: tabular-nums; }
aside { overflow: auto; background: var(--panel); border-right: 1px solid var(--line); padding: 6px 14px 18px; }
aside h2, .pane h2 { font-size: 11px; letter-spacing: .07em; text-transform: uppercase; color: var(--soft); font-weight: 600; margin: 12px 2px 8px; }
.leaf { display: block; width: 100%; text-align: left; padding: 9px 11px; margin: 0 0 8px; border-radius: 9px; background: var(--box); border: 1px solid var(--line); border-left: 4px solid var(--tone); }
.leaf[aria-pressed=true] { border-color: var(--tone); box-shadow: 0 0 0 1px var(--tone); }
.leaf b { font-weight: 600; overflow-wrap: anywhere; } .leaf small { color: var(--soft); }
.leaf .status { color: var(--tone); font-weight: 600; font-size: 12.5px; }
.leaf p, #details p { margin: 6px 0 0; font-size: 12.5px; overflow-wrap: anywhere; } .leaf p.cure, #details p.cure { color: var(--soft); }
.bar { display: flex; height: 5px; border-radius: 3px; overflow: hidden; margin-top: 7px; background: var(--line); }
.bar i { display: block; min-width: 2px; }
.counts { font-size: 12px; color: var(--soft); margin-top: 4px; font-variant-numeric: tabular-nums; }
.connected { --tone: var(--connected); --fill: var(--connected-fill); }
.unconnected, .barrier { --tone: var(--unconnected); --fill: var(--unconnected-fill); }
.mask { --tone: var(--mask); --fill: var(--mask-fill); }
.origin, .not-finite { --tone: var(--origin); --fill: var(--origin-fill); }
.none { --tone: var(--edge); --fill: var(--box); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 12px; margin: 8px 0 0; font-size: 12.5px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; margin: 8px 0 0; padding: 8px 10px; background: var(--inner); border-radius: 7px; overflow: auto; font-size: 12px; line-height: 1.5; }
pre mark { background: none; color: inherit; text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; text-decoration-color: var(--unconnected); }
main { display: grid; grid-template-columns: 1fr 1fr; min-width: 0; min-height: 0; }
.pane { position: relative; min-width: 0; min-height: 0; overflow: hidden; } .pane + .pane { border-left: 1px solid var(--line); }
.pane h2 { position: absolute; left: 14px; top: 0; pointer-events: none; z-index: 1; background: var(--paper); padding: 1px 6px; border-radius: 5px; }
.pane h2 span { text-transform: none; letter-spacing: 0; font-weight: 400; }
.pane .zoom { position: absolute; right: 12px; bottom: 12px; display: flex; gap: 4px; } .zoom button { padding: 2px 9px; background: var(--panel); }
.pane svg { width: 100%; height: 100%; display: block; cursor: grab; touch-action: none; user-select: none; } .pane svg:active { cursor: grabbing; }
.plane { fill: var(--inner); stroke: var(--line); } .plane.idle { stroke-dasharray: 5 4; }
.caption { fill: var(--soft); font-size: 11px; } .idle-text { fill: var(--unconnected); }
.edges { fill: none; stroke: var(--edge); stroke-width: 1.2; } .edges.lit { stroke: var(--connected); stroke-width: 2.6; } .edges.lit.barred { stroke: var(--unconnected); }
.edges.dim { opacity: .35; }
.far { stroke: none; }
.box { cursor: pointer; } .box > rect { fill: var(--fill); stroke: var(--tone); stroke-width: 1.2; }
.box.marked > rect { stroke-width: 1.8; } .box .title { fill: var(--ink); font-size: 12.5px; font-weight: 600; } .box .line { fill: var(--soft); font-size: 11.5px; } .box .sign { fill: var(--tone); font-weight: 700; font-size: 12px; }
.box.holds > rect { stroke-dasharray: none; } .box .stack { fill: none; stroke: var(--tone); opacity: .55; }
.box:hover > rect, .box:focus-visible > rect { stroke: var(--chosen); } .box:focus { outline: none; }
.box.chosen > rect { stroke: var(--chosen); stroke-width: 2.6; } .box.echo > rect { stroke: var(--chosen); stroke-dasharray: 3 3; stroke-width: 1.8; }
.box.found > rect { stroke: var(--chosen); stroke-width: 2.2; } .box.found .title { text-decoration: underline; }
.box.dim { opacity: .38; } .box.open > rect { fill: var(--box); fill-opacity: .6; }
.step { cursor: pointer; } .step text { fill: var(--ink); font-size: 12px; } .step rect { fill: var(--box); stroke: var(--line); }
#tip { position: fixed; z-index: 5; pointer-events: none; max-width: 460px; background: var(--panel); color: var(--ink); border: 1px solid var(--line); border-radius: 9px; padding: 9px 12px; box-shadow: 0 6px 24px rgb(0 0 0 / .18); font-size: 12.5px; }
#tip[hidden] { display: none; }
@media (max-width: 900px) { body { grid-template: auto auto 1fr / 1fr; } aside { max-height: 34vh; border-right: 0; border-bottom: 1px solid var(--line); } header .legend { display: none; } }
`
