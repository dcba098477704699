# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The script of the page: the cluster as a drawing, in which the paths that do not work as expected are marked.

Nodes are boxes with their Pods; who is outside stands on the left, what Pods ask by name on the right. Big clusters are
drawn coarser: Pods beyond the first few share one place, and where many paths are broken between two boxes, one line
stands for them.
"""

from __future__ import annotations

TOPOLOGY = r"""
const LIMITS = { pods: 7, others: 12, nodes: 24, pair: 3, broken: 80, fine: 40, lines: 80 };
const SIZE = { width: 1120, chip: 21, gap: 5, head: 27, pad: 9, space: 76, between: 80, row: 40, most: 310 };
const GROUPS = {
  outside: ["Outside", "left"],
  service: ["Services", "right"],
  entry: ["Ways in", "right"],
  control: ["API and DNS", "right"],
};

function svg(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  if (classes.length) node.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(Boolean));
  return node;
}

// Whom a probe is from and to, as things of the drawing: {key, name, box, node}.
function fromOf(probe) {
  const { id, namespace, pod, node } = probe.source;
  if (pod) return { key: `pod/${namespace}/${pod}`, name: `${namespace}/${pod}`, box: `node/${node}` };
  if (node) return { key: `node/${node}`, name: node, box: `node/${node}` };
  return { key: id, name: id.replace(/^outside\//, ""), box: "outside" };
}
function toOf(probe) {
  const { id, kind, namespace, name, node } = probe.target;
  const full = namespace ? `${namespace}/${name}` : name;
  if (kind === "pod") return { key: `pod/${full}`, name: full, box: `node/${node}` };
  if (kind === "node") return { key: `node/${name}`, name, box: `node/${name}` };
  if (kind === "host") return { key: `host/${name}`, name, box: "outside" };
  const way = kind === "ingress" || id.startsWith("lb/");
  const box = way ? "entry" : kind === "service" ? "service" : "control";
  const shown = kind === "service" ? full : kind === "ingress" ? full : id;
  return { key: `${way ? id.split("/")[0] : kind}/${full}`, name: shown, box };
}

// Boxes and what is in them, the most broken first; all of it is known before anything is filtered.
function plot() {
  const boxes = new Map();
  const add = (thing, bad) => {
    if (!boxes.has(thing.box)) boxes.set(thing.box, { key: thing.box, things: new Map(), bad: 0 });
    const box = boxes.get(thing.box);
    box.bad += bad;
    if (thing.key === box.key) return;
    if (!box.things.has(thing.key)) box.things.set(thing.key, { ...thing, bad: 0 });
    box.things.get(thing.key).bad += bad;
  };
  for (const probe of probes) {
    const bad = probe.rank < 2 ? 100 : probe.rank === 2 ? 1 : 0;
    probe.from = fromOf(probe);
    probe.to = toOf(probe);
    add(probe.from, bad);
    add(probe.to, bad);
  }
  const shapes = [];
  const home = new Map(); // key of a thing -> its shape
  const shape = (one) => {
    shapes.push(one);
    one.at = shapes.length - 1;
    return one;
  };
  const worst = (a, b) => b.bad - a.bad || byName(a.name || a.key, b.name || b.key);
  const nodes = [...boxes.values()].filter((box) => box.key.startsWith("node/")).sort(worst);
  const drawn = new Set(nodes.slice(0, LIMITS.nodes));
  const rest = nodes.slice(LIMITS.nodes);
  const frames = [];
  const frame = (key, name, side, things, limit) => {
    const box = shape({ key, name, side, title: name });
    const fits = things.length <= limit + 1;
    const shown = (fits ? things : things.slice(0, limit)).sort((a, b) => byName(a.name, b.name));
    box.chips = shown.map((thing) => shape({ ...thing, title: thing.name, frame: box }));
    for (const chip of box.chips) home.set(chip.key, chip);
    if (!fits) {
      const more = shape({ name: `and ${number(things.length - limit)} more`, title: "the others", frame: box, many: true });
      box.chips.push(more);
      for (const thing of things.slice(limit)) home.set(thing.key, more);
    }
    home.set(key, box);
    frames.push(box);
    return box;
  };
  for (const [key, [name, side]] of Object.entries(GROUPS)) {
    const box = boxes.get(key);
    if (box) frame(key, name, side, [...box.things.values()].sort(worst), LIMITS.others);
  }
  for (const box of [...drawn].sort((a, b) => byName(a.key, b.key)))
    frame(box.key, box.key.slice(5) || "on no node", "middle", [...box.things.values()].sort(worst), LIMITS.pods);
  if (rest.length) {
    const more = frame("more", `and ${plural(rest.length, "more node")}`, "middle", [], 0);
    for (const box of rest) for (const key of [box.key, ...box.things.keys()]) home.set(key, more);
  }
  for (const probe of probes) {
    probe.a = home.get(probe.from.key);
    probe.b = home.get(probe.to.key);
  }
  return { shapes, frames };
}

// Give each frame and chip its place; return the height of the drawing.
function arrange(frames) {
  const tall = (box) => SIZE.head + box.chips.length * (SIZE.chip + SIZE.gap) + (box.chips.length ? SIZE.pad : 0);
  const put = (box, x, y, width) => {
    Object.assign(box, { x, y, width, height: tall(box), head: SIZE.head });
    box.chips.forEach((chip, at) =>
      Object.assign(chip, {
        x: x + SIZE.pad,
        y: y + SIZE.head + at * (SIZE.chip + SIZE.gap),
        width: width - 2 * SIZE.pad,
        height: SIZE.chip,
      }),
    );
    return box.height;
  };
  const side = (name) => frames.filter((box) => box.side === name);
  const [left, middle, right] = ["left", "middle", "right"].map(side);
  const aside = 220;
  const start = left.length ? 190 + SIZE.space : 0;
  const end = SIZE.width - (right.length ? aside + SIZE.space : 0);
  const fit = Math.floor((end - start + SIZE.between) / (165 + SIZE.between));
  const columns = middle.length <= 4 ? 1 : Math.min(middle.length, fit);
  drawing.channel = columns === 1 ? 240 : 90; // how far a line may swing out between boxes above each other
  const width = Math.min(SIZE.most, (end - start + SIZE.between) / columns - SIZE.between);
  const indent = start + (end - start - columns * (width + SIZE.between) + SIZE.between) / 2;
  let y = 4;
  for (let at = 0; at < middle.length; at += columns) {
    const row = middle.slice(at, at + columns);
    y += Math.max(...row.map((box, place) => put(box, indent + place * (width + SIZE.between), y, width))) + SIZE.row;
  }
  const stack = (list, x, wide) => list.reduce((top, box) => top + put(box, x, top, wide) + 20, 4);
  return Math.max(y - SIZE.row, stack(left, 2, 188), stack(right, SIZE.width - aside - 2, aside)) + 14;
}

// Join probes into edges from shape to shape; where many are broken between two boxes, the box stands for those in it.
const boxOf = (shape) => shape.frame || shape;
function joined(list, ends) {
  const edges = new Map();
  for (const probe of list) {
    const [a, b, fromBox, toBox] = ends(probe);
    const key = `${a.at}${fromBox ? "b" : ""}-${b.at}${toBox ? "b" : ""}`;
    if (!edges.has(key)) edges.set(key, { key, a, b, rank: 3, counts: [0, 0, 0, 0], total: 0 });
    const edge = edges.get(key);
    edge.rank = Math.min(edge.rank, probe.rank);
    edge.counts[probe.rank] += 1;
    edge.total += 1;
  }
  return [...edges.values()];
}
const alone = (probe) => [probe.a, probe.b];
const whole = (probe) => [boxOf(probe.a), boxOf(probe.b), true, true];
function between(list) {
  const broken = joined(list, alone).filter((edge) => edge.rank < 3);
  if (broken.length <= LIMITS.pair) return alone;
  const starts = new Set(broken.map((edge) => edge.a)).size,
    ends = new Set(broken.map((edge) => edge.b)).size;
  if (Math.min(starts, ends) > LIMITS.pair) return whole;
  return ends <= starts ? (probe) => [boxOf(probe.a), probe.b, true] : (probe) => [probe.a, boxOf(probe.b), false, true];
}
function connect(shown) {
  const pairs = new Map();
  for (const probe of shown) {
    if (probe.rank === 4) continue;
    const pair = `${boxOf(probe.a).at}-${boxOf(probe.b).at}`;
    if (!pairs.has(pair)) pairs.set(pair, []);
    pairs.get(pair).push(probe);
  }
  const edges = [...pairs.values()].flatMap((list) => joined(list, between(list)));
  const broken = edges.filter((edge) => edge.rank < 3).sort((a, b) => b.rank - a.rank || a.total - b.total);
  const works = new Set(edges.filter((edge) => edge.rank === 3).map((edge) => edge.key));
  let fine = edges.filter((edge) => works.has(edge.key));
  if (fine.length > LIMITS.fine)
    fine = [...pairs.values()].flatMap((list) => (list.every((probe) => probe.rank === 3) ? joined(list, whole) : []));
  fine = fine.filter((edge) => edge.a !== edge.b);
  return { broken: broken.slice(-LIMITS.broken), cut: Math.max(0, broken.length - LIMITS.broken), fine: fine.slice(0, LIMITS.lines) };
}
const onEdge = (key) => {
  const [from, to] = key.split("-");
  const within = (shape, end) => (end.endsWith("b") ? boxOf(shape) : shape).at === parseInt(end, 10);
  return probes.filter((probe) => probe.rank < 4 && within(probe.a, from) && within(probe.b, to));
};

// A curve that leaves and arrives sideways, from the edge of a box to the edge of another.
function route({ a, b }) {
  const out = boxOf(a),
    to = boxOf(b);
  const middle = (shape) => shape.y + (shape.head || shape.height) / 2;
  const aside = a.at > b.at ? 3 : -3; // the two directions of a pair lie side by side
  const y1 = middle(a) + aside,
    y2 = middle(b) + aside + (a === b ? 9 : 0);
  const ahead = out.x + out.width < to.x,
    back = to.x + to.width < out.x;
  const x1 = back ? out.x : out.x + out.width,
    x2 = ahead ? to.x : to.x + to.width;
  const bend = ahead || back ? Math.max(26, Math.abs(x2 - x1) / 2) : Math.min(drawing.channel, 40 + Math.abs(y2 - y1) * 0.8);
  const c1 = x1 + (back ? -bend : bend),
    c2 = x2 + (ahead ? -bend : bend);
  const at = (t, p, q, r, s) => (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * q + 3 * (1 - t) * t * t * r + t ** 3 * s;
  return {
    path: `M${x1} ${y1}C${c1} ${y1} ${c2} ${y2} ${x2} ${y2}`,
    point: (t) => [at(t, x1, c1, c2, x2), at(t, y1, y1, y2, y2)],
  };
}

// Where a mark covers neither a box nor another mark, if there is such a place on its curve.
function placeOf(point, wide, taken) {
  const free = ([x, y], list, margin) =>
    list.every((one) => Math.abs(x - one.x) * 2 > one.width + wide + margin || Math.abs(y - one.y) * 2 > one.height + 18);
  const boxes = drawing.frames.map((box) => ({ ...box, x: box.x + box.width / 2, y: box.y + box.height / 2 }));
  const places = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9].map(point);
  const [x, y] =
    places.find((one) => free(one, taken, 2) && free(one, boxes, 2)) || places.find((one) => free(one, taken, 2)) || places[0];
  taken.push({ x, y, width: wide, height: 18 });
  return [x, y];
}

const drawFine = (edge) => svg("path.line.e-pass", { d: route(edge).path });
// A broken edge: its line, which lies under the boxes, and its mark, which lies above them.
function drawBroken(edge, taken) {
  const verdict = VERDICTS[edge.rank];
  const { path, point } = route(edge);
  const counts = edge.counts[edge.rank];
  const said = `${edge.a.title} to ${edge.b.title}: ${number(counts)} of ${plural(edge.total, "check")} ${NAMES[verdict]}`;
  const label = `${MARKS[verdict]} ${number(counts)}`;
  const wide = 12 + label.length * 6.4;
  const [x, y] = placeOf(point, wide, taken);
  const line = svg(
    `g.way.e-${verdict}`,
    {},
    svg("path.line", { d: path, "marker-end": `url(#arrow-${verdict})` }),
  );
  const near = (on) => () => line.classList.toggle("near", on);
  const sign = svg(
    "g.edge",
    {
      role: "button",
      tabindex: -1,
      "aria-label": said,
      "data-edge": edge.key,
      onclick: () => go(`#edge-${edge.key}`, sign),
      onmouseenter: near(true),
      onmouseleave: near(false),
      onfocus: near(true),
      onblur: near(false),
    },
    svg("title", {}, said),
    svg(`rect.v-${verdict}`, { x: x - wide / 2, y: y - 9, width: wide, height: 18, rx: 9 }),
    svg(`text.v-${verdict}`, { x, y: y + 4, "text-anchor": "middle" }, label),
  );
  return [line, sign];
}

function drawShape(box) {
  const cut = (name, width, letter = 6.7) => {
    const fits = Math.floor((width - 14) / letter);
    return name.length <= fits ? name : `${name.slice(0, Math.ceil(fits / 2) - 1)}\u2026${name.slice(1 - Math.floor(fits / 2))}`;
  };
  return svg(
    `g.frame.${box.side}`,
    {},
    svg("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 8 }),
    svg("text.name", { x: box.x + 10, y: box.y + 18 }, svg("title", {}, box.title), cut(box.name, box.width, 8.4)),
    box.chips.map((chip) =>
      svg(
        `g.chip${chip.many ? ".many" : ""}`,
        {},
        svg("title", {}, chip.title),
        svg("rect", { x: chip.x, y: chip.y, width: chip.width, height: chip.height, rx: 5 }),
        svg("text", { x: chip.x + 7, y: chip.y + 15 }, cut(strip(chip.name), chip.width)),
      ),
    ),
  );
}
// A namespace that all share is not worth its room.
const spaces = new Set([...sources, ...targets].map((one) => one.namespace).filter(Boolean));
const strip = (name) => (spaces.size === 1 && name.startsWith(`${[...spaces][0]}/`) ? name.slice([...spaces][0].length + 1) : name);

const arrow = (verdict) =>
  svg(
    `marker.e-${verdict}`,
    { id: `arrow-${verdict}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, orient: "auto", markerUnits: "userSpaceOnUse" },
    svg("path", { d: "M0 0L8 4L0 8z" }),
  );

const drawing = probes.length ? plot() : null;
function drawTopology() {
  const section = el("section.topology", { "aria-label": "Topology" });
  if (!drawing) return null;
  const height = arrange(drawing.frames);
  const frames = drawing.frames.map(drawShape);
  section.update = (shown) => {
    const { broken, cut, fine } = connect(shown);
    const total = broken.length + cut;
    const said = total
      ? `${plural(total, "path")} ${total === 1 ? "does" : "do"} not work as expected${cut ? ` (${number(cut)} of them not drawn)` : ""}`
      : "every path that is shown works as expected";
    const taken = [];
    const pairs = broken.map((edge) => drawBroken(edge, taken));
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${SIZE.width} ${height}`, role: "group", "aria-label": `Topology: ${said}` },
      svg("defs", {}, VERDICTS.slice(0, 3).map(arrow)),
      fine.map(drawFine),
      pairs.map(([line]) => line),
      frames,
      pairs.map(([, sign]) => sign),
    );
    walkEdges(picture);
    section.replaceChildren(
      el("div.head", {}, el("h2", {}, "Topology"), el("span.muted", {}, total && fine.length ? `${said}; thin lines work` : said)),
      broken.length
        ? el(
            "p.legend",
            {},
            VERDICTS.slice(0, 3)
              .filter((_, rank) => broken.some((edge) => edge.rank === rank))
              .map((verdict) => el("span", {}, mark(verdict), `${NAMES[verdict]}, with the number of checks`)),
            el("span", {}, "Open a mark for its checks."),
          )
        : "",
      el("div.scroll", { tabindex: broken.length ? false : 0 }, picture),
    );
  };
  return section;
}

// One tab stop for all marks; arrows go from one to the next, Enter opens.
function walkEdges(picture) {
  const marks = [...picture.querySelectorAll("g.edge")];
  if (marks.length) marks[0].setAttribute("tabindex", 0);
  picture.addEventListener("keydown", (event) => {
    const at = marks.indexOf(event.target);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      go(`#edge-${marks[at].dataset.edge}`, marks[at]);
    } else if (step && marks[at + step]) {
      event.preventDefault();
      marks[at].setAttribute("tabindex", -1);
      marks[at + step].setAttribute("tabindex", 0);
      marks[at + step].focus();
    }
  });
}
"""
