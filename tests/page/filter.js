// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown is what was chosen.

import {
  all,
  check,
  choose,
  click,
  data,
  equal,
  find,
  press,
  search,
  shown,
  test,
  texts,
  withText,
} from "./harness.js";

const tile = (verdict) => find(`.tile[data-verdict="${verdict}"]`);
const said = () => find(".said").textContent;
const total = () => data().cells.count;
const verdicts = () => [...new Set(shown().map((probe) => probe.verdict))].sort();

test("every check is shown at first, and nothing is said about it", () => {
  equal(shown().length, total());
  equal(said(), "");
  equal(texts(".tile b"), ["46", "3", "38", "126", "12"]);
});

test("tiles add up, and go out again", () => {
  click(tile("fail"));
  equal(verdicts(), ["fail"]);
  equal(said(), "46 of 225 checks shown. Show all");
  click(tile("unexpected_open"));
  equal(verdicts(), ["fail", "unexpected_open"]);
  equal(said(), "49 of 225 checks shown. Show all");
  equal(
    all(".tile").map((one) => one.getAttribute("aria-pressed")),
    ["true", "true", "false", "false", "false"],
  );
  click(tile("fail"));
  click(tile("unexpected_open"));
  equal(shown().length, total());
  equal(said(), "");
});

test("a word is looked for in names, outcomes and reasons, whatever its case", async () => {
  await search("NETWORKPOLICY shop/api-from-web");
  equal(shown().length, 3);
  equal(verdicts(), ["unexpected_open"]);
});

test("all words must be there, in any order", async () => {
  await search("web-1 timeout");
  const found = shown().length;
  check(found > 0 && shown().every((probe) => probe.outcome === "timeout"), "others than timeouts are shown");
  await search("  timeout   web-1 ");
  equal(shown().length, found);
  await search("timeout nowhere");
  equal(shown().length, 0);
  equal(said(), "0 of 225 checks shown. Show all");
});

test("a list chooses by one thing, either end counts", () => {
  choose("node", "w2");
  const list = shown();
  check(list.length > 0 && list.length < total(), `${list.length} checks are shown`);
  check(
    list.every((probe) => probe.source.node === "w2" || probe.target.node === "w2"),
    "checks of other nodes are shown",
  );
  choose("node", "");
  equal(shown().length, total());
});

test("tiles, words and lists narrow each other", async () => {
  click(tile("fail"));
  choose("protocol", "icmp");
  choose("model", "pod_to_pod_cross_node");
  await search("shop/web-1/web");
  check(shown().length > 0, "nothing is shown");
  for (const probe of shown()) {
    equal([probe.verdict, probe.protocol, probe.model], ["fail", "icmp", "pod_to_pod_cross_node"]);
    equal([probe.source.id, probe.target.namespace], ["shop/web-1/web", "shop"]);
  }
  equal(texts(".heatmaps h2").length, 1);
});

test("one button shows all again", async () => {
  click(tile("unknown"));
  choose("family", "IPv6");
  await search("w1");
  click(find(".said button"));
  equal(shown().length, total());
  equal([find("input.search").value, ...all(".tools select").map((one) => one.value)].join(""), "");
  equal(all('.tile[aria-pressed="true"]').length, 0);
});

test("lists offer what there is, models in their own order", () => {
  const options = (name) => all("option", find(`select[aria-label="Show by ${name}"]`)).map((one) => one.value);
  equal(options("namespace"), ["", "jobs", "shop", "tools"]);
  equal(options("protocol"), ["", "dns", "http", "icmp", "tcp"]);
  equal(options("model"), [
    "",
    "container_to_container",
    "pod_to_pod_same_node",
    "pod_to_pod_cross_node",
    "pod_to_service",
    "pod_to_nodeport",
  ]);
});

test("groups of checks are those of which a check is shown", () => {
  const before = all("article.story").length;
  click(tile("unexpected_open"));
  const stories = texts("article.story h3");
  check(stories.length > 0 && stories.length < before, `${stories.length} of ${before} groups are shown`);
  check(
    stories.every((title) => title.includes("unexpectedly open")),
    `groups are ${stories}`,
  );
  click(tile("unexpected_open"));
  click(tile("pass"));
  check(
    withText("h2", "Topology").nextSibling.textContent.startsWith("every path that is shown works"),
    "paths are broken",
  );
});

test("a slash goes to the words, and writes one there", () => {
  press("/", document.body);
  check(document.activeElement === find("input.search"), "the focus is elsewhere");
  check(press("/", find("input.search")), "the slash is swallowed");
  find("input.search").blur();
  press("/", document.body, { ctrlKey: true });
  check(document.activeElement !== find("input.search"), "Ctrl and a slash go there, too");
});
