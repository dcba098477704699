# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking again: which probes, and what their answers say together."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    retry,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

from .conftest import TOO_BUSY

WEB = "shop/web-1/app"


def told(level: str, *outcomes: tuple[int, str]) -> SourceReport:
    return SourceReport(WEB, level=level, answers=tuple(Answer(number, word) for number, word in outcomes))


def cell(number: int, outcome: str, verdict: str, expectation: str = "allow", reason: str = "") -> Cell:
    names = ("target", "pod_to_service", "tcp", "IPv4", "address", "web:80")
    return Cell(number, WEB, *names, outcome, expectation, "", "", verdict, reason)


#: outcome, verdict, expectation, reason -> asked again a second time, and where nobody else asks
CELLS = [
    (("open", "pass"), False, False),
    (("refused", "fail"), True, True),
    (("timeout", "fail"), True, True),
    (("timeout", "pass", "deny"), False, False),
    (("open", "unexpected_open", "deny"), False, False),
    (("timeout", "unknown"), False, True),
    (("timeout", "unknown", "deny"), False, False),
    (("dns_timeout", "unknown", "deny"), True, True),
    (("dns_nxdomain", "unknown", "deny"), True, True),
    (("probe_error", "unknown", "allow", "too little processor time"), True, True),
    (("probe_error", "unknown", "allow", "no tool"), False, False),
    (("not_applicable", "skipped", "not_applicable"), False, False),
]


@pytest.mark.parametrize(
    ("outcome", "application", "again"),
    [
        ("refused", "refused", True),
        ("tls_wrong_name", "certificate_wrong_name", False),
        ("tls_expired", "certificate_expired", False),
        ("tls_handshake", "client_certificate", False),
    ],
)
def test_a_note_on_what_lasts_is_not_asked_again(outcome, application, again):
    noted = dataclasses.replace(cell(7, outcome, "pass"), application=application, note="said of the application")
    assert retry.choose([noted], 2, helped=False, alone=False) == ({7} if again else set())
    failed = dataclasses.replace(noted, verdict="fail", note="")
    assert retry.choose([failed], 2, helped=False, alone=False) == {7}


@pytest.mark.parametrize(
    ("words", "again", "again_alone"), CELLS, ids=lambda value: "-".join(value) if isinstance(value, tuple) else None
)
def test_what_a_second_answer_may_judge_otherwise_is_asked_again(words, again, again_alone):
    cells = [cell(7, *words)]
    assert retry.choose(cells, 2, helped=False, alone=False) == ({7} if again else set())
    assert retry.choose(cells, 2, helped=False, alone=True) == ({7} if again_alone else set())


@pytest.mark.parametrize(
    ("asking", "silent", "helped", "chosen"),
    [(3, 8, False, 8), (3, 9, False, 0), (3, 9, True, 9), (4, 1, False, 0), (4, 100, True, 100)],
)
def test_later_only_silence_is_asked_again_where_it_costs_little_or_has_helped(asking, silent, helped, chosen):
    cells = [cell(number, "timeout", "fail") for number in range(silent)]
    cells.append(cell(1000, "refused", "fail"))
    assert retry.choose(cells, asking, helped, alone=False) == set(range(chosen))


def test_what_starved_is_asked_again_as_often_as_silence_is():
    starved = [cell(number, "probe_error", "unknown", "deny", TOO_BUSY) for number in range(8)]
    mute = [cell(9, "probe_error", "unknown", "deny", "no tool")]
    assert retry.choose(starved + mute, 3, helped=False, alone=False) == set(range(8))
    assert retry.choose(starved + mute, 4, helped=False, alone=False) == set()
    assert retry.choose(starved + mute, 4, helped=True, alone=False) == set(range(8))


@pytest.mark.parametrize(
    ("timeout", "later"), [(2000, [4000, 6000]), (20_000, [30_000, 30_000]), (60_000, [60_000] * 2)]
)
def test_what_starved_has_more_time_each_time(timeout, later):
    facts = Facts(cluster.snapshot())
    chosen = selection.select(facts, [{"pod": "web-1"}], None)
    layout = plan.make(facts, chosen, ["pod_to_self_service"], Options(timeout_ms=timeout))
    (probe,) = layout.probes[WEB]
    reports = [SourceReport(WEB, answers=(Answer(probe.id, "probe_error", error=f"{TOO_BUSY}: 3 s"),))]
    stage = retry.Retry(lambda told: matrix.judge(expectation.assign(layout, facts), told), alone=False)
    asked = [stage.further(layout, reports, ()) for _time in later]
    assert [question.probe.timeout_ms for each in asked for question in each.questions] == later


def test_what_failed_is_only_that_once_it_failed_again():
    first = SourceReport(WEB, answers=(Answer(1, "timeout", 4000.0), Answer(2, "refused", 1.0), Answer(3, "open", 1.0)))
    again = SourceReport(WEB, answers=(Answer(1, "open", 0.5), Answer(2, "refused", 1.0)))
    one, two, three = retry.confirmed(first, again).answers
    assert (one.outcome, one.sent, one.received, one.error) == ("open", 2, 1, "at first: no answer after 4000 ms")
    assert (two.outcome, two.sent, two.received) == ("refused", 2, 0)
    assert [answer.askings for answer in (one, two)] == [
        ({"timeout": 1}, {"open": 1}),
        ({"refused": 1}, {"refused": 1}),
    ]
    assert three == first.answers[2]


@pytest.mark.parametrize(("received", "verdict"), [(10, "pass"), (9, "fail")])
def test_where_every_try_must_be_answered_those_of_the_second_time_count(received, verdict):
    facts = Facts(cluster.snapshot())
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_self_service"], Options())
    (probe,) = layout.probes[WEB]
    first = SourceReport(WEB, answers=(Answer(probe.id, "refused", 1.0),))
    again = SourceReport(WEB, answers=(Answer(probe.id, "open", 0.3, sent=10, received=received),))
    report = retry.confirmed(first, again, {probe.id})
    (cell,) = matrix.judge(expectation.assign(layout, facts), [report])
    assert (cell.verdict, cell.evidence["sent"]) == (verdict, 10)
    assert "at first: refused" in cell.evidence["error"]


def test_a_name_that_could_not_be_resolved_at_first_says_nothing():
    first = SourceReport(WEB, answers=tuple(Answer(number, "dns_timeout", 4000.0) for number in (1, 2)))
    again = SourceReport(WEB, answers=(Answer(1, "timeout", 2000.0), Answer(2, "dns_timeout", 4000.0)))
    one, two = retry.confirmed(first, again).answers
    assert (one.outcome, one.sent, one.received) == ("timeout", 2, 0)
    assert one.error == "at first: no DNS server answered after 4000 ms"
    assert (two.outcome, two.sent, two.received) == ("dns_timeout", 2, 0)
    assert one.askings == ({"dns_timeout": 1}, {"timeout": 1})


@pytest.mark.parametrize(
    ("first", "later", "told"),
    [
        ("timeout", "refused", "refused"),
        ("timeout", "tls_handshake", "tls_handshake"),
        ("timeout", "unreachable_fast", "timeout"),
        ("refused", "timeout", "refused"),
        ("no_route", "timeout", "timeout"),
        ("unreachable_arp", "refused", "refused"),
        ("unreachable_arp", "no_route", "unreachable_arp"),
        ("unreachable_arp", "dns_timeout", "unreachable_arp"),
        ("dns_timeout", "dns_nxdomain", "dns_timeout"),
    ],
)
def test_of_two_answers_that_which_says_more_of_the_path_is_told(first: str, later: str, told: str):
    reports = (SourceReport(WEB, answers=(Answer(1, word, 10.0),)) for word in (first, later))
    (answer,) = retry.confirmed(*reports).answers
    assert answer.outcome == told
    assert answer.askings == ({first: 1}, {later: 1})


def test_the_counts_of_all_askings_are_kept():
    first = SourceReport(WEB, answers=(Answer(1, "timeout"), Answer(2, "timeout"), Answer(3, "probe_error")))
    series = Answer(2, "open", sent=50, received=45, askings=({"open": 45, "timeout": 5},), lost=((3, 5),), resent=2)
    second = SourceReport(WEB, answers=(Answer(1, "refused"), series, Answer(3, "open")))
    third = SourceReport(WEB, answers=(Answer(1, "open"),))
    one, two, three = retry.confirmed(retry.confirmed(first, second), third).answers
    assert (one.outcome, one.sent, one.received) == ("open", 3, 1)
    assert one.askings == ({"timeout": 1}, {"refused": 1}, {"open": 1})
    assert (two.sent, two.received, two.resent, two.lost) == (51, 45, 2, ((3, 5),))
    assert two.askings == ({"timeout": 1}, {"open": 45, "timeout": 5})
    assert (three.askings, three.sent) == (({"open": 1},), None), "what never ran was no asking"


def test_a_source_that_said_nothing_stands_for_who_asked_for_it():
    report = retry.join(told("container"), told("namespace", (1, "open"), (2, "timeout")), "shop/box/debugger")
    assert (report.level, report.through) == ("namespace", "shop/box/debugger")
    assert [(answer.id, answer.outcome, answer.level) for answer in report.answers] == [
        (1, "open", ""),
        (2, "timeout", ""),
    ]


def test_an_answer_from_another_level_says_so():
    first = told("container", (1, "open"), (2, "probe_error"), (3, "probe_error"))
    report = retry.join(first, told("pod", (2, "refused"), (3, "probe_error"), (4, "open")), "kubewire-1")
    assert report.level == "container"
    assert [(answer.id, answer.outcome, answer.level, answer.through) for answer in report.answers] == [
        (1, "open", "", ""),
        (2, "refused", "pod", "kubewire-1"),
        (3, "probe_error", "", ""),
        (4, "open", "pod", "kubewire-1"),
    ]
