# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which endpoints a port of a Service leads to, or why it leads to none."""

from __future__ import annotations

import typing as t

from ..._snapshot.facts import Facts
from ..._snapshot.model import Endpoint, Service, ServicePort
from ..._snapshot.policies import Peer
from ..questions import Question
from ..types import Probe
from .path import Path, PathEnd


def at_node(
    facts: Facts, question: Question, service: Service, port: ServicePort, node: str, from_outside: bool = False
) -> Path:
    """A port of a Service as kube-proxy of one node handles it: the source's node for a ClusterIP.

    Args:
        facts: the snapshot, whose objects decide.
        question: what is asked.
        service: the Service.
        port: its port.
        node: whose kube-proxy translates the address.
        from_outside: whether C(externalTrafficPolicy) decides.
    """
    probe, name = question.probe, f"Service {service.id}"
    if unread(facts, service):
        return by_endpoints(facts, service, port, probe, facts.endpoints(service, port, probe.family))
    found = facts.routed(service, port, probe.family, node, from_outside)
    if found.elsewhere:
        policy = "external" if from_outside else "internal"
        closed = f"{name} has {policy}TrafficPolicy: Local and no ready endpoint on {node}"
        serving = [each.endpoint for each in facts.backends(service, port, probe.family) if _serves(each.endpoint)]
        there = {endpoint.node for endpoint in serving}
        if not from_outside and _used_by_nobody(facts, service, serving):
            where = f"{name} port {port.port}"
            defect = f"{name} has internalTrafficPolicy: Local, and where its endpoints run there is no other Pod"
            return Path(name, closed, defect=f"{defect}: no Pod of the cluster can use it", relied_on=where)
        return Path(name, closed, closed=closed + _where(there))
    chosen = [each.endpoint for each in found.backends]
    return by_endpoints(facts, service, port, probe, chosen, found.reason)


def _used_by_nobody(facts: Facts, service: Service, serving: t.Sequence[Endpoint]) -> bool:
    """Whether no Pod beside the endpoints runs on their nodes, as far as all Pods are known."""
    if facts.snapshot.selected or facts.unread_pods:
        return False
    own = {f"{service.namespace}/{endpoint.pod}" for endpoint in serving}
    nodes = {endpoint.node for endpoint in serving}
    return not any(pod.id not in own for node in nodes for pod in facts.pods_by_node.get(node, ()))


def _serves(endpoint: Endpoint) -> bool:
    return bool(endpoint.node) and (endpoint.ready or (endpoint.serving and endpoint.terminating))


def _where(nodes: t.Collection[str]) -> str:
    named = sorted(nodes)
    more = f" and {len(named) - 3} more nodes" if len(named) > 3 else ""
    return f" (it has some on {', '.join(named[:3])}{more})" if named else ""


def by_endpoints(
    facts: Facts, service: Service, port: ServicePort, probe: Probe, chosen: t.Sequence[Endpoint], why: str = ""
) -> Path:
    """A port of a Service that leads to some endpoints; without any, it says why there is none.

    Args:
        facts: the snapshot, whose objects decide.
        service: the Service.
        port: its port.
        probe: what is asked.
        chosen: the endpoints, any of which may be picked.
        why: how many they are, and why these.
    """
    name, where = f"Service {service.id}", f"Service {service.id} port {port.port}"
    ends = ends_at(facts, service, port, probe, chosen)
    if doubt := unread(facts, service):
        return Path(name, f"{name} declares port {port.port}", ends, doubt=doubt, relied_on=where)
    if not chosen:
        defect = f"{where} has no ready endpoint: {_cause(facts, service, port, probe.family)}"
        return Path(name, f"{name} declares port {port.port}", defect=defect, relied_on=where)
    count = why or f"{len(ends)} ready {'endpoint' if len(ends) == 1 else 'endpoints'}"
    affinity = " for each client (sessionAffinity)" if service.session_affinity == "ClientIP" else ""
    unready = sum(end.peer.pod is not None and not end.peer.pod.ready for end in ends)
    said = defect = ""
    if unready:
        said = f", {unready} of which {'is' if unready == 1 else 'are'} not Ready"
        said += " (publishNotReadyAddresses)" if service.publish_not_ready_addresses else ""
        if unready == len(ends):
            defect = f"none of the Pods behind {where} is Ready"
    elif not service.selector:
        said = ", whose readiness nobody checks, since it has no selector"
    if said:
        count = count.replace(" ready ", " ", 1)
    return Path(name, f"{where} has {count}{affinity}{said}", ends, defect=defect, relied_on=where)


def _cause(facts: Facts, service: Service, port: ServicePort, family: str) -> str:
    """Why a port of a Service has no endpoint that gets traffic."""
    unready = facts.backends(service, port, family)
    if unready:
        if len(unready) == 1:
            return "its only endpoint is not ready"
        return f"none of its {len(unready)} endpoints is ready"
    others = facts.slice_ports(service, family)
    wanted = f"{port.name or 'without a name'} ({port.protocol})"
    if others and not service.selector:
        return f"its EndpointSlices have the ports {', '.join(others)}, and none {wanted}"
    if not service.selector:
        return "it has no selector, and no endpoints were created for it"
    labels = ",".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
    selected = [pod for pod in facts.selected_by(service) if not pod.finished]
    names = {each.name for pod in selected for container in pod.containers for each in container.ports}
    if selected and port.target_port and not port.target_port.isdecimal() and port.target_port not in names:
        return f"no Pod that matches its selector {labels} has a container port named {port.target_port}"
    return f"no Pod with an {family} address and that port matches its selector {labels}"


def unread(facts: Facts, service: Service) -> str:
    """Why the endpoints of a Service are not all known; empty where they are."""
    reason = facts.snapshot.unread("endpointslices", service.namespace)
    return f"which endpoints Service {service.id} has is not known: {reason}" if reason else ""


def ends_at(
    facts: Facts, service: Service, port: ServicePort, probe: Probe, endpoints: t.Iterable[Endpoint]
) -> tuple[PathEnd, ...]:
    """Some endpoints of a Service as the ends of a path, each at the port of its own slice."""
    through = bool(service.cluster_ips) and not probe.endpoint
    wanted = set(endpoints)
    ends = []
    for backend in facts.backends(service, port, probe.family):
        if backend.endpoint in wanted:
            pod = facts.pods.get(f"{service.namespace}/{backend.endpoint.pod}")
            ends.append(PathEnd(Peer((backend.address,), pod, by_service=through), backend.port))
    return tuple(ends)
