# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Pods in which nodes ask: a hostNetwork Pod has its node's network and name servers."""

from __future__ import annotations

import typing as t

from .._cluster.errors import ClusterError
from .._debug import placement
from .._debug.debug_spec import DebugSpec
from .._debug.types import Place
from .._snapshot.model import Pod, Snapshot
from .created import Preview
from .probe_pods import POD, PodRequest, ProbePods
from .vantage_point import Declared, NoPlace

#: ICMP needs one of them: a hostNetwork Pod may not set C(ping_group_range) (KEP-2763).
_AS_ROOT = {"securityContext": {"runAsUser": 0, "capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]}}}


class NodePods(Declared):
    """One Pod for each node that asks."""

    level = "node"
    creates = POD
    one_for = "node"
    in_own_namespace = False

    def __init__(self, pods: ProbePods, namespace: str) -> None:
        """Prepare; nothing is sent.

        Args:
            pods: creates the Pods.
            namespace: of the Pods; it must admit C(hostNetwork).
        """
        self.pods, self.namespace = pods, namespace
        self._places: dict[str, Place | NoPlace] = {}

    def find(self, snapshot: Snapshot, nodes: t.Collection[str]) -> None:
        """Use Pods of the snapshot that share their node's network, agents of the network before anything else."""
        for pod in sorted(snapshot.pods, key=_rank):
            if pod.node in nodes and pod.node not in self._places and _serves(pod):
                container = next(item for item in pod.containers if item.running)
                where = pod.namespace, pod.name, container.name, pod.node, container.image
                self._places[pod.node] = Place(self.level, *where)

    def make(self, nodes: t.Collection[str], seconds: float) -> None:
        """Create the Pods and wait for them."""
        try:
            slots = placement.slots(self.pods.api, placement.Choice(tuple(sorted(nodes))), "Pods for nodes")
            made = self.pods.make(self.namespace, [self._request(slot) for slot in slots], seconds)
        except ClusterError as error:
            self._places.update({node: NoPlace(str(error), error.remedy) for node in nodes})
            return
        for pod in made:
            if pod.trouble:
                self._places[pod.node] = NoPlace(pod.trouble.evidence, pod.trouble.remedy)
            elif pod.node in nodes:
                self._places[pod.node] = self.pods.place(self.level, self.namespace, pod)

    def preview(self, node: str) -> Preview:
        """Ask the API server what it would say to the Pod of a node; nothing is written."""
        return self.pods.preview(self.namespace, self._request(placement.Slot(node)))

    def _request(self, slot: placement.Slot) -> PodRequest:
        spec = DebugSpec(self.pods.image, host_network=True, custom=_AS_ROOT, tolerations=tuple(placement.TOLERATE_ALL))
        return PodRequest(slot, spec, slot.node)

    def place_for(self, node: str) -> Place | NoPlace | None:
        """Return the place of a node, or why it has none; nothing where nobody has looked for one."""
        return self._places.get(node)


def _serves(pod: Pod) -> bool:
    return pod.host_network and pod.phase == "Running" and any(item.running for item in pod.containers)


def _rank(pod: Pod) -> tuple[bool, bool, str]:
    """DaemonSets of the network first, the static Pods of the control plane last: their images are bare."""
    return pod.owner.startswith("Node/"), "proxy" in pod.name, pod.id
