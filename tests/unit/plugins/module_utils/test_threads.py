# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No thread outlives its block."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool


def work(done: list[str]) -> None:
    time.sleep(0.2)
    done.append("done")


def interrupt(*_words: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("before", [0, 1])
def test_an_interrupt_while_a_thread_starts_leaves_none_behind(monkeypatch, before):
    done: list[str] = []
    start = threading.Thread.start

    def interrupted_start(thread: threading.Thread) -> None:
        start(thread)
        interrupt()

    def all_of_it() -> None:
        with Pool() as pool:
            for _each in range(before):
                pool.submit(work, done)
            monkeypatch.setattr(threading.Thread, "start", interrupted_start)
            pool.submit(work, done)

    with pytest.raises(KeyboardInterrupt):
        all_of_it()
    assert done == ["done"] * (before + 1)


def test_an_interrupt_while_it_waits_leaves_none_behind(monkeypatch):
    done: list[str] = []

    def all_of_it() -> None:
        with Pool() as pool:
            pool.submit(work, done)
            monkeypatch.setattr(threading.Thread, "join", interrupt)

    with pytest.raises(KeyboardInterrupt):
        all_of_it()
    assert done == ["done"]


def test_two_pools_do_not_wait_for_each_other():
    end = threading.Event()
    with Pool() as outer:
        waiting = outer.submit(end.wait, 60)
        with Pool() as inner:
            assert inner.submit(sum, [1, 2]).result() == 3
        assert not waiting.done()
        end.set()
