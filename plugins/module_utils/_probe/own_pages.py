# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A stage that finds out whether a page is the controller's own, where the page itself does not tell. Pure.

The same page is asked for a host and for a path that nobody has, and of an endpoint without the controller. It is the
controller's where one of the first answers alike and the endpoint does not.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot.entries import EntryPoint
from .._snapshot.entry_backends import backends_of, defect_of
from .._snapshot.facts import Facts, family, is_address
from .askers import Askers
from .authors import controller_page, may_be_own
from .models.ports import detect
from .plan import Plan
from .questions import Question
from .rounds import Reports, Round
from .types import ENDPOINT, NOBODY, NOWHERE, ROOT, Answer, Expectation, SourceReport

HOST_OF_NOBODY = "kubewire.invalid"  # RFC 6761, section 6.4
_PATH = "/kubewire-no-such-path"
MOST = 16  #: hosts and paths that this is asked of, once each
_REASON = "it compares pages, to tell whether the controller or the application answered another check"


class OwnPages:
    """The stage; it asks one round."""

    def __init__(self, facts: Facts) -> None:
        """Begin with nothing asked.

        Args:
            facts: the snapshot, which says what else a controller serves, and who may connect to an endpoint.
        """
        self._facts = facts
        self._done = False
        self._served: dict[tuple[str, int], set[tuple[str, str]]] = {}  #: host and port -> types and paths
        for entry in facts.entries:
            if not entry.defect and not defect_of(entry, backends_of(facts, entry))[0]:
                served = self._served.setdefault((entry.host, entry.port), set())
                served.add((entry.path.path_type, entry.path.path))

    def further(self, plan: Plan, reports: Reports, _last: Reports) -> Round | None:
        """Return the questions that tell, for pages that may be the controller's."""
        if self._done:
            return None
        self._done = True
        answers = {answer.id: answer for report in reports for answer in report.answers}
        chosen: dict[tuple[str, str], tuple[Question, Answer]] = {}
        for question in plan:
            answer = answers.get(question.probe.id)
            if answer and _doubtful(question, answer):
                key = question.target.id, question.probe.protocol
                # One that shows the page tells more than one that does not.
                if key not in chosen or (shown(answer) and not shown(chosen[key][1])):
                    chosen[key] = question, answer
        askers = Askers(self._facts, plan, reports, "pod")
        found = list(chosen.values())[:MOST]
        asked = [each for question, answer in found for each in self._asked(question, answer, askers)]
        return Round(asked, _joined) if asked else None

    def _asked(self, question: Question, answer: Answer, askers: Askers) -> t.Iterator[Question]:
        probe, entry = question.probe, question.about.entry
        host = answer.address or probe.host
        if entry is None or not is_address(host):
            return
        beside = dataclasses.replace(question, expected=Expectation("not_applicable", _REASON)).but(id=0, tries=1)
        if entry.host and not self._serves(("", entry.port), entry.path.path):
            yield beside.but(host=host, server_name=HOST_OF_NOBODY, via=NOBODY)
        if not any(self._serves((each, entry.port), _PATH) for each in ("", entry.host)):
            name = probe.server_name or (probe.host if probe.host != host else "")
            yield beside.but(host=host, server_name=name, path=_PATH, via=NOWHERE)
        yield from self._of_endpoint(beside, entry, askers, question, answer.outcome)

    def _serves(self, at: tuple[str, int], path: str) -> bool:
        """Whether something that can answer is served for a host and port at a path."""
        own = self._served.get(at, ())
        return any(
            path == each or (path_type != "Exact" and f"{path}/".startswith(each.rstrip("/") + "/"))
            for path_type, each in own
        )

    def _of_endpoint(
        self, beside: Question, entry: EntryPoint, askers: Askers, question: Question, outcome: str
    ) -> t.Iterator[Question]:
        """The page of an endpoint itself, asked by a source that may connect to it."""
        probe = beside.probe
        for behind in backends_of(self._facts, entry):
            speaks = detect(None, behind.port.name, behind.port.port, behind.port.app_protocol) if behind.port else ""
            for address, port in ((each.address, each.port) for each in behind.backends):
                own = [question] if question.source.kind == "pod" else []
                asker = askers.first(address, port, before=own) if family(address) == probe.family else None
                if asker:
                    model = probe.model if asker.source.kind == beside.source.kind else "pod_to_ingress"
                    own_page = dataclasses.replace(beside, source=asker.source, pod=asker.pod).but(
                        source=asker.source.id,
                        model=model,
                        host=address,
                        port=port,
                        protocol="https" if speaks == "https" else "http",
                        server_name=probe.server_name or probe.host,
                        via=ENDPOINT,
                    )
                    yield own_page
                    if (
                        entry.path.path != "/" and outcome == "http_404"
                    ):  # has it pages, only not where the controller looks for them?
                        yield own_page.but(path="/", via=ROOT)
                    return


def shown(answer: Answer) -> bool:
    """Whether the tool that asked shows what a page says."""
    return bool(answer.headers or answer.body)


def _doubtful(question: Question, answer: Answer) -> bool:
    entry, expected = question.about.entry, question.expected
    if entry is None or question.about.slash or expected.decision != "allow" or expected.defect:
        return False
    return may_be_own(answer) and not controller_page(answer)


def _joined(before: SourceReport, now: SourceReport) -> SourceReport:
    return dataclasses.replace(before, answers=(*before.answers, *now.answers))
