// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The side panel: the evidence of a cell, a group or a source.

import { focusOpener, go } from "./address.js";
import { data, plainOutcome, probes, sources, text } from "./data.js";
import { el, facts, mark, millis, NAMES, number, plural, tell } from "./elements.js";
import { drawing } from "./plot.js";
import { lightEdges, onEdge } from "./topology.js";

const panel = document.getElementById("panel");
const MAX_PROBES = 300;
let place = null; // the probe the page stands at
let lit = []; // the probes that the open cause explains

export function openHash() {
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
export function light(list) {
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
export function showPlace() {
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
