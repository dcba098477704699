// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Causes, each with the checks that it broke: the first few, and a button for the others.

import { all, check, click, equal, find, search, test, texts, withText } from "./harness.js";

const section = () => find('section[aria-label="What needs attention"]');
const stories = () => all("article.story", section());

test("eight are shown, and a button shows the others", async () => {
  equal(texts(".head .muted", section()), ["13 causes"]);
  equal([stories().length, texts("button.link", section())], [8, ["Show 5 more causes"]]);
  click(find("button.link", section()));
  equal([stories().length, all("button.link", section()).length], [13, 0]);
  await search("reason-");
  equal(stories().length, 13, "groups after a filter");
});

test("a filter leaves those that it is about, and none where there are none", async () => {
  await search("reason-c.");
  equal(stories().length, 1);
  check(withText(".reason", "reason-c.", section()), "it is another one");
  await search("nothing says this");
  equal([stories().length, section().hidden], [0, true]);
});
test("the reason of a cause stands above its other lines, once", () => {
  const [first] = stories();
  equal(texts(".reason", first), ["reason-a."]);
  equal(texts("dt", first), ["happened", "expected", "from", "to", "how"]);
});
