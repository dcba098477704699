// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown: by verdict, words, traffic model, namespace, node, protocol and IP family.

import { data, haystack, probes } from "./data.js";
import { byName, el, mark, NAMES, number, plural, VERDICTS } from "./elements.js";

const filter = { verdicts: new Set(), words: [], chosen: {} };
// What a list chooses by, what it says when it chooses nothing, and what a probe has of it.
const CHOICES = {
  model: ["All traffic models", (probe) => [probe.model], (model) => data.models[model]],
  namespace: ["All namespaces", (probe) => [probe.source.namespace, probe.target.namespace]],
  node: ["All nodes", (probe) => [probe.source.node, probe.target.node]],
  protocol: ["All protocols", (probe) => [probe.protocol]],
  family: ["IPv4 and IPv6", (probe) => [probe.family]],
};
export const matches = (probe) =>
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

export function drawTools(refresh) {
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
