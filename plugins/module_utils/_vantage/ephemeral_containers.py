# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Ephemeral containers for Pods whose own images have nothing to probe with: the same network, other tools."""

from __future__ import annotations

import dataclasses
import math
import time
import typing as t

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._debug import admission, keepalive, lifetime, room
from .._debug.attach import Attachment
from .._debug.debug_spec import DebugSpec
from .._debug.types import Place
from .created import ObjectKind, Preview
from .probe_pods import START
from .vantage_point import PROFILES, RunNeeds, VantagePoint

Json = dict[str, t.Any]

EPHEMERAL_CONTAINER = ObjectKind(
    "EphemeralContainer",
    "ephemeral container",
    "in Pods of namespace",
    "each ends by itself, and its record stays as long as its Pod",
    (*admission.ATTACH, *admission.WATCH),
    "ephemeral_container",
    "add ephemeral containers",
)
_LIFETIME_S = 600  #: seconds; always the same, so that the next run finds them again
_GRACE_S = 10.0
_NO_ROOM = (
    "its Pod has a limit of memory, and what the other containers leave of it is unknown",
    "set a memory limit for each of them, and a sizeLimit for each emptyDir in memory",
)


class EphemeralContainers(VantagePoint):
    """One ephemeral container in each Pod that needs one; those that are there serve again."""

    title = "an ephemeral container"
    level = "pod"
    creates = EPHEMERAL_CONTAINER
    one_for = "pod"
    in_pod = True
    profiles = PROFILES

    def __init__(self, api: Api, image: str, profile: str, deadline: float) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            image: with a shell or Python.
            profile: one of C(profiles).
            deadline: seconds that the probes of a run may take.
        """
        super().__init__(api)
        seconds = min(max(_LIFETIME_S, math.ceil(deadline) + math.ceil(START)), lifetime.MOST)
        self.programs = [
            DebugSpec(image, profile, "ephemeral", command=keepalive.command(seconds, program))
            for program in (keepalive.SHELL, keepalive.PYTHON)
        ]
        self.deadline = deadline

    @classmethod
    def of_run(cls, needs: RunNeeds) -> EphemeralContainers:
        """Prepare that of a run."""
        return cls(needs.pods.api, needs.pods.image, needs.profile, needs.deadline)

    def prepare(self, containers: t.Sequence[Place], seconds: float) -> None:
        """Give the Pod of each container one: with a shell, and where the image has none with Python."""
        until = time.monotonic() + seconds

        def attach(namespace: str, own: t.Sequence[Place]) -> None:
            for program in self.programs:
                if own:
                    own = self._attach(namespace, own, program, min(until - time.monotonic(), START))

        self._for_each_namespace(containers, attach)

    def preview(self, container: Place) -> Preview | None:
        """The ephemeral container for one container, with a shell."""
        pod = self._pod(container)
        shared = room.shared_kib(pod, container.container)
        if shared == 0:
            return None
        spec = dataclasses.replace(self.programs[0], target="" if shared is None else container.container)
        group = Attachment(self.api, container.namespace, [pod], spec, apart=True)
        group.plan(self.deadline)
        if not group.missing:
            return None
        (member,) = group.missing
        group.forecast()
        trouble = member.trouble
        refusal = ClusterError(trouble.kind, trouble.evidence, trouble.remedy) if trouble else None
        name = f"{container.pod}/{member.container}"
        return Preview(container.namespace, name, t.cast(Json, member.missing), refusal)

    def _attach(self, namespace: str, containers: t.Sequence[Place], spec: DebugSpec, seconds: float) -> list[Place]:
        """Give the Pod of each container one with this program; return those whose image does not have it."""
        pods = self._pods(namespace)
        # Where memory is bounded, the processes that share it must be seen.
        wanted = {item.pod: item.container for item in containers}
        asked = {pod: wanted[pod] for pod in pods if pod in wanted}
        shared = {pod: room.shared_kib(pods[pod], container) for pod, container in asked.items()}
        self._refuse((item for item in containers if shared.get(item.pod) == 0), *_NO_ROOM)
        targets = {pod: "" if bound is None else asked[pod] for pod, bound in shared.items() if bound != 0}
        groups = [
            Attachment(
                self.api,
                namespace,
                [pods[pod] for pod, its in targets.items() if its == target],
                dataclasses.replace(spec, target=target),
                apart=True,
            )
            for target in sorted(set(targets.values()))
        ]
        self._start(namespace, groups, seconds)
        members = {member.name: member for group in groups for member in group.members}
        for item in containers:
            if item.pod in members:
                member = members[item.pod]
                where = namespace, item.pod, member.container, item.node, spec.image
                self._settle(item, member.trouble, Place("pod", *where, shared_kib=shared[item.pod]))
        troubles = {pod: member.trouble for pod, member in members.items() if member.trouble}
        return [item for item in containers if item.pod in troubles and troubles[item.pod].kind == "command"]

    def _start(self, namespace: str, groups: t.Sequence[Attachment], seconds: float) -> None:
        """Add what is missing, after the rights for it were checked, and wait until all run."""
        for group in groups:
            group.plan(self.deadline)
        missing = [member for group in groups for member in group.missing]
        if missing:
            needs = [admission.Need(*right, namespace) for right in self.creates.rights]
            admission.authorise(self.api, needs, missing[0].object)
        until = time.monotonic() + seconds
        for group in groups:
            group.forecast()
            group.add()
            self.added |= bool(group.missing)
        for group in groups:
            group.wait({}, max(1.0, until - time.monotonic()), _GRACE_S)
            self.left += group.left()
