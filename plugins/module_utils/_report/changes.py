# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Tells what changed since an earlier report, as small plain data that every format draws and a task returns."""

from __future__ import annotations

import typing as t

from .. import _words as words
from . import diff, phrases
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]
Data = dict[str, t.Any]

#: Groups that are told; the counts hold them all.
MAX_GROUPS = 40


def tell(before: Plain, after: Plain) -> Data:
    """Compare two valid report documents and say what changed; nothing in the result is as hostile as it came."""
    found = diff.compare(before, after)
    names = {"before": phrases.source_names(before), "after": phrases.source_names(after)}
    groups = []
    for one in found.changes[:MAX_GROUPS]:
        when, document = ("before", before) if one.kind == "gone" else ("after", after)
        groups.append(
            {
                "kind": one.kind,
                "model": one.model,
                "was": one.was,
                "now": one.now,
                "checks": len(one.cells),
                "from": phrases.sources(document, one.sources, names[when], 5),
                "to": phrases.targets(document, one.targets, 5),
                "ids": [document["cells"][place]["id"] for place in one.cells],
            }
        )
    return {
        "run": sanitize(found.before),
        "start": sanitize(found.since),
        "other_cluster": found.other_cluster,
        "counts": found.counts,
        "groups": groups,
        "more_groups": max(0, len(found.changes) - MAX_GROUPS),
    }


def headline(changes: Plain) -> str:
    """Say in one line what changed."""
    counts = changes["counts"]
    parts = [f"{counts[kind]:,} {kind}" for kind in diff.KINDS if counts[kind]]
    text = ", ".join(parts) if parts else "nothing changed"
    where = ", which was of another cluster" if changes["other_cluster"] else ""
    return f"Since run {changes['run']} of {changes['start']}{where}: {text} ({counts['same']:,} as before)"


def title(group: Plain) -> str:
    """Say what happened to the checks of a group."""
    return (
        f"{phrases.count(group['checks'], 'check')} {diff.KINDS[group['kind']]}: {words.MODELS[group['model']].title}"
    )


def lines(group: Plain) -> list[tuple[str, str]]:
    """Say whom a group is about, and what was and is."""
    told = [("from", group["from"]), ("to", group["to"]), ("was", group["was"]), ("now", group["now"])]
    return [(label, text) for label, text in told if text]
