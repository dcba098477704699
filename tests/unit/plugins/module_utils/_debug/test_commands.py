# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands at many places: order, bytes and files. What the wire does is the matter of _cluster."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import threading
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import Connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.exec import ExecResult
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import commands
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.commands import Command
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import CommandAnswer, Place

WEB, API = (Place("container", "shop", f"{name}-1", name, "w1") for name in ("web", "api"))


@pytest.fixture
def container(monkeypatch):
    """Stands in for the exec transport: the container does what the test says, with (pod, argv, stdout sink)."""

    def use(act):
        def run(_connection, _namespace, pod, _container, argv, stdin, deadline, limit, **streams):
            return act(pod, argv, streams["stdout"])

        monkeypatch.setattr(commands.exec_, "run", run)

    return use


def said(data, **more):
    return ExecResult("exited", 0, data, stdout_size=len(data), **more)


def run(places=(WEB,), argvs=(("true",),), **more):
    return commands.run(Connection(None), places, [Command(argv) for argv in argvs], **more)


def test_answers_come_by_place_then_command_whoever_is_first(container):
    def act(pod, argv, _stdout):
        time.sleep(0.05 if pod == "web-1" else 0)
        return said(f"{pod} {argv[0]}".encode())

    container(act)
    answers = run((WEB, API), (("a",), ("b",)))
    assert [answer.stdout for answer in answers] == ["web-1 a", "web-1 b", "api-1 a", "api-1 b"]
    assert [answer.object for answer in answers][1:3] == ["shop/web-1/web", "shop/api-1/api"]


def test_places_run_side_by_side_and_the_commands_of_one_do_not(container):
    both, busy, overlaps = threading.Barrier(2), set(), []

    def act(pod, _argv, _stdout):
        overlaps.append(pod in busy)
        busy.add(pod)
        both.wait(5)
        busy.discard(pod)
        return said(b"")

    container(act)
    run((WEB, API), (("a",), ("b",), ("c",)))
    assert overlaps == [False] * 6


def test_concurrency_is_a_bound(container):
    now, most, lock = [], [], threading.Lock()

    def act(pod, _argv, _stdout):
        with lock:
            now.append(pod)
            most.append(len(now))
        time.sleep(0.02)
        with lock:
            now.remove(pod)
        return said(b"")

    container(act)
    run([Place("container", "shop", f"web-{number}", "web") for number in range(8)], concurrency=3)
    assert max(most) == 3


@pytest.mark.parametrize(
    ("result", "text", "encoded"),
    [
        (said("grün \x1b[31m\0\n".encode()), "grün \x1b[31m\0\n", b""),
        (said(b"\xff\xfe\0"), "��\0", b"\xff\xfe\0"),
        (said("ü".encode()[:1]), "�", "ü".encode()[:1]),
        # The limit cut it in the middle of a character: what is there is valid text.
        (ExecResult("exited", 0, b"a\xc3", stdout_size=9, truncated=True), "a", b""),
    ],
)
def test_bytes_are_text_or_are_kept_beside_it(container, result, text, encoded):
    container(lambda *_case: result)
    (answer,) = run()
    assert answer.stdout == text
    assert base64.b64decode(answer.stdout_base64) == encoded
    assert answer.stdout_size == result.stdout_size
    assert CommandAnswer.from_dict(answer.to_dict()) == answer


def test_a_failure_is_an_answer(container):
    container(lambda *_case: ExecResult("no_container", message="gone"))
    (answer,) = run()
    assert (answer.exit_class, answer.rc, answer.message) == ("no_container", None, "gone")


def test_output_goes_to_private_files(container, tmp_path):
    def act(_pod, _argv, stdout):
        stdout(b"\xff" * 1000)
        stdout(b"end")
        return ExecResult("exited", 0, stdout_size=1003)

    container(act)
    (answer,) = run(argvs=(("/bin/ls", "-l"),), dest=str(tmp_path))
    file = answer.stdout_file
    assert file.path == str(tmp_path / "shop" / "web-1" / "web" / "001-ls.stdout")
    content = (tmp_path / file.path).read_bytes()
    assert content == b"\xff" * 1000 + b"end"
    assert (file.size, file.sha256) == (1003, hashlib.sha256(content).hexdigest())
    assert (answer.stdout, answer.stdout_base64, answer.stderr_file.size) == ("", "", 0)
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o600
    assert sorted(os.listdir(tmp_path / "shop" / "web-1" / "web")) == ["001-ls.stderr", "001-ls.stdout"]


@pytest.mark.parametrize("name", ["../../../etc/cron", "..", "/", "a/../../b", "\0\n", "x" * 500, ".hidden", "-rf"])
def test_no_name_leads_out_of_the_folder(container, tmp_path, name):
    container(lambda *_case: said(b""))
    dest = tmp_path / "dest"
    place = Place("container", name, name, name)
    if len(name) > 255:
        place = WEB
    commands.run(None, [place], [Command(("true",), name)], dest=str(dest))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.resolve().is_relative_to(dest) and len(path.relative_to(dest).parts) == 4 for path in files)


def test_a_full_disk_names_the_file_and_leaves_no_scraps(container, tmp_path, monkeypatch):
    def act(_pod, _argv, stdout):
        stdout(b"x")

    class Full:
        def __init__(self, handle, _mode):
            self.handle = handle

        def write(self, _data):
            raise OSError(28, "No space left on device")

        def close(self):
            os.close(self.handle)

    container(act)
    monkeypatch.setattr(commands.os, "fdopen", Full)
    with pytest.raises(OSError, match="No space") as caught:
        run(dest=str(tmp_path))
    assert caught.value.filename.endswith("001-true.stdout")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
