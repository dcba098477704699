// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Of many thousand checks there is a cell for each node and namespace.

import { all, check, click, equal, find, press, settled, test, texts, withText } from "./harness.js";

test("rows are nodes, columns too, and the heading says so", () => {
  equal(texts("table.heat th[scope=row]").length, 10);
  equal(texts("th.col").length, 10);
  check(find(".heatmaps .head").textContent.includes("joined by node and namespace"), "nothing says so");
  equal(
    all("table.heat td").reduce((sum, cell) => sum + cell.probes.length, 0),
    18000,
  );
});

test("what is broken is one column", () => {
  const failing = all("td.v-fail").map((cell) => all("th.col")[cell.cellIndex - 1].title);
  equal([...new Set(failing)], ["node-03"]);
});

test("a cell opens the first hundreds of its checks", async () => {
  const cell = find("table.heat").rows[1].cells[1];
  cell.focus();
  click(cell);
  await settled();
  equal(texts("#panel h3")[0], `${cell.probes.length} checks`);
  equal(all("#panel details.probe").length, Math.min(300, cell.probes.length));
  press("Escape");
  click(all("article.story button.open")[0]);
  await settled();
  equal(all("#panel details.probe").length, 300);
  check(withText("#panel p.muted", "more: report.json has them all"), "the rest is not counted");
});

test("a node of many Pods has room for the worst of them", () => {
  const chips = all("g.frame.middle").map((frame) => all(".chip", frame).length);
  equal(Math.max(...chips), 4);
  equal(texts(".chip.many text").length, chips.length);
});
