# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who tidies up when the module was killed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._host import watchdog as watchdogs
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.watchdog import Watchdog


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(watchdogs, "_RETRY_DELAYS_S", (0.0,))


def wait(path, seconds=5.0):
    """Wait until the file is there; tell whether it came."""
    until = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return path.exists()


def touch(path):
    return ["/usr/bin/touch", str(path)]


def test_a_guard_that_is_dismissed_does_nothing(tmp_path):
    mark = tmp_path / "mark"
    Watchdog(touch(mark), 60).dismiss()
    assert not wait(mark, 0.5)


def test_when_the_time_is_over_it_acts_though_the_module_lives(tmp_path):
    mark = tmp_path / "mark"
    watchdog = Watchdog(touch(mark), 0.2)
    assert wait(mark)
    watchdog.watch(0)  # nobody listens any more, and that is no fault
    watchdog.dismiss()


def test_it_acts_when_the_module_is_killed_and_holds_none_of_its_streams(tmp_path, gone):
    mark = tmp_path / "mark"
    code = f"""
        import os, signal, subprocess, sys
        sys.path[:0] = {sys.path!r}
        from ansible_collections.kubewire.netdebug.plugins.module_utils._host import watchdog
        watchdog._RETRY_DELAYS_S = (0.0,)
        sleeper = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, start_new_session=True)
        it = watchdog.Watchdog({touch(mark)!r}, 60)
        it.watch(1234567)
        it.watch(0)
        it.watch(sleeper.pid)
        print(sleeper.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, timeout=30, check=False)
    assert time.monotonic() - begin < 20  # run() has read to the end of streams that the watchdog would have held open
    assert wait(mark)
    assert gone(int(done.stdout))


def test_a_group_that_has_ended_is_not_killed(tmp_path):
    mark = tmp_path / "mark"
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        watchdog = Watchdog(touch(mark), 0.3)
        watchdog.watch(other.pid)
        watchdog.watch(0)
        assert wait(mark)
        assert other.poll() is None
        other.kill()
