# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit, Markdown and Prometheus: what each reader is told, and that no text of a cluster is more than text there."""

from __future__ import annotations

import copy
import re
import typing as t
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    changes,
    junit,
    markdown,
    page_data,
    prometheus,
    text,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.document import validate
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.sanitize import sanitize
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

SCENES = [scenes.healthy, scenes.broken_node, scenes.every_model, scenes.empty, scenes.one, scenes.hostile]
COVERAGE = scenes.every_model()["coverage"]


def poisoned(word: str) -> scenes.Data:
    """Return a failed and a passed check in which a cluster says this word wherever it may."""
    word = word or "nothing"
    scene = scenes.Scene()
    for bent in ({}, scenes.timeout(word)):
        origin = {**scenes.source(1, "w1"), "id": word, "namespace": word, "pod": word}
        target = {**scenes.service_target("api"), "id": word, "name": word, "namespace": word}
        more = {"via": word, "asked": word, "expectation_reason": word, "decided_by": word, **bent}
        scene.probe(origin, target, "pod_to_service", "http", **more)
    document = scene.document([{"what": word, "reason": word, "remedy": word}], id=word)
    document["run"]["cluster"] = {**document["run"]["cluster"], "server": word}
    document["left"] = [dict.fromkeys(("kind", "namespace", "name", "state", "until", "reason"), word)]
    document["coverage"] = {**COVERAGE, "confidence": word, "left_out": [{"what": word, "count": 2}]}
    return document


def cases(document: scenes.Data) -> dict[str, list[ET.Element]]:
    """Return the test cases of the JUnit report by result."""
    found: dict[str, list[ET.Element]] = {"": [], "failure": [], "error": [], "skipped": []}
    for case in ET.fromstring(junit.render(document)).iter("testcase"):
        found[case[0].tag if len(case) else ""].append(case)
    return found


@pytest.mark.parametrize("scene", SCENES)
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
    assert told["causes"] == "6"
    assert told["cause 1"].startswith("24 checks fail; from: 3 Pods on w1: shop/web-1, ")
    assert root[-1].get("tests") == "0"
    messages = [case[0].get("message", "") for case in cases(scenes.broken_node())["failure"]]
    assert {message.partition(": ")[0] for message in messages} == {"cause 1", "cause 2", "cause 3", "cause 4"}


def test_junit_has_a_suite_for_each_model_and_what_was_not_tested():
    names = [suite.get("name") for suite in ET.fromstring(junit.render(scenes.broken_node()))]
    assert names == [*scenes.broken_node()["summary"]["by_model"], "not_tested", "causes"]


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
    source = junit.render(poisoned(word))
    root = ET.fromstring(source)
    word = word or "nothing"
    shown = sanitize(word)
    assert [suite.get("name") for suite in root] == ["pod_to_service", "not_tested", "causes"]
    assert [entry.get("name") for entry in root[2][0]] == ["causes", "cause 1"]
    assert root[0][0].get("classname") == f"pod_to_service.{sanitize(f'{word}/{word}')}"
    assert root[1][0].get("name") == shown
    assert root[1][0][0].get("message", "").startswith(shown)
    assert all(char.isprintable() or char == "\n" for char in source)
    source.encode()


SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def outside_code(source: str) -> str:
    """Return Markdown without its code spans."""
    return SPAN.sub("", source)


@pytest.mark.parametrize("word", STRINGS)
def test_hostile_words_stand_in_code_in_markdown(word: str):
    plain = outside_code(markdown.render(poisoned("plain"), changes.tell(scenes.one(), poisoned("plain"))))
    told = markdown.render(poisoned(word), changes.tell(scenes.one(), poisoned(word)))
    # Not a character more stands outside of code than with a harmless word.
    assert outside_code(told) == plain
    assert all(char.isprintable() or char == "\n" for char in told)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("shop/web-1", "`shop/web-1`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``a", "``` ``a ```"),
        ("a|b", "`a\\|b`"),
        (" a ", "`  a  `"),
        ("@everyone <b>", "`@everyone <b>`"),
        ("a\nb", "`a b`"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_code_spans(raw: str, shown: str):
    assert markdown.code(raw) == shown


def test_markdown_says_the_verdict_the_table_and_why():
    told = markdown.render(scenes.broken_node())
    assert told.startswith("## \u274c 46 of 213 checks failed, 3 unexpectedly open, 38 unknown\n\nCluster `https://198")
    assert "| \u274c | Pod to Pod, across nodes | 48 | · | 40 | · | 8 | · |" in told
    assert "- expected: `deny: NetworkPolicy shop/api-from-web lets only app=web in`" in told
    assert "| `Pod shop/migrate-x7, Pod shop/migrate-x8` | `it has finished (Succeeded)` |" in told
    assert markdown.render(scenes.healthy()).startswith("## \u2705 All 213 checks passed")
    assert markdown.render(scenes.empty()).startswith("## \u26aa Nothing was tested")


def test_markdown_names_who_decided():
    told = markdown.render(scenes.one(verdict="fail", outcome="timeout", decided_by="NetworkPolicy shop/x"))
    assert "- decided by: `NetworkPolicy shop/x`" in told


def test_markdown_fits_a_comment():
    scene = scenes.Scene(lambda _o, _t, cell: scenes.timeout(chr(97 + cell["id"] % 26) * (cell["id"] // 26 + 1) * 300))
    for number in range(300):
        name = f"{number}-" + "x" * 300
        scene.probe(scenes.source(number, "w1", app=name), scenes.service_target(name), "pod_to_service", "tcp")
    things = [{"what": "y" * 400, "reason": f"{number} {'z' * 400}", "remedy": "w" * 400} for number in range(99)]
    document = scene.document(things)
    told = markdown.render(document, changes.tell(scenes.empty(), document))
    assert len(told) < 65_536
    assert "\u2026and 290 more checks by 290 more causes." in told
    assert "\u2026and more, for 89 further reasons." in told


def test_a_sample_says_so():
    document = {**scenes.one(), "coverage": COVERAGE}
    told = markdown.render(document)
    assert "### Only a part was asked" in told
    assert "3 of 200 sources (2 %), 15 of 400 targets (4 %), 18 of 80,000 pairs (0.022 %), 2 of 3 nodes out" in told
    assert "- left out: `197 Pods as sources, 385 targets`" in told
    everything = {"mode": "all", "sources": [3, 3], "pairs": [9, 9], "left_out": []}
    assert markdown.render({**document, "coverage": everything}) == markdown.render(scenes.one())


_LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
SERIES = re.compile(rf"(kubewire_[a-z_]+)\{{({_LABEL}(?:,{_LABEL})*)\}} (-?[0-9.]+(?:e-?[0-9]+)?)")


def series(document: scenes.Data) -> dict[tuple[str, str], float]:
    """Read the text format as strictly as it is written."""
    found: dict[tuple[str, str], float] = {}
    typed: dict[str, str] = {}
    for line in prometheus.render(document).splitlines():
        if line.startswith("# TYPE "):
            _hash, _type, name, kind = line.split(" ")
            assert name not in typed
            typed[name] = kind
        elif not line.startswith("# HELP "):
            match = SERIES.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert re.sub("_(sum|count)$", "", name) in typed
            assert (name, labels) not in found
            found[name, labels.partition(",")[2]] = float(value)
    return found


def test_prometheus_counts_cells_and_times():
    found = series(scenes.broken_node())
    assert found["kubewire_cells", 'model="pod_to_pod_cross_node",verdict="fail"'] == 40
    assert found["kubewire_cells", 'model="pod_to_service",verdict="unexpected_open"'] == 3
    assert found["kubewire_run_duration_seconds", ""] == 12.782
    assert found["kubewire_run_end_timestamp_seconds", ""] == 1795250474.9
    assert found["kubewire_application_errors", ""] == 5
    assert found["kubewire_not_tested", ""] == 3
    assert found["kubewire_requests", 'kind="exec"'] == 6
    assert found["kubewire_sampled_ratio", ""] == 1
    assert found["kubewire_latency_seconds_count", 'model="pod_to_service"'] == 77
    assert found["kubewire_latency_seconds", 'model="pod_to_service",quantile="0.5"'] == 0.0017


def test_prometheus_series_do_not_grow_with_the_cluster():
    few, many = (series(scenes.mesh(number, number)) for number in (4, 40))
    assert set(few) == set(many)


def test_prometheus_leaves_out_what_is_not_known():
    document = copy.deepcopy(scenes.one())
    document["run"]["end"] = "2026-99-21T08:41:05Z"
    found = series(document)
    assert ("kubewire_run_end_timestamp_seconds", "") not in found
    assert ("kubewire_run_duration_seconds", "") not in found
    assert series({**scenes.one(), "coverage": COVERAGE})["kubewire_sampled_ratio", ""] == 0.000225


def test_every_report_begins_with_the_share_that_the_run_chose_itself():
    document = {**scenes.one(), "coverage": {**COVERAGE, "cells": [9539, 10_056_900]}}
    share = "A sample of 0.095 % (9,539 of about 10,056,900 checks; sample: {mode: all} asks all): the 1 check passed"
    assert text.render(document, width=200).startswith(f"{share.replace('passed', 'PASSED')} on cluster")
    assert markdown.render(document).splitlines()[0].endswith(share)
    assert page_data.build(document)["verdict"] == share
    assert not validate(document)
    assert "9,539 of 10,056,900 checks (0.095 %)" in markdown.render(document)


@pytest.mark.parametrize("word", STRINGS)
def test_hostile_words_are_labels_in_prometheus(word: str):
    found = series(poisoned(word))
    assert len(found) == len(series(poisoned("plain")))
    assert all(line.isprintable() for line in prometheus.render(poisoned(word)).split("\n"))
