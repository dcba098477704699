# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording answers the same questions again."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    recording,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def test_a_recording_answers_the_same_questions_under_other_numbers():
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, [{"pod": "web-1"}], None)
    layout = plan.make(facts, selected, ["pod_to_service", "pod_to_nodeport"], Options())
    reports = [
        SourceReport(
            source.id, runner="python", answers=tuple(Answer(probe.id, "open", float(probe.id)) for probe in probes)
        )
        for source, probes in layout.by_source()
    ]
    document = json.loads(json.dumps(recording.record(layout, reports, {"id": "x"})))
    other = plan.make(facts, selected, ["pod_to_nodeport", "pod_to_service", "pod_to_pod_same_node"], Options())
    first = {cell.asked: cell.latency_ms for cell in matrix.judge(expectation.assign(layout, facts), reports)}
    again = matrix.judge(expectation.assign(other, facts), recording.replay(other, document))
    assert {cell.asked: cell.latency_ms for cell in again if cell.asked in first} == first
    unknown = [cell for cell in again if cell.model == "pod_to_pod_same_node"]
    assert {cell.reason for cell in unknown} == {"the recording does not hold this question"}


def test_a_foreign_file_is_no_recording():
    facts = Facts(cluster.snapshot())
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_service"], Options())
    with pytest.raises(ValueError, match="schema is"):
        recording.replay(layout, {"schema": "x"})
