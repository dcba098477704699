# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service that need the state of a node: what forwards Services there, and its rules.

Without it they are hints: a Service fails at a node, and each of its endpoints answers from that node.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule

_NEEDS = ("services", "pods", "cells")
_NODE_STATE = "what the node's own rules say needs node state"
_AT_NODES = _words.models_that_ask("node_port")
_AT_CLUSTER_IP = _words.models_that_ask("cluster_ip")
_HAIRPIN = "pod_to_self_service"
#: Outcomes of a connection that went nowhere, or to no endpoint.
_LOST = ("timeout", "refused", "no_route", "unreachable_fast", "unreachable_arp")
#: Code -> what may be wrong there.
_SUSPECTED = {
    "SVC-17": "kube-proxy does not run there, its rules are old, or something has removed them",
    "SVC-19": "a Pod's connection does not come back to itself: the bridge's ports have no hairpin mode there",
    "SVC-20": "an old entry of UDP's connection tracking leads to an endpoint that is gone",
    "SVC-21": "replies do not come back through the node: its rules do not masquerade what they forward",
}


@dataclasses.dataclass
class _Lost:
    """What fails at a node although the endpoints answer from it."""

    cells: dict[int, About] = dataclasses.field(default_factory=dict)
    services: dict[ObjectRef, None] = dataclasses.field(default_factory=dict)


def _find_lost(case: Case) -> dict[tuple[str, str], _Lost]:
    """By code and node."""
    found: dict[tuple[str, str], _Lost] = {}
    for about in case.failing:
        node = _forwarding_node(about)
        code = _code(case, about, node) if node and about.cell.outcome in _LOST and not about.is_lookup else ""
        services = [ref for ref in about.objects if ref.kind == "Service"]
        if code and services and all(_endpoints_answer(case, about, key, port) for key, port in about.ports):
            lost = found.setdefault((code, node), _Lost())
            lost.cells[about.cell.id] = about
            lost.services.update(dict.fromkeys(services))
    return found


def _forwarding_node(about: About) -> str:
    """The node whose rules translate the address."""
    if about.cell.model in _AT_NODES:
        return str(about.target.get("name") or "")
    return str(about.source.get("node") or "") if about.cell.model in _AT_CLUSTER_IP else ""


def _code(case: Case, about: About, node: str) -> str:
    if about.cell.model == _HAIRPIN:
        return "SVC-19"
    if about.cell.protocol == "udp":
        return "SVC-20"
    if about.cell.model in _AT_NODES:
        others = [
            one
            for one in case.answered
            if one.ports & about.ports and one.cell.model in _AT_NODES and one.target.get("name") != node
        ]
        return "SVC-21" if others and not _has_endpoint(case, about, node) else "SVC-17"
    return "SVC-17"


def _has_endpoint(case: Case, about: About, node: str) -> bool:
    services = (case.facts.services.get(key) for key, _port in about.ports)
    return any(pod.node == node for service in services if service for pod in case.pods_of(service))


def _endpoints_answer(case: Case, about: About, key: str, number: int) -> bool:
    """Whether each ready Pod behind a port answers by its own address: to the one who asks, else to somebody there."""
    service = case.facts.services.get(key)
    port = next((one for one in service.ports if one.port == number), None) if service else None
    pods = [pod for pod in case.pods_of(service) if pod.ready] if service else []
    if service is None or port is None or not pods:
        return False
    for pod in pods:
        wanted = port_in_pod(pod, port)
        there = [one for one in case.answered_for(ref_of(pod)) if not one.is_inside]
        answered = [one for one in there if one.target.get("port") == wanted]
        by_itself = any(one.cell.source == about.cell.source for one in answered)
        if not by_itself and not any(_is_beside(one, about) for one in answered) and about.asker != ref_of(pod):
            return False
    return True


def _is_beside(one: About, about: About) -> bool:
    """Whether both ask from the same node; from outside, where a node forwards, any other source shows as much."""
    node = about.source.get("node")
    return not node or one.source.get("node") == node


def _find(code: str) -> t.Callable[[Case], t.Iterator[Candidate]]:
    def find(case: Case) -> t.Iterator[Candidate]:
        for (found, node), lost in case.once("Services that fail at a node", _find_lost).items():
            if found == code:
                yield _hint(code, node, lost)

    return find


def _hint(code: str, node: str, lost: _Lost) -> Candidate:
    cells = frozenset(lost.cells)
    first = next(iter(lost.cells.values())).cell
    named = ", ".join(str(ref) for ref in list(lost.services)[:3])
    return Candidate(
        ObjectRef("Node", node),
        f"Node {node}: {named} fails there, and its endpoints answer; perhaps {_SUSPECTED[code]}; {_NODE_STATE}",
        certainty="hint",
        mechanism="A node's own rules lead the address of a Service to its endpoints",
        victims=tuple(lost.services),
        explains=lambda about: about.cell.id in cells,
        scope=Scope(nodes=(node,)),
        evidence=(
            Evidence("probe", f"check {first.id}", f"{first.source} asks {first.asked}: {first.reason}", key=True),
            Evidence("api", named, "each of its ready endpoints answers by its own address"),
        ),
        fix=Fix(
            "Look at what forwards Services on that node: whether kube-proxy runs there, its log, and the node's rules"
        ),
    )


RULES = (
    Rule("SVC-17", "Services fail at one node, and their endpoints answer", _NEEDS, _find("SVC-17")),
    Rule("SVC-19", "A Pod does not reach itself through its Service", _NEEDS, _find("SVC-19")),
    Rule("SVC-20", "A UDP Service fails at one node, and its endpoints answer", _NEEDS, _find("SVC-20")),
    Rule("SVC-21", "A node port fails at nodes without an endpoint", _NEEDS, _find("SVC-21")),
)
