# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Pods of the debug image that ask in place of others: made together, removed together."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import keepalive, lifetime, names, spec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.placement import Slot
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.pod_group import Member, PodGroup
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END, SPEC_HASH, Left
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.wanted import Wanted
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source

Json = dict[str, t.Any]
Finish = t.Callable[[Json], None]

#: What making and removing them needs: verb, resource, subresource, API group.
RIGHTS = (
    *((verb, "pods", "", "") for verb in ("get", "list", "watch", "create", "delete")),
    *((verb, "jobs", "", "batch") for verb in ("create", "delete")),
)
CONTAINER = "debugger"
#: What such a Pod may use at most: a runner for each source that asks from it. It reserves next to nothing, so that it
#: fits on a node that is full.
RESOURCES = {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1m", "memory": "16Mi"}}
START = 60.0  #: seconds at most that they may take to start
_GRACE = 10.0


@dataclasses.dataclass(frozen=True)
class Order:
    """One Pod that is wanted: where it lands, what it holds, and what a C(Wanted) cannot say."""

    slot: Slot
    wanted: Wanted
    word: str  #: the part of its name that tells it from the others
    finish: Finish | None = None


class Boxes:
    """The Pods that were made for one purpose.

    Attributes:
        image: with a shell or Python.
        seconds: how long they live at most.
    """

    def __init__(self, api: Api, image: str, deadline: float) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            image: with a shell or Python.
            deadline: seconds that the probes of a run may take.
        """
        self.api, self.image = api, image
        self.seconds = int(deadline + START)
        self._groups: list[PodGroup] = []

    def make(self, namespace: str, orders: t.Sequence[Order], seconds: float) -> list[Member]:
        """Make Pods in one namespace and wait for them; each that does not run says why.

        Raises:
            ClusterError: nothing was made.
        """
        run = lifetime.run_id()
        base = f"kubewire-{run}"
        members = [
            Member(order.slot, self._manifest(order, namespace, base), trouble=order.slot.trouble) for order in orders
        ]
        group = PodGroup(self.api, namespace, base, members, CONTAINER)
        self._groups.append(group)
        group.forecast(())
        group.make(run, self.seconds)
        group.wait(max(1.0, min(seconds, START)), _GRACE)
        return members

    def place(self, source: Source, namespace: str, member: Member) -> Source:
        """Return where to ask for a source: in one of the Pods."""
        return dataclasses.replace(source, namespace=namespace, pod=member.name, container=CONTAINER, image=self.image)

    def _manifest(self, order: Order, namespace: str, base: str) -> Json:
        run = base.removeprefix("kubewire-")
        labels = {**order.wanted.labels, **lifetime.labels(run, base)}
        wanted = dataclasses.replace(
            order.wanted,
            image=self.image,
            container=CONTAINER,
            command=keepalive.command(self.seconds),
            lifetime=self.seconds,
            node=order.slot.node,
            labels=labels,
            custom={"resources": RESOURCES, **order.wanted.custom},
        )
        manifest = spec.pod(wanted, namespace, names.pod_name(base, order.word, run))
        if order.finish:
            order.finish(manifest)
        notes = manifest["metadata"].setdefault("annotations", {})
        notes[SPEC_HASH] = names.digest(manifest["spec"])
        notes[END] = lifetime.stamp(lifetime.now() + datetime.timedelta(seconds=self.seconds))
        return manifest

    def remove(self) -> list[Left]:
        """Remove them; return those that could not be, which the cluster ends."""
        return [item for group in self._groups for item in group.remove()]
