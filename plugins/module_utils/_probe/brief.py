# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One question for each target, where a sample has no room for all of them. Pure."""

from __future__ import annotations

import typing as t

from .. import _words
from .questions import Question
from .sample_size import Sample

_Key = tuple[str, ...]


def brief(questions: t.Iterable[Question], family: str) -> list[Question]:
    """Return of each traffic model and target the question that says most of the path, in the order of the first ones.

    Args:
        questions: of one source.
        family: that is preferred where a target is asked by both.
    """
    best: dict[_Key, Question] = {}
    for question in questions:
        key = (question.probe.model, *_object(question))
        other = best.get(key)
        if other is None or _rank(question, family) < _rank(other, family):
            best[key] = question
    by_port = {question.probe.model for question in best.values() if not _is_icmp(question)}
    return [question for question in best.values() if not _is_beside(question) or question.probe.model not in by_port]


def preferred_family(source: str, families: t.Sequence[str], sample: Sample) -> str:
    """The family that a source prefers: half of the sources one, half the other."""
    return families[int(sample.order(source)[0], 16) % len(families)] if families else ""


def _object(question: Question) -> _Key:
    """What a question is about: the object and, of an Ingress, the host."""
    about, target = question.about, question.target
    if about.entry:
        return ("ingress", about.entry.id, about.entry.host)
    if about.service:
        return ("service", about.service.id)
    if about.pod:
        return ("pod", about.pod.id)
    if about.node:
        return ("node", about.node.name)
    return (target.kind, target.id if target.kind == "host" else "")


def _is_icmp(question: Question) -> bool:
    return _words.PROTOCOLS[question.probe.protocol].transport == "ICMP"


def _is_beside(question: Question) -> bool:
    """Whether a Pod pings where a Service or an Ingress is to be reached, which is no target by itself."""
    about = question.about
    is_object = about.pod or about.service or about.entry or question.source.kind == "node"
    return _is_icmp(question) and not is_object and question.target.kind in ("ingress", "node")


def _rank(question: Question, family: str) -> tuple[bool, ...]:
    """What is sent before what is not, an application before its node, an address before a name."""
    probe = question.probe
    by_name = _words.PROTOCOLS[probe.protocol].name_only and question.target.kind != "dns"
    return (
        bool(probe.skip),
        _is_icmp(question) or by_name,
        probe.protocol == "tls",
        probe.via != "address" and question.target.kind != "dns",
        probe.family != family,
    )
