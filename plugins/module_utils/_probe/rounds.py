# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Further rounds: what a pure stage asks once it has seen the answers so far.

A stage gives questions of the plan that are asked again, under their ids, or new ones; C(_runs) sends them as one more
plan and shows the stage what came back. Asking failures again is one (C(retry)); follow-ups of a diagnosis and the
statistics of a pair are others. However long a stage would go on, a run has no more than C(MAX_ROUNDS) of it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _question_key as question_key
from .plan import Plan
from .questions import Question
from .types import SourceReport

MAX_ROUNDS = 128  #: of one stage; each stage has a smaller bound of its own
Reports = t.Sequence[SourceReport]


@dataclasses.dataclass(frozen=True)
class Round:
    """What is asked in one round.

    Attributes:
        questions: of the plan, where one that asks something else takes the place of what it was, or new ones with
            the id 0 and an expectation.
        combine: joins what a source said before and what it says now.
        delay_s: seconds to wait before it.
    """

    questions: t.Sequence[Question]
    combine: t.Callable[[SourceReport, SourceReport], SourceReport]
    delay_s: float = 0.0


class Stage(t.Protocol):
    """What may ask further."""

    def further(self, plan: Plan, reports: Reports, last: Reports) -> Round | None:
        """Return the next round, None where there is nothing more to ask.

        Args:
            plan: everything that was asked, in earlier rounds as well.
            reports: what came back of it, joined.
            last: what came back in the last round of this stage alone; nothing before the first one.
        """


def extended(plan: Plan, questions: t.Iterable[Question]) -> tuple[Plan, list[Question]]:
    """Return the plan with the new and changed ones among some questions in it, and all of them with their ids there.

    Raises:
        ValueError: a new question has the key of another one, so that no report could tell them apart.
    """
    known = {question_key.key(question.probe) for question in plan}
    own = {name: list(asked) for name, asked in plan.questions.items()}
    number = max(plan.last_id, *plan.by_id, 0)
    asked = []
    for question in questions:
        if not question.probe.id:
            key, number = question_key.key(question.probe), number + 1
            if key in known:
                raise ValueError(f"the plan asks this already: {key}")
            known.add(key)
            question = question.but(id=number)  # noqa: PLW2901 - from here on, the one of the plan
            own.setdefault(question.source.id, []).append(question)
        else:
            before = plan.by_id[question.probe.id]
            # How long and how often it is asked this time is a matter of the round alone.
            if question.but(timeout_ms=before.probe.timeout_ms, tries=before.probe.tries) != before:
                there = own[question.source.id]
                there[there.index(before)] = question
        asked.append(question)
    return dataclasses.replace(plan, questions=own, last_id=number), asked
