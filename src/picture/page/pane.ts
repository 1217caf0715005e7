/// <reference lib="dom" />
/**
 * One of the two lists in the page: a plane to move and to zoom. This runs in the page: the text of the function is in it.
 *
 * Of thousands of boxes only those in sight become elements, and from far away all of a kind are one path.
 */
import type { Drawing } from "../drawing.ts"
import type { Arrangement, Placed, PlacedGroup } from "./arrange.ts"

/** What is emphasised; boxes are known by their numbers. */
export interface Emphasis {
  readonly lit: ReadonlySet<number>
  /** Is what is lit a way that ends at a barrier? */
  readonly isBarred: boolean
  readonly echo: ReadonlySet<number>
  readonly found: ReadonlySet<number>
  readonly chosen: number | undefined
}

/** What a pane asks of the page. */
export interface Surroundings {
  readonly drawing: Drawing
  /** Where everything is now. */
  readonly arranged: () => Arrangement
  readonly emphasis: () => Emphasis
  /** The copy of a repeated block that is shown. */
  readonly copyOf: (group: number) => number
  readonly hover: (box: number | undefined, at: { readonly x: number; readonly y: number }) => void
  readonly choose: (box: number) => void
  readonly toggle: (box: number) => void
  readonly step: (group: number, by: number) => void
}

export interface Pane {
  /** Draws again what has changed. */
  readonly draw: () => void
  /** All of it in sight, or as much as can be read. */
  readonly fit: () => void
  /** Moves a box into sight. */
  readonly reveal: (box: number) => void
  /** Keeps a box where it is while others move. */
  readonly keep: (box: number, change: () => void) => void
}

export const openPane = (host: HTMLElement, page: Surroundings): Pane => {
  const { boxes, groups, items } = page.drawing
  const svgOf = (name: string, attributes: Record<string, string | number>, text?: string): SVGElement => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name)
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
    if (text !== undefined) element.textContent = text
    return element
  }
  const svg = svgOf("svg", { role: "group" })
  const world = svgOf("g", {})
  const layers = ["planes", "edges", "far", "boxes"].map((name) => world.appendChild(svgOf("g", { class: name })))
  const [planes, edges, far, near] = layers as [SVGElement, SVGElement, SVGElement, SVGElement]
  svg.append(world)
  host.append(svg)

  const view = { x: 0, y: 0, scale: 1 }
  /** Below this scale no text can be read. */
  const legible = 0.42
  const signs: Record<string, string> = { barrier: "⊘", connected: "●", unconnected: "○", mask: "◐", origin: "✕" }
  const markOf = (box: number): string => {
    const { item } = boxes[box]!
    return item === undefined ? "none" : items[item]!.mark ?? "none"
  }
  /** What is in a closed box is seen from outside. */
  const marksInside = new Map<number, string>()
  const markInside = (box: number): string => {
    const known = marksInside.get(box)
    if (known !== undefined) return known
    const own = markOf(box)
    const inner = new Set(boxes[box]!.holds.flatMap((group) => groups[group]!.boxes.map(markInside)))
    const found = own === "none" ? ["origin", "barrier", "mask"].find((mark) => inner.has(mark)) ?? "none" : own
    marksInside.set(box, found)
    return found
  }

  /** A cubic curve through its control points. */
  const pathOf = (points: ReadonlyArray<readonly [number, number]>): string => {
    const [first, ...rest] = points
    return `M${first!.map((x) => x.toFixed(1)).join(" ")}C${
      rest.map((p) => p.map((x) => x.toFixed(1)).join(" ")).join(" ")
    }`
  }

  const drawEdges = (): void => {
    const { isBarred, lit } = page.emphasis()
    const isFollowing = lit.size > 0
    const paths = { plain: "", lit: "", barred: "" }
    for (const { from, points, to } of page.arranged().curves) {
      const kind = lit.has(from) && lit.has(to) ? isBarred ? "barred" : "lit" : "plain"
      paths[kind] += pathOf(points)
    }
    edges.replaceChildren(
      svgOf("path", { class: `edges${isFollowing ? " dim" : ""}`, d: paths.plain }),
      svgOf("path", { class: "edges lit", d: paths.lit }),
      svgOf("path", { class: "edges lit barred", d: paths.barred })
    )
  }

  /** Open boxes, and in each the planes of its groups: what is inside stands before what is around. */
  const drawPlanes = (): void => {
    const { boxes: placed, groups: placedGroups } = page.arranged()
    const shown = [
      ...placed.flatMap((place) => place.isOpen ? [{ depth: place.depth, element: boxElement(place) }] : []),
      ...placedGroups.flatMap((place) =>
        place.depth === 0 ? [] : [{ depth: place.depth - 0.5, element: planeElement(place) }]
      )
    ]
    planes.replaceChildren(...shown.sort((a, b) => a.depth - b.depth).map(({ element }) => element))
  }

  const planeElement = ({ group, height, width, x, y }: PlacedGroup): SVGElement => {
    const { copies, isIdle, title } = groups[group]!
    const shown = svgOf("g", {})
    shown.append(
      svgOf("rect", {
        class: `plane${isIdle ? " idle" : ""}`,
        x: x - 5,
        y: y - 5,
        width: width + 10,
        height: height + 10,
        rx: 8
      }),
      svgOf(
        "text",
        { class: `caption${isIdle ? " idle-text" : ""}`, x, y: y - 11 },
        copies === undefined ? title : `copy ${page.copyOf(group) + 1} of ${copies.count}`
      )
    )
    if (copies === undefined) return shown
    for (const [i, [sign, by]] of ([["‹", -1], ["›", 1]] as const).entries()) {
      const label = by < 0 ? "the copy before" : "the next copy"
      const button = svgOf("g", { class: "step", role: "button", "aria-label": label })
      const left = x + width - 46 + 24 * i
      button.append(
        svgOf("rect", { x: left, y: y - 24, width: 22, height: 17, rx: 5 }),
        svgOf("text", { x: left + 8, y: y - 11.5 }, sign)
      )
      button.addEventListener("click", (event) => {
        event.stopPropagation()
        page.step(group, by)
      })
      shown.append(button)
    }
    return shown
  }

  const boxElement = ({ box, height, isOpen, width, x, y }: Placed): SVGElement => {
    const { chosen, echo, found, lit } = page.emphasis()
    const { holds, lines, title } = boxes[box]!
    const mark = isOpen ? markOf(box) : markInside(box)
    const isDim = lit.size > 0 && !lit.has(box)
    const names = ["box", mark, mark === "none" ? "" : "marked", holds.length > 0 ? "holds" : "", isOpen ? "open" : ""]
    if (isDim && !isOpen) names.push("dim")
    if (chosen === box) names.push("chosen")
    if (echo.has(box)) names.push("echo")
    if (found.has(box)) names.push("found")
    const element = svgOf("g", {
      class: names.filter((name) => name !== "").join(" "),
      "data-box": box,
      tabindex: 0,
      role: "button",
      "aria-label": [title, ...lines].join(", "),
      ...holds.length > 0 && { "aria-expanded": String(isOpen) },
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`
    })
    if (holds.length > 0 && !isOpen) {
      element.append(svgOf("path", { class: "stack", d: `M6 ${height + 3}H${width + 3}V6` }))
    }
    element.append(svgOf("rect", { width, height, rx: 7 }))
    const sign = holds.length === 0 ? "" : isOpen ? "▾ " : "▸ "
    element.append(svgOf("text", { class: "title", x: 10, y: 18 }, sign + title))
    if (mark !== "none") {
      element.append(svgOf("text", { class: "sign", x: width - 9, y: 17, "text-anchor": "end" }, signs[mark]))
    }
    // an open box has its text in one line, as far as there is room
    const left = 22 + (sign.length + title.length) * 7.6
    const shown = !isOpen ? lines : lines.slice(0, left + lines[0]!.length * 7 < width ? 1 : 0)
    for (const [i, line] of shown.entries()) {
      const at = isOpen ? { x: left, y: 18 } : { x: 10, y: 34 + 16 * i }
      element.append(svgOf("text", { class: "line", ...at }, line))
    }
    return element
  }

  /** Those in sight, with something around. */
  const inSight = (): ReadonlyArray<Placed> => {
    const { clientHeight, clientWidth } = host
    const [left, top] = [-view.x / view.scale, -view.y / view.scale]
    const [right, bottom] = [left + clientWidth / view.scale, top + clientHeight / view.scale]
    return page.arranged().boxes.filter(({ height, width, x, y }) =>
      x < right + 80 && x + width > left - 80 && y < bottom + 80 && y + height > top - 80
    )
  }

  const drawBoxes = (): void => {
    world.setAttribute(
      "transform",
      `translate(${view.x.toFixed(1)} ${view.y.toFixed(1)}) scale(${view.scale.toFixed(4)})`
    )
    const closed = inSight().filter(({ isOpen }) => !isOpen)
    const isFar = view.scale < legible && closed.length > 150
    const focus = near.contains(document.activeElement) ? document.activeElement!.getAttribute("data-box") : null
    near.replaceChildren(...(isFar ? [] : closed).map(boxElement))
    if (focus !== null) near.querySelector<SVGElement>(`[data-box="${focus}"]`)?.focus({ preventScroll: true })
    const kinds = new Map<string, string>()
    if (isFar) {
      const { found, lit } = page.emphasis()
      for (const { box, height, width, x, y } of closed) {
        const mark = markInside(box)
        const isDim = lit.size > 0 && !lit.has(box)
        const kind = `${
          found.has(box) || (lit.has(box) && mark === "none") ? "chosen" : mark === "none" ? "edge" : mark
        }|${isDim}`
        kinds.set(kind, `${kinds.get(kind) ?? ""}M${x.toFixed(0)} ${y.toFixed(0)}h${width}v${height}h${-width}z`)
      }
    }
    far.replaceChildren(...[...kinds].map(([kind, d]) => {
      const [name, isDim] = kind.split("|")
      const colour = { barrier: "unconnected" }[name!] ?? name
      return svgOf("path", { class: "far", d, fill: `var(--${colour})`, opacity: isDim === "true" ? 0.3 : 0.85 })
    }))
  }

  let isDue = false
  const moved = (): void => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      drawBoxes()
    })
  }

  const zoom = (factor: number, x: number, y: number): void => {
    const scale = Math.min(2.5, Math.max(0.01, view.scale * factor))
    view.x = x - (x - view.x) * scale / view.scale
    view.y = y - (y - view.y) * scale / view.scale
    view.scale = scale
    moved()
  }

  const draw = (): void => {
    drawPlanes()
    drawEdges()
    drawBoxes()
  }

  const fit = (): void => {
    const { height, width } = page.arranged()
    const { clientHeight, clientWidth } = host
    const scale = Math.min(1.15, (clientWidth - 40) / width, (clientHeight - 70) / height)
    // what is too long to be read whole is read from its beginning
    view.scale = Math.max(scale, Math.min(0.75, (clientWidth - 40) / width), 0.05)
    view.x = (clientWidth - width * view.scale) / 2
    view.y = height * view.scale < clientHeight - 60
      ? 44 + Math.max(0, (clientHeight - 60 - height * view.scale) / 3)
      : 44
    draw()
  }

  const placeOf = (box: number) => page.arranged().boxes.find((placed) => placed.box === box)

  const reveal = (box: number): void => {
    const place = placeOf(box)
    if (place === undefined) return
    const { clientHeight, clientWidth } = host
    if (view.scale < legible) view.scale = 0.9
    const [x, y] = [place.x + place.width / 2, place.y + Math.min(place.height, 80) / 2]
    const [sx, sy] = [x * view.scale + view.x, y * view.scale + view.y]
    if (sx < 60 || sx > clientWidth - 60) view.x = clientWidth / 2 - x * view.scale
    if (sy < 60 || sy > clientHeight - 60) view.y = clientHeight / 2 - y * view.scale
    draw()
  }

  const keep = (box: number, change: () => void): void => {
    const before = placeOf(box)
    change()
    const after = placeOf(box)
    if (before === undefined || after === undefined) return
    view.x += (before.x + before.width / 2 - after.x - after.width / 2) * view.scale
    view.y += (before.y - after.y) * view.scale
  }

  const boxAt = (target: EventTarget | null): number | undefined => {
    const found = target instanceof Element ? target.closest("[data-box]") : null
    return found === null ? undefined : Number(found.getAttribute("data-box"))
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault()
    const { left, top } = svg.getBoundingClientRect()
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top)
    else {
      view.x -= event.deltaX
      view.y -= event.deltaY
      moved()
    }
  }, { passive: false })
  let drag: { x: number; y: number; far: boolean } | undefined
  svg.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, far: false }
  })
  svg.addEventListener("pointermove", (event) => {
    if (drag !== undefined && event.buttons > 0) {
      if (!drag.far && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4) return
      if (!drag.far) svg.setPointerCapture(event.pointerId)
      view.x += event.clientX - drag.x
      view.y += event.clientY - drag.y
      drag = { x: event.clientX, y: event.clientY, far: true }
      page.hover(undefined, event)
      moved()
      return
    }
    page.hover(boxAt(event.target), event)
  })
  svg.addEventListener("pointerleave", (event) => page.hover(undefined, event))
  svg.addEventListener("click", (event) => {
    const box = boxAt(event.target)
    const wasDrag = drag?.far === true
    drag = undefined
    if (wasDrag || box === undefined) return
    const { left, top } = svg.getBoundingClientRect()
    const place = placeOf(box)!
    const x = (event.clientX - left - view.x) / view.scale - place.x
    const y = (event.clientY - top - view.y) / view.scale - place.y
    // the triangle opens and closes; so does any place on what stands for no single op
    if (boxes[box]!.holds.length > 0 && (boxes[box]!.item === undefined || (x < 26 && y < 30))) page.toggle(box)
    else page.choose(box)
  })
  svg.addEventListener("dblclick", (event) => {
    const box = boxAt(event.target)
    if (box !== undefined && boxes[box]!.item !== undefined && boxes[box]!.holds.length > 0) page.toggle(box)
  })
  svg.addEventListener("keydown", (event) => {
    const box = boxAt(event.target)
    if (box === undefined || (event.key !== "Enter" && event.key !== " ")) return
    event.preventDefault()
    if (boxes[box]!.item === undefined || event.shiftKey) page.toggle(box)
    else page.choose(box)
  })

  const buttons = document.createElement("div")
  buttons.className = "zoom"
  const all: ReadonlyArray<readonly [string, string, () => void]> = [
    ["−", "zoom out", () => zoom(0.7, host.clientWidth / 2, host.clientHeight / 2)],
    ["+", "zoom in", () => zoom(1 / 0.7, host.clientWidth / 2, host.clientHeight / 2)],
    ["fit", "all of it", fit]
  ]
  for (const [text, label, action] of all) {
    const button = document.createElement("button")
    button.textContent = text
    button.setAttribute("aria-label", label)
    button.addEventListener("click", action)
    buttons.append(button)
  }
  host.append(buttons)
  return { draw, fit, reveal, keep }
}
