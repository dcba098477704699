// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Causes, each with the checks that it broke, and what changed since an earlier report.

import { go } from "./address.js";
import { data, probes } from "./data.js";
import { el, mark, NAMES, plural, tell } from "./elements.js";
import { matches } from "./filter.js";

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

export function drawStories() {
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
export function drawChanges() {
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
