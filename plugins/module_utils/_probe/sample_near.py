# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Pods of a crowded node: how many of one another they ask, so that the node's table of neighbours holds them. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .pace import KEPT
from .sample_size import Sample, View
from .selected import Selected

#: Neighbours that Pods make of one another on one node: as many as the pace of a run allows in a minute.
MAX_NEAR = 2 * KEPT


def fewer_near(views: list[View], selected: Selected, sample: Sample) -> tuple[list[View], int]:
    """Let the Pods of a crowded node ask only the next ones on a ring of them; tell how many pairs that spares."""
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
    if 2 * asking * len(there) <= MAX_NEAR:
        return set()
    place = there.index(own) + 1 if own in there else 0
    most = max(1, MAX_NEAR // (2 * asking))
    return {there[(place + step) % len(there)] for step in range(most, len(there))} - {own}
