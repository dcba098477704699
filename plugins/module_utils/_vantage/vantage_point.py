# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A place to ask or to look from for a container that cannot, or the reason why there is none."""

from __future__ import annotations

import abc
import dataclasses
import typing as t
from urllib.parse import quote

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._debug.types import Left, Place, Trouble
from .._record import Record
from .probe_pods import Preview

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class NoPlace(Record):
    """Why there is no other place for a container.

    Attributes:
        reason: in one sentence.
        remedy: what would help, if anything would.
    """

    reason: str
    remedy: str = ""


class VantagePoint(abc.ABC):
    """One level of debugging that provides places for containers that have no tools, or no room, of their own.

    Attributes:
        title: how messages name it.
        level: of debugging.
        kind: of the objects that are created for it.
        own_network: whether its places are in the network namespace of the container's Pod. From another, a Pod's
            traffic to itself cannot be seen.
        left: what stays in the cluster because of it, and until when.
    """

    title = level = ""
    kind = "Pod"
    own_network = True

    def __init__(self, api: Api) -> None:
        self.api = api
        self.left: list[Left] = []
        self._places: dict[str, Place | NoPlace] = {}

    @abc.abstractmethod
    def prepare(self, containers: t.Sequence[Place], seconds: float) -> None:
        """Provide a place for each container, or find out why there is none.

        Args:
            containers: those that have to be replaced.
            seconds: how long that may take.
        """

    @abc.abstractmethod
    def objects(self, containers: t.Sequence[Place]) -> dict[str, list[Place]]:
        """Return by namespace one container for each object that would be created, if none of them could ask."""

    @abc.abstractmethod
    def preview(self, container: Place) -> Preview | None:
        """Return what would be created for a container and what the API server says to it; nothing is written.

        Returns:
            Nothing where the container gets none, or where one that is there serves again.

        Raises:
            ClusterError: the container's Pod cannot be read.
        """

    def place_for(self, container: Place) -> Place | NoPlace:
        """Return the place for a container, or why there is none."""
        return self._places.get(container.object) or NoPlace("the Pod is gone")

    def _for_each_namespace(
        self, containers: t.Sequence[Place], prepare: t.Callable[[str, t.Sequence[Place]], None]
    ) -> None:
        """Do something for each namespace; a refusal in one of them does not affect the others."""
        for namespace in sorted({container.namespace for container in containers}):
            own = [container for container in containers if container.namespace == namespace]
            try:
                prepare(namespace, own)
            except ClusterError as error:
                self._refuse(own, str(error), error.remedy)

    def _pods(self, namespace: str) -> dict[str, Json]:
        """The Pods of a namespace as the API server has them now, by name."""
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
        found = self.api.list(path, None, f"list pods in namespace {namespace}")
        return {str(pod["metadata"]["name"]): pod for pod in found}

    def _pod(self, container: Place) -> Json:
        """The container's Pod as the API server has it now."""
        namespace, pod = quote(container.namespace, safe=""), quote(container.pod, safe="")
        return self.api.get(
            f"/api/v1/namespaces/{namespace}/pods/{pod}", what=f"read Pod {container.namespace}/{container.pod}"
        )

    def _settle(self, container: Place, trouble: Trouble | None, place: Place) -> None:
        """Remember the place for a container, unless the Pod of that place has not started."""
        if trouble:
            self._refuse([container], trouble.evidence, trouble.remedy)
        else:
            self._places[container.object] = place

    def _refuse(self, containers: t.Iterable[Place], reason: str, remedy: str = "") -> None:
        self._places.update({container.object: NoPlace(reason, remedy) for container in containers})
