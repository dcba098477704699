# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The ports at which an Ingress is served: those of the IngressSpec, less what its controller does not have. Pure."""

from __future__ import annotations

import json
import typing as t

from .model import Service
from .model_entries import Ingress

_STANDARD = ((80, False), (443, True))
_MOST_PORTS = 20  #: of one annotation
#: The entry points of Traefik's own defaults.
_ENTRY_POINTS = {"web": 80, "websecure": 443}


def ports_of(ingress: Ingress, by_tls: bool) -> list[tuple[int, bool]]:
    """The ports of a host, and whether it is TLS there.

    Args:
        ingress: the Ingress.
        by_tls: whether C(spec.tls) covers the host.
    """
    listed = _listed(ingress)
    if listed:
        return listed
    return [(port, tls) for port, tls in _STANDARD if by_tls or not tls]


def _listed(ingress: Ingress) -> list[tuple[int, bool]]:
    """C(listen-ports) of the AWS Load Balancer Controller, such as C([{"HTTP": 80}, {"HTTPS": 443}])."""
    try:
        given = json.loads(ingress.annotations.get("alb.ingress.kubernetes.io/listen-ports", "[]"))
        pairs = [(port, word == "HTTPS") for entry in given[:_MOST_PORTS] for word, port in entry.items()]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return []
    return [(port, tls) for port, tls in pairs if type(port) is int and 0 < port < 65536]


#: Services by the addresses that they have outside, each with its place among all.
ByAddress = t.Dict[str, t.Dict[int, Service]]  # noqa: UP006 - evaluated, and hosts that probe may have Python 3.8


def by_address(services: t.Iterable[Service]) -> ByAddress:
    """Services by the addresses that they have outside."""
    found: ByAddress = {}
    for place, service in enumerate(services):
        for address in service.external_addresses:
            found.setdefault(address, {})[place] = service
    return found


def closed_ports(ingress: Ingress, services: ByAddress) -> dict[int, str]:
    """The ports of C(ports_of) at which nothing is served on purpose, each with the reason.

    Args:
        ingress: that is asked.
        services: C(by_address) of all.
    """
    closed = {}
    if ingress.annotations.get("kubernetes.io/ingress.allow-http") == "false":
        closed[80] = "its annotation kubernetes.io/ingress.allow-http is false"
    points = ingress.annotations.get("traefik.ingress.kubernetes.io/router.entrypoints", "").replace(" ", "").split(",")
    if set(points) <= set(_ENTRY_POINTS):
        for name, port in _ENTRY_POINTS.items():
            if name not in points:
                closed.setdefault(port, f"Traefik serves it at the entry point {', '.join(points)} only")
    listed = {port for port, _tls in _listed(ingress)}
    there = controller_ports(ingress.addresses, services)
    if there is not None:
        name, ports = there
        for port in listed or {port for port, _tls in _STANDARD}:
            if port not in ports:
                closed.setdefault(port, f"Service {name}, whose address it has, has no port {port}")
    tls = {443} if ingress.tls or listed else set()
    return {port: reason for port, reason in closed.items() if port in (listed or {80, *tls})}


def controller_ports(addresses: t.Iterable[str], services: ByAddress) -> tuple[str, set[int]] | None:
    """The Services that have one of some addresses, and their TCP ports; nothing where there is none."""
    found = {place: service for address in addresses for place, service in services.get(address, {}).items()}
    owners = [found[place] for place in sorted(found)]
    if not owners:
        return None
    ports = {port.port for service in owners for port in service.ports if port.protocol == "TCP"}
    return ", ".join(service.id for service in owners), ports
