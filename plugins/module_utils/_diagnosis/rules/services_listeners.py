# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service: where the Pods behind it listen."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import fixes
from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..reach import to_service
from ..rule import Candidate, Predicate, Rule
from .services import declared_protocols, heard, is_loopback, is_refused, speaks, with_selector

_NEEDS = ("services", "pods", "cells")


class _Port(t.NamedTuple):
    """A port of a Service whose Pods refuse, with the first ready Pod and the first check that shows it."""

    service: Service
    place: int
    port: ServicePort
    number: int  #: in the Pod
    pods: list[Pod]
    shown: About

    def probe(self) -> Evidence:
        """What the check showed."""
        cell = self.shown.cell
        return Evidence("probe", f"check {cell.id}", f"{cell.source} asks {cell.asked}: {cell.reason}", key=True)

    def uses(self, about: About) -> bool:
        """Whether a check needs a listener there: through the Service, or at a Pod itself."""
        at_pod = about.asked in [ref_of(pod) for pod in self.pods] and about.target.get("port") == self.number
        from_others = about.cell.protocol != "udp" and not about.is_inside
        return to_service(self.service, self.port.port)(about) or (at_pod and from_others)


def _refusing(case: Case) -> t.Iterator[_Port]:
    """Yield the ports of Services whose Pods refuse connections."""
    for service in case.snapshot.services:
        pods = [pod for pod in case.pods_of(service) if pod.ready] if service.selector else []
        for place, port in enumerate(service.ports if pods else ()):
            refused = [about for about in case.failing_for(ref_of(service)) if is_refused(about, service, port)]
            number = port_in_pod(pods[0], port)
            if refused and number and not (service.headless and number != port.port):
                yield _Port(service, place, port, number, pods, refused[0])


def _declares(pod: Pod, number: int, protocol: str = "TCP") -> tuple[str, str] | None:
    """The field and name of the container that declares a port."""
    for place, container in enumerate(pod.containers):
        for index, port in enumerate(container.ports):
            if (port.port, port.protocol) == (number, protocol):
                return f"spec.containers[{place}].ports[{index}].containerPort", container.name
    return None


def _on_loopback(case: Case) -> t.Iterator[Candidate]:
    """SVC-07: the application listens on the loopback address alone."""
    for one in _refusing(case):
        at = {
            address
            for pod in one.pods
            for address, _hash, port in (each.rpartition("#") for each in case.listens(pod) or ())
            if port == str(one.number)
        }
        if at and all(is_loopback(address) for address in at):
            where, (field, owner) = sorted(at)[0], _container(case, one)
            yield Candidate(
                owner,
                f"{owner}: {field} listens on {where}#{one.number} alone, which only the Pod itself reaches",
                field=field,
                value=where,
                wanted="all addresses",
                mechanism="A connection to the address of the Pod meets no listener, and the kernel refuses it",
                victims=(ref_of(one.service),),
                explains=one.uses,
                predicts=one.uses,
                evidence=(
                    one.probe(),
                    Evidence("probe", f"sockets of {ref_of(one.pods[0])}", f"listens on {where}#{one.number}"),
                ),
                fix=fixes.roll_back(case, owner, "Let the application listen on all addresses of the Pod"),
            )


def _container(case: Case, one: _Port) -> tuple[str, t.Any]:
    """The container that is to listen at the port: what a person changes to change where it listens."""
    pod = one.pods[0]
    declared = _declares(pod, one.number)
    place = declared[0].partition(".ports")[0] if declared else "spec.containers[0]"
    detail = case.detail(pod)
    own = next((each for each in detail.containers if each.field == place), None) if detail else None
    owner, field = case.origin(pod, f"{place}{'.command' if own and own.command else ''}")
    return field, owner


def _other_port(case: Case) -> t.Iterator[Candidate]:
    """SVC-08: the Pods declare the port and listen at another one."""
    for one in _refusing(case):
        declared = _declares(one.pods[0], one.number)
        hears = heard(case, one.pods)
        on_loopback = any(each.endswith(f"#{one.number}") for pod in one.pods for each in case.listens(pod) or ())
        if not declared or one.number in (hears or ()) or on_loopback:
            continue
        owner, field = case.origin(one.pods[0], declared[0])
        there = sorted(number for number in hears or () if not _declares(one.pods[0], number))
        wanted = str(there[0]) if len(there) == 1 else ""
        listen = f"they listen at {', '.join(map(str, sorted(hears)))}" if hears else "nothing was seen to listen"
        sockets = (Evidence("probe", f"sockets of {ref_of(one.pods[0])}", listen),) if hears is not None else ()
        ref, target = ref_of(one.service), f"spec.ports[{one.place}].targetPort"
        yield Candidate(
            owner,
            f"{owner}: {field} is {one.number}, where the Pods refuse connections; {listen}",
            certainty="certain" if there else "strong",
            field=field,
            value=str(one.number),
            wanted=wanted,
            mechanism="What a container declares opens no port: the application decides where it listens",
            victims=(ref,),
            parents=(owner,),
            parent_codes=("POD-28",),
            explains=one.uses,
            predicts=one.uses,
            evidence=(one.probe(), *sockets),
            fix=fixes.replace(ref, "Name the port at which the Pods listen", target, int(wanted), _old(one.port))
            if wanted and one.port.target_port
            else Fix("Let the application listen at the port that its Pods declare"),
        )


def _old(port: ServicePort) -> int | str:
    return int(port.target_port) if port.target_port.isdecimal() else port.target_port


def _protocol(case: Case) -> t.Iterator[Candidate]:
    """SVC-06: the Pods have the port with another protocol: as they declare it, or as their sockets show."""
    for service in with_selector(case):
        pods = case.pods_of(service)
        for place, port in enumerate(service.ports if pods else ()):
            other = speaks(case, pods, port)
            if other:
                yield _of_protocol(case, service, place, other, pods)


def _of_protocol(case: Case, service: Service, place: int, other: str, pods: t.Sequence[Pod]) -> Candidate:
    ref, field, port = ref_of(service), f"spec.ports[{place}].protocol", service.ports[place]
    name, number = port.target_port or str(port.port), port_in_pod(pods[0], port)
    uses = to_service(service, port.port)
    listens = number in (heard(case, pods, other) or ())
    declared = declared_protocols(pods, port)
    declares = f"its containers declare {name} as {other} only" if declared else f"its containers declare no {name}"
    sockets = f"a socket of {other} listens at {number}, and none of {port.protocol}"
    shown = Evidence("probe", f"sockets of {ref_of(pods[0])}", sockets)
    return Candidate(
        ref,
        f"{ref}: {field} is {port.protocol}, and its Pods have {name} as {other} only",
        certainty="certain" if listens and declared else "strong",
        field=field,
        value=port.protocol,
        wanted=other,
        mechanism="TCP and UDP have ports of their own: at one of them nobody listens",
        explains=uses,
        predicts=uses,
        evidence=(Evidence("api", str(ref_of(pods[0])), declares, key=True), *((shown,) if listens else ())),
        fix=fixes.replace(ref, "Name the protocol that the Pods speak", field, other, port.protocol),
    )


def _headless(case: Case) -> t.Iterator[Candidate]:
    """SVC-16: the port of a headless Service is not that of its Pods, and nothing translates it.

    Where no client is known that uses the port, it is a finding only if clients have no other Service for these Pods.
    """
    for service in with_selector(case):
        pods = case.pods_of(service) if service.headless else []
        for place, port in enumerate(service.ports if pods else ()):
            number = port_in_pod(pods[0], port)
            if number in (0, port.port):
                continue
            ref, field, asks = ref_of(service), f"spec.ports[{place}].port", _asks_name(service, port)
            refused = [about for about in case.cells if asks(about) and about.cell.outcome == "refused"]
            cells = (Evidence("probe", f"check {one.cell.id}", f"{one.cell.asked} refuses") for one in refused[:1])
            yield Candidate(
                ref,
                f"{ref} is headless, and {field} is {port.port} where its Pods listen at {number}",
                severity="error" if any(about.failed for about in refused) else "warning",
                field=field,
                value=str(port.port),
                wanted=str(number),
                mechanism="The name of a headless Service leads to the Pods themselves, and no port is translated",
                explains=asks,
                predicts=asks,
                stands_alone=bool(refused) and _is_only_way(case, service, pods),
                evidence=(
                    Evidence("api", str(ref), f"clusterIP None, port {port.port}, targetPort {number}", key=True),
                    *cells,
                ),
                fix=fixes.replace(ref, "Use the port of the Pods", field, number, port.port)
                if _has_members(case, pods)
                else _give_address(ref, number),
            )


def _asks_name(service: Service, port: ServicePort) -> Predicate:
    """Match what asks for the name of a Service at its port, and not for an endpoint at the port of that."""
    uses = to_service(service, port.port)
    return lambda about: uses(about) and not about.is_lookup and about.cell.via != "address"


def _is_only_way(case: Case, service: Service, pods: t.Sequence[Pod]) -> bool:
    """Whether clients have no other Service for the same Pods, and these are no members that know each other's port."""
    others = {one.id for pod in pods for one in case.services_of(pod)} - {service.id}
    return not _has_members(case, pods) and not others


def _has_members(case: Case, pods: t.Iterable[Pod]) -> bool:
    return any(case.owner(pod).kind == "StatefulSet" for pod in pods)


#: C(clusterIP) cannot be changed: the Service is made anew of all else that it has.
_WITHOUT_ADDRESS = (
    "sed -e '/^  clusterIP: /d' -e '/^  clusterIPs:$/d' -e '/^  - None$/d'"
    " -e '/^  - [0-9.]*$/d' -e '/^  - [^ ]*:[^ ]*$/d'"
)
_HEADLESS_AGAIN = f"{_WITHOUT_ADDRESS} -e 's/^  type: ClusterIP$/  clusterIP: None/'"


def _give_address(ref: ObjectRef, number: int) -> Fix:
    """Make the Service anew with an address, at which its port is translated."""
    get = fixes.kubectl(ref, "get", "service", ref.name, "-o", "yaml")
    put = fixes.kubectl(ref, "replace", "--force", "-f", "-")
    text = f"Give the Service an address, which translates the port, or let its clients use port {number}"
    commands = [f"{get} | {sed} | {put}" for sed in (_WITHOUT_ADDRESS, _HEADLESS_AGAIN)]
    return Fix(text, commands[0], "medium", commands[1], fixes.right("create", ref))


RULES = (
    Rule("SVC-06", "The protocol is not that of the Pods", ("services", "pods"), _protocol),
    Rule("SVC-07", "The application listens on the loopback address alone", _NEEDS, _on_loopback),
    Rule("SVC-08", "The application listens at another port than its Pods declare", _NEEDS, _other_port),
    Rule("SVC-16", "The port of a headless Service is not that of its Pods", ("services", "pods"), _headless),
)
