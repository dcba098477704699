# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The ways into the cluster by host: Ingress, routes of the Gateway API and OpenShift Route, as one kind of thing."""

from __future__ import annotations

import dataclasses
import typing as t

from .entry_ports import ByAddress, by_address, closed_ports, ports_of
from .model import Service, Snapshot
from .model_entries import Gateway, GatewayRoute, Ingress, IngressPath, Listener, Parent, Route, RouteBackend

#: The protocols of a Gateway's listeners that each kind of route goes with.
_PROTOCOLS = {
    "HTTPRoute": ("HTTP", "HTTPS"),
    "GRPCRoute": ("HTTP", "HTTPS"),
    "TLSRoute": ("TLS",),
    "TCPRoute": ("TCP",),
    "UDPRoute": ("UDP",),
}
#: What a probe sends to the paths of routes that have some.
_SENT = {"HTTPRoute": "a plain GET", "GRPCRoute": "a plain call of a method"}


@dataclasses.dataclass(frozen=True)
class EntryPoint:
    """One host and path at one port of what serves it."""

    kind: str  #: C(Ingress), C(Route), or a key of C(_PROTOCOLS)
    namespace: str
    name: str
    host: str  #: what the request must name; empty where any host does
    port: int
    tls: bool
    path: IngressPath  #: with the Service behind it
    addresses: tuple[str, ...] = ()  #: of what serves it; empty where only its name leads there
    defect: str = ""  #: why it cannot work, in the words of its controller
    certain: bool = True  #: whether that holds although an application answers
    grpc: bool = False  #: whether its controller is told to speak gRPC to what is behind it

    @property
    def id(self) -> str:
        """C(Kind namespace/name)."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True)
class Unasked:
    """A way in that cannot be asked, or is closed on purpose."""

    what: str
    reason: str
    on_purpose: bool = False  #: whether it is closed on purpose


@dataclasses.dataclass(frozen=True)
class Entries:
    """All ways in.

    Attributes:
        http: what a plain GET can ask, each host, path and port once.
        others: routes of other protocols, each host (of GRPCRoutes, each method) and port once.
        unasked: what is left out of both, with the reason.
    """

    http: list[EntryPoint] = dataclasses.field(default_factory=list)
    others: list[EntryPoint] = dataclasses.field(default_factory=list)
    unasked: list[Unasked] = dataclasses.field(default_factory=list)


def survey(snapshot: Snapshot, services: t.Sequence[Service]) -> Entries:
    """Sort the ways into a cluster.

    Args:
        snapshot: of the cluster.
        services: all that are known, among them those of the controllers.
    """
    found, outside = Entries(), by_address(services)
    for ingress in snapshot.ingresses:
        _of_ingress(ingress, snapshot, outside, found)
    gateways = {gateway.id: gateway for gateway in snapshot.gateways}
    kinds = {
        "HTTPRoute": snapshot.http_routes,
        "GRPCRoute": snapshot.grpc_routes,
        "TLSRoute": snapshot.tls_routes,
        "TCPRoute": snapshot.tcp_routes,
        "UDPRoute": snapshot.udp_routes,
    }
    for kind, routes in kinds.items():
        for each in routes:
            _of_gateway_route(kind, each, gateways, snapshot.unread("gateways"), found)
    for route in snapshot.routes:
        found.http.extend(_of_route(route))
    return found


def _of_ingress(ingress: Ingress, snapshot: Snapshot, services: ByAddress, found: Entries) -> None:
    """An Ingress is served at 80, and at 443 for the hosts of its C(tls) (IngressSpec), unless its class differs."""
    defect, certain = _class_defect(ingress, snapshot), not _may_be_served(ingress)
    if not defect and not ingress.addresses:
        defect = f"its controller (class {ingress.ingress_class}) has given it no address"
        certain = False  # not all controllers do
    closed = closed_ports(ingress, services)
    named = f"Ingress {ingress.namespace}/{ingress.name}"
    found.unasked.extend(Unasked(f"{named} port {port}", reason, True) for port, reason in closed.items())
    grpc = ingress.annotations.get("nginx.ingress.kubernetes.io/backend-protocol", "").upper() in ("GRPC", "GRPCS")
    for path in ingress.paths:
        by_tls = ingress.tls and (not ingress.tls_hosts or path.host in ingress.tls_hosts)
        for port, tls in ports_of(ingress, by_tls):
            if port not in closed:
                found.http.append(
                    EntryPoint(
                        "Ingress",
                        ingress.namespace,
                        ingress.name,
                        path.host,
                        port,
                        tls,
                        path,
                        ingress.addresses,
                        defect,
                        certain,
                        grpc,
                    )
                )


def _may_be_served(ingress: Ingress) -> bool:
    """Whether a controller may serve it without an IngressClass, or another Ingress has its host and path as well."""
    if ingress.annotations.get("nginx.ingress.kubernetes.io/canary") == "true":
        return True
    return not ingress.ingress_class or ingress.annotations.get("kubernetes.io/ingress.class") == ingress.ingress_class


def _class_defect(ingress: Ingress, snapshot: Snapshot) -> str:
    known = {each.name: each for each in snapshot.ingress_classes}
    if snapshot.unread("ingressclasses") or ingress.addresses:
        return ""
    if not ingress.ingress_class:
        default = any(each.default for each in known.values())
        return "" if default else "it names no IngressClass and the cluster has no default one"
    if ingress.ingress_class not in known:
        there = ", ".join(sorted(known)) or "none"
        return f"there is no IngressClass {ingress.ingress_class}; there is {there}"
    return ""


def _of_gateway_route(
    kind: str, route: GatewayRoute, gateways: t.Mapping[str, Gateway], unread: str, found: Entries
) -> None:
    named = f"{kind} {route.namespace}/{route.name}"
    sends = _SENT.get(kind, "")
    for path in route.paths if sends else ():
        if path.needs:
            reason = f"it takes requests with {', '.join(path.needs)}, and a probe sends {sends}"
            found.unasked.append(Unasked(f"{named} path {path.path}", reason))
    for parent in route.parents:
        gateway = gateways.get(parent.gateway)
        if parent.kind:
            found.unasked.append(Unasked(named, f"its parent is the {parent.kind} {parent.gateway}, not a Gateway"))
        elif gateway is None:
            missing = f"could not be read: {unread}" if unread else "does not exist"
            found.unasked.append(Unasked(named, f"its Gateway {parent.gateway} {missing}"))
        else:
            for entry in _at_gateway(kind, route, parent, gateway):
                (found.http if kind == "HTTPRoute" else found.others).append(entry)


def _at_gateway(kind: str, route: GatewayRoute, parent: Parent, gateway: Gateway) -> t.Iterator[EntryPoint]:
    """The hosts and paths that a plain GET, or a plain call of gRPC, can ask; of other protocols, the hosts."""
    paths = [path for path in route.paths if not path.needs] if kind in _SENT else _joined(route.paths)
    for listener in gateway.listeners:
        if listener.protocol not in _PROTOCOLS[kind]:
            continue
        if parent.listener in ("", listener.name) and parent.port in (0, listener.port):
            for host in _hosts(route.hosts, listener):
                for path in paths:
                    yield EntryPoint(
                        kind,
                        route.namespace,
                        route.name,
                        host,
                        listener.port,
                        listener.protocol in ("HTTPS", "TLS"),
                        dataclasses.replace(path, host=host, namespace=path.namespace or route.namespace),
                        gateway.addresses,
                        parent.defect or gateway.defect,
                        grpc=kind == "GRPCRoute",
                    )


def _joined(paths: t.Sequence[IngressPath]) -> list[IngressPath]:
    """One path for all: a connection reaches the backends of each of them."""
    used = dict.fromkeys(
        each for path in paths for each in (RouteBackend(path.service, path.port, path.namespace), *path.others)
    )
    return [dataclasses.replace(path, path="/", needs=(), others=tuple(used)[1:]) for path in paths[:1]]


def _hosts(wanted: t.Sequence[str], listener: Listener) -> list[str]:
    """The hosts that a route and a listener have in common (Gateway API, HTTPRouteSpec.hostnames)."""
    if not wanted:
        return [listener.host]
    common = [_narrower(host, listener.host) for host in wanted]
    return [host for host in common if host]


def _narrower(one: str, other: str) -> str:
    """The narrower of two hosts where one covers the other; a wildcard covers any number of labels."""
    if not other or one == other:
        return one
    for wide, narrow in ((one, other), (other, one)):
        if wide.startswith("*.") and narrow.endswith(wide[1:]):
            return narrow
    return ""


def _of_route(route: Route) -> t.Iterator[EntryPoint]:
    """A Route is served at 80, or at 443 by TLS, and then at 80 only where its policy for plain HTTP says so."""
    for port, tls in ((80, False), (443, True)):
        if tls == bool(route.tls) or (not tls and route.insecure in ("Allow", "Redirect")):
            yield EntryPoint(
                "Route",
                route.namespace,
                route.name,
                route.path.host,
                port,
                tls,
                route.path,
                defect=route.defect,
            )
