# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What kind of machine a node is, which ports it has, and how Pods of other nodes are reached. Pure."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._selectors import Requirement
from .model import Node, Snapshot

_KUBELET = 10250
_VIRTUAL_LABELS = (
    ("type", "virtual-kubelet"),
    ("kubernetes.azure.com/virtual-node", "true"),
    ("eks.amazonaws.com/compute-type", "fargate"),
)
#: What the labels of a node have to meet for Pods of this collection, as far as labels say it.
FIT: tuple[Requirement, ...] = (
    *((name, "NotIn", (value,)) for name, value in _VIRTUAL_LABELS),
    ("kubernetes.io/os", "NotIn", ("windows",)),
)
_VIRTUAL_TAINTS = ("virtual-kubelet.io/provider", "eks.amazonaws.com/compute-type")


def virtual(node: Node) -> str:
    """Why a node is no machine of its own, which has no node ports and no debug Pods; empty where it is one."""
    for name, value in _VIRTUAL_LABELS:
        if node.labels.get(name) == value:
            return f"it is a virtual node (label {name}={value})"
    taint = next((taint for taint in node.taints if taint.key in _VIRTUAL_TAINTS), None)
    return f"it is a virtual node (taint {taint.key}={taint.value})" if taint else ""


def operating_system(node: Node) -> str:
    """C(linux), C(windows), or empty where it is not known."""
    return node.operating_system or node.labels.get("kubernetes.io/os", "")


def unfit(node: Node) -> str:
    """Why nothing of this collection can run on a node; empty where it can."""
    system = operating_system(node)
    return virtual(node) or (f"its operating system is {system}" if system not in ("", "linux") else "")


def runs_commands(node: Node) -> bool:
    """Whether a command of ours runs in Pods of a node: on Fargate it does, although the node is virtual."""
    return not unfit(node) or node.labels.get("eks.amazonaws.com/compute-type") == "fargate"


def kubelet_port(node: Node) -> int:
    """The port of its kubelet."""
    return node.kubelet_port or _KUBELET


@dataclasses.dataclass(frozen=True)
class Overlay:
    """How Pod traffic travels from one node to another.

    Attributes:
        name: such as C(flannel vxlan).
        protocol: C(udp) where it is a tunnel with a port; empty where it is none, or has no port (IP in IP).
        port: of that; 0 where there is none or it is not known.
        reason: how this is known.
    """

    name: str
    protocol: str = ""
    port: int = 0
    reason: str = ""


#: flannel's backends with a port of their own (Documentation/backends.md): Linux and Windows.
_FLANNEL = {"vxlan": (8472, 4789), "wireguard": (51820, 51820), "udp": (8285, 8285)}
_TUNNELS = {"vxlan": 8472, "geneve": 6081}
#: Antrea's tunnels with a port (docs/network-requirements.md); GRE has none.
_ANTREA = {"geneve": ("udp", 6081), "vxlan": ("udp", 4789), "stt": ("tcp", 7471)}


def overlay(snapshot: Snapshot, node: Node) -> Overlay | None:
    """What carries Pod traffic to a node, None where nothing of the snapshot says it."""
    backend = node.annotations.get("flannel.alpha.coreos.com/backend-type", "")
    if backend:
        return _flannel(snapshot, node, backend)
    if snapshot.cilium:
        return _cilium(snapshot)
    for name in ("IPv4VXLANTunnelAddr", "IPv6VXLANTunnelAddr"):
        if f"projectcalico.org/{name}" in node.annotations:
            return Overlay("Calico VXLAN", "udp", 4789, f"annotation projectcalico.org/{name}")
    if "projectcalico.org/IPv4IPIPTunnelAddr" in node.annotations:
        return Overlay("Calico IP in IP", reason="annotation projectcalico.org/IPv4IPIPTunnelAddr")
    if "k8s.ovn.org/node-subnets" in node.annotations:
        return Overlay("OVN-Kubernetes Geneve", "udp", 6081, "annotation k8s.ovn.org/node-subnets")
    if "node.antrea.io/mac-address" in node.annotations:
        return _antrea(snapshot)
    return None


def _antrea(snapshot: Snapshot) -> Overlay:
    """By its ConfigMap, which may say another tunnel than Geneve, or none; where it was not read, that is not known."""
    found = snapshot.antrea
    if found is None:
        return Overlay("Antrea", reason="annotation node.antrea.io/mac-address")
    mode, kind = found.encap_mode or "encap", found.tunnel_type or "geneve"
    if mode != "encap":  # hybrid has a tunnel between some nodes alone
        return Overlay(f"Antrea {mode}", reason=f"ConfigMap antrea-config: trafficEncapMode {mode}")
    protocol, port = _ANTREA.get(kind, ("", 0))
    reason = f"ConfigMap antrea-config: tunnelType {kind}"
    return Overlay(f"Antrea {kind}", protocol, (found.tunnel_port or port) if protocol else 0, reason)


def _flannel(snapshot: Snapshot, node: Node, backend: str) -> Overlay:
    reason = f"annotation flannel.alpha.coreos.com/backend-type: {backend}"
    known = _FLANNEL.get(backend)
    if known is None:
        return Overlay(f"flannel {backend}", reason=reason)
    given = snapshot.flannel.port if snapshot.flannel and snapshot.flannel.backend_type == backend else 0
    return Overlay(
        f"flannel {backend}",
        "udp",
        _port_of(node) or given or known[operating_system(node) == "windows"],
        reason,
    )


def _port_of(node: Node) -> int:
    """The port that C(backend-data) names; VXLAN's has none on Linux."""
    try:
        found = json.loads(node.annotations.get("flannel.alpha.coreos.com/backend-data", "{}")).get("Port", 0)
    except (ValueError, AttributeError, RecursionError):
        return 0
    return found if type(found) is int and 0 < found < 65536 else 0


def _cilium(snapshot: Snapshot) -> Overlay | None:
    found = snapshot.cilium
    if found is None or not found.routing_mode:
        return None
    reason = f"ConfigMap cilium-config: routing-mode {found.routing_mode}"
    if found.routing_mode == "native":
        return Overlay("Cilium native routing", reason=reason)
    protocol = found.tunnel_protocol or "vxlan"
    return Overlay(f"Cilium {protocol}", "udp", found.tunnel_port or _TUNNELS.get(protocol, 0), reason)


def overlays(snapshot: Snapshot) -> t.Mapping[str, Overlay | None]:
    """C(overlay) of each node by name."""
    return {node.name: overlay(snapshot, node) for node in snapshot.nodes}
