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
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import PodDetail

from . import fixes
from .case import Case, ref_of
from .finding import Evidence, Fix, ObjectRef, Scope
from .reach import to_pods
from .rule import Candidate, Rule

_PORTS = (80, 443)
_FULL = "didn't have free ports"


@dataclasses.dataclass(frozen=True)
class _Claim:
    """A Pod that wants a port of its node.

    Attributes:
        pod: that wants it.
        port: of the node.
        field: of the Pod that says so.
        listens: whether it listens in the network of the node itself.
        declared: whether the scheduler knows of it.
        said: how it has the port, in words.
    """

    pod: Pod
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
            yield _Claim(pod, port, field, pod.host_network, True, own)
        if pod.host_network and plain:
            asked = {port for name in plain.probe_ports if name.isdecimal() and (port := int(name))}
            for port in sorted(asked - set(container.host_ports)):
                said = "listens there in the network of its node, as its probe says, and declares no port"
                yield _Claim(pod, port, "spec.hostNetwork", True, False, said)


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
    """The clash of two workloads, where they meet on a node or one of them finds no node."""
    (owner, claims), (other, others) = controller, balancer
    unscheduled = [one for one in (*claims, *others) if not one.pod.node and _is_full(case, one.pod)]
    common = sorted({one.pod.node for one in claims} & {one.pod.node for one in others} - {""})
    if not unscheduled and not common:
        return
    loser = case.owner(unscheduled[0].pod) if unscheduled else owner
    first = unscheduled[0] if unscheduled else next(one for one in claims if one.pod.node == common[0])
    winner, its = (other, others[0]) if loser == owner else (owner, claims[0])
    nodes = common or sorted({one.pod.node for one in (others if loser == owner else claims)} - {""})
    field = case.origin(first.pod, first.field)[1]
    lost = "finds no node" if unscheduled else f"gets no request on {', '.join(nodes)}"
    pods = [one.pod for one in (claims if loser == owner else others)]
    evidence = [
        Evidence("api", str(ref_of(first.pod)), f"port {port} of the node: it {first.said}", key=True),
        Evidence("api", str(ref_of(its.pod)), f"port {port} of node {its.pod.node}: it {its.said}"),
    ]
    evidence += [Evidence("event", str(ref_of(one.pod)), _message(case, one.pod)) for one in unscheduled[:1]]
    yield Candidate(
        loser,
        f"{loser}: {field} wants port {port} of its node, which {winner} has, so that it {lost}",
        field=field,
        value=str(port) if first.declared else "true",
        mechanism=f"One of the two has a port of a node: {owner} is a controller that listens in the network of its "
        f"node, {other} passes connections to port {port} of the node on to its Pods",
        victims=tuple(ref_of(pod) for pod in pods),
        explains=to_pods(case, pods),
        stands_alone=True,
        scope=Scope(len(nodes), len(nodes), "nodes", nodes=tuple(nodes)),
        evidence=tuple(evidence),
        fix=_fix(case, first) if loser == owner else Fix(f"Let one of the two have port {port}: {owner} or {other}"),
    )


def _is_full(case: Case, pod: Pod) -> bool:
    return _FULL in _message(case, pod)


def _message(case: Case, pod: Pod) -> str:
    detail = case.detail(pod)
    said = next((one.message for one in detail.conditions if one.type == "PodScheduled"), "") if detail else ""
    return said or next((one.message for one in case.events(ref_of(pod), "FailedScheduling")), "")


def _fix(case: Case, claim: _Claim) -> Fix:
    """Take the controller out of the network of its node: what balances passes requests on to its Service."""
    ref, network = case.origin(claim.pod, "spec.hostNetwork")
    pointer = f"/{network.replace('.', '/')}"
    change: list[t.Any] = [{"op": "replace", "path": pointer, "value": False}]
    back: list[t.Any] = [{"op": "replace", "path": pointer, "value": True}]
    if claim.declared:
        own = "/" + case.origin(claim.pod, claim.field)[1].replace("[", "/").replace("]", "").replace(".", "/")
        change.append({"op": "remove", "path": own})
        back.append({"op": "add", "path": own, "value": claim.port})
    text = (
        "Take the controller out of the network of its node, and let the load balancer pass requests on to its Service"
    )
    if ref.kind == "Pod":
        return Fix(text)
    return fixes.json_patch(ref, text, change, back, "medium")


RULES = (
    Rule(
        "ING-14",
        "A controller in the network of its node and another workload want the same port of it",
        ("pods", "details"),
        _clash,
    ),
)
