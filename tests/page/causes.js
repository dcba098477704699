// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The causes that a diagnosis found.

import { all, check, click, data, equal, find, settled, test, texts } from "./harness.js";

const section = () => find('section[aria-label="Causes"]');

test("the causes come before what is not explained", () => {
  const labels = all("main > section[aria-label]").map((one) => one.getAttribute("aria-label"));
  equal(labels.filter((label) => ["Causes", "Not explained"].includes(label)).join(), "Causes,Not explained");
  equal(find(".head .muted", section()).textContent, data().diagnosis.headline);
});

test("each has its command as it is, and opens to the checks that it explains", async () => {
  const [cause] = data().diagnosis.causes;
  equal(texts("details.cause pre.command")[0], cause.command);
  click(all("details.cause button.link", section())[0]);
  await settled();
  equal(location.hash, "#cause-0");
  equal(texts("#panel .muted")[0], "Cause");
  equal(all("#panel details.probe").length, cause.ids.length);
});

test("an open cause marks the cells of the heatmaps that it explains", async () => {
  click(all("details.cause button.link", section())[0]);
  await settled();
  const [cause] = data().diagnosis.causes;
  const marked = all("td.here").flatMap((cell) => cell.probes.map((one) => one.id));
  check(all("td.here").length > 0 && cause.ids.every((id) => marked.includes(id)), marked.join());
  click(find("#panel button.close"));
  await settled();
  equal(all("td.here").length, 0);
});

const own = () => data().diagnosis.causes[0];
const edges = (kind) => all(`g.edge${kind}`).map((mark) => mark.dataset.edge);
const summary = () => all("details.cause > summary", section())[0];

test("it marks the edges of the topology that it explains, and no other", async () => {
  equal(edges(".here").length, 0);
  click(all("details.cause button.link", section())[0]);
  await settled();
  check(edges(".here").length > 0 && edges(":not(.here)").length > 0, `${edges(".here")} of ${edges("")}`);
  equal(
    edges(".here").sort(),
    all("g.way.here")
      .map((line) => line.dataset.edge)
      .sort(),
  );
  check(find(".topology svg").classList.contains("lit"), "the others step back");
  click(find("#panel button.close"));
  await settled();
  equal(all("g.here").length, 0);
});

test("opening it in its place marks cells and edges, closing it takes the marks away", async () => {
  click(summary());
  await settled();
  equal(all("td.here").length + all("g.here").length, 0, "it was open from the start, and is closed now");
  click(summary());
  await settled();
  const marked = all("td.here").flatMap((cell) => cell.probes.map((one) => one.id));
  check(
    own().ids.every((id) => marked.includes(id)),
    marked.join(),
  );
  check(edges(".here").length > 0, "no edge");
  equal(all("#panel:not([hidden])").length, 0);
  click(summary());
  await settled();
  equal(all("td.here").length + all("g.here").length, 0);
});

test("each has all of its evidence, the key first", () => {
  const [cause] = data().diagnosis.causes;
  equal(texts("details.evidence summary", section())[0], `All evidence: ${cause.evidence.length}`);
  equal(
    texts("details.evidence li").slice(0, cause.evidence.length).join(),
    cause.evidence.map(([about, says]) => `${about}: ${says}`).join(),
  );
});

test("the way through the flowchart has every decision with its answer", () => {
  const { steps, leads } = data().diagnosis.way;
  check(steps.length > 1, "no way");
  equal(texts("details.flowchart summary")[0], `By the flowchart: ${leads}`);
  equal(texts("details.flowchart li strong").join(), steps.map(([, , answer]) => answer).join());
  equal(texts("details.flowchart li div.muted").join(), steps.map(([, , , says]) => says).join());
});

test("the hops of a single question are told one below the other", () => {
  equal(texts("pre.hops")[0], data().diagnosis.path.join("\n"));
});
