// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The causes that a diagnosis found: each opens to its evidence, its fix, and the checks that it explains.

import { go } from "./address.js";
import { data, probes } from "./data.js";
import { el, facts, plural, tell } from "./elements.js";

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
export function drawCauses(light) {
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
