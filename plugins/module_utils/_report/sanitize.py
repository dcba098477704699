# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Text of a cluster is hostile: nothing of it may move a cursor, turn a line round or hide itself."""

from __future__ import annotations

import typing as t

#: Longer texts are cut; no name, route or error of a healthy cluster comes near.
LIMIT = 400


def sanitize(value: t.Any, limit: int = LIMIT) -> str:
    """Return printable text of one line: what is not printable (controls, ANSI escapes, bidi marks) is spelt out."""
    text = value if isinstance(value, str) else str(value)
    if len(text) > limit:
        text = text[: limit - 1] + "\u2026"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spell(char) for char in text)


def _spell(char: str) -> str:
    return " " if char in "\n\t" else char.encode("unicode_escape").decode("ascii")


def sanitize_all(value: t.Any) -> t.Any:
    """Clean each string of plain data, keys too."""
    if isinstance(value, str):
        return sanitize(value)
    if isinstance(value, dict):
        return {sanitize(key): sanitize_all(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [sanitize_all(item) for item in value]
    return value
