# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Connections that NetworkPolicies close, and that workloads name in their environment and arguments. Pure.

A workload that names an address was made to connect to it: what closes that is not what its owner meant, whoever wrote
the policy. An address of the workload itself is one that it tells others, not one that it asks.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import closings
from ..case import Case
from ..closings import Closing, Connection
from ..finding import ObjectRef
from .named_addresses import NamedAddress, named_addresses, service_of

#: The workloads at both ends, the protocol and the port.
_Ends = t.Tuple[t.Optional[ObjectRef], t.Optional[ObjectRef], str, int]  # noqa: UP006, UP045 - Python 3.9


@dataclasses.dataclass(frozen=True)
class NamedClosing:
    """What closes a connection to an address, of a workload that names it."""

    named: NamedAddress
    closings: tuple[Closing, ...]

    @property
    def connection(self) -> Connection:
        """The connection that is closed."""
        return self.closings[0].connection


def named_closings(case: Case) -> tuple[NamedClosing, ...]:
    """The addresses that workloads name and that policies keep them from, one connection of each."""
    return case.once("named addresses that policies close", _find)


def _find(case: Case) -> tuple[NamedClosing, ...]:
    found = []
    for named in named_addresses(case) if case.facts.network_policies else ():
        service = service_of(case, named)
        if service is None or service.type == "ExternalName":
            continue
        closed = next((closed for one in _connections(case, named, service) if (closed := _closed(case, one))), ())
        found += [NamedClosing(named, closed)] if closed else []
    return tuple(found)


def _connections(case: Case, named: NamedAddress, service: Service) -> t.Iterator[Connection]:
    """One of each workload behind the Service: policies select Pods by labels that those of a workload share."""
    servers = {case.owner(pod): pod for pod in case.pods_of(service) if not (pod.finished or pod.host_network)}
    client = next((pod for pod in named.pods if not (pod.finished or pod.host_network)), None)
    if client is None or named.owner in servers:
        return
    for server in servers.values():
        for port in service.ports:
            target = port_in_pod(server, port) if port.port == named.port else 0
            if target:
                yield Connection(client, server, port.protocol, target)


def _closed(case: Case, connection: Connection) -> tuple[Closing, ...]:
    """What closes it; nothing where such a connection was seen to be open, because nobody enforces the policies."""
    is_open = _ends(case, connection) in case.once("connections that are open although policies close them", _open)
    return () if is_open else tuple(closings.closings(case, connection))


def _open(case: Case) -> frozenset[_Ends]:
    return frozenset(_ends(case, one) for about in case.open for one in closings.connections(case, about))


def _ends(case: Case, one: Connection) -> _Ends:
    """A connection of any Pods of two workloads."""
    client, server = (case.owner(pod) if pod else None for pod in (one.client, one.server))
    return client, server, one.protocol, one.port
