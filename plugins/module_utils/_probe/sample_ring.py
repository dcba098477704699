# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Samples whose size the user sets: from each node, its next ones on a ring or random ones. Pure.

All pairs of a thousand nodes are a million. On a ring of the nodes, each asks the next few: so every node's way in and
way out is covered with a few questions a node. That is how kubenurse and goldpinger bound their meshes, too.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot.model import Pod
from .sample_size import Sample, View
from .selected import Chosen, Selected


def meshed(selected: Selected, sample: Sample) -> list[View]:
    """Who asks in the modes C(ring) and C(random): one Pod of each node, a few nodes and its share of the rest."""
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
