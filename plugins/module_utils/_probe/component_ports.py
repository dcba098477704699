# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Ports of Kubernetes' own components and of the overlay, which nodes must reach on each other."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._snapshot import node_kinds
from .._snapshot.facts import Facts, family
from .._snapshot.model import Node


@dataclasses.dataclass(frozen=True)
class ComponentPort:
    """A port of a component of Kubernetes on a node.

    Attributes:
        carries: the families of the Pod traffic that travels in it, where it is the port of an overlay.
    """

    port: int
    name: str
    protocol: str
    why: str
    carries: tuple[str, ...] = ()

    @property
    def instead(self) -> str:
        """The protocol that shows as well whether the port can be reached; empty where there is none."""
        return "tcp" if _words.PROTOCOLS[self.protocol].page else ""


@dataclasses.dataclass(frozen=True)
class _Component:
    """A component of Kubernetes.

    Attributes:
        on: its port on a node, 0 where the node has none or it is not known.
        by: whether a node needs it.
    """

    name: str
    protocol: str
    why: str
    on: t.Callable[[Facts, Node], int]
    by: t.Callable[[Facts, Node], bool]


def _all(_facts: Facts, _node: Node) -> bool:
    return True


def _api_port(facts: Facts, node: Node) -> int:
    own = {*node.internal_ips, *node.external_ips}
    return next((each.port for each in facts.snapshot.api_endpoints if each.address in own), 0)


def _control_plane(facts: Facts, node: Node) -> bool:
    return bool({"control-plane", "master"} & set(node.roles)) or bool(_api_port(facts, node))


def _kubelet_port(_facts: Facts, node: Node) -> int:
    return node_kinds.kubelet_port(node)


def _etcd(facts: Facts, node: Node) -> bool:
    return any(pod.node == node.name and pod.labels.get("component") == "etcd" for pod in facts.snapshot.pods)


def _etcd_port(port: int) -> t.Callable[[Facts, Node], int]:
    return lambda facts, node: port if _etcd(facts, node) else 0


#: https://kubernetes.io/docs/reference/networking/ports-and-protocols/; etcd's are those that IANA assigned to it.
_COMPONENTS = (
    _Component("kube-apiserver", "https", "every node asks the API", _api_port, _all),
    _Component("kubelet", "https", "the API server asks the kubelet for logs and exec", _kubelet_port, _control_plane),
    _Component("etcd-client", "tcp", "the API server asks etcd", _etcd_port(2379), _control_plane),
    _Component("etcd-peer", "tcp", "the members of etcd ask each other", _etcd_port(2380), _etcd),
)


def needed(facts: Facts, node: Node, by: Node, ip_family: str) -> t.Iterator[ComponentPort]:
    """The ports of a node that another one needs there, at an address of a family."""
    for each in _COMPONENTS:
        port = each.on(facts, node)
        if port and each.by(facts, by):
            yield ComponentPort(port, each.name, each.protocol, each.why)
    here, there = (node_kinds.overlay(facts.snapshot, one) for one in (by, node))
    carries = _carried(there, node, ip_family)
    if here and there and here.name == there.name and there.port and carries:
        why = f"Pod traffic between nodes travels in it ({there.reason})"
        yield ComponentPort(there.port, there.name.replace(" ", "-"), there.protocol, why, carries)


def _carried(overlay: node_kinds.Overlay | None, node: Node, ip_family: str) -> tuple[str, ...]:
    """The families of Pods whose traffic an overlay sends to an address of a family.

    flannel has a tunnel for each family. Others have one for all, which ends at the first address of the node.
    """
    if overlay is None or not overlay.port:
        return ()
    if overlay.name.startswith("flannel "):
        return (ip_family,)
    return _words.FAMILIES if [family(address) for address in node.internal_ips[:1]] == [ip_family] else ()
