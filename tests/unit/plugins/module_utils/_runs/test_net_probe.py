# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_probe's stages on recorded facts: which need the API server, what is refused, and what is written."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.intermittent import Intermittent
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_probe import ProbeRun
from ansible_collections.kubewire.netdebug.plugins.modules.net_probe import argument_spec
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

RECORDING = pathlib.Path(__file__).resolve().parents[5] / "lab" / "recording"
OUTSIDE = [{"outside": True}]


def made(**given: t.Any) -> ProbeRun:
    """A run of options that Ansible has validated."""
    checked = ArgumentSpecValidator(argument_spec()).validate(given)  # type: ignore[no-untyped-call]
    assert not checked.error_messages
    return ProbeRun(checked.validated_parameters, "2.19.0")


@pytest.fixture
def snapshot(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(cluster.snapshot().to_dict()))
    return str(path)


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        ({}, True),
        ({"snapshot": "s.json"}, True),
        ({"snapshot": "s.json", "sources": OUTSIDE}, False),
        ({"sources": OUTSIDE}, True),
        ({"snapshot": "s.json", "sources": [*OUTSIDE, {"namespace": "shop"}]}, True),
        ({"snapshot": "s.json", "models": ["outside_to_nodeport"]}, False),
        ({"snapshot": "s.json", "models": ["outside_to_nodeport", "pod_to_service"]}, True),
        ({"snapshot": "s.json", "models": ["outside_to_nodeport"], "targets": [{"host": "a", "port": 1}]}, True),
        ({"snapshot": "s.json", "from": "outside", "to": "a:1"}, False),
        ({"snapshot": "s.json", "replay": "a.json"}, False),
    ],
)
def test_the_api_server_is_needed_but_for_the_outside_and_for_a_recording(given, needs):
    assert made(**given).needs_api is needs


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"namespaces": ["other"]}, "snapshot: .* is of all namespaces, and O.namespaces. asks for namespace other"),
        ({"targets": [{"host": "a b", "port": 1, "protocol": "tcp"}]}, "targets: .*'a b'"),
        ({"rerun_failed": "snapshot.json"}, "rerun_failed: .* is no report of net_probe"),
        ({"replay": "snapshot.json"}, "replay: .* is no recording of answers"),
    ],
)
def test_what_cannot_be_planned_names_the_option(tmp_path, snapshot, given, words):
    files = {name: str(tmp_path / given[name]) for name in ("rerun_failed", "replay") if name in given}
    with pytest.raises(BadInput, match=words):
        made(**{"snapshot": snapshot, "sources": OUTSIDE, **given, **files}).make_plan()


@pytest.mark.parametrize("data", [{}, {"pods": 7}, {"schema": "x"}])
def test_a_file_that_is_no_snapshot_is_named(tmp_path, data):
    path = tmp_path / "other.json"
    path.write_text(json.dumps(data))
    with pytest.raises(BadInput, match=re.escape(f"snapshot: {str(path)!r} is no snapshot of net_info")):
        made(snapshot=str(path), sources=OUTSIDE).make_plan()


#: What a question is known by.
KEY = ("source", "target", "model", "protocol", "family", "via")


def replay(**given: t.Any) -> ProbeRun:
    """A run on the recorded facts, probed."""
    files = {name: str(RECORDING / f"{file}.json") for name, file in (("snapshot", "snapshot"), ("replay", "answers"))}
    run = made(namespaces=["shop"], families=["IPv4"], **{**files, **given})
    run.make_plan()
    run.probe()
    return run


def test_a_recorded_run_is_judged_again_and_written_once(tmp_path):
    run = replay(limit=200, dest=str(tmp_path))
    told = run.keep()
    report = document.loads((tmp_path / "report.json").read_bytes())
    assert told["report"]["path"] == str(tmp_path / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"], "snapshot and answers are there already"
    assert report["run"]["replayed"]
    assert 100 < len(report["cells"]) <= run.plan.cells <= 200
    assert run.result()["summary"] == report["summary"]
    assert run.result()["plan"]["cells"] == run.plan.cells
    assert told["tally"].startswith(f"{report['summary']['pass']} checks passed")


def test_a_fault_that_a_recorded_run_found_is_a_failure_again(tmp_path):
    answers = json.loads((RECORDING / "answers.json").read_text())
    passed = next(
        cell for cell in replay(limit=200).cells if cell["verdict"] == "pass" and cell["expectation"] == "allow"
    )
    key = tuple(passed[name] for name in KEY)
    number = next(probe["id"] for probe in answers["probes"] if tuple(probe[name] for name in KEY) == key)
    fault = Intermittent("target", (passed["target"],), "connections", 17, 50, 18.0, 53.1, 0, 100, (number,))
    (tmp_path / "answers.json").write_text(json.dumps({**answers, "intermittent": [fault.to_dict()]}))
    run = replay(limit=200, replay=str(tmp_path / "answers.json"))
    (cell,) = (cell for cell in run.cells if tuple(cell[name] for name in KEY) == key)
    assert (cell["verdict"], cell["reason"], cell["whose"]) == ("fail", fault.sentence, "network")


def test_follow_ups_of_a_recording_are_kept_and_no_cells(tmp_path):
    answers = json.loads((RECORDING / "answers.json").read_text())
    question = {"kind": "endpoint", "object": {"kind": "Service", "name": "web", "namespace": "shop"}}
    told = {
        "question": {**question, "protocol": "tcp", "host": "10.244.1.8", "port": 8080, "tries": 1, "timeout_ms": 1000},
        "source": "shop/client/client",
        "asked": "10.244.1.8:8080",
        "outcome": "refused",
    }
    (tmp_path / "answers.json").write_text(json.dumps({**answers, "follow_ups": [told]}))
    plain, run = (replay(limit=20, replay=str(path / "answers.json")) for path in (RECORDING, tmp_path))
    assert (plain.follow_ups, run.follow_ups) == ([], [told])
    assert run.cells == plain.cells
    (tmp_path / "answers.json").write_text(json.dumps({**answers, "follow_ups": [{"outcome": "open"}]}))
    with pytest.raises(BadInput, match="is no recording of answers"):
        replay(limit=20, replay=str(tmp_path / "answers.json"))


def test_without_a_folder_the_cells_are_in_the_result():
    run = replay(limit=20)
    assert run.keep()["cells"] == run.cells
    assert 0 < len(run.cells) <= 20


def test_failures_are_told_in_words():
    run = replay(limit=200, expectations=[{"expect": "deny"}])
    failures = run.result()["failures"]
    assert len(failures) == 50
    assert all(re.match(r".+ -> .+ \([a-z_]+\): .+", line) for line in failures)
    assert run.result()["summary"]["unexpected_open"] > 50


def test_a_question_from_one_place_to_another_is_never_a_sample(snapshot):
    few = {"max_cells": 1, "max_execs": 1}
    both = made(snapshot=snapshot, **{"from": "shop/web-1", "to": "shop/db-1"}, sample=few)
    assert both._bounds().sample.mode == "all"
    for given in ({"from": "shop/web-1"}, {}):
        assert made(snapshot=snapshot, sample=few, **given)._bounds().sample.mode == "auto"
    named = made(snapshot=snapshot, **{"from": "shop/web-1", "to": "shop/db-1"}, sample={"mode": "ring"})
    assert named._bounds().sample.mode == "ring"


@pytest.mark.parametrize("name", ["max_cells", "max_execs"])
def test_a_limit_of_a_sample_is_a_number_of_something(name):
    with pytest.raises(BadInput, match=f"sample: {name} 0 is not allowed"):
        made(sample={name: 0})
