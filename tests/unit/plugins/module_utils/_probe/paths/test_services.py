# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to a Service: its endpoints, and why there are none."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import WEB, judged


def test_where_endpoints_were_not_read_an_answer_is_right_and_silence_says_nothing():
    """Neither a Service without endpoints nor a traffic policy that finds none may be called a fault then."""
    missing = (Missing("endpointslices", "service unavailable", namespace="shop"),)
    local = [
        cluster.service("web", "10.96.0.5", ports=[{"port": 80}], internalTrafficPolicy="Local"),
        cluster.service("db", "10.96.0.6", ports=[{"port": 5432}]),
    ]
    facts = Facts(dataclasses.replace(cluster.snapshot(services=local, endpoint_slices=[]), missing=missing))
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    for outcome, verdict in (("open", "pass"), ("timeout", "unknown"), ("refused", "unknown")):
        answers = tuple(Answer(probe.id, outcome, 1.0) for probe in layout.probes[WEB])
        cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=answers)])
        assert {(cell.expectation, cell.verdict) for cell in cells} == {("allow", verdict)}
        assert all("is not known: service unavailable" in cell.reason for cell in cells)
    elsewhere = dataclasses.replace(facts.snapshot, missing=(dataclasses.replace(missing[0], namespace="back"),))
    facts = Facts(elsewhere)
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=())])
    assert {cell.expectation for cell in cells if "10.96.0.5" in cell.asked} == {"deny"}


@pytest.mark.parametrize(
    ("slices", "words"),
    [
        ([], "has no ready endpoint: no Pod with an IPv4 address and that port matches its selector app=db"),
        (
            [cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", False))],
            "has no ready endpoint: its only endpoint is not ready",
        ),
    ],
)
def test_a_service_without_ready_endpoints_fails_with_the_cause(slices, words):
    cell = judged("refused", endpoint_slices=slices)[-1]
    assert cell.verdict == "fail"
    assert words in cell.reason
