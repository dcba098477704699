# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service: traffic that its own fields close, such as its traffic policies.

What these fields close may be meant. It is a finding where somebody asked why it is closed, where a client is cut off
that names the Service, and where no client is left that gets in; else it is told as what is closed, and no more.
"""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import service_proxy, service_routing
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import family
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service

from .. import fixes
from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Predicate, Rule
from .named_addresses import NamedAddress, named_addresses, suffering

_NEEDS = ("services", "pods", "endpoint_slices", "cells")
_EXTERNAL = _words.models_that_ask("node_port", "load_balancer")
_FIELDS = {True: "externalTrafficPolicy", False: "internalTrafficPolicy"}


class _CutOff(t.NamedTuple):
    """A client that names a Service, and the Pods of it that are dropped."""

    named: NamedAddress
    pods: list[Pod]


def _external_local(case: Case) -> t.Iterator[Candidate]:
    """SVC-12: externalTrafficPolicy is Local, and the node that is asked has no endpoint."""
    for service in case.snapshot.services:
        if service.external_traffic_policy == "Local" and service.type in ("NodePort", "LoadBalancer"):
            yield _local(case, service, True, _asking_nodes(case, service))


def _internal_local(case: Case) -> t.Iterator[Candidate]:
    """SVC-13: internalTrafficPolicy is Local, and the client's node has no endpoint."""
    for service in case.snapshot.services:
        if service.internal_traffic_policy == "Local" and service.cluster_ips:
            yield _local(case, service, False, _asking_service(case, service))


def _asking_service(case: Case, service: Service) -> list[_CutOff]:
    """The clients that name a Service with a port of it, and run where it has no endpoint."""
    found = []
    for named in named_addresses(case):
        means = service.id in named.services or named.host in service.cluster_ips
        if means and any(port.port == named.port for port in service.ports):
            pods = [pod for pod in named.pods if pod.node and _drops(case, service, named.port, pod.node)]
            found += [_CutOff(named, pods)] if pods else []
    return found


def _asking_nodes(case: Case, service: Service) -> list[_CutOff]:
    """The clients that name a node port of a Service at a node that has no endpoint of it."""
    found = []
    for named in named_addresses(case):
        node = _node_of(case, named.host)
        ports = [port.port for port in service.ports if port.node_port and port.node_port == named.port]
        if node and ports and _drops(case, service, ports[0], node, from_outside=True):
            pods = [pod for pod in named.pods if pod.node != node]
            found += [_CutOff(named, pods)] if pods else []
    return found


def _node_of(case: Case, host: str) -> str:
    if host in case.facts.nodes:
        return host
    owner = case.facts.owners.get(host)
    return owner.name if owner is not None and owner.name in case.facts.nodes and not isinstance(owner, Pod) else ""


def _drops(case: Case, service: Service, number: int, node: str, from_outside: bool = False) -> bool:
    """Whether kube-proxy of a node drops what uses a port of a Service, because only other nodes have endpoints."""
    families = list(dict.fromkeys(family(address) for address in service.cluster_ips))
    routed = [
        case.facts.routed(service, port, each, node, from_outside)
        for port in service.ports
        for each in families
        if port.port == number
    ]
    return bool(routed) and all(one.elsewhere for one in routed)


def _closed_by(service: Service, outside: bool) -> Predicate:
    """Match what a traffic policy of a Service closes: as it says, or so that nobody gets in."""

    def matches(about: About) -> bool:
        cell = about.cell
        if cell.decided_by != f"Service {service.id}" or (cell.model in _EXTERNAL) != outside:
            return False
        return cell.expectation == "deny" or f"{_FIELDS[outside]}: Local" in cell.reason

    return matches


def _local(case: Case, service: Service, outside: bool, cut_off: t.Sequence[_CutOff]) -> Candidate:
    ref, field, closes = ref_of(service), _FIELDS[outside], _closed_by(service, outside)
    nodes = sorted({endpoint.node for endpoint in case.endpoints(service) if endpoint.ready and endpoint.node})
    said = f"ready endpoints are on {', '.join(nodes)} alone" if nodes else "it has no ready endpoint"
    closed = [about for about in case.closed if closes(about)]
    nobody = [] if outside else _shut_out(case, service, closed)
    whom = "other nodes drop its traffic"
    if cut_off:
        first = cut_off[0]
        whom = f"{_where(first.pods)} drops that of {first.named.owner}, whose {first.named.field} is {first.named}"
    elif nobody:
        whom = f"no Pod but its own reaches it: {', '.join(nobody[:3])} does not"
    cells = (Evidence("probe", f"check {one.cell.id}", f"{_asks(one)}: {one.cell.outcome}") for one in closed[:1])
    return Candidate(
        ref,
        f"{ref}: spec.{field} is Local, and {said}, so that {whom}",
        severity="error" if cut_off or case.is_question else "warning",
        field=f"spec.{field}",
        value="Local",
        wanted="Cluster",
        mechanism="With Local, kube-proxy sends traffic to endpoints of the same node only, and drops it where none is",
        victims=tuple(suffering(case, (one.named for one in cut_off))),
        explains=closes,
        stands_alone=bool(cut_off or nobody),
        evidence=(Evidence("api", str(ref), f"{field} Local; {said}", key=True), *cells),
        fix=fixes.patch(
            ref,
            "Use endpoints of all nodes, or run a Pod on each node that is asked",
            {"spec": {field: "Cluster"}},
            {"spec": {field: "Local"}},
            "medium",
        ),
    )


def _asks(about: About) -> str:
    return f"{about.cell.source} asks {about.cell.asked}"


def _where(pods: t.Iterable[Pod]) -> str:
    return ", ".join(sorted({pod.node for pod in pods})[:3])


def _shut_out(case: Case, service: Service, closed: t.Sequence[About]) -> list[str]:
    """The sources that were dropped, where no Pod but the Service's own got in and none of its namespace could.

    A DaemonSet serves each node's own Pods: it is meant to be out of reach elsewhere.
    """
    own = {pod.id for pod in case.pods_of(service)}
    if not closed or any(case.owner(pod).kind == "DaemonSet" for pod in case.pods_of(service)):
        return []
    used = (one for one in case.answered_for(ref_of(service)) if not one.is_lookup and one.cell.model not in _EXTERNAL)
    if any(one.asker is None or f"{one.asker.namespace}/{one.asker.name}" not in own for one in used):
        return []
    nodes = {endpoint.node for endpoint in case.endpoints(service) if endpoint.ready}
    others = (pod for pod in case.snapshot.pods if pod.namespace == service.namespace and pod.id not in own)
    if any(pod.node in nodes and not pod.finished for pod in others):
        return []
    return list(dict.fromkeys(one.cell.source for one in closed))


def _out_of_range(case: Case) -> t.Iterator[Candidate]:
    """SVC-22: loadBalancerSourceRanges leave the client out."""
    for service in case.snapshot.services:
        if not service.load_balancer_source_ranges:
            continue
        ref, ranges = ref_of(service), ", ".join(service.load_balancer_source_ranges)
        closed = [one for one in case.closed if _by_ranges(service)(one)]
        cut_off = _asking_balancer(case, service)
        whom = f"{closed[0].cell.source} is in none of them" if closed else "other addresses are dropped"
        if cut_off:
            first = cut_off[0]
            whom = f"Pod {first.pods[0].id} is in none of them, whose {first.named.field} is {first.named}"
        yield Candidate(
            ref,
            f"{ref}: spec.loadBalancerSourceRanges is {ranges}, and {whom}",
            field="spec.loadBalancerSourceRanges",
            value=ranges,
            mechanism="kube-proxy drops what comes to the load balancer's address from other sources",
            victims=tuple(suffering(case, (one.named for one in cut_off))),
            explains=_by_ranges(service),
            stands_alone=bool(cut_off),
            evidence=(
                Evidence("api", str(ref), f"loadBalancerSourceRanges {ranges}", key=True),
                *(Evidence("probe", f"check {one.cell.id}", f"{_asks(one)}: {one.cell.outcome}") for one in closed[:1]),
            ),
            fix=_through_cluster(service, cut_off[0]) if cut_off else _admit(service, ref, closed),
        )


def _asking_balancer(case: Case, service: Service) -> list[_CutOff]:
    """Clients in the cluster that name the address of the load balancer, where kube-proxy heeds the ranges."""
    taken = {balancer.ip for balancer in service.balancers if balancer.ip and balancer.ip_mode != "Proxy"}
    if service_proxy.proxy(case.snapshot).name != "kube-proxy":
        return []
    found = []
    for named in named_addresses(case):
        if named.host in taken and any(port.port == named.port for port in service.ports):
            same = (pod for pod in named.pods if not pod.host_network)
            pods = [pod for pod in same if _is_refused(service, pod, family(named.host))]
            found += [_CutOff(named, pods)] if pods else []
    return found


def _is_refused(service: Service, pod: Pod, of_family: str) -> bool:
    own = [address for address in pod.ips if family(address) == of_family]
    return bool(own) and all(service_routing.admits(service, address) for address in own)


def _through_cluster(service: Service, one: _CutOff) -> Fix:
    """A client in the cluster needs no load balancer, and a range of Pods would let all of them in."""
    name = f"{service.name}.{service.namespace}:{one.named.port}"
    return Fix(f"Let {one.named.owner} use {name}, the name of the Service, in {one.named.field}")


def _by_ranges(service: Service) -> Predicate:
    def matches(about: About) -> bool:
        cell = about.cell
        is_its = cell.decided_by == f"Service {service.id}" and cell.expectation == "deny"
        return is_its and "loadBalancerSourceRanges" in cell.expectation_reason

    return matches


def _admit(service: Service, ref: ObjectRef, closed: t.Sequence[About]) -> Fix:
    """Add the addresses of the clients that were asked from."""
    text = "Let the client in, if it is meant to be"
    addresses = {
        address: None
        for one in closed
        for address in one.source.get("addresses") or ()
        if family(address) == one.cell.family
    }
    new = [f"{each}/{128 if ':' in each else 32}" for each in addresses]
    if not new:
        return Fix(text)
    old = list(service.load_balancer_source_ranges)
    change = {"spec": {"loadBalancerSourceRanges": [*old, *new]}}
    return fixes.patch(ref, text, change, {"spec": {"loadBalancerSourceRanges": old}}, "medium")


RULES = (
    Rule("SVC-12", "externalTrafficPolicy Local, and no endpoint on the node", _NEEDS, _external_local),
    Rule("SVC-13", "internalTrafficPolicy Local, and no endpoint on the node", _NEEDS, _internal_local),
    Rule("SVC-22", "loadBalancerSourceRanges leave the client out", _NEEDS, _out_of_range),
)
