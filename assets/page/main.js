// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Header, tables, and what starts it all.

import { go } from "./address.js";
import { drawCauses } from "./causes.js";
import { data, probes, sources, targets } from "./data.js";
import { el, facts, mark, millis, NAMES, number, plural, VERDICTS } from "./elements.js";
import { drawTools, matches } from "./filter.js";
import { bySource, drawHeatmaps } from "./heatmap.js";
import { light, openHash, showPlace } from "./panel.js";
import { drawChanges, drawStories } from "./stories.js";
import { drawTopology } from "./topology.js";

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
