# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts of a process, as the kernel lists them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._host import volumes


def writable(pid, paths):
    return list(volumes.writable(pid, paths).values())


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
    assert writable(7, ["/host"]) == ["/host/run", "/host/my disk"]
    assert writable(7, ["/var/log", "/run"]) == []
    assert writable(7, ["/hostile"]) == ["/hostile"]


def test_a_process_that_is_not_the_container_is_left_alone(monkeypatch):
    def fork():
        raise AssertionError("it went there")

    monkeypatch.setattr(os, "fork", fork)
    monkeypatch.setattr(volumes, "_TIMEOUT_S", 0.0)
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
            assert writable(process.pid, [str(tmp_path)]) == [str(tmp_path), f"{tmp_path}/below"]
            assert volumes.make_read_only(process.pid, mark, [str(tmp_path)]) == []
            assert writable(process.pid, [str(tmp_path)]) == []
        finally:
            process.kill()


class Neighbours:
    """A host with a container that sees what the host mounts, as docker's containers do, and somebody who mounts.

    Attributes:
        host: the host's process.
        container: the container's; it has the same volume.
        volume: where it is.
        mark: what the container has in its environment.
    """

    def __init__(self, folder):
        self.volume, self.mark = folder, f"NAME=kubewire-{folder.name}"
        steps = [
            f"mount -t tmpfs none {folder} && mount --make-rshared {folder}",
            f"mkdir {folder}/there {folder}/new && mount -t tmpfs none {folder}/there",
            f"unshare --mount --propagation slave env {self.mark} sh -c 'echo $$; exec sleep 60' & wait",
        ]
        argv = ["unshare", "--mount", "sh", "-ec", "\n".join(steps)]
        self.host = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.container = int(self.host.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        os.kill(self.container, signal.SIGKILL)
        self.host.communicate()

    def on_host(self, *words):
        subprocess.run(["nsenter", f"--target={self.host.pid}", "--mount", *words], check=True)

    def begin(self):
        self.on_host("mount", "-t", "tmpfs", "neighbour", f"{self.volume}/new")

    def end(self):
        self.on_host("umount", f"{self.volume}/new")

    def protect(self):
        return volumes.make_read_only(self.container, self.mark, [str(self.volume)])

    def writable(self):
        return writable(self.container, [str(self.volume)])


@pytest.fixture
def neighbours(tmp_path):
    with Neighbours(tmp_path) as both:
        yield both


@pytest.fixture
def after_each_change(monkeypatch):
    """Let something happen on the host after the mounts were changed and before they are looked at."""

    def happens(*events):
        real, left = volumes._changed, list(events)

        def changed(pid, paths):
            refused = real(pid, paths)
            if left:
                left.pop(0)()
            return refused

        monkeypatch.setattr(volumes, "_changed", changed)

    return happens


def test_what_a_neighbour_mounts_meanwhile_becomes_read_only_too(neighbours, after_each_change):
    after_each_change(neighbours.begin)
    assert neighbours.protect() == []
    assert neighbours.writable() == []
    neighbours.on_host("touch", f"{neighbours.volume}/new/file")  # which is the container's matter alone


def test_neighbours_that_come_and_go_are_not_told_of(neighbours, after_each_change):
    after_each_change(neighbours.begin, lambda: (neighbours.end(), neighbours.begin()), neighbours.end)
    assert neighbours.protect() == []
    assert neighbours.writable() == []


def test_what_the_kernel_refuses_to_change_is_told_and_what_is_new_is_not(neighbours, after_each_change, monkeypatch):
    monkeypatch.setattr(volumes, "_changed", lambda _pid, _paths: errno.EPERM)
    after_each_change(neighbours.begin, neighbours.end)
    assert neighbours.protect() == [str(neighbours.volume), f"{neighbours.volume}/there"]


def test_what_stays_busy_is_told_in_the_end(neighbours, monkeypatch):
    monkeypatch.setattr(volumes, "_TIMEOUT_S", 0.1)
    monkeypatch.setattr(volumes, "_changed", lambda _pid, _paths: errno.EBUSY)
    assert neighbours.protect() == [str(neighbours.volume), f"{neighbours.volume}/there"]
