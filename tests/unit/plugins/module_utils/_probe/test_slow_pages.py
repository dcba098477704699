# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pages are waited for longer, and what becomes of their answers."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    plan,
    selection,
    slow_pages,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

ACCEPTED = {"outcome": "timeout", "phases": {"connect": 0.1}}
GIVEN = {"outcome": "http_200", "ms": 5.0}


def laid_out(timeout_ms: int = 4000) -> plan.Plan:
    """Of web-1 and web-2, each Pod asks the port."""
    facts = Facts(cluster.snapshot())
    chosen = selection.select(facts, None, [{"pod": "web-1"}, {"pod": "web-2"}])
    models = ["pod_to_pod_same_node", "pod_to_pod_cross_node"]
    layout = plan.make(facts, chosen, models, Options(("http", "tcp"), timeout_ms=timeout_ms))
    return expectation.assign(layout, facts)


def answered(layout: plan.Plan, answer: t.Callable[[Probe], dict[str, t.Any]]) -> list[SourceReport]:
    return [
        SourceReport(name, answers=tuple(Answer(probe.id, **answer(probe)) for probe in probes))
        for name, probes in layout.probes.items()
    ]


def test_a_page_that_nobody_gets_is_asked_once_more_by_one_source_with_more_time():
    layout = laid_out()
    reports = answered(layout, lambda probe: ACCEPTED)
    stage = slow_pages.SlowPages()
    asked = stage.further(layout, reports, [])
    assert asked
    pages = {(question.target.id, question.probe.protocol) for question in layout if question.probe.protocol == "http"}
    assert len(asked.questions) == len(pages) > 1
    assert {question.probe.timeout_ms for question in asked.questions} == {16_000}
    assert all(question.probe.id in layout.by_id for question in asked.questions)
    assert stage.further(layout, reports, []) is None


def test_where_others_get_it_in_time_each_that_does_not_is_asked():
    layout = laid_out()
    waiting = [question.probe for question in layout if question.probe.protocol == "http"]
    first, *others = [probe for probe in waiting if probe.target == waiting[0].target]
    reports = answered(layout, lambda probe: ACCEPTED if probe in others else GIVEN)
    asked = slow_pages.SlowPages().further(layout, reports, [])
    assert asked
    assert {question.probe.id for question in asked.questions} == {probe.id for probe in others}
    assert first.id not in {question.probe.id for question in asked.questions}


@pytest.mark.parametrize(
    "answer", [GIVEN, {"outcome": "timeout"}, {**ACCEPTED, "request": "lost"}, {**ACCEPTED, "outcome": "reset"}]
)
def test_what_shows_no_slowness_is_not_asked(answer):
    layout = laid_out()
    assert slow_pages.SlowPages().further(layout, answered(layout, lambda probe: answer), []) is None


def test_who_waits_long_already_is_not_asked_to_wait_longer():
    layout = laid_out(30_000)
    assert slow_pages.SlowPages().further(layout, answered(layout, lambda probe: ACCEPTED), []) is None


def test_what_a_controller_may_not_ask_for_is_not_waited_for():
    layout = laid_out()
    barred = {
        name: [
            dataclasses.replace(each, expected=dataclasses.replace(each.expected, barred="closed")) for each in asked
        ]
        for name, asked in layout.questions.items()
    }
    layout = dataclasses.replace(layout, questions=barred)
    assert slow_pages.SlowPages().further(layout, answered(layout, lambda probe: ACCEPTED), []) is None


def test_an_answer_that_came_takes_the_place_of_the_silence_and_another_silence_does_not():
    layout = laid_out()
    before = next(report for report in answered(layout, lambda probe: ACCEPTED) if len(report.answers) > 1)
    asked = slow_pages.SlowPages().further(layout, [before], [])
    assert asked
    late, silent = before.answers[0].id, before.answers[1].id
    now = SourceReport(before.source, answers=(Answer(late, "http_200", 6200.0), Answer(silent, "probe_error")))
    joined = asked.combine(before, now).answers
    assert [(answer.outcome, answer.ms) for answer in joined[:2]] == [("http_200", 6200.0), ("timeout", None)]
