# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A relative path is one of the folder in which ansible-playbook was typed, not of the collection's own."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess

import pytest

from .conftest import ROOT, connectivity

pytestmark = pytest.mark.hosts

#: What lab/recording was made with.
RECORDED = {
    "connectivity_namespaces": ["shop"],
    "connectivity_families": ["IPv4"],
    "connectivity_internet": [{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
}


def replay(folder: pathlib.Path, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {**RECORDED, "connectivity_replay": "kept", "connectivity_show_facts": False, **variables}
    return connectivity("-e", json.dumps(given), folder=folder)


def test_of_a_run(tmp_path: pathlib.Path) -> None:
    shutil.copytree(ROOT / "lab" / "recording", tmp_path / "kept")
    done = replay(tmp_path)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "kubewire-run" / "report.html").exists()
    again = replay(tmp_path, connectivity_run_dir="again", report_compare="kubewire-run/report.json")
    assert again.returncode == 0, again.stdout
    assert (tmp_path / "again" / "report.html").exists()
    failed = replay(tmp_path, connectivity_rerun_failed="none.json")
    assert f"{tmp_path}/none.json" in failed.stdout


def test_of_a_kubeconfig(tmp_path: pathlib.Path) -> None:
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "prod", "context": {"cluster": "c", "user": "u"}}
    config = {"clusters": [cluster], "users": [{"name": "u", "user": {"token": "x"}}], "contexts": [context]}
    (tmp_path / "own.json").write_text(json.dumps(config))
    done = connectivity("-e", "kubeconfig=own.json", "-e", "context=test", folder=tmp_path)
    assert f"context: 'test' is not in {tmp_path}/own.json; there are 'prod'" in done.stdout
