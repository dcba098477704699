// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What holds on every page, on a wide screen and on a narrow one.

import { all, check, click, equal, find, settled, test } from "./harness.js";

const numbers = (shape) => ["x", "y", "width", "height"].map((name) => Number(shape.getAttribute(name)));
const apart = ([x, y, width, height], [left, top, wide, tall]) =>
  x + width <= left || left + wide <= x || y + height <= top || top + tall <= y;
const within = ([x, y, width, height], [left, top, wide, tall]) =>
  x >= left && y >= top && x + width <= left + wide && y + height <= top + tall;
const pairs = (list) => list.flatMap((one, at) => list.slice(at + 1).map((other) => [one, other]));

test("nothing is wider than the screen but what scrolls by itself", () => {
  equal(document.documentElement.scrollWidth, innerWidth, "width of the page");
});

test("sections stand below each other", () => {
  let bottom = 0;
  for (const part of find("main").children) {
    if (part.hidden) continue;
    const box = part.getBoundingClientRect();
    check(
      box.top >= bottom,
      `${part.tagName} ${part.getAttribute("aria-label")} begins at ${box.top}, above ${bottom}`,
    );
    bottom = box.bottom;
  }
});

test("boxes of the drawing lie apart, and what is in them within", () => {
  for (const picture of all(".topology svg")) {
    const paper = picture.getAttribute("viewBox").split(" ").map(Number);
    const frames = all("g.frame", picture);
    for (const frame of frames) {
      const box = numbers(find(":scope > rect", frame));
      check(within(box, paper), `a box at ${box} is not on the paper of ${paper}`);
      const chips = all(".chip > rect", frame).map(numbers);
      for (const chip of chips) check(within(chip, box), `${chip} is not within ${box}`);
      for (const [one, other] of pairs(chips)) check(apart(one, other), `${one} lies on ${other}`);
    }
    for (const [one, other] of pairs(frames.map((frame) => numbers(find(":scope > rect", frame)))))
      check(apart(one, other), `a box at ${one} lies on one at ${other}`);
  }
});

test("marks of the drawing lie on the paper, and apart unless there are many", () => {
  for (const picture of all(".topology svg")) {
    const paper = picture.getAttribute("viewBox").split(" ").map(Number);
    const marks = all("g.edge > rect", picture).map(numbers);
    for (const mark of marks) check(within(mark, paper), `a mark at ${mark} is not on the paper of ${paper}`);
    if (marks.length > 12) continue;
    for (const [one, other] of pairs(marks)) check(apart(one, other), `a mark at ${one} lies on one at ${other}`);
  }
});

test("names in the drawing are cut to their room, and whole in their titles", () => {
  for (const chip of all(".topology .chip:not(.many)")) {
    const [, , width] = numbers(find("rect", chip));
    const [title, shown] = [find("title", chip).textContent, find("text", chip).textContent];
    check(shown.length <= Math.floor((width - 14) / 6.7), `${shown} is too long`);
    const [head, tail] = shown.split("\u2026");
    check(title.includes(head) && (tail === undefined || title.endsWith(tail)), `${shown} is not ${title}`);
  }
});

test("rows of a heatmap are as long as its head", () => {
  for (const table of all("table.heat")) {
    const width = all("th.col", table).length + 1;
    for (const row of table.rows) {
      const cells = [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
      equal(cells, width, `cells of ${row.className || "a row"}`);
    }
  }
});

test("the panel leaves the page its room where there is enough", async () => {
  const link = all("main button.link, article.story button.open")[0];
  if (!link) return;
  click(link);
  await settled();
  const panel = find("#panel").getBoundingClientRect();
  check(panel.right <= innerWidth && panel.left >= 0, "the panel is not on the screen");
  if (innerWidth >= 1200) check(find("main").getBoundingClientRect().right <= panel.left, "the panel lies on the page");
  equal(document.documentElement.scrollWidth, innerWidth, "width of the page");
});
