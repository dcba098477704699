# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The causes of a report: cells that fail for one reason are one group, whoever asked, and by whatever name.

Every format counts and tells these groups, and no others.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words

Plain = t.Mapping[str, t.Any]

#: In the order of a report.
KINDS = ("fail", "unexpected_open", "unknown")

#: More blocks than this tell no story.
MANY = 3
Name = t.Callable[[Plain], str]
Ends = t.Mapping[str, "tuple[str, str]"]

#: More blocks than this are not compared one by one.
MOST_JOINED = 100

_NUMBER = re.compile(r"[0-9]+(?:[.:][0-9]+)*")
#: In the words of the runners: a container lacks what it would ask with, or may not use it.
_NO_TOOL = re.compile(r"looked for |neither a shell nor python3|too little TLS|may open no ICMP socket")
#: What the bucket of a cause goes by: the tools of a source, the source, an object on the path, both ends, or a node.
_TOOL, _SOURCE, _OBJECT, _ENDS, _NODE = "tool", "source", "object", "ends", "node"
#: Outcomes that one dead peer has, one after the other.
_ALIKE = {"unreachable_arp": "timeout", "tls_timeout": "timeout"}
_NO_ANSWER = {"timeout", *_ALIKE, "unreachable_fast"}
#: Outcomes that do not show that there is a machine at the other end.
_NO_SIGN = {*_NO_ANSWER, "probe_error", "not_applicable"}
_SILENT = re.compile(r"no answer to ARP or ND for that address on the last hop|no answer to the TLS handshake")
_PLACE = re.compile(r" from \*| after # ms")
_OWN_WORDS = re.compile(r" \(.*\)$")


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
    whose: str = ""  #: of a failure: C(network) or C(application)


def kind_of(cell: Plain) -> str:
    """Return the kind of group a cell belongs to; empty when there is nothing to say about it."""
    return str(cell["verdict"]) if cell["verdict"] in KINDS else ""


def group(document: Plain) -> list[Group]:
    """Return the groups of a document, the worst kind and the largest group first."""
    dead = _in_dead_nodes(document)
    buckets: dict[tuple[str, ...], list[int]] = {}
    for place, cell in enumerate(document["cells"]):
        kind = kind_of(cell)
        if kind:
            is_dead = kind == "fail" and cell["target"] in dead and cell["outcome"] in _NO_ANSWER
            buckets.setdefault((kind, _NODE) if is_dead else _bucket(document, kind, cell), []).append(place)
    groups = [one for key, places in buckets.items() for one in _groups(document, key, places)]
    return sorted(groups, key=lambda one: (KINDS.index(one.kind), -len(one.cells), one.cells[0]))


def _bucket(document: Plain, kind: str, cell: Plain) -> tuple[str, ...]:
    """Return what cells must share to have one cause: (kind, what it is by, ...).

    The traffic model and the name that was asked by are no part of it: what is broken fails by each of them.
    """
    if kind == "unknown":  # what hides an answer is a matter of the source, whatever it asked
        if _NO_TOOL.search(cell["reason"]):
            return (kind, _TOOL)
        remedy = document["sources"][cell["source"]].get("remedy", "")
        named = (pattern(document, cell, text) for text in (remedy, cell["reason"]))
        return (kind, _SOURCE, cell["outcome"], *named)
    if kind == "unexpected_open" and cell.get("decided_by"):
        return (kind, _OBJECT, cell["decided_by"])
    if cell.get("defect"):
        return (kind, _OBJECT, *_defect(document["targets"][cell["target"]], cell))
    used = cell["evidence"].get("relied_on", "")
    if used and cell.get("whose") == "application":  # whoever asks, and whether the Service is asked or its endpoint
        return (kind, _OBJECT, cell["application"], used, "" if used.startswith("Service") else cell["target"])
    # How long it took, which address a name had and what the tool of this source calls it make no other cause.
    what = _PLACE.sub("", _OWN_WORDS.sub("", pattern(document, cell, cell["reason"])))
    return (kind, _ENDS, _ALIKE.get(cell["outcome"]) or cell["outcome"], _SILENT.sub("no answer", what))


def _defect(target: Plain, cell: Plain) -> tuple[str, str]:
    """Return what has a defect and which; Pods of one workload have one."""
    owner, defect = cell.get("decided_by", ""), str(cell["defect"])
    if target["kind"] == "pod" and target.get("workload"):
        owner = f"{target.get('namespace', '')}/{target['workload']}"
        defect = defect.replace(target["name"], "*")
    return owner, _NUMBER.sub("#", defect)


def pattern(document: Plain, cell: Plain, reason: str) -> str:
    """Return a reason without the names and numbers of its own cell: what is left tells kinds of reasons apart."""
    source, target = document["sources"][cell["source"]], document["targets"][cell["target"]]
    own = [cell.get("asked", ""), cell["evidence"].get("address", ""), cell["target"], target["name"], cell["source"]]
    own += [source.get("pod", ""), source.get("namespace", ""), target.get("namespace", "")]
    own += [source.get("node", ""), target.get("node", ""), source.get("container", ""), source.get("image", "")]
    for name in sorted(filter(None, own), key=len, reverse=True):
        if name in reason:
            reason = _whole(name).sub("*", reason)
    return _NUMBER.sub("#", reason)


@functools.lru_cache(maxsize=10_000)
def _whole(name: str) -> re.Pattern[str]:
    """Return what finds a name, but not a part of a longer word: containers are often called app."""
    return re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")


def _groups(document: Plain, key: tuple[str, ...], places: list[int]) -> list[Group]:
    """Cut a bucket into groups: one, unless only its ends tell what is broken."""
    if key[1] == _NODE:  # nodes that are dead to the same others are one
        blocks = _blocks(document, places, _node_of(document, "targets"), _node_of(document, "sources"))
    else:
        blocks = _cover(document, places) if key[1] == _ENDS else [places]
    return [_group(document, key[0], block) for block in blocks]


def _group(document: Plain, kind: str, block: list[int]) -> Group:
    cells = [document["cells"][place] for place in block]
    asking = [document["sources"][cell["source"]] for cell in cells] if kind == "unknown" else []
    ways = list(dict.fromkeys(source["remedy"] for source in asking if source.get("remedy")))
    return Group(
        kind=kind,
        outcome=collections.Counter(cell["outcome"] for cell in cells).most_common(1)[0][0],
        models=tuple(model for model in words.MODELS if any(cell["model"] == model for cell in cells)),
        sources=tuple(dict.fromkeys(cell["source"] for cell in cells)),
        targets=tuple(dict.fromkeys(cell["target"] for cell in cells)),
        cells=tuple(block),
        whose=next((cell["whose"] for cell in cells if cell.get("whose")), ""),
        remedy=ways[0] + (f" (and {len(ways) - 1:,} like it)" if len(ways) > 1 else "") if ways else "",
    )


def _in_dead_nodes(document: Plain) -> set[str]:
    """Return the targets on nodes that were asked, and from which nobody elsewhere got an answer from anything."""
    sources, targets = document["sources"], document["targets"]
    failed = (targets[cell["target"]] for cell in document["cells"] if cell["verdict"] == "fail")
    dead = {target["node"] for target in failed if target["kind"] == "node" and target.get("node")}
    for cell in document["cells"] if dead else ():
        node = targets[cell["target"]].get("node")
        elsewhere = sources[cell["source"]].get("node") != node
        if node in dead and elsewhere and cell["outcome"] not in _NO_SIGN:
            dead.discard(node)
    return {name for name, target in targets.items() if target.get("node") in dead}


def _node_of(document: Plain, section: str) -> Name:
    """Return what tells the node of a cell's end; where it is on none, the end itself."""
    end = section[:-1]
    return lambda cell: document[section][cell[end]].get("node") or cell[end]


def _cover(document: Plain, places: list[int]) -> list[list[int]]:
    """Cut a bucket into blocks of sources x targets, joining by whichever end gives fewer blocks.

    One broken node is two blocks then (all that go in, all that come out), not one for each target. A sample asks too
    few pairs for that; where it leaves many blocks, those from one node to the same nodes are joined.
    """
    blocks = _least(document, places, lambda cell: str(cell["target"]), lambda cell: str(cell["source"]))
    if len(blocks) > MANY:
        by_node = _least(document, places, _node_of(document, "targets"), _node_of(document, "sources"))
        blocks = min((blocks, by_node), key=len)
    return blocks


def _join_own(document: Plain, blocks: list[list[int]]) -> list[list[int]]:
    """Join blocks that differ only in Pods that were not asked by themselves, as a Service and the Pods behind it."""
    if len(blocks) > MOST_JOINED:
        return blocks
    joined: list[_Block] = []
    for block in blocks:
        own = _Block.of(document, block)
        for other in joined:
            if own.is_alike(other):
                other.add(own)
                break
        else:
            joined.append(own)
    return [sorted(block.places) for block in joined]


@dataclasses.dataclass
class _Block:
    """Cells with both of their ends, each by its id with the Pod that it is."""

    sources: dict[str, tuple[str, str]]
    targets: dict[str, tuple[str, str]]
    places: list[int]

    @classmethod
    def of(cls, document: Plain, places: list[int]) -> _Block:
        """The block of some cells."""
        cells = [document["cells"][place] for place in places]
        return cls(
            {cell["source"]: _pod(document["sources"][cell["source"]]) for cell in cells},
            {cell["target"]: _pod(document["targets"][cell["target"]]) for cell in cells},
            list(places),
        )

    def is_alike(self, other: _Block) -> bool:
        """Tell whether the two differ at one end alone, and there in the Pods of the other end."""
        sources, targets = {**self.sources, **other.sources}, {**self.targets, **other.targets}
        return _is_own(self.sources, other.sources, targets) or _is_own(self.targets, other.targets, sources)

    def add(self, other: _Block) -> None:
        """Take in another block."""
        self.sources.update(other.sources)
        self.targets.update(other.targets)
        self.places += other.places


def _is_own(some: Ends, others: Ends, opposite: Ends) -> bool:
    every, differ = {**some, **others}, set(some) ^ set(others)
    return 2 * len(differ) <= len(every) and {every[key] for key in differ} <= set(opposite.values())


def _pod(item: Plain) -> tuple[str, str]:
    """Return the Pod that a source or target is; a Service of the same name is another thing."""
    name = item.get("pod") or (item["name"] if item.get("kind") == "pod" and "name" in item else "")
    return (item.get("namespace", ""), name) if name else (item["id"], "")


def _least(document: Plain, places: list[int], one: Name, other: Name) -> list[list[int]]:
    """Join by the one end or by the other, whichever gives fewer blocks."""
    both = (_blocks(document, places, one, other), _blocks(document, places, other, one))
    return min((_join_own(document, blocks) for blocks in both), key=len)


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
