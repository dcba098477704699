// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Words, and one way to make elements (text only).

export const VERDICTS = ["fail", "unexpected_open", "unknown", "pass", "skipped"]; // worst first
export const NAMES = {
  fail: "failed",
  unexpected_open: "unexpectedly open",
  unknown: "unknown",
  pass: "passed",
  skipped: "skipped",
};
export const MARKS = {
  fail: "\u2715",
  unexpected_open: "!",
  unknown: "?",
  pass: "\u2713",
  skipped: "\u2013",
};
export const number = (value) => value.toLocaleString("en-US");
export const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
export const millis = (value) => `${value >= 10 ? Math.round(value) : Number(value.toFixed(value >= 1 ? 1 : 2))} ms`;

// el("td.v-fail", {title: "..."}, "text", child): strings become text nodes, never markup.
export function el(kind, attributes = {}, ...children) {
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
export const mark = (verdict) => el(`span.mark.v-${verdict}`, { "aria-hidden": "true" }, MARKS[verdict]);
// Names break between, not within: each is an item of its own.
const items = (list) =>
  list
    .split(/(?<=,) /)
    .map((item) => el("span.item", {}, item))
    .flatMap((item) => [item, " "]);
export const facts = (pairs) =>
  el(
    "dl",
    {},
    pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );

export const byName = new Intl.Collator("en", { numeric: true }).compare;
// The lines of a group of checks, or of a change.
export const tell = (group) =>
  facts(group.lines.map(([label, value]) => [label, label === "from" || label === "to" ? items(value) : value]));
