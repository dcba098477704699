# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs on this host: their end, their bytes, their children."""

from __future__ import annotations

import os

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._host import process
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS

CAT = "/bin/cat"
SH = "/bin/sh"


def sh(text, **options):
    return process.run([SH, "-c", text], **options)


@pytest.mark.parametrize(
    ("text", "rc"), [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_the_code_of_its_end(text, rc):
    done = sh(text)
    assert (done.rc, done.timed_out, done.message) == (rc, False, "")


def test_both_streams_are_kept_apart_and_said_is_one_line():
    done = sh("echo out; echo er; echo ror >&2; echo s >&2")
    assert (done.stdout, done.stderr, done.said) == (b"out\ner\n", b"ror\ns\n", "ror s")


def test_what_is_not_there_is_told():
    done = process.run(["/no/such/program"])
    assert (done.rc, done.timed_out, done.message) == (None, False, "/no/such/program: No such file or directory")


def test_arguments_that_are_too_long_are_told():
    done = process.run([CAT, "x" * (1 << 20)])
    assert (done.rc, done.message) == (None, "/bin/cat: Argument list too long")


def test_at_the_deadline_it_is_killed_with_its_children(tmp_path, gone):
    pids = tmp_path / "pids"
    done = sh(f"echo early; sleep 60 & echo $! >{pids}; wait", deadline=0.5)
    assert (done.rc, done.timed_out, done.stdout) == (None, True, b"early\n")
    assert 0.5 <= done.seconds < 30
    assert gone(int(pids.read_text()))


def test_one_that_closes_its_streams_and_goes_on_ends_at_the_deadline():
    done = sh("exec >&- 2>&-; sleep 60", deadline=0.5)
    assert (done.rc, done.timed_out) == (None, True)


def test_children_that_hold_its_streams_are_not_waited_for():
    done = sh("sleep 60 & echo $!", deadline=50)
    assert (done.rc, done.seconds < 30) == (0, True)
    os.kill(int(done.stdout), 9)


def test_children_end_with_one_that_is_alone(gone):
    done = sh("sleep 60 & echo $!", alone=True)
    assert done.rc == 0
    assert gone(int(done.stdout))


def test_output_beyond_the_limit_is_counted_and_dropped():
    done = sh("head -c 3000000 /dev/zero; head -c 5 /dev/zero >&2", limit=1000)
    assert (len(done.stdout), done.stdout_size, done.stderr_size, done.rc) == (1000, 3_000_000, 5, 0)


@pytest.mark.parametrize("data", [b"", b"\xff\x00\r\n", b"x" * 3_000_000])
def test_what_it_reads(data):
    done = process.run([CAT], stdin=data, limit=1 << 22)
    assert (done.stdout == data, done.rc) == (True, 0)


@pytest.mark.parametrize("size", [0, 5, 3_000_000])
def test_what_it_reads_may_be_held_back(size):
    done = process.run([CAT], stdin=b"x" * size, limit=1 << 22, hold=0.4)
    assert (done.stdout_size, done.rc, done.seconds >= 0.4) == (size, 0, True)
    done = sh("echo early", stdin=b"x" * size, hold=60)
    assert (done.stdout, done.rc, done.seconds < 30) == (b"early\n", 0, True)


def test_one_that_closes_its_outputs_may_go_on_reading(tmp_path):
    done = sh(f"exec >&- 2>&-; cat >{tmp_path}/got", stdin=b"x" * 3_000_000)
    assert (done.rc, (tmp_path / "got").stat().st_size) == (0, 3_000_000)


def test_what_it_does_not_read_is_no_fault():
    assert sh("exec <&-; sleep 0.2; exit 3", stdin=b"x" * 3_000_000).rc == 3


def test_without_anything_to_read_it_reads_the_end():
    assert process.run([CAT], deadline=5).rc == 0


def test_arguments_arrive_byte_for_byte():
    done = process.run(["/usr/bin/printf", "%s\\0", *STRINGS])
    assert done.stdout.decode().split("\0")[:-1] == list(STRINGS)


def test_host_tools_are_found_and_speak_english(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    environ = process.environment()
    assert environ["PATH"] == "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
    assert (environ["LC_ALL"], environ["LC_MESSAGES"]) == ("", "C")


def test_its_group_is_told_and_taken_back():
    groups = []
    done = sh("echo $$", watch=groups.append)
    assert groups == [int(done.stdout), 0]
