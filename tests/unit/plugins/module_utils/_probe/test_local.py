# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe runner on this machine: what it printed, and its end."""

from __future__ import annotations

import subprocess
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers, jobs, local

from .asking import probe


def test_it_answers_as_one_in_a_container_does(ports):
    asked = [probe(1, "tcp", "127.0.0.1", ports["200"]), probe(2, "tcp", "127.0.0.1", ports["closed"])]
    began: list[t.Any] = []
    result = local.run(jobs.payload(asked, 10_000, 4), 30, began.append)
    assert (result.exit_class, result.rc) == ("exited", 0)
    report = answers.parse(result.stdout, asked, "outside/here")
    assert [answer.outcome for answer in report.answers] == ["open", "refused"]
    assert [type(process) for process in began] == [subprocess.Popen]


def test_one_that_does_not_end_is_killed(monkeypatch):
    monkeypatch.setattr(local, "_GRACE_S", 0.1)
    monkeypatch.setattr(jobs, "argv_python", ["python3", "-c", "import time; time.sleep(600)"])
    began = time.monotonic()
    result = local.run(b"", 0.2, lambda _process: None)
    assert (result.exit_class, result.rc, result.message) == ("deadline", None, "the probe runner did not end")
    assert time.monotonic() - began < 60


def test_one_that_cannot_start_is_told(monkeypatch):
    monkeypatch.setattr(local.sys, "executable", "/no/such/python")
    result = local.run(b"", 1, lambda _process: None)
    assert result.exit_class == "not_executable"
    assert result.message == "/no/such/python: No such file or directory"


def test_this_machine_as_a_source():
    source = local.source("office", ["127.0.0.1"])
    assert (source.id, source.kind, source.addresses) == ("outside/office", "outside", ("127.0.0.1",))
    assert local.source("office", ["no address"]).addresses == ()
