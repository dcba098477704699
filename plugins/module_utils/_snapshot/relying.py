# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who relies on a port of a Pod: the Services whose endpoint it is, and the probes of its containers. Pure."""

from __future__ import annotations

import typing as t

from .entries import EntryPoint
from .model import EndpointSlice, Pod, Service, ServicePort

#: An address, a port and a transport, and the port of a Service that leads there.
Relying = dict[tuple[str, int, str], str]


def by_services(services: t.Mapping[str, Service], slices: t.Mapping[str, t.Sequence[EndpointSlice]]) -> Relying:
    """Each endpoint of each Service, ready or not: clients are sent there as soon as it is.

    Args:
        services: by C(namespace/name).
        slices: by the Service that they are of.
    """
    found: Relying = {}
    for name, own in slices.items():
        service = services.get(name)
        for part in own if service else ():
            for port in part.ports:
                said = _said(t.cast(Service, service), port.name, port.protocol)
                for endpoint in part.endpoints if said else ():
                    for address in endpoint.addresses[:1]:
                        found.setdefault((address, port.port, port.protocol), said)
    return found


def _said(service: Service, name: str, protocol: str) -> str:
    port = next((each.port for each in service.ports if (each.name, each.protocol) == (name, protocol)), 0)
    return f"Service {service.id} port {port}" if port else ""


def by_probes(pod: Pod, address: str, number: int) -> str:
    """The container of which a probe asks a port; the kubelet asks the first address of a Pod alone."""
    if address not in pod.ips[:1]:
        return ""
    for container in pod.containers:
        named = {port.name: port.port for port in container.ports if port.name}
        asked = {named.get(word) or (int(word) if word.isdigit() else 0) for word in container.probe_ports}
        if number in asked:
            return f"a probe of container {container.name}"
    return ""


def by_entries(entries: t.Iterable[EntryPoint]) -> set[str]:
    """The Services behind ways into the cluster, as C(namespace/name)."""
    found = set[str]()
    for entry in entries:
        own = (entry.path.namespace, entry.path.service)
        others = ((one.namespace, one.service) for one in entry.path.others)
        found.update(f"{namespace or entry.namespace}/{name}" for namespace, name in (own, *others))
    return found


def names_port(pod: Pod, port: ServicePort) -> bool:
    """Whether a Pod itself has the port of a Service: a container declares it, or a probe asks it."""
    wanted = {str(port.port), port.target_port or str(port.port)}
    for container in pod.containers:
        declared = (one for one in container.ports if one.protocol == port.protocol)
        if any(wanted & {one.name, str(one.port)} for one in declared):
            return True
        if wanted & set(container.probe_ports) and port.protocol == "TCP":
            return True
    return False
