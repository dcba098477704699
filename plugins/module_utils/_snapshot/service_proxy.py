# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What implements Services on the nodes, as far as the cluster says it. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress

from .model import Node, Pod, Snapshot


@dataclasses.dataclass(frozen=True)
class Proxy:
    """What implements Services on the nodes.

    Attributes:
        name: C(kube-proxy) or C(cilium); empty where it is not known.
        mode: of kube-proxy; empty where it is not known.
        pings: whether a ClusterIP answers ICMP: C(no), C(maybe), or C(unknown).
        reason: how this is known.
    """

    name: str = ""
    mode: str = ""
    pings: str = "unknown"
    reason: str = ""


def proxy(snapshot: Snapshot) -> Proxy:
    """What implements Services: Cilium in place of kube-proxy, or kube-proxy as its ConfigMap says."""
    replaced = snapshot.cilium.kube_proxy_replacement if snapshot.cilium else ""
    if replaced in ("true", "strict"):
        return Proxy("cilium", reason=f"ConfigMap cilium-config: kube-proxy-replacement {replaced}")
    if snapshot.kube_proxy is None:
        pods = (*snapshot.pods, *(snapshot.beyond.pods if snapshot.beyond else ()))
        found = next((pod for pod in pods if pod.namespace == "kube-system" and _is_kube_proxy(pod)), None)
        return Proxy("kube-proxy", reason=f"Pod {found.id}") if found else Proxy()
    # Without a mode it is iptables on Linux (KubeProxyConfiguration.mode).
    mode = snapshot.kube_proxy.mode or "iptables"
    # In IPVS mode the address is on an interface of each node (kube-ipvs0); elsewhere, only its ports are translated.
    pings = {"ipvs": "maybe", "iptables": "no"}.get(mode, "unknown")
    return Proxy("kube-proxy", mode, pings, f"ConfigMap kube-proxy: mode {mode}")


def _is_kube_proxy(pod: Pod) -> bool:
    """Whether a Pod is kube-proxy, by the labels that kubeadm and the managed services give it."""
    return "kube-proxy" in (pod.labels.get("k8s-app"), pod.labels.get("component"))


def node_port_addresses(snapshot: Snapshot, node: Node) -> tuple[str, ...] | None:
    """The addresses of a node at which node ports answer; None where it is not known.

    In iptables and IPVS mode all, in nftables mode the first of each family, unless C(nodePortAddresses) differs.
    """
    if snapshot.kube_proxy is None or (found := proxy(snapshot)).name != "kube-proxy":
        return None  # who replaces it decides
    there = (*node.internal_ips, *node.external_ips)
    wanted = snapshot.kube_proxy.node_port_addresses
    if "primary" in wanted or (not wanted and found.mode == "nftables"):
        first: dict[bool, str] = {}
        for address in node.internal_ips:
            first.setdefault(":" in address, address)
        return tuple(first.values())
    if not wanted:
        return there
    networks = [ipaddress.ip_network(text, strict=False) for text in wanted]
    # Of a family that has no network here, all of them (NewNodePortAddresses in pkg/proxy/util/nodeport_addresses.go).
    named = {network.version for network in networks}
    return tuple(
        address
        for address, ip in ((each, ipaddress.ip_address(each)) for each in there)
        if ip.version not in named or any(ip in network for network in networks)
    )
