# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service: its ports, and whether Pods behind it are ready."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import fixes
from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..reach import to_service
from ..rule import Candidate, Rule

#: The protocol that an application may listen with in place of the Service's.
OTHER = {"TCP": "UDP", "UDP": "TCP"}


def with_selector(case: Case) -> t.Iterator[Service]:
    """The Services that select Pods."""
    for service in case.snapshot.services:
        if service.selector and service.type != "ExternalName":
            yield service


def _named_port_missing(case: Case) -> t.Iterator[Candidate]:
    """SVC-05: the name of a targetPort is no name of a container's port."""
    for service in with_selector(case):
        pods = case.pods_of(service)
        for place, port in enumerate(service.ports):
            if not pods or not port.target_port or port.target_port.isdecimal():
                continue
            without = [pod for pod in pods if not has_port(pod, port.target_port)]
            if without:
                yield _no_such_name(service, place, port, pods, without)


def has_port(pod: Pod, name: str) -> bool:
    """Whether a container port has a name, whatever its protocol."""
    return any(port.name == name for container in pod.containers for port in container.ports)


def _port_names(pod: Pod, protocol: str) -> list[str]:
    ports = (port for container in pod.containers for port in container.ports)
    return [port.name for port in ports if port.name and port.protocol == protocol]


def _no_such_name(
    service: Service, place: int, port: ServicePort, pods: t.Sequence[Pod], without: t.Sequence[Pod]
) -> Candidate:
    ref, field = ref_of(service), f"spec.ports[{place}].targetPort"
    there = list(dict.fromkeys(name for pod in without for name in _port_names(pod, port.protocol)))
    close = difflib.get_close_matches(port.target_port, there, 1)
    wanted = close[0] if close else there[0] if len(there) == 1 else ""
    has = f"they have {', '.join(there)}" if there else "they name no port"
    affected = f"its {len(pods)} Pods" if len(without) == len(pods) else f"{len(without)} of its {len(pods)} Pods"
    affected = "its Pod" if len(pods) == 1 else affected
    is_whole = len(without) == len(pods)
    uses = to_service(service, port.port)
    return Candidate(
        ref,
        f"{ref}: {field} is {port.target_port}, which names no port of {affected}; {has}",
        field=field,
        value=port.target_port,
        wanted=wanted,
        mechanism="A Pod without a port of that name is no endpoint of the Service's port",
        explains=uses,
        predicts=uses if is_whole else lambda _about: False,
        scope=Scope(len(without), len(pods), "Pods"),
        evidence=(Evidence("api", str(ref), f"targetPort {port.target_port}; of the containers, {has}", key=True),),
        fix=fixes.replace(ref, "Name a port that the containers have", field, wanted, port.target_port)
        if wanted
        else Fix("Name a port that the containers have, or give the container's port that name"),
    )


def _wrong_number(case: Case) -> t.Iterator[Candidate]:
    """SVC-04: nothing listens at the targetPort, which no container declares."""
    for service in with_selector(case):
        for place, port in enumerate(service.ports):
            refused = [about for about in case.failing_for(ref_of(service)) if is_refused(about, service, port)]
            pods = [pod for pod in case.pods_of(service) if pod.ready]
            number = int(port.target_port) if port.target_port.isdecimal() else 0
            if not (refused and pods and number) or port.protocol != "TCP" or speaks(case, pods, port) == "UDP":
                continue
            if number not in _declared(pods) and not any(number in (heard(case, [pod]) or ()) for pod in pods):
                yield _not_listening(case, service, place, port, pods, refused)


def is_refused(about: About, service: Service, port: ServicePort) -> bool:
    """Whether the Pods behind a port of a Service refused, and not a node for want of endpoints."""
    return about.cell.outcome == "refused" and about.cell.author != "node" and about.uses(service.id, port.port)


def speaks(case: Case, pods: t.Sequence[Pod], port: ServicePort) -> str:
    """The protocol with which Pods have the port of a Service, where it is not the Service's; else nothing.

    What containers declare decides; where they declare no such port, what their sockets show.
    """
    found = declared_protocols(pods, port)
    if found or port.protocol not in OTHER:
        return min(found) if found and port.protocol not in found else ""
    number = port_in_pod(pods[0], port) if pods else 0
    own, other = (heard(case, pods, each) or () for each in (port.protocol, OTHER[port.protocol]))
    return OTHER[port.protocol] if number in other and number not in own else ""


def declared_protocols(pods: t.Iterable[Pod], port: ServicePort) -> set[str]:
    """The protocols with which containers declare the port of a Service."""
    wanted = port.target_port or str(port.port)
    declared = (each for pod in pods for container in pod.containers for each in container.ports)
    return {each.protocol for each in declared if wanted in (each.name, str(each.port))}


def _declared(pods: t.Iterable[Pod]) -> set[int]:
    return {
        port.port for pod in pods for container in pod.containers for port in container.ports if port.protocol == "TCP"
    }


def heard(case: Case, pods: t.Iterable[Pod], protocol: str = "TCP") -> set[int] | None:
    """The ports that listen in all of the Pods that one could look into, but for loopback; none without any."""
    found = [listening for pod in pods if (listening := case.listens(pod, protocol)) is not None]
    sets = [
        {int(port) for address, _hash, port in (one.rpartition("#") for one in each) if not is_loopback(address)}
        for each in found
    ]
    return set.intersection(*sets) if sets else None


def is_loopback(address: str) -> bool:
    """Whether only the Pod itself reaches an address."""
    return address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1")


def _answering(case: Case, pods: t.Iterable[Pod]) -> dict[int, About]:
    """The TCP ports of Pods that answered somebody."""
    found: dict[int, About] = {}
    for pod in pods:
        for about in case.answered_for(ref_of(pod)):
            is_of_port = about.target.get("port") and about.cell.protocol in ("tcp", "http", "https", "tls")
            if is_of_port and not about.is_inside:
                found.setdefault(about.target["port"], about)
    return found


def _not_listening(
    case: Case, service: Service, place: int, port: ServicePort, pods: t.Sequence[Pod], refused: t.Sequence[About]
) -> Candidate:
    ref, field = ref_of(service), f"spec.ports[{place}].targetPort"
    declared, hears, answering = _declared(pods), heard(case, pods), _answering(case, pods)
    listening = (hears or set()) | set(answering)
    possible = sorted(listening & declared) or sorted(listening) or sorted(declared)
    wanted = _meant(service, port, pods, possible)
    listen = f"they listen at {', '.join(map(str, sorted(listening)))}" if listening else "nothing listens there"
    answer = next(iter(answering.values()), None)
    uses = to_service(service, port.port)
    cell = refused[0].cell
    evidence = [Evidence("probe", f"check {cell.id}", f"{cell.source} asks {cell.asked}: {cell.reason}", key=True)]
    if hears is not None:
        at = ", ".join(map(str, sorted(hears))) or "none"
        evidence.append(Evidence("probe", f"sockets of {ref_of(pods[0])}", f"TCP ports that listen: {at}"))
    declares = ", ".join(map(str, sorted(declared))) or "no port"
    evidence.append(Evidence("api", str(ref), f"targetPort {port.target_port}; the containers declare {declares}"))
    ruled_out: tuple[RuledOut, ...] = ()
    if answer:
        by = f"{answer.cell.source} is answered at {answer.cell.asked} (check {answer.cell.id})"
        ruled_out = (RuledOut("POL-01", by),)
    return Candidate(
        ref,
        f"{ref}: {field} is {port.target_port}, where its Pods refuse connections; {listen}",
        certainty="certain" if listening else "strong",
        field=field,
        value=port.target_port,
        wanted=wanted,
        mechanism="Clients of a headless Service connect to its Pods, at a port at which nothing listens"
        if service.headless
        else "kube-proxy sends connections to a port of the Pods at which nothing listens",
        explains=uses,
        predicts=uses,
        evidence=tuple(evidence),
        ruled_out=ruled_out,
        fix=fixes.replace(ref, "Name the port at which the Pods listen", field, int(wanted), int(port.target_port))
        if wanted
        else Fix("Give targetPort the port at which the application listens"),
    )


def _meant(service: Service, port: ServicePort, pods: t.Sequence[Pod], possible: t.Sequence[int]) -> str:
    """Which of the ports at which Pods listen a Service's port is for: by its name or number, or as no other has it."""
    declared = {each.port: each.name for own in pods[0].containers for each in own.ports if each.protocol == "TCP"}
    others = {port_in_pod(pods[0], each) for each in service.ports if each != port}
    for fits in (
        [each for each in possible if port.name and declared.get(each) == port.name],
        [each for each in possible if each == port.port],
        [each for each in possible if each not in others],
    ):
        if len(fits) == 1:
            return str(fits[0])
    return str(possible[0]) if len(possible) == 1 else ""


def _none_ready(case: Case) -> t.Iterator[Candidate]:
    """SVC-09: there are Pods, and none of them is ready."""
    for service in with_selector(case):
        pods = case.pods_of(service)
        ready = [*(pod.ready for pod in pods), *(endpoint.ready for endpoint in case.endpoints(service))]
        if not pods or service.publish_not_ready_addresses or any(ready):
            continue
        ref = ref_of(service)
        owners: dict[ObjectRef, None] = {case.owner(pod): None for pod in pods}
        states = ", ".join(dict.fromkeys(pod.status or pod.phase for pod in pods))
        whose = "Its Pod is" if len(pods) == 1 else f"None of its {len(pods)} Pods is"
        yield Candidate(
            ref,
            f"{ref} has no ready endpoint: {whose[0].lower()}{whose[1:]} {'not ' * (len(pods) == 1)}ready ({states})",
            mechanism="Only ready Pods are endpoints that get traffic, and kube-proxy refuses connections without one",
            explains=to_service(service),
            predicts=to_service(service),
            parents=(*owners, *(ref_of(pod) for pod in pods)),
            scope=Scope(len(pods), len(pods), "Pods"),
            evidence=(Evidence("api", str(ref), f"{whose} {'not ' * (len(pods) == 1)}ready: {states}", key=True),),
            fix=Fix("Find out why its Pods are not ready"),
        )


RULES = (
    Rule("SVC-04", "targetPort is the wrong number", ("services", "pods", "cells"), _wrong_number),
    Rule("SVC-05", "The named targetPort is no port of the Pods", ("services", "pods"), _named_port_missing),
    Rule("SVC-09", "No Pod behind the Service is ready", ("services", "pods", "endpoint_slices"), _none_ready),
)
