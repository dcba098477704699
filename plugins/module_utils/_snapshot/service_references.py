# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which Pods name a headless Service with a port in their commands, arguments or environment. Pure.

Of what a Pod holds there, nothing leaves this file but names and ports of Services that exist.
"""

from __future__ import annotations

import typing as t

from . import addresses_in
from .fields import Json, OddObject, mapping, mappings, string, strings
from .model import Service
from .model_cluster import ServiceReference

Dialled = frozenset[tuple[str, int]]  #: hosts and ports that a Pod names
_MAX_TEXTS = 512  #: of one Pod
_MAX_REFERENCES = 1000


def dialled(item: Json) -> Dialled:
    """The hosts and ports in the containers of a Pod, as the API has it."""
    found: set[tuple[str, int]] = set()
    try:
        for text in list(_texts(mapping(item, "spec")))[:_MAX_TEXTS]:
            for address in addresses_in.in_text(text):
                host, _colon, port = address.rpartition(":")
                found.add((host.rstrip("."), int(port)))
    except OddObject:
        pass
    return frozenset(found)


def _texts(spec: Json) -> t.Iterator[str]:
    for container in (*mappings(spec, "containers"), *mappings(spec, "initContainers")):
        yield from strings(container, "command")
        yield from strings(container, "args")
        yield from (string(entry, "value") for entry in mappings(container, "env"))


def find(by_pod: t.Mapping[str, Dialled], services: t.Iterable[Service]) -> tuple[ServiceReference, ...]:
    """The headless Services among what Pods name, at ports that they declare.

    Args:
        by_pod: what C(dialled) found, by C(namespace/name) of the Pod.
        services: that are known.
    """
    there = {service.id: {port.port for port in service.ports} for service in services if service.headless}
    found: dict[ServiceReference, None] = {}
    for pod, named in by_pod.items() if there else ():
        for host, port in sorted(named):
            for service in services_meant(host, pod.partition("/")[0]):
                if port in there.get(service, ()):
                    found[ServiceReference(service, port, pod)] = None
    return tuple(found)[:_MAX_REFERENCES]


def services_meant(host: str, namespace: str) -> t.Iterator[str]:
    """The Services that a host may mean to a Pod: it is the name of one, or below it that of an endpoint.

    Args:
        host: without a dot at its end.
        namespace: of the Pod.
    """
    labels = host.split(".")
    for own in (labels, labels[1:]):
        if own and own[2:3] in ([], ["svc"]):
            yield f"{own[1] if len(own) > 1 else namespace}/{own[0]}"
