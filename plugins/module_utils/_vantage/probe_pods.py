# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Pods of the debug image that ask in place of others: created together, removed together."""

from __future__ import annotations

import dataclasses
import datetime
import threading
import typing as t

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._debug import admission, keepalive, lifetime, names, spec
from .._debug.debug_spec import DebugSpec
from .._debug.placement import Slot
from .._debug.pod_group import GroupPod, PodGroup
from .._debug.types import END, SPEC_HASH, Left, Place
from .created import ObjectKind, Preview

Json = dict[str, t.Any]
Finish = t.Callable[[Json], None]

POD = ObjectKind("Pod", "Pod", "in namespace", "removed at the end", admission.MAKE, "debug_pod", "create debug Pods")
CONTAINER = "debugger"
#: What such a Pod may use at most: a runner for each source that asks from it. It reserves next to nothing, so that it
#: fits on a node that is full.
RESOURCES = {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1m", "memory": "16Mi"}}
START = 60.0  #: seconds at most that they may take to start
_GRACE_S = 10.0


@dataclasses.dataclass(frozen=True)
class PodRequest:
    """One Pod to create.

    Attributes:
        slot: where it is placed.
        spec: what it holds.
        word: the part of its name that differs from that of the others.
        finish: changes its manifest where a C(DebugSpec) has no field for that.
    """

    slot: Slot
    spec: DebugSpec
    word: str
    finish: Finish | None = None


class ProbePods:
    """All Pods that one run creates to ask from, in any namespace.

    Attributes:
        image: with a shell or Python.
        seconds: how long they live at most.
    """

    def __init__(self, api: Api, image: str, deadline: float, run: str, word: str = "") -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            image: with a shell or Python.
            deadline: seconds that the probes of a run may take.
            run: the identity of the run, as its report has it.
            word: a part of their names, where a run has several sets of Pods.
        """
        self.api, self.image, self.run, self.word = api, image, run, word
        self.seconds = int(deadline + START)
        self._groups: list[PodGroup] = []
        self._lock = threading.Lock()

    def make(self, namespace: str, requests: t.Sequence[PodRequest], seconds: float) -> list[GroupPod]:
        """Create Pods in one namespace and wait for them; each that does not run says why.

        Raises:
            ClusterError: nothing was created.
        """
        with self._lock:
            group = self._group(namespace, requests, len(self._groups))
            self._groups.append(group)
        group.forecast(())
        group.make(self.run, self.seconds, group.name)
        group.wait(max(1.0, min(seconds, START)), _GRACE_S)
        return group.members

    def preview(self, namespace: str, request: PodRequest) -> Preview:
        """Ask the API server what it would say to a Pod; nothing is written."""
        group = self._group(namespace, [request], len(self._groups))
        (pod,) = group.members
        refusal = None
        try:
            group.forecast(())
        except ClusterError as error:
            refusal = error
        return Preview(namespace, pod.name, pod.manifest, refusal)

    def planned(self, namespace: str, requests: t.Sequence[PodRequest]) -> list[Json]:
        """Return the manifests of Pods as C(make) would send them; nothing is sent."""
        return [pod.manifest for pod in self._group(namespace, requests, len(self._groups)).members]

    def _group(self, namespace: str, requests: t.Sequence[PodRequest], number: int) -> PodGroup:
        base = f"kubewire-{self.run}-{self.word}{number}"
        pods = [
            GroupPod(request.slot, self._manifest(request, namespace, base), trouble=request.slot.trouble)
            for request in requests
        ]
        return PodGroup(self.api, namespace, base, pods, CONTAINER)

    def place(self, level: str, namespace: str, pod: GroupPod) -> Place:
        """Return the place that one of the Pods is."""
        return Place(level, namespace, pod.name, CONTAINER, pod.node, self.image)

    def _manifest(self, request: PodRequest, namespace: str, base: str) -> Json:
        wanted = dataclasses.replace(
            request.spec,
            image=self.image,
            container=CONTAINER,
            command=keepalive.command(self.seconds),
            lifetime=self.seconds,
            node=request.slot.node,
            labels={**request.spec.labels, **lifetime.labels(self.run, base)},
            custom={"resources": RESOURCES, **request.spec.custom},
        )
        manifest = spec.pod(wanted, namespace, names.pod_name(base, request.word, self.run))
        if request.finish:
            request.finish(manifest)
        notes = manifest["metadata"].setdefault("annotations", {})
        notes[SPEC_HASH] = names.digest(manifest["spec"])
        notes[END] = lifetime.stamp(lifetime.now() + datetime.timedelta(seconds=self.seconds))
        return manifest

    @property
    def running(self) -> int:
        """How many of them run."""
        return sum(pod.runs for group in self._groups for pod in group.members)

    def remove_troubled(self) -> None:
        """Remove those that do not run."""
        for group in self._groups:
            group.remove_troubled()

    def remove(self) -> list[Left]:
        """Remove them; return those that could not be, which the cluster ends."""
        return [item for group in self._groups for item in group.remove()]
