# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks are in doubt: those that no certain candidate explains."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case, ref_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.doubts import (
    Doubts,
    of_pod_sources,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.ranking import Suspect
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Candidate, Rule

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB


def suspect(code: str, *explains: int, certainty: str = "strong", **more: object) -> Suspect:
    candidate = Candidate(ref_of(SERVICE), "it is wrong", certainty, **more)  # type: ignore[arg-type]
    return Suspect(Rule(code, "A fault", (), lambda _case: ()), candidate, frozenset(explains))


def two() -> Case:
    report = scenes.broken_service()
    report.ask((WEB[0], 8080), "timeout")
    return scenes.case(report=report)


def test_a_check_is_in_doubt_unless_something_certain_explains_it():
    case = two()
    assert [doubt.codes for doubt in Doubts(case, []).all] == [(), ()]
    doubts = Doubts(case, [suspect("SVC-04", 1), suspect("SVC-06", 1), suspect("NET-01", 2, certainty="certain")])
    assert [(doubt.about.cell.id, doubt.codes) for doubt in doubts.all] == [(1, ("SVC-04", "SVC-06"))]


def test_what_was_ruled_out_counts_for_nothing():
    ruled_out = suspect("NET-01", 1, 2, certainty="certain")
    ruled_out.contradicts = (3,)
    assert [doubt.codes for doubt in Doubts(two(), [ruled_out]).all] == [(), ()]


def test_a_kind_of_question_is_for_some_layers_and_for_what_nothing_explains():
    doubts = Doubts(two(), [suspect("DNS-01", 1)])
    assert [doubt.about.cell.id for doubt in doubts.about("SVC")] == [2]
    assert [doubt.about.cell.id for doubt in doubts.about("DNS")] == [1, 2]


def test_of_checks_of_one_target_the_first_comes_before_all_others():
    report = scenes.broken_service()
    report.ask((SERVICE, 80), "refused", source=WEB[0])
    report.ask((WEB[1], 8080), "timeout")
    assert [doubt.about.cell.id for doubt in Doubts(scenes.case(report=report), []).all] == [1, 3, 2]


def test_the_pods_of_candidates_are_found():
    one = suspect("POD-08", victims=tuple(ref_of(pod) for pod in WEB))
    doubts = Doubts(scenes.case(), [one])
    assert doubts.victims("POD-08", most=1) == [WEB[0]]
    assert not doubts.victims("POD-07", most=1)


def test_the_source_of_a_check_asks_first_and_the_outside_never():
    report = scenes.broken_service()
    report.source(WEB[0])
    (about,) = scenes.case(report=report).failing
    name = f"shop/{CLIENT.name}/client"
    assert of_pod_sources(scenes.case(report=report), about)[0] == name
    report.sources[name]["kind"] = "outside"
    (about,) = scenes.case(report=report).failing
    assert of_pod_sources(scenes.case(report=report), about) == (f"shop/{WEB[0].name}/web",)
