# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A stage that finds out whether a page is the controller's own, where the page itself does not tell. Pure.

The same page is asked for a host that nobody has, and of an endpoint without the controller. It is the controller's
where the first answers alike and the second does not.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot.facts import family, is_address
from .authors import OWN_STATUSES, controller_page
from .plan import Plan
from .questions import Question
from .rounds import Reports, Round
from .types import Answer, Expectation, SourceReport

NOBODY, ENDPOINT = "host of nobody", "endpoint itself"  #: how the two are named (C(via))
_NOBODY = "kubewire.invalid"  # RFC 6761, section 6.4
MOST = 16  #: hosts and paths that this is asked of, once each


class OwnPages:
    """The stage; it asks one round."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._done = False

    def further(self, plan: Plan, reports: Reports, _last: Reports) -> Round | None:
        """Return the questions that tell, for pages that may be the controller's."""
        if self._done:
            return None
        self._done = True
        answers = {answer.id: answer for report in reports for answer in report.answers}
        chosen: dict[tuple[str, str], tuple[Question, Answer]] = {}
        for question in plan:
            answer = answers.get(question.probe.id)
            if answer and _doubtful(question, answer) and len(chosen) < MOST:
                chosen.setdefault((question.target.id, question.probe.protocol), (question, answer))
        asked = [each for question, answer in chosen.values() for each in _asked(question, answer)]
        return Round(asked, _joined) if asked else None


def _doubtful(question: Question, answer: Answer) -> bool:
    entry, expected = question.about.entry, question.expected
    if entry is None or not entry.host or question.about.slash or expected.decision != "allow" or expected.defect:
        return False
    return answer.outcome in OWN_STATUSES and not controller_page(answer)


def _asked(question: Question, answer: Answer) -> t.Iterator[Question]:
    probe, host = question.probe, answer.address or question.probe.host
    behind = [place.rpartition("#") for place in question.expected.behind]
    alike = [(address, int(port)) for address, _sign, port in behind if family(address) == probe.family]
    if not is_address(host) or not alike:
        return
    reason = "it is asked to tell whose page it is that another question got"
    beside = dataclasses.replace(question, expected=Expectation("not_applicable", reason))
    yield beside.but(id=0, host=host, server_name=_NOBODY, via=NOBODY)
    name = probe.server_name or probe.host
    address, port = alike[0]
    yield beside.but(id=0, host=address, port=port, protocol="http", server_name=name, via=ENDPOINT)


def _joined(before: SourceReport, now: SourceReport) -> SourceReport:
    return dataclasses.replace(before, answers=(*before.answers, *now.answers))
