# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
# ruff: noqa: UP045 # the annotations are evaluated, and hosts that probe may have Python 3.9
"""Samples of big clusters: what is asked of all there is, and what that tells of the rest. Pure.

What a run costs is decided before it is planned. Up to a number of cells and of sources everything is asked; beyond
it, what covers each object once (C(sample_cover.py)), so that a run grows with a cluster and not with its square.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from .._record import Record
from .._snapshot.model import Node
from . import sample_cover, sample_near, sample_ring
from .sample_parts import host_of
from .sample_size import MODES, Count, Sample, Size, View
from .selected import Chosen, Selected, workload_id

__all__ = ["MODES", "Count", "Coverage", "Drawn", "Sample", "View", "coverage", "draw"]
_ERROR = 0.05  #: what 95 % confidence leaves


@dataclasses.dataclass(frozen=True)
class Coverage(Record):
    """What of all there is was asked; pairs of numbers are asked and there."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"mode", "sources", "targets", "pairs", "nodes_in", "nodes_out"})

    mode: str
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    pairs: tuple[int, ...]  #: of nodes
    nodes_in: tuple[int, ...]
    nodes_out: tuple[int, ...]
    services: tuple[int, ...] = ()
    hosts: tuple[int, ...] = ()  #: of Ingresses and routes
    workloads_in: tuple[int, ...] = ()
    workloads_out: tuple[int, ...] = ()
    cells: tuple[int, ...] = ()  #: where the run chose the sample itself
    confidence: str = ""
    upper_bound: t.Optional[float] = None  #: of the share of pairs of nodes that may be broken
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


def draw(selected: Selected, sample: Sample, count: Count, nodes: t.Sequence[Node]) -> Drawn:
    """Choose who asks, each with what of the selection it asks.

    Args:
        selected: what could ask and be asked.
        sample: the option. C(auto) keeps the run below its C(max_cells) and C(max_execs), and the Pods of a node from
            making too many neighbours of one another.
        count: the questions of a source.
        nodes: all of the cluster.
    """
    everything = [(chosen, selected) for chosen in selected.sources]
    if sample.mode == "all":
        return Drawn(everything, "all")
    if sample.mode != "auto":
        return Drawn(sample_ring.meshed(selected, sample), sample.mode)
    size = Size(count, sample)
    outside = [
        (chosen, _outside_view(chosen, selected, sample, count)) for chosen, _view in everything if _is_outside(chosen)
    ]
    estimate = size.whole(selected)
    if len(everything) <= sample.execs(0) and size.may_fit(estimate):
        inside = [view for view in everything if not _is_outside(view[0])]
        near, spared = sample_near.fewer_near([*inside, *outside], selected, sample)
        if (there := size.fits(near)) is not None:
            cut = any(view is not selected for _chosen, view in outside)
            mode = "auto" if cut else "fewer_on_node" if spared else "all"
            return Drawn(_in_order(selected, near), mode, max(there, estimate) if mode != "all" else 0, spared)
    views = sample_cover.Cover(selected, sample, size, outside, nodes).views()
    return Drawn(_in_order(selected, views), "auto", estimate)


def _is_outside(chosen: Chosen) -> bool:
    return chosen.source.kind == "outside"


def _in_order(selected: Selected, views: t.Iterable[View]) -> list[View]:
    """The views in the order of the sources."""
    by_source = {chosen.source.id: (chosen, view) for chosen, view in views}
    return [by_source[chosen.source.id] for chosen in selected.sources if chosen.source.id in by_source]


def _outside_view(chosen: Chosen, view: Selected, sample: Sample, count: Count) -> Selected:
    """What a machine outside asks: all of it, or of nodes, and then of Services and entries, as many as it may ask."""
    most = sample.outside_cells(len(view.sources))
    for field in ("nodes", "services", "entries"):
        while count(chosen, view, most + 1) > most and len(items := getattr(view, field)) > 1:
            kept = sorted(items, key=lambda item: sample.order(item.name))[: len(items) // 2]
            view = dataclasses.replace(view, **t.cast("dict[str, t.Any]", {field: kept}))
    return view


def coverage(selected: Selected, drawn: Drawn, planned: int, nodes: t.Sequence[Node]) -> Coverage:
    """Say what of all there is was asked, with so many cells planned, and what that tells of the rest."""
    views = drawn.views
    inside = [(chosen, view) for chosen, view in views if not _is_outside(chosen)]
    asked = {(chosen.source.node, pod.node) for chosen, view in inside for pod in view.pods}
    crossing = {pair for pair in asked if pair[0] != pair[1]}
    names = {node.name for node in nodes} or {pod.node for pod in selected.pods}
    pairs = len(names) * (len(names) - 1)
    targets = {pod.id: pod for _chosen, view in inside for pod in view.pods}
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
        services=_part((service.id for _chosen, view in inside for service in view.services), selected.services),
        hosts=(
            len({host_of(entry) for _chosen, view in inside for entry in view.entries}),
            len(set(map(host_of, selected.entries))),
        ),
        workloads_in=(
            len({workload_id(pod) for pod in targets.values()}),
            len({workload_id(pod) for pod in selected.pods}),
        ),
        workloads_out=(_workloads(chosen for chosen, _view in inside), _workloads(selected.sources)),
        cells=(planned, max(planned, drawn.all_cells)) if drawn.all_cells else (),
        confidence=_confidence(len(crossing), pairs),
        upper_bound=_upper_bound(len(crossing), pairs),
        left_out=tuple({"what": what, "count": count} for what, count in left.items() if count),
    )


def _part(asked: t.Iterable[str], there: t.Sequence[t.Any]) -> tuple[int, int]:
    return len(set(asked)), len(there)


def _workloads(sources: t.Iterable[Chosen]) -> int:
    return len({workload_id(chosen.pod) for chosen in sources if chosen.pod and chosen.whole})


def _upper_bound(asked: int, there: int) -> float | None:
    """The share of broken pairs that a clean sample still allows (the exact form of the rule of three)."""
    return None if not asked or asked >= there else 1 - math.pow(_ERROR, 1 / asked)


def _confidence(asked: int, there: int) -> str:
    share = _upper_bound(asked, there)
    if share is None:
        return ""
    return (
        f"if no tested pair of nodes is broken, then with 95 % confidence less than {100 * share:.2g}% of all "
        f"{there} pairs are"
    )
