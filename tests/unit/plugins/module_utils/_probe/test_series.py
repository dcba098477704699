# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which questions of a plan are asked several times in one go."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    counting,
    expectation,
    plan,
    selection,
    series,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample import Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

FACTS = Facts(cluster.snapshot())


def planned(*models: str, sources=None, tries: int = 1) -> tuple[plan.Plan, plan.Plan]:
    selected = selection.select(FACTS, sources, None)
    layout = expectation.assign(plan.make(FACTS, selected, models, Options(tries=tries)), FACTS)
    return layout, series.planned(layout, FACTS, Sample().order)


def test_some_questions_of_each_pair_of_nodes_send_many_packets():
    before, after = planned("pod_to_pod_cross_node", "pod_to_pod_same_node")
    more = [question for question in after if question.probe.tries > 1]
    assert {question.probe.tries for question in more} <= set(range(25, 101))
    assert {question.probe.protocol for question in more} == {"icmp"}
    assert {question.probe.model for question in more} == {"pod_to_pod_cross_node"}
    ways = collections.Counter[tuple[str, ...]]()
    for one in more:
        ways[one.source.node, one.target.node, one.probe.family] += one.probe.tries
    assert ways
    assert all(100 <= packets <= 210 for packets in ways.values())
    assert [question.probe.id for question in after] == [question.probe.id for question in before]


@pytest.mark.parametrize("tries", [1, 50])
def test_a_service_with_several_endpoints_is_asked_until_each_was_met(tries):
    _before, after = planned("pod_to_service", sources=[{"pod": "web-1"}], tries=tries)
    several = collections.Counter[str]()
    for question in after:
        if counting.endpoints(question, FACTS) > 1 and series._connects(question):
            several[question.target.id] += question.probe.tries
            assert question.probe.tries >= tries
        elif tries == 1:
            assert question.probe.tries == 1
    assert several
    for target, asked in several.items():
        endpoints = max(counting.endpoints(one, FACTS) for one in after if one.target.id == target)
        assert asked >= min(50, 6 * endpoints)
        assert asked <= 12 * endpoints + 8 or tries > 1


def test_a_service_that_is_asked_often_enough_is_asked_no_more_often():
    before, after = planned("pod_to_service", tries=50)
    assert [question.probe for question in after] == [question.probe for question in before]
