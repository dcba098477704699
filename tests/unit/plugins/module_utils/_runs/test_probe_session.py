# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What failed is asked again, and how much of it."""

from __future__ import annotations

import dataclasses
import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import retry, rounds
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.plan import Plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.questions import NOTHING, Question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Answer,
    Probe,
    Source,
    SourceReport,
    Target,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import probe_session, vantage_points

WEB = Source("shop/web-1/app", "shop", "web-1", "app")


class Net:
    """At first everybody is silent; asked again, those up to C(well) answer, from the last turn that is silent on."""

    def __init__(self, well: int, silent: int = 1) -> None:
        self.well, self.silent = well, silent
        self.turns: list[list[int]] = []

    def run(self, work: t.Any, came: t.Any, _pace: t.Any = None, **_limits: int) -> list[SourceReport]:
        reports = []
        for source, probes in work:
            numbers = [probe.id for probe in probes]
            again = len(self.turns) >= self.silent
            self.turns.append(numbers)
            words = ["open" if again and number <= self.well else "timeout" for number in numbers]
            answers = tuple(Answer(number, word) for number, word in zip(numbers, words, strict=True))
            reports.append(SourceReport(source.id, runner="python", answers=answers))
            came(source, probes, reports[-1])
        return reports


def judge(reports: t.Iterable[SourceReport]) -> list[t.Any]:
    answers = [answer for report in reports for answer in report.answers]
    return [
        types.SimpleNamespace(
            id=each.id,
            note="",
            application="",
            outcome=each.outcome,
            verdict="fail" if each.outcome == "timeout" else "pass",
        )
        for each in answers
    ]


def session_of(net: Net, failures: int, *stages: rounds.Stage) -> probe_session.ProbeSession:
    """A session whose probes fail at first."""
    numbers = range(1, failures + 1)
    probes = [Probe(number, WEB.id, "t", "pod_to_service", "tcp", "IPv4", "10.0.0.1", 80) for number in numbers]
    target = Target("t", "service", "t")
    plan = Plan({WEB.id: [Question(WEB, None, target, NOTHING, probe) for probe in probes]})
    params = {"debug_image": "", "debug_levels": [], "debug_profile": "", "debug_namespace": "", "deadline": 9}
    api = t.cast(t.Any, None)
    vantage = vantage_points.choose(api, api, params, "r1")
    options = {**params, "progress": None, "concurrency": 1}
    sending = probe_session.ProbeSession(api, options, plan, vantage, judge, stages)
    sending.prober = t.cast(t.Any, types.SimpleNamespace(run=net.run, not_asked=lambda _source, _probes: []))
    return sending


def turns_of(net: Net, monkeypatch: pytest.MonkeyPatch, failures: int = 100) -> tuple[list[int], SourceReport]:
    """Send probes that fail at first; return how many were asked at each turn, and what came of it."""
    monkeypatch.setattr(retry, "_DELAY_S", 0)
    (report,) = session_of(net, failures).send()
    return [len(turn) for turn in net.turns], report


@pytest.mark.parametrize(
    ("well", "turns", "opened"),
    [
        (100, [100, 32, 32, 32, 4], 100),  # a busy machine: everything is open after all
        (0, [100, 32], 0),  # a broken network: a part is proof enough
        (40, [100, 32, 32, 32], 40),
    ],
)
def test_more_is_asked_again_as_long_as_it_was_no_failure(
    monkeypatch: pytest.MonkeyPatch, well: int, turns: list[int], opened: int
) -> None:
    seen, report = turns_of(Net(well), monkeypatch)
    assert seen == turns
    assert sum(answer.outcome == "open" for answer in report.answers) == opened


@pytest.mark.parametrize(
    ("failures", "silent", "sent"),
    [(8, 2, 3), (9, 2, None)],
    ids=["few", "many"],
)
def test_where_few_failed_they_are_asked_once_more(
    monkeypatch: pytest.MonkeyPatch, failures: int, silent: int, sent: int | None
) -> None:
    turns, report = turns_of(Net(100, silent), monkeypatch, failures)
    assert turns == [failures] * (sent or 2)
    first = report.answers[0]
    assert (first.outcome, first.sent, first.received) == (("open", sent, 1) if sent else ("timeout", 2, 0))
    assert first.error == ("at first: no answer" if sent else "")


def test_few_that_fail_every_time_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, report = turns_of(Net(0), monkeypatch, 3)
    assert turns == [3, 3, 3]
    assert [answer.outcome for answer in report.answers] == ["timeout"] * 3


class Statistics:
    """A stage that wants to know more of the first question, for ever."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []

    def further(self, plan: Plan, _reports: rounds.Reports, last: rounds.Reports) -> rounds.Round:
        self.seen.append([answer.id for report in last for answer in report.answers])
        new = plan.by_id[1].but(id=0, via=f"address, part {len(self.seen)}", tries=800)
        return rounds.Round([new], retry.join)


def test_a_stage_asks_new_questions_and_sees_what_came_in_a_bounded_number_of_rounds() -> None:
    net, stage = Net(10**6), Statistics()
    session = session_of(net, 2, stage)
    (report,) = session.send()
    asked = [[1, 2], [1, 2], *([number] for number in range(3, 3 + rounds.MAX_ROUNDS))]
    assert net.turns == asked
    assert stage.seen == [[], *asked[2:-1]]
    assert [answer.id for answer in report.answers] == list(session.plan.by_id)
    assert {answer.outcome for answer in report.answers} == {"open"}


def test_a_new_question_is_asked_where_others_of_its_source_were() -> None:
    session = session_of(Net(10**6), 2)
    debugger = dataclasses.replace(WEB, container="debugger", level="pod")
    session._where[2] = debugger
    old, new = session.plan.by_id[1], session.plan.by_id[1].but(id=3)
    assert (session._place_of(old), session._place_of(new)) == (WEB, debugger)


def beside(session: probe_session.ProbeSession, *sources: Source, model: str = "pod_to_service") -> list[SourceReport]:
    """Ask one more plan in which each of some sources has one question."""
    target = Target("host/10.0.0.9:81", "host", "10.0.0.9", port=81)
    plan = Plan()
    for number, source in enumerate(sources, 1):
        probe = Probe(number, source.id, target.id, model, "tcp", "IPv4", "10.0.0.9", 81)
        plan.questions[source.id] = [Question(source, None, target, NOTHING, probe)]
    session.prober.end_within = lambda _seconds: None  # type: ignore[method-assign]
    return session.ask_beside(plan, 3)


def test_one_more_plan_is_asked_and_its_answers_are_kept_apart() -> None:
    session = session_of(Net(10**6, 0), 2)
    (first,) = session.send()
    other = Source("shop/other-1/app", "shop", "other-1", "app")
    assert [report.source for report in beside(session, WEB, other)] == [WEB.id, other.id]
    assert session.reports == [first]
    assert list(session.plan.by_id) == [1, 2]


def test_who_was_asked_elsewhere_is_asked_there_again_unless_only_its_own_pod_can_tell() -> None:
    session = session_of(Net(10**6, 0), 2)
    session._where[1] = dataclasses.replace(WEB, pod="surrogate", level="namespace")
    asked: list[Source] = []
    run = session.prober.run

    def seen(work: t.Any, *more: t.Any, **limits: int) -> list[SourceReport]:
        asked.extend(source for source, _probes in work)
        return run(work, *more, **limits)

    session.prober.run = seen  # type: ignore[method-assign]
    beside(session, WEB)
    assert [source.pod for source in asked] == ["surrogate"]
    (report,) = beside(session, WEB, model="container_to_container")
    assert len(asked) == 1
    assert "interrupted" in report.error or not report.answers
