# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Puts cells that tell the same story into one group, so that fifty failures of one cause are read as one."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words

Plain = t.Mapping[str, t.Any]

APPLICATION_ERROR = "application_error"
#: In the order of a report.
KINDS = ("fail", "unexpected_open", "unknown", APPLICATION_ERROR)

#: More blocks than this tell no story.
MANY = 3
Name = t.Callable[[Plain], str]

_NUMBER = re.compile(r"[0-9]+(?:[.:][0-9]+)*")


@dataclasses.dataclass(frozen=True)
class Group:
    """Cells of one kind, from all of C(sources) to all of C(targets)."""

    kind: str
    outcome: str
    models: tuple[str, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    cells: tuple[int, ...]  #: places in the document's C(cells)
    remedy: str = ""


def kind_of(cell: Plain) -> str:
    """Return the kind of group a cell belongs to; empty when there is nothing to say about it."""
    if cell["verdict"] in KINDS:
        return str(cell["verdict"])
    if cell["verdict"] == "pass" and words.outcome(cell["outcome"]).is_application_error:
        return APPLICATION_ERROR
    return ""


def group(document: Plain) -> list[Group]:
    """Return the groups of a document, the worst kind and the largest group first."""
    buckets: dict[tuple[str, ...], list[int]] = {}
    for place, cell in enumerate(document["cells"]):
        kind = kind_of(cell)
        if kind:
            buckets.setdefault(_bucket(document, kind, cell), []).append(place)
    groups = [one for key, places in buckets.items() for one in _cover(document, key, places)]
    return sorted(groups, key=lambda one: (KINDS.index(one.kind), -len(one.cells), one.cells[0]))


def _bucket(document: Plain, kind: str, cell: Plain) -> tuple[str, ...]:
    """Return what cells must share to stand in one group: (kind, outcome, remedy, ...)."""
    if kind == "unknown":  # what hides an answer is a matter of the source, whatever it asked
        remedy = document["sources"][cell["source"]].get("remedy", "")
        return (kind, cell["outcome"], remedy, pattern(document, cell, cell["reason"]))
    if kind == APPLICATION_ERROR:
        return (kind, cell["outcome"], "")
    return (kind, cell["outcome"], "", cell["model"], pattern(document, cell, cell["reason"]))


def pattern(document: Plain, cell: Plain, reason: str) -> str:
    """Return a reason without the names and numbers of its own cell: what is left tells kinds of reasons apart."""
    source, target = document["sources"][cell["source"]], document["targets"][cell["target"]]
    own = [cell.get("asked", ""), cell["evidence"].get("address", ""), cell["target"], target["name"], cell["source"]]
    own += [source.get("pod", ""), source.get("namespace", ""), target.get("namespace", "")]
    own += [source.get("node", ""), target.get("node", ""), source.get("container", ""), source.get("image", "")]
    for name in sorted(filter(None, own), key=len, reverse=True):
        reason = reason.replace(name, "*")
    return _NUMBER.sub("#", reason)


def _cover(document: Plain, key: tuple[str, ...], places: list[int]) -> list[Group]:
    """Cut a bucket into blocks of sources x targets, joining by whichever end gives fewer blocks.

    One broken node is two blocks then (all that go in, all that come out), not one for each target. A sample asks too
    few pairs for that; where it leaves many blocks, those from one node to the same nodes are joined.
    """
    if key[1] == "probe_error":  # its sources could not ask, whomever
        blocks = [places]
    else:
        blocks = _least(document, places, lambda cell: cell["target"], lambda cell: cell["source"])
        if len(blocks) > MANY:

            def node_of(section: str, end: str) -> Name:
                return lambda cell: document[section][cell[end]].get("node") or cell[end]

            by_node = _least(document, places, node_of("targets", "target"), node_of("sources", "source"))
            blocks = min((blocks, by_node), key=len)
    groups = []
    for block in blocks:
        cells = [document["cells"][place] for place in block]
        groups.append(
            Group(
                kind=key[0],
                outcome=key[1],
                models=tuple(model for model in words.MODELS if any(cell["model"] == model for cell in cells)),
                sources=tuple(dict.fromkeys(cell["source"] for cell in cells)),
                targets=tuple(dict.fromkeys(cell["target"] for cell in cells)),
                cells=tuple(block),
                remedy=key[2],
            )
        )
    return groups


def _least(document: Plain, places: list[int], one: Name, other: Name) -> list[list[int]]:
    """Join by the one end or by the other, whichever gives fewer blocks."""
    return min(_blocks(document, places, one, other), _blocks(document, places, other, one), key=len)


def _blocks(document: Plain, places: list[int], end: Name, other: Name) -> list[list[int]]:
    """Join the ends whose cells have the same other ends."""
    by_end: dict[str, list[int]] = {}
    for place in places:
        by_end.setdefault(end(document["cells"][place]), []).append(place)
    blocks: dict[frozenset[str], list[int]] = {}
    for own in by_end.values():
        others = frozenset(other(document["cells"][place]) for place in own)
        blocks.setdefault(others, []).extend(own)
    return [sorted(block) for block in blocks.values()]
