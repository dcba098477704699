# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at a Service: at its own address, at its load balancer, at one of its endpoints."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._snapshot.facts import Facts
from ..._snapshot.model import Balancer, Endpoint, Node, Pod, Service, ServicePort
from ..._snapshot.policies import Peer
from ..questions import Question
from ..types import Probe
from .path import Path, PathEnd, outside, transport


def service(facts: Facts, question: Question) -> Path:
    """A Service by its name or address, at a load balancer, or one of its endpoints."""
    asked, port, probe = t.cast(Service, question.about.service), question.about.port, question.probe
    name = f"Service {asked.id}"
    if port and is_elsewhere(question, question.resolved):
        how = f"is an alias of {asked.external_name}" if asked.type == "ExternalName" else f"is asked as {probe.host}"
        path = at(facts, facts.owners.get(question.resolved), probe, question.resolved, question.target.port)
        return dataclasses.replace(path, reason=f"{name} {how}, here {question.resolved}")
    if port is None:
        if probe.answers:
            return Path(name, f"{name} has the address {', '.join(probe.answers)}")
        return Path(name, f"{name} is an alias of {asked.external_name}")
    if asked.type == "ExternalName":
        alias = PathEnd(outside(question), question.target.port)
        return Path(name, f"{name} is an alias of {asked.external_name}", (alias,))
    if endpoint := question.about.endpoint:
        reason = f"{probe.endpoint} is an endpoint of {name}"
        ends = ends_at(facts, asked, port, probe, [endpoint])
        return Path(name, reason, ends, relied_on=f"{name} port {port.port}")
    ready = facts.endpoints(asked, port, probe.family)
    if balancer := question.about.balancer:
        return _at_balancer(question, balancer, by_endpoints(facts, asked, port, probe, ready))
    if asked.internal_traffic_policy == "Local" and not unread(facts, asked):
        ready = [endpoint for endpoint in ready if endpoint.node == question.source.node]
        if not ready:
            closed = f"{name} has internalTrafficPolicy: Local and no ready endpoint on {question.source.node}"
            return Path(name, closed, closed=closed)
    return by_endpoints(facts, asked, port, probe, ready)


def is_elsewhere(question: Question, address: str) -> bool:
    """Whether the address that a Service's name turned out to have is none of that Service, as that of an alias."""
    service, endpoint = question.about.service, question.about.endpoint
    if not address or service is None or question.about.balancer or question.about.node:
        return False
    return address not in (*service.cluster_ips, *(endpoint.addresses if endpoint else ()))


def at(facts: Facts, owner: Pod | Service | Node | None, probe: Probe, address: str, port: int) -> Path:
    """An address that a name turned out to have: that of a Service leads to its endpoints."""
    if isinstance(owner, Service):
        own = (port, transport(probe))
        found = next((each for each in owner.ports if (each.port, each.protocol) == own), None)
        if found:
            return by_endpoints(facts, owner, found, probe, facts.endpoints(owner, found, probe.family))
    return Path(address, f"{address} is what the name leads to", (PathEnd(Peer((address,)), port),))


def _at_balancer(question: Question, balancer: Balancer, path: Path) -> Path:
    """A load balancer's address, which kube-proxy takes itself on each node unless its C(ipMode) is C(Proxy)."""
    if question.source.kind == "outside":
        policy = t.cast(Service, question.about.service).external_traffic_policy
        return dataclasses.replace(path, rewritten=policy == "Cluster")
    if balancer.ip_mode == "Proxy" or not balancer.ip:
        return dataclasses.replace(path, rewritten=True, meets="the load balancer itself (ipMode: Proxy)")
    return dataclasses.replace(path, meets="kube-proxy on the source's node, which short-cuts the load balancer")


def by_endpoints(facts: Facts, service: Service, port: ServicePort, probe: Probe, ready: t.Sequence[Endpoint]) -> Path:
    """A port of a Service that leads to some endpoints; without any, it says why there is none."""
    name = f"Service {service.id}"
    where = f"Service {service.id} port {port.port}"
    if doubt := unread(facts, service):
        ends = ends_at(facts, service, port, probe, ready)
        return Path(name, f"{where} is there to be used", ends, doubt=doubt, relied_on=where)
    if ready:
        count = f"{len(ready)} ready {'endpoint' if len(ready) == 1 else 'endpoints'}"
        affinity = " for each client (sessionAffinity)" if service.session_affinity == "ClientIP" else ""
        ends = ends_at(facts, service, port, probe, ready)
        return Path(name, f"{where} has {count}{affinity}", ends, relied_on=where)
    unready = facts.endpoints(service, port, probe.family, ready=False)
    if unready:
        cause = (
            "its only endpoint is not ready" if len(unready) == 1 else f"none of its {len(unready)} endpoints is ready"
        )
    elif service.selector:
        labels = ",".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
        cause = f"no Pod with an {probe.family} address and that port matches its selector {labels}"
    else:
        cause = "it has no selector, and no endpoints were created for it"
    defect = f"{where} has no ready endpoint: {cause}"
    return Path(name, f"{where} is there to be used", defect=defect, relied_on=where)


def unread(facts: Facts, service: Service) -> str:
    """Why the endpoints of a Service are not all known; empty where they are."""
    reason = facts.snapshot.unread("endpointslices", service.namespace)
    return f"which endpoints Service {service.id} has is not known: {reason}" if reason else ""


def ends_at(
    facts: Facts, service: Service, port: ServicePort, probe: Probe, endpoints: t.Iterable[Endpoint]
) -> tuple[PathEnd, ...]:
    """Some endpoints of a Service as the ends of a path."""
    number = facts.endpoint_port(service, port.port, port.protocol, probe.family)
    through = bool(service.cluster_ips) and not probe.endpoint
    pods = ((endpoint, facts.pods.get(f"{service.namespace}/{endpoint.pod}")) for endpoint in endpoints)
    return tuple(PathEnd(Peer(endpoint.addresses[:1], pod, by_service=through), number) for endpoint, pod in pods)
