# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit: what each reader is told, and that no text of a cluster is more than text there."""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    junit,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.sanitize import sanitize
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


def cases(document: scenes.Data) -> dict[str, list[ET.Element]]:
    """Return the test cases of the JUnit report by result."""
    found: dict[str, list[ET.Element]] = {"": [], "failure": [], "error": [], "skipped": []}
    for case in ET.fromstring(junit.render(document)).iter("testcase"):
        found[case[0].tag if len(case) and case[0].tag in found else ""].append(case)
    return found


@pytest.mark.parametrize("scene", scenes.SCENES)
def test_junit_counts_what_it_holds(scene: t.Callable[[], scenes.Data]):
    root = ET.fromstring(junit.render(scene()))
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert len(suite) > 0
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name, "")) == len(suite.findall(f"testcase/{tag}"))
    assert int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(names) == len(set(names))


def test_junit_names_the_causes_and_each_failure_its_own():
    root = ET.fromstring(junit.render(scenes.broken_node()))
    told = {entry.get("name"): entry.get("value", "") for entry in root[-1].iter("property")}
    assert told["causes"] == "4"
    assert told["cause 1"].startswith(
        "30 checks fail; reason: expected to open: nothing denies it; no answer from 10.244.2.6:8080 "
    )
    assert root[-1].get("tests") == "0"
    messages = [case[0].get("message", "") for case in cases(scenes.broken_node())["failure"]]
    assert {message.partition(": ")[0] for message in messages} == {"cause 1", "cause 2", "cause 3"}


def test_a_note_is_no_failure_and_stands_in_its_test_case():
    document = scenes.broken_node()
    root = ET.fromstring(junit.render(document))
    told = [case for case in root.iter("testcase") if case.find("system-out") is not None]
    noted = {(cell["source"], cell["target"]) for cell in document["cells"] if cell.get("note")}
    assert len(told) == len(noted) == document["summary"]["application_errors"]
    assert all(case.findtext("system-out") == "port 80 answers with a server error (HTTP 503)" for case in told)
    assert all(case.find("failure") is None for case in told)


def test_junit_has_a_suite_for_each_model_and_what_was_not_tested():
    names = [suite.get("name") for suite in ET.fromstring(junit.render(scenes.broken_node()))]
    assert names == [*scenes.broken_node()["summary"]["by_model"], "not_tested", "causes"]
    coverage = {"coverage": scenes.COVERAGE}
    *_others, told, _causes = ET.fromstring(junit.render({**scenes.broken_node(), **coverage}))
    assert told.get("name") == "coverage"
    assert [entry.get("name") for entry in told[0]][:3] == ["result", "mode", "tested"]


@pytest.mark.parametrize(
    ("cell", "result", "kind"),
    [
        ({}, "", None),
        ({"outcome": "http_503"}, "", None),
        ({"verdict": "fail", "outcome": "timeout"}, "failure", "fail"),
        ({"verdict": "unexpected_open"}, "failure", "unexpected_open"),
        ({"verdict": "unknown", "outcome": "probe_error"}, "error", "probe_error"),
        ({"verdict": "unknown", "expectation": "unknown"}, "skipped", None),
        ({"verdict": "skipped", "outcome": "not_applicable"}, "skipped", None),
    ],
)
def test_junit_results(cell: scenes.Data, result: str, kind: str | None):
    document = scenes.one(**{"reason": "because of this", "decided_by": "Service shop/api", **cell})
    case = cases(document)[result][0]
    assert case.get("classname") == "pod_to_service.shop/web-1"
    assert case.get("name") == "svc/shop/api:80 http IPv4"
    if result:
        assert "because of this" in case[0].get("message", "")
        assert case[0].get("type") == kind
        assert "decided by Service shop/api" in (case[0].text or "")


@pytest.mark.parametrize(
    ("verdicts", "result", "told"),
    [
        (("pass", "skipped"), "", 0),
        (("pass", "fail"), "failure", 1),
        (("fail", "unexpected_open", "unknown"), "failure", 2),
        (("skipped", "skipped"), "skipped", 2),
        (("pass", "unknown"), "skipped", 1),
        (("fail",) * 50, "failure", junit.LIMIT),
    ],
)
def test_junit_joins_the_names_of_one_target(verdicts: tuple[str, ...], result: str, told: int):
    scene = scenes.Scene()
    for place, verdict in enumerate(verdicts):
        scene.probe(
            scenes.source(1, "w1"),
            scenes.service_target("api"),
            "pod_to_service",
            "tcp",
            via=f"name {place}",
            verdict=verdict,
        )
    (case,) = cases(scene.document())[result]
    assert len((case[0].text or "").splitlines() if result else []) == told


@pytest.mark.parametrize("word", STRINGS)
def test_hostile_words_are_text_in_xml(word: str):
    source = junit.render(scenes.poisoned(word))
    root = ET.fromstring(source)
    word = word or "nothing"
    shown = sanitize(word)
    assert [suite.get("name") for suite in root] == ["pod_to_service", "not_tested", "coverage", "causes"]
    assert [entry.get("name") for entry in root[3][0]] == ["causes", "cause 1"]
    assert root[0][0].get("classname") == f"pod_to_service.{sanitize(f'{word}/{word}')}"
    assert root[1][0].get("name") == shown
    assert root[1][0][0].get("message", "").startswith(shown)
    assert all(char.isprintable() or char == "\n" for char in source)
    source.encode()
