# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which checks of a sample have a place on the page: the worst first, so that its size does not grow with the cluster."""

from __future__ import annotations

import itertools
import typing as t

from . import phrases
from .groups import Group

Plain = t.Mapping[str, t.Any]

#: Checks of a sample that are drawn. All of a run that was no sample are: its user sees the whole of a small cluster.
MAX_DRAWN = 1000
#: Sources and targets that these are about: each is a row or a column, with its addresses, node and workload.
MAX_ENDS = 1000
_WORST_FIRST = ("fail", "unexpected_open", "unknown", "pass", "skipped")
_OF_EACH_GROUP = 10  #: that are drawn of each cause, whatever there is beside it


def drawn(document: Plain, groups: t.Sequence[Group]) -> list[int] | None:
    """Return the places of the cells that are drawn, None where all are.

    Args:
        document: a valid report document.
        groups: the causes that are shown.
    """
    cells = document["cells"]
    if len(cells) <= MAX_DRAWN or not phrases.is_sample(document):
        return None
    kept = dict.fromkeys(place for one in groups for place in one.cells[:_OF_EACH_GROUP])
    ranks = {verdict: rank for rank, verdict in enumerate(_WORST_FIRST)}
    kept.update(dict.fromkeys(sorted(range(len(cells)), key=lambda place: ranks[cells[place]["verdict"]])))
    return sorted(itertools.islice(_within_ends(cells, kept), MAX_DRAWN))


def _within_ends(cells: t.Sequence[Plain], places: t.Iterable[int]) -> t.Iterator[int]:
    """The places of the cells that are about the first sources and targets."""
    ends = set[tuple[str, str]]()
    for place in places:
        more = {(name, cells[place][name]) for name in ("source", "target")} - ends
        if len(ends) + len(more) <= MAX_ENDS:
            ends |= more
            yield place


def part(document: Plain, places: t.Sequence[int]) -> dict[str, t.Any]:
    """Return the document with some of its cells, and of sources and targets those that they are about."""
    cells = [document["cells"][place] for place in places]
    ends = {name: {cell[name] for cell in cells} for name in ("source", "target")}
    return {
        **document,
        "cells": cells,
        "sources": {key: item for key, item in document["sources"].items() if key in ends["source"]},
        "targets": {key: item for key, item in document["targets"].items() if key in ends["target"]},
    }


def told(document: Plain, places: t.Sequence[int]) -> tuple[str, str]:
    """Say how many are drawn."""
    count = len(document["cells"])
    return "drawn", f"{len(places):,} of {count:,} checks, the worst first; report.json has all"
