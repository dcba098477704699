# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at a Service: at its own address or name, or at one of its endpoints."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._snapshot.facts import Facts
from ..._snapshot.model import Node, Pod, Service, ServicePort
from ..._snapshot.policies import Peer
from ..questions import Question
from ..selected import workload
from ..types import Probe
from . import balancers
from .endpoints import at_node, by_endpoints, ends_at
from .path import Path, PathEnd, outside, transport

_MOST_USERS = 3


def service(facts: Facts, question: Question) -> Path:
    """A Service by its name or address, at a load balancer, or one of its endpoints."""
    asked, port, probe = t.cast(Service, question.about.service), question.about.port, question.probe
    name = f"Service {asked.id}"
    if question.about.balancer:
        return balancers.balancer(facts, question, asked, question.about.balancer)
    if question.resolved in question.source.addresses and is_elsewhere(question, question.resolved):
        reason = f"{probe.host} is the Pod's own host name: its /etc/hosts leads to itself, not to {name}"
        return Path(name, reason, unjudged=reason)
    if port and is_elsewhere(question, question.resolved):
        how = f"is an alias of {asked.external_name}" if asked.type == "ExternalName" else f"is asked as {probe.host}"
        path = at(facts, facts.owners.get(question.resolved), probe, question.resolved, question.target.port)
        return dataclasses.replace(path, reason=f"{name} {how}, here {question.resolved}")
    if port is None:
        return _whole(asked, probe)
    if asked.type == "ExternalName":
        alias = PathEnd(outside(question), question.target.port)
        return Path(name, f"{name} is an alias of {asked.external_name}", (alias,))
    if endpoint := question.about.endpoint:
        reason = f"{probe.endpoint} is an endpoint of {name}"
        ends = tuple(end for end in ends_at(facts, asked, port, probe, [endpoint]) if end.port == probe.port)
        unneeded = _placeholder(facts, asked, port)
        return Path(name, reason, ends, relied_on=f"{name} port {port.port}", unneeded=unneeded)
    if asked.headless:
        return _untranslated(facts, question, asked, port)
    return at_node(facts, question, asked, port, question.source.node)


def is_elsewhere(question: Question, address: str) -> bool:
    """Whether the address that a Service's name turned out to have is none of that Service, as that of an alias."""
    service, endpoint = question.about.service, question.about.endpoint
    if not address or service is None or question.about.balancer or question.about.node:
        return False
    if service.headless and endpoint is None:
        return False  # its name leads to its endpoints
    return address not in (*service.cluster_ips, *(endpoint.addresses if endpoint else ()))


def at(facts: Facts, owner: Pod | Service | Node | None, probe: Probe, address: str, port: int) -> Path:
    """An address that a name turned out to have: that of a Service leads to its endpoints."""
    if isinstance(owner, Service):
        own = (port, transport(probe))
        found = next((each for each in owner.ports if (each.port, each.protocol) == own), None)
        if found:
            return by_endpoints(facts, owner, found, probe, facts.endpoints(owner, found, probe.family))
    return Path(address, f"{address} is what the name leads to", (PathEnd(Peer((address,)), port),))


def _whole(service: Service, probe: Probe) -> Path:
    """The name of a Service, or its address without a port."""
    name = f"Service {service.id}"
    if probe.protocol == "icmp":
        reason = f"{name} forwards ports; in IPVS mode each node may answer ICMP for its address as well"
        return Path(name, reason, unjudged=reason)
    if probe.answers:
        return Path(name, f"{name} has the address {', '.join(probe.answers)}")
    return Path(name, f"{name} is an alias of {service.external_name}")


def _untranslated(facts: Facts, question: Question, service: Service, port: ServicePort) -> Path:
    """A headless Service by its name at the port that it declares: its name leads to the endpoints themselves.

    C(targetPort) is ignored there and should equal C(port) (ServicePort in the API's reference). Where it does not,
    SRV records have the number of the endpoints, and only clients that use the declared one are cut off.
    """
    name, family = f"Service {service.id}", question.probe.family
    there = [each for each in facts.backends(service, port, family) if each.endpoint.ready]
    ends = ends_at(facts, service, port, question.probe, [each.endpoint for each in there])
    others = sorted({each.port for each in there if each.port != port.port})
    numbers = ", ".join(map(str, others))
    said = f"{name} declares port {port.port}, and headless Services do not translate ports: its endpoints have port"
    said += f" {numbers}, which its SRV records give; clients that use {service.name}:{port.port} are not connected"
    users = _users(facts, service, port)
    return Path(
        name,
        f"{name} declares port {port.port}, and its name leads to its endpoints",
        tuple(dataclasses.replace(end, port=port.port) for end in ends),
        defect=f"{said}, such as {users}" if others and users else "",
        relied_on=f"{name} port {port.port}",
        unneeded=said if others and not users else _placeholder(facts, service, port),
    )


def _placeholder(facts: Facts, service: Service, port: ServicePort) -> str:
    """Why nothing has to listen at a port of a headless Service; empty where something has to."""
    if not facts.is_placeholder(service, port):
        return ""
    return (
        f"Service {service.id} is headless and declares port {port.port}, which no Pod that it selects and no client "
        "names: nothing has to listen there"
    )


def _users(facts: Facts, service: Service, port: ServicePort) -> str:
    """The workloads whose Pods name a Service with one of its ports."""
    pods = [facts.pods[name] for name in facts.dialled.get((service.id, port.port), ()) if name in facts.pods]
    owned = [(workload(pod).partition("/"), pod) for pod in pods]
    named = [f"{owner[0]} {pod.namespace}/{owner[2]}" if owner[0] else f"Pod {pod.id}" for owner, pod in owned]
    distinct = list(dict.fromkeys(named))
    more = len(distinct) - _MOST_USERS
    return ", ".join(distinct[:_MOST_USERS]) + (f" and {more} more" if more > 0 else "")
