# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer DNS: what lets names through by UDP or by TCP, and what drops them on the way."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Service

from .. import closings, fixes
from ..about import About
from ..case import Case
from ..closings import Closing, Connection
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..rule import Candidate, Rule
from . import dns_view, policy_fixes
from .dns_policies import closed_to, is_of
from .dns_view import ClusterDns

_PORT = 53
_NEEDS = ("network_policies", "pods", "namespaces", "endpoint_slices")
#: Bytes of an answer by UDP without EDNS, as libc asks (RFC 1035, 4.2.1); of its header; of one address of each family.
_MOST_BYTES, _HEADER, _RECORD = 512, 12, {"IPv4": 16, "IPv6": 28}


def _no_tcp(case: Case) -> t.Iterator[Candidate]:
    """DNS-09: names resolve by UDP, and TCP is closed: answers that are too long for UDP are lost."""
    view = dns_view.of(case)
    udp = {one.connection.client.id for one in _all(case, view, "UDP") if one.connection.client}
    found: dict[str, list[Closing]] = {}
    for closing in _all(case, view, "TCP"):
        if closing.connection.client and closing.connection.client.id not in udp:
            found.setdefault(closing.policy.id, []).append(closing)
    for closed in found.values():
        yield _without_tcp(case, closed)
    if view.service and {port.protocol for port in view.service.ports if port.port == _PORT} == {"UDP"}:
        yield _service_without_tcp(view, view.service)
    elif not found:
        yield from _unanswered(case, view)


def _all(case: Case, view: ClusterDns, protocol: str) -> list[Closing]:
    return case.once(f"Pods that may not ask the DNS by {protocol}", lambda one: closed_to(one, view, protocol))


def long_names(case: Case) -> dict[str, int]:
    """The headless Services whose answer is too long for UDP, with how many addresses they have."""
    found = {}
    for service in case.snapshot.services:
        if service.headless and service.type != "ExternalName":
            addresses = [one for endpoint in case.endpoints(service) if endpoint.ready for one in endpoint.addresses]
            for family, size in _RECORD.items():
                own = [one for one in addresses if (":" in one) == (family == "IPv6")]
                question = len(f"{service.name}.{service.namespace}.svc.cluster.local") + 6
                if _HEADER + question + size * len(own) > _MOST_BYTES:
                    found[service.id] = len(own)
    return found


def _is_long(case: Case, about: About) -> bool:
    return about.is_lookup and any(key in long_names(case) for key, _port in about.ports)


def _without_tcp(case: Case, closed: t.Sequence[Closing]) -> Candidate:
    closing = closed[0]
    ref = policy_fixes.ref_of(closing.policy)
    pods = {one.connection.client.id: one.connection.client for one in closed if one.connection.client}
    place, index = _udp_rule(case, closing)
    field = f"spec.egress[{place}].ports" if place >= 0 else "spec.egress"
    missed = long_names(case)
    failed = [about for about in case.failing if is_of(about, pods) and about.is_lookup]
    name = next(iter(missed), "")
    long = f"; the answer for {name} ({missed[name]} addresses) needs TCP" if name else ""
    port = closing.connection.port
    new = {"protocol": "TCP", "port": port}
    change = [{"op": "add", "path": f"/spec/egress/{place}/ports/-", "value": new}]
    back = [{"op": "remove", "path": f"/spec/egress/{place}/ports/{index}"}]
    fix = fixes.json_patch(ref, "Allow TCP, too", change, back) if place >= 0 else Fix("Allow TCP, too")
    return Candidate(
        ref,
        f"{ref}: {field} allows UDP {port} to the cluster's DNS, and not TCP{long}",
        severity="error" if failed else "warning",
        field=field,
        value=f"UDP {port}",
        wanted=f"UDP and TCP {port}",
        mechanism="An answer that does not fit into a datagram is asked for again by TCP, which the policy drops",
        explains=lambda about: is_of(about, pods) and (_is_long(case, about) or _is_by_tcp(about)),
        stands_alone=bool(name),
        scope=Scope(len(pods), len(pods), "Pods"),
        evidence=(
            Evidence("api", str(ref), f"{field}: no rule allows TCP {port} to the Pods of the DNS", key=True),
            *(
                (Evidence("api", f"Service {name}", f"{missed[name]} addresses do not fit into 512 bytes"),)
                if name
                else ()
            ),
        ),
        fix=fix,
    )


def _udp_rule(case: Case, closing: Closing) -> tuple[int, int]:
    """The rule that allows the DNS by UDP, and how many ports it has; -1 where that is not of this policy."""
    connection = Connection(closing.connection.client, closing.connection.server, "UDP", closing.connection.port)
    by_udp = Closing(closing.policy, "Egress", connection)
    for place, rule in enumerate(closing.policy.spec.get("egress") or ()):
        if rule.get("ports") and closings.allows(case, by_udp, rule):
            return place, len(rule["ports"])
    return -1, 0


def _is_by_tcp(about: About) -> bool:
    return about.cell.protocol == "dns" and about.cell.via.endswith("tcp")


def _service_without_tcp(view: ClusterDns, service: Service) -> Candidate:
    ref: ObjectRef = view.service_ref
    new = {"name": "dns-tcp", "port": _PORT, "protocol": "TCP", "targetPort": _PORT}
    change = [{"op": "add", "path": "/spec/ports/-", "value": new}]
    back = [{"op": "remove", "path": f"/spec/ports/{len(service.ports)}"}]
    return Candidate(
        ref,
        f"{ref}: spec.ports has no port {_PORT} for TCP: answers that are too long for UDP are lost",
        field="spec.ports",
        value=f"{_PORT}/UDP",
        wanted=f"{_PORT}/UDP and {_PORT}/TCP",
        mechanism="An answer that does not fit into a datagram is asked for again by TCP, at the same address",
        explains=lambda about: view.is_asked(about) and (_is_by_tcp(about) or _is_long(view.case, about)),
        evidence=(Evidence("api", str(ref), "its ports have no 53/TCP", key=True),),
        fix=fixes.json_patch(ref, "Add the port", change, back),
    )


@dataclasses.dataclass
class _Asked:
    """The questions of the Pods of one node to the cluster's DNS by UDP or by TCP."""

    failed: list[About] = dataclasses.field(default_factory=list)
    answered: list[About] = dataclasses.field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        """Whether none was answered."""
        return bool(self.failed) and not self.answered


def _unanswered(case: Case, view: ClusterDns) -> t.Iterator[Candidate]:
    """Questions that nobody answers although Pods of the DNS are ready, and no object of the cluster says why."""
    asked: dict[str, dict[str, _Asked]] = {}
    for about in (*case.failing, *case.answered):
        if about.cell.protocol == "dns" and about.target.get("kind") == "dns" and view.serves(about):
            by = asked.setdefault(str(about.source.get("node") or ""), {}).setdefault(_transport(about), _Asked())
            (by.failed if about.failed else by.answered).append(about)
    if not any(pod.ready for pod in view.pods):
        return
    for transport, other in (("TCP", "UDP"), ("UDP", "TCP")):
        nodes = [node for node, by in asked.items() if _cut(by, transport) and not _cut(by, other) and other in by]
        if nodes:
            yield _one_transport(view, transport, other, asked, nodes)
    nodes = [node for node, by in asked.items() if by and all(one.is_cut for one in by.values())]
    if nodes:
        yield _cut_off(view, asked, sorted(nodes))


def _transport(about: About) -> str:
    return "TCP" if _is_by_tcp(about) else "UDP"


def _cut(by: t.Mapping[str, _Asked], transport: str) -> bool:
    return transport in by and by[transport].is_cut


def _said(about: About) -> str:
    cell = about.cell
    return f"{cell.source} asks {cell.asked} by {_transport(about)}: {cell.reason or 'answered'}"


def _one_transport(
    view: ClusterDns, transport: str, other: str, asked: t.Mapping[str, t.Mapping[str, _Asked]], nodes: t.Sequence[str]
) -> Candidate:
    servers = ", ".join(sorted({pod.node for pod in view.pods if pod.node}))
    first, well = asked[nodes[0]][transport].failed[0], asked[nodes[0]][other].answered[0]
    leads = "An answer that does not fit into a datagram is asked for again by TCP" if transport == "TCP" else ""
    return Candidate(
        view.workload,
        f"{view.workload}: its Pods on node {servers} answer by {other}, and not by {transport} at port {_PORT}",
        certainty="strong",
        value=f"{other} alone",
        wanted="UDP and TCP",
        mechanism=leads or "libc asks by UDP first, and waits for an answer until its timeout",
        explains=lambda about: (
            (
                view.is_asked(about)
                and (_transport(about) == transport if about.cell.protocol == "dns" else transport == "UDP")
            )
            or (transport == "TCP" and view.is_asked(about) and _is_long(view.case, about))
        ),
        scope=Scope(len(nodes), len(asked), "nodes", tuple(sorted(nodes))),
        evidence=(
            Evidence("probe", f"check {first.cell.id}", _said(first), key=True),
            Evidence("probe", f"check {well.cell.id}", _said(well)),
        ),
        ruled_out=(RuledOut("DNS-07", f"no NetworkPolicy closes {transport} {_PORT}"),),
        fix=Fix(f"Find the firewall rule that drops {transport} {_PORT} to Pods on {servers}; this needs node state"),
    )


def _cut_off(view: ClusterDns, asked: t.Mapping[str, t.Mapping[str, _Asked]], nodes: t.Sequence[str]) -> Candidate:
    """Neither is answered: from some nodes, what is between them and the DNS; from all, what is around it."""
    some = len(nodes) < len(asked)
    ref = ObjectRef("Node", nodes[0]) if some else view.workload
    where = ", ".join(nodes)
    servers = ", ".join(sorted({pod.node for pod in view.pods if pod.node}))
    first = next(iter(asked[nodes[0]].values())).failed[0]
    others = ", ".join(sorted({*asked} - {*nodes}))
    said = f"Pods on {where} get no answer of the cluster's DNS by UDP and TCP"
    return Candidate(
        ref,
        f"{ref}: {said}, and those on {others} do"
        if some
        else f"{ref}: its Pods on node {servers} are ready, and answer nobody by UDP and TCP",
        certainty="hint",
        value="no answer",
        mechanism="What drops packets between nodes, or the rules of kube-proxy, can only be seen on the nodes",
        explains=lambda about: view.is_asked(about) and about.source.get("node") in nodes,
        scope=Scope(len(nodes), len(asked), "nodes", tuple(nodes)),
        evidence=(Evidence("probe", f"check {first.cell.id}", _said(first), key=True),),
        ruled_out=(RuledOut("DNS-01", f"{sum(pod.ready for pod in view.pods)} Pods of the DNS are ready"),),
        fix=Fix(
            f"Ask the Pods of the DNS on {servers} by their own addresses from {where}; where packets are lost needs "
            "node state"
        ),
    )


RULES = (Rule("DNS-09", "DNS is not answered by TCP, by UDP, or from a node", _NEEDS, _no_tcp),)
