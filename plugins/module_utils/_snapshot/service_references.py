# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which Pods name a headless Service with a port in their commands, arguments or environment. Pure.

Of what a Pod holds there, nothing leaves this file but names and ports of Services that exist.
"""

from __future__ import annotations

import re
import typing as t

from .fields import Json, OddObject, mapping, mappings, string, strings
from .model import Service
from .model_cluster import ServiceReference

Dialled = frozenset[tuple[str, int]]  #: hosts and ports that a Pod names
_MAX_TEXT = 4096
_MAX_TEXTS = 512  #: of one Pod
_MAX_REFERENCES = 1000
_SEPARATORS = re.compile(r"""[\s'"`,;=|<>()\[\]{}]+""")
_ADDRESS = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(?:[^/@]*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)\.?(?::(\d{1,5}))?(?:[/?#].*)?", re.IGNORECASE
)
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def dialled(item: Json) -> Dialled:
    """The hosts and ports in the containers of a Pod, as the API has it."""
    found: set[tuple[str, int]] = set()
    try:
        for text in list(_texts(mapping(item, "spec")))[:_MAX_TEXTS]:
            for word in _SEPARATORS.split(text[:_MAX_TEXT]):
                match = _ADDRESS.fullmatch(word)
                port = int(match[3] or _PORTS.get((match[1] or "").lower(), 0)) if match else 0
                if match and port:
                    found.add((match[2].lower(), port))
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
            for service in _services(host, pod.partition("/")[0]):
                if port in there.get(service, ()):
                    found[ServiceReference(service, port, pod)] = None
    return tuple(found)[:_MAX_REFERENCES]


def _services(host: str, namespace: str) -> t.Iterator[str]:
    """The Services that a host may mean: it is the name of one, or below it that of an endpoint."""
    labels = host.split(".")
    for own in (labels, labels[1:]):
        if own and own[2:3] in ([], ["svc"]):
            yield f"{own[1] if len(own) > 1 else namespace}/{own[0]}"
