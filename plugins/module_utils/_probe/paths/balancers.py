# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at the address of a load balancer, or at an external address of a Service.

kube-proxy takes such an address itself on each node, unless its C(ipMode) is C(Proxy) or it has a name alone.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ..._snapshot import service_routing
from ..._snapshot.facts import Facts, family
from ..._snapshot.model import Balancer, Endpoint, Service, ServicePort
from ..._snapshot.policies import Peer
from ..questions import Question
from . import endpoints
from .path import Path, PathEnd, outside

_SHORT_CUT = "kube-proxy on the source's node, which short-cuts the load balancer"
_EXTERNAL = "kube-proxy on the source's node, which takes the external IP itself"


def balancer(facts: Facts, question: Question, service: Service, asked: Balancer) -> Path:
    """The address or name of a load balancer, at a port of the Service or as a whole."""
    port, name = question.about.port, f"Service {service.id}"
    if port is None:
        whose = (
            f"the load balancer of {name}" if asked in service.balancers else f"{asked.ip}, an external IP of {name},"
        )
        reason = f"whether {whose} answers ICMP is its own matter; traffic needs none"
        return Path(name, reason, unjudged=reason)
    is_taken = bool(asked.ip) and asked.ip_mode != "Proxy"
    balanced = asked in service.balancers
    if question.source.kind == "outside":
        path = dataclasses.replace(
            _from_outside(facts, question, service, port, balanced),
            rewritten=service.external_traffic_policy == "Cluster",
        )
    elif is_taken:
        meets = _SHORT_CUT if asked in service.balancers else _EXTERNAL
        path = dataclasses.replace(_short_cut(facts, question, service, port), meets=meets)
    else:
        path = dataclasses.replace(
            _from_outside(facts, question, service, port, balanced),
            rewritten=True,
            meets="the load balancer itself (ipMode: Proxy)" if asked.ip else "the load balancer itself",
            met_first=PathEnd(Peer((asked.ip,)) if asked.ip else outside(question), port.port),
        )
    if path.defect or path.closed:
        return path
    broken = next((each.error for each in asked.ports if each.port == port.port and each.error), "")
    if broken:
        return dataclasses.replace(path, defect=f"the load balancer does not serve port {port.port}: {broken}")
    if balanced and service.load_balancer_source_ranges:
        return _by_ranges(facts, question, service, asked, is_taken, path)
    return path


def _short_cut(facts: Facts, question: Question, service: Service, port: ServicePort) -> Path:
    """From a node or its Pods: no traffic policy counts (KEP-2086), and only with Cluster the source is hidden."""
    node = question.source.node
    plain = dataclasses.replace(service, internal_traffic_policy="Cluster")
    path = endpoints.at_node(facts, question, plain, port, node)
    hidden = service.external_traffic_policy == "Cluster"
    return dataclasses.replace(path, handled_by=node, rewritten=hidden)


def _from_outside(facts: Facts, question: Question, service: Service, port: ServicePort, balanced: bool) -> Path:
    """By way of a node that is not known; with C(externalTrafficPolicy: Local) it is one that has an endpoint.

    A load balancer uses no node that a label excludes; an external address may be routed to any.
    """
    probe, name = question.probe, f"Service {service.id}"
    nodes = _nodes(facts, service, port, probe.family)
    excluded = [node for node in nodes if balanced and facts.is_excluded(node)]
    chosen: dict[Endpoint, None] = {}
    for node in nodes:
        if node not in excluded:
            found = facts.routed(service, port, probe.family, node, from_outside=True)
            chosen.update(dict.fromkeys(each.endpoint for each in found.backends))
    if service.external_traffic_policy == "Local" and chosen and not endpoints.unread(facts, service):
        why = f"{len(chosen)} {'endpoint' if len(chosen) == 1 else 'endpoints'}"
        why += " on the nodes that may get the connection (externalTrafficPolicy: Local)"
        return endpoints.by_endpoints(facts, service, port, probe, list(chosen), why)
    fading = bool(chosen) and not any(endpoint.ready for endpoint in chosen)
    why = f"{len(chosen)} terminating endpoints that still serve, since none is ready" if fading else ""
    path = endpoints.by_endpoints(facts, service, port, probe, list(chosen), why)
    there = [each.endpoint for each in facts.backends(service, port, probe.family) if each.endpoint.ready]
    if chosen or not there or endpoints.unread(facts, service):
        return path
    cause = f"{name} has externalTrafficPolicy: Local, and none of its endpoints is on a node of the cluster"
    if excluded:
        where = ", ".join(sorted({each.node for each in there} & set(excluded)) or excluded)
        cause = f"load balancers send nothing to {where} (label {service_routing.EXCLUDED})"
        if service.external_traffic_policy == "Local":
            cause = f"{name} has externalTrafficPolicy: Local and endpoints only where {cause}"
    return dataclasses.replace(path, defect=cause, defect_whose="network")


def _nodes(facts: Facts, service: Service, port: ServicePort, ip_family: str) -> t.Collection[str]:
    """The nodes that may differ in the endpoints that they use: those that have one, and one of each zone."""
    there = [each.endpoint for each in facts.backends(service, port, ip_family)]
    found = dict.fromkeys(name for each in there for name in (each.node, *each.for_nodes) if name)
    found.update(dict.fromkeys(facts.node_of_zone.values()))
    return found or ("",)


def _by_ranges(facts: Facts, question: Question, service: Service, asked: Balancer, is_taken: bool, path: Path) -> Path:
    """C(loadBalancerSourceRanges), which kube-proxy compares with the source as it arrives, before it is rewritten."""
    own = [each for each in question.source.addresses if family(each) == question.probe.family]
    refused = [why for why in (service_routing.admits(service, each) for each in own) if why]
    if not refused:
        return path
    from_outside = question.source.kind == "outside"
    doubt = ""
    if not is_taken:
        doubt = "which address the load balancer compares is not known"
    elif len(refused) < len(own):
        doubt = "which of the source's addresses it sends from is not known"
    elif from_outside and _translated(own, asked.ip):
        doubt = "which address the source has there is not known, since its own is a private one"
    elif not from_outside and facts.proxy.name != "kube-proxy":
        doubt = "whether that counts inside the cluster depends on what implements Services, which is not kube-proxy"
        if not facts.proxy.name:
            doubt = "whether that counts inside the cluster depends on what implements Services, which is not known"
    if doubt:
        return dataclasses.replace(path, doubt="; ".join(filter(None, (path.doubt, f"{refused[0]}; {doubt}"))))
    return dataclasses.replace(path, reason=refused[0], closed=refused[0])


def _translated(own: t.Sequence[str], address: str) -> bool:
    """Whether something on the way must have put another address in place of the source's."""
    private = all(ipaddress.ip_address(each).is_private for each in own)
    return private and not ipaddress.ip_address(address).is_private
