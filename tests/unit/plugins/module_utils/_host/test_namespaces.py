# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes and their namespaces, on this very machine."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Refused
from ansible_collections.kubewire.netdebug.plugins.module_utils._host import namespaces
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS


@pytest.fixture
def start():
    """Start processes and wait until each has its name: Popen may return before execve has come to that."""
    with contextlib.ExitStack() as stack:

        def one(words):
            process = stack.enter_context(subprocess.Popen(words))
            stack.callback(process.kill)
            while not pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes():
                time.sleep(0.01)
            return process

        yield one


@pytest.fixture
def sleeper(tmp_path, start):
    """A process of a name that nothing else has."""
    program = tmp_path / "kubewire-unit-test-sleeper"
    shutil.copy(shutil.which("sleep"), program)
    return start([program, "60"])


def test_a_process_by_its_pid():
    target = namespaces.by_pid("h", os.getpid(), ["net", "uts"])
    assert target.pid == os.getpid()
    assert target.namespaces == {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "uts")}
    assert target.words(["net", "uts"]) == [f"--{kind}=/proc/{os.getpid()}/ns/{kind}" for kind in ("net", "uts")]
    assert target.is_still_there()


def test_a_process_that_is_not_there():
    with pytest.raises(Refused, match="process 4194305 of h is refused: there is no such process") as refused:
        namespaces.by_pid("h", 4194305, ["net"])
    assert (refused.value.reason, refused.value.refusal.kind) == ("no_such_process",) * 2


def test_a_process_that_we_may_not_look_at(monkeypatch):
    def readlink(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "readlink", readlink)
    with pytest.raises(Refused) as refused:
        namespaces.by_pid("h", os.getpid(), ["net"])
    assert refused.value.reason == "permission"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "O(become): true" in namespaces.not_permitted("x", "y").remedy


def test_the_processes_of_a_container_are_those_of_its_namespace(monkeypatch):
    spaces = {1: "host", os.getpid(): "host", 70: "inner", 71: "inner", 72: "other"}
    monkeypatch.setattr(namespaces, "_pids", lambda: list(spaces))
    monkeypatch.setattr(namespaces, "_name", lambda pid: "x")
    monkeypatch.setattr(os, "readlink", lambda path: spaces[int(path.split("/")[2])])
    target = namespaces.by_container("h", 70, "web", ["net"])
    assert (target.pid, target.pids, target.container) == (70, (70, 71), "web")
    assert namespaces.by_container("h", 1, "web", ["net"]).pids == (1,)


@pytest.mark.parametrize("name", ["kubewire-unit-test-sleeper", "kubewire-unit-t"])
def test_a_process_by_the_name_of_its_program_or_the_kernels(sleeper, name):
    target = namespaces.by_name("h", name, ["net"])
    assert (target.pid, target.process) == (sleeper.pid, "kubewire-unit-t")
    sleeper.kill()
    sleeper.wait()
    assert not target.is_still_there()


def test_one_of_a_name_that_ends_meanwhile_is_as_if_it_had_not_been(sleeper, monkeypatch):
    real = namespaces._is_called
    gone = 4194305  # the number of no process
    monkeypatch.setattr(namespaces, "_pids", lambda: [sleeper.pid, gone])
    monkeypatch.setattr(namespaces, "_is_called", lambda pid, name: pid == gone or real(pid, name))
    assert namespaces.by_name("h", "kubewire-unit-test-sleeper", ["net"]).pids == (sleeper.pid,)
    monkeypatch.setattr(namespaces, "_pids", lambda: [gone])
    with pytest.raises(Refused, match="there is no such process"):
        namespaces.by_name("h", "kubewire-unit-test-sleeper", ["net"])


def test_several_of_a_name_are_one_where_their_namespaces_are(sleeper, start):
    other = start(sleeper.args)
    target = namespaces.by_name("h", "kubewire-unit-test-sleeper", ["net"])
    assert (target.pid, target.pids) == (sleeper.pid, (sleeper.pid, other.pid))


def test_several_of_a_name_in_different_namespaces_are_refused(sleeper, start, monkeypatch):
    other = start(sleeper.args)
    monkeypatch.setattr(namespaces, "_of", lambda pid, kinds: {"net": f"net:[{pid}]"})
    with pytest.raises(Refused) as refused:
        namespaces.by_name("h", "kubewire-unit-test-sleeper", ["net"])
    assert refused.value.reason == "ambiguous"
    assert f"{sleeper.pid}, {other.pid}" in str(refused.value)


@pytest.mark.parametrize("name", STRINGS)
def test_hostile_names_are_only_names(name):
    with pytest.raises(Refused) as refused:
        namespaces.by_name("h", name or "\0", ["net"])
    assert refused.value.reason == "no_such_process"


def test_a_namespace_by_its_path():
    target = namespaces.by_path("h", "/proc/self/ns/net")
    assert target.namespaces == {"net": os.readlink("/proc/self/ns/net")}
    assert target.words(["net"]) == ["--net=/proc/self/ns/net"]
    assert target.is_still_there()


def test_a_path_that_is_not_there_names_those_that_are(monkeypatch):
    monkeypatch.setattr(namespaces, "_named", lambda: ["blue", "red"])
    with pytest.raises(Refused) as refused:
        namespaces.by_path("h", "/run/netns/green")
    assert (refused.value.reason, refused.value.remedy) == ("no_such_path", "namespaces below /run/netns: blue, red")
