# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The diagnosis without Ansible: the class is the exit code of a process."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import pytest

import ansible_collections.kubewire.netdebug.plugins.module_utils as module_utils
from ansible_collections.kubewire.netdebug.plugins.module_utils import diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import scenes
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._runs.test_net_diagnose import report_of

NAME = "ansible_collections.kubewire.netdebug.plugins.module_utils.diagnose"
TREE = next(
    p for p in pathlib.Path(next(iter(module_utils.__path__))).absolute().parents if p.name == "ansible_collections"
)


def written(folder: pathlib.Path, broken: bool) -> pathlib.Path:
    """The folder of a run in which a Service's selector matches nothing, or nothing is wrong."""
    folder.mkdir(mode=0o700)
    service = dataclasses.replace(scenes.SERVICE, selector={"app": "webb"}) if broken else scenes.SERVICE
    (folder / "snapshot.json").write_text(json.dumps(scenes.snapshot(service=service).to_dict()))
    if broken:
        (folder / "report.json").write_text(document.dumps(report_of(scenes.broken_service())))
    return folder


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it as a program does, with nothing of Ansible in its environment."""
    environ = {name: value for name, value in os.environ.items() if "ANSIBLE" not in name}
    command = [sys.executable, "-m", NAME, *map(str, arguments)]
    environ["PYTHONPATH"] = str(TREE.parent)
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_the_class_is_the_exit_code_of_a_process(tmp_path: pathlib.Path):
    done = process(written(tmp_path / "run", broken=True))
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("1 cause explains 1 of 1 failed check")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["report.json", "snapshot.json"]


def test_neither_ansible_nor_a_client_of_the_cluster_is_loaded():
    code = (
        f"import sys, {NAME}; print([m for m in sys.modules if m.split('.')[0] in ('ansible', 'kubernetes', 'yaml')])"
    )
    environ = {**os.environ, "PYTHONPATH": str(TREE.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_what_could_not_be_looked_for_is_unknown(tmp_path: pathlib.Path, capsys):
    assert diagnose.main([str(written(tmp_path / "run", broken=False))]) == 3
    assert capsys.readouterr().out.startswith("It could not tell")


def test_only_what_can_be_looked_for_is_healthy(tmp_path: pathlib.Path, capsys):
    assert diagnose.main([str(written(tmp_path / "run", broken=False)), "--code", "SVC-02"]) == 0
    assert capsys.readouterr().out.startswith("Nothing is wrong")


def test_the_findings_may_be_printed_as_json_and_written(tmp_path: pathlib.Path, capsys):
    folder = written(tmp_path / "run", broken=True)
    (tmp_path / "error").write_text("curl: (7) Failed to connect to web port 80: Connection refused")
    assert diagnose.main([str(folder), "--json", "--write", "--error-file", str(tmp_path / "error")]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["error"]["kind"] == "refused"
    assert json.loads((folder / "findings.json").read_text()) == found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: folder"),
        (["/nowhere"], "diagnose: folder: cannot read '/nowhere/snapshot.json'"),
        (["/nowhere", "--code", "SVC-9"], "diagnose: --code: 'SVC-9' is no code of a rule"),
        (["/nowhere", "--error-file", "/nowhere/error"], "No such file"),
    ],
)
def test_a_wrong_argument_is_no_class_of_a_diagnosis(arguments: list[str], said: str, capsys):
    try:
        code = diagnose.main(arguments)
    except SystemExit as ended:
        code = ended.code
    assert code == diagnose.WRONG
    assert said in capsys.readouterr().err
