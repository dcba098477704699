// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the tests of a file on a page that has been drawn, one after the other, and leaves what came of them in it.
//
// test_page.py puts this script before that of the page. Time is the browser's own: it goes on when nothing is to do.

const tests = [];
const troubles = []; // what the page itself did wrong
addEventListener("error", (event) => troubles.push(event.message));
addEventListener("unhandledrejection", (event) => troubles.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) =>
  troubles.push(`${event.violatedDirective} refuses ${event.blockedURI}`),
);

export const test = (name, run) => tests.push([name, run]);

export function equal(got, wanted, what = "value") {
  const [left, right] = [got, wanted].map((value) => JSON.stringify(value));
  if (left !== right) throw new Error(`${what} is ${left}, not ${right}`);
}
export function check(fact, what) {
  if (!fact) throw new Error(what);
}

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export function find(selector, root = document) {
  const found = all(selector, root);
  if (found.length !== 1) throw new Error(`${found.length} elements are ${selector}`);
  return found[0];
}
export const texts = (selector, root = document) => all(selector, root).map((one) => one.textContent);
export const withText = (selector, text, root = document) => {
  const found = all(selector, root).filter((one) => one.textContent.includes(text));
  if (!found.length) throw new Error(`no ${selector} says ${text}`);
  return found[0];
};
// Longer than anything on the page waits; hashchange comes as a task of its own, too.
export const settled = () => new Promise((done) => setTimeout(done, 1000));
export const press = (key, target = document.activeElement, more = {}) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
export const click = (target) => target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
export async function open(hash) {
  location.hash = hash;
  await settled();
}
export async function search(words) {
  const input = find("input.search");
  input.value = words;
  input.dispatchEvent(new Event("input"));
  await settled();
}
export function choose(name, value) {
  const list = find(`select[aria-label="Show by ${name}"]`);
  list.value = value;
  list.dispatchEvent(new Event("change"));
}
export const data = () => JSON.parse(find("#data").textContent);
// The probes that the heatmaps show, in the order of their numbers.
export const shown = () =>
  all("table.heat td")
    .flatMap((cell) => cell.probes || [])
    .sort((a, b) => a.id - b.id);

async function asOpened() {
  press("Escape", document.body);
  for (const button of all(".said button")) click(button);
  document.activeElement?.blur();
  await settled();
}

addEventListener("load", async () => {
  const place = document.createElement("pre");
  place.id = "results";
  place.hidden = true; // it has no part in the layout
  const results = {};
  document.documentElement.append(place);
  for (const [name, run] of tests) {
    try {
      await run();
      results[name] = "";
    } catch (error) {
      results[name] = String(error.message);
    }
    await asOpened();
    results["the page itself"] = troubles.join("; ");
    place.textContent = JSON.stringify(results);
  }
});
