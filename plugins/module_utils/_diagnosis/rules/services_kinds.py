# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service: what its type means, and endpoints that somebody wrote by hand."""

from __future__ import annotations

import datetime
import ipaddress
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import is_address
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kept_annotations import BALANCER_ADDRESSES
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    EndpointSlice,
    Service,
    ServicePort,
)

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..reach import to_service
from ..rule import Candidate, Predicate, Rule, nothing
from .unwell import is_recent

#: Why a load balancer gives no address, as the events of its controller say it.
_REFUSALS = (
    "SyncLoadBalancerFailed",
    "AllocationFailed",
    "CreatingLoadBalancerFailed",
    "FailedBuildModel",
    "FailedDeployModel",
)
#: Who makes slices of an Endpoints object that somebody wrote (endpointslicemirroring).
_MIRRORED = "endpointslicemirroring-controller.k8s.io"
#: What a controller says that has begun.
_BEGINS = ("EnsuringLoadBalancer", "EnsuredLoadBalancer", "UpdatedLoadBalancer", "SuccessfullyReconciled")
_SECONDS_TO_BEGIN = datetime.timedelta(seconds=60)
_AT_NODES = _words.models_that_ask("node_port")
_BALANCED = _words.models_that_ask("load_balancer")


def _by_hand(case: Case) -> t.Iterator[Candidate]:
    """SVC-10: what somebody wrote as endpoints of a Service is not what answers."""
    yield from _other_port_name(case)
    yield from _nobody_there(case)


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
            refused = any(about.cell.outcome == "refused" and about.cell.author != "node" for about in failing)
            field = "ports[0].port" if refused else f"endpoints[{place}].addresses[0]"
            value = str(one.ports[0].port) if refused and one.ports else address
            ref, inside = ObjectRef("EndpointSlice", one.name, one.namespace), _is_inside(case, address)
            if one.managed_by == _MIRRORED:
                ref = ObjectRef("Endpoints", one.service, one.namespace)
                field = "subsets[0].ports[0].port" if refused else f"subsets[0].addresses[{place}].ip"
            whose = "is of no Pod and no node" if inside else "is outside the cluster"
            does = f"and {address} refuses it" if refused else f"which {whose} and does not answer"
            yield Candidate(
                ref,
                f"{ref}: {field} is {value}, {does}",
                certainty="certain" if inside else "strong",
                field=field,
                value=value,
                mechanism="A Service without selector leads to the addresses that somebody writes into its endpoints",
                victims=(ref_of(service),),
                explains=uses,
                predicts=uses if len(one.endpoints) == 1 else nothing,
                evidence=(Evidence("api", str(ref), f"{address} {whose}", key=True),),
                fix=Fix("Write the address and port of what is to answer"),
            )


def _other_port_name(case: Case) -> t.Iterator[Candidate]:
    """SVC-10: the ports of the endpoints have another name or protocol than those of the Service."""
    by_service: dict[str, list[EndpointSlice]] = {}
    for one in case.snapshot.endpoint_slices:
        by_service.setdefault(f"{one.namespace}/{one.service}", []).append(one)
    for service in case.snapshot.services:
        slices = by_service.get(service.id, []) if not service.selector else []
        there = {(port.name, port.protocol) for one in slices for port in one.ports}
        for port in service.ports if there else ():
            if (port.name, port.protocol) in there:
                continue
            own = {(each.name, each.protocol) for each in service.ports}
            strange = [
                (one, place, each)
                for one in slices
                for place, each in enumerate(one.ports)
                if (each.name, each.protocol) not in own
            ]
            if strange:
                yield _named_otherwise(service, port, *strange[0])


def _named_otherwise(
    service: Service, port: ServicePort, one: EndpointSlice, place: int, strange: ServicePort
) -> Candidate:
    part = "name" if strange.name != port.name else "protocol"
    has, wanted = (getattr(each, part) or "empty" for each in (strange, port))
    mirrored = one.managed_by == _MIRRORED
    ref = ObjectRef("Endpoints" if mirrored else "EndpointSlice", one.service if mirrored else one.name, one.namespace)
    field = f"subsets[0].ports[{place}].{part}" if mirrored else f"ports[{place}].{part}"
    return Candidate(
        ref,
        f"{ref}: {field} is {has}, and that of port {port.port} of Service {service.id} is {wanted}",
        field=field,
        value=has,
        wanted=wanted,
        mechanism="A port of a Service leads to the endpoints' port of the same name and protocol, and to no other",
        victims=(ref_of(service),),
        explains=to_service(service, port.port),
        predicts=to_service(service, port.port),
        evidence=(Evidence("api", str(ref), f"its port {strange.port} has the {part} {has}", key=True),),
        fix=fixes.replace(ref, "Give the endpoints' port that of the Service", field, *_values(part, strange, port)),
    )


def _values(part: str, strange: ServicePort, port: ServicePort) -> tuple[str, str]:
    return getattr(port, part), getattr(strange, part)


def _is_inside(case: Case, address: str) -> bool:
    if not is_address(address):  # of a slice of names
        return False
    one = ipaddress.ip_address(address)
    ranges = (ipaddress.ip_network(cidr, strict=False) for node in case.snapshot.nodes for cidr in node.pod_cidrs)
    return any(one in each for each in ranges)


def _pending(case: Case) -> t.Iterator[Candidate]:
    """SVC-14: a Service of type LoadBalancer has no address."""
    for service in case.snapshot.services:
        if service.type != "LoadBalancer" or service.balancers:
            continue
        ref = ref_of(service)
        refused = case.events(ref, *_REFUSALS)
        if not refused and _is_in_work(case, service):
            continue
        wanted = next((key for key in BALANCER_ADDRESSES if key in service.annotations), "")
        if refused and wanted:
            field, value = f"metadata.annotations[{wanted}]", service.annotations[wanted]
        elif refused and service.load_balancer_ip:
            field, value = "spec.loadBalancerIP", service.load_balancer_ip
        elif service.load_balancer_class:
            field, value = "spec.loadBalancerClass", service.load_balancer_class
        else:
            field, value = "status.loadBalancer", ""
        why = refused[0].message if refused else "no load balancer has dealt with it"
        yield Candidate(
            ref,
            f"{ref} of type LoadBalancer has no address: {f'{field} is {value}, and ' if value else ''}{why}",
            certainty="certain" if refused else "strong",
            severity="warning",
            field=field,
            value=value,
            mechanism="A controller of the cloud or of the cluster gives such a Service its address",
            explains=_asks_balancer(service),
            stands_alone=bool(refused) or not _is_for_others(case, service),
            evidence=(Evidence("event" if refused else "api", str(ref), why, key=True), *_node_ports(case, service)),
            fix=_another_address(ref, wanted, value) if refused and wanted else Fix(_INSTALL),
        )


_INSTALL = "Install the controller of that class, name an address that it has, or use the node ports meanwhile"


def _another_address(ref: ObjectRef, annotation: str, value: str) -> Fix:
    text = "Name an address that the load balancer has and nobody uses, or let it choose one"
    words = ("annotate", "service", ref.name)
    return fixes.command(ref, text, (*words, f"{annotation}-"), (*words, f"{annotation}={value}"), "medium")


def _is_in_work(case: Case, service: Service) -> bool:
    """Whether a controller may still be about to give an address.

    It says so by an event, or has put a finalizer on the Service, which it removes once the load balancer is gone. One
    of another class than the cluster's own does so at once or not at all.
    """
    ref = ref_of(service)
    begun = bool(case.events(ref, *_BEGINS)) or case.changed(ref, "metadata.finalizers") is not None
    if begun:
        return is_recent(case, service.created)
    return not service.load_balancer_class and is_recent(case, service.created, _SECONDS_TO_BEGIN)


def _is_for_others(case: Case, service: Service) -> bool:
    """Whether a load balancer of a class that nobody serves here is beside other Services of the same Pods."""
    others = {one.id for pod in case.pods_of(service) for one in case.services_of(pod)} - {service.id}
    return bool(service.load_balancer_class and others)


def _asks_balancer(service: Service) -> Predicate:
    return lambda about: about.cell.model in _BALANCED and about.is_for(ref_of(service))


def _node_ports(case: Case, service: Service) -> t.Iterator[Evidence]:
    """An answer at a node port, which shows that the load balancer alone is missing."""
    answered = (one for one in case.answered_for(ref_of(service)) if one.cell.model in _AT_NODES and not one.is_lookup)
    for one in answered:
        yield Evidence("probe", f"check {one.cell.id}", f"{one.cell.source} is answered at {one.cell.asked}")
        break


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
        _by_hand,
    ),
    Rule("SVC-14", "A load balancer has given no address", ("services", "events"), _pending),
    Rule("SVC-15", "The name of an ExternalName has no address", ("services", "cells"), _alias),
)
