# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at a host and path of an Ingress, a route of the Gateway API or a Route."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._snapshot.entries import EntryPoint
from ..._snapshot.entry_backends import EntryBackend, backends_of, defect_of
from ..._snapshot.facts import Facts, family
from ..._snapshot.model import Pod
from ..._snapshot.policies import Peer, decide
from ..questions import Question
from .endpoints import ends_at
from .path import Path, PathEnd

_MOST = 8  #: Pods of a controller, and endpoints behind an entry, that are looked at
_BY_CONNECTION = {
    "TCPRoute": "what is spoken there is not known, so a connection to its controller is all that is asked",
    "UDPRoute": "what is spoken there is not known, so an answer to a stranger's packet is all that can be asked for",
    "TLSRoute": "what is spoken behind TLS is not known, so the handshake is all that is asked",
}


def entry(facts: Facts, question: Question) -> Path:
    """A host and path, by way of the controller that serves it."""
    asked = question.about.entry
    if asked is None:
        reason = f"whether {question.target.name} answers ICMP is its own matter; traffic to its hosts needs none"
        return Path(f"the address {question.target.name}", reason, unjudged=reason)
    if question.about.slash:
        reason = f"{asked.id} has {asked.path.path} as an Exact path, which {question.probe.path} is not"
        return dataclasses.replace(_by_controller(facts, question, asked, reason), relied_on="")
    behind = backends_of(facts, asked)
    path = _by_controller(facts, question, asked, _reason(asked, question.target.port_name, behind))
    places = tuple(f"{each.address}#{each.port}" for found in behind for each in found.backends)
    path = dataclasses.replace(path, behind=places, barred=_barred(facts, question, asked, places))
    if asked.defect:
        return dataclasses.replace(path, defect=asked.defect, defect_whose="network", certain=asked.certain)
    defect, whose = defect_of(asked, behind)
    return dataclasses.replace(path, defect=defect, defect_whose=whose or "network", certain=asked.certain)


def _by_controller(facts: Facts, question: Question, asked: EntryPoint, reason: str) -> Path:
    controller = facts.controller(asked)
    if controller is None:
        return Path(asked.id, reason, (PathEnd(Peer(), asked.port),), rewritten=True, relied_on=asked.id)
    service, port = controller
    ready = facts.endpoints(service, port, question.probe.family)
    ends = ends_at(facts, service, port, question.probe, ready)
    return Path(asked.id, reason, ends, rewritten=question.source.kind == "outside", relied_on=asked.id)


def _barred(facts: Facts, question: Question, asked: EntryPoint, places: t.Sequence[str]) -> str:
    """Why policies let no Pod of a controller connect to anything that it sends requests to; empty where they may."""
    served_by = facts.controller(asked)
    ends = facts.endpoints(*served_by, question.probe.family) if served_by else []
    reason = ""
    for own in (each.addresses[0] for each in ends[:_MOST] if each.addresses):
        for address, _sign, port in (place.rpartition("#") for place in places[:_MOST]):
            pod = facts.owners.get(own)
            seen = [each for each in (pod.ips if isinstance(pod, Pod) else (own,)) if family(each) == family(address)]
            if not seen:
                continue
            said = decide(facts, Peer((seen[0],)), Peer((address,)), "TCP", int(port))
            if said.decision != "deny":
                return ""
            reason = reason or f"its controller may not connect to what is behind it: {said.reason}"
    return reason


def _reason(asked: EntryPoint, shown: str, behind: t.Sequence[EntryBackend]) -> str:
    """What serves it, and what of that is not known."""
    if behind[0].redirects:
        return f"{asked.id} answers {shown} with a redirect"
    path = asked.path
    named = f"Service {path.namespace or asked.namespace}/{path.service}" if path.service else behind[0].name
    doubts = [each.doubt for each in behind if each.doubt and each.service is None]
    also = filter(None, (*doubts[:1], _BY_CONNECTION.get(asked.kind, "")))
    return "; ".join((f"{asked.id} serves {shown} from {named}", *also))
