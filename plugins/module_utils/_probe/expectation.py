# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Expectation: what Services, policies, traffic policies and topology say must happen to a probe. Pure."""

from __future__ import annotations

import functools
import typing as t

from .._record import changed
from .._snapshot.facts import Facts, family, is_address
from .._snapshot.policies import Peer
from .._snapshot.policy_rules import PolicyDecision
from . import liveness, meshes, name_servers, paths, policy_view
from .models.infrastructure import OWN_SERVER
from .paths import services
from .paths.infrastructure import dns_ends
from .paths.path import Path, PathEnd, transport
from .plan import Plan
from .questions import Question
from .types import Expectation
from .user_expectations import UserExpectations


def expect(facts: Facts, question: Question) -> Expectation:
    """Say what must happen to one question, as the objects of the cluster have it."""
    if question.probe.skip:
        return Expectation("not_applicable", question.probe.skip)
    if not question.resolved and (address := name_servers.by_hosts(question)):
        question = changed(question, resolved=address)
    path = paths.find(facts, question)
    unresolved = not question.resolved and any(
        _is_unknown(end.peer, question.probe.host) for end in (*path.ends, path.met_first) if end
    )
    unknowing, doubt = name_servers.unknowing(facts, question)
    found = Expectation(
        "allow",
        path.reason,
        path.decided_by,
        path.defect,
        liveness.known(facts, question, path),
        path.meets,
        doubt="; ".join(filter(None, (path.doubt, doubt))),
        through=(path.decided_by,),
        relied_on=path.relied_on,
        ends=tuple(f"{address}#{end.port}" for end in path.ends for address in end.peer.addresses[:1]),
        defect_whose=path.defect_whose,
        certain=path.certain,
        behind=path.behind,
        barred=path.barred,
        sidecar=meshes.of_source(facts, question),
        mutual_tls=meshes.of_target(facts, question, path),
        any_family=_any_family(question),
        unneeded=path.unneeded,
        any_answer=_any_answer(facts, question, path),
    )
    if unknowing:
        found = changed(found, decision="not_applicable", reason=unknowing, decided_by="resolv.conf")
    decided = found if unknowing else _decided(facts, question, path, found)
    if unresolved or name_servers.by_name(question):
        known = functools.partial(_known, facts, question, decided, unresolved)
        return changed(decided, resolve=known)
    return decided


def _is_unknown(peer: Peer, host: str) -> bool:
    """Whether nothing is known of an end but the name that it is asked by."""
    known = peer.addresses or peer.pod or peer.node or peer.by_service
    return not known and peer.name in ("", host)


def _decided(facts: Facts, question: Question, path: Path, found: Expectation) -> Expectation:
    """What the objects on a path and policies say of it."""
    if path.unjudged:
        return changed(found, decision="not_applicable", reason=path.unjudged)
    if path.closed:
        return changed(found, decision="deny", reason=path.closed, closed=True)
    names = _names(facts, question)
    if names and names.decision not in ("allow", "unread"):
        return _ruled(changed(found, alive=liveness.dns(facts)), names, by_dns=True)
    if path.ends:
        return _ruled(found, policy_view.over(facts, question, path, transport(question.probe)))
    return found


def _known(
    facts: Facts,
    question: Question,
    found: Expectation,
    unresolved: bool,
    address: str,
    resolv_conf: tuple[str, ...],
) -> Expectation:
    """What must happen where a name turned out to have an address, and a source to ask some name servers.

    Policies speak of addresses; so they are compared anew, unless all is as it was expected.
    """
    elsewhere = unresolved or services.is_elsewhere(question, address)
    resolved = address if address and elsewhere else question.resolved
    told = changed(question, resolved=resolved, resolv_conf=resolv_conf if question.pod else ())
    if resolved == question.resolved and name_servers.as_expected(facts, question, told):
        return found
    return expect(facts, told)


def _any_family(question: Question) -> bool:
    """Whether it is not the cluster that says which families a name has."""
    about, kind = question.about, question.target.kind
    alias = about.service is not None and about.service.type == "ExternalName"
    return kind in ("host", "ingress") or about.balancer is not None or alias


def _any_answer(facts: Facts, question: Question, path: Path) -> bool:
    """Whether a name server that is asked itself serves names of its own, and need not have those of the cluster."""
    server = question.probe.dns_server.partition("#")[0]
    if question.probe.via.startswith(OWN_SERVER):
        return True
    if not is_address(server) or server in (*facts.snapshot.dns_addresses, *facts.snapshot.node_local_dns):
        return False
    pods = [end.peer.pod for end in path.ends]
    return bool(pods) and not any(pod in facts.snapshot.dns_pods for pod in pods)


def assign(plan: Plan, facts: Facts, user: UserExpectations | None = None, is_wanted: bool = False) -> Plan:
    """Return the plan with what must happen to each of its questions.

    Args:
        plan: the questions.
        facts: the snapshot, whose objects decide.
        user: what the user expects, which counts more.
        is_wanted: whether the user asks just this, and so needs each answer.
    """

    def expected(question: Question) -> Expectation:
        found = expect(facts, question)
        found = found.needed() if is_wanted else found
        return user.apply(found, question) if user else found

    return plan.each(lambda question: changed(question, expected=expected(question)))


def _ruled(found: Expectation, said: PolicyDecision, by_dns: bool = False) -> Expectation:
    """What policies say goes before what the object in between says, as long as they say something."""
    if said.exempt:
        found = changed(found, exempt=said.exempt)
    if said.decision == "allow" and not said.policies:
        return found
    named = [name if " " in name else f"NetworkPolicy {name}" for name in said.policies]
    reason = f"to resolve the name: {said.reason}" if by_dns else said.reason
    decided = ", ".join(named[:3]) or found.decided_by
    if said.decision == "unread":
        return changed(found, doubt="; ".join(filter(None, (found.doubt, reason))))
    if said.decision == "undefined":
        return changed(found, decision="not_applicable", reason=reason, decided_by=decided)
    if said.decision == "allow":
        reason = f"{found.reason}; {reason}"
    return changed(found, decision=said.decision, reason=reason, decided_by=decided, by_dns=by_dns)


def _names(facts: Facts, question: Question) -> PolicyDecision | None:
    """What policies say of the way to the cluster's DNS, where a name has to be resolved first."""
    probe = question.probe
    if question.source.kind != "pod" or not name_servers.by_name(question) or name_servers.by_hosts(question):
        return None
    by = "TCP" if probe.transport == "tcp" else "UDP" if probe.dns_server else name_servers.transport(question)
    servers = name_servers.asked(facts, question)
    if not servers:
        return _over(facts, question, dns_ends(facts, probe) or (PathEnd(Peer(), 53),), by)
    said = []
    for server in servers:
        asked = question if family(server) == probe.family else question.but(family=family(server))
        said.append(_over(facts, asked, name_servers.ends(facts, asked, server), by))
    return next((each for each in said if each.decision == "allow"), said[0])


def _over(facts: Facts, question: Question, ends: t.Sequence[PathEnd], protocol: str) -> PolicyDecision:
    """What policies say of ends that are asked as they are."""
    return policy_view.over(facts, question, Path("", "", tuple(ends)), protocol)
