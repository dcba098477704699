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
from .._snapshot.facts import Facts
from .created import ObjectKind, Preview
from .probe_pods import ProbePods

Json = dict[str, t.Any]

PROFILES = ("restricted", "baseline")  #: what a probe may need at most; both pass the Pod Security of their name


@dataclasses.dataclass(frozen=True)
class NoPlace(Record):
    """Why there is no other place for a container.

    Attributes:
        reason: in one sentence.
        remedy: what would help, if anything would.
    """

    reason: str
    remedy: str = ""


@dataclasses.dataclass(frozen=True)
class RunNeeds:
    """What a run gives to all of its vantage points; each takes what it needs.

    Attributes:
        pods: creates Pods; it has the API server, the image and the identity of the run.
        facts: the snapshot, with the policies.
        profile: of containers that have no more rights than a probe needs.
        namespace: of Pods that cannot be in that of the container.
        deadline: seconds that the probes of the run may take.
    """

    pods: ProbePods
    facts: Facts
    profile: str
    namespace: str
    deadline: float


class Declared:
    """What is known of a place to ask from before a run; check mode, rights and options are read from it.

    Attributes:
        level: of debugging.
        creates: the kind of the objects that are created for it.
        one_for: of what there is one object for each: C(container), C(pod) or C(node).
        in_own_namespace: whether they are in the namespace of who asks; else they are in one for debug Pods.
        privileged: whether they may do anything on their node.
    """

    level: t.ClassVar[str]
    creates: t.ClassVar[ObjectKind]
    one_for: t.ClassVar[str] = "container"
    in_own_namespace: t.ClassVar[bool] = True
    privileged: t.ClassVar[bool] = False

    @classmethod
    def namespaces(cls, own: t.Iterable[str], other: str) -> tuple[str, ...]:
        """Return the namespaces of the objects.

        Args:
            own: of who asks.
            other: that of debug Pods.
        """
        return tuple(own) if cls.in_own_namespace else (other,)


class VantagePoint(Declared, abc.ABC):
    """One level of debugging that provides places for containers that have no tools, or no room, of their own.

    Attributes:
        title: how messages name it.
        own_network: whether its places are in the network namespace of the container's Pod. From another, a Pod's
            traffic to itself cannot be seen.
        in_pod: whether its places are in the container's own Pod, and share its limits.
        profiles: those that the user may choose from; none where it needs one of its own.
        added: whether something was added to the cluster that cannot be removed at the end.
        left: what stays in the cluster because of it, and until when.
    """

    title: t.ClassVar[str]
    own_network: t.ClassVar[bool] = True
    in_pod: t.ClassVar[bool] = False
    profiles: t.ClassVar[tuple[str, ...]] = ()

    def __init__(self, api: Api) -> None:
        self.api = api
        self.namespace = ""  # of what is created, where that is not the container's own
        self.added = False
        self.left: list[Left] = []
        self._places: dict[str, Place | NoPlace] = {}

    @classmethod
    @abc.abstractmethod
    def of_run(cls, needs: RunNeeds) -> VantagePoint:
        """Prepare that of a run; nothing is sent."""

    @abc.abstractmethod
    def prepare(self, containers: t.Sequence[Place], seconds: float) -> None:
        """Provide a place for each container, or find out why there is none.

        Args:
            containers: those that have to be replaced.
            seconds: how long that may take.
        """

    def objects(self, containers: t.Sequence[Place]) -> dict[str, list[Place]]:
        """Return by namespace one container for each object that would be created, if none of them could ask."""
        found: dict[str, dict[object, Place]] = {}
        for container in filter(self.can_replace, containers):
            (namespace,) = self.namespaces([container.namespace], self.namespace)
            found.setdefault(namespace, {}).setdefault(_KEYS[self.one_for](container), container)
        return {namespace: list(own.values()) for namespace, own in found.items()}

    def can_replace(self, container: Place) -> bool:  # noqa: ARG002 - of some it depends
        """Tell whether there can be a place for a container, as far as that is known before one is created."""
        return True

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


#: What there is one object for each of -> what tells these apart.
_KEYS: dict[str, t.Callable[[Place], object]] = {
    "container": lambda container: container.object,
    "pod": lambda container: (container.namespace, container.pod),
    "node": lambda container: container.node,
}
