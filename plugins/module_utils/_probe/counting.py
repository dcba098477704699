# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The stage that counts: what lost more than the rest of the run is asked again, until the counts tell. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._snapshot.facts import Facts
from . import intermittent, tallies
from .intermittent import Again, Intermittent
from .plan import Plan
from .questions import Question
from .rounds import Reports, Round
from .slow_pages import accepted, is_late
from .tallies import Tally
from .types import SourceReport


class Counting:
    """Asks once more where an endpoint may have been missed, then what is doubtful, in two looks at most.

    Attributes:
        faults: what is at fault now and then, once no more is asked.
    """

    def __init__(self, facts: Facts) -> None:
        """Prepare.

        Args:
            facts: of the cluster, which say how many endpoints a Service has.
        """
        self.faults: list[Intermittent] = []
        self._facts = facts
        self._step = 0
        self._screened: list[Tally] = []
        self._looks: list[Tally] = []

    def further(self, plan: Plan, reports: Reports, last: Reports) -> Round | None:
        """Return what is asked again, None where no more counts are needed."""
        if self._step < 2:
            self._screened = tallies.merged(self._screened, self._counts(plan, last if self._step else reports))
        else:
            self._looks += self._counts(plan, last)
        steps: tuple[t.Callable[[], list[Again]], ...] = (
            lambda: intermittent.screening(self._screened),
            lambda: intermittent.first_look(self._screened),
            lambda: intermittent.second_look(self._screened, self._looks),
        )
        while self._step < len(steps):
            again = steps[self._step]()
            self._step += 1
            if again:
                return Round([plan.by_id[each.id].but(tries=each.tries) for each in again], _counted)
        self.faults = intermittent.judge(self._screened, self._looks)
        return None

    def _counts(self, plan: Plan, reports: Reports) -> list[Tally]:
        found = []
        for report in reports:
            for answer in report.answers:
                question = plan.by_id.get(answer.id)
                # An application that is slow loses nothing of the network's.
                slow = question and (accepted(answer) or is_late(question.probe, answer))
                if question and not slow and can_be_counted(question):
                    about = question.probe, question.source, question.target
                    found.append(tallies.of_answer(*about, answer, endpoints(question, self._facts)))
        return [tally for tally in found if tally]


def endpoints(question: Question, facts: Facts) -> int:
    """Return how many endpoints a connection may reach, 1 where all of one source reach the same."""
    service, port = question.about.service, question.about.port
    if service is None or port is None or question.about.endpoint or service.session_affinity != "None":
        return 1
    return max(1, 0 if service.headless else len(facts.endpoints(service, port, question.probe.family)))


def can_be_counted(question: Question) -> bool:
    """Tell whether many tries say something: what must be answered, by a protocol that everybody answers."""
    row = _words.PROTOCOLS[question.probe.protocol]
    series = row.repeated or not row.own_tries  # the path MTU is measured by packets that have to be lost
    # What is lost of a lookup is a name that did not resolve, and that says nothing of the path.
    speaks = not (row.silence_is_unknown or row.name_only)
    return question.expected.decision == "allow" and series and speaks


def _counted(before: SourceReport, again: SourceReport) -> SourceReport:
    """Join the counts of an asking with those before it; each answer stays what it was."""
    came = {answer.id: answer for answer in again.answers}
    answers = (tallies.counted(answer, came[answer.id]) if answer.id in came else answer for answer in before.answers)
    return dataclasses.replace(before, answers=tuple(answers))
