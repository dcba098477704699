# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Samples of big clusters: who asks whom, so that every node is asked and asks. Pure.

All pairs of a thousand nodes are a million. On a ring of the nodes, each asks the next few: so every node's way in and
way out is covered with a few questions a node. That is how kubenurse and goldpinger bound their meshes, too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import typing as t

from .._record import Record
from .._snapshot.model import Node, Pod
from .selected import Chosen, Selected

MODES = ("all", "ring", "random")
_ERROR = 0.05  #: what 95 % confidence leaves


@dataclasses.dataclass(frozen=True)
class Sample:
    """The option C(sample)."""

    mode: str = "all"
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
    confidence: str = ""
    left_out: tuple[dict[str, t.Any], ...] = ()


View = tuple[Chosen, Selected]


def draw(selected: Selected, sample: Sample) -> list[View]:
    """Return who asks, each with what of the selection it asks."""
    if sample.mode == "all":
        return [(chosen, selected) for chosen in selected.sources]
    names = {pod.node for pod in selected.pods} | {chosen.source.node for chosen in selected.sources} - {""}
    ring = sorted(names, key=sample.order)
    asking = _askers(selected, sample)
    views = []
    for number, chosen in enumerate(asking):
        if chosen.source.kind == "outside":
            views.append((chosen, selected))
            continue
        near = _near(ring, chosen, sample)
        views.append((chosen, _view(selected, chosen, near, sample, number, len(asking))))
    return views


def _askers(selected: Selected, sample: Sample) -> list[Chosen]:
    """One Pod for each node, with its other containers; and every source that is no Pod."""
    first: dict[str, str] = {}
    for chosen in sorted(selected.sources, key=lambda chosen: sample.order(chosen.source.id)):
        if chosen.pod and chosen.whole and not chosen.source.unusable:
            first.setdefault(chosen.source.node, chosen.pod.id)
    return [chosen for chosen in selected.sources if not chosen.pod or chosen.pod.id == first.get(chosen.source.node)]


def _near(ring: t.Sequence[str], chosen: Chosen, sample: Sample) -> list[str]:
    """The nodes that a source asks: the next ones on the ring, or any; its own always."""
    own = chosen.source.node
    others = [name for name in ring if name != own]
    if sample.mode == "random":
        others.sort(key=lambda name: sample.order(f"{own}/{name}"))
    elif own in ring:
        place = ring.index(own)
        others = [*ring[place + 1 :], *ring[:place]]
    return [own, *others[: sample.neighbours]]


def _view(
    selected: Selected, chosen: Chosen, near: t.Sequence[str], sample: Sample, number: int, askers: int
) -> Selected:
    """What one source asks: a Pod of each of its nodes, those nodes, and its share of Services and Ingresses."""

    def share(names: t.Sequence[t.Any]) -> list[t.Any]:
        return [item for place, item in enumerate(names) if (place - number) % askers < sample.neighbours]

    return dataclasses.replace(
        selected,
        pods=[pod for name in near for pod in _one_of(selected.pods, name, chosen, sample)],
        nodes=[node for node in selected.nodes if node.name in near],
        services=share(selected.services),
        entries=share(selected.entries),
    )


def _one_of(pods: t.Iterable[Pod], node: str, chosen: Chosen, sample: Sample) -> list[Pod]:
    own = chosen.pod.id if chosen.pod else ""
    there = [pod for pod in pods if pod.node == node and pod.id != own]
    return sorted(there, key=lambda pod: sample.order(f"{chosen.source.id}/{pod.id}"))[:1]


def coverage(selected: Selected, views: t.Sequence[View], sample: Sample, nodes: t.Sequence[Node]) -> Coverage:
    """Say what of all there is was asked, and what that tells of the rest."""
    asked = {(chosen.source.node, pod.node) for chosen, view in views if chosen.source.node for pod in view.pods}
    crossing = {pair for pair in asked if pair[0] != pair[1]}
    names = {node.name for node in nodes} or {pod.node for pod in selected.pods}
    pairs = len(names) * (len(names) - 1)
    targets = {pod.id for _chosen, view in views for pod in view.pods}
    left = len(selected.sources) - len(views)
    return Coverage(
        mode=sample.mode,
        sources=(len(views), len(selected.sources)),
        targets=(len(targets), len(selected.pods)),
        pairs=(len(crossing), pairs),
        nodes_in=(len({node for _from, node in asked}), len(names)),
        nodes_out=(len({node for node, _to in asked}), len(names)),
        confidence=_confidence(len(crossing), pairs),
        left_out=({"what": "sources that another Pod of the same node stands for", "count": left},) if left else (),
    )


def _confidence(asked: int, there: int) -> str:
    """The share of broken pairs that a clean sample still allows (the exact form of the rule of three)."""
    if not asked or asked >= there:
        return ""
    share = 1 - math.pow(_ERROR, 1 / asked)
    return (
        f"if no pair of nodes that was asked is broken, then with 95 % confidence less than {share:.1%} of all "
        f"{there} pairs are"
    )
