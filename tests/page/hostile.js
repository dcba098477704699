// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What comes from a cluster is text, wherever it stands.

import { all, check, click, equal, find, open, settled, test } from "./harness.js";

const ALLOWED = new Set(
  "a article aside b button dd defs details div dl dt footer g h1 h2 h3 h4 header input main marker option p path pre rect section select small span summary svg table tbody td text th thead title tr".split(
    " ",
  ),
);
const strangers = () =>
  all("main, main *, aside, aside *")
    .map((one) => one.tagName.toLowerCase())
    .filter((tag) => !ALLOWED.has(tag));

test("no element is made of it", async () => {
  equal(strangers(), []);
  check(find("main").textContent.includes("</script><script>alert(1)</script><img src=x"), "the text is lost");
  for (const button of all("article.story button.open, button.link")) {
    click(button);
    await settled();
    for (const details of all("#panel details")) details.open = true;
    await settled();
    equal(strangers(), []);
  }
  await open("#probe-1");
  equal(strangers(), []);
});

test("no attribute is a handler", () => {
  const handlers = all("*").flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith("on")));
  equal(handlers, []);
});
