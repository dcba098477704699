// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Notes on applications whose checks passed: once for each object, under a heading of their own.

import { all, equal, find, test, texts } from "./harness.js";

const section = () => find('section[aria-label="Notes on applications"]');

test("each object has its notes in one row, and they are counted", () => {
  equal(texts(".head .muted", section()), ["1 note"]);
  equal(texts("tbody td", section()), ["Service shop/api", "port 80 answers with a server error (HTTP 503)"]);
});

test("they are no cause", () => {
  equal(all(".story .v-application_error").length, 0);
  equal(
    texts(".story h3").filter((title) => title.includes("503")),
    [],
  );
});
