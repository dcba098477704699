# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of causes, and in the other formats."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    causes,
    document,
    junit,
    markdown,
    page_data,
    prometheus,
)

from . import scenes
from .diagnosed import FIX, diagnosed, failing, finding

HINT = finding(certainty="hint", code="NET-01")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            diagnosed(finding(explains=failing())),
            f"1 cause explains {len(failing())} of {len(failing())} failed checks",
        ),
        (
            diagnosed(finding(explains=failing()[:1]), finding(explains=failing()[1:2])),
            f"2 causes explain 2 of {len(failing())} failed checks",
        ),
        (
            diagnosed(finding(explains=[scenes.healthy()["cells"][0]["id"]]), document=scenes.healthy()),
            "1 cause explains why 1 check found no way through",
        ),
        (diagnosed(), f"No cause found for {len(failing())} failed checks"),
        (
            diagnosed(document=scenes.healthy(), outcome="healthy"),
            "Nothing is wrong: 1 fault looked for and not found, and no check failed",
        ),
        (
            diagnosed(finding(), document=scenes.healthy()),
            "1 cause found; no check failed because of it",
        ),
        (
            diagnosed(
                document=scenes.healthy(),
                unknown_rules=[{"code": "POD-01", "title": "x", "fact": "events", "reason": "forbidden"}],
            ),
            "It could not tell: 1 fault could not be looked for",
        ),
    ],
)
def test_the_first_line_counts(told: scenes.Data, said: str):
    assert causes.headline(told) == said
    assert document.validate(told) == []


def test_a_guess_is_said_to_be_one():
    assert causes.title(HINT).startswith("NET-01 (hint)  ")


def test_evidence_that_only_repeats_the_sentence_gives_way_to_what_is_of_another_kind():
    said = [
        {"kind": "api", "about": "Service shop/web", "says": "spec.selector.app is webb", "key": True},
        {"kind": "api", "about": "Deployment shop/web", "says": "its Pods have app=web"},
        {"kind": "api", "about": "Namespace shop", "says": "has no other Service"},
        {"kind": "probe", "about": "check 4", "says": "refused"},
    ]
    told = causes.lines(finding(evidence=said))
    assert [text for label, text in told if label == "because"] == [
        "Deployment shop/web: its Pods have app=web",
        "check 4: refused",
    ]
    assert [about for about, _says in causes.evidence(finding(evidence=said))] == [each["about"] for each in said]


def test_symptoms_are_named_below_their_cause():
    symptom = finding(code="SVC-09")
    said = dict(causes.lines(finding(explains=[1], children=[symptom])))["explains"]
    assert said.startswith("1 check, and with them SVC-09 of Service shop/web. Without a Pod")


def test_a_refusal_is_told_by_what_would_help():
    said = 'cannot list quotas: quotas is forbidden: User "nora" cannot list them; grant a Role with quotas'
    unknown = [{"code": "POD-17", "title": "x", "fact": "limit_ranges", "reason": said}]
    told = diagnosed(document=scenes.healthy(), unknown_rules=unknown)
    assert causes.unknown(told) == [("POD-17", "limit ranges may not be read; grant a Role with quotas")]


@pytest.mark.parametrize("code", ["SVC-02)[x](http://evil.example", "../../x", "SVC-02\n", ""])
def test_no_code_leads_elsewhere(code: str):
    assert causes.page({"code": code}) == ""


def test_each_format_links_the_page_of_a_code():
    page = f"{causes.PAGES}/SVC-02.md"
    told = diagnosed(finding(explains=failing()))
    assert f"**[SVC-02]({page})**" in markdown.render(told)
    assert f"page: {page}" in junit.render(told)
    assert page_data.build(told)["diagnosis"]["causes"][0]["page"] == page


def test_markdown_has_the_command_in_a_block_of_its_own():
    shown = markdown.render(diagnosed(finding(explains=failing())))
    assert f"\n  ```sh\n  {FIX}\n  ```\n" in shown
    assert "### 1 cause explains" in shown


def test_a_cause_is_a_failing_case_of_junit():
    unknown = [{"code": "POD-01", "title": "x", "fact": "events", "reason": "forbidden"}]
    told = diagnosed(finding(explains=failing()), finding(severity="info"), unknown_rules=unknown)
    root = ET.fromstring(junit.render(told))
    suite = next(each for each in root if each.get("name") == "diagnosis")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "SVC-02"
    assert FIX in str(failure.text)


def test_prometheus_counts_the_causes_by_code():
    shown = prometheus.render(diagnosed(finding(), finding()))
    assert 'code="SVC-02",severity="error"} 2' in shown
    assert "kubewire_findings" not in prometheus.render(scenes.healthy())


def test_the_undo_of_a_fix():
    assert causes.undo(finding()) == FIX.replace("web", "w")
    assert causes.undo({}) == causes.verify({}) == ""


def test_the_page_has_the_causes_and_the_cells_that_they_explain():
    told = diagnosed(finding(explains=failing()))
    packed = page_data.build(told)["diagnosis"]
    (cause,) = packed["causes"]
    assert packed["headline"] == causes.headline(told)
    assert (cause["ids"], cause["command"]) == (failing(), FIX)
    assert page_data.build(scenes.healthy())["diagnosis"] is None
