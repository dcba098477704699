# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_probe as Ansible runs it on a host outside: an old Python that has nothing, and no cluster to be asked."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import typing as t

import ansible
import pytest

from ansible_collections.kubewire.netdebug.plugins.modules import net_probe
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules import secret_options
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules.interrupted import Module
from ansible_collections.kubewire.netdebug.tests.unit.pythons import oldest, python

NAME = "ansible_collections.kubewire.netdebug.plugins.modules.net_probe"
OLDEST = oldest("3.9")
ROOT = pathlib.Path(net_probe.__file__).parents[5]


def run(folder: pathlib.Path, version: str, **params: t.Any) -> dict[str, t.Any]:
    """Run the module with nothing but ansible.module_utils beside it, as AnsiballZ does."""
    if not (folder / "ansible").exists():
        (folder / "ansible").symlink_to(pathlib.Path(ansible.__file__).parent)
    arguments = folder / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": params}))
    environ = {
        "PATH": os.defpath,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "KUBECONFIG": str(folder / "there is none"),
        "K8S_AUTH_HOST": "https://192.0.2.1:6443",  # asked, it would not answer
    }
    words = [version, "-S", "-m", NAME, str(arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ, check=False)
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture
def asked(tmp_path: pathlib.Path) -> dict[str, t.Any]:
    """Options of runs that ask a port of this machine, which refuses."""
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_text(json.dumps(cluster.snapshot().to_dict()))
    return {
        "snapshot": str(snapshot),
        "sources": [{"outside": True}],
        "targets": [{"host": "127.0.0.1", "port": 9, "protocol": "tcp"}],
    }


def test_a_host_outside_asks_without_a_cluster_or_any_package(tmp_path: pathlib.Path, asked: dict[str, t.Any]) -> None:
    result = run(tmp_path, OLDEST, **asked, outside=[{"name": "office"}], dest=str(tmp_path / "office"))
    assert "msg" not in result
    assert result["requests"]["exec"] == 0
    assert result["summary"]["cells"] == result["summary"]["fail"] == 1
    answers = json.loads((tmp_path / "office" / "answers.json").read_text())
    assert [source["id"] for source in answers["outside"]] == ["outside/office"]
    (answer,) = answers["sources"][0]["answers"]
    assert (answer["outcome"], answer["sent"], answer["received"]) == ("refused", 2, 0), "asked a second time as well"


def test_without_a_folder_the_result_says_what_the_report_would(
    tmp_path: pathlib.Path, asked: dict[str, t.Any]
) -> None:
    kept, told = run(tmp_path, OLDEST, **asked, dest=str(tmp_path / "run")), run(tmp_path, OLDEST, **asked)
    assert kept["tally"] == told["tally"] == "1 of 1 check failed: 1 network"
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["summary"] == kept["summary"] == told["summary"]
    assert [cell["verdict"] for cell in told["cells"]] == [cell["verdict"] for cell in report["cells"]] == ["fail"]


def test_check_mode_sends_nothing_and_writes_nothing(tmp_path: pathlib.Path, asked: dict[str, t.Any]) -> None:
    given = {**asked, "outside": [{"name": "office"}], "dest": str(tmp_path / "office"), "_ansible_check_mode": True}
    result = run(tmp_path, OLDEST, **given)
    assert result["text"].startswith("READY  The run can probe from its one source")
    assert result["plan"] == {"sources": 1, "targets": 1, "cells": 1, "execs": 0, "seconds": 1}
    assert (result["changed"], result["authorisation"], result["role"], result["creates"]) == (False, [], "", [])
    assert "summary" in result
    assert not (tmp_path / "office").exists()


def test_an_image_that_is_none_is_refused_by_its_option(tmp_path: pathlib.Path, asked: dict[str, t.Any]) -> None:
    assert run(tmp_path, OLDEST, **asked, debug_image="a b")["msg"].startswith("debug_image is 'a b'; it must be")


@pytest.mark.long
def test_its_answers_are_judged_beside_those_of_this_machine(tmp_path: pathlib.Path, asked: dict[str, t.Any]) -> None:
    run(tmp_path, sys.executable, **asked, outside=[{"name": "office"}], dest=str(tmp_path / "office"))
    hosts = [
        {"name": "controller"},
        {"name": "office", "answers": str(tmp_path / "office" / "answers.json")},
        {"name": "home", "error": "no route to it"},
    ]
    wish = {"expect": "deny", "from": {"outside_host": "office"}}
    both = run(tmp_path, sys.executable, **asked, outside=hosts, expectations=[wish], dest=str(tmp_path / "both"))
    again = run(
        tmp_path,
        sys.executable,
        **asked,
        replay=str(tmp_path / "both" / "answers.json"),
        expectations=[wish],
        dest=str(tmp_path / "again"),
    )
    assert both["summary"] == again["summary"]
    for folder in ("both", "again"):
        report = json.loads((tmp_path / folder / "report.json").read_text())
        found = {cell["source"]: (cell["expectation"], cell["outcome"]) for cell in report["cells"]}
        assert found == {"outside/controller": ("allow", "refused"), "outside/office": ("deny", "refused")}
        assert [item["what"] for item in report["not_tested"] if "outside" in item["what"]] == ["from outside/home"]


@pytest.mark.skipif(shutil.which(python("3.8")) is None, reason="Python 3.8 is not on this machine")
def test_a_python_that_is_too_old_is_one_clear_error(tmp_path: pathlib.Path) -> None:
    result = run(tmp_path, python("3.8"), snapshot="/none")
    assert result["failed"]
    assert result["msg"].startswith("net_probe needs Python 3.9 or newer")
    assert " is Python 3.8." in result["msg"]


def test_answers_of_probes_are_kept_and_the_others_are_unknown(tmp_path):
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_text(json.dumps(cluster.snapshot().to_dict()))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hosts = [{"host": "127.0.0.1", "port": each, "protocol": "http"} for each in (9, port)]
        folder = tmp_path / "run"
        outside = {"sources": [{"outside": True}], "outside": [{"name": "office"}]}
        limits = {"probe_timeout": 60, "deadline": 200}
        files = {"snapshot": str(snapshot), "dest": str(folder)}
        module = Module("net_probe", tmp_path, **files, **outside, **limits, targets=hosts)
        silent.settimeout(60)
        with silent.accept()[0]:
            result = module.end_by(signal.SIGTERM)
    assert (result["failed"], result["reason"], result["summary"]["cells"]) == (True, "interrupted", 2)
    assert result["summary"]["unknown"] >= 1
    report = json.loads((folder / "report.json").read_text())
    assert report["summary"] == result["summary"]
    assert "fail" not in {cell["verdict"] for cell in report["cells"] if str(port) in cell["asked"]}


def test_no_secret_is_shown_and_no_sentence_is_blotted_out(tmp_path: pathlib.Path) -> None:
    secret_options.assert_hidden("net_probe", tmp_path)
