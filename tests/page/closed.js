// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What policies and Services close as they should: folded, below what was tested.

import { all, check, click, equal, find, test, texts } from "./harness.js";

const section = () => find('section[aria-label="Closed by policies and Services"]');
const above = (first, second) => first.getBoundingClientRect().bottom <= second.getBoundingClientRect().top;

test("it is counted, folded, and below the heatmaps", () => {
  equal(texts("summary", section()), ["Closed by policies and Services1 pair"]);
  equal(find("details", section()).open, false);
  equal(find("table", section()).checkVisibility(), false);
  check(
    all(".heatmaps").every((part) => above(part, section())),
    "a heatmap is below it",
  );
});

test("unfolded, it says what closes which pairs", () => {
  click(find("summary", section()));
  equal(find("table", section()).checkVisibility(), true);
  equal(texts("tbody td", section()).slice(0, 1), ["NetworkPolicy shop/inner"]);
});

test("paper shows it", () => {
  find("details", section()).open = false;
  dispatchEvent(new Event("beforeprint"));
  equal(find("details", section()).open, true);
});
