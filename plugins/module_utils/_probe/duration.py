# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How long a plan takes, told before anything is sent. Pure."""

from __future__ import annotations

import collections

from .pace import CONTROLLER_S, EXEC_S, Pace
from .plan import Plan
from .questions import Question

_DENIED = "deny"


def estimate(plan: Plan, at_once: int) -> int:
    """Return about how many seconds it takes to send the probes of a plan, without debug Pods and second questions.

    Args:
        plan: with what must happen.
        at_once: sources that ask at the same time.
    """
    work = list(plan.by_source())
    if not work:
        return 0
    pace = Pace(work, plan.targets, at_once)
    waits = _waits(plan)
    spans = [
        pace.seconds[source.id] * len(probes) + waits.get(source.id, 0.0) + (EXEC_S if source.kind != "outside" else 0)
        for source, probes in work
    ]
    return round(max(*spans, sum(spans) / at_once, len(spans) * CONTROLLER_S) + 0.5)


def _waits(plan: Plan) -> dict[str, float]:
    """By source, the seconds that it waits for what must not be answered."""
    found: dict[str, float] = collections.defaultdict(float)
    for question in plan:
        if _is_silent(question):
            found[question.source.id] = max(found[question.source.id], question.probe.timeout_ms / 1000)
    return found


def _is_silent(question: Question) -> bool:
    return question.expected.decision == _DENIED and not question.probe.skip and not question.expected.closed
