// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The drawing of the cluster, in which the paths that do not work as expected are marked.
//
// Where many paths are broken between two boxes, one line stands for them.

import { go } from "./address.js";
import { probes, sources, targets } from "./data.js";
import { el, MARKS, mark, NAMES, number, plural, VERDICTS } from "./elements.js";
import { arrange, drawing, LIMITS, SIZE, svg } from "./plot.js";

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
  return ends <= starts
    ? (probe) => [boxOf(probe.a), probe.b, true]
    : (probe) => [probe.a, boxOf(probe.b), false, true];
}
function connect(shown, lit) {
  const pairs = new Map();
  for (const probe of shown) {
    if (probe.rank === 4) continue;
    const pair = `${boxOf(probe.a).at}-${boxOf(probe.b).at}`;
    if (!pairs.has(pair)) pairs.set(pair, []);
    pairs.get(pair).push(probe);
  }
  const edges = [...pairs.values()].flatMap((list) => joined(list, between(list)));
  const isLit = (edge) => (lit.size && onEdge(edge.key).some((probe) => lit.has(probe)) ? 1 : 0);
  const broken = edges
    .filter((edge) => edge.rank < 3)
    .map((edge) => ({ ...edge, lit: isLit(edge) }))
    .sort((a, b) => a.lit - b.lit || b.rank - a.rank || a.total - b.total);
  const works = new Set(edges.filter((edge) => edge.rank === 3).map((edge) => edge.key));
  let fine = edges.filter((edge) => works.has(edge.key));
  if (fine.length > LIMITS.fine)
    fine = [...pairs.values()].flatMap((list) => (list.every((probe) => probe.rank === 3) ? joined(list, whole) : []));
  fine = fine.filter((edge) => edge.a !== edge.b);
  return {
    broken: broken.slice(-LIMITS.broken),
    cut: Math.max(0, broken.length - LIMITS.broken),
    fine: fine.slice(0, LIMITS.lines),
  };
}
export const onEdge = (key) => {
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
  // Between boxes above each other a line swings out to the right, where there is paper.
  const beside = !ahead && !back;
  const left = beside && Math.max(out.x + out.width, to.x + to.width) + drawing.channel > SIZE.width;
  const x1 = back || left ? out.x : out.x + out.width,
    x2 = ahead || left ? to.x : to.x + to.width;
  const bend = beside ? Math.min(drawing.channel, 40 + Math.abs(y2 - y1) * 0.8) : Math.max(26, Math.abs(x2 - x1) / 2);
  const c1 = x1 + (back || left ? -bend : bend),
    c2 = x2 + (ahead || left ? -bend : bend);
  const at = (t, p, q, r, s) => (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * q + 3 * (1 - t) * t * t * r + t ** 3 * s;
  return {
    path: `M${x1} ${y1}C${c1} ${y1} ${c2} ${y2} ${x2} ${y2}`,
    point: (t) => [at(t, x1, c1, c2, x2), at(t, y1, y1, y2, y2)],
  };
}

// Where a mark covers neither a box nor another mark, if there is such a place on its curve.
function placeOf(point, wide, taken) {
  const free = ([x, y], list, margin) =>
    list.every(
      (one) => Math.abs(x - one.x) * 2 > one.width + wide + margin || Math.abs(y - one.y) * 2 > one.height + 18,
    );
  const boxes = drawing.frames.map((box) => ({ ...box, x: box.x + box.width / 2, y: box.y + box.height / 2 }));
  const places = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9].map(point);
  const [x, y] =
    places.find((one) => free(one, taken, 2) && free(one, boxes, 2)) ||
    places.find((one) => free(one, taken, 2)) ||
    places[0];
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
    { "data-edge": edge.key },
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

// The shortest lines have the fewest places for their marks, so they choose first.
function drawMarks(broken) {
  const length = ({ a, b }) => Math.hypot(boxOf(a).x - boxOf(b).x, boxOf(a).y - boxOf(b).y);
  const taken = [];
  const drawn = new Map();
  for (const edge of [...broken].sort((one, other) => length(one) - length(other))) {
    drawn.set(edge, drawBroken(edge, taken));
  }
  return broken.map((edge) => drawn.get(edge));
}

function drawShape(box) {
  const cut = (name, width, letter = 6.7) => {
    const fits = Math.floor((width - 14) / letter);
    return name.length <= fits
      ? name
      : `${name.slice(0, Math.ceil(fits / 2) - 1)}\u2026${name.slice(1 - Math.floor(fits / 2))}`;
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
const strip = (name) =>
  spaces.size === 1 && name.startsWith(`${[...spaces][0]}/`) ? name.slice([...spaces][0].length + 1) : name;

const arrow = (verdict) =>
  svg(
    `marker.e-${verdict}`,
    {
      id: `arrow-${verdict}`,
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 9,
      markerHeight: 9,
      orient: "auto",
      markerUnits: "userSpaceOnUse",
    },
    svg("path", { d: "M0 0L8 4L0 8z" }),
  );

// The edges of an open cause stand out, and are drawn before others where not all can be.
let marked = new Set();
let redraw = () => {};
export function lightEdges(lit) {
  const before = marked;
  marked = lit;
  if (before.size !== lit.size || [...lit].some((probe) => !before.has(probe))) redraw();
}
function markEdges(picture) {
  const own = new Set();
  for (const { dataset } of marked.size ? picture.querySelectorAll("g.edge") : [])
    if (onEdge(dataset.edge).some((probe) => marked.has(probe))) own.add(dataset.edge);
  picture.classList.toggle("lit", own.size > 0);
  for (const part of picture.querySelectorAll("[data-edge]")) part.classList.toggle("here", own.has(part.dataset.edge));
}

export function drawTopology() {
  const section = el("section.topology", { "aria-label": "Topology" });
  if (!drawing) return null;
  const height = arrange(drawing.frames);
  const frames = drawing.frames.map(drawShape);
  section.update = (shown) => {
    redraw = () => section.draw(shown);
    section.draw(shown);
  };
  section.draw = (shown) => {
    const { broken, cut, fine } = connect(shown, marked);
    const total = broken.length + cut;
    const said = total
      ? `${plural(total, "path")} ${total === 1 ? "does" : "do"} not work as expected${cut ? ` (${number(cut)} of them not drawn)` : ""}`
      : "every path that is shown works as expected";
    const pairs = drawMarks(broken);
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${SIZE.width} ${height}`, role: "group", "aria-label": `Topology: ${said}` },
      svg("defs", {}, VERDICTS.slice(0, 3).map(arrow)),
      fine.map(drawFine),
      pairs.map(([line]) => line),
      frames,
      pairs.map(([, sign]) => sign),
    );
    markEdges(picture);
    walkEdges(picture);
    section.replaceChildren(
      el(
        "div.head",
        {},
        el("h2", {}, "Topology"),
        el("span.muted", {}, total && fine.length ? `${said}; thin lines work` : said),
      ),
      broken.length
        ? el(
            "p.legend",
            {},
            VERDICTS.slice(0, 3)
              .filter((_, rank) => broken.some((edge) => edge.rank === rank))
              .map((verdict) => el("span", {}, mark(verdict), NAMES[verdict])),
            el("span", {}, "A mark says how many checks; open it for them."),
          )
        : "",
      el("div.scroll", { tabindex: broken.length ? false : 0 }, picture),
    );
  };
  return section;
}

// One tab stop for all marks; arrows go from one to the next, Enter opens.
function walkEdges(picture) {
  const marks = [...picture.querySelectorAll("g.edge")].reverse(); // the worst was drawn last, and comes first
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
