# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The answer to one question: a line for each way in which it was asked, what is wrong first."""

from __future__ import annotations

import typing as t

from .. import _words as words
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]

_ORDER = ("fail", "unexpected_open", "unknown", "pass", "skipped")
_MAX_LINES = 30
_LONGEST = 200


def is_question(document: Plain) -> bool:
    """Tell whether a run was one question."""
    options = document["run"]["options"]
    return bool(options.get("from") and options.get("to"))


def title(document: Plain) -> str:
    """Name the question."""
    options, sources = document["run"]["options"], len(document["sources"])
    several = f", from {sources} sources" if sources > 1 else ""
    return f"{sanitize(options['from'])} -> {sanitize(options['to'])}{several}:"


def lines(document: Plain) -> list[str]:
    """Tell each way: verdict, outcome, milliseconds, and how and what was asked; the same from all sources is one."""
    asked: dict[tuple[str, ...], list[Plain]] = {}
    alike: dict[tuple[str, ...], list[Plain]] = {}
    for cell in document["cells"]:
        question = tuple(cell.get(name) or "" for name in ("protocol", "asked", "family", "via"))
        asked.setdefault(question, []).append(cell)
        alike.setdefault((*question, cell["verdict"], cell["outcome"]), []).append(cell)
    ways = sorted(alike.items(), key=lambda way: _ORDER.index(way[1][0]["verdict"]))
    rows = [_row(cells, len(asked[key[:4]])) for key, cells in ways[:_MAX_LINES]]
    wide = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    found = [
        f"{verdict.ljust(wide[0])}  {outcome.ljust(wide[1])}  {latency.rjust(wide[2])}  {how}"
        for verdict, outcome, latency, how in rows
    ]
    if len(ways) > _MAX_LINES:
        found.append(f"and {len(ways) - _MAX_LINES} more ways: report.html and report.json have them all")
    return found


def _row(cells: t.Sequence[Plain], asked: int) -> tuple[str, str, str, str]:
    cell = cells[0]
    times = sorted(each["latency_ms"] for each in cells if each["latency_ms"] is not None)
    latency = f"{times[len(times) // 2]:.1f} ms" if times else ""
    family = "" if words.PROTOCOLS[cell["protocol"]].name_only else f" {cell['family']}"
    part = f" (from {len(cells)} of {asked} sources)" if len(cells) < asked else ""
    how = f"{cell['protocol']}{family} {sanitize(cell.get('asked') or cell['target'], _LONGEST)}{part}"
    return cell["verdict"], cell["outcome"], latency, how
