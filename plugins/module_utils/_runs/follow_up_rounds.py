# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The follow-ups of a diagnosis: chosen by a pure function, sent as further plans through the session of the run."""

from __future__ import annotations

import time
import typing as t

from .._debug.types import Place
from .._diagnosis import engine
from .._diagnosis.case import Case
from .._diagnosis.catalogue import RULES
from .._diagnosis.follow_ups import choice as follow_ups
from .._diagnosis.follow_ups.records import FollowUp, FollowUpAnswer
from .._probe import jobs, matrix, sources
from .._probe.plan import Plan
from .._probe.questions import About, Question
from .._probe.types import Cell, Expectation, Probe, Source, SourceReport, Target
from .._report import document
from .._snapshot.facts import Facts, family, is_address
from .._snapshot.model import Pod
from .probe_session import ProbeSession

_VIA = "follow-up"
_REASON = "it finds out which of several causes is the one"


class FollowUpRounds:
    """Asks what tells the candidates apart, C(follow_ups.ROUNDS) times at most.

    Attributes:
        answers: what came back so far.
    """

    def __init__(self, facts: Facts, report: t.Callable[[ProbeSession], dict[str, t.Any]]) -> None:
        """Prepare; nothing is sent.

        Args:
            facts: the snapshot.
            report: gives the parts of report.json that rules read, from what came back so far.
        """
        self._facts, self._report = facts, report
        self._number = 0  #: of the last question
        self.answers: list[FollowUpAnswer] = []

    def __call__(self, session: ProbeSession) -> None:
        """Ask, as long as there is something to ask and time for it; the outside alone reaches no Pod."""
        if session.alone:
            return
        until = time.monotonic() + follow_ups.SECONDS
        report = self._report(session)
        for _round in range(follow_ups.ROUNDS):
            case = Case(self._facts.snapshot, {**report, "follow_ups": [each.to_dict() for each in self.answers]})
            wanted = follow_ups.choose(case, engine.suspects_of(case, RULES)) if _is_in_doubt(case) else []
            plan, asked = self._plan(wanted, session)
            left = until - time.monotonic()
            if not asked or left <= 0:
                return
            self.answers += _answers(plan, asked, session.ask_beside(plan, left))

    def _plan(self, wanted: t.Sequence[FollowUp], session: ProbeSession) -> tuple[Plan, dict[int, FollowUp]]:
        """The questions that somebody can ask, with what each is for.

        Their numbers are those of no other question of the run: who sends them remembers what a container cannot send.
        """
        plan, asked = Plan(), dict[int, FollowUp]()
        self._number = max(self._number, session.plan.last_id, *session.plan.by_id, 0)
        for one in wanted:
            source = next(filter(None, (self._asker(name, session) for name in one.askers)), None)
            question = self._question(one, source, self._number + 1) if source else None
            if question:
                self._number = question.probe.id
                asked[question.probe.id] = one
                plan.questions.setdefault(question.source.id, []).append(question)
        plan.last_id = self._number
        return plan, asked

    def _asker(self, name: str, session: ProbeSession) -> Source | None:
        """Who asks, by the id of a source of the run, or of a Pod or node that is none."""
        known = session.plan.sources.get(name)
        if known and known.kind != "outside":
            return None if known.unusable else known
        kind, _slash, rest = name.partition("/")
        if kind == "node" and rest in self._facts.nodes:
            can = session.vantage.pods.image or isinstance(session.vantage.nodes.place_for(rest), Place)
            return sources.of_node(self._facts.nodes[rest]) if can else None
        pod = self._facts.pods.get(name)
        if pod is None:
            return None
        own = (
            each for each in session.plan.sources.values() if (each.namespace, each.pod) == (pod.namespace, pod.name)
        )
        return next((each for each in own if not each.unusable), None) or sources.of_pod(self._facts, pod)

    def _question(self, one: FollowUp, source: Source, number: int) -> Question | None:
        asker = self._facts.pods.get(f"{source.namespace}/{source.pod}") if source.kind == "pod" else None
        loopback = one.host in ("127.0.0.1", "::1")
        behind = asker if loopback else self._facts.owners.get(one.host)
        about = About(pod=behind) if isinstance(behind, Pod) else About()
        place = f"pod/{behind.id}:{one.port}" if isinstance(behind, Pod) else f"host/{one.host}:{one.port}"
        own = next(iter(source.addresses), "")
        probe = Probe(
            number,
            source.id,
            place,
            _model(one, source, asker, behind),
            one.protocol,
            family(one.host) if is_address(one.host) else one.family or family(own),
            one.host,
            one.port,
            one.path,
            one.server_name,
            _VIA,
            one.timeout_ms,
            dns_server=one.dns_server,
            transport=one.transport,
            tries=one.tries,
        )
        try:
            jobs.job_line(probe)
        except ValueError:  # what an object of the cluster holds can be no host or path
            return None
        target = Target(place, "pod" if isinstance(behind, Pod) else "host", one.host, port=one.port)
        ends = (f"{one.host}#{one.port}",) if one.port else ()
        return Question(source, asker, target, about, probe, Expectation("allow", _REASON, ends=ends))


def _model(one: FollowUp, source: Source, asker: Pod | None, behind: object) -> str:
    if one.protocol == "dns":
        return "pod_to_dns"
    if source.kind == "node":
        return "node_to_pod"
    if asker is not None and asker is behind:
        return "container_to_container"
    same = isinstance(behind, Pod) and behind.node == source.node
    return "pod_to_pod_same_node" if same else "pod_to_pod_cross_node"


def _is_in_doubt(case: Case) -> bool:
    """Whether something failed or is not ready: looking for causes takes time where there are many objects."""
    return bool(case.failing) or any(not pod.ready and not pod.finished for pod in case.snapshot.pods)


def _answers(
    plan: Plan, asked: t.Mapping[int, FollowUp], reports: t.Sequence[SourceReport]
) -> t.Iterator[FollowUpAnswer]:
    """What came back, in the order of the questions; a name server that the source does not have is left out."""
    by_source = {report.source: report for report in reports}
    levels = {answer.id: answer.level for report in reports for answer in report.answers}
    for cell in sorted(matrix.judge(plan, reports), key=lambda cell: cell.id):
        report = by_source.get(cell.source) or SourceReport(cell.source)
        question = asked[cell.id]
        looked = question.kind == "listeners" and report.runner
        yield FollowUpAnswer(
            question=question,
            source=cell.source,
            asked=cell.asked,
            outcome=cell.outcome,
            level=levels.get(cell.id) or report.level,
            author=cell.author,
            reason=cell.reason,
            latency_ms=cell.latency_ms,
            sent=cell.evidence.get("sent"),
            received=cell.evidence.get("received"),
            answers=tuple(cell.evidence.get("answers", ())),
            listens=report.listens if looked else (),
            listens_udp=report.listens_udp if looked else (),
        )


def seen(
    run: t.Mapping[str, t.Any], plan: Plan, reports: t.Iterable[SourceReport], cells: t.Iterable[Cell]
) -> dict[str, t.Any]:
    """The parts of report.json that rules read, before there is a report."""
    gave = {report.source: report.to_dict() for report in reports}
    return {
        "run": dict(run),
        "sources": {
            name: document.describe_source(source.to_dict(), gave.get(name)) for name, source in plan.sources.items()
        },
        "targets": {name: target.to_dict() for name, target in plan.targets.items()},
        "cells": [cell.to_dict() for cell in cells],
    }
