# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Models that end at what the cluster stands on: its API server, its DNS, its nodes."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._snapshot.facts import Facts, is_address
from ..._snapshot.model import Node
from ..types import Target
from .context import Asked, ProbeContext

API = Target("apiserver", "apiserver", "kubernetes", "default", 443, "https")
#: A source asks the first so many servers of its resolv.conf, as libc does (MAXNS).
_MOST_SERVERS = 3


def pod_to_apiserver(context: ProbeContext) -> t.Iterator[Asked]:
    """The API server by name and by address, and each instance behind it; 401 and 403 are answers, too."""
    model, protocol = "pod_to_apiserver", "https" if context.wants("https") else "tcp"
    if not context.wants(protocol) or not context.selected.everything:
        return
    path = "/version" if protocol == "https" else ""
    full = f"kubernetes.default.svc.{context.options.cluster_domain}"
    names = (("name.namespace", "kubernetes.default"), ("fqdn", full), ("fqdn.", f"{full}."))
    ways = [
        (via, name, ip_family)
        for _address, ip_family in context.families(context.facts.snapshot.api_addresses)
        for via, name in names
    ]
    ways += [("address", *pair) for pair in context.families(context.facts.snapshot.api_addresses)]
    for via, host, ip_family in ways:
        yield context.ask(model, API, protocol, host, ip_family, port=443, path=path, via=via)
    for endpoint in context.facts.snapshot.api_endpoints:
        for address, ip_family in context.families([endpoint.address]):
            behind = Target(f"apiserver/{endpoint.address}", "apiserver", endpoint.address, port=endpoint.port)
            yield context.ask(model, behind, protocol, address, ip_family, port=endpoint.port, path=path)


def pod_to_dns(context: ProbeContext) -> t.Iterator[Asked]:
    """A name of the cluster and one outside of it, by UDP and by TCP, from each server of the Pod's own resolv.conf."""
    if not context.wants("dns") or not context.selected.everything:
        return
    own = f"kubernetes.default.svc.{context.options.cluster_domain}."
    names = [("cluster name", own)] + [
        ("outside name", f"{host.host.rstrip('.')}.") for host in context.selected.internet if not is_address(host.host)
    ][:1]
    for ip_family in context.own_families():
        answers = tuple(
            address for address, each in context.families(context.facts.snapshot.api_addresses) if each == ip_family
        )
        for number in range(1, _MOST_SERVERS + 1):
            behind = Target(f"dns/{number}", "dns", f"name server {number} of resolv.conf")
            for via, name in names:
                if name == own and not answers:
                    continue
                for transport in ("", "tcp"):
                    yield context.ask(
                        "pod_to_dns",
                        behind,
                        "dns",
                        name,
                        ip_family,
                        via=f"{via}, {transport or 'udp'}",
                        dns_server=f"@{number}",
                        transport=transport,
                        answers=answers if name == own else (),
                    )


@dataclasses.dataclass(frozen=True)
class NodePort:
    """A port of Kubernetes' own that nodes must reach on each other."""

    port: int
    name: str
    protocol: str
    why: str
    on: t.Callable[[Facts, Node], bool]  #: whether a node has it
    by: t.Callable[[Facts, Node], bool]  #: whether a node needs it


def _all(_facts: Facts, _node: Node) -> bool:
    return True


def _control_plane(_facts: Facts, node: Node) -> bool:
    return bool({"control-plane", "master"} & set(node.roles))


def _etcd(facts: Facts, node: Node) -> bool:
    return any(pod.node == node.name and pod.labels.get("component") == "etcd" for pod in facts.snapshot.pods)


def _flannel(facts: Facts, node: Node) -> bool:
    return any(pod.node == node.name and pod.labels.get("app") == "flannel" for pod in facts.snapshot.pods)


#: https://kubernetes.io/docs/reference/networking/ports-and-protocols/, and the overlay's.
NODE_PORTS = (
    NodePort(6443, "kube-apiserver", "https", "every node asks the API", _control_plane, _all),
    NodePort(10250, "kubelet", "https", "the API server asks the kubelet for logs and exec", _all, _control_plane),
    NodePort(2379, "etcd-client", "tcp", "the API server asks etcd", _etcd, _control_plane),
    NodePort(2380, "etcd-peer", "tcp", "the members of etcd ask each other", _etcd, _etcd),
    NodePort(8472, "flannel-vxlan", "udp", "Pod traffic between nodes travels in it", _flannel, _flannel),
)


def node_to_node(context: ProbeContext) -> t.Iterator[Asked]:
    """Every other node: by ICMP, the size of a packet that passes, and the ports of Kubernetes that it needs there."""
    own = context.facts.nodes.get(context.source.node)
    if own is None:
        return
    for node in context.selected.nodes:
        if node.name == own.name:
            continue
        for address, ip_family in context.families(node.internal_ips):
            whole = Target(f"node/{node.name}", "node", node.name, node=node.name)
            for protocol in ("icmp", "mtu"):
                if context.wants(protocol):
                    yield context.ask("node_to_node", whole, protocol, address, ip_family)
            for port in NODE_PORTS:
                protocol = port.protocol if context.wants(port.protocol) else "tcp" if port.protocol == "https" else ""
                if (
                    protocol
                    and context.wants(protocol)
                    and port.on(context.facts, node)
                    and port.by(context.facts, own)
                ):
                    suffix = "/udp" if protocol == "udp" else ""
                    name = f"node/{node.name}:{port.port}{suffix}"
                    behind = Target(name, "node", node.name, "", port.port, port.name, node.name)
                    path = "/healthz" if protocol == "https" else ""
                    yield context.ask("node_to_node", behind, protocol, address, ip_family, port=port.port, path=path)
