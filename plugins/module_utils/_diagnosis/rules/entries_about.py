# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The ways in as rules see them: Ingresses, routes of the Gateway API and Routes as one kind of thing. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    GatewayRoute,
    Ingress,
    IngressPath,
    Route,
    RouteBackend,
)

from ..about import About, Reach
from ..case import Case
from ..finding import ObjectRef
from ..rule import Predicate

#: Kinds of routes of which a connection is all that is asked, whatever their paths are.
_BY_CONNECTION = ("TLSRoute", "TCPRoute", "UDPRoute")
_ROUTES = ("http_routes", "grpc_routes", "tls_routes", "tcp_routes", "udp_routes")
_KINDS = dict(zip(_ROUTES, ("HTTPRoute", "GRPCRoute", *_BY_CONNECTION)))  # noqa: B905 - not in Python 3.9
Way = t.Union[Ingress, EntryPoint, Route]  # noqa: UP007 - evaluated, and controllers may have Python 3.9


def ref_of(way: Way) -> ObjectRef:
    """The reference of an Ingress, a Route, or another way in."""
    kind = way.kind if isinstance(way, EntryPoint) else type(way).__name__
    return ObjectRef(kind, way.name, way.namespace)


def gateway_routes(case: Case) -> t.Iterator[tuple[ObjectRef, GatewayRoute]]:
    """The routes of the Gateway API, whatever they are of."""
    for field, kind in _KINDS.items():
        for route in getattr(case.snapshot, field):
            yield ObjectRef(kind, route.name, route.namespace), route


def place_of(about: About) -> tuple[str, str]:
    """The host and the path that a check of a way in is for."""
    host, _slash, path = str(about.target.get("port_name", "")).partition("/")
    return host, f"/{path}"


def to_entry(ref: ObjectRef, path: IngressPath | None = None) -> Reach:
    """Match what asks a way in, or one host and path of it; a path without a host is of all its hosts."""

    def matches(about: About) -> bool:
        if not about.is_for(ref) or about.target.get("kind") != "ingress":
            return False
        if path is None or ref.kind in _BY_CONNECTION:
            return True
        host, below = place_of(about)
        return below == path.path and (not path.host or host == path.host)

    return Reach(frozenset((ref,)), matches)


def to_entries(ways: t.Iterable[tuple[ObjectRef, IngressPath | None]]) -> Reach:
    """Match what asks one of several ways in."""
    each = [to_entry(*one) for one in ways]
    objects: frozenset[ObjectRef] = frozenset().union(*(one.objects for one in each))
    return Reach(objects, lambda about: any(matches(about) for matches in each))


def to_host(ref: ObjectRef, hosts: t.Collection[str], protocol: str = "") -> Reach:
    """Match what asks some hosts of a way in, by one protocol where one is given."""
    return to_entry(ref).where(
        lambda about: place_of(about)[0] in hosts and (not protocol or about.cell.protocol == protocol)
    )


@dataclasses.dataclass(frozen=True)
class NamedBackend:
    """A Service that a way in names, with every host and path that leads to it from there.

    Attributes:
        ref: of the way in.
        service: its name.
        port: its name or number; empty where none is named.
        namespace: of the Service.
        field: where it stands, as C(IngressPath.field) and C(RouteBackend.field) say.
        paths: that lead to it.
    """

    ref: ObjectRef
    service: str
    port: str
    namespace: str
    field: str
    paths: tuple[IngressPath, ...]

    @property
    def id(self) -> str:
        """C(namespace/name) of the Service."""
        return f"{self.namespace}/{self.service}"

    @property
    def name_field(self) -> str:
        """The field that names the Service."""
        return f"{_above(self.ref, self.field)}.name" if self.field else ""

    @property
    def port_field(self) -> str:
        """The field that names its port."""
        if self.ref.kind == "Route":
            return "spec.port.targetPort"
        above = _above(self.ref, self.field)
        part = f".{'number' if self.port.isdecimal() else 'name'}" if self.ref.kind == "Ingress" else ""
        return f"{above}.port{part}" if self.field else ""

    @property
    def matches(self) -> Predicate:
        """Match what asks a host and path that leads to it."""
        return to_entries((self.ref, path) for path in self.paths)


def _above(ref: ObjectRef, field: str) -> str:
    if ref.kind != "Ingress":
        return field
    return f"{field}.service" if field == "spec.defaultBackend" else f"{field}.backend.service"


def name_field(entry: EntryPoint) -> str:
    """The field of a way in that names the Service behind it."""
    return f"{_above(ref_of(entry), entry.path.field)}.name" if entry.path.field else ""


def named_backends(case: Case) -> tuple[NamedBackend, ...]:
    """The Services that all ways in name, each place that names one once."""
    return case.once("named backends", _named_backends)


def _named_backends(case: Case) -> tuple[NamedBackend, ...]:
    ways = [(ref_of(ingress), ingress.paths) for ingress in case.snapshot.ingresses]
    ways += [(ref, route.paths) for ref, route in gateway_routes(case)]
    ways += [(ref_of(route), (route.path,)) for route in case.snapshot.routes]
    found: dict[tuple[ObjectRef, str, str], NamedBackend] = {}
    for ref, paths in ways:
        for path in paths:
            own = RouteBackend(path.service, path.port, path.namespace, path.field)
            for one in (own, *path.others):
                known = found.get((ref, one.field, one.service))
                before = known.paths if known and one.field else ()
                if one.service:
                    found[ref, one.field, one.service] = NamedBackend(
                        ref, one.service, one.port, one.namespace or ref.namespace, one.field, (*before, path)
                    )
    return tuple(found.values())
