# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The summary of a run in plain text: what a person reads at 3 a.m."""

from __future__ import annotations

import textwrap
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes as difference
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.groups import (
    KINDS,
    Group,
    group,
)

from . import asked_again, cause_blocks, causes, closed, notes, phrases, untested, ways
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]

#: Groups of each kind, and reasons for not testing, that are told; the rest is counted.
LIMIT = 8
#: What closes paths, in the full summary.
_MOST_CLOSED = 60
WIDTH = 80
MIN_WIDTH = 60

#: What is told of a cause, in this order.
_LABELS = ("reason", "happened", "expected", "from", "to", "how", "remedy")
#: The same where a source could not ask, whomever and however.
_OF_SOURCE = ("reason", "happened", "from", "remedy")
_FEW_MODELS = 3

_MARKS = {
    "fail": "FAILED",
    "unexpected_open": "UNEXPECTEDLY OPEN",
    "unknown": "UNKNOWN",
}
_COLOURS = {"red": "\x1b[1;31m", "yellow": "\x1b[33m", "purple": "\x1b[35m", "green": "\x1b[32m"}
_INDENT = 2
_LABEL = 10


def render(
    document: Plain,
    width: int = WIDTH,
    colour: bool = False,
    files: t.Sequence[str] = (),
    changes: Plain | None = None,
    full: bool = False,
) -> str:
    """Draw the summary, at most C(width) columns wide where words can be wrapped.

    The verdict is the first line and the last one: that one is still to be seen when the play has ended.

    Args:
        document: a valid report document.
        width: columns of the terminal.
        colour: mark the important lines with ANSI colours.
        files: paths to name at the end, where the whole report is.
        changes: what C(changes.tell) says about an earlier report.
        full: list what closes paths as it should, too, which a terminal counts.
    """
    width = max(width, MIN_WIDTH)
    lines = [line for said in causes.error(document) for line in wrap(said, width, " " * _INDENT, "")]
    is_diagnosed = causes.is_there(document)
    lines += wrap(causes.headline(document), width, "") if is_diagnosed else []
    lines += wrap(phrases.tally(document), width, "")
    lines += [] if is_diagnosed else wrap(_run(document), width, "")
    groups = causes.unexplained(document, group(document)) if is_diagnosed else group(document)
    is_question = ways.is_question(document)
    blocks = cause_blocks.blocks(document, width) if is_diagnosed else []
    blocks += [_ways(document, width)] if is_question else []
    title = causes.left_title(groups) if is_diagnosed else "What needs attention"
    blocks += [[f"{title}: {phrases.count(len(groups), 'group' if is_diagnosed else 'cause')}"]] if groups else []
    for kind in KINDS:
        blocks += _told(document, [one for one in groups if one.kind == kind], kind, width)
    blocks += [_notes(document, width)]
    if changes:
        blocks += _changes(changes, width)
    blocks += [cause_blocks.unknown_block(document, width)] if is_diagnosed else []
    blocks += [_coverage(document, width), _not_tested(document, width), _left(document, width)]
    blocks += [_closed(document, width, full), (_later if is_question else _passed)(document, width)]
    blocks += [wrap(_run(document), width, "")] if is_diagnosed else []  # the causes come first
    blocks += [_footer(document, width, files)]
    for block in blocks:
        if block:
            lines += ["", *block]
    lines += ["", *wrap(phrases.tally(document), width, " " * _INDENT, "")]
    if colour:
        lines = [_paint(line) for line in lines]
    return "\n".join(lines) + "\n"


def colour_of(line: str) -> str:
    """Return the colour a line of the summary deserves (a name that Ansible's display knows), or an empty string."""
    if not line or line[0].isspace():
        return ""
    if line.startswith(("FAILED", "NOTHING")) or " FAILED" in line:
        return "red"
    if "UNEXPECTEDLY OPEN" in line:
        return "purple"
    if " NOT TESTED" in line:
        return "yellow"
    if line.startswith("UNKNOWN") or " UNKNOWN" in line:
        return "yellow"
    return "green" if " PASSED" in line else ""


def _paint(line: str) -> str:
    colour = colour_of(line)
    return f"{_COLOURS[colour]}{line}\x1b[0m" if colour else line


def _run(document: Plain) -> str:
    run, took = document["run"], phrases.seconds(document["run"])
    cluster = f"cluster {sanitize(run['cluster']['server'])} ({sanitize(run['cluster']['version'])})"
    time = sanitize(run["start"]) + (f", {took:.1f} s" if took is not None else "")
    sources, targets = len(document["sources"]), len(document["targets"])
    ends = f"{phrases.count(sources, 'source')}, {phrases.count(targets, 'target')}"
    text = f"{cluster}, run {sanitize(run['id'])}, {time}: {ends}"
    return text + (", replayed from recorded facts: nothing was sent now" if run["replayed"] else "")


def _passed(document: Plain, width: int) -> list[str]:
    """Count what is well, by traffic model: in report.md and report.html is the whole table."""
    by_model = document["summary"]["by_model"]
    counts = [f"{model} {own['pass']:,}" for model, own in by_model.items() if own["pass"]]
    if not counts:
        return []
    skipped = document["summary"]["skipped"]
    lines = wrap(f"Passed: {phrases.count(document['summary']['pass'], 'check')}: {', '.join(counts)}", width, "  ", "")
    lines += _later(document, width)
    return [*lines, f"Not applicable: {phrases.count(skipped, 'check')}"] if skipped else lines


def _later(document: Plain, width: int) -> list[str]:
    said = asked_again.sentence(document)
    return wrap(said, width, " " * _INDENT, "") if said else []


def _ways(document: Plain, width: int) -> list[str]:
    lines = wrap(ways.title(document), width, " " * _INDENT, "")
    for line in ways.lines(document):
        lines += _wrap_columns(line, width)
    return lines


def _wrap_columns(line: str, width: int) -> list[str]:
    """A line of the table as it is, for its columns to stay, unless it has to be wrapped."""
    whole = " " * _INDENT + line
    return [whole] if len(whole) <= width else wrap(line, width, " " * 3 * _INDENT, " " * _INDENT)


def _told(document: Plain, groups: list[Group], kind: str, width: int) -> list[list[str]]:
    names = phrases.source_names(document)
    blocks = []
    for one in groups[:LIMIT]:
        models = one.models if len(one.models) <= _FEW_MODELS else [phrases.count(len(one.models), "traffic model")]
        whose = " (application)" if one.whose == "application" else ""
        title = f"{_MARKS[kind]}  {phrases.count(len(one.cells), 'check')}{whose}: {', '.join(models)}"
        block = wrap(title, width, " " * _INDENT, "")
        told = dict(phrases.describe(document, one, names, limit=3))
        for label in _LABELS if one.outcome != "probe_error" else _OF_SOURCE:
            if label in told and not (label == "happened" and "reason" in told):
                block += _labelled(label, told[label], width)
        blocks.append(block)
    rest = groups[LIMIT:]
    if rest:
        checks = sum(len(one.cells) for one in rest)
        cut = f"{_MARKS[kind]}  {phrases.count(checks, 'more check')} by {phrases.count(len(rest), 'more cause')}"
        blocks.append([f"{cut}: see report.html"])
    return blocks


def _notes(document: Plain, width: int) -> list[str]:
    lines = _objects(notes.tell(document), width)
    number = phrases.count(document["summary"].get("notes", 0), "note")
    return [f"Notes on applications: {number}", *lines] if lines else []


def _closed(document: Plain, width: int, full: bool) -> list[str]:
    if not full:
        said = closed.sentence(document)
        return wrap(f"{said}: see report.html", width, " " * _INDENT, "") if said else []
    lines = _objects(closed.tell(document), width, _MOST_CLOSED)
    return [f"{closed.TITLE}: {phrases.count(closed.pairs(document), 'pair')}", *lines] if lines else []


def _objects(told: t.Sequence[tuple[str, str]], width: int, limit: int = LIMIT) -> list[str]:
    lines: list[str] = []
    for what, said in told[:limit]:
        lines += wrap(f"{what}: {said}", width, " " * 2 * _INDENT, " " * _INDENT)
    if len(told) > limit:
        lines.append(f"  and {phrases.count(len(told) - limit, 'more object')}: see report.html")
    return lines


def _changes(changes: Plain, width: int) -> list[list[str]]:
    blocks = [wrap(difference.headline(changes), width, " " * _INDENT, "")]
    for one in changes["groups"][:LIMIT]:
        block = wrap(difference.title(one), width, " " * _INDENT, "")
        for label, text in difference.lines(one):
            block += _labelled(label, text, width)
        blocks.append(block)
    more = len(changes["groups"][LIMIT:]) + changes["more_groups"]
    if more:
        blocks.append([f"{phrases.count(more, 'more group')} of changes"])
    return blocks


def _coverage(document: Plain, width: int) -> list[str]:
    lines = []
    for label, text in phrases.coverage(document):
        lines += _labelled(label, text, width)
    return ["Only a part was tested:", *lines] if lines else []


def _not_tested(document: Plain, width: int) -> list[str]:
    missing, nothing = untested.gaps(document), len(untested.nothing(document))
    told, none = untested.tell(missing), untested.models_without_checks(document)
    lines = [f"Not tested: {phrases.count(len(missing), 'thing')}"] if missing else []
    for what, reason in told[:LIMIT]:
        lines += wrap(f"{what}: {reason}", width, " " * 2 * _INDENT, " " * _INDENT)
    if len(told) > LIMIT:
        lines.append(f"  for {phrases.count(len(told) - LIMIT, 'more reason')}: see report.html")
    if none:
        lines += wrap(f"No check at all of {untested.listing(none, 4)}", width, " " * _INDENT, "")
    if nothing:
        lines.append(f"Nothing to test: {phrases.count(nothing, 'thing')}, see report.html")
    return lines


def _left(document: Plain, width: int) -> list[str]:
    lines = []
    for what, how_long in phrases.left(document):
        lines += wrap(f"{what}: {how_long}", width, " " * 2 * _INDENT, " " * _INDENT)
    return [f"Left in the cluster: {phrases.count(len(document['left']), 'object')}", *lines] if lines else []


def _footer(document: Plain, width: int, files: t.Sequence[str]) -> list[str]:
    used = ", ".join(f"{number:,} {sanitize(name)}" for name, number in sorted(document["requests"].items()))
    lines = wrap(f"Requests: {used or 'none'}", width, "")
    if files:
        lines.append("Files:")
        lines += [f"  {sanitize(path, 4096)}" for path in files]
    return lines


def _labelled(label: str, text: str, width: int) -> list[str]:
    first = " " * _INDENT + f"{label} ".ljust(_LABEL)
    return wrap(text, width, " " * len(first), first)


def wrap(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """Break a text into lines between words; the first line may be indented otherwise than the others."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
