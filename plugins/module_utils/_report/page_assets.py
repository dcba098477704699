# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The script and the style of the report's page.

Printed by .ci/assets from assets/page/: change it there, and run .ci/assets.
"""

from __future__ import annotations

SCRIPT = r"""
"use strict";
(() => {
let opener = null;

function go(hash, from) {
  opener = from || document.activeElement;
  if (location.hash === hash) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = hash;
}

function focusOpener() {
  if (opener?.isConnected) opener.focus({ preventScroll: true });
}

const VERDICTS = ["fail", "unexpected_open", "unknown", "pass", "skipped"]; // worst first
const NAMES = {
  fail: "failed",
  unexpected_open: "unexpectedly open",
  unknown: "unknown",
  pass: "passed",
  skipped: "skipped",
};
const MARKS = {
  fail: "\u2715",
  unexpected_open: "!",
  unknown: "?",
  pass: "\u2713",
  skipped: "\u2013",
};
const number = (value) => value.toLocaleString("en-US");
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const millis = (value) => `${value >= 10 ? Math.round(value) : Number(value.toFixed(value >= 1 ? 1 : 2))} ms`;

// el("td.v-fail", {title: "..."}, "text", child): strings become text nodes, never markup.
function el(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
  return node;
}
const mark = (verdict) => el(`span.mark.v-${verdict}`, { "aria-hidden": "true" }, MARKS[verdict]);
// Names break between, not within: each is an item of its own.
const items = (list) =>
  list
    .split(/(?<=,) /)
    .map((item) => el("span.item", {}, item))
    .flatMap((item) => [item, " "]);
const facts = (pairs) =>
  el(
    "dl",
    {},
    pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );

const byName = new Intl.Collator("en", { numeric: true }).compare;
// The lines of a group of checks, or of a change.
const tell = (group) =>
  facts(group.lines.map(([label, value]) => [label, label === "from" || label === "to" ? items(value) : value]));

const data = JSON.parse(document.getElementById("data").textContent);
const text = (place) => data.texts[place];
const sources = data.sources.map((item) => ({
  ...item,
  id: text(item.id),
  name: text(item.name),
  kind: text(item.kind),
  namespace: text(item.namespace),
  pod: text(item.pod),
  node: text(item.node),
  workload: text(item.workload),
  level: text(item.level),
  image: text(item.image),
  through: text(item.through),
  runner: text(item.runner),
  error: text(item.error),
  remedy: text(item.remedy),
  addresses: item.addresses.map(text),
  tools: item.tools.map(text),
  routes: item.routes.map(text),
  resolv: item.resolv_conf.map(text),
}));
const targets = data.targets.map((item) => ({
  id: text(item.id),
  kind: text(item.kind),
  namespace: text(item.namespace),
  name: text(item.name),
  node: text(item.node),
  port: item.port,
}));

const column = (name) => {
  const values = data.cells[name];
  return Array.isArray(values) ? (at) => values[at] : () => values;
};
const word = (name) => {
  const get = column(name);
  return (at) => text(get(at));
};
const COLUMNS = {
  id: column("id"),
  ms: column("ms"),
  model: word("model"),
  protocol: word("protocol"),
  family: word("family"),
  via: word("via"),
  asked: word("asked"),
  outcome: word("outcome"),
  expectation: word("expectation"),
  expectationReason: word("expectation_reason"),
  decidedBy: word("decided_by"),
  verdict: word("verdict"),
  reason: word("reason"),
  author: word("author"),
  whose: word("whose"),
  note: word("note"),
  phases: column("phases"),
  address: word("e_address"),
  name: word("e_name"),
  server: word("e_server"),
  tool: word("e_tool"),
  error: word("e_error"),
  answers: word("e_answers"),
  expectedAddresses: word("e_expected_addresses"),
  path: word("e_path"),
  more: word("e_more"),
  control: column("control"),
  later: column("later"),
};
const sourceOf = column("source"),
  targetOf = column("target");
const probes = Array.from({ length: data.cells.count }, (_, at) => {
  const probe = { at, source: sources[sourceOf(at)], target: targets[targetOf(at)] };
  for (const [name, get] of Object.entries(COLUMNS)) probe[name] = get(at);
  probe.rank = VERDICTS.indexOf(probe.verdict);
  return probe;
});

// ICMP and DNS ask an object as a whole; where it has one port here, they share the column of that port.
const objectOf = (probe) =>
  [probe.model, probe.target.kind, probe.target.kind === "node" ? "" : probe.target.namespace, probe.target.name].join(
    "\n",
  );
const ports = new Map();
for (const probe of probes) {
  probe.object = objectOf(probe);
  if (!ports.has(probe.object)) ports.set(probe.object, new Set());
  if (probe.target.port) ports.get(probe.object).add(probe.target);
}
for (const probe of probes) {
  const [only, another] = ports.get(probe.object);
  probe.column = probe.target.port || !only || another ? probe.target : only;
}

// A heatmap of so many places that nobody can read it is drawn of nodes instead of Pods, and of namespaces instead of
// the objects in them.
const MANY_PLACES = 15000;
const joints = new Map();
const jointOf = (id) => {
  if (!joints.has(id)) joints.set(id, { id, name: id, kind: "", namespace: "", node: "", port: 0, joined: true });
  return joints.get(id);
};
for (const model of new Set(probes.map((probe) => probe.model))) {
  const list = probes.filter((probe) => probe.model === model);
  const [rows, columns] = ["source", "column"].map((end) => new Set(list.map((probe) => probe[end])));
  const many = rows.size * columns.size > MANY_PLACES;
  for (const probe of list) {
    const { source, column } = probe;
    probe.row = many ? jointOf(source.node || source.id) : source;
    if (many)
      probe.column = jointOf(column.node || (column.namespace ? `${column.kind} ${column.namespace}` : column.id));
  }
}

const plainOutcome = (outcome) =>
  outcome.startsWith("http_") ? `HTTP ${outcome.slice(5)}` : data.outcomes[outcome] || outcome;
const haystack = (probe) =>
  (probe.hay ||= [
    probe.source.id,
    probe.source.node,
    probe.source.workload,
    probe.target.id,
    probe.target.node,
    probe.model,
    data.models[probe.model],
    probe.protocol,
    probe.family,
    probe.via,
    probe.asked,
    probe.outcome,
    probe.reason,
    probe.verdict,
    probe.expectationReason,
    probe.decidedBy,
    probe.address,
    probe.name,
    probe.error,
  ]
    .join("\n")
    .toLowerCase());

const OPEN_CAUSES = 3;
// The summary is clicked (or its key pressed) before it opens.
const lightCause = (cause, light) => (event) => {
  const explained = new Set(event.currentTarget.parentNode.open ? [] : cause.ids);
  light(probes.filter((one) => explained.has(one.id)));
};
const drawMore = (kind, title, items) =>
  items.length
    ? el(
        `details.more.${kind}`,
        {},
        el("summary", {}, title),
        el(
          "ul",
          {},
          items.map((item) => el("li", {}, item)),
        ),
      )
    : null;
// All that shows it, and what was asked further.
const drawProof = ({ evidence }) =>
  drawMore(
    "evidence",
    `All evidence: ${evidence.length}`,
    evidence.map(([about, says]) => [el("span.muted", {}, `${about}: `), says]),
  );
const drawCause = (cause, at, light) =>
  el(
    "details.cause",
    { open: at < OPEN_CAUSES },
    el(
      "summary",
      { onclick: lightCause(cause, light) },
      el(`span.severity.s-${cause.severity}`, {}, cause.severity),
      " ",
      cause.title,
    ),
    tell(cause),
    cause.command ? el("pre.command", {}, cause.command) : null,
    facts([
      ["undo", cause.undo && el("code", {}, cause.undo)],
      ["then", cause.then && el("code", {}, cause.then)],
      ["page", cause.page && el("a.link", { href: cause.page, rel: "noreferrer" }, cause.code)],
    ]),
    drawProof(cause),
    cause.ids.length
      ? el(
          "button.link",
          { type: "button", onclick: () => go(`#cause-${at}`) },
          `Show the ${plural(cause.ids.length, "check")}`,
        )
      : null,
  );

// The decisions of the flowchart on the way to the first cause, and what it ends with.
const drawChart = ({ steps, leads }) =>
  drawMore(
    "flowchart",
    `By the flowchart: ${leads}`,
    steps.map(([which, question, answer, says]) => [
      el("span.muted", {}, `${which} `),
      `${question} `,
      el("strong", {}, answer),
      el("div.muted", {}, says),
    ]),
  );

// What it is given marks the checks that an open cause explains, where they are drawn.
function drawCauses(light) {
  const { diagnosis } = data;
  if (!diagnosis) return null;
  return el(
    "section",
    { "aria-label": "Causes" },
    diagnosis.error.map((line) => el("p", {}, line)),
    el("div.head", {}, el("h2", {}, "Causes"), el("span.muted", {}, diagnosis.headline)),
    diagnosis.path.length ? el("pre.hops", {}, diagnosis.path.join("\n")) : null,
    diagnosis.causes.map((cause, at) => drawCause(cause, at, light)),
    drawChart(diagnosis.way),
    diagnosis.more ? el("p.muted", {}, `${plural(diagnosis.more, "further cause")} not listed.`) : null,
    diagnosis.unknown.length ? el("details", {}, el("summary", {}, "Not looked for"), facts(diagnosis.unknown)) : null,
  );
}

const filter = { verdicts: new Set(), words: [], chosen: {} };
// What a list chooses by, what it says when it chooses nothing, and what a probe has of it.
const CHOICES = {
  model: ["All traffic models", (probe) => [probe.model], (model) => data.models[model]],
  namespace: ["All namespaces", (probe) => [probe.source.namespace, probe.target.namespace]],
  node: ["All nodes", (probe) => [probe.source.node, probe.target.node]],
  protocol: ["All protocols", (probe) => [probe.protocol]],
  family: ["IPv4 and IPv6", (probe) => [probe.family]],
};
const matches = (probe) =>
  (!filter.verdicts.size || filter.verdicts.has(probe.verdict)) &&
  Object.entries(filter.chosen).every(([name, value]) => CHOICES[name][1](probe).includes(value)) &&
  filter.words.every((part) => haystack(probe).includes(part));

function drawChoice(name, refresh) {
  const [all, has, say = (value) => value] = CHOICES[name];
  const found = new Set(probes.flatMap(has).filter(Boolean));
  if (found.size < 2) return null;
  const ordered =
    name === "model" ? Object.keys(data.models).filter((model) => found.has(model)) : [...found].sort(byName);
  return el(
    "select",
    {
      "aria-label": `Show by ${name}`,
      onchange: (event) => {
        if (event.target.value) filter.chosen[name] = event.target.value;
        else delete filter.chosen[name];
        refresh();
      },
    },
    el("option", { value: "" }, all),
    ordered.map((value) => el("option", { value }, say(value))),
  );
}

function drawTile(verdict, refresh) {
  return el(
    "button.tile",
    {
      type: "button",
      "aria-pressed": "false",
      "data-verdict": verdict,
      disabled: !data.summary[verdict],
      onclick: () => {
        if (!filter.verdicts.delete(verdict)) filter.verdicts.add(verdict);
        refresh();
      },
    },
    mark(verdict),
    el("b", {}, number(data.summary[verdict])),
    el("span", {}, NAMES[verdict]),
  );
}

function drawTools(refresh) {
  const said = el("p.said", { role: "status" });
  const tiles = VERDICTS.map((verdict) => drawTile(verdict, refresh));
  const choices = Object.keys(CHOICES)
    .map((name) => drawChoice(name, refresh))
    .filter(Boolean);
  let timer = 0;
  const search = el("input.search", {
    type: "search",
    placeholder: "Filter by name, address, outcome, reason \u2026",
    "aria-label": "Filter checks by text",
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        filter.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        refresh();
      }, 130);
    },
  });
  const reset = () => {
    filter.verdicts.clear();
    filter.words = [];
    filter.chosen = {};
    search.value = "";
    for (const choice of choices) choice.value = "";
    refresh();
  };
  const bar = el("div.tools", { role: "search", "aria-label": "What is shown" }, tiles, search, choices, said);
  addEventListener("scroll", () => bar.classList.toggle("stuck", bar.getBoundingClientRect().top <= 0), {
    passive: true,
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });
  bar.update = (shown) => {
    for (const tile of tiles) tile.setAttribute("aria-pressed", filter.verdicts.has(tile.dataset.verdict));
    const all = !filter.verdicts.size && !filter.words.length && !Object.keys(filter.chosen).length;
    said.replaceChildren(
      ...(all
        ? []
        : [
            `${number(shown)} of ${plural(probes.length, "check")} shown. `,
            el("button", { type: "button", onclick: reset }, "Show all"),
          ]),
    );
  };
  return bar;
}

function drawHeatmaps() {
  const holder = el("div.heatmaps");
  holder.update = (shown) => {
    const byModel = new Map(Object.keys(data.models).map((model) => [model, []]));
    for (const probe of shown) byModel.get(probe.model).push(probe);
    holder.replaceChildren(
      ...[...byModel].filter(([, list]) => list.length).map(([model, list]) => drawHeatmap(model, list)),
    );
  };
  return holder;
}

const band = (target) => (target.kind === "pod" ? target.node : "");
const bySource = (a, b) => byName(a.node, b.node) || byName(a.name, b.name);
const byTarget = (a, b) =>
  byName(a.kind, b.kind) || byName(band(a), band(b)) || byName(a.namespace, b.namespace) || byName(a.id, b.id);

function drawHeatmap(model, list) {
  const rows = [...new Set(list.map((probe) => probe.row))].sort(bySource);
  const columns = [...new Set(list.map((probe) => probe.column))].sort(byTarget);
  const cells = new Map();
  for (const probe of list) {
    const key = `${probe.row.id}\n${probe.column.id}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(probe);
  }
  const shorten = shortener(rows, columns);
  const body = rows.flatMap((source, place) => [
    source.joined || (place && whereIs(rows[place - 1]) === whereIs(source))
      ? []
      : drawNode(whereIs(source), columns.length),
    el(
      "tr",
      {},
      el("th", { scope: "row", title: source.id }, shorten.row(source)),
      columns.map((target) => drawCell(cells.get(`${source.id}\n${target.id}`))),
    ),
  ]);
  const table = el(
    `table.heat${columns.length > 24 ? ".dense" : ""}`,
    { role: "grid", "aria-label": data.models[model] },
    el("thead", {}, drawBands(columns), drawColumns(columns, shorten.column)),
    el("tbody", {}, body.flat()),
  );
  walkable(table);
  return el(
    "section",
    { "aria-label": data.models[model] },
    el("div.head", {}, el("h2", {}, data.models[model]), ...drawFigures(list), el("span.muted", {}, shorten.said)),
    el("div.scroll", {}, table),
  );
}

// What all names of a heatmap share is said once.
function shortener(rows, columns) {
  const spaces = new Set([...rows, ...columns].map((one) => one.namespace).filter(Boolean));
  const kinds = new Set(columns.map((target) => target.kind));
  const shared = spaces.size === 1 ? `${[...spaces][0]}/` : "";
  const strip = (name) => (shared && name.startsWith(shared) ? name.slice(shared.length) : name);
  return {
    row: (source) => strip(source.name),
    column: (target) => (kinds.size === 1 ? strip(target.id.replace(/^[a-z]+\//, "")) : target.id),
    said: shared
      ? `namespace ${[...spaces][0]}`
      : rows[0].joined
        ? "too many for a cell each: joined by node and namespace"
        : "",
  };
}

function drawFigures(list) {
  const counts = VERDICTS.map((verdict) => [verdict, list.filter((probe) => probe.verdict === verdict).length]);
  // What is closed on purpose takes as long as the probe waits.
  const answered = list.filter(
    ({ verdict, expectation, ms }) => verdict === "pass" && expectation !== "deny" && ms !== null,
  );
  const times = answered.map((probe) => probe.ms);
  times.sort((a, b) => a - b);
  const said = counts.filter(([, count]) => count).map(([verdict, count]) => `${number(count)} ${NAMES[verdict]}`);
  return [
    el("span.muted.num", {}, said.join(", ")),
    times.length
      ? el("span.muted.num", {}, `median ${millis(times[times.length >> 1])}, slowest ${millis(times.at(-1))}`)
      : null,
  ].filter(Boolean);
}

function drawBands(columns) {
  const bands = [];
  for (const target of columns) {
    const last = bands.at(-1);
    if (last && last.name === band(target) && last.kind === target.kind) last.span += 1;
    else bands.push({ name: band(target), kind: target.kind, span: 1 });
  }
  if (!bands.some((one) => one.name)) return [];
  const heads = bands.map((one) => el("th.band", { colspan: one.span, title: one.name }, one.name));
  return el("tr", {}, el("th.corner"), heads);
}

const drawColumns = (columns, name) =>
  el(
    "tr",
    {},
    el("th.corner"),
    columns.map((target) => el("th.col", { scope: "col", title: target.id }, el("span", {}, name(target)))),
  );

const whereIs = (source) => source.node || (source.kind === "outside" ? "outside the cluster" : "on no node");
const drawNode = (where, width) => el("tr.node", {}, el("th", { scope: "rowgroup", colspan: width + 1 }, where));

// There may be 10,000 of them: the bare node now, its label when somebody comes near.
function drawCell(list) {
  const cell = document.createElement("td");
  if (!list) {
    cell.className = "none";
    return cell;
  }
  const worst = list.reduce((one, other) => (other.rank < one.rank ? other : one));
  cell.className = `v-${worst.verdict}`;
  cell.textContent = MARKS[worst.verdict];
  cell.probes = list;
  cell.worst = worst;
  const like = alike(cell),
    asked = list.filter((probe) => probe.verdict !== "skipped").length;
  if (worst.rank < 3 && like < asked) cell.append(el("small", {}, `${like}/${asked}`));
  if (worst.rank === 3 && list.some((probe) => probe.outcome.startsWith("http_5"))) cell.append(el("small", {}, "5xx"));
  else if (worst.rank === 3 && list.some((probe) => probe.note)) cell.append(el("small", {}, "note"));
  if (worst.rank === 3 && list.some((probe) => probe.later)) cell.classList.add("later");
  return cell;
}
const alike = (cell) => cell.probes.filter((probe) => probe.verdict === cell.worst.verdict).length;
function label(cell) {
  const { worst, probes: list } = cell;
  const said = `${worst.row.name} to ${worst.column.id}: ${alike(cell)} of ${plural(list.length, "check")} ${NAMES[worst.verdict]}`;
  const later = list.filter((probe) => probe.later).length;
  cell.title = later ? `${said}, ${number(later)} only when probed again` : said;
  cell.setAttribute("aria-label", cell.title);
}

// One tab stop for a heatmap; arrows walk in it, Enter opens.
function walkable(table) {
  const first = table.querySelector("td:not(.none)");
  if (first) {
    first.tabIndex = 0;
    label(first);
  }
  const open = (cell) => {
    if (cell?.probes) go(`#probe-${cell.worst.id}`, cell);
  };
  table.addEventListener("click", (event) => open(event.target.closest("td")));
  for (const near of ["mouseover", "focusin"]) {
    table.addEventListener(near, (event) => {
      const cell = event.target.closest("td");
      if (cell?.probes && !cell.title) label(cell);
    });
  }
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(cell);
    }
    if (!step) return;
    event.preventDefault();
    let row = cell.parentNode.rowIndex,
      place = cell.cellIndex;
    for (;;) {
      row += step[0];
      place += step[1];
      const line = table.rows[row];
      if (!line || place < 1 || place >= table.rows[cell.parentNode.rowIndex].cells.length) return;
      const next = line.cells[place];
      if (next?.probes) {
        cell.tabIndex = -1;
        next.tabIndex = 0;
        label(next);
        next.focus();
        return;
      }
    }
  });
}

const LIMITS = { pods: 7, fewer: 3, others: 12, nodes: 24, pair: 3, broken: 60, fine: 40, lines: 80 };
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
function arrange(frames) {
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

const drawing = probes.length ? plot() : null;

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
function lightEdges(lit) {
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

function drawTopology() {
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

const panel = document.getElementById("panel");
const MAX_PROBES = 300;
let place = null; // the probe the page stands at
let lit = []; // the probes that the open cause explains

function openHash() {
  const [, kind, value] = /^#(probe|group|source|edge|change|cause)-(\d+|\d+b?-\d+b?)$/.exec(location.hash) || [];
  const probe = kind === "probe" ? probes.find((one) => one.id === Number(value)) : null;
  const group = kind === "group" ? data.groups[Number(value)] : null;
  const source = kind === "source" ? sources[Number(value)] : null;
  const edge = kind === "edge" && drawing ? onEdge(value) : [];
  const change = kind === "change" && data.changes ? data.changes.groups[Number(value)] : null;
  const cause = kind === "cause" && data.diagnosis ? data.diagnosis.causes[Number(value)] : null;
  place = probe || null;
  lit = [];
  if (probe) {
    const pair = probes.filter(
      (one) => one.model === probe.model && one.row === probe.row && one.column === probe.column,
    );
    fillPanel(
      data.models[probe.model],
      [probe.row.name, " \u2192 ", probe.column.id],
      probe.row.joined ? "" : whereabouts(probe),
      drawProbes(pair, probe),
      probe.row.joined ? "" : drawSource(probe.source),
    );
  } else if (group) {
    const list = group.cells.map((at) => probes[at]);
    fillPanel(
      group.models.map((model) => data.models[model]).join(" \u00b7 "),
      [plural(list.length, "check"), ` ${NAMES[group.kind]}`],
      tell(group),
      drawProbes(list, null),
    );
  } else if (edge.length) {
    const [a, b] = value.split("-").map((at) => drawing.shapes[parseInt(at, 10)]);
    fillPanel("Topology", [a.title, " \u2192 ", b.title], "", drawProbes(edge, null));
  } else if (change) {
    const asked = new Set(change.ids);
    const list = probes.filter((one) => asked.has(one.id));
    fillPanel("What changed", [change.title], tell(change), drawProbes(list, null));
  } else if (cause) {
    const explained = new Set(cause.ids);
    lit = probes.filter((one) => explained.has(one.id));
    fillPanel("Cause", [cause.title], tell(cause), drawProbes(lit, null));
  } else if (source) {
    fillPanel("Source", [source.name], "", drawSource(source));
  } else {
    closePanel(false);
  }
  showPlace();
}

// Mark what some checks are drawn as, while their cause is open.
function light(list) {
  lit = list;
  showPlace();
}

function fillPanel(kicker, title, ...children) {
  const heading = el("h2", { tabindex: "-1" }, ...title);
  panel.replaceChildren(
    el("button.close", { type: "button", "aria-label": "Close", onclick: () => closePanel(true) }, "\u2715"),
    el("div.muted", {}, kicker),
    heading,
    ...children.filter(Boolean),
  );
  panel.hidden = false;
  panel.scrollTop = 0;
  document.body.classList.add("with-panel");
  heading.focus({ preventScroll: true });
}

function closePanel(clear) {
  if (panel.hidden) return;
  panel.hidden = true;
  document.body.classList.remove("with-panel");
  place = null;
  lit = [];
  if (clear) history.replaceState(null, "", location.pathname + location.search);
  showPlace();
  focusOpener();
}
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden) closePanel(true);
});

// Mark the heatmap cells and the edges of the topology that the panel, or an open cause, tells about.
function showPlace() {
  for (const cell of document.querySelectorAll("td.here")) cell.classList.remove("here");
  lightEdges(new Set(lit));
  if (lit.length) {
    const explained = new Set(lit);
    for (const cell of document.querySelectorAll("table.heat td"))
      if (cell.probes?.some((one) => explained.has(one))) cell.classList.add("here");
  }
  if (!place) return;
  const cell = [...document.querySelectorAll("table.heat td")].find((one) => one.probes?.includes(place));
  if (!cell) return;
  cell.classList.add("here");
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function whereabouts(probe) {
  const from = probe.source.node,
    to = probe.target.node;
  if (!from) return "";
  return el("div.muted", {}, to ? (from === to ? `both on ${from}` : `from ${from} to ${to}`) : `from ${from}`);
}

function drawProbes(list, chosen) {
  const sorted = [...list].sort((a, b) => a.rank - b.rank || a.id - b.id);
  const whole = chosen === null || chosen.row.joined;
  const drawn = sorted
    .slice(0, MAX_PROBES)
    .map((probe) =>
      drawProbe(
        probe,
        whole,
        probe === chosen || (!whole && sorted.length <= 2),
        probe === chosen && sorted.length > 1,
      ),
    );
  const rest = sorted.length - drawn.length;
  return el(
    "div",
    {},
    el("h3", {}, plural(list.length, "check")),
    drawn,
    rest > 0 ? el("p.muted", {}, `${number(rest)} more: report.json has them all.`) : null,
  );
}

function drawProbe(probe, whole, open, here) {
  const body = el("div.body");
  const title = whole ? `${probe.source.name} \u2192 ${probe.target.id}, ${probe.protocol}` : question(probe);
  const details = el(
    `details.probe${here ? ".here" : ""}`,
    { open },
    el(
      "summary",
      {},
      mark(probe.verdict),
      el("span.what", {}, title, " ", el("span.muted", {}, `by ${probe.via || "address"}, ${probe.family}`)),
      el("span.muted.num", {}, probe.ms === null ? "" : millis(probe.ms)),
    ),
    body,
  );
  // A group has hundreds of them: what is inside is drawn when it is opened.
  const fill = () => {
    if (details.open && !body.firstChild) body.append(...drawEvidence(probe, whole));
  };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

const question = (probe) =>
  probe.asked.startsWith(`${probe.protocol}:`) ? probe.asked : `${probe.protocol} ${probe.asked || probe.target.id}`;
const colon = (head, tail) => (tail ? `${head}: ${tail}` : head);
function drawEvidence(probe, whole) {
  return [
    facts([
      ["asked", question(probe)],
      ["happened", colon(probe.outcome, plainOutcome(probe.outcome))],
      ["expected", colon(probe.expectation, probe.expectationReason)],
      ["decided by", probe.decidedBy],
      ["verdict", colon(NAMES[probe.verdict], probe.reason)],
      ["broken", probe.whose],
      ["note", probe.note],
      ["answered by", probe.author],
      ["latency", drawLatency(probe)],
      ["address", probe.address],
      ["name", probe.name],
      ["DNS server", probe.server],
      ["DNS answers", probe.answers],
      ["expected", probe.expectedAddresses],
      ["path", probe.path],
      ["measured", probe.more],
      ["tool", probe.tool],
      ["error", probe.error],
      ["control", probe.control < 0 ? "" : el("a.link", { href: `#probe-${probe.control}` }, `#${probe.control}`)],
      ["check", el("a.link", { href: `#probe-${probe.id}` }, `#${probe.id}`)],
    ]),
    ...(whole
      ? [
          el(
            "p",
            {},
            el("button.link", { type: "button", onclick: () => go(`#probe-${probe.id}`) }, "all checks of this pair"),
          ),
        ]
      : []),
  ];
}

function drawLatency(probe) {
  if (probe.ms === null) return "";
  if (!probe.phases) return millis(probe.ms);
  const [names, ...times] = probe.phases;
  const parts = text(names)
    .split(" ")
    .map((name, at) => [name, times[at]]);
  const bar = el(
    "div.phases",
    { "aria-hidden": "true" },
    parts.map(([name, time]) => {
      const part = el("span", { title: name });
      part.style.flexGrow = time;
      return part;
    }),
  );
  return el(
    "div",
    {},
    millis(probe.ms),
    bar,
    el("span.muted", {}, parts.map(([name, time]) => `${name.replace("_", " ")} ${millis(time)}`).join(", ")),
  );
}

function drawSource(source) {
  const block = (title, lines) => (lines.length ? [el("h4", {}, title), el("pre", {}, lines.join("\n"))] : []);
  return el(
    "div",
    {},
    el("h3", {}, "The source"),
    facts([
      [source.kind === "node" || source.kind === "outside" ? source.kind : "container", source.id],
      ["workload", source.workload],
      ["node", source.kind === "node" ? "" : source.node],
      ["addresses", source.addresses.join(", ")],
      ["image", source.image],
      ["level", source.level],
      ["probed through", source.through],
      ["runner", source.runner],
      ["tools", source.tools.join(", ")],
      ["exec", source.ms == null ? "" : millis(Math.round(source.ms))],
      ["error", source.error],
      ["remedy", source.remedy],
    ]),
    block("Routing table", source.routes),
    block("resolv.conf", source.resolv),
  );
}

const STORIES = 8;
const title = (group) => {
  const models = group.models.map((model) => data.models[model]);
  const whose = group.whose === "application" ? " (application)" : "";
  return `${models.length > 2 ? plural(models.length, "traffic model") : models.join(" \u00b7 ")}: ${NAMES[group.kind]}${whose}`;
};
// The reason stands above the other lines, as wide as they are together.
const tellCause = (group) => {
  const [reason] = group.lines.filter(([label]) => label === "reason");
  const lines = group.lines.filter((line) => line !== reason);
  return [reason ? el("p.reason.wrap", {}, reason[1]) : null, tell({ lines })];
};
const storyOf = (sign, heading, count, hash, body) =>
  el(
    "article.story",
    {},
    sign,
    el(
      "div",
      {},
      el(
        "header",
        {},
        el("h3", {}, heading),
        hash
          ? el("button.open.num", { type: "button", onclick: () => go(hash) }, `${plural(count, "check")} \u203a`)
          : el("span.open.num", {}, count ? plural(count, "check") : ""),
      ),
      body,
    ),
  );
const drawStory = (group) =>
  storyOf(mark(group.kind), title(group), group.cells.length, `#group-${group.at}`, tellCause(group));

// Draws the first few of a list, and a button for the rest.
function shorten(list, all, draw, noun, more) {
  const shown = all ? list : list.slice(0, STORIES);
  const rest = list.length - shown.length;
  return [
    ...shown.map(draw),
    rest ? el("p", {}, el("button.link", { type: "button", onclick: more }, `Show ${plural(rest, noun)}`)) : null,
  ].filter(Boolean);
}

function drawStories() {
  const heading = data.diagnosis ? "Not explained" : "What needs attention";
  const section = el("section", { "aria-label": heading });
  let all = false;
  const more = () => {
    all = true;
    section.update();
  };
  section.update = () => {
    const stories = data.groups
      .map((group, at) => ({ ...group, at }))
      .filter((group) => group.cells.some((at) => matches(probes[at])));
    section.hidden = !stories.length;
    section.replaceChildren(
      el(
        "div.head",
        {},
        el("h2", {}, heading),
        el(
          "span.muted",
          {},
          plural(
            stories.length + (stories.length === data.groups.length ? data.more_groups : 0),
            data.diagnosis ? "group" : "cause",
          ),
        ),
      ),
      ...shorten(stories, all, drawStory, "more cause", more),
      ...(data.more_groups
        ? [
            el(
              "p.muted",
              {},
              `${plural(data.more_groups, "further cause")} not listed: their cells are in the heatmaps.`,
            ),
          ]
        : []),
    );
  };
  return section;
}

const CHANGES = {
  worse: ["fail", "\u25bc"],
  better: ["pass", "\u25b2"],
  changed: ["unknown", "\u2260"],
  new: ["skipped", "+"],
  gone: ["skipped", "\u2212"],
};
function drawChanges() {
  const { changes } = data;
  if (!changes) return null;
  const section = el("section", { "aria-label": "What changed" });
  let all = false;
  const drawOne = (group, at) => {
    const [colour, sign] = CHANGES[group.kind];
    const hash = group.ids.length ? `#change-${at}` : "";
    return storyOf(
      el(`span.mark.v-${colour}`, { "aria-hidden": "true" }, sign),
      group.title,
      group.ids.length,
      hash,
      tell(group),
    );
  };
  const update = () =>
    section.replaceChildren(
      el("div.head", {}, el("h2", {}, "What changed"), el("span.muted", {}, changes.headline)),
      ...shorten(changes.groups, all, drawOne, "more group", () => {
        all = true;
        update();
      }),
      ...(changes.more ? [el("p.muted", {}, `${plural(changes.more, "further group")} not listed.`)] : []),
    );
  update();
  return section;
}

const page = document.getElementById("page");
function drawHeader() {
  const { run, summary } = data;
  const when = run.start.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  const took =
    data.seconds === null ? "" : `${data.seconds < 100 ? data.seconds.toFixed(1) : Math.round(data.seconds)} s`;
  const counted = VERDICTS.filter((verdict) => summary[verdict]);
  const bar = el(
    "div.bar",
    { "aria-hidden": "true" },
    counted.map((verdict) => {
      const part = el(`span.v-${verdict}`);
      part.style.flexGrow = summary[verdict];
      return part;
    }),
  );
  return el(
    "header",
    {},
    el("div.brand", {}, el("span", {}, el("b", {}, "Kubewire"), " connectivity"), el("span.mono.wrap", {}, run.id)),
    el("h1", {}, data.verdict),
    el(
      "p.facts",
      {},
      [
        run.cluster.server,
        `Kubernetes ${run.cluster.version}`,
        plural(run.cluster.nodes, "node"),
        `${plural(sources.length, "source")}, ${plural(targets.length, "target")}`,
        when,
        took,
      ]
        .filter(Boolean)
        .map((fact) => el("span", {}, fact)),
    ),
    run.replayed ? el("p.note", {}, "Replayed from recorded facts: nothing was sent now.") : null,
    summary.cells ? bar : null,
  );
}

function drawLegend() {
  return el(
    "section",
    { "aria-label": "How to read the heatmaps" },
    el("h2", {}, "Sources against targets"),
    el(
      "p.legend",
      {},
      VERDICTS.map((verdict) => el("span", {}, mark(verdict), NAMES[verdict])),
      data.summary.passed_later
        ? el(
            "span",
            {},
            el("span.mark.v-pass.later"),
            `passed only when probed again (${number(data.summary.passed_later)})`,
          )
        : null,
      el(
        "span",
        {},
        "A cell shows its worst check, and how many are like it where not all are. An empty cell was not tested. Open a cell for the evidence.",
      ),
    ),
  );
}

function drawSources() {
  return el(
    "section",
    { "aria-label": "Sources" },
    el("div.head", {}, el("h2", {}, "Sources"), el("span.muted", {}, "open one for its routing table and resolver")),
    el(
      "div.scroll",
      {},
      el(
        "table.list",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["container", "node", "addresses", "runner", "tools"].map((name) => el("th", {}, name)),
            el("th.num", {}, "exec"),
          ),
        ),
        el(
          "tbody",
          {},
          [...sources]
            .sort(bySource)
            .map((source) =>
              el(
                "tr",
                {},
                el(
                  "td",
                  {},
                  el(
                    "button.link.mono",
                    { type: "button", onclick: () => go(`#source-${sources.indexOf(source)}`) },
                    source.id,
                  ),
                  source.error ? el("div", {}, source.error, source.remedy ? `; remedy: ${source.remedy}` : "") : null,
                ),
                el("td", {}, source.node),
                el("td.mono", {}, source.addresses.join(" ")),
                el("td", {}, source.runner),
                el("td", {}, source.tools.join(", ")),
                el("td.num", {}, source.ms == null ? "" : millis(Math.round(source.ms))),
              ),
            ),
        ),
      ),
    ),
  );
}

// What this report does not know, and why: said even where it is nothing.
function drawNotTested() {
  const none = data.not_asked.map((model) => data.models[model]);
  const rows = [...data.not_tested, ...data.skipped];
  return el(
    "section",
    { "aria-label": "Not tested" },
    el(
      "div.head",
      {},
      el("h2", {}, "Not tested"),
      el("span.muted", {}, data.not_tested_count ? plural(data.not_tested_count, "thing") : ""),
    ),
    data.coverage.length ? [el("h3", {}, "Only a part was tested"), facts(data.coverage)] : null,
    rows.length
      ? el(
          "div.scroll",
          {},
          el(
            "table.list.pairs",
            {},
            el("thead", {}, el("tr", {}, el("th", {}, "what"), el("th", {}, "why, and the remedy"))),
            el(
              "tbody",
              {},
              rows.map(([what, why]) => el("tr", {}, el("td", {}, what), el("td", {}, why))),
            ),
          ),
        )
      : null,
    none.length ? el("p", {}, `No check at all of: ${none.join(" \u00b7 ")}`) : null,
    !none.length && !data.coverage.length && !rows.length ? el("p", {}, "Everything that was found was tested.") : null,
  );
}

const MOST_ROWS = 5; // of a list that is not folded
// A list of two columns under a heading; nothing where it is empty, and folded where it is long or says what is well.
function drawList(title, count, heads, rows, folded = rows.length > MOST_ROWS) {
  if (!rows.length) return null;
  const cells = (kind, row) =>
    el(
      "tr",
      {},
      row.map((text) => el(kind, {}, text)),
    );
  const table = el(
    "table.list.pairs",
    {},
    el("thead", {}, cells("th", heads)),
    el(
      "tbody",
      {},
      rows.map((row) => cells("td", row)),
    ),
  );
  const head = [el("h2", {}, title), count ? el("span.muted", {}, count) : null];
  return el(
    "section",
    { "aria-label": title },
    folded ? el("details", {}, el("summary.head", {}, head), table) : [el("div.head", {}, head), table],
  );
}

function drawFooter() {
  const { run } = data;
  const say = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const list = (object) =>
    Object.entries(object)
      .map(([name, value]) => `${name} ${say(value)}`)
      .join(", ");
  return el(
    "footer",
    {},
    facts([
      ["run", run.id],
      ["time", `${run.start} to ${run.end}`],
      [
        "requests",
        Object.entries(data.requests)
          .map(([name, count]) => `${number(count)} ${name}`)
          .join(", "),
      ],
      ["options", list(run.options)],
      ["versions", list(run.versions)],
    ]),
  );
}

const tools = drawTools(refresh),
  stories = drawStories(),
  topology = drawTopology(),
  heatmaps = drawHeatmaps();
function refresh() {
  const shown = probes.filter(matches);
  tools.update(shown.length);
  stories.update();
  if (topology) topology.update(shown);
  heatmaps.update(shown);
  showPlace();
}
page.append(
  ...[
    drawHeader(),
    drawCauses(light),
    probes.length ? tools : null,
    stories,
    drawList("Notes on applications", plural(data.summary.notes || 0, "note"), ["what", "note"], data.notes),
    drawChanges(),
    topology,
    probes.length ? drawLegend() : null,
    heatmaps,
    drawNotTested(),
    drawList(
      "Closed by policies and Services",
      plural(data.closed_pairs, "pair"),
      ["closed by", "pairs"],
      data.closed,
      true,
    ),
    // The records of ephemeral containers go with their Pods.
    drawList("Left in the cluster", "", ["what", "state"], data.left),
    sources.length ? drawSources() : null,
    drawFooter(),
  ].filter(Boolean),
);
refresh();
// Paper cannot be unfolded.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
addEventListener("hashchange", () => openHash());
openHash();
})();
"""

STYLE = r"""
:root {
  --paper: #fbfbf9;
  --raised: #ffffff;
  --ink: #1c1e21;
  --muted: #63686e;
  --faint: #9a9fa5;
  --rule: #e2e2dc;
  --pass: #e4efe9;
  --pass-ink: #24654c;
  --fail: #c23a1c;
  --fail-ink: #ffffff;
  --open: #7a3e9d;
  --open-ink: #ffffff;
  --unknown: #f2d285;
  --unknown-ink: #503a00;
  --unknown-line: #a37400;
  --skipped: #efefeb;
  --skipped-ink: #6a6f75;
  --focus: #1f5fbf;
  --shade: rgba(28, 30, 33, 0.05);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  --sans:
    ui-sans-serif, -apple-system, "Segoe UI", Inter, Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141619;
    --raised: #1b1e22;
    --ink: #e5e5e1;
    --muted: #9ba1a7;
    --faint: #6d737a;
    --rule: #2c3036;
    --pass: #1c3a2e;
    --pass-ink: #82c9a8;
    --fail: #e25b3c;
    --fail-ink: #1d0701;
    --open: #b483d4;
    --open-ink: #1c0628;
    --unknown: #6d561a;
    --unknown-ink: #ffe2a0;
    --unknown-line: #cfa53a;
    --skipped: #25282d;
    --skipped-ink: #8a9096;
    --focus: #7fb0ff;
    --shade: rgba(255, 255, 255, 0.05);
  }
}
* {
  box-sizing: border-box;
}
html {
  -webkit-text-size-adjust: 100%;
  scroll-padding-top: 4.5rem;
}
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 15px / 1.5 var(--sans);
}
main {
  max-width: 84rem;
  margin: 0 auto;
  padding: 2.25rem 2.25rem 5rem;
}
h1 {
  font-size: 2.1rem;
  line-height: 1.18;
  font-weight: 640;
  letter-spacing: -0.022em;
  margin: 0.35rem 0 0.5rem;
}
h2 {
  font-size: 1.12rem;
  line-height: 1.3;
  font-weight: 640;
  letter-spacing: -0.008em;
  margin: 0;
}
h3 {
  font-size: 0.95rem;
  font-weight: 640;
  margin: 0;
}
section {
  margin-top: 3rem;
}
button,
input {
  font: inherit;
  color: inherit;
}
button {
  cursor: pointer;
}
:focus-visible {
  outline: 2px solid var(--focus);
  outline-offset: 2px;
}
code,
pre,
.mono {
  font-family: var(--mono);
  font-size: 0.86em;
  font-variant-ligatures: none;
}
pre {
  margin: 0;
  padding: 0.7rem 0.85rem;
  background: var(--shade);
  border-radius: 6px;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  line-height: 1.55;
}
noscript pre {
  background: none;
  padding: 2rem;
  font-size: 13px;
}
.muted {
  color: var(--muted);
}
.num {
  font-variant-numeric: tabular-nums;
}
.wrap {
  overflow-wrap: anywhere;
}
.brand {
  color: var(--muted);
  font-size: 0.86rem;
  display: flex;
  gap: 1.5rem;
  justify-content: space-between;
  flex-wrap: wrap;
}
.brand b {
  color: var(--ink);
  font-weight: 640;
}
.facts {
  color: var(--muted);
  display: flex;
  flex-wrap: wrap;
  gap: 0.1rem 1.1rem;
  margin: 0;
  overflow-wrap: anywhere;
}
.note {
  display: inline-block;
  margin: 0.8rem 0 0;
  padding: 0.3rem 0.7rem;
  background: var(--unknown);
  color: var(--unknown-ink);
  border-radius: 5px;
}
.bar {
  display: flex;
  gap: 2px;
  height: 8px;
  margin: 1.5rem 0 0;
  border-radius: 4px;
  overflow: hidden;
  background: var(--skipped);
}
.bar span {
  min-width: 4px;
}
.mark {
  display: inline-grid;
  place-items: center;
  flex: none;
  width: 1.45em;
  height: 1.45em;
  border-radius: 4px;
  font: 700 0.86em / 1 var(--sans);
  background: var(--skipped);
  color: var(--skipped-ink);
}
.v-pass {
  background: var(--pass);
  color: var(--pass-ink);
}
.v-pass.later {
  background: repeating-linear-gradient(135deg, var(--pass) 0 4px, var(--unknown) 4px 6px);
}
.v-fail {
  background: var(--fail);
  color: var(--fail-ink);
}
.v-unexpected_open {
  background: var(--open);
  color: var(--open-ink);
}
.v-unknown {
  background: var(--unknown);
  color: var(--unknown-ink);
}
.v-skipped {
  background: var(--skipped);
  color: var(--skipped-ink);
}
.tools {
  position: sticky;
  top: 0;
  z-index: 6;
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  align-items: stretch;
  margin: 0.75rem -2.25rem 0;
  padding: 0.6rem 2.25rem;
  background: var(--paper);
  border-bottom: 1px solid transparent;
}
.tools.stuck {
  border-color: var(--rule);
}
.tile {
  display: flex;
  align-items: center;
  gap: 0.55rem;
  padding: 0.38rem 0.8rem 0.38rem 0.5rem;
  background: var(--raised);
  border: 1px solid var(--rule);
  border-radius: 7px;
  text-align: left;
}
.tile b {
  font-size: 1.12rem;
  font-weight: 640;
  font-variant-numeric: tabular-nums;
}
.tile span:last-child {
  color: var(--muted);
}
.tile:hover {
  border-color: var(--faint);
}
.tile[aria-pressed="true"] {
  border-color: var(--ink);
  box-shadow: inset 0 0 0 1px var(--ink);
}
.tile[disabled] {
  cursor: default;
  opacity: 0.5;
  border-color: var(--rule);
}
.search {
  flex: 1 1 16rem;
  min-width: 11rem;
  padding: 0.38rem 0.8rem;
  background: var(--raised);
  border: 1px solid var(--rule);
  border-radius: 7px;
}
.search::placeholder {
  color: var(--faint);
  opacity: 1;
}
.tools select {
  flex: 0 1 auto;
  max-width: 13rem;
  padding: 0.38rem 0.5rem;
  background: var(--raised);
  color: inherit;
  font: inherit;
  border: 1px solid var(--rule);
  border-radius: 7px;
}
.said {
  flex-basis: 100%;
  margin: 0;
  color: var(--muted);
}
.said button,
.link {
  border: 0;
  text-align: left;
  background: none;
  padding: 0;
  color: inherit;
  text-decoration: underline;
  text-underline-offset: 2px;
}
.said:empty {
  display: none;
}
.cause {
  padding: 0.8rem 0;
  border-top: 1px solid var(--rule);
}
.cause > summary,
.more > summary {
  cursor: pointer;
  overflow-wrap: anywhere;
}
.cause[open] > summary {
  font-weight: 600;
}
.severity {
  color: var(--muted);
  font-size: 0.85rem;
}
.command {
  margin: 0.5rem 0;
  padding: 0.5rem 0.7rem;
  border: 1px solid var(--rule);
  overflow-x: auto;
  font-size: 0.85rem;
}
.more {
  margin: 0.5rem 0;
  overflow-wrap: anywhere;
}
.hops {
  white-space: pre-wrap;
  font-size: 0.85rem;
}
.head {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: 0.1rem 1rem;
  margin-bottom: 0.8rem;
}
.story {
  display: grid;
  grid-template-columns: 1.6rem 1fr;
  gap: 0 0.85rem;
  padding: 1rem 0 1.05rem;
  border-top: 1px solid var(--rule);
}
.story:last-of-type {
  border-bottom: 1px solid var(--rule);
}
.story > .mark {
  font-size: 0.92rem;
  justify-self: start;
  margin-top: 0.08rem;
}
.story header {
  display: flex;
  flex-wrap: wrap;
  gap: 0.1rem 1rem;
  align-items: baseline;
  justify-content: space-between;
}
.story .open {
  border: 0;
  background: none;
  padding: 0;
  color: var(--muted);
  font-size: 0.9rem;
}
.story .open:hover {
  color: var(--ink);
  text-decoration: underline;
  text-underline-offset: 2px;
}
.story .reason {
  margin: 0.2rem 0 0;
}
dl {
  display: grid;
  grid-template-columns: minmax(4.9rem, max-content) 1fr;
  gap: 0.12rem 1rem;
  margin: 0.35rem 0 0;
  font-size: 0.9rem;
}
dt {
  color: var(--muted);
}
dd > span.item {
  display: inline-block;
  max-width: 100%;
}
dd {
  margin: 0;
  overflow-wrap: anywhere;
  min-width: 0;
}
.heatmaps {
  display: flex;
  flex-wrap: wrap;
  gap: 0 4rem;
}
.heatmaps > section {
  max-width: 100%;
  min-width: 0;
  margin-top: 2.25rem;
}
.heatmaps .head {
  flex-direction: column;
  gap: 0;
  margin-bottom: 0.5rem;
  font-size: 0.93rem;
}
.scroll {
  overflow-x: auto;
  padding: 4px;
  margin: -4px;
}
table.heat {
  border-collapse: separate;
  border-spacing: 2px;
  font-size: 0.8rem;
}
.heat th {
  font-weight: 400;
  text-align: left;
  padding: 0;
}
.heat thead th {
  vertical-align: bottom;
}
.heat .corner,
.heat tbody th {
  position: sticky;
  left: 0;
  z-index: 2;
  background: var(--paper);
}
.heat tbody th {
  padding: 0 0.8rem 0 0;
  white-space: nowrap;
  max-width: 20rem;
  overflow: hidden;
  text-overflow: ellipsis;
  font-family: var(--mono);
}
.heat .col {
  height: 1px;
}
.heat .col span {
  display: block;
  writing-mode: vertical-rl;
  transform: rotate(180deg);
  max-height: 16rem;
  margin: 0 auto;
  padding: 0.4rem 0 0;
  white-space: nowrap;
  overflow: hidden;
  text-overflow: ellipsis;
  font-family: var(--mono);
  line-height: 1.1;
}
.heat .band {
  color: var(--muted);
  border-bottom: 1px solid var(--rule);
  padding: 0 0.2rem 0.15rem;
  white-space: nowrap;
  max-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
}
.heat tbody tr.node th {
  color: var(--muted);
  font-family: var(--sans);
  padding-top: 0.55rem;
  max-width: 0;
}
.heat td {
  width: 38px;
  min-width: 38px;
  height: 26px;
  padding: 0;
  text-align: center;
  border-radius: 4px;
  white-space: nowrap;
  font: 700 0.8rem / 26px var(--sans);
  font-variant-numeric: tabular-nums;
  cursor: pointer;
}
.heat td {
  scroll-margin: 7rem 3rem 3rem 12rem;
}
.heat td small {
  font-size: 0.74em;
  font-weight: 600;
  margin-left: 0.12em;
}
.heat td.none {
  cursor: default;
  background: none;
}
.heat td.none::before {
  content: "\00b7";
  color: var(--rule);
  font-weight: 400;
}
.heat td:not(.none):hover {
  box-shadow: 0 0 0 2px var(--ink);
}
.heat td.here {
  box-shadow:
    0 0 0 2px var(--paper),
    0 0 0 4px var(--focus);
}
.heat.dense {
  border-spacing: 1px;
}
.heat.dense td {
  width: 19px;
  min-width: 19px;
  height: 18px;
  line-height: 18px;
  font-size: 0.68rem;
  border-radius: 3px;
}
.heat.dense td small {
  display: none;
}
.topology svg {
  display: block;
  width: 100%;
  min-width: 56rem;
  height: auto;
  font: 12px var(--mono);
}
.topology .legend {
  margin-bottom: 0.8rem;
}
.frame > rect {
  fill: var(--raised);
  stroke: var(--faint);
}
.frame.left > rect,
.frame.right > rect {
  stroke: var(--rule);
}
.frame > .name {
  font: 600 13px var(--sans);
  fill: var(--ink);
}
.chip rect {
  fill: var(--shade);
}
.chip text {
  fill: var(--ink);
  font-size: 11px;
}
.chip.many text {
  fill: var(--muted);
  font-family: var(--sans);
}
.line {
  fill: none;
  stroke-width: 2;
}
.edge {
  cursor: pointer;
  outline: none;
}
.line.e-pass {
  stroke: var(--pass-ink);
  stroke-width: 1;
  opacity: 0.4;
}
.e-fail .line {
  stroke: var(--fail);
}
.e-unexpected_open .line {
  stroke: var(--open);
  stroke-dasharray: 8 4;
}
.e-unknown .line {
  stroke: var(--unknown-line);
  stroke-dasharray: 2 4;
}
marker.e-fail path {
  fill: var(--fail);
}
marker.e-unexpected_open path {
  fill: var(--open);
}
marker.e-unknown path {
  fill: var(--unknown-line);
}
.edge rect {
  stroke: var(--paper);
  stroke-width: 1.5;
}
.edge rect.v-fail {
  fill: var(--fail);
}
.edge rect.v-unexpected_open {
  fill: var(--open);
}
.edge rect.v-unknown {
  fill: var(--unknown);
}
.edge text {
  font: 700 11px var(--sans);
}
.edge text.v-fail {
  fill: var(--fail-ink);
}
.edge text.v-unexpected_open {
  fill: var(--open-ink);
}
.edge text.v-unknown {
  fill: var(--unknown-ink);
}
.way.near .line {
  stroke-width: 4.5;
}
.lit .way:not(.here),
.lit .edge:not(.here),
.lit .line.e-pass {
  opacity: 0.22;
}
.way.here .line {
  stroke-width: 4.5;
}
.edge.here rect {
  stroke: var(--ink);
  stroke-width: 2.5;
}
.edge:hover rect {
  stroke: var(--ink);
}
.edge:focus-visible rect {
  stroke: var(--focus);
  stroke-width: 3.5;
}
.legend {
  display: flex;
  flex-wrap: wrap;
  gap: 0.3rem 1.2rem;
  color: var(--muted);
  font-size: 0.88rem;
  margin: 0.2rem 0 0;
}
.legend > span {
  display: inline-flex;
  gap: 0.4rem;
  align-items: center;
}
table.list {
  border-collapse: collapse;
  font-size: 0.9rem;
  width: 100%;
}
.list th {
  text-align: left;
  font-weight: 400;
  color: var(--muted);
  padding: 0.3rem 1.1rem 0.3rem 0;
  border-bottom: 1px solid var(--rule);
}
.list td {
  padding: 0.4rem 1.1rem 0.4rem 0;
  border-bottom: 1px solid var(--rule);
  vertical-align: top;
  overflow-wrap: break-word;
}
.list .num {
  text-align: right;
  white-space: nowrap;
}
summary.head {
  cursor: pointer;
}
summary.head::before {
  content: "\25b8";
  color: var(--muted);
  margin-right: -0.4rem;
}
details[open] > summary.head::before {
  content: "\25be";
}
footer {
  margin-top: 3.5rem;
  padding-top: 1rem;
  border-top: 1px solid var(--rule);
  font-size: 0.9rem;
}
#panel {
  position: fixed;
  inset: 0 0 0 auto;
  z-index: 10;
  width: min(33rem, 100vw);
  overflow-y: auto;
  overscroll-behavior: contain;
  background: var(--raised);
  border-left: 1px solid var(--rule);
  box-shadow: -14px 0 40px rgba(0, 0, 0, 0.09);
  padding: 1.4rem 1.6rem 3rem;
}
#panel[hidden] {
  display: none;
}
#panel .close {
  position: absolute;
  top: 1rem;
  right: 1.1rem;
  width: 2rem;
  height: 2rem;
  border: 0;
  border-radius: 6px;
  background: none;
  color: var(--muted);
  font-size: 1.1rem;
  line-height: 1;
}
#panel .close:hover {
  background: var(--shade);
  color: var(--ink);
}
#panel h2 {
  margin: 0.15rem 2rem 0.2rem 0;
  overflow-wrap: anywhere;
  outline: none;
}
#panel h3 {
  margin: 1.7rem 0 0.5rem;
}
#panel h4 {
  margin: 1rem 0 0.35rem;
  font-size: 0.86rem;
  font-weight: 400;
  color: var(--muted);
}
.probe {
  border-top: 1px solid var(--rule);
}
.probe:last-of-type {
  border-bottom: 1px solid var(--rule);
}
.probe summary {
  display: flex;
  gap: 0.65rem;
  align-items: center;
  padding: 0.55rem 0;
  cursor: pointer;
  list-style: none;
}
.probe summary::-webkit-details-marker {
  display: none;
}
.probe summary .what {
  flex: 1;
  min-width: 0;
  overflow-wrap: anywhere;
}
.probe .body {
  padding: 0 0 1rem 2.05rem;
}
.probe .body dl {
  margin-top: 0;
}
.probe.here > summary {
  background: var(--shade);
  box-shadow:
    -0.5rem 0 0 var(--shade),
    0.5rem 0 0 var(--shade);
}
.phases {
  display: flex;
  gap: 1px;
  height: 5px;
  margin: 0.35rem 0 0.2rem;
  max-width: 18rem;
}
.phases span {
  background: var(--faint);
  min-width: 2px;
  border-radius: 1px;
}
.phases span:nth-child(even) {
  background: var(--muted);
}
@media (min-width: 1000px) {
  body:not(.with-panel) .story dl {
    grid-template-columns: 4.9rem minmax(0, 1fr) 4.9rem minmax(0, 1fr);
  }
}
@media (min-width: 1200px) {
  body.with-panel main {
    margin-right: 33rem;
    max-width: none;
  }
}
@media (max-width: 640px) {
  main {
    padding: 1.25rem 1.1rem 4rem;
  }
  h1 {
    font-size: 1.55rem;
  }
  .tools {
    margin: 0.75rem -1.1rem 0;
    padding: 0.6rem 1.1rem;
    position: static;
  }
  .tools select {
    flex: 1 1 40%;
    max-width: 100%;
  }
  .tile {
    flex: 1 1 40%;
  }
  .story {
    gap: 0 0.5rem;
  }
  .story dl {
    margin-left: -2.1rem;
  }
  dl {
    grid-template-columns: 4.6rem minmax(0, 1fr);
    gap: 0.12rem 0.6rem;
  }
  .probe .body {
    padding-left: 0;
  }
  .pairs thead {
    display: none;
  }
  .pairs td {
    display: block;
    padding-right: 0;
  }
  .pairs td:first-child {
    font-weight: 640;
    border-bottom: 0;
    padding-bottom: 0;
  }
  .pairs td:last-child {
    padding-top: 0;
  }
  .heat tbody th {
    max-width: 9.5rem;
    padding-right: 0.4rem;
  }
}
@media print {
  :root {
    --paper: #ffffff;
    --raised: #ffffff;
    --ink: #000000;
    --muted: #444444;
    --rule: #cccccc;
    --pass: #e4efe9;
    --pass-ink: #24654c;
    --fail: #c23a1c;
    --fail-ink: #ffffff;
    --open: #7a3e9d;
    --open-ink: #ffffff;
    --unknown: #f2d285;
    --unknown-ink: #503a00;
    --unknown-line: #a37400;
    --skipped: #efefeb;
    --skipped-ink: #666666;
  }
  * {
    print-color-adjust: exact;
    -webkit-print-color-adjust: exact;
  }
  html {
    font-size: 10.5px;
  }
  body {
    font-size: 10.5px;
  }
  main {
    max-width: none;
    padding: 0;
  }
  section {
    margin-top: 1.6rem;
  }
  #panel,
  .search,
  .tools select,
  .said,
  .story .open {
    /* biome-ignore lint/complexity/noImportantStyles: whatever else says how they are shown, paper has no use for them */
    display: none !important;
  }
  .tools {
    position: static;
    margin: 0.5rem 0 0;
    padding: 0;
  }
  .scroll {
    overflow: visible;
  }
  .topology svg {
    min-width: 0;
  }
  .topology {
    break-inside: avoid;
  }
  .heatmaps {
    display: block;
  }
  .heatmaps > section {
    display: inline-block;
    vertical-align: top;
    margin: 1.2rem 2rem 0 0;
    break-inside: avoid;
  }
  .heat {
    zoom: 0.72;
  }
  .heat.dense {
    zoom: 0.56;
  }
  .legend > span:last-child:not(:has(.mark)) {
    display: none;
  }
  .story,
  .list tr,
  .heat tr {
    break-inside: avoid;
  }
  .head {
    break-after: avoid;
  }
  .heat .corner,
  .heat tbody th {
    position: static;
  }
}
"""
