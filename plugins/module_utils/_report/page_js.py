# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The script of the page, last part: header, filter, groups, tables, and what starts it all."""

from __future__ import annotations

PAGE = r"""
const page = document.getElementById("page");
const filter = { verdicts: new Set(), words: [] };
const matches = (probe) =>
  (!filter.verdicts.size || filter.verdicts.has(probe.verdict)) &&
  filter.words.every((part) => haystack(probe).includes(part));

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
    el(
      "div.brand",
      {},
      el("span", {}, el("b", {}, "Kubewire"), " connectivity"),
      el("span.mono.wrap", {}, run.id),
    ),
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

function drawTools() {
  const said = el("p.said", { role: "status" });
  const tiles = VERDICTS.map((verdict) =>
    el(
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
    ),
  );
  let timer = 0;
  const search = el("input.search", {
    type: "search",
    placeholder: "Filter by name, node, address, outcome, reason \u2026",
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
    search.value = "";
    refresh();
  };
  const tools = el("div.tools", {}, tiles, search, said);
  addEventListener("scroll", () => tools.classList.toggle("stuck", tools.getBoundingClientRect().top <= 0), {
    passive: true,
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });
  tools.update = (shown) => {
    for (const tile of tiles) tile.setAttribute("aria-pressed", filter.verdicts.has(tile.dataset.verdict));
    const all = !filter.verdicts.size && !filter.words.length;
    said.replaceChildren(
      ...(all
        ? []
        : [
            `${number(shown)} of ${plural(probes.length, "check")} shown. `,
            el("button", { type: "button", onclick: reset }, "Show all"),
          ]),
    );
  };
  return tools;
}

const STORIES = 8;
function drawStories() {
  const section = el("section", { "aria-label": "What needs attention" });
  let all = false;
  section.update = () => {
    const stories = data.groups
      .map((group, at) => ({ ...group, at }))
      .filter((group) => group.cells.some((at) => matches(probes[at])));
    const shown = all ? stories : stories.slice(0, STORIES);
    section.hidden = !stories.length;
    section.replaceChildren(
      el(
        "div.head",
        {},
        el("h2", {}, "What needs attention"),
        el("span.muted", {}, `${plural(stories.length, "group")} of checks that tell the same story`),
      ),
      ...shown.map(drawStory),
      ...(stories.length > shown.length
        ? [
            el(
              "p",
              {},
              el(
                "button.link",
                {
                  type: "button",
                  onclick: () => {
                    all = true;
                    section.update();
                  },
                },
                `Show ${plural(stories.length - shown.length, "more group")}`,
              ),
            ),
          ]
        : []),
      ...(data.more_groups
        ? [
            el(
              "p.muted",
              {},
              `${plural(data.more_groups, "further group")} not listed: their cells are in the heatmaps.`,
            ),
          ]
        : []),
    );
  };
  return section;
}
const tell = (group) =>
  facts(
    group.lines.map(([label, value]) => [label, label === "from" || label === "to" ? items(value) : value]),
  );
function drawStory(group) {
  const models = group.models.map((model) => data.models[model]);
  const title = models.length > 2 ? `${plural(models.length, "traffic model")}` : models.join(" \u00b7 ");
  return el(
    "article.story",
    {},
    mark(group.kind),
    el(
      "div",
      {},
      el(
        "header",
        {},
        el(
          "h3",
          {},
          `${title}: ${group.kind === "unexpected_open" ? NAMES[group.kind] : plainOutcome(group.outcome).split(":")[0]}`,
        ),
        el(
          "button.open.num",
          { type: "button", onclick: () => go(`#group-${group.at}`) },
          `${plural(group.cells.length, "check")} \u203a`,
        ),
      ),
      tell(group),
    ),
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
      el(
        "span",
        {},
        "A cell shows its worst check, and how many are like it where not all are. An empty one was not asked. Open one for the evidence.",
      ),
    ),
  );
}

function drawSources() {
  return el(
    "section",
    { "aria-label": "Sources" },
    el(
      "div.head",
      {},
      el("h2", {}, "Sources"),
      el("span.muted", {}, "open one for its routing table and resolver"),
    ),
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
                  source.error
                    ? el("div", {}, source.error, source.wayOut ? `; way out: ${source.wayOut}` : "")
                    : null,
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

function drawNotTested() {
  if (!data.not_tested.length) return null;
  return el(
    "section",
    { "aria-label": "Not tested" },
    el(
      "div.head",
      {},
      el("h2", {}, "Not tested"),
      el("span.muted", {}, plural(data.not_tested_count, "thing")),
    ),
    el(
      "table.list",
      {},
      el("thead", {}, el("tr", {}, el("th", {}, "what"), el("th", {}, "why, and the way out"))),
      el(
        "tbody",
        {},
        data.not_tested.map(([what, why]) => el("tr", {}, el("td", {}, what), el("td", {}, why))),
      ),
    ),
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

const tools = drawTools(),
  stories = drawStories(),
  heatmaps = drawHeatmaps();
function refresh() {
  const shown = probes.filter(matches);
  tools.update(shown.length);
  stories.update();
  heatmaps.update(shown);
  showPlace();
}
page.append(
  ...[
    drawHeader(),
    probes.length ? tools : null,
    stories,
    probes.length ? drawLegend() : null,
    heatmaps,
    drawNotTested(),
    sources.length ? drawSources() : null,
    drawFooter(),
  ].filter(Boolean),
);
refresh();
addEventListener("hashchange", () => openHash());
openHash();
"""
