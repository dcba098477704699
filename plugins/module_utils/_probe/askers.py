# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The sources of a run that can ask, and which of them policies let connect to a place. Pure."""

from __future__ import annotations

import typing as t

from .._snapshot.facts import Facts, family
from .._snapshot.policies import Peer
from . import policy_view
from .paths.path import Path, PathEnd
from .plan import Plan
from .questions import Question
from .rounds import Reports

_MOST = 50  #: sources of which one is looked for


class Askers:
    """Sources that answered in earlier rounds, each with a question of its own."""

    def __init__(self, facts: Facts, plan: Plan, reports: Reports, *kinds: str) -> None:
        """Prepare.

        Args:
            facts: the snapshot, with its policies.
            plan: what was asked.
            reports: what came back.
            kinds: of sources that are wanted.
        """
        self._facts = facts
        able = [report.source for report in reports if any(each.outcome != "probe_error" for each in report.answers)]
        asked = [plan.questions[name][0] for name in able if plan.questions.get(name)]
        self._able = [question for question in asked if question.source.kind in kinds]

    def of_pod(self, id_: str) -> Question | None:
        """The first source in a Pod."""
        return next((each for each in self._able if each.pod and each.pod.id == id_), None)

    def first(
        self, address: str, port: int, transport: str = "TCP", before: t.Iterable[Question] = ()
    ) -> Question | None:
        """The first source that policies let connect to a place.

        Args:
            address: that is asked.
            port: of it.
            transport: that carries the question.
            before: those that are taken first.
        """
        candidates = [*before, *self._able[:_MOST]]
        return next((each for each in candidates if self._may(each, address, port, transport)), None)

    def _may(self, asker: Question, address: str, port: int, transport: str) -> bool:
        ip_family = family(address)
        if ip_family not in map(family, asker.source.addresses) or asker.expected.sidecar:
            return False
        end = PathEnd(Peer((address,)), port)
        said = policy_view.over(self._facts, asker.but(family=ip_family), Path("", "", (end,)), transport)
        return said.decision == "allow"
