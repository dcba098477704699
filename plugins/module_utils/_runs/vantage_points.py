# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Where the sources of a run ask: nodes in Pods, containers without tools where the options C(debug_*) allow."""

from __future__ import annotations

import dataclasses
import typing as t

from .._cluster.rest import Api
from .._debug.types import Place
from .._probe.types import Source
from .._snapshot.facts import Facts
from .._vantage.ephemeral_containers import EphemeralContainers
from .._vantage.node_namespaces import NodeNamespaces
from .._vantage.node_pods import NodePods
from .._vantage.probe_pods import ProbePods
from .._vantage.surrogate_pods import SurrogatePods
from .._vantage.vantage_point import VantagePoint

#: Where a container without tools may ask, from the least level up.
LEVELS = ("pod", "namespace", "node")


@dataclasses.dataclass
class VantagePoints:
    """All vantage points of a run.

    Attributes:
        nodes: the Pods that nodes ask from.
        in_pod: those in a container's own Pod; none where there is no image for it.
        beyond: those elsewhere, from the least level up.
        pods: all Pods that are created for them, and removed at the end.
    """

    nodes: NodePods
    in_pod: list[VantagePoint]
    beyond: list[VantagePoint]
    pods: ProbePods

    @property
    def points(self) -> list[VantagePoint]:
        """All for containers."""
        return [*self.in_pod, *self.beyond]


def choose(api: Api, facts: Facts, params: t.Mapping[str, t.Any], run: str) -> VantagePoints:
    """Prepare the vantage points that the options C(debug_*) allow; nothing is sent.

    Args:
        api: the API server.
        facts: the snapshot.
        params: the options of M(kubewire.netdebug.net_probe).
        run: the identity of the run.
    """
    image, deadline, levels = params["debug_image"] or "", params["deadline"], params["debug_levels"]
    profile, namespace = params["debug_profile"], params["debug_namespace"]
    pods = ProbePods(api, image, deadline, run)
    in_pod, beyond = list[VantagePoint](), list[VantagePoint]()
    if image and "pod" in levels:
        in_pod.append(EphemeralContainers(api, image, profile, deadline))
    if image and "namespace" in levels:
        beyond.append(SurrogatePods(pods, facts, profile))
    if image and "node" in levels:
        beyond.append(NodeNamespaces(pods, namespace))
    return VantagePoints(NodePods(pods, namespace), in_pod, beyond, pods)


def as_place(source: Source) -> Place:
    """The place of a source's own container."""
    return Place("container", source.namespace, source.pod, source.container, source.node, source.image)


def asked_at(source: Source, place: Place | None) -> Source:
    """Return a source that asks at a place; itself where there is none."""
    if place is None:
        return source
    fields = ("namespace", "pod", "container", "image", "level", "enter", "shared_kib")
    return dataclasses.replace(source, **{field: getattr(place, field) for field in fields})
