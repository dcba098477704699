# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The application behind a way into the cluster, and why none could have answered. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .entries import EntryPoint
from .facts import Facts
from .model import Service, ServicePort
from .model_entries import RouteBackend
from .service_routing import Backend, families_of

FAMILIES = ("IPv4", "IPv6")


@dataclasses.dataclass(frozen=True)
class EntryBackend:
    """What a controller sends the requests of a host and path to.

    Attributes:
        name: in words, such as C(Service shop/web port 80).
        service: None where it is not there or not known.
        port: of the Service.
        backends: the endpoints that get requests.
        defect: why no application can answer; empty where one can.
        doubt: why that is not known.
        redirects: whether the controller itself answers, with a redirect.
    """

    name: str
    service: Service | None = None
    port: ServicePort | None = None
    backends: tuple[Backend, ...] = ()
    defect: str = ""
    doubt: str = ""
    redirects: bool = False


def backends_of(facts: Facts, entry: EntryPoint) -> tuple[EntryBackend, ...]:
    """All that is behind a way in: each gets a part of the requests."""
    path = entry.path
    if path.redirect:
        return (EntryBackend(f"a redirect of {entry.id}", redirects=True),)
    if path.backend_kind:
        return (EntryBackend(f"a {path.backend_kind}", doubt=f"its backend is a {path.backend_kind}, not a Service"),)
    if not path.service:
        return (EntryBackend("no backend", defect=f"{entry.id} names no Service for {path.path}"),)
    own = RouteBackend(path.service, path.port, path.namespace)
    return tuple(_resolve(facts, entry, each) for each in (own, *path.others))


def defect_of(entry: EntryPoint, found: t.Sequence[EntryBackend]) -> tuple[str, str]:
    """Why no application answers some or all requests, and whose failure that is; two empty strings where one does.

    Args:
        entry: the way in.
        found: what is behind it.
    """
    broken = [each for each in found if each.defect]
    # The router of OpenShift leaves Services without endpoints out where another one has some.
    if not broken or (entry.kind == "Route" and len(broken) < len(found)):
        return "", ""
    first = broken[0]
    part = "" if len(broken) == len(found) else f"{len(broken)} of its {len(found)} backends cannot answer: "
    return part + first.defect, "application" if first.port else "network"


def _resolve(facts: Facts, entry: EntryPoint, backend: RouteBackend) -> EntryBackend:
    namespace = backend.namespace or entry.namespace
    name = f"Service {namespace}/{backend.service}"
    service = facts.services.get(f"{namespace}/{backend.service}")
    if service is None:
        unread = facts.unread_in("services", namespace)
        gone = "" if unread else f"{name} does not exist"
        return EntryBackend(name, defect=gone, doubt=f"whether {name} exists is not known: {unread}" if unread else "")
    if service.type == "ExternalName":
        return EntryBackend(name, service, doubt=f"{name} is an alias of {service.external_name}")
    port = _port(service, backend.port, entry.kind)
    if port is None:
        there = ", ".join(f"{each.port} ({each.name})" if each.name else str(each.port) for each in service.ports)
        return EntryBackend(name, service, defect=f"{name} has no port {backend.port}; it has {there or 'none'}")
    return _by_endpoints(facts, service, port)


def _port(service: Service, wanted: str, kind: str) -> ServicePort | None:
    """The port by name or number; a Route of OpenShift names the port of the Pods, or none where there is one only."""
    transport = "UDP" if kind == "UDPRoute" else "TCP"
    for port in service.ports:
        if port.protocol != transport:
            continue
        names = {port.name, str(port.port)} if kind != "Route" else {port.name, port.target_port, str(port.port)}
        if not wanted or wanted in names:
            return port
    return None


def _by_endpoints(facts: Facts, service: Service, port: ServicePort) -> EntryBackend:
    name = f"Service {service.id} port {port.port}"
    all_ = [each for family in FAMILIES for each in facts.backends(service, port, family)]
    # Controllers ask the endpoints themselves, while none is ready those that still serve, as kube-proxy does.
    used = [each for each in all_ if each.endpoint.ready] or [each for each in all_ if each.fading]
    if used:
        return EntryBackend(name, service, port, tuple(used))
    known = service.namespace in facts.snapshot.selected or not facts.snapshot.selected or bool(all_)
    unread = facts.snapshot.unread("endpointslices", service.namespace)
    if unread or not known:
        doubt = unread or f"namespace {service.namespace} was not selected"
        return EntryBackend(name, service, port, doubt=f"which endpoints {name} has is not known: {doubt}")
    cause = f"none of its {len(all_)} endpoints is ready" if len(all_) > 1 else "its only endpoint is not ready"
    return EntryBackend(name, service, port, defect=f"{name} has no ready endpoint" + (f": {cause}" if all_ else ""))


def families(facts: Facts, entry: EntryPoint) -> tuple[str, ...]:
    """The families in which an entry is served: by the addresses that it has, or by its controller's Service.

    None where only a host name is known and no Service has it.
    """
    addresses = [address for address in entry.addresses if ":" in address or address.replace(".", "").isdecimal()]
    if addresses:
        return tuple(dict.fromkeys("IPv6" if ":" in address else "IPv4" for address in addresses))
    owner = facts.controller(entry)
    return families_of(owner[0]) if owner else ()
