# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which questions of a plan are asked several times in one go, so that faults that come and go are seen. Pure."""

from __future__ import annotations

import typing as t

from .. import _words
from .._snapshot.facts import Facts
from . import counting, node_pairs
from .intermittent import PER_ENDPOINT, WHOLE
from .plan import Plan
from .questions import Question
from .tallies import CONNECTIONS

_ASKING = 8  #: questions of one target, from different images, that are asked more often


def planned(plan: Plan, facts: Facts, order: t.Callable[[str], t.Any]) -> Plan:
    """Return a plan whose pairs of nodes and Services with several endpoints are asked as often as it takes to count.

    No question and no exec is added, and what the user wants to be asked more often stays as it is.

    Args:
        plan: with what must happen.
        facts: of the cluster, which say how many endpoints a Service has.
        order: where a name stands on the ring of nodes (C(Sample.order)).
    """
    tries = {question.probe.id: packets for question, packets in node_pairs.chosen(plan, order)}
    tries.update(_connections(plan, facts))

    def more(question: Question) -> Question:
        return question.but(tries=max(tries.get(question.probe.id, 1), question.probe.tries))

    return plan.each(lambda question: more(question) if question.probe.id in tries else question)


def _connections(plan: Plan, facts: Facts) -> t.Iterator[tuple[int, int]]:
    """Questions of Services that would hardly meet each endpoint, and how often they are to be asked."""
    by_target: dict[str, list[Question]] = {}
    for question in plan:
        if question.about.service and not (question.probe.skip or question.source.unusable):
            by_target.setdefault(question.target.id, []).append(question)
    for questions in by_target.values():
        most = max(counting.endpoints(question, facts) for question in questions)
        asked = [question for question in questions if _connects(question)]
        again = list({question.source.image: question for question in reversed(asked)}.values())[:_ASKING]
        # Not every image has the means to ask.
        wanted = min(WHOLE[CONNECTIONS], PER_ENDPOINT * most) * (2 if len(again) > 1 else 1)
        missing = wanted - sum(question.probe.tries for question in asked)
        if most > 1 and missing > 0 and again:
            share = -(-missing // len(again))
            yield from ((question.probe.id, question.probe.tries + share) for question in again)


def _connects(question: Question) -> bool:
    return counting.can_be_counted(question) and not _words.PROTOCOLS[question.probe.protocol].own_tries
