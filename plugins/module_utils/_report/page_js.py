# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The script of the page: unpacks the data, draws it, filters it. Plain JavaScript; text only ever as textContent."""

from __future__ import annotations

BASE = r"""
const data = JSON.parse(document.getElementById("data").textContent);
const text = (place) => data.texts[place];
const VERDICTS = ["fail", "unexpected_open", "unknown", "pass", "skipped"]; // worst first
const NAMES = { fail: "failed", unexpected_open: "unexpectedly open", unknown: "unknown", pass: "passed", skipped: "skipped",
  application_error: "application error" };
const MARKS = { fail: "\u2715", unexpected_open: "!", unknown: "?", pass: "\u2713", skipped: "\u2013", application_error: "5xx" };
const number = (value) => value.toLocaleString("en-US");
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const millis = (value) => `${value >= 10 ? Math.round(value) : value} ms`;

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
const facts = (pairs) => el("dl", {}, pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

const sources = data.sources.map((item) => ({ ...item, id: text(item.id), name: text(item.name), node: text(item.node),
  image: text(item.image), runner: text(item.runner), error: text(item.error), wayOut: text(item.way_out),
  addresses: item.addresses.map(text), tools: item.tools.map(text), routes: item.routes.map(text), resolv: item.resolv_conf.map(text) }));
const targets = data.targets.map((item) => ({ id: text(item.id), kind: text(item.kind), namespace: text(item.namespace),
  name: text(item.name), node: text(item.node) }));

const column = (name) => { const values = data.cells[name]; return Array.isArray(values) ? (at) => values[at] : () => values; };
const word = (name) => { const get = column(name); return (at) => text(get(at)); };
const COLUMNS = { id: column("id"), ms: column("ms"), model: word("model"), protocol: word("protocol"), family: word("family"),
  via: word("via"), asked: word("asked"), outcome: word("outcome"), expectation: word("expectation"),
  expectationReason: word("expectation_reason"), verdict: word("verdict"), reason: word("reason"), phases: column("phases"),
  address: word("e_address"), name: word("e_name"), server: word("e_server"), tool: word("e_tool"), error: word("e_error"),
  answers: word("e_answers"), want: word("e_want") };
const sourceOf = column("source"), targetOf = column("target");
const probes = Array.from({ length: data.cells.count }, (_, at) => {
  const probe = { at, source: sources[sourceOf(at)], target: targets[targetOf(at)] };
  for (const [name, get] of Object.entries(COLUMNS)) probe[name] = get(at);
  probe.rank = VERDICTS.indexOf(probe.verdict);
  return probe;
});

const plainOutcome = (outcome) => outcome.startsWith("http_") ? `HTTP ${outcome.slice(5)}` : data.outcomes[outcome] || outcome;
const haystack = (probe) => probe.hay ||= [probe.source.id, probe.source.node, probe.target.id, probe.target.node, probe.model,
  data.models[probe.model], probe.protocol, probe.family, probe.via, probe.asked, probe.outcome, probe.reason, probe.verdict,
  probe.expectationReason, probe.address, probe.name, probe.error].join("\n").toLowerCase();
"""

PAGE = r"""
const page = document.getElementById("page");
const filter = { verdicts: new Set(), words: [] };
const matches = (probe) => (!filter.verdicts.size || filter.verdicts.has(probe.verdict)) &&
  filter.words.every((part) => haystack(probe).includes(part));

function drawHeader() {
  const { run, summary } = data;
  const when = run.start.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  const took = data.seconds === null ? "" : `${data.seconds < 100 ? data.seconds.toFixed(1) : Math.round(data.seconds)} s`;
  const counted = VERDICTS.filter((verdict) => summary[verdict]);
  const bar = el("div.bar", { "aria-hidden": "true" }, counted.map((verdict) => {
    const part = el(`span.v-${verdict}`);
    part.style.flexGrow = summary[verdict];
    return part;
  }));
  return el("header", {},
    el("div.brand", {}, el("span", {}, el("b", {}, "Kubewire"), " connectivity"), el("span.mono.wrap", {}, run.id)),
    el("h1", {}, data.verdict),
    el("p.facts", {}, [run.cluster.server, `Kubernetes ${run.cluster.version}`, plural(run.cluster.nodes, "node"),
      `${plural(sources.length, "source")}, ${plural(targets.length, "target")}`, when, took]
      .filter(Boolean).map((fact) => el("span", {}, fact))),
    run.replayed ? el("p.note", {}, "Replayed from recorded facts: nothing was sent now.") : null,
    summary.cells ? bar : null);
}

function drawTools() {
  const said = el("p.said", { role: "status" });
  const tiles = VERDICTS.map((verdict) => el("button.tile", { type: "button", "aria-pressed": "false", "data-verdict": verdict,
    disabled: !data.summary[verdict], onclick: () => {
      if (!filter.verdicts.delete(verdict)) filter.verdicts.add(verdict);
      refresh();
    } }, mark(verdict), el("b", {}, number(data.summary[verdict])), el("span", {}, NAMES[verdict])));
  let timer = 0;
  const search = el("input.search", { type: "search", placeholder: "Filter by name, node, address, outcome, reason \u2026   ( / )",
    "aria-label": "Filter checks by text", oninput: () => { clearTimeout(timer); timer = setTimeout(() => {
      filter.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      refresh();
    }, 130); } });
  const reset = () => { filter.verdicts.clear(); filter.words = []; search.value = ""; refresh(); };
  const tools = el("div.tools", {}, tiles, search, said);
  addEventListener("scroll", () => tools.classList.toggle("stuck", tools.getBoundingClientRect().top <= 0), { passive: true });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); }
  });
  tools.update = (shown) => {
    for (const tile of tiles) tile.setAttribute("aria-pressed", filter.verdicts.has(tile.dataset.verdict));
    const all = !filter.verdicts.size && !filter.words.length;
    said.replaceChildren(...(all ? [] : [`${number(shown)} of ${plural(probes.length, "check")} shown. `,
      el("button", { type: "button", onclick: reset }, "Show all")]));
  };
  return tools;
}

const STORIES = 8;
function drawStories() {
  const section = el("section", { "aria-label": "What needs attention" });
  let all = false;
  section.update = () => {
    const stories = data.groups.map((group, at) => ({ ...group, at })).filter((group) => group.cells.some((at) => matches(probes[at])));
    const shown = all ? stories : stories.slice(0, STORIES);
    section.hidden = !stories.length;
    section.replaceChildren(el("div.head", {}, el("h2", {}, "What needs attention"),
      el("span.muted", {}, `${plural(stories.length, "group")} of checks that tell the same story`)),
      ...shown.map(drawStory),
      ...(stories.length > shown.length ? [el("p", {}, el("button.link", { type: "button", onclick: () => { all = true; section.update(); } },
        `Show ${plural(stories.length - shown.length, "more group")}`))] : []),
      ...(data.more_groups ? [el("p.muted", {}, `${plural(data.more_groups, "further group")} not listed: their cells are in the heatmaps.`)] : []));
  };
  return section;
}
function drawStory(group) {
  const models = group.models.map((model) => data.models[model]);
  const title = models.length > 2 ? `${plural(models.length, "traffic model")}` : models.join(" \u00b7 ");
  return el("article.story", {}, mark(group.kind), el("div", {},
    el("header", {}, el("h3", {}, `${title}: ${group.kind === "fail" ? plainOutcome(group.outcome).split(":")[0] : NAMES[group.kind]}`),
      el("button.open.num", { type: "button", onclick: () => go(`#group-${group.at}`) }, `${plural(group.cells.length, "check")} \u203a`)),
    facts(group.lines)));
}

function drawHeatmaps() {
  const holder = el("div");
  holder.update = (shown) => {
    const byModel = new Map(Object.keys(data.models).map((model) => [model, []]));
    for (const probe of shown) byModel.get(probe.model).push(probe);
    holder.replaceChildren(...[...byModel].filter(([, list]) => list.length).map(([model, list]) => drawHeatmap(model, list)));
  };
  return holder;
}

const byName = new Intl.Collator("en", { numeric: true }).compare;
const band = (target) => target.kind === "pod" && target.node ? target.node : target.namespace;
const bySource = (a, b) => byName(a.node, b.node) || byName(a.name, b.name);
const byTarget = (a, b) => byName(a.kind, b.kind) || byName(band(a), band(b)) || byName(a.id, b.id);

function drawHeatmap(model, list) {
  const rows = [...new Set(list.map((probe) => probe.source))].sort(bySource);
  const columns = [...new Set(list.map((probe) => probe.target))].sort(byTarget);
  const cells = new Map();
  for (const probe of list) {
    const key = `${rows.length > 1 ? probe.source.id : ""}\n${probe.target.id}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(probe);
  }
  const at = (source, target) => cells.get(`${rows.length > 1 ? source.id : ""}\n${target.id}`);
  const counts = VERDICTS.map((verdict) => [verdict, list.filter((probe) => probe.verdict === verdict).length]).filter(([, count]) => count);
  const times = list.filter((probe) => probe.verdict === "pass" && probe.ms !== null).map((probe) => probe.ms).sort((a, b) => a - b);
  const kinds = new Set(columns.map((target) => target.kind));
  const label = (target) => kinds.size === 1 ? target.id.replace(/^[a-z]+\//, "") : target.id;
  const bands = [];
  columns.forEach((target, place) => {
    if (place && band(columns[place - 1]) === band(target) && columns[place - 1].kind === target.kind) bands[bands.length - 1].span += 1;
    else bands.push({ name: band(target), start: place, span: 1 });
  });
  const starts = new Set(bands.slice(1).map((one) => one.start));
  const table = el(`table.heat${columns.length > 24 ? ".dense" : ""}`, { role: "grid", "aria-label": data.models[model] },
    el("thead", {},
      bands.some((one) => one.name) ? el("tr", {}, el("th.corner"), bands.map((one) => el("th.band", { colspan: one.span, title: one.name }, one.name))) : null,
      el("tr", {}, el("th.corner"), columns.map((target) => el("th.col", { scope: "col", title: target.id }, el("span", {}, label(target)))))),
    el("tbody", {}, rows.flatMap((source, place) => [
      !place || rows[place - 1].node !== source.node ? el("tr.node", {}, el("th", { scope: "rowgroup" }, source.node || "no node")) : null,
      el("tr", {}, el("th", { scope: "row", title: source.id }, source.name), columns.map((target) => drawCell(at(source, target)))),
    ].filter(Boolean))));
  walkable(table);
  return el("section", { "aria-label": data.models[model] },
    el("div.head", {}, el("h2", {}, data.models[model]),
      el("span.muted.num", {}, counts.map(([verdict, count]) => `${number(count)} ${NAMES[verdict]}`).join(", ")),
      times.length ? el("span.muted.num", {}, `median ${millis(times[times.length >> 1])}, slowest ${millis(times[times.length - 1])}`) : null),
    el("div.scroll", {}, table));
}

function drawCell(list) {
  if (!list) return el("td.none");
  const worst = list.reduce((one, other) => (other.rank < one.rank ? other : one));
  const same = list.filter((probe) => probe.verdict === worst.verdict).length;
  const share = list.length > 1 && worst.rank < 3 ? el("small", {}, `${same}/${list.length}`) : null;
  const cell = el(`td.v-${worst.verdict}`, { role: "gridcell", tabindex: "-1",
    "aria-label": `${worst.source.name} to ${worst.target.id}: ${same} of ${plural(list.length, "check")} ${NAMES[worst.verdict]}` },
    MARKS[worst.verdict], share);
  cell.probes = list;
  cell.worst = worst;
  return cell;
}

// One tab stop for a heatmap; arrows walk in it, Enter opens.
function walkable(table) {
  const first = table.querySelector("td:not(.none)");
  if (first) first.tabIndex = 0;
  const open = (cell) => { if (cell && cell.probes) go(`#probe-${cell.worst.id}`, cell); };
  table.addEventListener("click", (event) => open(event.target.closest("td")));
  table.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("td");
    if (cell && cell.probes && !cell.title) cell.title = cell.getAttribute("aria-label");
  });
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(cell); }
    if (!step) return;
    event.preventDefault();
    let row = cell.parentNode.rowIndex, place = cell.cellIndex;
    for (;;) {
      row += step[0]; place += step[1];
      const line = table.rows[row];
      if (!line || place < 1 || place >= table.rows[cell.parentNode.rowIndex].cells.length) return;
      const next = line.cells[place];
      if (next && next.probes) {
        cell.tabIndex = -1; next.tabIndex = 0; next.focus();
        return;
      }
    }
  });
}

function drawLegend() {
  return el("section", { "aria-label": "How to read the heatmaps" }, el("h2", {}, "Sources against targets"),
    el("p.legend", {}, VERDICTS.map((verdict) => el("span", {}, mark(verdict), NAMES[verdict])),
      el("span", {}, "A cell shows its worst check and how many of its checks are like it. An empty cell was not asked. Open a cell for the evidence.")));
}

function drawSources() {
  return el("section", { "aria-label": "Sources" }, el("div.head", {}, el("h2", {}, "Sources"),
    el("span.muted", {}, "open one for its routing table and resolver")),
    el("div.scroll", {}, el("table.list", {}, el("thead", {}, el("tr", {}, ["container", "node", "addresses", "runner", "tools"].map((name) => el("th", {}, name)), el("th.num", {}, "exec"))),
      el("tbody", {}, [...sources].sort(bySource).map((source) => el("tr", {},
        el("td", {}, el("button.link.mono", { type: "button", onclick: () => go(`#source-${sources.indexOf(source)}`) }, source.id),
          source.error ? el("div", {}, source.error, source.wayOut ? `; way out: ${source.wayOut}` : "") : null),
        el("td", {}, source.node), el("td.mono", {}, source.addresses.join(" ")), el("td", {}, source.runner), el("td", {}, source.tools.join(", ")),
        el("td.num", {}, source.ms == null ? "" : millis(Math.round(source.ms)))))))));
}

function drawNotTested() {
  if (!data.not_tested.length) return null;
  return el("section", { "aria-label": "Not tested" }, el("div.head", {}, el("h2", {}, "Not tested"), el("span.muted", {}, plural(data.not_tested_count, "thing"))),
    el("table.list", {}, el("thead", {}, el("tr", {}, el("th", {}, "what"), el("th", {}, "why, and the way out"))),
      el("tbody", {}, data.not_tested.map(([what, why]) => el("tr", {}, el("td", {}, what), el("td", {}, why))))));
}

function drawFooter() {
  const { run } = data;
  const say = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const list = (object) => Object.entries(object).map(([name, value]) => `${name} ${say(value)}`).join(", ");
  return el("footer", {}, facts([
    ["run", run.id], ["time", `${run.start} to ${run.end}`],
    ["requests", Object.entries(data.requests).map(([name, count]) => `${number(count)} ${name}`).join(", ")],
    ["options", list(run.options)], ["versions", list(run.versions)],
  ]));
}

const tools = drawTools(), stories = drawStories(), heatmaps = drawHeatmaps();
function refresh() {
  const shown = probes.filter(matches);
  tools.update(shown.length);
  stories.update();
  heatmaps.update(shown);
  showPlace();
}
page.append(...[drawHeader(), probes.length ? tools : null, stories, probes.length ? drawLegend() : null, heatmaps,
  drawNotTested(), sources.length ? drawSources() : null, drawFooter()].filter(Boolean));
refresh();
addEventListener("hashchange", () => openHash());
openHash();
"""
