# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Samples of big clusters: who asks whom, so that every node is asked and asks. Pure.

All pairs of a thousand nodes are a million. On a ring of the nodes, each asks the next few: so every node's way in and
way out is covered with a few questions a node. That is how kubenurse and goldpinger bound their meshes, too.

How many cells a run has is counted before it is planned: the models say what one source of each kind asks, and there
are so many sources of that kind.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import typing as t

from .._record import Record
from .._snapshot.facts import family
from .._snapshot.model import Node, Pod
from .pace import KEPT
from .selected import Chosen, Selected

MODES = ("auto", "all", "ring", "random")
MAX_CELLS = 50_000  #: that a run has unless its user says which part is to be asked
_MAX_OUTSIDE = MAX_CELLS // 10  #: of those, from one machine outside
#: Neighbours that Pods make of one another on one node: as many as the pace of a run allows in a minute.
_MAX_NEAR = 2 * KEPT
_MAX_PAIRS = 20 * MAX_CELLS  #: with more of them, no node's are so many that the run could stay below C(MAX_CELLS)
_MAX_COUNTED = 100_000  #: questions of one source; beyond it the count says "at least"
_SURE = 4  #: a count by kind of source is taken as it is where it is so many times away from the bound
_ERROR = 0.05  #: what 95 % confidence leaves

View = tuple[Chosen, Selected]
#: How many questions a source asks of a selection, at most so many.
Count = t.Callable[[Chosen, Selected, int], int]


@dataclasses.dataclass(frozen=True)
class Sample:
    """The option C(sample)."""

    mode: str = "auto"
    neighbours: int = 3  #: nodes that each node asks beside itself
    seed: str = "kubewire"

    def order(self, name: str) -> str:
        """Where a name stands on the ring; the same in every run with the same seed."""
        return hashlib.sha256(f"{self.seed}/{name}".encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class Coverage(Record):
    """What of all there is was asked; pairs of numbers are asked and there."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"mode", "sources", "targets", "pairs", "nodes_in", "nodes_out"})

    mode: str
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    pairs: tuple[int, ...]
    nodes_in: tuple[int, ...]
    nodes_out: tuple[int, ...]
    cells: tuple[int, ...] = ()  #: where the run chose the sample itself
    confidence: str = ""
    left_out: tuple[dict[str, t.Any], ...] = ()


@dataclasses.dataclass(frozen=True)
class Drawn:
    """Who asks, each with what of the selection it asks.

    Attributes:
        views: the sources and their selections.
        mode: that of the sample in the end.
        all_cells: how many cells there would be, where the run chose the sample itself.
        spared: pairs of Pods on one node that were left out, where the run chose so itself.
    """

    views: list[View]
    mode: str
    all_cells: int = 0
    spared: int = 0


def draw(selected: Selected, sample: Sample, count: Count) -> Drawn:
    """Choose who asks, each with what of the selection it asks.

    C(auto) keeps the run below C(MAX_CELLS), and the Pods of a node from making too many neighbours of one another.
    """
    everything = [(chosen, selected) for chosen in selected.sources]
    if sample.mode == "all":
        return Drawn(everything, "all")
    if sample.mode != "auto":
        return Drawn(_meshed(selected, sample), sample.mode)
    whole = [(chosen, _outside_view(chosen, view, sample, count)) for chosen, view in everything]
    cut = any(view is not selected for _chosen, view in whole)
    near, spared = _fewer_near(whole, selected, sample)
    there = _total(near, count)
    total = _total(everything, count) if cut or spared else there
    if there <= MAX_CELLS:
        mode = "ring" if cut else "fewer_on_node" if spared else "all"
        return Drawn(near, mode, total if mode != "all" else 0, spared)
    return Drawn(_fitting(selected, sample, count), "ring", total)


def _fewer_near(views: list[View], selected: Selected, sample: Sample) -> tuple[list[View], int]:
    """Let the Pods of a crowded node ask only the next ones on a ring of them; tell how many pairs that spares."""
    if len(views) * len(selected.pods) > _MAX_PAIRS:
        return views, 0
    on_node: dict[str, list[str]] = {}
    for pod in sorted(selected.pods, key=lambda pod: sample.order(pod.id)):
        if not pod.host_network:
            on_node.setdefault(pod.node, []).append(pod.id)
    asking: dict[str, set[str]] = {}
    for chosen, _view in views:
        if chosen.pod and chosen.whole and not chosen.pod.host_network:
            asking.setdefault(chosen.source.node, set()).add(chosen.pod.id)
    found, spared = list[View](), 0
    for chosen, view in views:
        node, own = chosen.source.node, chosen.pod.id if chosen.pod else ""
        left = set[str]()
        if own in asking.get(node, ()):
            left = _too_many(own, on_node.get(node, []), len(asking[node]))
        spared += len(left) if chosen.whole else 0
        kept = [pod for pod in view.pods if pod.id not in left]
        found.append((chosen, dataclasses.replace(view, pods=kept) if left else view))
    return found, spared


def _too_many(own: str, there: t.Sequence[str], asking: int) -> set[str]:
    """The Pods of a node that one of its Pods does not ask, where so many of them do."""
    if 2 * asking * len(there) <= _MAX_NEAR:
        return set()
    place = there.index(own) + 1 if own in there else 0
    most = max(1, _MAX_NEAR // (2 * asking))
    return {there[(place + step) % len(there)] for step in range(most, len(there))} - {own}


def _fitting(selected: Selected, sample: Sample, count: Count) -> list[View]:
    """A ring that stays below C(MAX_CELLS): of fewer neighbours, and then of fewer nodes that ask."""
    views: list[View] = []
    for neighbours in range(sample.neighbours, 0, -1):
        ring = dataclasses.replace(sample, mode="ring", neighbours=neighbours)
        views = [(chosen, _outside_view(chosen, view, ring, count)) for chosen, view in _meshed(selected, ring)]
        if _total(views, count) <= MAX_CELLS:
            return views
    nodes = sorted({chosen.source.node for chosen, _view in views} - {""}, key=sample.order)
    while (total := _total(views, count)) > MAX_CELLS and len(nodes) > 1:
        nodes = nodes[: max(1, min(len(nodes) - 1, int(len(nodes) * MAX_CELLS / total)))]
        views = [view for view in views if view[0].source.node in {"", *nodes}]
    return views


def _total(views: t.Sequence[View], count: Count) -> int:
    """How many cells some sources have, counted by kind of source; one by one where that is near the bound."""
    alike: dict[tuple[t.Any, ...], list[View]] = {}
    for chosen, view in views:
        families = frozenset(map(family, chosen.source.addresses))
        alike.setdefault((chosen.source.kind, chosen.whole, families, id(view.pods)), []).append((chosen, view))
    if len(alike) > len(views) / 2:  # each has a view of its own, and those of a ring are alike in size
        alike = {}
        for chosen, view in views:
            alike.setdefault((chosen.source.kind, chosen.whole), []).append((chosen, view))
    total = sum(len(group) * count(*group[0], _MAX_COUNTED) for group in alike.values())
    if not MAX_CELLS / _SURE < total < MAX_CELLS * _SURE:
        return total
    return sum(count(chosen, view, _MAX_COUNTED) for chosen, view in views)


def _outside_view(chosen: Chosen, view: Selected, sample: Sample, count: Count) -> Selected:
    """What a machine outside asks: all of it, or of nodes, and then of Services and entries, as many as it may ask."""
    if chosen.source.kind != "outside":
        return view
    for field in ("nodes", "services", "entries"):
        while count(chosen, view, _MAX_OUTSIDE + 1) > _MAX_OUTSIDE and len(items := getattr(view, field)) > 1:
            kept = sorted(items, key=lambda item: sample.order(item.name))[: len(items) // 2]
            view = dataclasses.replace(view, **t.cast("dict[str, t.Any]", {field: kept}))
    return view


def _meshed(selected: Selected, sample: Sample) -> list[View]:
    by_node: dict[str, list[Pod]] = {}
    for pod in selected.pods:
        by_node.setdefault(pod.node, []).append(pod)
    names = {*by_node, *(chosen.source.node for chosen in selected.sources)} - {""}
    ring = sorted(names, key=sample.order)
    places = {name: place for place, name in enumerate(ring)}
    nodes = {node.name: node for node in selected.nodes}
    asking = _askers(selected, sample)
    views = []
    for number, chosen in enumerate(asking):
        if chosen.source.kind == "outside":
            views.append((chosen, selected))
            continue
        near = _near(ring, places, chosen, sample)
        view = _view(selected, by_node, chosen, near, sample, number, len(asking))
        views.append((chosen, dataclasses.replace(view, nodes=[nodes[name] for name in near if name in nodes])))
    return views


def _askers(selected: Selected, sample: Sample) -> list[Chosen]:
    """One Pod for each node, with its other containers; and every source that is no Pod."""
    first: dict[str, str] = {}
    for chosen in sorted(selected.sources, key=lambda chosen: sample.order(chosen.source.id)):
        if chosen.pod and chosen.whole and not chosen.source.unusable:
            first.setdefault(chosen.source.node, chosen.pod.id)
    return [chosen for chosen in selected.sources if not chosen.pod or chosen.pod.id == first.get(chosen.source.node)]


def _near(ring: t.Sequence[str], places: t.Mapping[str, int], chosen: Chosen, sample: Sample) -> list[str]:
    """The nodes that a source asks: the next ones on the ring, or any; its own always."""
    own = chosen.source.node
    if sample.mode == "random":
        others = sorted((name for name in ring if name != own), key=lambda name: sample.order(f"{own}/{name}"))
        return [own, *others[: sample.neighbours]]
    place = places.get(own, -1)
    steps = min(sample.neighbours, len(ring) - (own in places))
    return [own, *(ring[(place + step) % len(ring)] for step in range(1, steps + 1))]


def _view(
    selected: Selected,
    by_node: t.Mapping[str, t.Sequence[Pod]],
    chosen: Chosen,
    near: t.Sequence[str],
    sample: Sample,
    number: int,
    askers: int,
) -> Selected:
    """What one source asks: a Pod of each of its nodes, and its share of Services and Ingresses."""

    def share(names: t.Sequence[t.Any]) -> list[t.Any]:
        return [item for place, item in enumerate(names) if (place - number) % askers < sample.neighbours]

    return dataclasses.replace(
        selected,
        pods=[pod for name in near for pod in _one_of(by_node.get(name, ()), chosen, sample)],
        services=share(selected.services),
        entries=share(selected.entries),
    )


def _one_of(there: t.Iterable[Pod], chosen: Chosen, sample: Sample) -> list[Pod]:
    own = chosen.pod.id if chosen.pod else ""
    others = [pod for pod in there if pod.id != own]
    return sorted(others, key=lambda pod: sample.order(f"{chosen.source.id}/{pod.id}"))[:1]


def coverage(selected: Selected, drawn: Drawn, planned: int, nodes: t.Sequence[Node]) -> Coverage:
    """Say what of all there is was asked, with so many cells planned, and what that tells of the rest."""
    views = drawn.views
    asked = {(chosen.source.node, pod.node) for chosen, view in views if chosen.source.node for pod in view.pods}
    crossing = {pair for pair in asked if pair[0] != pair[1]}
    names = {node.name for node in nodes} or {pod.node for pod in selected.pods}
    pairs = len(names) * (len(names) - 1)
    targets = {pod.id for _chosen, view in views for pod in view.pods}
    left = {
        "sources represented by another Pod of the same node": len(selected.sources) - len(views),
        "pairs of Pods on one node, which would fill its neighbour table": drawn.spared,
    }
    return Coverage(
        mode=drawn.mode,
        sources=(len(views), len(selected.sources)),
        targets=(len(targets), len(selected.pods)),
        pairs=(len(crossing), pairs),
        nodes_in=(len({node for _from, node in asked}), len(names)),
        nodes_out=(len({node for node, _to in asked}), len(names)),
        cells=(planned, max(planned, drawn.all_cells)) if drawn.all_cells else (),
        confidence=_confidence(len(crossing), pairs),
        left_out=tuple({"what": what, "count": count} for what, count in left.items() if count),
    )


def _confidence(asked: int, there: int) -> str:
    """The share of broken pairs that a clean sample still allows (the exact form of the rule of three)."""
    if not asked or asked >= there:
        return ""
    share = 1 - math.pow(_ERROR, 1 / asked)
    return (
        f"if no tested pair of nodes is broken, then with 95 % confidence less than {share:.1%} of all "
        f"{there} pairs are"
    )
