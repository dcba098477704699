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
from .._vantage import echo
from .._vantage.ephemeral_containers import EphemeralContainers
from .._vantage.node_namespaces import NodeNamespaces
from .._vantage.node_pods import NodePods
from .._vantage.probe_pods import ProbePods
from .._vantage.surrogate_pods import SurrogatePods
from .._vantage.vantage_point import Declared, RunNeeds, VantagePoint

#: Where a container without tools may ask, from the least level up.
POINTS: tuple[type[VantagePoint], ...] = (EphemeralContainers, SurrogatePods, NodeNamespaces)
LEVELS = tuple(point.level for point in POINTS)  #: as the option C(debug_levels) has them
_ALL: tuple[type[Declared], ...] = (*POINTS, NodePods)
KINDS = {point.creates.name: point.creates for point in (*_ALL, *echo.OBJECTS)}  #: of the objects that are created


@dataclasses.dataclass
class VantagePoints:
    """All vantage points of a run.

    Attributes:
        nodes: the Pods that nodes ask from.
        points: those for containers, from the least level up; none where there is no image for them.
        pods: all Pods that are created for them, and removed at the end.
    """

    nodes: NodePods
    points: list[VantagePoint]
    pods: ProbePods

    @property
    def in_pod(self) -> list[VantagePoint]:
        """Those in a container's own Pod."""
        return [point for point in self.points if point.in_pod]

    @property
    def beyond(self) -> list[VantagePoint]:
        """Those elsewhere."""
        return [point for point in self.points if not point.in_pod]


def allowed(params: t.Mapping[str, t.Any]) -> list[type[VantagePoint]]:
    """Return those for containers that the options C(debug_*) allow, from the least level up."""
    return [point for point in POINTS if params["debug_image"] and point.level in params["debug_levels"]]


def for_sources(params: t.Mapping[str, t.Any], kinds: t.Collection[str]) -> list[type[Declared]]:
    """Return all that sources of some kinds may get something created for.

    Args:
        params: the options of the module.
        kinds: of the sources.
    """
    nodes = [NodePods] if params["debug_image"] and "node" in kinds else []
    return [*(allowed(params) if "pod" in kinds else ()), *nodes]


def choose(api: Api, facts: Facts, params: t.Mapping[str, t.Any], run: str) -> VantagePoints:
    """Prepare the vantage points that the options C(debug_*) allow; nothing is sent.

    Args:
        api: the API server.
        facts: the snapshot.
        params: the options of M(kubewire.netdebug.net_probe).
        run: the identity of the run.
    """
    deadline, namespace = params["deadline"], params["debug_namespace"]
    pods = ProbePods(api, params["debug_image"] or "", deadline, run)
    needs = RunNeeds(pods, facts, params["debug_profile"], namespace, deadline)
    return VantagePoints(NodePods(pods, namespace), [point.of_run(needs) for point in allowed(params)], pods)


def as_place(source: Source) -> Place:
    """The place of a source's own container."""
    return Place("container", source.namespace, source.pod, source.container, source.node, source.image)


def asked_at(source: Source, place: Place | None) -> Source:
    """Return a source that asks at a place; itself where there is none."""
    if place is None:
        return source
    fields = ("namespace", "pod", "container", "image", "level", "enter", "shared_kib")
    return dataclasses.replace(source, **{field: getattr(place, field) for field in fields})
