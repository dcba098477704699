# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts of a process, as the kernel lists them."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._host import volumes

MOUNTINFO = r"""
510 400 0:50 / / rw,relatime - overlay overlay rw,lowerdir=x
511 510 0:51 / /host ro,relatime master:1 - ext4 /dev/sda1 rw
512 511 0:52 / /host/run rw,nosuid shared:2 - tmpfs tmpfs rw
513 511 0:53 / /host/boot rw,relatime - vfat /dev/sda2 ro,errors=remount-ro
514 511 0:54 / /host/my\040disk rw,relatime - ext4 /dev/sdb1 rw
515 510 0:55 / /hostile rw,relatime - tmpfs tmpfs rw
516 510 0:56 / /var/log ro,relatime - ext4 /dev/sda1 rw
"""


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    (tmp_path / "mountinfo").write_text(MOUNTINFO.lstrip())
    real = open
    monkeypatch.setattr("builtins.open", lambda path, *rest, **more: real(tmp_path / "mountinfo", *rest, **more))


def test_what_can_be_written_to_at_or_below_a_path(mounts):
    assert volumes.writable(7, ["/host"]) == ["/host/run", "/host/my disk"]
    assert volumes.writable(7, ["/var/log", "/run"]) == []
    assert volumes.writable(7, ["/hostile"]) == ["/hostile"]


def test_a_process_that_is_not_the_container_is_left_alone(monkeypatch):
    def fork():
        raise AssertionError("it went there")

    monkeypatch.setattr(os, "fork", fork)
    monkeypatch.setattr(volumes, "_PATIENCE", 0.0)
    with pytest.raises(ProcessLookupError):
        volumes.make_read_only(os.getpid(), "NAME=kubewire-none", ["/"])
    with pytest.raises(FileNotFoundError):
        volumes.make_read_only(4194305, "NAME=kubewire-none", ["/"])


def test_a_container_that_is_still_on_its_way_is_waited_for(tmp_path):
    mark = f"NAME=kubewire-{tmp_path.name}"
    steps = [
        f"mount -t tmpfs none {tmp_path} && mkdir {tmp_path}/below && mount -t tmpfs none {tmp_path}/below",
        f"exec 3>{tmp_path}/below/written; echo ready; sleep 0.2",  # not itself yet, as a runtime before execve
        f"exec env {mark} sh -c 'sleep 0.2; exec 3>&-; exec sleep 60'",  # itself, with a file still open for writing
    ]
    argv = ["unshare", "--mount", "sh", "-ec", "\n".join(steps)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            assert volumes.writable(process.pid, [str(tmp_path)]) == [str(tmp_path), f"{tmp_path}/below"]
            volumes.make_read_only(process.pid, mark, [str(tmp_path)])
            assert volumes.writable(process.pid, [str(tmp_path)]) == []
        finally:
            process.kill()
