// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// The panel: the evidence of a cell, a group, a source, an edge, each with an address of its own.

import {
  all,
  check,
  click,
  equal,
  find,
  open,
  press,
  search,
  settled,
  shown,
  test,
  texts,
  withText,
} from "./harness.js";

const panel = () => find("#panel");
const title = () => find("#panel h2").textContent;
const fact = (name, root = panel()) => {
  const label = all("dt", root).find((one) => one.textContent === name);
  return label ? label.nextSibling.textContent : "";
};

test("an address of a check opens it beside the others of its pair", async () => {
  const probe = shown().find((one) => one.outcome === "timeout" && one.protocol === "http");
  await open(`#probe-${probe.id}`);
  equal(panel().hidden, false);
  equal(title(), `${probe.source.name} \u2192 ${probe.target.id}`);
  const pair = shown().filter(
    (one) => one.model === probe.model && one.source === probe.source && one.column === probe.column,
  );
  equal(all("details.probe", panel()).length, pair.length);
  equal(all("details.probe.here", panel()).length, 1);
  const here = find("details.probe.here", panel());
  equal([here.open, fact("happened", here)], [true, "timeout: no answer"]);
  equal(fact("verdict", here), `failed: ${probe.reason}`);
  check(document.activeElement === find("#panel h2"), "the focus is not in the panel");
});

test("the worst checks of a pair come first", async () => {
  const mixed = all("table.heat td").find((cell) => new Set((cell.probes || []).map((one) => one.rank)).size > 1);
  await open(`#probe-${mixed.worst.id}`);
  const marks = texts("summary .mark", panel());
  const order = ["\u2715", "!", "?", "\u2713", "\u2013"];
  equal(
    marks,
    [...marks].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
    "order of the marks",
  );
});

test("evidence is drawn when it is opened", async () => {
  click(all("article.story button.open")[0]);
  await settled();
  const details = all("details.probe:not([open])", panel())[0];
  equal(find(".body", details).childNodes.length, 0);
  details.open = true;
  await settled();
  check(fact("asked", details), "nothing was drawn");
});

test("a group opens all of its checks", async () => {
  const button = all("article.story button.open")[0];
  const [count] = button.textContent.split(" ");
  button.focus();
  click(button);
  await settled();
  equal(texts("h3", panel())[0], `${count} checks`);
  equal(all("details.probe", panel()).length, Number(count));
  click(find("button.close", panel()));
  equal([panel().hidden, location.hash], [true, ""]);
  check(document.activeElement === button, "the focus did not come back");
});

test("the same address opens again after it was closed", async () => {
  const button = all("article.story button.open")[0];
  for (const _turn of [1, 2]) {
    click(button);
    await settled();
    equal(panel().hidden, false);
    press("Escape");
    equal(panel().hidden, true);
  }
});

test("a source shows what is known of it, and what would help", async () => {
  click(withText("button.link", "jobs/batch-1/batch"));
  await settled();
  equal(title(), "jobs/batch-1");
  equal([fact("node"), fact("runner")], ["w2", "sh"]);
  check(panel().textContent.includes("kubectl -n jobs logs batch-1 -c batch --previous"), "no remedy");
  click(withText("button.link", "shop/web-1/web"));
  await settled();
  equal(texts("h4", panel()), ["Routing table", "resolv.conf"]);
});

test("the marked cell is that of the panel, also after a filter", async () => {
  const probe = shown().find((one) => one.verdict === "fail");
  await open(`#probe-${probe.id}`);
  await search(probe.target.name);
  equal(
    all("td.here").map((cell) => cell.probes.includes(probe)),
    [true],
  );
  await search("nothing says this");
  equal(all("td.here").length, 0);
});

test("an address of nothing closes the panel", async () => {
  for (const hash of ["#probe-999999", "#group-999", "#change-0", "#edge-0-0x", "#<img>"]) {
    await open("#probe-1");
    equal(panel().hidden, false);
    await open(hash);
    equal(panel().hidden, true, hash);
  }
});
