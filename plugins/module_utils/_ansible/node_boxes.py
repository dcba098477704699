# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Pods in which nodes ask: a hostNetwork Pod has its node's network and name servers."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import placement
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.wanted import Wanted
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Snapshot

from .boxes import Boxes, Order

#: ICMP needs one of them: a hostNetwork Pod may not set C(ping_group_range) (KEP-2763).
_AS_ROOT = {"securityContext": {"runAsUser": 0, "capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]}}}


class NodeBoxes:
    """One Pod for each node that asks.

    Attributes:
        trouble: node -> why it has none, and what would help.
    """

    def __init__(self, boxes: Boxes, namespace: str) -> None:
        """Prepare; nothing is sent.

        Args:
            boxes: makes the Pods.
            namespace: of the Pods; it must admit C(hostNetwork).
        """
        self.boxes, self.namespace = boxes, namespace
        self.trouble: dict[str, tuple[str, str]] = {}
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
        by_node = {source.node: source for source in sources}
        wanted = Wanted(self.boxes.image, host_network=True, custom=_AS_ROOT, tolerations=tuple(placement.TOLERATE_ALL))
        try:
            slots = placement.slots(self.boxes.api, placement.Choice(tuple(sorted(by_node))), "Pods for nodes")
            orders = [Order(slot, wanted, slot.node) for slot in slots]
            members = self.boxes.make(self.namespace, orders, seconds)
        except ClusterError as error:
            self.trouble.update({node: (str(error), error.way_out) for node in by_node})
            return
        for member in members:
            if member.trouble:
                self.trouble[member.node] = (member.trouble.evidence, member.trouble.way_out)
            elif member.node in by_node:
                self._inside[member.node] = self.boxes.place(by_node[member.node], self.namespace, member)

    def inside(self, source: Source) -> Source:
        """Return where to ask for a node, or the source with the reason why nowhere."""
        return self._inside.get(source.node) or source


def _serves(pod: Pod) -> bool:
    return pod.host_network and pod.phase == "Running" and any(item.running for item in pod.containers)


def _rank(pod: Pod) -> tuple[bool, bool, str]:
    """DaemonSets of the network first, the static Pods of the control plane last: their images are bare."""
    return pod.owner.startswith("Node/"), "proxy" in pod.name, pod.id
