# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What changed from one report to another: each question of the one finds its like in the other, and both are compared.

A rollout gives the Pods of a Deployment new names and addresses, and the questions stay the same: what has no like by
name is matched by workload, on the same nodes first.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _question_key as question_key
from .. import _words as words

Plain = t.Mapping[str, t.Any]
Key = tuple[t.Any, ...]

#: In the order of a report, and what each says.
KINDS = {
    "worse": "got worse",
    "better": "got better",
    "changed": "ended differently, and no worse",
    "new": "tested now and not before",
    "gone": "tested before and not now",
}


@dataclasses.dataclass(frozen=True)
class Change:
    """Questions that changed in the same way."""

    kind: str  #: a key of C(KINDS)
    model: str
    was: str  #: verdict before, and outcome where that tells more; empty where it was not asked
    now: str  #: the same now
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    cells: tuple[int, ...]  #: places in C(cells) of the later document; of the earlier one where they are gone


@dataclasses.dataclass(frozen=True)
class Difference:
    """Two reports compared."""

    before: str  #: the earlier run
    since: str  #: when it started
    other_cluster: bool  #: whether the two are about different clusters
    counts: dict[str, int]  #: questions by C(KINDS), and C(same)
    changes: tuple[Change, ...]  #: in the order of C(KINDS), the largest first

    @property
    def total(self) -> int:
        """How many questions changed."""
        return sum(number for kind, number in self.counts.items() if kind != "same")


def compare(before: Plain, after: Plain) -> Difference:
    """Compare two valid report documents."""
    counts = {**dict.fromkeys(KINDS, 0), "same": 0}
    buckets: dict[tuple[str, str, str, str], list[int]] = {}
    for old, new in _pairs(before, after):
        was = None if old is None else before["cells"][old]
        now = None if new is None else after["cells"][new]
        kind = kind_of(was, now)
        counts[kind] += 1
        if kind != "same":
            place, cell = (old, was) if now is None else (new, now)
            key = (kind, t.cast(Plain, cell)["model"], _said(was, kind), _said(now, kind))
            buckets.setdefault(key, []).append(t.cast(int, place))
    changes = [_change(before if key[0] == "gone" else after, key, places) for key, places in buckets.items()]
    order = list(KINDS)
    changes.sort(key=lambda one: (order.index(one.kind), -len(one.cells), one.cells[0]))
    return Difference(
        before=before["run"]["id"],
        since=before["run"]["start"],
        other_cluster=before["run"]["cluster"]["server"] != after["run"]["cluster"]["server"],
        counts=counts,
        changes=tuple(changes),
    )


def kind_of(was: Plain | None, now: Plain | None) -> str:
    """Tell how the answer to one question changed: a key of C(KINDS), or C(same)."""
    if was is None or now is None:
        return "new" if was is None else "gone"
    before, after = _badness(was), _badness(now)
    if before != after:
        return "worse" if after > before else "better"
    return "same" if _said(was) == _said(now) else "changed"


def _badness(cell: Plain) -> int:
    verdict = cell["verdict"]
    if verdict in ("fail", "unexpected_open"):
        return 3
    if verdict == "unknown":
        return 2
    noted = cell.get("note") or words.outcome(cell["outcome"]).is_application_error
    return int(verdict == "pass" and bool(noted))


def _said(cell: Plain | None, kind: str = "") -> str:
    """Say an answer; from and to a good one, it does not matter in which word of the protocol that came."""
    if cell is None:
        return ""
    if kind in ("worse", "better") and not _badness(cell):
        return str(cell["verdict"])
    return f"{cell['verdict']} ({cell['outcome']})"


def _change(document: Plain, key: tuple[str, str, str, str], places: list[int]) -> Change:
    cells = [document["cells"][place] for place in places]
    sources = tuple(dict.fromkeys(cell["source"] for cell in cells))
    targets = tuple(dict.fromkeys(cell["target"] for cell in cells))
    return Change(*key, sources, targets, tuple(sorted(places)))


def _pairs(before: Plain, after: Plain) -> t.Iterator[tuple[int | None, int | None]]:
    """Give each question once: its place in the one document and in the other."""
    old, new = list(range(len(before["cells"]))), list(range(len(after["cells"])))
    for key in (_same_question, _same_nodes, _same_workloads):
        likes: dict[Key, list[int]] = {}
        for place in reversed(old):
            likes.setdefault(key(before, before["cells"][place]), []).append(place)
        found, left = set(), []
        for place in new:
            like = likes.get(key(after, after["cells"][place]))
            if like:
                found.add(like[-1])
                yield like.pop(), place
            else:
                left.append(place)
        old, new = [place for place in old if place not in found], left
    yield from ((place, None) for place in old)
    yield from ((None, place) for place in new)


def _same_question(_document: Plain, cell: Plain) -> Key:
    return question_key.of(cell)


def _same_nodes(document: Plain, cell: Plain) -> Key:
    nodes = [document[section][cell[end]].get("node", "") for section, end in _ENDS]
    return (*_same_workloads(document, cell), *nodes)


def _same_workloads(document: Plain, cell: Plain) -> Key:
    return (*question_key.form(cell), *(_workload(document[section][cell[end]]) for section, end in _ENDS))


_ENDS = (("sources", "source"), ("targets", "target"))


def _workload(end: Plain) -> Key:
    """Name an end as it outlives a rollout; by its own id where nobody says what it belongs to."""
    if not end.get("workload"):
        return (end["id"],)
    return tuple(end.get(key, "") for key in ("kind", "namespace", "workload", "container", "port"))
