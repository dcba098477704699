# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service: what its type and its policies mean, and endpoints that somebody wrote by hand."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Service

from . import fixes
from .about import About
from .case import Case, ref_of
from .finding import Evidence, Fix, ObjectRef
from .reach import to_service
from .rule import Candidate, Predicate, Rule, nothing
from .unwell import is_recent

_FROM_OUTSIDE = ("pod_to_nodeport", "pod_to_loadbalancer", "outside_to_nodeport", "outside_to_loadbalancer")
#: Why a load balancer gives no address, as the events of its controller say it.
_REFUSALS = ("SyncLoadBalancerFailed", "AllocationFailed", "CreatingLoadBalancerFailed")
_WANTED = ("metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs")


def _nobody_there(case: Case) -> t.Iterator[Candidate]:
    """SVC-10: an endpoint of a Service without selector does not answer."""
    by_hand = {service.id: service for service in case.snapshot.services if not service.selector}
    for one in case.snapshot.endpoint_slices:
        service = by_hand.get(f"{one.namespace}/{one.service}")
        failing = case.failing_for(ref_of(service)) if service else []
        if service is None or not failing:
            continue
        uses = to_service(service)
        for place, endpoint in enumerate(one.endpoints):
            address = next(iter(endpoint.addresses), "")
            if not address or address in case.facts.owners:
                continue
            refused = any(about.cell.outcome == "refused" for about in failing)
            field = "ports[0].port" if refused else f"endpoints[{place}].addresses[0]"
            value = str(one.ports[0].port) if refused and one.ports else address
            ref, inside = ObjectRef("EndpointSlice", one.name, one.namespace), _is_inside(case, address)
            whose = "is of no Pod and no node" if inside else "is outside the cluster"
            does = f"and {address} refuses it" if refused else f"which {whose} and does not answer"
            yield Candidate(
                ref,
                f"{ref}: {field} is {value}, {does}",
                certainty="certain" if inside else "strong",
                field=field,
                value=value,
                mechanism="A Service without selector leads to the addresses that are written into its EndpointSlice",
                victims=(ref_of(service),),
                explains=uses,
                predicts=uses if len(one.endpoints) == 1 else nothing,
                evidence=(Evidence("api", str(ref), f"{address} {whose}", key=True),),
                fix=Fix("Write the address and port of what is to answer"),
            )


def _is_inside(case: Case, address: str) -> bool:
    one = ipaddress.ip_address(address)
    ranges = (ipaddress.ip_network(cidr, strict=False) for node in case.snapshot.nodes for cidr in node.pod_cidrs)
    return any(one in each for each in ranges)


def _by_traffic_policy(service: Service, outside: bool) -> Predicate:
    """Match what a traffic policy of a Service closes."""

    def matches(about: About) -> bool:
        is_its = about.cell.decided_by == f"Service {service.id}" and about.cell.expectation == "deny"
        return is_its and (about.cell.model in _FROM_OUTSIDE) == outside

    return matches


def _external_local(case: Case) -> t.Iterator[Candidate]:
    """SVC-12: externalTrafficPolicy is Local, and the node that is asked has no endpoint."""
    for service in case.snapshot.services:
        if service.external_traffic_policy == "Local" and service.type in ("NodePort", "LoadBalancer"):
            yield _local(case, service, "externalTrafficPolicy", _by_traffic_policy(service, True))


def _internal_local(case: Case) -> t.Iterator[Candidate]:
    """SVC-13: internalTrafficPolicy is Local, and the client's node has no endpoint."""
    for service in case.snapshot.services:
        if service.internal_traffic_policy == "Local":
            yield _local(case, service, "internalTrafficPolicy", _by_traffic_policy(service, False))


def _local(case: Case, service: Service, field: str, closes: Predicate) -> Candidate:
    ref = ref_of(service)
    nodes = sorted({pod.node for pod in case.pods_of(service) if pod.ready})
    said = f"ready endpoints are on {', '.join(nodes)} alone" if nodes else "it has no ready endpoint"
    return Candidate(
        ref,
        f"{ref}: spec.{field} is Local, and {said}, so that other nodes drop its traffic",
        field=f"spec.{field}",
        value="Local",
        wanted="Cluster",
        mechanism="With Local, kube-proxy sends traffic to endpoints of the same node only, and drops it where none is",
        explains=closes,
        evidence=(Evidence("api", str(ref), f"{field} Local; {said}", key=True),),
        fix=fixes.patch(
            ref,
            "Use endpoints of all nodes, or run a Pod on each node that is asked",
            {"spec": {field: "Cluster"}},
            {"spec": {field: "Local"}},
            "medium",
        ),
    )


def _pending(case: Case) -> t.Iterator[Candidate]:
    """SVC-14: a Service of type LoadBalancer has no address."""
    for service in case.snapshot.services:
        if service.type != "LoadBalancer" or service.balancers or is_recent(case, service.created):
            continue
        ref = ref_of(service)
        refused = case.events(ref, *_REFUSALS)
        wanted = next((key for key in _WANTED if key in service.annotations), "")
        if refused and wanted:
            field, value = f"metadata.annotations[{wanted}]", service.annotations[wanted]
        elif service.load_balancer_class:
            field, value = "spec.loadBalancerClass", service.load_balancer_class
        else:
            field, value = "status.loadBalancer", ""
        why = refused[0].message if refused else "no load balancer has dealt with it"
        yield Candidate(
            ref,
            f"{ref} of type LoadBalancer has no address: {f'{field} is {value}, and ' if value else ''}{why}",
            severity="warning",
            field=field,
            value=value,
            mechanism="A controller of the cloud or of the cluster gives such a Service its address",
            stands_alone=True,
            evidence=(Evidence("event" if refused else "api", str(ref), why, key=True),),
            fix=Fix(
                "Install the controller of that class, name an address that it has, or use the node ports meanwhile"
            ),
        )


def _alias(case: Case) -> t.Iterator[Candidate]:
    """SVC-15: the name of an ExternalName has no address, or is no name."""
    for service in case.snapshot.services:
        if service.type != "ExternalName":
            continue
        ref, name = ref_of(service), service.external_name
        is_address = name.replace(".", "").isdecimal() or ":" in name
        failing = [about for about in case.failing if about.is_for(ref)]
        lost = [about for about in failing if _words.outcome(about.cell.outcome).is_name]
        if not is_address and not lost:
            continue
        why = "is an address, and a CNAME of DNS takes names alone" if is_address else "is a name without an address"
        shown = (
            (Evidence("probe", f"check {lost[0].cell.id}", f"{lost[0].cell.source}: {lost[0].cell.reason}"),)
            if lost
            else ()
        )
        yield Candidate(
            ref,
            f"{ref}: spec.externalName is {name}, which {why}",
            field="spec.externalName",
            value=name,
            mechanism="The cluster's DNS answers for the Service with a CNAME, and the client looks that name up",
            explains=lambda about, ref=ref: about.is_for(ref),  # type: ignore[misc]
            stands_alone=is_address,
            evidence=(Evidence("api", str(ref), f"externalName {name} {why}", key=True), *shown),
            fix=Fix(
                "Name a host that has an address; for an address, use a Service without selector and an EndpointSlice"
            ),
        )


RULES = (
    Rule(
        "SVC-10",
        "An endpoint that was written by hand does not answer",
        ("services", "endpoint_slices", "cells"),
        _nobody_there,
    ),
    Rule(
        "SVC-12",
        "externalTrafficPolicy Local, and no endpoint on the node",
        ("services", "pods", "cells"),
        _external_local,
    ),
    Rule(
        "SVC-13",
        "internalTrafficPolicy Local, and no endpoint on the node",
        ("services", "pods", "cells"),
        _internal_local,
    ),
    Rule("SVC-14", "A load balancer has given no address", ("services", "events"), _pending),
    Rule("SVC-15", "The name of an ExternalName has no address", ("services", "cells"), _alias),
)
