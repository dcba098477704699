// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What asks an object as a whole stands in the column of its port, if it has but one.

import { all, equal, find, test, texts } from "./harness.js";

test("an object with one port is one column, one with more has one for each and one for itself", () => {
  equal(texts("th.col"), ["api-1:8080", "web-1", "web-1:8080", "web-1:9090"]);
  equal(
    all("table.heat tbody td").map((cell) => cell.probes.map((probe) => probe.protocol)),
    [["icmp", "tcp"], ["icmp"], ["tcp"], ["http"]],
  );
});

test("a namespace that all share is said once", () => {
  equal(texts("table.heat th[scope=row]"), ["web-1"]);
  equal(find(".heatmaps .head").textContent.includes("namespace shop"), true);
  equal(texts(".chip text").includes("web-1"), true);
});

test("there is no list where there is nothing to choose", () => {
  equal(
    all(".tools select").map((one) => one.getAttribute("aria-label")),
    ["Show by protocol"],
  );
});
