# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the log of a gate: how many tests passed and failed, which, and what is shown of a failure."""

from __future__ import annotations

import re

MOST = 10  # of a gate's failed tests that are shown
TEST = re.compile(r"_{3,} (.*?) _{3,}")  # what pytest writes above the failure of a test
SECTION = re.compile(r"={3,} .* ={3,}")
SAME = re.compile(r"E {11}")  # a line of a full diff that both sides have


def counts(lines: list[str]) -> tuple[int, int]:
    """Return the counts of pytest's last line."""
    last = next(
        (line for line in reversed(lines) if re.search(r"\d+ (passed|failed|errors?)\b.* in [\d.]+s", line)), ""
    )
    counts = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)\b", last)}
    return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)


def failed_tests(lines: list[str]) -> list[str]:
    """Return the names of the tests that failed, as pytest's summary has them."""
    found = (re.match(r"(?:FAILED|ERROR) (tests/\S+::.*?)(?: - |$)", line) for line in lines)
    return [each[1] for each in found if each]


def failure(lines: list[str]) -> list[str]:
    """Return what of a failed gate's log is shown: of each failed test what pytest says of it, and the last lines."""
    said: dict[str, list[str]] = {}
    name = section = ""
    for line in lines:
        if SECTION.fullmatch(line):
            section, name = line, ""
        elif ("FAILURES" in section or "ERRORS" in section) and (found := TEST.fullmatch(line)):
            name = found[1]
        elif name and (line.startswith("E  ") or re.fullmatch(r"\S+:\d+: .*", line)):
            said.setdefault(name, []).append(line)
    shown = [f"and {len(said) - MOST} more failed tests"] if len(said) > MOST else []
    for name, told in reversed(list(said.items())[:MOST]):
        shown = [f"--- {name}", *_bounded(told), *shown]
    return [*shown, *(_cut(line) for line in lines[-25:])]


def _bounded(told: list[str], most: int = 24) -> list[str]:
    """Return the lines of a failure that differ, the first and the last of them where they are too many."""
    full = next((number for number, line in enumerate(told) if "Full diff:" in line), len(told))
    told = told[:full] + [line for line in told[full:] if not SAME.match(line)]
    left = len(told) - most
    told = told if left <= 0 else [*told[: most // 2], f"... {left} lines", *told[-most // 2 :]]
    return [_cut(line) for line in told]


def _cut(line: str, most: int = 400) -> str:
    if len(line) <= most:
        return line
    if " != " in line:
        return " != ".join(_cut(side, most // 2) for side in line.split(" != ", 1))
    return f"{line[: most // 2]} ... {line[-most // 2 :]}"
