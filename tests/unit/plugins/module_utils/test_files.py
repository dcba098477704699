# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are written whole or not at all, and nothing but a file is ever replaced."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _files
from ansible_collections.kubewire.netdebug.plugins.module_utils._files import NewFile


def write(path, data=b"new"):
    with NewFile(str(path)) as file:
        file.write(data)
        file.finish()


def test_a_file_and_its_folder_are_made_private(tmp_path):
    write(tmp_path / "run" / "report.json")
    assert (tmp_path / "run" / "report.json").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "run" / "report.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["device", "link to a device", "fifo", "folder"])
def test_what_is_no_regular_file_stays_as_it_is(tmp_path, kind):
    path = tmp_path / "thing"
    {
        "device": lambda: None,
        "link to a device": lambda: path.symlink_to("/dev/full"),
        "fifo": lambda: os.mkfifo(path),
        "folder": path.mkdir,
    }[kind]()
    path = "/dev/full" if kind == "device" else str(path)
    before = os.lstat(path)
    with pytest.raises(OSError, match="it is no regular file") as error:
        write(path)
    assert error.value.filename == path
    assert os.lstat(path) == before
    assert not [name for name in os.listdir(os.path.dirname(path)) if name.startswith(".kubewire-")]


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("later")
    write(tmp_path / "link")
    write(tmp_path / "dangling")
    assert (tmp_path / "link").is_symlink()
    assert [(tmp_path / name).read_bytes() for name in ("real", "later")] == [b"new", b"new"]


#: A limit of the size of files is met where a disk is full.
FULL = f"""
import importlib.util, resource, signal, sys
spec = importlib.util.spec_from_file_location("files", {_files.__file__!r})
files = importlib.util.module_from_spec(spec)
spec.loader.exec_module(files)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
with files.NewFile(sys.argv[1]) as file:
    file.write(b"x" * 100_000)
    file.finish()
"""


def test_where_there_is_no_room_the_file_is_named_and_the_old_one_is_kept(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(f"File too large: '{path}'")
    assert os.listdir(tmp_path) == ["report.json"]
    assert path.read_text() == "old"


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "large").write_bytes(b"x" * 3_000_000)
    (tmp_path / "link").symlink_to("large")
    assert _files.read(str(tmp_path / "link")) == b"x" * 3_000_000
    assert _files.read("/proc/self/comm")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (os.mkfifo, "it is no regular file, and only those are read"),
        (lambda path: path.symlink_to("/dev/zero"), "it is no regular file, and only those are read"),
        (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/proc/self/mem"), "Input/output error"),
        (lambda path: (path.touch(), os.truncate(path, 1 << 40)), "File too large"),
    ],
    ids=["nothing", "folder", "pipe", "device", "loop", "memory", "hole"],
)
def test_what_cannot_be_read_says_why_at_once(tmp_path, make, words):
    path = tmp_path / "thing"
    make(path)
    with pytest.raises(OSError, match=words) as error:
        _files.read(str(path))
    assert error.value.filename == str(path)


@pytest.mark.parametrize("do", [_files.read, _files.assert_readable, NewFile])
def test_a_path_that_can_be_none_is_named(do):
    with pytest.raises(OSError, match="it holds a NUL character, and no path can"):
        do("a\0b")
