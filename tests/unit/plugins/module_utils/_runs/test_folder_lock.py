# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time writes to a folder; others are told who."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import folder_lock

ROOT = pathlib.Path(folder_lock.__file__).parents[6]
#: A module: it writes to the folder until its stdin ends.
MODULE = """
import sys
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import folder_lock
try:
    with folder_lock.held(sys.argv[1]):
        print("held", flush=True)
        sys.stdin.readline()
except folder_lock.InUse as error:
    print(error, flush=True)
"""
#: A playbook: for each line of its stdin it forks, as Ansible's workers are, and the fork runs a module to its end.
PLAYBOOK = """
import os, subprocess, sys
for line in sys.stdin:
    if os.fork() == 0:
        subprocess.run([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdin=subprocess.DEVNULL)
        os._exit(0)
    os.wait()
"""


class Process:
    """A process that is spoken to line by line."""

    def __init__(self, *words: str) -> None:
        pipe = subprocess.PIPE
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen([sys.executable, *words], stdin=pipe, stdout=pipe, text=True, env=environ)

    def says(self) -> str:
        return str(t.cast(t.Any, self.process.stdout).readline()).strip()

    def tell(self) -> str:
        """Give it a line, and return the one that it answers."""
        stdin = t.cast(t.Any, self.process.stdin)
        stdin.write("\n")
        stdin.flush()
        return self.says()

    def end(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.communicate()


@pytest.fixture
def start() -> t.Iterator[t.Callable[..., Process]]:
    with contextlib.ExitStack() as stack:

        def new(*words: str) -> Process:
            process = Process(*words)
            stack.callback(process.end)
            return process

        yield new


@pytest.fixture
def playbook(tmp_path: pathlib.Path, start: t.Callable[..., Process]) -> t.Callable[[pathlib.Path], Process]:
    script = tmp_path / "ansible-playbook"
    script.write_text(PLAYBOOK)
    return lambda folder: start(str(script), MODULE, str(folder))


def refused(folder: pathlib.Path) -> str:
    with pytest.raises(folder_lock.InUse) as caught, folder_lock.held(str(folder)):
        pass
    return str(caught.value)


def test_a_second_module_is_told_who_writes_until_the_first_one_ends(tmp_path, start):
    folder = tmp_path / "run"
    first = start("-c", MODULE, str(folder))
    assert first.says() == "held"
    said = refused(folder)
    assert said.startswith(f"dest: '{folder}' is being written by ")
    assert f"process {first.process.pid} of " in said
    assert "Give another dest, which is connectivity_run_dir" in said
    first.end(signal.SIGKILL)
    with folder_lock.held(str(folder)):
        assert folder.stat().st_mode & 0o077 == 0


def test_between_two_tasks_the_folder_belongs_to_their_playbook(tmp_path, playbook):
    folder = tmp_path / "run"
    first, second = playbook(folder), playbook(folder)
    assert first.tell() == "held"
    assert f"ansible-playbook (process {first.process.pid} of " in second.tell()
    assert f"ansible-playbook (process {first.process.pid} of " in refused(folder)
    assert first.tell() == "held"
    first.end()
    assert second.tell() == "held"


def test_two_folders_are_two_runs(tmp_path, playbook):
    first, second = playbook(tmp_path / "a"), playbook(tmp_path / "b")
    assert (first.tell(), second.tell()) == ("held", "held")


OWNER = {"process": 1, **dict.fromkeys(("started", "command", "host", "user", "since"), "x")}
ODD = [json.dumps({**OWNER, **odd}) for odd in ({"process": "1"}, {"process": True}, {"host": None}, {"started": [1]})]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"process": 1}', "[" * 60_000, "x" * 100_000, *ODD])
def test_a_lock_that_nobody_can_read_is_nobodys(tmp_path, text):
    (tmp_path / folder_lock.NAME).write_text(text)
    with folder_lock.held(str(tmp_path)):
        assert json.loads((tmp_path / folder_lock.NAME).read_text())["process"] == os.getpid()


def test_a_number_that_another_process_has_by_now_holds_nothing(tmp_path):
    with folder_lock.held(str(tmp_path)):
        pass
    path = tmp_path / folder_lock.NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), "process": 1, "started": "no such time"}))
    with folder_lock.held(str(tmp_path)):
        pass


def test_a_folder_of_somebody_else_is_no_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock.os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with folder_lock.held(str(tmp_path)):
        assert list(tmp_path.iterdir()) == []


def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "target").write_text("keep")
    (tmp_path / folder_lock.NAME).symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match=folder_lock.NAME), folder_lock.held(str(tmp_path)):
        pass
    assert (tmp_path / "target").read_text() == "keep"
