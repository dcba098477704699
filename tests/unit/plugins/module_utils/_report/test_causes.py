# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The causes on the screen, and in the other formats."""

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
    text,
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


def test_a_cause_says_what_it_explains_why_what_it_is_not_and_what_mends_it():
    block = causes.blocks(diagnosed(finding(explains=failing())), 80)[0]
    assert block[0] == "SVC-02  Service shop/web: spec.selector.app is webb, and no Pod of namespace"
    labels = [line.split()[0] for line in block[2:] if line[2] != " "]
    assert labels == ["explains", "because", "because", "not", "fix", "then"]
    because = [line.strip() for line in block if line.strip().startswith("because")]
    assert because[0] == "because   Service shop/web: selector app=webb", "the key evidence is the first"
    assert " " * 12 + FIX in block, "a command is never broken"
    assert max(len(line) for line in block if FIX not in line) <= 80
    assert block[-1].split() == [
        "then",
        "connectivity_from=shop/deployment/client",
        "connectivity_to=web.shop:80",
    ]


def test_a_guess_is_said_to_be_one():
    assert causes.title(HINT).startswith("NET-01 (hint)  ")


def test_what_comes_from_the_cluster_cannot_move_the_cursor():
    evil = finding(sentence="a\x1b[2Jb", evidence=[{"kind": "log", "about": "x", "says": "\x1b]0;t\x07"}])
    assert "\x1b" not in causes.render(diagnosed(evil))


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


def test_a_terminal_has_fewer_words():
    long = [
        {
            "kind": "probe",
            "about": "check 4",
            "says": f"{' '.join(['refused'] * 20)}; {'again ' * 20}; at last",
            "key": True,
        }
    ]
    told = dict(causes.brief(finding(evidence=long, explains=[1]), alone=False))
    assert told["because"].endswith("refused ...")
    assert told["explains"] == "1 check", "how it leads there stands where it is the only cause"
    assert "endpoint" in dict(causes.brief(finding(explains=[1]), alone=True))["explains"]


def test_symptoms_are_named_below_their_cause():
    symptom = finding(code="SVC-09")
    said = dict(causes.lines(finding(explains=[1], children=[symptom])))["explains"]
    assert said.startswith("1 check, and with them SVC-09 of Service shop/web. Without a Pod")


def test_the_screen_begins_with_the_causes_and_goes_on_with_what_is_not_explained():
    told = diagnosed(finding(explains=failing()))
    lines = text.render(told).splitlines()
    assert lines[0] == causes.headline(told)
    assert lines[3].startswith("SVC-02  "), "the cause comes next, and the cluster and the time at the end"
    assert "What needs attention" not in text.render(told)
    some = text.render(diagnosed(finding(explains=failing()[:1])))
    assert "Not explained" in some


def test_rules_that_could_not_tell_are_named_by_reason():
    unknown = [
        {"code": code, "title": "x", "fact": "events", "reason": "the server was busy"} for code in ("POD-01", "POD-04")
    ]
    told = diagnosed(document=scenes.healthy(), unknown_rules=unknown)
    assert causes.unknown(told) == [("POD-01, POD-04", "events: the server was busy")]
    assert causes.unknown_block(told, 80)[0] == "Not looked for: 2 faults"


def test_a_refusal_is_told_by_what_would_help():
    said = 'cannot list quotas: quotas is forbidden: User "nora" cannot list them; grant a Role with quotas'
    unknown = [{"code": "POD-17", "title": "x", "fact": "limit_ranges", "reason": said}]
    told = diagnosed(document=scenes.healthy(), unknown_rules=unknown)
    assert causes.unknown(told) == [("POD-17", "limit ranges may not be read; grant a Role with quotas")]


def test_a_diagnosis_of_what_carries_traffic_alone_speaks_only_of_causes():
    traffic = {"fact": "details", "reason": "the snapshot was taken with depth: traffic"}
    unknown = [{"code": code, "title": "x", **traffic} for code in ("POD-01", "POD-04")]
    unknown.append({"code": "SVC-04", "title": "x", "fact": "services", "reason": "forbidden"})
    nothing = diagnosed(unknown_rules=unknown)
    assert not causes.is_there(nothing)
    assert text.render(nothing) == text.render(scenes.broken_node())
    found = diagnosed(finding(explains=failing()), unknown_rules=unknown)
    assert causes.is_there(found)
    assert [why[:8] for _which, why in causes.unknown(found)] == ["they nee", "services"]


def test_the_way_is_told_hop_by_hop():
    hops = [
        {"hop": "name", "state": "passes", "says": "web.shop is answered"},
        {"hop": "Service", "state": "stops", "says": "no Pod matches"},
        {"hop": "listener", "state": "not_judged"},
    ]
    told = diagnosed(finding(explains=failing()), path=hops)
    assert document.validate(told) == []
    assert [line.split() for line in causes.way(told)] == [
        ["passes", "name", "web.shop", "is", "answered"],
        ["STOPS", "Service", "no", "Pod", "matches"],
        ["-", "listener"],
    ]
    assert "The way, hop by hop:" in causes.render(told)
    assert causes.way(diagnosed(path=hops[:1]))[-1] == "The target is reachable: what you see is not the network"
    assert causes.way(diagnosed()) == []


def test_more_causes_than_fit_have_one_line_each():
    many = [finding(explains=[number]) for number in failing()[:1] * 11]
    found = causes.blocks(diagnosed(*many), 80)
    assert len(found) == 10
    assert found[-2][0] == "3 more causes:"


def test_of_more_causes_than_a_screen_bears_their_codes_are_counted():
    many = [finding(explains=[number]) for number in failing()[:1] * 150]
    (more,) = [block for block in causes.blocks(diagnosed(*many), 80) if block[0].startswith("142 more causes")]
    assert more[-1] == f"  and of {many[0]['code']} 122 more"
    assert len(causes.render(diagnosed(*many)).splitlines()) < 200


def test_the_text_ends_with_the_address_of_the_pages():
    assert causes.blocks(diagnosed(finding()), 80)[-1] == [f"Codes: {causes.PAGES}"]
    assert len(causes.PAGES) < 80 - len("Codes: ")


@pytest.mark.parametrize("code", ["SVC-02)[x](http://evil.example", "../../x", "SVC-02\n", ""])
def test_no_code_leads_elsewhere(code: str):
    assert causes.page({"code": code}) == ""


def test_each_format_links_the_page_of_a_code():
    page = f"{causes.PAGES}/SVC-02.md"
    told = diagnosed(finding(explains=failing()))
    assert f"**[SVC-02]({page})**" in markdown.render(told)
    assert f"page: {page}" in junit.render(told)
    assert page_data.build(told)["diagnosis"]["causes"][0]["page"] == page


def test_suspicions_are_apart():
    told = diagnosed(finding(), suspicions=[HINT])
    assert "Suspicions: 1, which explain no failed check" in causes.render(told)


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
