# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Ports of Kubernetes' own components and of the overlay, which nodes must reach on each other."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._snapshot.facts import Facts
from .._snapshot.model import Node


@dataclasses.dataclass(frozen=True)
class ComponentPort:
    """A port of a component of Kubernetes on a node."""

    port: int
    name: str
    protocol: str
    why: str
    on: t.Callable[[Facts, Node], bool]  #: whether a node has it
    by: t.Callable[[Facts, Node], bool]  #: whether a node needs it
    silence: str = ""  #: why silence says nothing there

    @property
    def instead(self) -> str:
        """The protocol that shows as well whether the port can be reached; empty where there is none."""
        return "tcp" if _words.PROTOCOLS[self.protocol].page else ""


def _all(_facts: Facts, _node: Node) -> bool:
    return True


def _control_plane(_facts: Facts, node: Node) -> bool:
    return bool({"control-plane", "master"} & set(node.roles))


def _etcd(facts: Facts, node: Node) -> bool:
    return any(pod.node == node.name and pod.labels.get("component") == "etcd" for pod in facts.snapshot.pods)


def _flannel(facts: Facts, node: Node) -> bool:
    return any(pod.node == node.name and pod.labels.get("app") == "flannel" for pod in facts.snapshot.pods)


_TUNNEL = "the tunnel does not answer other senders; only a refusal would be an answer"
#: https://kubernetes.io/docs/reference/networking/ports-and-protocols/, and the overlay's.
COMPONENT_PORTS = (
    ComponentPort(6443, "kube-apiserver", "https", "every node asks the API", _control_plane, _all),
    ComponentPort(10250, "kubelet", "https", "the API server asks the kubelet for logs and exec", _all, _control_plane),
    ComponentPort(2379, "etcd-client", "tcp", "the API server asks etcd", _etcd, _control_plane),
    ComponentPort(2380, "etcd-peer", "tcp", "the members of etcd ask each other", _etcd, _etcd),
    ComponentPort(8472, "flannel-vxlan", "udp", "Pod traffic between nodes travels in it", _flannel, _flannel, _TUNNEL),
)
