// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What changed since an earlier report.

import { all, check, click, data, equal, find, settled, test, texts } from "./harness.js";

const section = () => find('section[aria-label="What changed"]');

test("the headline counts, and the worse comes first", () => {
  check(find(".head .muted", section()).textContent.includes("92 worse (133 as before)"), section().textContent);
  equal(all("article.story", section())[0].querySelector(".mark").textContent, "\u25bc");
});

test("each opens the checks that it is about", async () => {
  const button = all("button.open", section())[0];
  const [count] = button.textContent.split(" ");
  click(button);
  await settled();
  equal(location.hash, "#change-0");
  equal(texts("#panel .muted")[0], "What changed");
  equal(texts("#panel h3")[0], `${count} checks`);
  equal(all("#panel details.probe").length, Number(count));
});

test("what is gone from this report cannot be opened", () => {
  const groups = data().changes.groups;
  const open = groups.filter((group) => group.ids.length).length;
  const shown = all("article.story", section()).length;
  equal(all("button.open", section()).length, Math.min(open, shown));
});
