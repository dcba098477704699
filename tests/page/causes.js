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
