# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Ingress: the Services behind the ways in, and what lies between the controller and them."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import entry_backends
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import closings, fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Predicate, Rule
from . import entries_gateways, entries_protocols, policy_fixes
from .entries_about import NamedBackend, name_field, named_backends, to_entries, to_entry
from .entries_about import ref_of as ref_of_entry

_NEEDS = ("ingresses", "services")


def _no_service(case: Case) -> t.Iterator[Candidate]:
    """ING-04: the Service of a path does not exist in its namespace, or may not be used from there."""
    for one in named_backends(case):
        if one.id in case.facts.services or case.facts.unread_in("services", one.namespace):
            continue
        there = sorted(each.name for each in case.facts.services.values() if each.namespace == one.namespace)
        close = difflib.get_close_matches(one.service, there, 1)
        elsewhere = sorted(each.namespace for each in case.facts.services.values() if each.name == one.service)
        also = (
            f"; there is one in namespace {elsewhere[0]}, and {_article(one.ref.kind)} cannot use it"
            if elsewhere
            else ""
        )
        said = f"Service {one.id} does not exist{also}"
        yield _of_backend(one, one.name_field, one.service, close[0] if close else "", said)
    yield from entries_gateways.refused_backends(case)
    yield from entries_gateways.unnamed(case)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"


def _no_port(case: Case) -> t.Iterator[Candidate]:
    """ING-05: the Service has no such port."""
    for one in named_backends(case):
        service = case.facts.services.get(one.id)
        if service is None or service.type == "ExternalName" or not one.port:
            continue
        transport = "UDP" if one.ref.kind == "UDPRoute" else "TCP"
        ports = [port for port in service.ports if port.protocol == transport]
        if any(one.port in _names(port, one) for port in ports):
            continue
        by_number = one.port.isdecimal()
        there = [str(port.port) if by_number else port.name for port in ports]
        close = difflib.get_close_matches(one.port, there, 1)
        wanted = there[0] if len(there) == 1 else close[0] if close else ""
        has = ", ".join(f"{port.port} ({port.name})" if port.name else str(port.port) for port in ports)
        said = f"Service {service.id} has no such port; it has {has or 'none'}"
        yield _of_backend(one, one.port_field, one.port, wanted, said)


def _names(port: ServicePort, one: NamedBackend) -> tuple[str, ...]:
    """What a port may be called; a Route of OpenShift names that of the Pods as well."""
    return (port.name, str(port.port), *((port.target_port,) if one.ref.kind == "Route" else ()))


def _of_backend(one: NamedBackend, field: str, value: str, wanted: str, said: str) -> Candidate:
    number = one.port_field == field and value.isdecimal()
    value_of: t.Callable[[str], t.Any] = int if number else str
    return Candidate(
        one.ref,
        f"{one.ref}: {field} is {value}, and {said}",
        field=field,
        value=value,
        wanted=wanted,
        mechanism="A controller has nothing to send requests of this host and path to, and answers with an error",
        explains=one.matches,
        predicts=one.matches,
        stands_alone=True,
        evidence=(Evidence("api", str(one.ref), f"{field} is {value}; {said}", key=True),),
        fix=fixes.replace(one.ref, "Name what exists", field, value_of(wanted), value_of(value))
        if wanted and field
        else Fix("Name a Service and port that exist, or create them"),
    )


def _backend_not_ready(case: Case) -> t.Iterator[Candidate]:
    """ING-06: the Service has no ready endpoint, for a reason of its own."""
    for entry in case.facts.entries:
        for backend in entry_backends.backends_of(case.facts, entry):
            if not backend.defect or not backend.service or not backend.port:
                continue
            ref = ref_of_entry(entry)
            matches = to_entry(ref, entry.path)
            yield Candidate(
                ref,
                f"{ref}: {backend.defect}, {_answer(case, matches)}",
                field=name_field(entry),
                value=backend.service.name,
                mechanism="A controller sends requests to the endpoints of the Service, and none of them is ready",
                explains=matches,
                predicts=matches,
                parents=(ref_of(backend.service), *_owners(case, backend.service)),
                evidence=(Evidence("api", str(ref), backend.defect, key=True),),
                fix=Fix(f"Find out why Service {backend.service.id} has no ready endpoint"),
            )


#: Codes of a rule of a policy that was written for a connection, and does not open it.
def _answer(case: Case, matches: Predicate) -> str:
    """What a host and path without an application answers, as it was seen: there may be no controller either."""
    seen = next((about for about in case.cells if about.cell.author == "controller" and matches(about)), None)
    if seen:
        return f"and the controller answers {_words.outcome(seen.cell.outcome).reason}"
    return "so that no application can answer for it"


_SLIPS = ("POL-03", "POL-04", "POL-05", "POL-06")


def _owners(case: Case, service: Service) -> tuple[ObjectRef, ...]:
    return tuple(dict.fromkeys(case.owner(pod) for pod in case.pods_of(service)))


def _closed_to_controller(case: Case) -> t.Iterator[Candidate]:
    """ING-13: a NetworkPolicy that isolates the backend does not let the controller in."""
    found: dict[tuple[str, str], tuple[closings.Closing, list[EntryPoint]]] = {}
    for entry in case.facts.entries:
        for closing in _between(case, entry):
            found.setdefault((closing.policy.id, closing.direction), (closing, []))[1].append(entry)
    for closing, entries in found.values():
        ref, connection = policy_fixes.ref_of(closing.policy), closing.connection
        refs = [(ref_of_entry(entry), entry.path) for entry in entries]
        isolated, other = closing.connection.ends(closing.direction)
        way = "from" if closing.direction == "Ingress" else "to"
        who = f"Pod {other.id}" if other else connection.address
        yield Candidate(
            ref,
            f"{ref} isolates Pod {isolated.id if isolated else ''} and allows no TCP {connection.port} {way} {who}, "
            f"the {'controller' if closing.direction == 'Ingress' else 'backend'} of {refs[0][0]}",
            field=f"spec.{closing.direction.lower()}",
            wanted=f"a rule for TCP {connection.port} {way} {who}",
            mechanism="The controller takes the request, and waits in vain for the application behind it",
            victims=tuple(dict.fromkeys(one for one, _path in refs)),
            parents=(ref,),
            parent_codes=_SLIPS,
            explains=to_entries(refs),
            evidence=(Evidence("api", str(ref), f"no rule allows {way} {who}", key=True),),
            fix=policy_fixes.open_it(case, closing),
        )


def _between(case: Case, entry: EntryPoint) -> t.Iterator[closings.Closing]:
    """What closes the way from a controller's first ready Pod to each endpoint."""
    owner = case.facts.controller(entry)
    controllers = [pod for pod in case.pods_of(owner[0]) if pod.ready] if owner else []
    for backend in entry_backends.backends_of(case.facts, entry) if controllers else ():
        for one in backend.backends:
            pod = case.facts.pods.get(f"{backend.service.namespace}/{one.endpoint.pod}") if backend.service else None
            if pod and backend.port:
                number = port_in_pod(pod, backend.port)
                closed = closings.closings(case, closings.Connection(controllers[0], pod, "TCP", number))
                for direction in dict.fromkeys(one.direction for one in closed):
                    yield _most_likely(case, [one for one in closed if one.direction == direction])


def _most_likely(case: Case, closed: t.Sequence[closings.Closing]) -> closings.Closing:
    """Of policies that close a connection together, that which was written for it, else for these Pods."""
    return min(
        closed,
        key=lambda one: (
            closings.near_miss(case, one) is None,
            policy_fixes.breadth(one.policy, one.direction),
            one.policy.id,
        ),
    )


RULES = (
    Rule("ING-04", "The Service of a path does not exist, or may not be used from there", _NEEDS, _no_service),
    Rule("ING-05", "The Service of a path has no such port", _NEEDS, _no_port),
    Rule(
        "ING-06",
        "The Service of a path has no ready endpoint",
        (*_NEEDS, "pods", "endpoint_slices"),
        _backend_not_ready,
    ),
    Rule(
        "ING-12",
        "The controller and the application speak different protocols",
        (*_NEEDS, "pods", "ingress_classes", "cells"),
        entries_protocols.different,
    ),
    Rule(
        "ING-13",
        "A NetworkPolicy closes the backend to the controller",
        (*_NEEDS, "pods", "endpoint_slices", "network_policies", "namespaces", "cells"),
        _closed_to_controller,
    ),
)
