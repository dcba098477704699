# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The diff of a task that changes nothing in the end: Ansible's callbacks show one only of a task that is changed."""

from __future__ import annotations

import typing as t


def lines(result: t.Mapping[str, t.Any]) -> list[str]:
    """Return what C(--diff) shows of objects that are created and removed again; nothing where a callback shows it."""
    diff = result.get("diff")
    if not diff or result.get("changed"):
        return []
    shown = []
    for entry in diff if isinstance(diff, list) else [diff]:
        shown.append(f"+++ created for this task: {entry.get('after_header', '')}".rstrip(": "))
        shown += [f"+{line}" for line in str(entry.get("after", "")).splitlines()]
    return shown
