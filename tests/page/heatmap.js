// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Checks are put together in cells, rows and columns, and walked by keys.

import { all, check, click, data, equal, find, press, settled, shown, test, texts } from "./harness.js";

const named = (model) => `[aria-label="${data().models[model]}"]`;
const heatmap = (model) => find(`table.heat${named(model)}`);
const CROSS = "pod_to_pod_cross_node";
const cells = (table) => all("td:not(.none)", table);

test("each check is in one cell, and the cell in its row and column", () => {
  const numbers = shown().map((probe) => probe.id);
  equal(numbers.length, new Set(numbers).size, "number of checks");
  for (const cell of all("table.heat td:not(.none)")) {
    const table = cell.closest("table");
    const row = cell.parentNode.cells[0].title;
    const column = all("th.col", table)[cell.cellIndex - 1].title;
    for (const probe of cell.probes) equal([probe.source.id, probe.column.id], [row, column], "place");
  }
});

test("a cell shows its worst check, and how many are like it where not all are", () => {
  const worstFirst = ["fail", "unexpected_open", "unknown", "pass", "skipped"];
  let parts = 0;
  for (const cell of all("table.heat td:not(.none)")) {
    const ranks = cell.probes.map((probe) => worstFirst.indexOf(probe.verdict));
    const worst = Math.min(...ranks);
    check(cell.classList.contains(`v-${worstFirst[worst]}`), `a cell of ${ranks} is ${cell.className}`);
    const like = ranks.filter((rank) => rank === worst).length;
    const asked = ranks.filter((rank) => rank < 4).length;
    const small = texts("small", cell).filter((text) => text !== "5xx");
    equal(small, worst < 3 && like < asked ? [`${like}/${asked}`] : [], "count in the cell");
    parts += small.length;
  }
  check(parts > 0, "no cell is a mixed one");
});

test("an application's own error is marked where the path is open", () => {
  const marked = all("table.heat td").filter((cell) => texts("small", cell).includes("5xx"));
  check(marked.length > 0, "no cell is marked");
  for (const cell of marked) {
    check(cell.classList.contains("v-pass"), `the cell is ${cell.className}`);
    check(
      cell.probes.some((probe) => probe.outcome === "http_503"),
      "nothing in the cell answered 503",
    );
  }
});

test("what passed only when probed again has a shade of its own", () => {
  const marked = all("table.heat td.later");
  check(marked.length > 0, "no cell is marked");
  for (const cell of marked) {
    check(cell.classList.contains("v-pass"), `the cell is ${cell.className}`);
    check(getComputedStyle(cell).backgroundImage !== "none", "it looks like any other that passed");
    cell.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    check(/, \d+ only when probed again$/.test(cell.title), `it says ${cell.title}`);
  }
  const others = all("table.heat td.v-pass:not(.later)");
  check(
    others.every((cell) => !cell.probes.some((probe) => probe.later)),
    "one that passed later is not marked",
  );
  const shade = find(".legend .mark.later");
  equal(shade.parentNode.textContent, `passed only when probed again (${data().summary.passed_later})`);
});

test("rows stand by node, and each node is named once", () => {
  const rows = [...find(`section${named(CROSS)} tbody`).rows];
  equal(
    rows.filter((row) => row.className === "node").map((row) => row.textContent),
    ["w1", "w2"],
  );
  const names = rows.filter((row) => row.className !== "node").map((row) => row.cells[0].textContent);
  equal(names, ["shop/api-1", "shop/web-1", "tools/debug-1", "jobs/batch-1", "shop/api-2", "shop/web-2"]);
});

test("columns of Pods stand by node, under its name", () => {
  const table = heatmap(CROSS);
  equal(texts("th.band", table), ["w1", "w2"]);
  equal(
    all("th.band", table).map((head) => head.colSpan),
    [2, 2],
  );
  equal(texts("th.col", table), ["shop/api-1:8080", "shop/web-1:8080", "shop/api-2:8080", "shop/web-2:8080"]);
});

test("what nobody asked is an empty cell", () => {
  const table = heatmap(CROSS);
  equal(all("td.none", table).length + cells(table).length, 24);
  equal(cells(table).length, 12);
});

test("the heading counts by verdict", () => {
  const list = cells(heatmap(CROSS)).flatMap((cell) => cell.probes);
  const failed = list.filter((probe) => probe.verdict === "fail").length;
  const unknown = list.filter((probe) => probe.verdict === "unknown").length;
  const head = find(`section${named(CROSS)} .head`).textContent;
  check(head.includes(`${failed} failed, ${unknown} unknown`), head);
});

test("a heatmap is one tab stop", () => {
  for (const table of all("table.heat")) {
    equal(all("td", table).filter((cell) => cell.tabIndex === 0).length, 1, "number of tab stops");
  }
});

test("arrows walk over empty cells and stop at the edges", () => {
  const table = heatmap(CROSS);
  const [first] = cells(table);
  first.focus();
  const steps = [];
  for (const key of [
    "ArrowLeft",
    "ArrowUp",
    "ArrowRight",
    "ArrowDown",
    "ArrowDown",
    "ArrowDown",
    "ArrowLeft",
    "ArrowUp",
  ]) {
    press(key);
    const { probes } = document.activeElement;
    steps.push(probes ? `${probes[0].source.pod} ${probes[0].target.name}` : "lost");
  }
  equal(steps, [
    "api-1 api-2",
    "api-1 api-2",
    "api-1 web-2",
    "web-1 web-2",
    "debug-1 web-2",
    "debug-1 web-2",
    "debug-1 api-2",
    "web-1 api-2",
  ]);
  equal(all('td[tabindex="0"]', table).length, 1, "number of tab stops");
  check(
    document.activeElement.getAttribute("aria-label").startsWith("shop/web-1 to pod/shop/api-2:8080: "),
    "no label",
  );
});

test("Enter opens the cell, and Escape comes back to it", async () => {
  const cell = cells(heatmap(CROSS))[0];
  cell.focus();
  press("Enter");
  await settled();
  equal(location.hash, `#probe-${cell.worst.id}`);
  check(cell.classList.contains("here"), "the cell is not marked");
  press("Escape");
  check(document.activeElement === cell, "the focus is elsewhere");
  equal([location.hash, cell.classList.contains("here")], ["", false]);
});

test("a click on an empty cell opens nothing", async () => {
  click(all("td.none", heatmap(CROSS))[0]);
  await settled();
  equal(find("#panel").hidden, true);
});
