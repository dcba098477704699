// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// A heatmap for each traffic model, walked with the arrow keys.

import { go } from "./address.js";
import { data } from "./data.js";
import { byName, el, MARKS, millis, NAMES, number, plural, VERDICTS } from "./elements.js";

export function drawHeatmaps() {
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
export const bySource = (a, b) => byName(a.node, b.node) || byName(a.name, b.name);
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
