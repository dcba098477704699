# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which pairs policies and Services close, although that is as it should be: by what closes them, and by workloads."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words as words
from . import phrases, untested

Plain = t.Mapping[str, t.Any]

TITLE = "Closed by policies and Services"
#: Workloads that are named at each end.
_MOST = 3
#: Objects that are named of each kind where all is one sentence.
_MOST_OBJECTS = 6
#: Who decides where it is no object of the cluster.
_USER = "expectations, entry"


@dataclasses.dataclass
class _Closed:
    """What one object closes."""

    pairs: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    sources: dict[str, None] = dataclasses.field(default_factory=dict)
    targets: dict[str, None] = dataclasses.field(default_factory=dict)
    asked: dict[str, None] = dataclasses.field(default_factory=dict)  #: the ids of the targets


def tell(document: Plain) -> list[tuple[str, str]]:
    """Tell what closes paths, that which closes most first: (what closes, how many pairs and whose).

    A pair is a source and a target, whatever it was probed with.
    """
    found: dict[str, _Closed] = {}
    reached: set[str] = set()
    for cell in document["cells"]:
        if _is_reached(cell):
            reached.add(cell["target"])
        elif _is_closed(cell):
            _add(document, cell, found.setdefault(cell["decided_by"], _Closed()))
    ordered = sorted(found.items(), key=lambda item: (-len(item[1].pairs), item[0]))
    return [(phrases.objects(_deciders([by]), len(by)), _said(document, closed, reached)) for by, closed in ordered]


def sentence(document: Plain) -> str:
    """Count the pairs and name what closes them; nothing where none is closed."""
    number = pairs(document)
    if not number:
        return ""
    by = dict.fromkeys(cell["decided_by"] for cell in document["cells"] if _is_closed(cell))
    return f"{TITLE}: {phrases.count(number, 'pair')}, by {phrases.objects(_deciders(by), _MOST_OBJECTS, '; ')}"


def pairs(document: Plain) -> int:
    """How many pairs are closed, each counted once."""
    return len({(cell["source"], cell["target"]) for cell in document["cells"] if _is_closed(cell)})


def _is_reached(cell: Plain) -> bool:
    """Whether the target answered, be it by a refusal of its own."""
    by_itself = cell.get("author") == "peer" and cell["expectation"] == "allow"
    return by_itself or words.outcome(cell["outcome"]).is_open


def _is_closed(cell: Plain) -> bool:
    by = cell.get("decided_by", "")
    return bool(by) and not by.startswith(_USER) and (cell["expectation"], cell["verdict"]) == ("deny", "pass")


def _deciders(all_of: t.Iterable[str]) -> dict[str, list[str]]:
    """The names of the objects that decide, by kind."""
    found: dict[str, list[str]] = {}
    for each in dict.fromkeys(name for by in all_of for name in by.split(", ")):
        kind, _space, name = each.partition(" ")
        found.setdefault(kind, []).append(name)
    return found


def _add(document: Plain, cell: Plain, closed: _Closed) -> None:
    closed.pairs.add((cell["source"], cell["target"]))
    closed.sources[_workload(document["sources"][cell["source"]])] = None
    closed.targets[_workload(document["targets"][cell["target"]])] = None
    closed.asked[cell["target"]] = None


def _workload(end: Plain) -> str:
    """What an end belongs to."""
    if end.get("kind") == "node":
        name = f"node {end.get('node') or end['id']}"
        return f"{name} port {end['port']}" if end.get("port") else name
    name = end.get("workload") or end.get("pod") or end.get("name") or end["id"]
    kind = "" if end.get("workload") or end.get("pod") else end.get("kind", "")
    named = f"{end['namespace']}/{name}" if end.get("namespace") else str(name)
    return f"{kind} {named}" if kind not in ("", "pod") else named


def _said(document: Plain, closed: _Closed, reached: t.Container[str]) -> str:
    ends = f"from {untested.listing(list(closed.sources), _MOST)} to {untested.listing(list(closed.targets), _MOST)}"
    said = f"{phrases.count(len(closed.pairs), 'pair')}, {ends}"
    nobody = dict.fromkeys(_workload(document["targets"][each]) for each in closed.asked if each not in reached)
    return said + (f"; nobody in this run reached {untested.listing(list(nobody), _MOST)} directly" if nobody else "")
