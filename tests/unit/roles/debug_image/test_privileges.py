# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that give privileges are found, and lose them."""

from __future__ import annotations

import errno
import os
import pathlib
import stat

import pytest

from .conftest import script


@pytest.fixture
def root(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A tree with one of each. Capabilities are told by the kernel to root alone, so they are told here."""
    for name, mode in {
        "usr/bin/ls": 0o755,
        "usr/bin/su": 0o4755,
        "usr/bin/wall": 0o2755,
        "usr/bin/ping": 0o755,
        "proc/su": 0o4755,
        "usr/proc/mount": 0o4711,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(mode)
    (tmp_path / "usr" / "bin" / "link").symlink_to("su")
    (tmp_path / "usr" / "bin").chmod(0o2755)
    capable = {str(tmp_path / "usr" / "bin" / "ping"): ["security.capability", "user.note"]}
    monkeypatch.setattr(os, "listxattr", lambda path, follow_symlinks: capable.get(path, []))
    monkeypatch.setattr(os, "removexattr", lambda path, name, follow_symlinks: capable[path].remove(name))
    return tmp_path


def test_privileges_are_found(root, capsys):
    privileges = script("privileges")
    assert privileges.main("list", str(root)) == 1
    found = sorted(line.replace(f"{root}/", "").split("\t") for line in capsys.readouterr().out.splitlines())
    assert found == [
        ["usr/bin/ping", "capability"],
        ["usr/bin/su", "setuid"],
        ["usr/bin/wall", "setgid"],
        ["usr/proc/mount", "setuid"],
    ]


def test_privileges_are_taken_away(root, capsys):
    privileges = script("privileges")
    assert privileges.main("strip", str(root)) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert privileges.main("list", str(root)) == 0
    assert capsys.readouterr().out == ""
    assert stat.S_IMODE((root / "usr" / "bin" / "su").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "usr" / "proc" / "mount").stat().st_mode) == 0o711
    assert stat.S_IMODE((root / "proc" / "su").stat().st_mode) == 0o4755


def test_a_file_system_without_attributes_has_no_capabilities(root, monkeypatch, capsys):
    def refuse(path: str, follow_symlinks: bool) -> list[str]:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(os, "listxattr", refuse)
    assert script("privileges").main("list", str(root)) == 1
    assert "capability" not in capsys.readouterr().out
