# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a diagnosis asks further: what tells the candidates apart that are left. Pure.

A check is in doubt where no candidate that is certain explains it. What is asked of it depends on the codes of the
candidates that do; where there are none, on what happened. A probe of the kubelet that fails is replayed.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import family, is_address
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import Backend

from ..about import About
from ..case import Case, ref_of
from ..ranking import Suspect
from . import names as follow_ups_names
from . import replays
from .doubts import Doubt, Doubts, of_pod_sources
from .records import FollowUp

MOST = 32  #: questions of a run
ROUNDS = 2
SECONDS = 6.0  #: for all of them
_ENDPOINTS = 6  #: of a Service's port that are asked
_PODS = 2  #: of a Service, or of a candidate, that are looked into
_TRIES, _TRY_MS = 20, 250
_OTHER_END = ("POL", "NET", "NODE", "EGR", "CP")


def choose(case: Case, suspects: t.Sequence[Suspect]) -> list[FollowUp]:
    """The questions of the next round; none where all that could be asked was asked.

    Args:
        case: all that is known, earlier follow-ups included.
        suspects: the candidates (C(engine.suspects)).
    """
    doubts = Doubts(case, suspects)
    asked = [answer.question.key for answer in case.follow_ups]
    left = MOST - len(asked)
    found: dict[tuple[t.Any, ...], FollowUp] = {}
    for ask in _ASK:
        for one in ask(doubts):
            if one.key not in asked:
                found.setdefault(one.key, one)
    return list(itertools.islice(_fairly(found.values()), max(0, left)))


def _fairly(questions: t.Iterable[FollowUp]) -> t.Iterator[FollowUp]:
    """One question of each kind and object after the other, so that a bound leaves something of each."""
    groups: dict[t.Any, list[FollowUp]] = {}
    for one in questions:
        groups.setdefault((one.kind, one.object), []).append(one)
    for row in itertools.zip_longest(*groups.values()):
        yield from filter(None, row)


def _endpoints(doubts: Doubts) -> t.Iterator[FollowUp]:
    """Each endpoint of a Service at its address and targetPort, by the Service's protocol; for UDP by TCP as well."""
    for doubt, service, port in _ports(doubts):
        protocol = "udp" if port.protocol == "UDP" else "tcp"
        for backend in _spread(doubts.case, service, port, doubt.about.cell.family)[:_ENDPOINTS]:
            if not _known(doubts.case, doubt.about, backend):
                base = FollowUp(
                    "endpoint",
                    ref_of(service),
                    protocol,
                    backend.address,
                    backend.port,
                    codes=doubt.codes,
                    askers=of_pod_sources(doubts.case, doubt.about),
                )
                yield base
                if protocol == "udp":
                    yield dataclasses.replace(base, protocol="tcp")


def _ports(doubts: Doubts) -> t.Iterator[tuple[Doubt, Service, ServicePort]]:
    """The ports of Services that a check in doubt uses, each once."""
    seen = set()
    for doubt in doubts.about("SVC", *_OTHER_END, "POD"):
        for name, number in sorted(doubt.about.ports):
            service = doubts.case.facts.services.get(name)
            port = next((each for each in service.ports if each.port == number), None) if service else None
            if service and port and not doubt.about.is_lookup and (name, number) not in seen:
                seen.add((name, number))
                yield doubt, service, port


def _spread(case: Case, service: Service, port: ServicePort, ip_family: str) -> list[Backend]:
    """The endpoints that get traffic, one of each workload after the other."""
    of_owner: dict[str, list[Backend]] = {}
    for backend in case.facts.backends(service, port, ip_family):
        if backend.endpoint.ready and backend.port:
            pod = case.facts.pods.get(f"{service.namespace}/{backend.endpoint.pod}")
            of_owner.setdefault(str(case.owner(pod)) if pod else backend.address, []).append(backend)
    return [one for row in itertools.zip_longest(*of_owner.values()) for one in row if one]


def _known(case: Case, about: About, backend: Backend) -> bool:
    """Whether a check of the same source has asked the endpoint already."""
    return (about.cell.source, backend.endpoint.pod, backend.port) in case.once("endpoints that were asked", _asked)


def _asked(case: Case) -> set[tuple[str, str, int]]:
    pods = (about for about in case.cells if about.target.get("kind") == "pod")
    return {(one.cell.source, one.target.get("name", ""), one.target.get("port", 0)) for one in pods}


def _listeners(doubts: Doubts) -> t.Iterator[FollowUp]:
    """The sockets of Pods that refuse, where nobody has looked: the Pod itself asks its loopback address."""
    for doubt in doubts.about("SVC", "POD"):
        if doubt.about.cell.outcome != "refused" or doubt.about.cell.author == "node":
            continue
        for pod, number in _refusing(doubts.case, doubt.about)[:_PODS]:
            if doubts.case.listens(pod) is None and pod.ips:
                yield _look_into(pod, number, doubt.codes)


def _look_into(pod: Pod, number: int, codes: tuple[str, ...]) -> FollowUp:
    host = "127.0.0.1" if family(pod.ips[0]) == "IPv4" else "::1"
    return FollowUp("listeners", ref_of(pod), "tcp", host, number, codes=codes, askers=(pod.id,))


def _refusing(case: Case, about: About) -> list[tuple[Pod, int]]:
    """The Pods behind what refused, and the port that was asked there."""
    pod = case.facts.pods.get(f"{about.target.get('namespace')}/{about.target.get('name')}")
    if about.target.get("kind") == "pod" and pod:
        return [(pod, about.target.get("port") or 0)]
    found: list[tuple[Pod, int]] = []
    for name, number in sorted(about.ports):
        service = case.facts.services.get(name)
        port = next((each for each in service.ports if each.port == number), None) if service else None
        for backend in _spread(case, service, port, about.cell.family) if service and port else ():
            behind = case.facts.pods.get(f"{service.namespace}/{backend.endpoint.pod}") if service else None
            if behind:
                found.append((behind, backend.port))
    return found


def _repeated(doubts: Doubts) -> t.Iterator[FollowUp]:
    """The same port twenty times, where some answered and some did not: how many of how many."""
    case = doubts.case
    for doubt, service, port in _ports(doubts):
        some = doubt.about.intermittent or any(each.uses(service.id, port.port) for each in case.answered)
        address = next((each for each in service.cluster_ips if family(each) == doubt.about.cell.family), "")
        sent = doubt.about.cell.evidence.get("sent") or 0
        directly = doubt.about.target.get("kind") == "service"
        if directly and some and is_address(address) and port.protocol == "TCP" and sent < _TRIES:
            yield FollowUp(
                "repeated",
                ref_of(service),
                "tcp",
                address,
                port.port,
                tries=_TRIES,
                timeout_ms=_TRY_MS,
                codes=doubt.codes,
                askers=of_pod_sources(case, doubt.about),
            )


def _neighbours(doubts: Doubts) -> t.Iterator[FollowUp]:
    """The question of a Pod that gets no answer, asked by another Pod of its namespace on its node."""
    case = doubts.case
    for doubt in doubts.about(*_OTHER_END):
        about, cell = doubt.about, doubt.about.cell
        pod = case.facts.pods.get(f"{about.source.get('namespace')}/{about.source.get('pod')}")
        address, port = str(cell.evidence.get("address") or ""), about.target.get("port") or 0
        protocol = "udp" if cell.protocol == "udp" else "tcp"
        if not pod or not port or not is_address(address) or about.is_lookup or cell.outcome == "refused":
            continue
        others = _on_same_node(case, pod)
        if others and not _another_asked(case, about, pod.node):
            yield FollowUp(
                "neighbour", ref_of(pod), protocol, address, port, codes=doubt.codes, askers=tuple(others[:1])
            )


def _on_same_node(case: Case, pod: Pod) -> list[str]:
    return [
        other.id
        for other in case.facts.pods_by_node.get(pod.node, ())
        if (other.namespace, other.phase, other.host_network) == (pod.namespace, "Running", False)
        and other.id != pod.id
        and not other.deleting
        and any(container.running for container in other.containers)
    ]


def _another_asked(case: Case, about: About, node: str) -> bool:
    askers = case.once("who asked what from where", _askers).get((about.cell.target, node), set())
    return bool(askers - {about.cell.source})


def _askers(case: Case) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for about in case.cells:
        found.setdefault((about.cell.target, str(about.source.get("node", ""))), set()).add(about.cell.source)
    return found


def _replays(doubts: Doubts) -> t.Iterator[FollowUp]:
    """The kubelet's probes that keep a container from being ready, or end it, as they are and with one part changed."""
    case = doubts.case
    for pod in doubts.victims("POD-07", "POD-08", most=_PODS):
        detail = case.detail(pod)
        for one in detail.containers if detail else ():
            for probe in one.probes:
                fails = not one.ready if probe.kind == "readiness" else one.restarts > 0 or not one.started
                for question in replays.questions(case, pod, one, probe) if fails else ():
                    if question.kind == "kubelet_probe" and case.listens(pod) is None:
                        yield _look_into(pod, question.port, question.codes)
                    yield dataclasses.replace(question, askers=_near(pod))


def _near(pod: Pod) -> tuple[str, ...]:
    """Who can ask in the kubelet's place: the node; then the Pod itself, which no policy keeps from its own address."""
    return (f"node/{pod.node}", pod.id)


#: In the order of C(KINDS): what the sources of the run can ask first.
_ASK: tuple[t.Callable[[Doubts], t.Iterator[FollowUp]], ...] = (
    _endpoints,
    follow_ups_names.backends,
    follow_ups_names.name_servers,
    follow_ups_names.search_domains,
    _repeated,
    _neighbours,
    _listeners,
    _replays,
    follow_ups_names.from_controllers,
)
