# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer NetworkPolicy.

What a policy closes may be meant. So a closed connection is a cause only where somebody asked why it is closed, or
expected it to be open, or where a workload names what it connects to; a rule that was evidently written to open it, and
cannot, is a finding by itself.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import closings
from ..about import About
from ..case import Case
from ..closings import Closing, Connection, NearMiss
from ..finding import Evidence, Fix
from ..rule import Candidate, Rule
from . import policy_fixes
from .named_addresses import NamedAddress, suffering
from .policies_named import named_closings

_NEEDS = ("network_policies", "pods", "namespaces", "services")
_CLOSED = {"Ingress": ("POL-01", "spec.ingress"), "Egress": ("POL-02", "spec.egress")}
#: Pods that a policy isolates, and Pods that might be meant, which are compared without any cell.
_MOST_PAIRS = 2000


@dataclasses.dataclass
class _Slip:
    """The same slip of a policy, with all that it closes."""

    closing: Closing
    miss: NearMiss
    cells: set[int] = dataclasses.field(default_factory=set)
    named: list[NamedAddress] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class _Closed:
    """What a policy closes, of what fails and of what workloads name."""

    closing: Closing
    cells: set[int] = dataclasses.field(default_factory=set)
    named: list[NamedAddress] = dataclasses.field(default_factory=list)


def _find_closed_cells(case: Case) -> tuple[tuple[About, tuple[Closing, ...]], ...]:
    """Failing cells that policies close, with these: of a question, and where a user expects them to be open."""
    found = []
    for about in case.failing:
        if "NetworkPolicy " in about.cell.decided_by or "NetworkPolic" in about.cell.expectation_reason:
            closed = tuple(
                closing
                for connection in closings.connections(case, about)
                for closing in closings.closings(case, connection) or closings.rewritten(case, about, connection)
            )
            found += [(about, closed)] if closed else []
    return tuple(found)


def _find_slips(case: Case) -> tuple[_Slip, ...]:
    """Rules that were evidently written for connections that are closed."""
    found: dict[tuple[str, str, str], _Slip] = {}
    for about, closed in _closed_cells(case):
        for closing in closed:
            slip = _slip(case, closing, found)
            if slip:
                slip.cells.add(about.cell.id)
    for one in named_closings(case):
        for closing in one.closings:
            slip = _slip(case, closing, found, is_wanted=True)
            if slip and one.named not in slip.named:
                slip.named.append(one.named)
    for closing in _rewritten(case):
        _slip(case, closing, found)
    for connection in _written_for(case):
        for closing in closings.closings(case, connection):
            _slip(case, closing, found)
    return tuple(found.values())


def _closed_cells(case: Case) -> tuple[tuple[About, tuple[Closing, ...]], ...]:
    return case.once("cells that policies close", _find_closed_cells)


def _slips(case: Case) -> tuple[_Slip, ...]:
    return case.once("slips of policies", _find_slips)


def _rewritten(case: Case) -> t.Iterator[Closing]:
    """What closes a connection of a client outside the cluster to its answer, because a node puts its own address."""
    for about in case.closed:
        if about.source.get("kind") == "outside" and "NetworkPolicy " in about.cell.decided_by:
            for connection in closings.connections(case, about):
                yield from closings.rewritten(case, about, connection)


def _slip(
    case: Case, closing: Closing, found: dict[tuple[str, str, str], _Slip], is_wanted: bool = False
) -> _Slip | None:
    miss = closings.near_miss(case, closing, is_wanted)
    return found.setdefault((miss.code, closing.policy.id, miss.field), _Slip(closing, miss)) if miss else None


def _written_for(case: Case) -> t.Iterator[Connection]:
    """Connections to the ports of Services where a policy isolates an end: what a rule may have been written for."""
    index, pairs = case.facts.policy_index, 0
    isolated = {
        direction: [pod for pod in case.snapshot.pods if index.isolation(pod, direction).rules] for direction in _CLOSED
    }
    guarded, confined = ({pod.id for pod in pods} for pods in (isolated["Ingress"], isolated["Egress"]))
    for server in case.snapshot.pods if confined else isolated["Ingress"]:
        ports = {
            (port.protocol, port_in_pod(server, port)) for service in case.services_of(server) for port in service.ports
        }
        clients = case.snapshot.pods if server.id in guarded else isolated["Egress"]
        for client in clients if ports else ():
            if client.host_network or client.finished or case.owner(client) == case.owner(server):
                continue
            for protocol, number in sorted(ports):
                pairs += 1
                if pairs > _MOST_PAIRS:
                    return
                if number:
                    yield Connection(client, server, protocol, number)


def _find_slip(code: str) -> t.Callable[[Case], t.Iterator[Candidate]]:
    def find(case: Case) -> t.Iterator[Candidate]:
        for slip in _slips(case):
            if slip.miss.code == code:
                yield _of_slip(case, slip)

    return find


def _of_slip(case: Case, slip: _Slip) -> Candidate:
    closing, miss, cells = slip.closing, slip.miss, frozenset(slip.cells)
    ref, connection = policy_fixes.ref_of(closing.policy), closing.connection
    pair = f"{_end(connection.client, connection.address)} to {_end(connection.server, connection.address)}"
    wrong = any(case.by_id[number].failed for number in cells) or case.is_question or bool(slip.named)
    said = f"{miss.field} is {miss.value}"
    return Candidate(
        ref,
        f"{ref}: {said}, which allows nothing: {miss.why}",
        severity="error" if wrong else "warning",
        field=miss.field,
        value=miss.value,
        wanted=miss.wanted,
        mechanism=f"So no rule allows {connection.protocol} {connection.port} from {pair}",
        victims=tuple(suffering(case, slip.named)),
        explains=lambda about: about.cell.id in cells,
        stands_alone=True,
        evidence=(
            Evidence("api", str(ref), f"{said}; {miss.why}", key=True),
            Evidence("api", pair, f"{closing.direction.lower()} of {connection.protocol} {connection.port} is closed"),
            *_names(slip.named),
        ),
        fix=policy_fixes.correct(closing, miss),
        verify=policy_fixes.verify(case, connection),
    )


def _names(named: t.Iterable[NamedAddress]) -> list[Evidence]:
    """Who was made to connect to what is closed."""
    return [Evidence("api", str(one.owner), f"{one.field} is {one}") for one in named][:3]


def _find_closed(direction: str) -> t.Callable[[Case], t.Iterator[Candidate]]:
    def find(case: Case) -> t.Iterator[Candidate]:
        with_slip = {number for slip in _slips(case) for number in slip.cells}
        slipped = [named for slip in _slips(case) for named in slip.named]
        found: dict[str, _Closed] = {}
        for about, closed in _closed_cells(case):
            one = _of_direction(found, closed, direction) if about.cell.id not in with_slip else None
            if one:
                one.cells.add(about.cell.id)
        for each in named_closings(case) if not case.is_question else ():
            one = _of_direction(found, each.closings, direction) if each.named not in slipped else None
            if one:
                one.named.append(each.named)
        for one in found.values():
            yield _of_closing(case, one)
        case.need("cells")

    return find


def _of_direction(found: dict[str, _Closed], closed: t.Sequence[Closing], direction: str) -> _Closed | None:
    """The policy to add a rule to, of those that close a connection in a direction; none where none does."""
    mine = [one for one in closed if one.direction == direction]
    if not mine:
        return None
    best = min(mine, key=lambda one: (policy_fixes.breadth(one.policy, direction), one.policy.id))
    return found.setdefault(best.policy.id, _Closed(best))


def _of_closing(case: Case, closed: _Closed) -> Candidate:
    closing, cells = closed.closing, frozenset(closed.cells)
    ref, connection = policy_fixes.ref_of(closing.policy), closing.connection
    field = _CLOSED[closing.direction][1]
    isolated, other = closing.connection.ends(closing.direction)
    rules = closing.policy.spec.get(field.partition(".")[2]) or ()
    has = f"none of its {len(rules)} rules allows" if len(rules) > 1 else "its rule does not allow" if rules else ""
    way = "from" if closing.direction == "Ingress" else "to"
    asked = f"{connection.protocol} {connection.port} {way} {_end(other, connection.address)}"
    said = f"{field} has no rule, so nothing is allowed" if not rules else f"{field}: {has} {asked}"
    whom = f"Pod {isolated.id}" if isolated else ""
    first = next(iter(closed.named), None) if not cells else None
    wants = f"; so {first.owner} does not reach {first}, which its {first.field} names" if first else ""
    return Candidate(
        ref,
        f"{ref} isolates {whom} for {closing.direction.lower()}, and {said}{wants}",
        field=field,
        value=f"{len(rules)} rules",
        wanted=f"a rule for {asked}",
        mechanism="The network plugin drops what no rule allows: the client waits until its timeout",
        victims=tuple(suffering(case, closed.named)),
        explains=lambda about: about.cell.id in cells,
        stands_alone=bool(closed.named),
        evidence=(Evidence("api", str(ref), f"it selects {whom}; {said}", key=True), *_names(closed.named)),
        fix=policy_fixes.open_it(case, closing),
        verify=policy_fixes.verify(case, connection),
    )


def _end(pod: Pod | None, address: str) -> str:
    return f"Pod {pod.id}" if pod else address or "an address that is not known"


def _not_enforced(case: Case) -> t.Iterator[Candidate]:
    """POL-07: connections that policies deny are answered."""
    found: dict[str, set[int]] = {}
    for about in case.open:
        if about.cell.decided_by.startswith("NetworkPolicy "):
            first = about.cell.decided_by.partition(",")[0].partition(" ")[2]
            found.setdefault(first, set()).add(about.cell.id)
    kept = [one for one in case.closed if one.cell.decided_by.startswith("NetworkPolicy ")]
    for policy in case.facts.network_policies:
        if policy.id in found:
            yield _open_although(policy, frozenset(found[policy.id]), bool(kept))


def _open_although(policy: NetworkPolicy, cells: frozenset[int], kept: bool) -> Candidate:
    ref = policy_fixes.ref_of(policy)
    others = "other policies of the cluster are enforced" if kept else "no policy of the cluster was seen enforced"
    return Candidate(
        ref,
        f"{ref} is not enforced: connections that it denies are answered; {others}",
        certainty="strong",
        field="spec",
        value="not enforced",
        wanted="enforced",
        mechanism="NetworkPolicies are objects: a network plugin has to enforce them, and not every one does",
        explains=lambda about: about.cell.id in cells,
        opens=True,
        evidence=(Evidence("probe", str(ref), f"{len(cells)} denied connections were answered", key=True),),
        fix=Fix("Install a network plugin, or an agent beside it, that enforces NetworkPolicy"),
    )


RULES = (
    Rule("POL-01", "No ingress rule allows the client", _NEEDS, _find_closed("Ingress")),
    Rule("POL-02", "No egress rule allows the connection", _NEEDS, _find_closed("Egress")),
    Rule("POL-03", "The peer of a rule selects nothing", _NEEDS, _find_slip("POL-03")),
    Rule("POL-04", "A rule names the port of a Service, or a port that no Pod has", _NEEDS, _find_slip("POL-04")),
    Rule("POL-05", "One element has both selectors where two were meant", _NEEDS, _find_slip("POL-05")),
    Rule(
        "POL-06",
        "A block of addresses is meant for Pods, or for clients that a node rewrites",
        _NEEDS,
        _find_slip("POL-06"),
    ),
    Rule("POL-07", "NetworkPolicies are not enforced", ("network_policies", "cells"), _not_enforced),
)
