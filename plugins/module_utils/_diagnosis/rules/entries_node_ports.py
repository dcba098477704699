# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""ING-14: two ways into the cluster want the same port 80 or 443 of a node.

A controller in the network of its node listens there itself. A load balancer of Pods, or any Pod with a host port, has
the port of its node by rules of the kernel, which take a connection before a listener does (CNI plugin portmap). Where
both declare it, the scheduler lets only one of them onto a node; where the controller declares nothing, both run.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..reach import to_pods
from ..rule import Candidate, Rule
from .pods_scheduling import NO_FREE_PORT, message_of

_PORTS = (80, 443)


@dataclasses.dataclass(frozen=True)
class _Claim:
    """A Pod that wants a port of its node.

    Attributes:
        pod: that wants it.
        container: of the Pod, that listens.
        port: of the node.
        field: of the Pod that says so.
        listens: whether it listens in the network of the node itself.
        declared: whether the scheduler knows of it.
        said: how it has the port, in words.
    """

    pod: Pod
    container: str
    port: int
    field: str
    listens: bool
    declared: bool
    said: str


def _claims(pod: Pod, detail: PodDetail) -> t.Iterator[_Claim]:
    for container in detail.containers:
        plain = next((one for one in pod.containers if one.name == container.name), None)
        for place, port in enumerate(container.host_ports):
            field = f"{container.field}.ports[{_place(plain, port, place)}].hostPort"
            own = "listens there in the network of its node" if pod.host_network else "has it as a hostPort"
            yield _Claim(pod, container.name, port, field, pod.host_network, True, own)
        if pod.host_network and plain:
            asked = {port for name in plain.probe_ports if name.isdecimal() and (port := int(name))}
            for port in sorted(asked - set(container.host_ports)):
                said = "listens there in the network of its node, as its probe says, and declares no port"
                yield _Claim(pod, container.name, port, "spec.hostNetwork", True, False, said)


def _place(plain: t.Any, port: int, place: int) -> int:
    """The place of a host port in C(ports): in the network of its node both numbers are the same."""
    ports = [one.port for one in plain.ports] if plain else []
    return ports.index(port) if port in ports else min(place, max(len(ports) - 1, 0))


def _clash(case: Case) -> t.Iterator[Candidate]:
    """Find the ports 80 and 443 that a workload in the network of its node and another one want."""
    wanted: dict[int, dict[ObjectRef, list[_Claim]]] = {}
    for pod, detail in case.details():
        for claim in _claims(pod, detail) if not pod.finished and not pod.deleting else ():
            if claim.port in _PORTS:
                wanted.setdefault(claim.port, {}).setdefault(case.owner(pod), []).append(claim)
    for port, by_owner in wanted.items():
        for owner, claims in by_owner.items():
            for other, others in by_owner.items():
                one, two = claims[0], others[0]
                if owner != other and one.listens and not two.listens:
                    yield from _between(case, port, (owner, claims), (other, others))


def _between(
    case: Case, port: int, controller: tuple[ObjectRef, list[_Claim]], balancer: tuple[ObjectRef, list[_Claim]]
) -> t.Iterator[Candidate]:
    """The clash of two workloads, where one of them finds no node, or both are on one and declare too little."""
    listening, passing = controller[1], balancer[1]
    waiting = next((one for one in (*listening, *passing) if not one.pod.node and _is_full(case, one.pod)), None)
    common = sorted({one.pod.node for one in listening} & {one.pod.node for one in passing} - {""})
    if waiting:
        has, wants = (balancer, controller) if waiting in listening else (controller, balancer)
        yield _of_full_nodes(case, port, has, (wants[0], waiting), _fix(case, listening[0]))
    elif common:
        one = next(each for each in listening if each.pod.node == common[0])
        other = next(each for each in passing if each.pod.node == common[0])
        yield _of_shared_nodes(case, port, common, (controller[0], one), (balancer[0], other))


def _mechanism(port: int, controller: ObjectRef, balancer: ObjectRef) -> str:
    return (
        f"{controller} is a controller that listens in the network of its node, {balancer} passes connections to "
        f"port {port} of the node on to its Pods, and a port of a node can be had by one of them only"
    )


def _of_full_nodes(
    case: Case, port: int, has: tuple[ObjectRef, list[_Claim]], wants: tuple[ObjectRef, _Claim], fix: Fix
) -> Candidate:
    """The scheduler finds no node with the port, because another workload has it on all that are left."""
    (owner, claims), (loser, claim) = has, wants
    nodes = sorted({one.pod.node for one in claims} - {""})
    field = case.origin(claims[0].pod, claims[0].field)[1]
    controller, balancer = (loser, owner) if claim.listens else (owner, loser)
    return Candidate(
        owner,
        f"{owner}: {field} has port {port} of {', '.join(nodes)}, and {loser}, which wants it as well, finds no node",
        field=field,
        value=str(port),
        mechanism=_mechanism(port, controller, balancer),
        victims=(loser, ref_of(claim.pod)),
        explains=to_pods(case, [claim.pod]),
        stands_alone=True,
        scope=Scope(len(nodes), len(nodes), "nodes", nodes=tuple(nodes)),
        evidence=(
            Evidence("event", str(ref_of(claim.pod)), _message(case, claim.pod), key=True),
            Evidence("api", str(ref_of(claims[0].pod)), f"port {port} of node {nodes[0]}: it {claims[0].said}"),
            Evidence("api", str(ref_of(claim.pod)), f"port {port} of its node: it {claim.said}"),
        ),
        fix=fix,
    )


def _of_shared_nodes(
    case: Case,
    port: int,
    nodes: t.Sequence[str],
    listening: tuple[ObjectRef, _Claim],
    passing: tuple[ObjectRef, _Claim],
) -> Candidate:
    """Both run on a node: what is declared as a host port gets every connection, and who listens there none."""
    (owner, one), (balancer, other) = listening, passing
    field = case.origin(one.pod, one.field)[1]
    return Candidate(
        owner,
        f"{owner}: {field} lets it listen at port {port} of {', '.join(nodes)}, where {balancer} has every connection "
        "to this port",
        field=field,
        value=str(port) if one.declared else "true",
        mechanism=_mechanism(port, owner, balancer),
        victims=(ref_of(one.pod),),
        explains=to_pods(case, [one.pod]),
        stands_alone=True,
        scope=Scope(len(nodes), len(nodes), "nodes", nodes=tuple(nodes)),
        evidence=(
            Evidence("api", str(ref_of(one.pod)), f"port {port} of node {nodes[0]}: it {one.said}", key=True),
            Evidence("api", str(ref_of(other.pod)), f"port {port} of node {nodes[0]}: it {other.said}"),
        ),
        fix=_fix(case, one),
    )


def _is_full(case: Case, pod: Pod) -> bool:
    return bool(NO_FREE_PORT.search(_message(case, pod)))


def _message(case: Case, pod: Pod) -> str:
    detail = case.detail(pod)
    said = message_of(detail) if detail else ""
    return said or next((one.message for one in case.events(ref_of(pod), "FailedScheduling")), "")


def _fix(case: Case, claim: _Claim) -> Fix:
    """Take the controller out of the network of its node: what balances passes requests on to its Service."""
    ref, _field = case.origin(claim.pod, "spec.hostNetwork")
    spec: dict[str, t.Any] = {"hostNetwork": False}
    if claim.declared:
        # The template need not say what every Pod in the network of its node has: the API server adds the host port.
        port = {"containerPort": claim.port, "hostPort": None}
        spec["containers"] = [{"name": claim.container, "ports": [port]}]
    text = (
        "Take the controller out of the network of its node, and let the load balancer pass requests on to its Service"
    )
    return fixes.merge_template(ref, text, spec)


RULES = (
    Rule(
        "ING-14",
        "A controller in the network of its node and another workload want the same port of it",
        ("pods", "details"),
        _clash,
    ),
)
