# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run of net_diagnose: files of a folder in, findings out, the same for the same files."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document, findings_schema
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.check import compile_schema, complaints
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import net_bundle, net_diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_diagnose import Options, run
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import scenes
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report.scenes import RUN

SLIP = dataclasses.replace(scenes.SERVICE, selector={"app": "webb"})


def report_of(cells: scenes.Report) -> dict[str, t.Any]:
    """A report.json of cells."""
    told = [{"latency_ms": None, **cell} for cell in cells.cells]
    return document.build(RUN, told, cells.sources.values(), cells.targets.values(), requests={"api": 1})


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """The folder of a run in which a Service fails whose selector matches nothing."""
    made = tmp_path / "run"
    made.mkdir(mode=0o700)
    (made / "snapshot.json").write_text(json.dumps(scenes.snapshot(service=SLIP).to_dict()))
    (made / "report.json").write_text(document.dumps(report_of(scenes.broken_service())))
    return made


def test_findings_are_written_and_the_report_is_completed(folder: pathlib.Path):
    result = run(Options(str(folder)))
    assert [pathlib.Path(each["path"]).name for each in result.files] == ["findings.json", "report.json"]
    found = json.loads((folder / "findings.json").read_text())
    assert found == result.findings
    assert complaints(compile_schema(findings_schema.FINDINGS_SCHEMA), found) == []
    assert (found["outcome"], found["findings"][0]["code"]) == ("cause", "SVC-02")
    completed = document.loads((folder / "report.json").read_text())
    assert completed["findings"] == found["findings"]
    assert completed["diagnosis"]["evaluated"] == found["evaluated"]
    assert result.text.startswith("1 cause explains 1 of 1 failed check")
    assert (folder / "findings.json").stat().st_mode & 0o777 == 0o600


def test_the_same_files_give_the_same_bytes(folder: pathlib.Path):
    texts = []
    for _time in range(2):
        run(Options(str(folder)))
        texts.append([(folder / name).read_bytes() for name in ("findings.json", "report.json")])
    assert texts[0] == texts[1]


def test_without_a_report_the_snapshot_is_evaluated_alone(folder: pathlib.Path):
    (folder / "report.json").unlink()
    result = run(Options(str(folder), show_info=True))
    assert [pathlib.Path(each["path"]).name for each in result.files] == ["findings.json"]
    assert [each["code"] for each in result.findings["suspicions"]] == ["SVC-02"]
    assert result.findings["outcome"] == "unknown"
    assert "suspicions" not in run(Options(str(folder))).findings


def test_files_elsewhere_are_read_and_nothing_is_written(folder: pathlib.Path):
    options = Options(snapshot=str(folder / "snapshot.json"), report=str(folder / "report.json"))
    assert run(options).findings["findings"]
    assert run(Options(str(folder)), writes=False).files == ()
    assert not (folder / "findings.json").exists()


@pytest.mark.parametrize(
    ("options", "evaluated"),
    [
        (Options(codes=("SVC-02",)), ["SVC-02"]),
        (Options(codes=("SVC",), ignore=("SVC-04",)), ["SVC-02", "SVC-05", "SVC-09"]),
    ],
)
def test_codes_and_layers_are_chosen(folder: pathlib.Path, options: Options, evaluated: list[str]):
    found = run(dataclasses.replace(options, run_dir=str(folder))).findings
    assert set(evaluated) <= set(found["evaluated"])
    assert "SVC-04" not in found["evaluated"]
    assert not [code for code in found["evaluated"] if code.startswith("POD")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(codes=("SVC-2",)), r"O\(codes\): 'SVC-2' is no code of a rule"),
        (Options(ignore=("pods",)), r"O\(ignore\): 'pods'"),
        (Options(snapshot="/nowhere"), r"O\(snapshot\): cannot read '/nowhere'"),
        (Options(report="/nowhere"), r"O\(report\): cannot read '/nowhere'"),
    ],
)
def test_a_mistake_names_the_option(folder: pathlib.Path, options: Options, said: str):
    with pytest.raises(BadInput, match=said):
        run(dataclasses.replace(options, run_dir=str(folder)))


@pytest.mark.parametrize(("name", "said"), [("snapshot.json", "is no snapshot"), ("report.json", "is not a report")])
def test_a_file_that_is_something_else(folder: pathlib.Path, name: str, said: str):
    (folder / name).write_text('{"a": 1}')
    with pytest.raises(BadInput, match=said):
        run(Options(str(folder)))


def test_an_empty_folder(tmp_path: pathlib.Path):
    with pytest.raises(BadInput, match=r"O\(run_dir\): cannot read"):
        run(Options(str(tmp_path)))


def test_the_first_finding_in_few_words(folder: pathlib.Path):
    first = net_diagnose.first(run(Options(str(folder))).findings)
    assert (first["code"], first["object"], first["field"]) == ("SVC-02", "Service shop/web", "spec.selector")
    assert first["fix"].startswith("kubectl -n shop patch service web ")
    empty = net_diagnose.first({"findings": []})
    assert set(empty.values()) == {""}
    assert empty.keys() == first.keys()


def test_what_ansible_variables_carry_is_short():
    many = [{"code": "SVC-02", "object": {"kind": "Node", "name": "w1"}, "explains": [1, 2], "evidence": [{}]}] * 60
    told = net_diagnose.brief(many)
    assert len(told) == 50
    assert told[0].pop("page").endswith("/docs/codes/SVC-02.md")
    assert told[0] == {"code": "SVC-02", "object": "Node w1", "checks": 2, "symptoms": []}
    found = {"findings": many, "unexplained": [3], "unknown_rules": []}
    assert net_diagnose.counts(found) == {"causes": 60, "explained": 2, "unexplained": 1, "not_looked_for": 0}


def test_an_earlier_run_is_replayed_as_it_was_judged(folder: pathlib.Path, tmp_path: pathlib.Path):
    run(Options(str(folder)))
    again = run(Options(str(tmp_path / "again"), replay=str(folder)))
    assert again.has_report
    for name in ("findings.json", "report.json"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    (folder / "report.json").unlink()
    assert not run(Options(replay=str(folder))).has_report
    (folder / "snapshot.json").unlink()
    with pytest.raises(BadInput, match=r"O\(replay\): .* has no snapshot.json"):
        run(Options(replay=str(folder)))


RECORDINGS = sorted(pathlib.Path(__file__).with_name("recordings").iterdir())
REPLAY = f"""
import sys
from {net_diagnose.__name__} import Options, dumps, run
sys.stdout.write(dumps(run(Options(replay=sys.argv[1])).findings))
"""


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda each: each.name)
def test_a_recorded_run_gives_the_same_bytes_in_every_process_and_from_a_bundle(
    recording: pathlib.Path, tmp_path: pathlib.Path
):
    found = run(Options(str(tmp_path / "run"), replay=str(recording)))
    first = found.findings["findings"][0]
    assert first["code"] == recording.name, "it was recorded from a cluster with this fault"
    shutil.copy(recording / "snapshot.json", tmp_path / "run")
    archive = str(tmp_path / "bundle.tar.gz")
    assert net_bundle.run(net_bundle.Options(str(tmp_path / "run"), archive)).manifest.same_findings
    wanted = (tmp_path / "run/findings.json").read_text()
    for path, seed in ((str(recording), "1"), (archive, "2")):
        environ = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", REPLAY, path]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=True)
        assert done.stdout == wanted
