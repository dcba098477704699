# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A helper ends when it is told to, as the first process of its container, too, and by itself after its time."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import keepalive

#: Makes what follows the first process of a PID namespace, for which the kernel ignores signals that nobody handles.
FIRST = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")
BUSYBOX = shutil.which("busybox") or "busybox"
PROGRAMS = {
    "dash": keepalive.SHELL,
    "bash": ("bash", *keepalive.SHELL[1:]),
    "busybox": (BUSYBOX, *keepalive.SHELL),
    "python": keepalive.PYTHON,
}


def first_process(outer: subprocess.Popen[bytes], ready: t.Callable[[dict[str, str]], bool]) -> int:
    """The one that C(unshare) has forked, once it runs the program."""
    while outer.poll() is None:
        for child in pathlib.Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split():
            lines = pathlib.Path(f"/proc/{child}/status").read_text().splitlines()
            if ready(dict(line.split(":\t", 1) for line in lines if ":\t" in line)):
                return int(child)
        time.sleep(0.01)
    raise AssertionError("it ended")


def catches_sigterm(status: dict[str, str]) -> bool:
    return bool(int(status["SigCgt"], 16) & 1 << (signal.SIGTERM - 1))


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_ends_at_once_when_it_is_told_to(name: str) -> None:
    with subprocess.Popen([*FIRST, *keepalive.command(600, PROGRAMS[name])]) as outer:
        os.kill(first_process(outer, catches_sigterm), signal.SIGTERM)
        assert outer.wait(60) == 0


def test_the_kubelet_expands_nothing_in_it() -> None:
    for word in keepalive.command(600):
        assert "$$" not in word
        assert "$(" not in word


def test_a_shell_without_sleep_hands_over_to_python(tmp_path: pathlib.Path) -> None:
    for name in ("sh", "python3"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    words = ["env", "-i", f"PATH={tmp_path}", *keepalive.command(600)]
    with subprocess.Popen([*FIRST, *words]) as outer:
        child = first_process(outer, catches_sigterm)
        assert b"python3" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes()
        os.kill(child, signal.SIGTERM)
        assert outer.wait(60) == 0


@pytest.mark.parametrize("name", ["dash", "bash", "busybox"])
def test_among_the_processes_of_others_it_is_a_single_one(name: str) -> None:
    with subprocess.Popen(keepalive.command(600, PROGRAMS[name])) as process:
        while pathlib.Path(f"/proc/{process.pid}/comm").read_text().strip() not in ("sleep", "busybox"):
            time.sleep(0.01)
        assert b"600" in pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text() == ""
        process.terminate()
        assert process.wait(60) == -signal.SIGTERM


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_ends_by_itself(name: str) -> None:
    assert subprocess.run([*FIRST, *keepalive.command(1, PROGRAMS[name])], timeout=60, check=False).returncode == 0


def test_a_plain_sleep_would_not_have_ended() -> None:
    with subprocess.Popen([*FIRST, "sleep", "600"]) as outer:
        child = first_process(outer, lambda status: status["Name"] == "sleep")
        os.kill(child, signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            outer.wait(1)
        os.kill(child, signal.SIGKILL)
