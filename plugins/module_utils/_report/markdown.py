# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The report as Markdown, to paste into a ticket or post below a pull request.

Whatever a cluster says stands in code spans: nothing in those is a link, a mention of a person, or markup. The whole
stays below the 65,536 characters that GitHub takes as a comment.
"""

from __future__ import annotations

import re
import typing as t

from .. import _words as words
from . import asked_again, causes, closed, flowchart, notes, phrases, untested
from . import changes as difference
from .groups import Group, group
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]

#: Groups of checks, groups of changes and reasons for not testing that are told, each; the rest is counted.
LIMIT = 10
#: Characters of one text that are shown.
WIDTH = 300

_MARKS = {"fail": "❌", "unexpected_open": "🟣", "unknown": "❓", "pass": "✅", "": "⚪"}
_TITLES = {
    "fail": "failed",
    "unexpected_open": "unexpectedly open",
    "unknown": "unknown",
}
_COLUMNS = {"cells": "checks", "pass": "passed", "fail": "failed", "unexpected_open": "unexpectedly open"}
_COLUMNS.update({"unknown": "unknown", "skipped": "skipped"})


def code(text: str) -> str:
    """Return a code span that shows a text as it is, in a table, too."""
    shown = sanitize(text, WIDTH).replace("|", "\\|")
    if not shown.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{space}{shown}{space}{fence}"


def render(document: Plain, changes: Plain | None = None) -> str:
    """Draw a valid report document; C(changes) is what C(changes.tell) says about an earlier one."""
    summary = document["summary"]
    worst = _mark(summary) if not untested.models(document) or _is_bad(summary) else _MARKS["unknown"]
    parts = [f"## {worst} {phrases.tally(document, loud=False)}", _run(document)]
    if summary["by_model"]:
        parts.append(_table(summary))
    if later := asked_again.sentence(document):
        parts.append(f"{later}.")
    is_diagnosed = causes.is_there(document)
    parts += _diagnosis(document) if is_diagnosed else []
    groups = causes.unexplained(document, group(document)) if is_diagnosed else group(document)
    if groups:
        names = phrases.source_names(document)
        title, noun = (causes.left_title(groups), "group") if is_diagnosed else ("What needs attention", "cause")
        parts.append(f"### {title}: {phrases.count(len(groups), noun)}")
        parts += [_group(document, one, names) for one in groups[:LIMIT]]
        rest = groups[LIMIT:]
        if rest:
            checks = sum(len(one.cells) for one in rest)
            parts.append(f"…and {phrases.count(checks, 'more check')} by {phrases.count(len(rest), 'more cause')}.")
    parts += _objects("Notes on applications", "note", notes.tell(document))
    if changes:
        parts += _changes(changes)
    parts += _not_tested(document)
    if said := closed.sentence(document):
        parts.append(f"{code(said)}: see `report.html`")
    if left := phrases.left(document):
        rows = [f"| {code(what)} | {code(how_long)} |" for what, how_long in left[:LIMIT]]
        parts += ["### Left in the cluster", "\n".join(["| what | state |", "| --- | --- |", *rows])]
    return "\n\n".join(parts) + "\n"


def _diagnosis(document: Plain) -> list[str]:
    """The causes; a command stands in a block of its own, so that it can be copied."""
    parts = ["\n".join(f"> {code(line)}  " for line in causes.error(document))] if causes.error(document) else []
    parts += [f"### {causes.headline(document)}"]
    for finding in document["findings"][:LIMIT]:
        text, command = causes.fix(finding)
        page, name = causes.page(finding), finding["code"]
        name = f"[{name}]({page})" if page else name
        lines = [f"**{name}** {code(finding['sentence'])}", "", *_list(causes.lines(finding))]
        lines += _list([("fix", text)] if text else [])
        lines += ["", "  ```sh", f"  {command}", "  ```", ""] if command else []
        asked = causes.verify(finding)
        lines += _list([("then", asked)] if asked else [])
        parts.append("\n".join(lines).rstrip())
    way = flowchart.sentence(document)
    parts += [f"By the flowchart: {code(way)}"] if way else []
    rest = document["findings"][LIMIT:]
    parts += [f"…and {phrases.count(len(rest), 'more cause')}."] if rest else []
    rows = [f"| {code(which)} | {code(why)} |" for which, why in causes.unknown(document)]
    parts += ["### Not looked for", "\n".join(["| faults | why |", "| --- | --- |", *rows])] if rows else []
    return parts


def _objects(title: str, head: str, told: t.Sequence[tuple[str, str]]) -> list[str]:
    rows = [f"| {code(what)} | {code(said)} |" for what, said in told[:LIMIT]]
    parts = [f"### {title}", "\n".join([f"| what | {head} |", "| --- | --- |", *rows])] if told else []
    if len(told) > LIMIT:
        parts.append(f"…and {phrases.count(len(told) - LIMIT, 'more object')}.")
    return parts


def _is_bad(counts: Plain) -> bool:
    return any(counts[verdict] for verdict in ("fail", "unexpected_open", "unknown"))


def _mark(counts: Plain) -> str:
    worst = next((verdict for verdict in words.VERDICTS if counts[verdict] and verdict != "skipped"), "")
    return _MARKS[worst]


def _run(document: Plain) -> str:
    run, took = document["run"], phrases.seconds(document["run"])
    facts = [
        f"Cluster {code(run['cluster']['server'])} ({code(run['cluster']['version'])})",
        f"run {code(run['id'])}",
        code(run["start"]),
        f"{took:.1f} s" if took is not None else "",
        phrases.count(len(document["sources"]), "source"),
        phrases.count(len(document["targets"]), "target"),
        "**replayed from recorded facts: nothing was sent now**" if run["replayed"] else "",
    ]
    return ", ".join(filter(None, facts))


def _table(summary: Plain) -> str:
    lines = ["| | traffic model | " + " | ".join(_COLUMNS.values()) + " |", "| --- | --- |" + " ---: |" * len(_COLUMNS)]
    rows = [(words.MODELS[model].title, counts) for model, counts in summary["by_model"].items()]
    if len(rows) > 1:
        rows.append(("**all**", summary))
    for name, counts in rows:
        numbers = " | ".join(f"{counts[key]:,}" if counts[key] else "·" for key in _COLUMNS)
        lines.append(f"| {_mark(counts)} | {name} | {numbers} |")
    return "\n".join(lines)


def _group(document: Plain, one: Group, names: Plain) -> str:
    models = " · ".join(words.MODELS[model].title for model in one.models)
    whose = " (application)" if one.whose == "application" else ""
    lines = [
        f"**{_MARKS[one.kind]} {phrases.count(len(one.cells), 'check')} {_TITLES[one.kind]}{whose}**: {models}",
        "",
    ]
    lines += _list(phrases.describe(document, one, names))
    deciders = sorted({document["cells"][place].get("decided_by", "") for place in one.cells} - {""})
    if deciders and one.kind in ("fail", "unexpected_open"):
        lines += _list([("decided by", untested.listing(deciders, 3))])
    return "\n".join(lines)


def _list(pairs: t.Iterable[tuple[str, str]]) -> list[str]:
    return [f"- {label}: {code(text)}" for label, text in pairs]


def _changes(changes: Plain) -> list[str]:
    parts = ["### Changes", code(difference.headline(changes))]
    for one in changes["groups"][:LIMIT]:
        parts.append("\n".join([f"**{difference.title(one)}**", "", *_list(difference.lines(one))]))
    more = len(changes["groups"][LIMIT:]) + changes["more_groups"]
    return [*parts, f"…and {phrases.count(more, 'more group')} of changes."] if more else parts


def _not_tested(document: Plain) -> list[str]:
    parts = []
    coverage = phrases.coverage(document)
    if coverage:
        parts += ["### Only a part was tested", "\n".join(_list(coverage))]
    told = [
        *untested.tell(untested.gaps(document)),
        *untested.tell(untested.nothing(document)),
        *phrases.skipped(document),
    ]
    none = untested.models_without_checks(document)
    if told or none:
        parts.append("### Not tested")
    if told:
        rows = [f"| {code(what)} | {code(why)} |" for what, why in told[:LIMIT]]
        parts.append("\n".join(["| what | why, and the remedy |", "| --- | --- |", *rows]))
    if len(told) > LIMIT:
        parts.append(f"…and more, for {phrases.count(len(told) - LIMIT, 'further reason')}.")
    if none:
        parts.append("No check at all of: " + " · ".join(words.MODELS[model].title for model in none))
    return parts
