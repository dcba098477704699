# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_diagnose: what it returns, and what it says when it cannot."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.modules import net_diagnose
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
            net_diagnose.main()
        return t.cast(Result, json.loads(capsys.readouterr().out))

    return call


def test_the_class_and_the_first_cause(run: Run, folder: pathlib.Path):
    result = run(run_dir=str(folder))
    assert (result["outcome"], result["exit_code"], result["changed"]) == ("cause", 2, False)
    assert result["first"]["code"] == "SVC-02"
    assert "suspicions" not in result
    assert result["counts"] == {"causes": 1, "explained": 1, "unexplained": 0, "not_looked_for": 0}
    (finding,) = result["findings"]
    assert (finding["object"], finding["checks"], finding["symptoms"]) == ("Service shop/web", 1, [])
    assert "content" not in result
    assert (folder / "findings.json").exists()


def test_check_mode_writes_nothing(run: Run, folder: pathlib.Path):
    result = run(check=True, run_dir=str(folder), show_info=True)
    assert (result["first"]["code"], result["files"], result["suspicions"]) == ("SVC-02", [], [])
    assert result["content"]["schema"] == "kubewire.io/findings/v1"
    assert not (folder / "findings.json").exists()


def test_a_mistake_is_one_sentence(run: Run, folder: pathlib.Path):
    result = run(run_dir=str(folder), codes=["X"], option_names={"codes": "diagnose_codes"})
    assert (result["failed"], result["reason"]) == (True, "bad_input")
    assert result["msg"].startswith("diagnose_codes: 'X' is no code of a rule")
    assert "one of the following is required: run_dir, snapshot" in run()["msg"]
