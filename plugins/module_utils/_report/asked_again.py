# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Checks that were probed more than once: which passed only then, and what came each time."""

from __future__ import annotations

import typing as t

from .. import _words as words

Plain = t.Mapping[str, t.Any]


def passed_later(cell: Plain) -> bool:
    """Tell whether a check passed only when it was probed again."""
    askings = cell["evidence"].get("askings", ())
    return len(askings) > 1 and cell["verdict"] == "pass" and not _answered(askings[0]) and any(map(_answered, askings))


def _answered(asking: Plain) -> bool:
    return any(words.outcome(word).is_open for word in asking)


def sentence(document: Plain) -> str:
    """Say how many checks passed only when they were probed again; nothing where none did."""
    number = document["summary"].get("passed_later", 0)
    if not number:
        return ""
    return f"{number:,} {'check' if number == 1 else 'checks'} passed only when probed again: report.html marks them"


def told(evidence: Plain) -> str:
    """Say what each asking came to; nothing where there was only one."""
    askings = evidence.get("askings", ())
    if len(askings) < 2:
        return ""
    said = [", ".join(word if n == 1 else f"{word} {n}" for word, n in asking.items()) for asking in askings]
    return f"probed {len(askings)} times: {', then '.join(said)}"
