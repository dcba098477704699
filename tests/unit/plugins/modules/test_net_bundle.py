# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_bundle: what it returns."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.modules import net_bundle
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._runs.test_net_diagnose import folder

__all__ = ("folder",)

# In ansible-core from 2.17 on, beside the module's own arguments since 2.19.
testing = pytest.importorskip("ansible.module_utils.testing")

Result = dict[str, t.Any]
Run = t.Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module as Ansible does, and return its result."""

    def call(check: bool = False, **params: t.Any) -> Result:
        with testing.patch_module_args({**params, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            net_bundle.main()
        return t.cast(Result, json.loads(capsys.readouterr().out))

    return call


def test_the_archive_and_its_manifest(run: Run, folder: pathlib.Path, tmp_path: pathlib.Path):
    dest = tmp_path / "shop.tar.gz"
    result = run(run_dir=str(folder), dest=str(dest), words=["web"])
    assert (result["changed"], result["archive"]["path"]) == (True, str(dest))
    assert result["archive"]["size"] == dest.stat().st_size
    assert result["manifest"]["schema"] == "kubewire.io/bundle/v1"
    assert result["key"]["path"] == str(tmp_path / "shop.pseudonyms.json")
    assert result["text"].startswith(f"{dest}: ")
    assert run(run_dir=str(folder), dest=str(dest), words=["web"])["changed"] is False


def test_check_mode_writes_nothing(run: Run, folder: pathlib.Path, tmp_path: pathlib.Path):
    result = run(check=True, run_dir=str(folder), dest=str(tmp_path / "shop.tar.gz"))
    assert result["changed"] is True
    assert "key" not in result
    assert not (tmp_path / "shop.tar.gz").exists()


def test_a_mistake_is_one_sentence(run: Run, folder: pathlib.Path):
    result = run(run_dir=str(folder), dest="/tmp/x", option_names={"dest": "bundle_dest"})
    assert (result["failed"], result["reason"]) == (True, "bad_input")
    assert result["msg"] == "bundle_dest: '/tmp/x' must end with .tar.gz"
