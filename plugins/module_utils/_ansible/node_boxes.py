# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Where probes of a node are sent from: a Pod of ours in the node's own network, or one that is there already."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import lifetime, names, placement, spec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.pod_group import Member, PodGroup
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END, SPEC_HASH, Left, Refused
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.wanted import Wanted
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Snapshot

#: What making and removing them needs: verb, resource, subresource, API group.
RIGHTS = (
    *((verb, "pods", "", "") for verb in ("get", "list", "watch", "create", "delete")),
    *((verb, "jobs", "", "batch") for verb in ("create", "delete")),
)
_START = 60.0  #: seconds at most that they may take to start
_GRACE = 10.0
#: ICMP needs one of them: a hostNetwork Pod may not set C(ping_group_range) (KEP-2763).
_AS_ROOT = {"securityContext": {"runAsUser": 0, "capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]}}}


class NodeBoxes:
    """One Pod for each node that asks.

    Attributes:
        trouble: node -> why it has none, and what would help.
    """

    def __init__(self, api: Api, namespace: str, image: str, deadline: float) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            namespace: of the Pods; it must admit C(hostNetwork).
            image: with a shell or Python; empty where only Pods that are there may be used.
            deadline: seconds that the probes of a run may take.
        """
        self.api, self.namespace, self.image = api, namespace, image
        self.seconds = int(deadline + _START)
        self.trouble: dict[str, tuple[str, str]] = {}
        self.group: PodGroup | None = None
        self._inside: dict[str, Source] = {}

    def find(self, snapshot: Snapshot, sources: t.Sequence[Source]) -> None:
        """Use Pods of the snapshot that share their node's network, agents of the network before anything else."""
        wanted = {source.node: source for source in sources}
        for pod in sorted(snapshot.pods, key=_rank):
            if pod.node in wanted and pod.node not in self._inside and _serves(pod):
                container = next(item for item in pod.containers if item.running)
                self._inside[pod.node] = dataclasses.replace(
                    wanted[pod.node],
                    namespace=pod.namespace,
                    pod=pod.name,
                    container=container.name,
                    image=container.image,
                )

    def make(self, sources: t.Sequence[Source], seconds: float) -> None:
        """Make the Pods and wait for them; where none can be, C(trouble) says why."""
        try:
            self._make(sorted({source.node for source in sources}), min(seconds, _START))
        except (ClusterError, Refused) as error:
            self.trouble.update({source.node: (str(error), error.way_out) for source in sources})
            return
        by_node = {source.node: source for source in sources}
        for member in self.group.members if self.group else ():
            if member.trouble:
                self.trouble[member.node] = (member.trouble.evidence, member.trouble.way_out)
            elif member.node in by_node:
                self._inside[member.node] = dataclasses.replace(
                    by_node[member.node],
                    namespace=self.namespace,
                    pod=member.name,
                    container="debugger",
                    image=self.image,
                )

    def _make(self, nodes: t.Sequence[str], seconds: float) -> None:
        run = lifetime.run_id()
        base = f"kubewire-{run}"
        wanted = Wanted(
            self.image,
            command=("sleep", str(self.seconds)),
            host_network=True,
            custom=_AS_ROOT,
            tolerations=tuple(placement.TOLERATE_ALL),
            lifetime=self.seconds,
        )
        slots = placement.slots(self.api, placement.Choice(tuple(nodes)), f"Pod {self.namespace}/{base}")
        members = [
            Member(slot, self._manifest(wanted, slot, names.pod_name(base, slot.node, run), base), trouble=slot.trouble)
            for slot in slots
        ]
        self.group = PodGroup(self.api, self.namespace, base, members, wanted.container)
        self.group.forecast(())
        self.group.make(run, self.seconds)
        self.group.wait(max(1.0, seconds), _GRACE)

    def _manifest(self, wanted: Wanted, slot: placement.Slot, name: str, base: str) -> dict[str, t.Any]:
        labels = lifetime.labels(base.removeprefix("kubewire-"), base)
        manifest = spec.pod(dataclasses.replace(wanted, node=slot.node, labels=labels), self.namespace, name)
        notes = manifest["metadata"].setdefault("annotations", {})
        notes[SPEC_HASH] = names.digest(manifest["spec"])
        notes[END] = lifetime.stamp(lifetime.now() + datetime.timedelta(seconds=self.seconds))
        return manifest

    def inside(self, source: Source) -> Source:
        """Return where to ask for a node, or the source with the reason why nowhere."""
        return self._inside.get(source.node) or source

    def remove(self) -> list[Left]:
        """Remove the Pods that were made; return those that could not be, which the cluster ends."""
        if self.group:
            try:
                self.group.remove()
            except ClusterError as error:  # no reason to lose what they found out
                return self.group.left(f"could not be removed: {error}")
        return []


def _serves(pod: Pod) -> bool:
    return pod.host_network and pod.phase == "Running" and any(item.running for item in pod.containers)


def _rank(pod: Pod) -> tuple[bool, bool, str]:
    """DaemonSets of the network first, the static Pods of the control plane last: their images are bare."""
    return pod.owner.startswith("Node/"), "proxy" in pod.name, pod.id
