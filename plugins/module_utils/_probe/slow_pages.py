# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A stage that finds out whether an application that accepts a connection and gives no page in time is slow. Pure.

The same page is asked once more, with more time. Where everybody waits for it, one source is enough; where others get
it in time, each that does not is asked, since a connection that opens does not prove that a page of several packets
passes.
"""

from __future__ import annotations

import dataclasses

from .. import _words
from .plan import Plan
from .questions import Question
from .rounds import Reports, Round
from .types import Answer, Probe, SourceReport

MOST = 16  #: questions
_TIMES, _LONGEST_MS = 4, 30_000  #: as long as the probe waits, and at most


class SlowPages:
    """The stage; it asks one round."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._done = False

    def further(self, plan: Plan, reports: Reports, _last: Reports) -> Round | None:
        """Return the questions whose pages may be late."""
        if self._done:
            return None
        self._done = True
        answers = {answer.id: answer for report in reports for answer in report.answers}
        pages = [question for question in plan if _words.PROTOCOLS[question.probe.protocol].page]
        asked = [(question, answers[question.probe.id]) for question in pages if question.probe.id in answers]
        in_time = {_page(question) for question, answer in asked if _words.outcome(answer.outcome).is_open}
        waiting: dict[tuple[str, ...], Question] = {}
        for question, answer in asked:
            # Where policies keep a controller from all that it could ask, its silence has a reason, and no end.
            if question.expected.decision == "allow" and not question.expected.barred and accepted(answer):
                own = (question.source.id, question.probe.family, question.probe.via)
                waiting.setdefault((*_page(question), *(own if _page(question) in in_time else ())), question)
        short = [question for question in waiting.values() if _patience(question.probe) > question.probe.timeout_ms]
        longer = [question.but(timeout_ms=_patience(question.probe), tries=1) for question in short[:MOST]]
        return Round(longer, _joined) if longer else None


def accepted(answer: Answer) -> bool:
    """Whether a connection was accepted, and the request on it, and nothing more came."""
    connected = "connect" in answer.phases or answer.request == "taken"
    return answer.outcome == "timeout" and connected and answer.request != "lost"


def is_late(probe: Probe, answer: Answer) -> bool:
    """Whether a page came later than the probe waits."""
    late = answer.ms is not None and answer.ms > probe.timeout_ms
    return late and _words.PROTOCOLS[probe.protocol].page and _words.outcome(answer.outcome).is_open


def _page(question: Question) -> tuple[str, str]:
    return question.target.id, question.probe.protocol


def _patience(probe: Probe) -> int:
    return min(probe.timeout_ms * _TIMES, _LONGEST_MS)


def _joined(before: SourceReport, now: SourceReport) -> SourceReport:
    """Take over the answers that came; of those that did not, what was said before stays."""
    came = {answer.id: answer for answer in now.answers if _words.outcome(answer.outcome).is_open}
    return dataclasses.replace(before, answers=tuple(came.get(answer.id, answer) for answer in before.answers))
