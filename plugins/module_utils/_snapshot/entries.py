# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The ways into the cluster by host and path: Ingress, HTTPRoute and OpenShift Route, as one kind of thing."""

from __future__ import annotations

import dataclasses
import typing as t

from .model import Gateway, HttpRoute, Ingress, IngressPath, Listener, Route, Snapshot


@dataclasses.dataclass(frozen=True)
class EntryPoint:
    """One host and path at one port of what serves it."""

    kind: str  #: C(Ingress), C(HTTPRoute) or C(Route)
    namespace: str
    name: str
    host: str  #: what the request must name; empty where any host does
    port: int
    tls: bool
    path: IngressPath  #: with the Service behind it
    addresses: tuple[str, ...] = ()  #: of what serves it; empty where only its name leads there
    defect: str = ""  #: why it cannot work, in the words of its controller

    @property
    def id(self) -> str:
        """C(Kind namespace/name)."""
        return f"{self.kind} {self.namespace}/{self.name}"


def entries(snapshot: Snapshot) -> t.Iterator[EntryPoint]:
    """All ways in, each host, path and port once."""
    for ingress in snapshot.ingresses:
        yield from _of_ingress(ingress, snapshot)
    gateways = {gateway.id: gateway for gateway in snapshot.gateways}
    for http_route in snapshot.http_routes:
        yield from _of_http_route(http_route, gateways)
    for route in snapshot.routes:
        yield from _of_route(route)


def _of_ingress(ingress: Ingress, snapshot: Snapshot) -> t.Iterator[EntryPoint]:
    """An Ingress is served at 80, and at 443 for the hosts of its C(tls) (IngressSpec)."""
    defect = _class_defect(ingress, snapshot)
    if not defect and not ingress.addresses:
        defect = f"its controller (class {ingress.ingress_class}) has given it no address"
    for path in ingress.paths:
        by_tls = ingress.tls and (not ingress.tls_hosts or path.host in ingress.tls_hosts)
        for port, tls in ((80, False), (443, True)):
            if by_tls or not tls:
                yield EntryPoint(
                    "Ingress", ingress.namespace, ingress.name, path.host, port, tls, path, ingress.addresses, defect
                )


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


def _of_http_route(route: HttpRoute, gateways: t.Mapping[str, Gateway]) -> t.Iterator[EntryPoint]:
    for parent in route.parents:
        gateway = gateways.get(parent.gateway)
        if gateway is None:
            continue
        for listener in gateway.listeners:
            if listener.protocol not in ("HTTP", "HTTPS"):
                continue
            if parent.listener in ("", listener.name) and parent.port in (0, listener.port):
                for host in _hosts(route.hosts, listener):
                    for path in route.paths:
                        yield EntryPoint(
                            "HTTPRoute",
                            route.namespace,
                            route.name,
                            host,
                            listener.port,
                            listener.protocol == "HTTPS",
                            dataclasses.replace(path, host=host, namespace=path.namespace or route.namespace),
                            gateway.addresses,
                            parent.defect or gateway.defect,
                        )


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
