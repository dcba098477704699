# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which service mesh takes the traffic of a Pod, and whether it wants mutual TLS. Pure.

A sidecar is known by its container, injected or native, and by what redirects the Pod's traffic to it: an init
container or, with a CNI plugin of the mesh, annotations alone. A mesh without sidecars is known by labels and
annotations.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .model import PeerAuthentication, Pod

ISTIO_ROOT = "istio-system"
AMBIENT = "istio.io/dataplane-mode"
_PORTS = 65536


@dataclasses.dataclass(frozen=True)
class Mesh:
    """What a mesh does with the TCP of a Pod.

    Attributes:
        name: C(istio), C(linkerd), C(consul), C(kuma) or C(osm).
        container: of the sidecar; empty for a mesh without (Istio ambient).
        native: whether the sidecar is an init container that keeps running.
        takes: C(yes) where outgoing TCP goes to the sidecar, C(no) where it does not, else C(unknown).
        spared_ports: outgoing ports that it does not take.
        only_ports: the only outgoing ports that it takes; none for all.
        spared_inbound: incoming ports that it does not take.
        mtls: C(strict) where plain connections to the Pod are refused, C(permissive), C(off), else C(unknown).
        plain_ports: incoming ports that take plain connections all the same.
        reason: how this is known.
    """

    name: str
    container: str = ""
    native: bool = False
    takes: str = "unknown"
    spared_ports: frozenset[int] = frozenset()
    only_ports: frozenset[int] = frozenset()
    spared_inbound: frozenset[int] = frozenset()
    mtls: str = "unknown"
    plain_ports: frozenset[int] = frozenset()
    reason: str = ""

    def takes_port(self, port: int) -> str:
        """Whether an outgoing connection to a port goes to the sidecar: C(yes), C(no) or C(unknown)."""
        if port in self.spared_ports or (self.only_ports and port not in self.only_ports):
            return "no"
        return self.takes

    def wants_mtls(self, port: int) -> str:
        """C(mtls) for one incoming port of the Pod."""
        return "off" if port in self.spared_inbound or port in self.plain_ports else self.mtls


@dataclasses.dataclass(frozen=True)
class _Kind:
    """How a mesh is recognised: containers, init containers that redirect, and annotations about it."""

    name: str
    containers: tuple[str, ...]
    redirects: tuple[str, ...]
    spared: str = ""
    only: str = ""
    spared_inbound: str = ""
    by_annotation: tuple[tuple[str, str], ...] = ()  #: that a CNI plugin or the injector sets where traffic is taken


_KINDS = (
    _Kind(
        "istio",
        ("istio-proxy",),
        ("istio-init", "istio-validation"),
        "traffic.sidecar.istio.io/excludeOutboundPorts",
        "traffic.sidecar.istio.io/includeOutboundPorts",
        "traffic.sidecar.istio.io/excludeInboundPorts",
        (("sidecar.istio.io/status", "set"),),
    ),
    _Kind(
        "linkerd",
        ("linkerd-proxy",),
        ("linkerd-init", "linkerd-network-validator"),
        "config.linkerd.io/skip-outbound-ports",
        "",
        "config.linkerd.io/skip-inbound-ports",
    ),
    _Kind(
        "consul",
        ("consul-dataplane", "envoy-sidecar"),
        (),
        "consul.hashicorp.com/transparent-proxy-exclude-outbound-ports",
        "",
        "consul.hashicorp.com/transparent-proxy-exclude-inbound-ports",
        (("consul.hashicorp.com/transparent-proxy-status", "enabled"),),
    ),
    _Kind(
        "kuma",
        ("kuma-sidecar",),
        ("kuma-init", "kuma-validation"),
        "traffic.kuma.io/exclude-outbound-ports",
        "",
        "traffic.kuma.io/exclude-inbound-ports",
        (("kuma.io/sidecar-injected", "true"),),
    ),
    _Kind("osm", ("envoy",), ("osm-init",)),
)


def of_pod(
    pod: Pod, namespace_labels: t.Mapping[str, str], peers: t.Sequence[PeerAuthentication] = (), unread: str = ""
) -> Mesh | None:
    """The mesh of a Pod, None where it has none.

    Args:
        pod: the Pod.
        namespace_labels: of its namespace.
        peers: the objects of Istio that say whether mutual TLS is wanted.
        unread: why they were not all read.
    """
    if pod.host_network:
        return None
    for kind in _KINDS:
        found = _sidecar(kind, pod)
        if found:
            return dataclasses.replace(found, **_mtls(found.name, pod, peers, unread))
    mode = pod.labels.get(AMBIENT) or namespace_labels.get(AMBIENT, "")
    if pod.annotations.get("ambient.istio.io/redirection") == "enabled" or mode == "ambient":
        own = pod.labels.get(AMBIENT) or "ambient.istio.io/redirection" in pod.annotations
        where = "the Pod" if own else "its namespace"
        # ztunnel opens the connection to the peer itself: as with a sidecar, the own connect says nothing of it.
        found = Mesh("istio", takes="yes", reason=f"{where} is in Istio's ambient mode")
        return dataclasses.replace(found, **_mtls("istio", pod, peers, unread))
    return None


def _sidecar(kind: _Kind, pod: Pod) -> Mesh | None:
    container = next((each for each in pod.containers if each.name in kind.containers), None)
    if container is None or (kind.name == "osm" and "osm-init" not in pod.init_containers):
        return None
    redirect = next((name for name in kind.redirects if name in pod.init_containers), "")
    marked = next((name for name, value in kind.by_annotation if pod.annotations.get(name) == value), "")
    reason = f"container {container.name}"
    if redirect or marked:
        takes, reason = "yes", f"{reason} and {f'init container {redirect}' if redirect else f'annotation {marked}'}"
    elif kind.name == "consul":
        takes, reason = "no", f"{reason} without transparent proxy"
    else:
        takes = "unknown"
    if takes == "yes" and kind.name == "istio":
        takes = _by_ranges(pod)
    only = pod.annotations.get(kind.only, "") if kind.only else ""
    return Mesh(
        kind.name,
        container.name,
        container.restart_policy == "Always",
        takes,
        _ports(pod.annotations.get(kind.spared, "") if kind.spared else ""),
        _ports(only) if only not in ("", "*") else frozenset(),
        _ports(pod.annotations.get(kind.spared_inbound, "") if kind.spared_inbound else ""),
        reason=reason,
    )


def _by_ranges(pod: Pod) -> str:
    """Istio takes the connections to all addresses, to some, or with an empty list to none."""
    ranges = pod.annotations.get("traffic.sidecar.istio.io/includeOutboundIPRanges", "*")
    spared = pod.annotations.get("traffic.sidecar.istio.io/excludeOutboundIPRanges", "")
    return "no" if not ranges else "yes" if ranges == "*" and not spared else "unknown"


def _ports(text: str) -> frozenset[int]:
    """Ports and ranges of ports, such as C(80,8000-8010); what is none is left out."""
    found: set[int] = set()
    for part in text.split(","):
        first, _dash, last = part.strip().partition("-")
        if first.isdecimal() and (last or first).isdecimal() and len(first) < 6 and len(last) < 6:
            found.update(range(int(first), min(int(last or first) + 1, _PORTS)))
    return frozenset(found)


def _mtls(name: str, pod: Pod, peers: t.Sequence[PeerAuthentication], unread: str) -> dict[str, t.Any]:
    if name == "linkerd":
        # Its default is all-unauthenticated (config.linkerd.io/default-inbound-policy); Servers may say otherwise.
        policy = pod.annotations.get("config.linkerd.io/default-inbound-policy", "")
        return {"mtls": "strict" if policy.endswith("-authenticated") or policy == "deny" else "permissive"}
    if name != "istio":
        return {"mtls": "unknown"}
    modes = _modes(pod, peers)
    known = {"STRICT": "strict", "PERMISSIVE": "permissive", "DISABLE": "off"}
    plain = frozenset(
        int(port)
        for port, mode in modes[1].items()
        if port.isdecimal() and len(port) < 6 and mode in ("PERMISSIVE", "DISABLE")
    )
    if not modes[0] and unread:
        return {"mtls": "unknown", "plain_ports": plain}
    return {"mtls": known.get(modes[0] or "PERMISSIVE", "unknown"), "plain_ports": plain}


def _modes(pod: Pod, peers: t.Sequence[PeerAuthentication]) -> tuple[str, dict[str, str]]:
    """The narrowest mode that is set: for the Pod's labels, its namespace, the mesh; of several, the oldest."""
    ports: dict[str, str] = {}
    found: dict[int, str] = {}
    for peer in sorted(peers, key=lambda each: (each.created, each.name)):
        if peer.namespace == pod.namespace and peer.match_labels:
            level = 0 if peer.match_labels.items() <= pod.labels.items() else 3
        else:
            level = 1 if peer.namespace == pod.namespace else 2 if peer.namespace == ISTIO_ROOT else 3
            level = 3 if peer.match_labels else level
        if level == 0 and not ports:
            ports = peer.port_modes
        if level < 3 and peer.mode not in ("", "UNSET"):
            found.setdefault(level, peer.mode)
    return next((found[level] for level in sorted(found)), ""), ports
