# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The style of the page: colours never stand alone (each has its symbol), and print and dark mode are its own."""

from __future__ import annotations

CSS = r"""
:root {
  --paper: #fbfbf9; --raised: #ffffff; --ink: #1c1e21; --muted: #63686e; --faint: #9a9fa5; --rule: #e2e2dc;
  --pass: #e4efe9; --pass-ink: #24654c;
  --fail: #c23a1c; --fail-ink: #ffffff;
  --open: #7a3e9d; --open-ink: #ffffff;
  --unknown: #f2d285; --unknown-ink: #503a00;
  --unknown-line: #a37400;
  --skipped: #efefeb; --skipped-ink: #6a6f75;
  --focus: #1f5fbf; --shade: rgba(28, 30, 33, 0.05);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  --sans: ui-sans-serif, -apple-system, "Segoe UI", Inter, Roboto, "Helvetica Neue", "Liberation Sans", Arial,
    sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141619; --raised: #1b1e22; --ink: #e5e5e1; --muted: #9ba1a7; --faint: #6d737a; --rule: #2c3036;
    --pass: #1c3a2e; --pass-ink: #82c9a8;
    --fail: #e25b3c; --fail-ink: #1d0701;
    --open: #b483d4; --open-ink: #1c0628;
    --unknown: #6d561a; --unknown-ink: #ffe2a0;
    --unknown-line: #cfa53a;
    --skipped: #25282d; --skipped-ink: #8a9096;
    --focus: #7fb0ff; --shade: rgba(255, 255, 255, 0.05);
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 4.5rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); }
main { max-width: 84rem; margin: 0 auto; padding: 2.25rem 2.25rem 5rem; }
h1 { font-size: 2.1rem; line-height: 1.18; font-weight: 640; letter-spacing: -0.022em; margin: 0.35rem 0 0.5rem; }
h2 { font-size: 1.12rem; line-height: 1.3; font-weight: 640; letter-spacing: -0.008em; margin: 0; }
h3 { font-size: 0.95rem; font-weight: 640; margin: 0; }
section { margin-top: 3rem; }
button, input { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
code, pre, .mono { font-family: var(--mono); font-size: 0.86em; font-variant-ligatures: none; }
pre {
  margin: 0; padding: 0.7rem 0.85rem; background: var(--shade); border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; line-height: 1.55;
}
noscript pre { background: none; padding: 2rem; font-size: 13px; }
.muted { color: var(--muted); }
.num { font-variant-numeric: tabular-nums; }
.wrap { overflow-wrap: anywhere; }
.brand {
  color: var(--muted); font-size: 0.86rem; display: flex; gap: 1.5rem; justify-content: space-between;
  flex-wrap: wrap;
}
.brand b { color: var(--ink); font-weight: 640; }
.facts {
  color: var(--muted); display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; margin: 0; overflow-wrap: anywhere;
}
.note {
  display: inline-block; margin: 0.8rem 0 0; padding: 0.3rem 0.7rem; background: var(--unknown);
  color: var(--unknown-ink); border-radius: 5px;
}
.bar {
  display: flex; gap: 2px; height: 8px; margin: 1.5rem 0 0; border-radius: 4px; overflow: hidden;
  background: var(--skipped);
}
.bar span { min-width: 4px; }
.mark {
  display: inline-grid; place-items: center; flex: none; width: 1.45em; height: 1.45em; border-radius: 4px;
  font: 700 0.86em/1 var(--sans); background: var(--skipped); color: var(--skipped-ink);
}
.v-pass { background: var(--pass); color: var(--pass-ink); }
.v-fail { background: var(--fail); color: var(--fail-ink); }
.v-unexpected_open { background: var(--open); color: var(--open-ink); }
.v-unknown { background: var(--unknown); color: var(--unknown-ink); }
.v-skipped { background: var(--skipped); color: var(--skipped-ink); }
.mark.v-application_error {
  width: auto; padding: 0 0.2em; background: var(--raised); color: var(--ink);
  box-shadow: inset 0 0 0 1px var(--faint);
}
.tools {
  position: sticky; top: 0; z-index: 6; display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: stretch;
  margin: 0.75rem -2.25rem 0; padding: 0.6rem 2.25rem; background: var(--paper);
  border-bottom: 1px solid transparent;
}
.tools.stuck { border-color: var(--rule); }
.tile {
  display: flex; align-items: center; gap: 0.55rem; padding: 0.38rem 0.8rem 0.38rem 0.5rem;
  background: var(--raised); border: 1px solid var(--rule); border-radius: 7px; text-align: left;
}
.tile b { font-size: 1.12rem; font-weight: 640; font-variant-numeric: tabular-nums; }
.tile span:last-child { color: var(--muted); }
.tile:hover { border-color: var(--faint); }
.tile[aria-pressed="true"] { border-color: var(--ink); box-shadow: inset 0 0 0 1px var(--ink); }
.tile[disabled] { cursor: default; opacity: 0.5; border-color: var(--rule); }
.search {
  flex: 1 1 16rem; min-width: 11rem; padding: 0.38rem 0.8rem; background: var(--raised);
  border: 1px solid var(--rule); border-radius: 7px;
}
.search::placeholder { color: var(--faint); opacity: 1; }
.tools select {
  flex: 0 1 auto; max-width: 13rem; padding: 0.38rem 0.5rem; background: var(--raised); color: inherit; font: inherit;
  border: 1px solid var(--rule); border-radius: 7px;
}
.said { flex-basis: 100%; margin: 0; color: var(--muted); }
.said button, .link {
  border: 0; text-align: left; background: none; padding: 0; color: inherit; text-decoration: underline;
  text-underline-offset: 2px;
}
.said:empty { display: none; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.1rem 1rem; margin-bottom: 0.8rem; }
.story {
  display: grid; grid-template-columns: 1.6rem 1fr; gap: 0 0.85rem; padding: 1rem 0 1.05rem;
  border-top: 1px solid var(--rule);
}
.story:last-of-type { border-bottom: 1px solid var(--rule); }
.story > .mark { font-size: 0.92rem; justify-self: start; margin-top: 0.08rem; }
.story > .v-application_error { font-size: 0.7rem; height: 1.4rem; }
.story header {
  display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; align-items: baseline; justify-content: space-between;
}
.story .open { border: 0; background: none; padding: 0; color: var(--muted); font-size: 0.9rem; }
.story .open:hover { color: var(--ink); text-decoration: underline; text-underline-offset: 2px; }
dl {
  display: grid; grid-template-columns: minmax(4.9rem, max-content) 1fr; gap: 0.12rem 1rem; margin: 0.35rem 0 0;
  font-size: 0.9rem;
}
dt { color: var(--muted); }
dd > span.item { display: inline-block; max-width: 100%; }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.heatmaps { display: flex; flex-wrap: wrap; gap: 0 4rem; }
.heatmaps > section { max-width: 100%; min-width: 0; margin-top: 2.25rem; }
.heatmaps .head { flex-direction: column; gap: 0; margin-bottom: 0.5rem; font-size: 0.93rem; }
.scroll { overflow-x: auto; padding: 4px; margin: -4px; }
table.heat { border-collapse: separate; border-spacing: 2px; font-size: 0.8rem; }
.heat th { font-weight: 400; text-align: left; padding: 0; }
.heat thead th { vertical-align: bottom; }
.heat .corner, .heat tbody th { position: sticky; left: 0; z-index: 2; background: var(--paper); }
.heat tbody th {
  padding: 0 0.8rem 0 0; white-space: nowrap; max-width: 20rem; overflow: hidden; text-overflow: ellipsis;
  font-family: var(--mono);
}
.heat .col { height: 1px; }
.heat .col span {
  display: block; writing-mode: vertical-rl; transform: rotate(180deg); max-height: 16rem; margin: 0 auto;
  padding: 0.4rem 0 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-family: var(--mono);
  line-height: 1.1;
}
.heat .band {
  color: var(--muted); border-bottom: 1px solid var(--rule); padding: 0 0.2rem 0.15rem; white-space: nowrap;
  max-width: 0; overflow: hidden; text-overflow: ellipsis;
}
.heat tbody tr.node th { color: var(--muted); font-family: var(--sans); padding-top: 0.55rem; max-width: 0; }
.heat .gap { padding-left: 8px; }
.heat td {
  width: 38px; min-width: 38px; height: 26px; padding: 0; text-align: center; border-radius: 4px;
  white-space: nowrap; font: 700 0.8rem/26px var(--sans); font-variant-numeric: tabular-nums; cursor: pointer;
}
.heat td { scroll-margin: 7rem 3rem 3rem 12rem; }
.heat td small { font-size: 0.74em; font-weight: 600; margin-left: 0.12em; }
.heat td.none { cursor: default; background: none; }
.heat td.none::before { content: "\00b7"; color: var(--rule); font-weight: 400; }
.heat td:not(.none):hover { box-shadow: 0 0 0 2px var(--ink); }
.heat td.here { box-shadow: 0 0 0 2px var(--paper), 0 0 0 4px var(--focus); }
.heat.dense { border-spacing: 1px; }
.heat.dense td {
  width: 19px; min-width: 19px; height: 18px; line-height: 18px; font-size: 0.68rem; border-radius: 3px;
}
.heat.dense td small { display: none; }
.topology svg { display: block; width: 100%; min-width: 56rem; height: auto; font: 12px var(--mono); }
.topology .legend { margin-bottom: 0.8rem; }
.frame > rect { fill: var(--raised); stroke: var(--faint); }
.frame.left > rect, .frame.right > rect { stroke: var(--rule); }
.frame > .name { font: 600 13px var(--sans); fill: var(--ink); }
.chip rect { fill: var(--shade); }
.chip text { fill: var(--ink); font-size: 11px; }
.chip.many text { fill: var(--muted); font-family: var(--sans); }
.line { fill: none; stroke-width: 2; }
.edge { cursor: pointer; outline: none; }
.line.e-pass { stroke: var(--pass-ink); stroke-width: 1; opacity: 0.4; }
.e-fail .line { stroke: var(--fail); }
.e-unexpected_open .line { stroke: var(--open); stroke-dasharray: 8 4; }
.e-unknown .line { stroke: var(--unknown-line); stroke-dasharray: 2 4; }
marker.e-fail path { fill: var(--fail); }
marker.e-unexpected_open path { fill: var(--open); }
marker.e-unknown path { fill: var(--unknown-line); }
.edge rect { stroke: var(--paper); stroke-width: 1.5; }
.edge rect.v-fail { fill: var(--fail); }
.edge rect.v-unexpected_open { fill: var(--open); }
.edge rect.v-unknown { fill: var(--unknown); }
.edge text { font: 700 11px var(--sans); }
.edge text.v-fail { fill: var(--fail-ink); }
.edge text.v-unexpected_open { fill: var(--open-ink); }
.edge text.v-unknown { fill: var(--unknown-ink); }
.way.near .line { stroke-width: 4.5; }
.edge:hover rect { stroke: var(--ink); }
.edge:focus-visible rect { stroke: var(--focus); stroke-width: 3.5; }
.legend {
  display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; color: var(--muted); font-size: 0.88rem;
  margin: 0.2rem 0 0;
}
.legend > span { display: inline-flex; gap: 0.4rem; align-items: center; }
table.list { border-collapse: collapse; font-size: 0.9rem; width: 100%; }
.list th {
  text-align: left; font-weight: 400; color: var(--muted); padding: 0.3rem 1.1rem 0.3rem 0;
  border-bottom: 1px solid var(--rule);
}
.list td {
  padding: 0.4rem 1.1rem 0.4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top;
  overflow-wrap: break-word;
}
.list .num { text-align: right; white-space: nowrap; }
#panel {
  position: fixed; inset: 0 0 0 auto; z-index: 10; width: min(33rem, 100vw); overflow-y: auto;
  overscroll-behavior: contain; background: var(--raised); border-left: 1px solid var(--rule);
  box-shadow: -14px 0 40px rgba(0, 0, 0, 0.09); padding: 1.4rem 1.6rem 3rem;
}
#panel[hidden] { display: none; }
#panel .close {
  position: absolute; top: 1rem; right: 1.1rem; width: 2rem; height: 2rem; border: 0; border-radius: 6px;
  background: none; color: var(--muted); font-size: 1.1rem; line-height: 1;
}
#panel .close:hover { background: var(--shade); color: var(--ink); }
#panel h2 { margin: 0.15rem 2rem 0.2rem 0; overflow-wrap: anywhere; outline: none; }
#panel h3 { margin: 1.7rem 0 0.5rem; }
#panel h4 { margin: 1rem 0 0.35rem; font-size: 0.86rem; font-weight: 400; color: var(--muted); }
.probe { border-top: 1px solid var(--rule); }
.probe:last-of-type { border-bottom: 1px solid var(--rule); }
.probe summary {
  display: flex; gap: 0.65rem; align-items: center; padding: 0.55rem 0; cursor: pointer; list-style: none;
}
.probe summary::-webkit-details-marker { display: none; }
.probe summary .what { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.probe .body { padding: 0 0 1rem 2.05rem; }
.probe .body dl { margin-top: 0; }
.probe.here > summary { background: var(--shade); box-shadow: -0.5rem 0 0 var(--shade), 0.5rem 0 0 var(--shade); }
.phases { display: flex; gap: 1px; height: 5px; margin: 0.35rem 0 0.2rem; max-width: 18rem; }
.phases span { background: var(--faint); min-width: 2px; border-radius: 1px; }
.phases span:nth-child(even) { background: var(--muted); }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); font-size: 0.9rem; }
@media (min-width: 1000px) {
  body:not(.with-panel) .story dl { grid-template-columns: 4.9rem minmax(0, 1fr) 4.9rem minmax(0, 1fr); }
}
@media (min-width: 1200px) {
  body.with-panel main { margin-right: 33rem; max-width: none; }
}
@media (max-width: 640px) {
  main { padding: 1.25rem 1.1rem 4rem; }
  h1 { font-size: 1.55rem; }
  .tools { margin: 0.75rem -1.1rem 0; padding: 0.6rem 1.1rem; position: static; }
  .tools select { flex: 1 1 40%; max-width: none; }
  .tile { flex: 1 1 40%; }
  .story { gap: 0 0.5rem; }
  .story dl { margin-left: -2.1rem; }
  dl { grid-template-columns: 4.6rem minmax(0, 1fr); gap: 0.12rem 0.6rem; }
  .probe .body { padding-left: 0; }
  .heat tbody th { max-width: 9.5rem; padding-right: 0.4rem; }
}
@media print {
  :root {
    --paper: #ffffff; --raised: #ffffff; --ink: #000000; --muted: #444444; --rule: #cccccc;
    --pass: #e4efe9; --pass-ink: #24654c;
    --fail: #c23a1c; --fail-ink: #ffffff;
    --open: #7a3e9d; --open-ink: #ffffff;
    --unknown: #f2d285; --unknown-ink: #503a00;
    --unknown-line: #a37400;
    --skipped: #efefeb; --skipped-ink: #666666;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  html { font-size: 10.5px; }
  body { font-size: 10.5px; }
  main { max-width: none; padding: 0; }
  section { margin-top: 1.6rem; }
  #panel, .search, .tools select, .said, .story .open { display: none !important; }
  .tools { position: static; margin: 0.5rem 0 0; padding: 0; }
  .scroll { overflow: visible; }
  .topology svg { min-width: 0; }
  .topology { break-inside: avoid; }
  .heatmaps { display: block; }
  .heatmaps > section { display: inline-block; vertical-align: top; margin: 1.2rem 2rem 0 0; break-inside: avoid; }
  .heat { zoom: 0.72; }
  .heat.dense { zoom: 0.56; }
  .legend > span:last-child:not(:has(.mark)) { display: none; }
  .story, .list tr, .heat tr { break-inside: avoid; }
  .head { break-after: avoid; }
  .heat .corner, .heat tbody th { position: static; }
}
"""
