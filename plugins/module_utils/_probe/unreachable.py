# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One cause for one address: a firewall that rejects, or nobody who answers ARP or ND. Pure.

Both are the same error (EHOSTUNREACH), and only the time tells them apart: a reject comes at once, and a neighbour is
given up after 3 s. But Linux rejects six times in a row and then once a second (C(icmp_ratelimit)), so that some of
many questions hear of a reject when they are sent again; and who asks for a neighbour that others have been asking for
waits less. So what most questions of a source to an address have heard is what happened to all of them.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .questions import Question
from .types import Answer

_AT_ONCE, _LATE = "unreachable_fast", "unreachable_arp"


def alike(questions: t.Iterable[Question], answers: t.Mapping[int, Answer]) -> dict[int, Answer]:
    """The answers of one source, with one cause for each address that is unreachable."""
    by_address: dict[str, list[Answer]] = {}
    for question in questions:
        answer = answers.get(question.probe.id)
        # What the own kernel filters (EPERM, EACCES) never reached the wire.
        if answer and answer.outcome in (_AT_ONCE, _LATE) and "permi" not in answer.error.lower():
            by_address.setdefault(answer.address or question.probe.host, []).append(answer)
    told = dict(answers)
    for same in by_address.values():
        late = sum(answer.outcome == _LATE for answer in same)
        # Of rejects, few are late: those beyond the limit. Of a dead neighbour, few are early: those asked last.
        cause = _LATE if late * 2 >= len(same) else _AT_ONCE
        told.update((answer.id, dataclasses.replace(answer, outcome=cause)) for answer in same)
    return told
