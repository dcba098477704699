# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The causes of a diagnosis on a terminal: blocks of lines, of which the first 25 tell two causes whole."""

from __future__ import annotations

import collections
import re
import textwrap
import typing as t

from . import causes, flowchart
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]

#: Causes that are told whole; of the others, one line each.
_WHOLE = 8
#: Of those that have one line each; of still more, the report has all, and here stands how many of each code.
_LISTED = 20
#: The lines of a cause on a terminal: of the only one, and of one of several. Two causes and what stands above them fit
#: on 25 lines.
_LINES = {True: 20, False: 10}
#: The lines that parts of a cause have first; those that are left go to others, one after the other, up to the most.
_FIRST, _MOST_LINES = {"": 3, "then": 2}, {"": 5, "because": 3, "not": 3, "fix": 3, "explains": 3, "changed": 2}
_INDENT = 2
_LABEL = 10


def brief(finding: Plain, alone: bool) -> list[tuple[str, str]]:
    """Tell a cause on a terminal: of several, each in fewer words.

    Then it has the best of what shows it, and of what it is not; names are without the namespace of its own object,
    which stands above them.
    """
    told = [(label, sanitize(text, causes.LONGEST)) for label, text in causes.parts(finding, alone) if text]
    if alone:
        return told
    first = {label: text for label, text in reversed(told) if label != "changed"}
    own = finding["object"].get("namespace", "")
    within = re.compile(rf"(?<![\w.:/-]){re.escape(own)}/(?=\w)") if own else re.compile(r"(?!)")
    return [(label, within.sub("", text)) for label, text in reversed(first.items())]


def shortened(text: str, longest: int) -> str:
    """A text up to the end of a clause that fits; C(...) says that it goes on."""
    if len(text) <= longest:
        return text
    start = text[: longest - 4]
    ends = [at for mark in ("; ", ", ") if (at := start.rfind(mark)) > longest // 2]
    return f"{start[: max(ends) if ends else start.rfind(' ')]} ..."


def blocks(document: Plain, width: int) -> list[list[str]]:
    """The causes as blocks of lines; a command is never broken."""
    findings = document["findings"]
    found = list[list[str]]()
    hops = causes.way(document)
    if hops:
        lines_of_hops = [line for hop in hops for line in _wrap(hop, width, " " * 9 * _INDENT, " " * _INDENT)]
        found.append(["The way, hop by hop:", *lines_of_hops])
    found += [_block(finding, width, len(findings) == 1) for finding in findings[:_WHOLE]]
    if chart := flowchart.sentence(document):
        found.append(_wrap(f"By the flowchart: {chart}", width, " " * _INDENT, ""))
    more = findings[_WHOLE:]
    if more:
        found.append([f"{causes.count(len(more), 'more cause')}:", *_listed(more, width)])
    suspicions = causes.rest(document).get("suspicions", ())
    if suspicions:
        heading = f"Suspicions: {len(suspicions)}, which explain no failed check"
        found.append([heading, *_listed(suspicions, width)])
    if findings or suspicions:
        found.append([f"Codes: {causes.PAGES}"])
    return found


def _listed(findings: t.Sequence[Plain], width: int) -> list[str]:
    """A line for each, as far as a screen bears them."""
    told = [causes.title(finding) for finding in findings[:_LISTED]]
    codes = collections.Counter(finding["code"] for finding in findings[_LISTED:])
    if codes:
        told.append("and of " + ", ".join(f"{code} {number:,} more" for code, number in codes.most_common()))
    return [line for each in told for line in _wrap(each, width, " " * 2 * _INDENT, " " * _INDENT)]


def _block(finding: Plain, width: int, alone: bool) -> list[str]:
    """A cause in as many lines as it has: each part in one, those that say more in what is left."""
    parts = _parts(finding, width, alone)
    left = _LINES[alone] - sum(min(part.most, len(part.whole)) for part in parts)
    for label in [*_MOST_LINES] * max(_MOST_LINES.values()):
        for part in parts:
            if left > 0 and part.label == label and part.most < min(_MOST_LINES[label], len(part.whole)):
                part.most += 1
                left -= 1
    return [line for part in parts for line in part.lines()]


def _parts(finding: Plain, width: int, alone: bool) -> list[_Part]:
    parts = [_Part("", causes.title(finding), width)]
    parts += [_Part(label, text, width) for label, text in brief(finding, alone)]
    found = finding.get("fix") or {}
    text, command = sanitize(found.get("text", "")), causes.fix(finding)[1]
    parts += [_Part("fix", text, width, causes.risk(found))] if text else []
    parts += [_Part("command", command, width)] if command else []
    asked = causes.verify(finding)
    return [*parts, *([_Part("then", asked, width)] if asked else [])]


class _Part:
    """A part of a cause, in as many lines as it may have; a command is never broken.

    Attributes:
        label: what it is.
        most: the lines that it may have.
        whole: the lines that it would like to have.
    """

    def __init__(self, label: str, text: str, width: int, end: str = "") -> None:
        self.label, self._text, self._width, self._end = label, text, width, end
        self.most = _FIRST.get(label, 1)
        self.whole = self._wrapped(text)

    def _wrapped(self, text: str) -> list[str]:
        inner = " " * (_INDENT + _LABEL)
        if self.label == "command":
            return [f"{inner}{text}"]
        first = " " * _INDENT + f"{self.label} ".ljust(_LABEL) if self.label else ""
        return _wrap(f"{text}{self._end}", self._width, inner if self.label else " " * _INDENT, first)

    def lines(self) -> list[str]:
        """The text, cut at the end of a clause where it is longer."""
        length, found = len(self._text), self.whole
        while len(found) > self.most and " " in self._text[:length]:
            length -= 4
            found = self._wrapped(shortened(self._text, length))
        return found


def unknown_block(document: Plain, width: int) -> list[str]:
    """The rules that could not be evaluated, as lines."""
    told = causes.unknown(document)
    block = [f"Not looked for: {causes.count(len(causes.rest(document)['unknown_rules']), 'fault')}"] if told else []
    for which, why in told:
        block += _wrap(f"{which}: {why}", width, " " * 2 * _INDENT, " " * _INDENT)
    return block


def render(document: Plain, width: int = 80) -> str:
    """Draw the causes alone, where there may be no report."""
    text: list[str] = []
    said = [line for each in causes.error(document) for line in _wrap(each, width, " " * _INDENT, "")]
    for block in (said, [causes.headline(document)], *blocks(document, width), unknown_block(document, width)):
        text += [*([""] if text and block else []), *block]
    return "\n".join(text) + "\n"


def _wrap(text: str, width: int, indent: str, first: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
