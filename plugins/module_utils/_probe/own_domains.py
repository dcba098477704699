# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A stage that asks names of the cluster in the domain that the sources' own resolv.conf has. Pure.

A plan is made before any resolv.conf is known. Where the domain turns out to be another one than the option says, the
same questions are asked once more, in that one, and only these count.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot import dns
from . import name_servers
from .plan import Plan
from .questions import Question
from .rounds import Reports, Round
from .types import SourceReport


class OwnDomains:
    """The stage; it asks one round."""

    def __init__(self, assign: t.Callable[[Plan], Plan]) -> None:
        """Begin with nothing asked.

        Args:
            assign: says what must happen to the questions of a plan.
        """
        self._assign = assign
        self._done = False

    def further(self, plan: Plan, reports: Reports, _last: Reports) -> Round | None:
        """Return the questions whose names were asked in another domain, in the right one."""
        if self._done:
            return None
        self._done = True
        own = domains(reports)
        usual = next(iter(own.values()), "") if len(set(own.values())) == 1 else ""
        changed = {
            name: [new for question in asked if (new := _in_domain(question, own.get(name, usual)))]
            for name, asked in plan.questions.items()
        }
        told = self._assign(Plan({name: asked for name, asked in changed.items() if asked}))
        return Round(list(told), _replaced) if told.cells else None


def domains(reports: Reports) -> dict[str, str]:
    """The cluster's domain by the resolv.conf of each source that says it."""
    found = {each.source: dns.cluster_domain(name_servers.read(each.resolv_conf).searches) for each in reports}
    return {source: domain for source, domain in found.items() if domain}


def _in_domain(question: Question, own: str) -> Question | None:
    """The question in a domain; None where it is asked in that one already, or names nothing of the cluster."""
    name, asked_in, dot = name_servers.parts(question.probe.host)
    if not own or asked_in in ("", own) or question.probe.skip:
        return None
    if not name_servers.is_of_cluster(question) and not question.probe.dns_server:
        return None  # the user's own
    return question.but(host=f"{name}.svc.{own}{dot}")


def _replaced(before: SourceReport, now: SourceReport) -> SourceReport:
    new = {answer.id: answer for answer in now.answers}
    kept = tuple(new.pop(answer.id, answer) for answer in before.answers)
    return dataclasses.replace(before, answers=(*kept, *new.values()))
