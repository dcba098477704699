// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The data of the page, unpacked: sources, targets, probes.

import { VERDICTS } from "./elements.js";

export const data = JSON.parse(document.getElementById("data").textContent);
export const text = (place) => data.texts[place];
export const sources = data.sources.map((item) => ({
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
export const targets = data.targets.map((item) => ({
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
export const probes = Array.from({ length: data.cells.count }, (_, at) => {
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

export const plainOutcome = (outcome) =>
  outcome.startsWith("http_") ? `HTTP ${outcome.slice(5)}` : data.outcomes[outcome] || outcome;
export const haystack = (probe) =>
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
