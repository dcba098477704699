# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of hosts outside: taken for the questions that they were asked, and never believed more than a container."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    recording,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import outside
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

Json = dict[str, t.Any]

SNAPSHOT = cluster.snapshot()
FACTS = Facts(SNAPSHOT)
OFFICE = Source("outside/office", kind="outside", addresses=("198.51.100.7",))
TCP = Options(("tcp", "icmp"))


def entry(name: str = "office", answers: t.Any = None, error: str | None = None) -> Json:
    return {"name": name, "answers": answers and str(answers), "error": error}


def layout(sources: t.Sequence[Source], options: Options = TCP) -> plan.Plan:
    selected = selection.select(FACTS, None, None, {"outside"}, (), sources)
    return plan.make(FACTS, selected, ["outside_to_nodeport"], options)


def document(source: Source = OFFICE, options: Options = TCP, outcome: str = "open", **answer: t.Any) -> Json:
    """What a run on a host writes."""
    asked = layout([source], options)
    reports = [
        SourceReport(name, "host", answers=tuple(Answer(probe.id, outcome, 2.5, **answer) for probe in probes))
        for name, probes in asked.probes.items()
    ]
    return dict(json.loads(json.dumps(recording.record(asked, reports, {"id": "x"}, [source]))))


def written(folder: pathlib.Path, data: Json) -> pathlib.Path:
    path = folder / "answers.json"
    path.write_text(json.dumps(data))
    return path


def judged(hosts: outside.Outside) -> list[Cell]:
    asked = layout(hosts.sources)
    assert not hosts.unanswered(asked).probes, "nothing of a recorded host is sent again"
    return matrix.judge(expectation.assign(asked, FACTS), hosts.answered(asked))


def test_a_host_that_has_asked_is_a_source_of_its_own(tmp_path: pathlib.Path) -> None:
    here = entry("controller")
    hosts = outside.Outside([here, entry(answers=written(tmp_path, document()))], SNAPSHOT)
    assert [source.id for source in hosts.sources] == ["outside/controller", "outside/office"]
    assert hosts.sources[1] == OFFICE
    asked = layout([OFFICE, Source("outside/controller", kind="outside", addresses=("198.51.100.8",))])
    assert list(hosts.unanswered(asked).probes) == ["outside/controller"]
    (report,) = hosts.answered(asked)
    assert (report.source, report.level) == ("outside/office", "host")
    assert {answer.outcome for answer in report.answers} == {"open"}
    assert [answer.id for answer in report.answers] == [probe.id for probe in asked.probes["outside/office"]]


def test_what_a_host_was_not_asked_is_said(tmp_path: pathlib.Path) -> None:
    told = document(options=Options(("icmp",)))
    cells = judged(outside.Outside([entry(answers=written(tmp_path, told))], SNAPSHOT))
    found = {(cell.protocol, cell.verdict, cell.reason) for cell in cells}
    assert found == {("icmp", "pass", ""), ("tcp", "unknown", "the recording does not hold this question")}


def test_who_could_not_ask_or_is_a_node_is_listed_with_the_reason(tmp_path: pathlib.Path) -> None:
    node = SNAPSHOT.nodes[0]
    inside = dataclasses.replace(OFFICE, id="outside/bastion", addresses=node.internal_ips)
    lost = dataclasses.replace(OFFICE, id="outside/lost", addresses=())
    entries = [entry("gone", error="ssh:\n  No route to host")]
    for name, source in (("bastion", inside), ("lost", lost)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**document(), "outside": [source.to_dict()], "sources": []}))
        entries.append(entry(name, path))
    selected = selection.select(FACTS, None, None, {"outside"}, (), outside.Outside(entries, SNAPSHOT).sources)
    assert not selected.sources
    assert [(item.what, item.reason) for item in selected.not_tested if "outside" in item.what] == [
        ("from outside/gone", "no probe can be sent from there: ssh: No route to host"),
        ("from outside/bastion", f"it is not outside the cluster: its address is that of node {node.name}"),
        (
            "from outside/lost",
            "it has no route to any address of the cluster that could be read (nodes, load balancers, Ingresses)",
        ),
    ]


def test_a_recording_keeps_who_the_outside_was(tmp_path: pathlib.Path) -> None:
    gone = Source("outside/gone", kind="outside", unusable="no")
    asked = layout([OFFICE])
    told = json.loads(json.dumps(recording.record(asked, [], {"id": "x"}, [OFFICE, gone])))
    assert recording.outside(told) == [OFFICE, gone]
    del told["outside"]
    with pytest.raises(ValueError, match="it does not name the outside sources"):
        recording.outside(told)


BAD = {
    "text": ("no json", "holds no JSON"),
    "list": ("[]", "holds no JSON object"),
    "schema": ('{"schema": "x"}', "schema is 'x'"),
    "other name": (json.dumps({**document(), "outside": []}), "it is of no host outside"),
    "no probes": (json.dumps({**document(), "probes": 7}), "probes is a whole number where a list is expected"),
    "no sources": (json.dumps({**document(), "sources": [7]}), "it is not a recording"),
    "odd outside": (json.dumps({**document(), "outside": [{"id": "outside/office", "x": 1}]}), "unknown key 'x'"),
}


@pytest.mark.parametrize(("text", "why"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_clear_error(tmp_path: pathlib.Path, text: str, why: str) -> None:
    path = tmp_path / "answers.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"^outside: ") as caught:
        outside.Outside([entry(answers=path)], SNAPSHOT)
    assert why in str(caught.value)
    assert str(path) in str(caught.value)
    assert "it must be the answers.json that net_probe wrote there under this name" in str(caught.value)


def test_a_missing_file_is_one_clear_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="cannot be taken for outside/office: No such file or directory; it must be"):
        outside.Outside([entry(answers=tmp_path / "gone.json")], SNAPSHOT)


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry("a b")], "name 'a b' is not allowed"),
        ([entry("../x")], "name '../x' is not allowed"),
        ([entry("a"), entry("a", error="no")], "name 'a' occurs twice"),
        ([entry("a"), entry("b")], "a and b have neither answers nor error"),
    ],
)
def test_names_are_checked(entries: list[Json], why: str) -> None:
    with pytest.raises(ValueError, match=rf"^outside: {why}"):
        outside.check(entries)
    outside.check([entry("fd00::1"), entry("h1", "x.json"), entry("H-2.example_x", error="no")])


@pytest.mark.parametrize(
    "lie",
    [
        {"outcome": "fine"},
        {"id": True},
        {"id": [1]},
        {"ms": "fast", "error": 7, "answers": [7, "x"], "tls": "x"},
        {
            "error": "\x1b[31m" + "x" * 10_000,
            "tls": {"names": [{"a": 1}], "days_left": {}, "evil": "x", "shown": [7, "ä"]},
        },
    ],
)
def test_what_a_host_says_is_bounded_as_what_a_container_says(tmp_path: pathlib.Path, lie: Json) -> None:
    told = document()
    told["sources"][0]["answers"] = [{**answer, **lie} for answer in told["sources"][0]["answers"]]
    told["outside"][0]["addresses"] = [*OFFICE.addresses, "no address", "x" * 9999]
    hosts = outside.Outside([entry(answers=written(tmp_path, told))], SNAPSHOT)
    assert hosts.sources == [OFFICE]
    (report,) = hosts.answered(layout(hosts.sources))
    assert {answer.outcome for answer in report.answers} <= {"open", "probe_error"}
    text = json.dumps(report.to_dict())
    assert "evil" not in text
    assert "\\u001b" not in text
    assert all(len(answer.error) <= 300 for answer in report.answers)
