# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Asking again: which probes, and what their answers say together with those that came before. Pure."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .. import _words
from . import tallies
from .plan import Plan
from .questions import Question
from .rounds import Round
from .types import Answer, Cell, SourceReport

MAX_ASKINGS = 4  #: of one probe, the first included
MAX_AT_ONCE = 32  #: probes of one source that are asked again in one go
_DELAY_S = 1.0  #: seconds before a third time: what was too busy twice may have an end
_FEW_FAILURES = 8  #: of a run, so that one more asking of them costs next to nothing
_LONGEST_MS = 30_000  #: that a probe waits whose runner had too little processor time before
_STARVED = "too little processor time"  #: in the words of both runners


class Retry:
    """The stage that asks failures again: a part of them, and more while most of a part was no failure.

    It is done after C(MAX_ASKINGS) askings of a probe, or where one more would change nothing.
    """

    def __init__(self, judge: t.Callable[[t.Iterable[SourceReport]], t.Iterable[Cell]], alone: bool) -> None:
        """Prepare.

        Args:
            judge: gives the answers so far their verdicts.
            alone: whether no other source can show that a target answers at all.
        """
        self._judge, self._alone = judge, alone
        self._asking = 1
        self._asked = self._answered = 0  # in this asking
        self._left: list[list[Question]] = []  # of this asking, by source

    def further(self, plan: Plan, reports: t.Sequence[SourceReport], last: t.Sequence[SourceReport]) -> Round | None:
        """Return the next part of an asking, or the first one of the next asking."""
        opened = {answer.id for report in last for answer in report.answers if _words.outcome(answer.outcome).is_open}
        self._answered += len(opened)
        self._left = [
            asked[MAX_AT_ONCE:]
            for asked in self._left
            if sum(question.probe.id in opened for question in asked[:MAX_AT_ONCE]) > MAX_AT_ONCE / 2
        ]
        delay = 0.0
        if not any(self._left):
            self._left, delay = self._next_asking(plan, reports)
        part = [question for asked in self._left for question in asked[:MAX_AT_ONCE]]
        self._asked += len(part)
        return Round(part, self._confirmed(part), delay) if part else None

    def _next_asking(self, plan: Plan, reports: t.Sequence[SourceReport]) -> tuple[list[list[Question]], float]:
        helped = self._answered > self._asked / 2
        self._asking, self._asked, self._answered = self._asking + 1, 0, 0
        if self._asking > MAX_ASKINGS:
            return [], 0.0
        cells = list(self._judge(reports))
        doubtful = choose(cells, self._asking, helped, self._alone)
        starved = {cell.id for cell in cells if _is_starved(cell)}
        left = [
            [
                _longer(question, self._asking) if question.probe.id in starved else question
                for question in asked
                if question.probe.id in doubtful
            ]
            for asked in plan.questions.values()
        ]
        return left, _DELAY_S if self._asking > 2 else 0.0

    def _confirmed(self, part: t.Iterable[Question]) -> t.Callable[[SourceReport, SourceReport], SourceReport]:
        whole = {question.probe.id for question in part if question.probe.every_try}
        return functools.partial(confirmed, every_try=whole)


def choose(cells: t.Iterable[Cell], asking: int, helped: bool, alone: bool) -> set[int]:
    """Return the ids of the probes to ask again.

    The second time is for all failures. Later ones are for silence, which a machine that is too busy looks like, and
    where a runner says that its own was: the third where only a few probes have no answer, and any where most of what
    was asked the last time was answered then.

    Args:
        cells: the judged answers so far.
        asking: which time it would be, from 2 on.
        helped: whether most of what was asked again the last time was answered then.
        alone: whether no other source can show that a target answers at all.
    """
    doubtful = [cell for cell in cells if _is_doubtful(cell, alone)]
    if asking > 2:
        doubtful = [cell for cell in doubtful if _words.outcome(cell.outcome).is_silence or _is_starved(cell)]
        if not helped and (asking > 3 or len(doubtful) > _FEW_FAILURES):
            return set()
    return {cell.id for cell in doubtful}


def _is_doubtful(cell: Cell, alone: bool) -> bool:
    """Tell whether a second answer may change the verdict of a cell."""
    if cell.verdict == "unknown":
        silent = alone and cell.outcome == "timeout" and cell.expectation == "allow"
        return _is_starved(cell) or silent or _words.outcome(cell.outcome).is_name
    if cell.verdict == "fail":
        return True
    fault = _words.APPLICATION_FAULTS.get(cell.application)
    return bool(cell.note and not _words.outcome(cell.outcome).is_open and not (fault and fault.lasting))


def _is_starved(cell: Cell) -> bool:
    return cell.outcome == "probe_error" and _STARVED in cell.reason


def _longer(question: Question, asking: int) -> Question:
    """The question with more time each time: a runner starves by what part of it the machine took."""
    timeout = question.probe.timeout_ms
    return question.but(timeout_ms=max(timeout, min(timeout * asking, _LONGEST_MS)))


def confirmed(first: SourceReport, again: SourceReport, every_try: t.Collection[int] = ()) -> SourceReport:
    """Join the answers of a source with those to the questions that were put again.

    Busy machines lose an answer now and then; only what fails twice is a failure, and what does not says so. A name
    that could not be resolved at first says nothing of the path, and what came later does; a reply says more than
    silence, and both say more than what never left the source's host. Of probes where
    C(every_try) has to be answered, only the tries of the last time count. What a runner that starved could not say at
    first is said by the later answer alone.
    """
    second = {answer.id: answer for answer in again.answers if answer.outcome != "probe_error"}
    answers = []
    for answer in first.answers:
        if answer.id not in second:
            answers.append(answer)
            continue
        other = _counted(second[answer.id], answer, second[answer.id], answer.id in every_try)
        before, after = _words.outcome(answer.outcome), _words.outcome(other.outcome)
        if answer.outcome != "probe_error":
            if not _says_more(before, after):
                answers.append(_counted(answer, answer, second[answer.id]))
                continue
            when = f" after {answer.ms:.0f} ms" if answer.ms is not None else ""
            other = dataclasses.replace(other, error=f"at first: {before.reason}{when}")
        answers.append(other)
    return dataclasses.replace(first, answers=tuple(answers))


def _says_more(before: _words.Outcome, after: _words.Outcome) -> bool:
    """Whether a later answer says more of the path than the first one."""
    if before.is_unsent:
        return not after.is_unsent and not after.is_name
    if before.is_name or before.is_silence:
        return after.is_open or after.is_reply or (before.is_name and not after.is_name)
    return after.is_open


def _counted(told: Answer, before: Answer, after: Answer, last_alone: bool = False) -> Answer:
    """Return an answer with what all its askings came to; its tries are those of all, or of the last one alone."""
    askings = (*tallies.askings(before), *tallies.askings(after))
    resent = tallies.resent(before, after)
    if last_alone or len(askings) < 2:
        return dataclasses.replace(told, askings=askings, resent=resent)
    sent, received = tallies.sent_and_received(askings)
    return dataclasses.replace(told, askings=askings, resent=resent, sent=sent, received=received)


def join(first: SourceReport, again: SourceReport, through: str = "") -> SourceReport:
    """Put the answers of probes that were sent from elsewhere, or without a bound, in their place.

    The source then stands for both, and each answer that was not got where the source's others were says where from.

    Args:
        first: what came back so far.
        again: what came back now.
        through: the container that it was asked in now, where that is not the source's own.
    """
    known = {answer.id: answer for answer in first.answers}
    alone = all(answer.outcome == "probe_error" for answer in first.answers)
    for answer in again.answers:
        if answer.outcome != "probe_error" or answer.id not in known:
            known[answer.id] = answer if alone else dataclasses.replace(answer, level=again.level, through=through)
    told = dataclasses.replace(again, through=through) if alone else first
    return dataclasses.replace(told, answers=tuple(known.values()))
