// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The drawing marks the paths that do not work, and each mark opens its checks.

import { all, check, choose, click, equal, find, press, settled, shown, test, texts } from "./harness.js";

const marks = () => all("g.edge");
const inFront = () => marks().reverse();
const opened = () => all("#panel details.probe").length;

test("Pods are in their nodes, Services on the right", () => {
  const frames = all("g.frame").map((frame) => [find(":scope > text.name", frame), texts(".chip > title", frame)]);
  const named = Object.fromEntries(frames.map(([name, chips]) => [find("title", name).textContent, chips]));
  equal(named.w1, ["shop/api-1", "shop/web-1", "tools/debug-1"]);
  equal(named.w2, ["jobs/batch-1", "shop/api-2", "shop/web-2"]);
  equal(named.Services, ["shop/api", "shop/web"]);
  equal(Object.keys(named).sort(), ["Services", "cp", "on no node", "w1", "w2"]);
});

test("a few broken paths between two boxes are drawn each, many from or to the box that has most of them", () => {
  equal(
    inFront().map((mark) => mark.getAttribute("aria-label").split(":")[0]),
    [
      "w2 to shop/api-1",
      "w2 to shop/web-1",
      "w1 to shop/api-2",
      "w1 to shop/web-2",
      "w1 to w2",
      "tools/debug-1 to shop/api",
      "jobs/batch-1 to shop/api",
      "jobs/batch-1 to shop/web",
      "w2 to w1",
      "jobs/batch-1 to shop/api-2",
      "jobs/batch-1 to shop/web-2",
      "jobs/batch-1 to cp",
      "jobs/batch-1 to w2",
    ],
  );
});

test("the marks together are all checks that did not pass, each opened by its own", async () => {
  const broken = new Set(
    shown()
      .filter((probe) => probe.rank < 3)
      .map((probe) => probe.id),
  );
  const seen = new Set();
  for (const mark of marks()) {
    const [, count, total] = /: ([\d,]+) of ([\d,]+) checks? /.exec(mark.getAttribute("aria-label"));
    click(mark);
    await settled();
    equal(location.hash, `#edge-${mark.dataset.edge}`);
    equal(texts("#panel h3")[0], `${total} check${total === "1" ? "" : "s"}`);
    const own = texts("#panel summary .mark").filter((sign) => sign === texts("text", mark)[0].split(" ")[0]);
    equal(own.length, Number(count), `checks like the mark of ${mark.dataset.edge}`);
    for (const link of all("#panel details.probe")) {
      link.open = true;
    }
    await settled();
    for (const link of all('#panel dd a[href^="#probe-"]')) seen.add(Number(link.textContent.slice(1)));
  }
  equal(
    [...broken].filter((id) => !seen.has(id)),
    [],
    "checks that no mark has",
  );
});

test("worse marks lie above better ones", () => {
  const ranks = marks().map((mark) => ["\u2715", "!", "?"].indexOf(texts("text", mark)[0].split(" ")[0]));
  equal(
    ranks,
    [...ranks].sort((a, b) => b - a),
  );
  equal(new Set(ranks).size, 3, "number of kinds");
});

test("the drawing follows the filter", () => {
  const before = marks().length;
  choose("protocol", "icmp");
  check(marks().length > 0 && marks().length < before, `${marks().length} of ${before} marks`);
  choose("protocol", "");
  equal(marks().length, before);
});

test("arrows go from mark to mark, the worst first, and Enter opens", async () => {
  const [first, second] = inFront();
  equal(marks().filter((mark) => mark.getAttribute("tabindex") === "0").length, 1, "number of tab stops");
  first.focus();
  press("ArrowLeft");
  check(document.activeElement === first, "there is something before the first");
  press("ArrowRight");
  check(document.activeElement === second, "the second does not follow");
  press("ArrowUp");
  check(document.activeElement === first, "the way back leads elsewhere");
  press("Enter", first);
  await settled();
  check(opened() > 0, "nothing is open");
  press("Escape");
  check(document.activeElement === first, "the focus did not come back");
});

test("a line stands out while its mark is pointed at", () => {
  const mark = marks()[0];
  mark.dispatchEvent(new Event("mouseenter"));
  equal(all("g.way.near").length, 1);
  mark.dispatchEvent(new Event("mouseleave"));
  equal(all("g.way.near").length, 0);
});
