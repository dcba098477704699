# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A stage that finds out whose a wrong certificate is: the controller's own, or that of the host's Secret. Pure.

The controller is asked for a host that nobody has, which gets its default certificate, and for names that are often in
the certificate of a host's neighbour. Controllers choose a certificate by the name in the handshake (RFC 6066, section
3), so that one for other names than the host's is shown for these alone.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot.facts import Facts, is_address
from .own_pages import HOST_OF_NOBODY
from .plan import Plan
from .questions import Question
from .rounds import Reports, Round
from .types import NOBODY, OTHER_NAME, Expectation, SourceReport

MOST = 16  #: hosts of which this is asked
_WRONG = ("tls_wrong_name", "tls_expired")
_REASON = "it compares certificates, to tell whose the wrong one of another check is"


class OtherCertificates:
    """The stage; it asks one round."""

    def __init__(self, facts: Facts) -> None:
        """Begin with nothing asked.

        Args:
            facts: the snapshot, which says which names are served.
        """
        self._done = False
        self._known = {entry.host for entry in facts.entries}

    def further(self, plan: Plan, reports: Reports, _last: Reports) -> Round | None:
        """Return the questions that tell, one host for each target."""
        if self._done:
            return None
        self._done = True
        answers = {answer.id: answer for report in reports for answer in report.answers}
        chosen: dict[str, tuple[Question, str]] = {}
        for question in plan:
            answer = answers.get(question.probe.id)
            if answer and question.about.entry and question.probe.protocol == "tls" and answer.outcome in _WRONG:
                address = answer.address or question.probe.host
                if is_address(address) and question.probe.port:
                    chosen.setdefault(f"{question.about.entry.host}:{question.probe.port}", (question, address))
        asked = [each for question, address in list(chosen.values())[:MOST] for each in self._asked(question, address)]
        return Round(asked, _joined) if asked else None

    def _asked(self, question: Question, address: str) -> t.Iterator[Question]:
        expected = Expectation("not_applicable", _REASON)
        beside = dataclasses.replace(question, expected=expected).but(id=0, tries=1, host=address)
        yield beside.but(server_name=HOST_OF_NOBODY, via=NOBODY)
        host = question.about.entry.host if question.about.entry else ""
        for name in others(host):
            if name not in self._known:
                yield beside.but(server_name=name, via=f"{OTHER_NAME} {name}")


def others(host: str) -> list[str]:
    """Names for which a certificate may be that was made for a host by mistake.

    C(www.HOST) stands for a wildcard below the host as well, a name beside it for one above it.
    """
    if not host or host.startswith("*"):
        return []
    first, _dot, parent = host.partition(".")
    if "." not in parent:
        return [f"www.{host}"]
    return [f"www.{host}", parent, *([f"www.{parent}"] if first != "www" else [])]


def _joined(before: SourceReport, now: SourceReport) -> SourceReport:
    return dataclasses.replace(before, answers=(*before.answers, *now.answers))
