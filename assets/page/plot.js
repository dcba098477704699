// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Who is where in the drawing of the cluster.
//
// Nodes are boxes with their Pods; who is outside stands on the left, what Pods ask by name on the right. Big clusters are
// drawn coarser: Pods beyond the first few share one place.

import { probes } from "./data.js";
import { byName, number, plural } from "./elements.js";

export const LIMITS = { pods: 7, fewer: 3, others: 12, nodes: 24, pair: 3, broken: 60, fine: 40, lines: 80 };
export const SIZE = { width: 1120, chip: 21, gap: 5, head: 27, pad: 9, space: 76, between: 80, row: 40, most: 310 };
const GROUPS = {
  outside: ["Outside", "left"],
  service: ["Services", "right"],
  entry: ["Ways in", "right"],
  control: ["API and DNS", "right"],
};

export function svg(kind, attributes = {}, ...children) {
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
  const shown = way ? `${id.split("/")[0]} ${full}` : kind === "service" ? full : id;
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
      const more = shape({
        name: `and ${number(things.length - limit)} more`,
        title: "the others",
        frame: box,
        many: true,
      });
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
    frame(
      box.key,
      box.key.slice(5) || "on no node",
      "middle",
      [...box.things.values()].sort(worst),
      drawn.size > 9 ? LIMITS.fewer : LIMITS.pods,
    );
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
export function arrange(frames) {
  const tall = (box) => SIZE.head + box.chips.length * (SIZE.chip + SIZE.gap) + (box.chips.length ? SIZE.pad : 0);
  const put = (box, x, y, width) => {
    Object.assign(box, { x, y, width, height: tall(box), head: SIZE.head });
    for (const [at, chip] of box.chips.entries()) {
      Object.assign(chip, {
        x: x + SIZE.pad,
        y: y + SIZE.head + at * (SIZE.chip + SIZE.gap),
        width: width - 2 * SIZE.pad,
        height: SIZE.chip,
      });
    }
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
  const indent =
    columns === 1 && !left.length ? 2 : start + (end - start - columns * (width + SIZE.between) + SIZE.between) / 2;
  let y = 4;
  for (let at = 0; at < middle.length; at += columns) {
    const row = middle.slice(at, at + columns);
    y += Math.max(...row.map((box, place) => put(box, indent + place * (width + SIZE.between), y, width))) + SIZE.row;
  }
  const stack = (list, x, wide) => list.reduce((top, box) => top + put(box, x, top, wide) + 20, 4);
  return Math.max(y - SIZE.row, stack(left, 2, 188), stack(right, SIZE.width - aside - 2, aside)) + 14;
}

export const drawing = probes.length ? plot() : null;
