# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: what is known decides whether a rule is asked, and cells decide whether its candidates hold."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import ref_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.reach import to_service
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Candidate, Rule

from . import scenes
from .scenes import SERVICE, WEB

SERVED = ref_of(SERVICE)


def rule(code: str = "SVC-12", needs: tuple[str, ...] = (), **more: t.Any) -> Rule:
    """A rule that suspects the Service, in the way that is given."""
    said: dict[str, t.Any] = {"explains": to_service(SERVICE), **more}
    return Rule(code, "A fault", needs, lambda _case: [Candidate(said.pop("object", SERVED), "It is wrong", **said)])


def judged(*rules: Rule, report: scenes.Report | None = None) -> Diagnosis:
    return diagnose(scenes.case(report=report or scenes.broken_service()), rules)


def test_a_rule_whose_facts_are_not_known_is_not_asked():
    def explode(_case: t.Any) -> list[Candidate]:
        raise AssertionError

    asked = Rule("SVC-12", "A fault", ("pods", "quotas"), explode)
    refused = scenes.snapshot(workloads=scenes.workloads(unknown={"quotas": "quotas are forbidden"}))
    assert [one.fact for one in diagnose(scenes.case(refused), [asked]).unknown_rules] == ["quotas"]
    with pytest.raises(AssertionError):
        diagnose(scenes.case(), [asked])


def test_a_candidate_that_explains_a_failing_cell_is_a_finding():
    diagnosis = judged(rule())
    assert [(one.code, one.layer, one.explains) for one in diagnosis.findings] == [("SVC-12", "Service", (1,))]
    assert (diagnosis.outcome, diagnosis.unexplained) == ("cause", ())


def test_a_candidate_that_explains_nothing_is_a_suspicion_at_most():
    diagnosis = judged(rule(explains=lambda _about: False))
    assert not diagnosis.findings
    assert [(one.severity, one.certainty) for one in diagnosis.suspicions] == [("info", "hint")]
    assert (diagnosis.outcome, diagnosis.unexplained) == ("unknown", (1,))


def test_what_is_broken_for_certain_needs_no_failing_cell():
    assert judged(rule(explains=lambda _about: False, stands_alone=True)).findings


def test_a_candidate_is_ruled_out_by_an_answer_that_it_says_cannot_be():
    report = scenes.broken_service()
    report.ask((SERVICE, 80), source=WEB[0])
    diagnosis = judged(rule(predicts=to_service(SERVICE)), rule("NET-01"), report=report)
    (finding,) = diagnosis.findings
    assert [(one.code, "check 2" in one.by) for one in finding.ruled_out] == [("SVC-12", True)]
    assert not diagnosis.ruled_out


def test_a_refusal_is_no_answer_that_rules_out():
    report = scenes.broken_service()
    report.ask((SERVICE, 80), "refused", "pass", source=WEB[0])
    assert judged(rule(predicts=to_service(SERVICE)), report=report).findings


def test_what_is_open_and_should_not_be_needs_a_cause_of_its_own():
    report = scenes.Report()
    report.ask((SERVICE, 80), "open", "unexpected_open")
    assert not judged(rule(), report=report).findings
    assert judged(rule(), report=report).unexplained == (1,)
    assert judged(rule(opens=True), report=report).findings


def test_what_is_unknown_is_never_healthy():
    healthy = scenes.Report()
    healthy.ask((SERVICE, 80))
    assert judged(rule(explains=lambda _about: False), report=healthy).outcome == "healthy"
    refused = scenes.snapshot(workloads=scenes.workloads(unknown={"quotas": "quotas are forbidden"}))
    diagnosis = diagnose(scenes.case(refused, healthy), [rule(needs=("quotas",))])
    assert diagnosis.outcome == "unknown"
    assert [(one.code, one.fact, one.reason) for one in diagnosis.unknown_rules] == [
        ("SVC-12", "quotas", "quotas are forbidden")
    ]


def test_a_warning_is_a_class_of_its_own():
    assert judged(rule(severity="warning")).outcome == "warnings"


def test_a_finding_carries_the_first_failing_cell_as_evidence_and_as_question():
    (finding,) = judged(rule()).findings
    (evidence,) = finding.evidence
    assert (evidence.kind, evidence.about, evidence.key) == ("probe", "check 1", True)
    assert finding.verify is not None
    assert (finding.verify.source, finding.verify.target) == ("shop/deployment/client", "web.shop:80")


def test_the_question_is_that_of_a_service_where_one_is_used():
    report = scenes.Report()
    report.ask((WEB[0], 8080), "refused")
    report.ask((SERVICE, 80), "refused")
    (finding,) = judged(rule(explains=lambda _about: True), report=report).findings
    assert finding.verify is not None
    assert finding.verify.target == "web.shop:80"


def test_what_fails_now_and_then_is_said_to():
    report = scenes.broken_service(evidence={"sent": 20, "received": 13})
    assert judged(rule(), report=report).findings[0].scope.state == "intermittent"


def test_the_same_case_gives_the_same_findings():
    first, second = (diagnose(scenes.case(report=scenes.broken_service()), RULES).to_dict() for _ in range(2))
    assert first == second


def test_a_diagnosis_comes_back_from_its_plain_data():
    diagnosis = judged(rule(), rule("SVC-13", certainty="hint"))
    assert Diagnosis.from_dict(diagnosis.to_dict()) == diagnosis


@pytest.mark.parametrize("rule_", RULES, ids=lambda each: each.code)
def test_every_rule_finds_nothing_in_a_healthy_shop(rule_: Rule):
    there = scenes.snapshot(workloads=scenes.workloads(*(scenes.detail(one) for one in WEB)))
    healthy = scenes.Report()
    healthy.ask((SERVICE, 80), "http_200")
    assert not list(rule_.find(scenes.case(there, healthy)))


def test_a_fact_that_does_not_exist_is_a_mistake_of_the_rule():
    with pytest.raises(KeyError):
        scenes.case().unknown("moon")
    for each in RULES:
        for fact in each.needs:
            scenes.case().unknown(fact)
