/// <reference lib="dom" />
/**
 * What the page does: leaves and their reasons, details, search. This runs in the page: the text of the function is in it,
 * and it uses nothing but what it is given.
 */
import type { Drawing, Item, LeafDrawing, Statistics } from "../drawing.ts"
import type { arrange as Arrange, Arrangement } from "./arrange.ts"
import type { openPane as OpenPane, Pane, Surroundings } from "./pane.ts"

/** Runs the page of a drawing. */
export const start = (drawing: Drawing, arrange: typeof Arrange, openPane: typeof OpenPane): void => {
  const { boxes, groups, items, leaves, sites, sources } = drawing
  const byId = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E

  // ---- which box shows an item, and where that is

  const boxOf = new Map<number, number>()
  const holder = new Map<number, number>()
  boxes.forEach(({ holds, item }, box) => {
    if (item !== undefined) boxOf.set(item, box)
    for (const group of holds) holder.set(group, box)
  })
  const repeated = groups.flatMap(({ copies }, group) => copies === undefined ? [] : [{ ...copies, group }])
    .sort((a, b) => b.count * b.stride - a.count * a.stride)
  /** The first copy of an item, and which copy it is in each block around it. */
  const representative = (item: number) => {
    const copies: Array<readonly [group: number, copy: number]> = []
    for (const { count, first, group, stride } of repeated) {
      if (item < first || item >= first + count * stride) continue
      const copy = Math.floor((item - first) / stride)
      copies.push([group, copy])
      item -= copy * stride
    }
    return { item, copies }
  }
  /** The boxes around a box, from the outermost on. */
  const around = (box: number): ReadonlyArray<number> => {
    const outer = holder.get(boxes[box]!.group)
    return outer === undefined ? [] : [...around(outer), outer]
  }
  const rootOf = (box: number): number => boxes[around(box)[0] ?? box]!.group

  // ---- state

  const open = new Set(boxes.flatMap(({ isOpen }, box) => isOpen === true ? [box] : []))
  const copies = new Map<number, number>()
  let following: LeafDrawing | undefined
  let chosen: number | undefined
  let matches: ReadonlyArray<number> = []
  let match = -1
  const arrangements = new Map<number, Arrangement>()
  const arranged = (root: number): Arrangement => {
    const known = arrangements.get(root) ?? arrange(drawing, root, (box) => open.has(box))
    arrangements.set(root, known)
    return known
  }
  /** The item that a box shows: that of the chosen copy. */
  const shownItem = (box: number): number | undefined => {
    const { item } = boxes[box]!
    if (item === undefined) return undefined
    let shown = item
    for (const { count, first, group, stride } of repeated) {
      if (item >= first && item < first + count * stride) shown += (copies.get(group) ?? 0) * stride
    }
    return shown
  }

  const boxesOf = (some: Iterable<number>): Set<number> => {
    const found = new Set<number>()
    for (const item of some) {
      const box = boxOf.get(representative(item).item)
      if (box === undefined) continue
      found.add(box)
      for (const outer of around(box)) found.add(outer)
    }
    return found
  }

  const siteOf = ({ site }: Item) => site === undefined ? undefined : sites[site]!
  const siteText = (item: Item): string => {
    const site = siteOf(item)
    return site === undefined ? "" : `${site.file}:${site.line}:${site.column}`
  }
  const users = new Map<number, Array<number>>()
  const atSite = new Map<number, Array<number>>()
  items.forEach((item, i) => {
    for (const operand of item.operands) {
      const known = users.get(operand)
      if (known === undefined) users.set(operand, [i])
      else known.push(i)
    }
    const { site } = item
    if (site === undefined) return
    const known = atSite.get(site)
    if (known === undefined) atSite.set(site, [i])
    else known.push(i)
  })

  const nobody: ReadonlySet<number> = new Set()
  let emphasis = { lit: nobody, isBarred: false, echo: nobody, found: nobody, chosen: undefined as number | undefined }
  const emphasise = (): void => {
    const followed = following === undefined ? [] : [...following.way, ...following.barriers]
    const item = chosen === undefined ? undefined : items[chosen]!
    // where a whole loop of the user's shares a line, its neighbours say nothing
    const beside = item?.site === undefined ? [] : atSite.get(item.site)!
    const echo = boxesOf(beside.length > 200 ? [] : beside)
    const own = chosen === undefined ? undefined : boxOf.get(representative(chosen).item)
    if (own !== undefined) echo.delete(own)
    emphasis = {
      lit: boxesOf(followed),
      isBarred: following?.status === "unconnected",
      echo,
      found: boxesOf(matches),
      chosen: own
    }
  }

  // ---- text

  const escaped = (text: string): string =>
    text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" })[c]!)
  const number = (x: number | null): string =>
    x === null ? "none" : Number.isInteger(x) && Math.abs(x) < 1e15 ? String(x) : String(Number(x.toPrecision(6)))
  const kinds = [
    ["nonzero", "nonzero", "--connected"],
    ["zero", "zero", "--edge"],
    ["masked", "zero by structure", "--mask"],
    ["infinite", "infinite", "--origin"],
    ["nan", "NaN", "--origin"]
  ] as const
  const counts = (s: Statistics): string =>
    kinds.flatMap(([key, text]) => s[key] > 0 ? [`${s[key]} ${text}`] : []).join(" · ") || "no elements"
  const bar = (s: Statistics): string =>
    `<div class="bar" role="img" aria-label="${counts(s)}">${
      kinds.flatMap(([key, , colour]) => s[key] > 0 ? [`<i style="flex:${s[key]};background:var(${colour})"></i>`] : [])
        .join("")
    }</div>`
  const excerpt = (item: Item): string => {
    const site = siteOf(item)
    if (site === undefined) return ""
    const line = sources[site.file]?.[site.line]
    if (line === undefined) return ""
    const width = site.op !== undefined && line.startsWith(site.op, site.column - 1) ? site.op.length : 1
    const [a, b] = [site.column - 1, site.column - 1 + width]
    return `<pre>${escaped(line.slice(0, a).trimStart())}<mark>${escaped(line.slice(a, b))}</mark>${
      escaped(line.slice(b))
    }</pre>`
  }
  const placeText = (item: Item): string => siteText(item).replace(/^.*[/\\]/, "")
  const call = (item: Item): string =>
    item.kind === "op"
      ? `${item.name} = ${item.op}${item.params} ${
        item.operands.map((o) => items[o]!.kind === "op" ? items[o]!.name : items[o]!.op).join(" ")
      }`
      : item.op
  const facts = (item: Item): string => {
    const s = item.statistics
    const rows: ReadonlyArray<readonly [string, string]> = [
      ["type", item.type],
      ...item.of === undefined ? [] : [["for", item.of] as const],
      ...s === undefined ? item.kind === "op" ? [["elements", "never computed"] as const] : [] : [
        ["elements", `${counts(s)}${s.runs > 1 ? `, in ${s.runs} runs` : ""}`] as const,
        ...s.least === null ? [] : [["from", `${number(s.least)} to ${number(s.largest)}`] as const]
      ],
      ...item.site === undefined ? [] : [["line", placeText(item)] as const]
    ]
    return `<dl>${
      rows.map(([k, v]) =>
        `<dt>${k}</dt><dd class="mono"${k === "line" ? ` title="${escaped(siteText(item))}"` : ""}>${escaped(v)}</dd>`
      ).join("")
    }</dl>`
  }
  const tell = (box: number): string => {
    const item = shownItem(box)
    if (item === undefined) {
      const { lines, title } = boxes[box]!
      return `<b>${escaped(title)}</b><p>${lines.map(escaped).join("<br>")}</p><p>Click to ${
        open.has(box) ? "close" : "open"
      }.</p>`
    }
    const known = items[item]!
    return `<b class="mono">${escaped(call(known))}</b>${facts(known)}${excerpt(known)}`
  }

  // ---- what can be done

  const redraw = (): void => {
    emphasise()
    hover(undefined, { x: 0, y: 0 })
    for (const pane of panes.values()) pane.draw()
    show()
  }
  const toggle = (box: number): void => {
    panes.get(rootOf(box))!.keep(box, () => {
      if (open.has(box)) open.delete(box)
      else open.add(box)
      arrangements.clear()
    })
    redraw()
  }
  /** Opens what is around an item, turns to its copy, and moves there. */
  const go = (item: number): void => {
    const found = representative(item)
    const box = boxOf.get(found.item)
    if (box === undefined) return
    for (const [group, copy] of found.copies) copies.set(group, copy)
    for (const outer of around(box)) open.add(outer)
    arrangements.clear()
    redraw()
    panes.get(rootOf(box))!.reveal(box)
  }
  const follow = (leaf: LeafDrawing | undefined): void => {
    following = following === leaf ? undefined : leaf
    chosen = undefined
    if (following !== undefined) {
      // the ends of the way are seen; a cut is what one came for
      for (const item of following.cut) {
        const box = boxOf.get(representative(item).item)
        if (box !== undefined) { for (const outer of around(box)) open.add(outer) }
      }
      arrangements.clear()
    }
    redraw()
    const target = following === undefined ? undefined : following.cut[0] ?? following.item
    if (target !== undefined) go(target)
  }
  const choose = (box: number): void => {
    const item = shownItem(box)
    if (item === undefined) return
    const leaf = leaves.find((l) => l.item === item || l.gradient === item)
    if (leaf !== undefined) return follow(leaf)
    chosen = chosen === item ? undefined : item
    redraw()
  }
  const step = (group: number, by: number): void => {
    const { count } = groups[group]!.copies!
    copies.set(group, ((copies.get(group) ?? 0) + by + count) % count)
    if (chosen !== undefined) chosen = undefined
    redraw()
  }
  const seek = (text: string): void => {
    const wanted = text.trim().toLowerCase()
    matches = wanted === "" ?
      [] :
      items.flatMap(({ kind, name, of, op }, i) =>
        kind !== "constant" && kind !== "kept" &&
          (op.toLowerCase().includes(wanted) || of?.toLowerCase().includes(wanted) === true || name === wanted)
          ? [i]
          : []
      )
    match = -1
    redraw()
    count()
  }
  const count = (): void => {
    byId("found").textContent = byId<HTMLInputElement>("search").value.trim() === ""
      ? ""
      : match < 0
      ? `${matches.length} found`
      : `${match + 1} of ${matches.length}`
  }
  const next = (by: number): void => {
    if (matches.length === 0) return
    match = (Math.max(match, by < 0 ? 0 : -1) + by + matches.length) % matches.length
    chosen = matches[match]!
    go(chosen)
    count()
  }

  // ---- the panel

  const show = (): void => {
    document.querySelectorAll("button.leaf").forEach((element, i) => {
      element.setAttribute("aria-pressed", String(leaves[i] === following))
    })
    const item = chosen === undefined ? undefined : items[chosen]!
    const details = byId("details")
    if (item === undefined) {
      details.innerHTML = ""
      return
    }
    const link = (i: number): string => {
      const { kind, name, op } = items[i]!
      return `<button data-go="${i}">${escaped(kind === "op" ? `${name} = ${op}` : op)}</button>`
    }
    const readers = users.get(chosen!) ?? []
    details.innerHTML = `<h2>Chosen</h2><b class="mono">${escaped(call(item))}</b>${facts(item)}${excerpt(item)}${
      item.operands.length === 0 ? "" : `<p>from ${item.operands.map(link).join(" ")}</p>`
    }${
      readers.length === 0
        ? ""
        : `<p>used by ${readers.slice(0, 12).map(link).join(" ")}${readers.length > 12 ? " …" : ""}</p>`
    }`
  }
  byId("leaves").innerHTML = leaves.map(({ norm, path, reasons, statistics, status, type }) =>
    `<button class="leaf ${status.replace(" ", "-")}" aria-pressed="false"><span class="status">${
      status === "connected" ? "●" : status === "unconnected" ? "○" : "✕"
    } ${status}</span> <b class="mono">${escaped(path)}</b> <small class="mono">${escaped(type)}</small>${
      status === "unconnected"
        ? ""
        : `${bar(statistics)}<div class="counts">${counts(statistics)}; norm ${escaped(norm)}</div>`
    }${
      reasons.map(({ cure, what, where }) =>
        `<p>${escaped(what)}${
          where === undefined ? "" : ` <small class="mono">${escaped(where.replace(/^.*[/\\]/, ""))}</small>`
        }</p>` +
        `<p class="cure">${escaped(cure)}</p>`
      ).join("")
    }</button>`
  ).join("")
  byId("leaves").addEventListener("click", (event) => {
    const button = (event.target as Element).closest("button.leaf")
    if (button !== null) follow(leaves[Array.from(byId("leaves").children).indexOf(button)])
  })
  byId("details").addEventListener("click", (event) => {
    const to = (event.target as Element).getAttribute("data-go")
    if (to === null) return
    chosen = Number(to)
    go(chosen)
  })

  // ---- the panes

  const tip = byId("tip")
  let hovered: number | undefined
  const hover: Surroundings["hover"] = (box, { x, y }) => {
    tip.hidden = box === undefined
    if (box === undefined) {
      hovered = undefined
      return
    }
    if (box !== hovered) tip.innerHTML = tell(box)
    hovered = box
    const { height, width } = tip.getBoundingClientRect()
    tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`
    tip.style.top = `${y + 16 + height > innerHeight ? Math.max(8, y - height - 12) : y + 16}px`
  }
  const panes = new Map<number, Pane>()
  for (const [id, root] of [["forward", drawing.forward], ["backward", drawing.backward]] as const) {
    panes.set(
      root,
      openPane(byId(id), {
        drawing,
        arranged: () => arranged(root),
        emphasis: () => emphasis,
        copyOf: (group) => copies.get(group) ?? 0,
        hover: (box, { x, y }) => hover(box, { x, y }),
        choose,
        toggle,
        step
      })
    )
  }

  const search = byId<HTMLInputElement>("search")
  search.addEventListener("input", () => seek(search.value))
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1)
  })
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault()
      search.focus()
    } else if (event.key === "Escape") {
      search.value = ""
      following = chosen = undefined
      seek("")
    }
  })
  byId("theme").addEventListener("click", () => {
    const { dataset } = document.documentElement
    const isDark = dataset["theme"] === undefined
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : dataset["theme"] === "dark"
    dataset["theme"] = isDark ? "light" : "dark"
  })
  for (const pane of panes.values()) pane.fit()
  show()
}
