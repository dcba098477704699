# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What one cell shows of another: that a target which a policy closes lives, that a tunnel works. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._snapshot.facts import Facts
from .applications import Judged
from .paths.path import Path
from .plan import Plan
from .questions import Question
from .selected import NotTested
from .target_controls import CONTROL
from .types import Cell, Expectation

#: Who says nothing of the target.
_NOT_THE_TARGET = ("sidecar", "node", "controller", "nobody")


def known(facts: Facts, question: Question, path: Path) -> str:
    """What of the snapshot shows that a target lives; empty where nothing does."""
    asked, own = question.about, facts.api_addresses
    is_own = question.target.kind == "apiserver" or question.probe.host in own
    if is_own or not all(own.isdisjoint(end.peer.addresses) for end in path.ends):
        return "this run's own requests are answered by the API server"
    if path.closed and asked.service and asked.port:
        ready = facts.endpoints(asked.service, asked.port, question.probe.family)
        return f"Service {asked.service.id} has {_count(len(ready), 'ready endpoint')} elsewhere" if ready else ""
    for end in path.ends:
        if end.peer.pod and end.peer.pod.ready:
            return f"Pod {end.peer.pod.id} is Ready"
    nodes = (facts.nodes.get(name) for name in (end.peer.node for end in path.ends if not end.peer.pod))
    return next((f"node {node.name} is Ready" for node in nodes if node and node.ready), "")


def dns(facts: Facts) -> str:
    """The same of the cluster's name servers."""
    ready = next((pod.id for pod in facts.snapshot.dns_pods if pod.ready), "")
    return f"Pod {ready} is Ready" if ready else ""


def settle(rows: t.Sequence[Judged], stood_in: t.Collection[str] = ()) -> t.Iterator[Cell]:
    """Let silence and closed paths count only where something shows that the target lives.

    A tunnel answers nobody but its other ends: it passes where a Pod was reached by it. Where none was, there is no
    cell (C(undecided) says so).

    Args:
        rows: the cells with what they were made of.
        stood_in: sources for which another Pod has asked.
    """
    seen = _Seen(rows, stood_in)
    for cell, expected, question, _answer in rows:
        if expected.mutual_tls and expected.decided_by == expected.mutual_tls:
            yield cell  # the answer is the target's own
        elif expected.decision == "deny" and cell.verdict == "pass":
            yield _closed(cell, expected, seen)
        elif _is_silent_tunnel(cell, question):
            proof = seen.across(question)
            if proof is not None:
                yield _by_tunnel(cell, proof)
        elif cell.verdict == "fail" and expected.exempt and _may_be_closed(cell):
            yield _exempted(cell, expected, seen)
        elif cell.verdict == "fail" and cell.outcome == "timeout" and _silence_is_unknown(cell):
            yield cell if seen.control(cell, expected) is not None else _silent(cell, seen.silent_to(cell, expected))
        else:
            yield cell


class _Seen:
    """What the answers of a run show."""

    def __init__(self, rows: t.Sequence[Judged], stood_in: t.Collection[str]) -> None:
        self._allowed: dict[tuple[str, str, str], int] = {}
        self._places: dict[tuple[str, str], int] = {}
        self._hosts: dict[str, int] = {}
        self._pairs: dict[tuple[frozenset[str], str], int] = {}
        self._failed: dict[tuple[str, str, str], int] = {}  #: of sources that no policy isolates
        self._silent_to: dict[tuple[str, str], str] = {}  #: place and protocol -> who asked there for a control
        for cell, expected, question, _answer in rows:
            if question.pod and _shows_its_own_network(cell, question) and cell.source not in stood_in:
                for address in question.pod.ips:
                    self._hosts.setdefault(address, cell.id)
            if cell.via == CONTROL and _words.outcome(cell.outcome).is_silence:
                self._silent_to.setdefault((expected.ends[0], cell.protocol), cell.source.rpartition("/")[0])
            if _answered(cell):
                self._learn(cell, expected, question)
            elif cell.verdict == "fail" and not expected.exempt and _may_be_closed(cell):
                self._failed.setdefault((cell.target, cell.protocol, cell.family), cell.id)

    def _learn(self, cell: Cell, expected: Expectation, question: Question) -> None:
        is_open = _words.outcome(cell.outcome).is_open
        if is_open and expected.decision == "allow":
            for about in (cell.target, *expected.through):
                self._allowed.setdefault((about, cell.protocol, cell.family), cell.id)
        if len(expected.ends) == 1 and not expected.by_dns and not expected.closed:
            (end,) = expected.ends
            self._hosts.setdefault(end.rpartition("#")[0], cell.id)
            if is_open:
                self._places.setdefault((end, _transport(cell)), cell.id)
        there = _pod_node(question)
        if there and question.source.node not in ("", there):
            self._pairs.setdefault((frozenset((question.source.node, there)), cell.family), cell.id)

    def control(self, cell: Cell, expected: Expectation) -> int | None:
        """A cell that shows that the target answers, at this port."""
        about = expected.through[0] if expected.closed else cell.target
        found = self._allowed.get((about, cell.protocol, cell.family))
        if found is None and not expected.by_dns:
            places = (self._places.get((end, _transport(cell))) for end in expected.ends)
            found = next((each for each in places if each is not None), None)
        return found

    def host(self, expected: Expectation) -> int | None:
        """A cell that shows that the machine or Pod lives, whatever listens there."""
        hosts = (self._hosts.get(end.rpartition("#")[0]) for end in expected.ends if not expected.by_dns)
        return next((each for each in hosts if each is not None), None)

    def silent_to(self, cell: Cell, expected: Expectation) -> str:
        """Another source, that of the control, that got no answer there either."""
        asker = next(filter(None, (self._silent_to.get((end, cell.protocol)) for end in expected.ends)), "")
        return "" if f"{cell.source}/".startswith(f"{asker}/") else asker

    def every_host(self, expected: Expectation) -> bool:
        """Whether some cell shows of each machine and Pod that may be picked that it lives."""
        hosts = [end.rpartition("#")[0] for end in expected.ends]
        return bool(hosts) and all(host in self._hosts for host in hosts)

    def others_fail(self, cell: Cell) -> int | None:
        """A cell of a source that no policy isolates, and that does not reach the target either."""
        return self._failed.get((cell.target, cell.protocol, cell.family))

    def across(self, question: Question) -> int | None:
        """A cell in which the overlay carried Pod traffic between the two nodes of a question, in either direction."""
        port = question.about.component_port
        pair = frozenset((question.source.node, question.target.node))
        found = (self._pairs.get((pair, ip_family)) for ip_family in (port.carries if port else ()))
        return next((each for each in found if each is not None), None)


def _shows_its_own_network(cell: Cell, question: Question) -> bool:
    """Whether the source got an answer from elsewhere, so that an answer to others would reach them as well."""
    return _words.outcome(cell.outcome).is_open and cell.author not in ("sidecar", "") and not question.asks_itself


def _answered(cell: Cell) -> bool:
    refused = cell.outcome == "refused" and cell.author == "peer"
    return (refused or _words.outcome(cell.outcome).is_open) and cell.author not in _NOT_THE_TARGET


def _transport(cell: Cell) -> str:
    return _words.PROTOCOLS[cell.protocol].transport


def _pod_node(question: Question) -> str:
    """The node of the Pod of the Pod network that is asked at its own address."""
    about = question.about
    if about.pod:
        return "" if about.pod.host_network else about.pod.node
    return about.endpoint.node if about.endpoint and about.endpoint.pod else ""


def _closed(cell: Cell, expected: Expectation, seen: _Seen) -> Cell:
    """A path that is closed as it has to be: it may as well be that the target is dead."""
    closed = closed_by(cell)
    control = seen.control(cell, expected)
    if control is not None:
        return _shown(cell, closed, control=control)
    if _shows_enforcement(cell):
        host = seen.host(expected)
        if host is not None:
            return _shown(cell, closed, control=host)
        if expected.alive and closed:
            return _shown(cell, closed, alive=expected.alive)
    happened = _words.outcome(cell.outcome).reason
    reason = f"{happened}, as {cell.decided_by} says" if closed else f"{happened}, as expected"
    if (expected.alive and closed) or seen.host(expected) is not None:
        left = f"nothing in this run shows that it answers {cell.protocol.upper()} there"
    else:
        left = "nothing in this run shows that the target is alive: it may be down"
    if asker := seen.silent_to(cell, expected):
        left = f"{left} ({asker} gets no answer either)"
    return dataclasses.replace(cell, verdict="unknown", reason=f"{reason}, but {left}")


def _shows_enforcement(cell: Cell) -> bool:
    """Whether a machine that lives would have answered otherwise, had nothing closed the path.

    Where nothing listens, it refuses. By UDP, it may be silent, whatever it is.
    """
    outcome = _words.outcome(cell.outcome)
    rejected = cell.author == "node" and cell.outcome in ("refused", "unreachable_fast")
    return rejected or (outcome.is_silence and not _silence_is_unknown(cell))


def closed_by(cell: Cell) -> str:
    """What closes a path, in the words of a reason; empty where it is the user who expects it."""
    is_object = cell.decided_by and not cell.decided_by.startswith("expectations, entry")
    return f"closed by {cell.decided_by}, as it says" if is_object else ""


def _shown(cell: Cell, closed: str, **evidence: t.Any) -> Cell:
    return dataclasses.replace(cell, reason=closed, evidence={**cell.evidence, **evidence})


def _may_be_closed(cell: Cell) -> bool:
    """Whether something on the way may have closed it, and not the target that was asked."""
    return cell.author in ("", "node", "nobody", "unsure") and not cell.defect and cell.whose != "application"


def _exempted(cell: Cell, expected: Expectation, seen: _Seen) -> Cell:
    """A failure of what policies would close, were it not exempted: they are its cause where the target lives."""
    others = seen.others_fail(cell)
    if others is not None:
        reason = f"{cell.reason}; a source that no policy isolates does not reach it either ({expected.exempt})"
        return dataclasses.replace(cell, reason=reason, evidence={**cell.evidence, "control": others})
    lives = (expected.alive and len(expected.ends) == 1) or seen.control(cell, expected) is not None
    if not lives and not seen.every_host(expected):
        cause = f"{expected.exempt}, which this cluster's enforcement may not do; or the target is down"
        return dataclasses.replace(cell, reason=f"{cause}; {cell.reason}", whose="network")
    cause = f"{expected.exempt}, this cluster's enforcement does not"
    return dataclasses.replace(cell, reason=f"{cause}; {cell.reason}", defect=cause, whose="network")


def _silence_is_unknown(cell: Cell) -> bool:
    return _words.PROTOCOLS[cell.protocol].silence_is_unknown


def _silent(cell: Cell, asker: str) -> Cell:
    reason = f"no answer, and nothing in this run shows that it answers {cell.protocol.upper()} at all"
    if asker:
        reason += f" ({asker} gets no answer either)"
    return dataclasses.replace(cell, verdict="unknown", reason=reason, whose="", application="")


def _is_silent_tunnel(cell: Cell, question: Question) -> bool:
    port = question.about.component_port
    return bool(port and port.carries) and cell.verdict == "fail" and cell.outcome == "timeout"


def _by_tunnel(cell: Cell, proof: int) -> Cell:
    reason = "the tunnel answers no other sender; it carried the traffic of a Pod between these nodes in this run"
    evidence = {**cell.evidence, "control": proof}
    return dataclasses.replace(cell, verdict="pass", reason=reason, evidence=evidence, whose="", application="")


def undecided(plan: Plan, cells: t.Iterable[Cell]) -> t.Iterator[NotTested]:
    """Say of which tunnels no cell of a run shows whether they work.

    Args:
        plan: what was asked.
        cells: what came of it (C(settle)).
    """
    there = {cell.id for cell in cells}
    ends: dict[str, dict[str, None]] = {}
    for question in plan:
        port = question.about.component_port
        if port and port.carries and question.probe.id not in there:
            pair = " - ".join(sorted((question.source.node, question.target.node)))
            ends.setdefault(f"{port.name} (port {port.port}/{port.protocol})", {})[pair] = None
    for name, pairs in ends.items():
        some = ", ".join(list(pairs)[:_MOST_PAIRS]) + (
            f" and {len(pairs) - _MOST_PAIRS} more" if len(pairs) > _MOST_PAIRS else ""
        )
        reason = "the tunnel answers no other sender, and no Pod was reached by it in this run"
        yield NotTested(f"{name} between nodes {some}", reason, _BY_PODS)


_MOST_PAIRS = 5
_BY_PODS = "add pod_to_pod_cross_node to O(models), and namespaces with Pods on both nodes to O(namespaces)"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
