# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is being done, how far it is, and the time so far: a line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EVERY = 15.0  # seconds between lines where nothing can be rewritten


class Task:
    """One thing being done; others may be done beside it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.detail = ""
        self.start = time.monotonic()

    def __str__(self) -> str:
        return f"{self.text} {self.detail}".rstrip()


class Progress:
    """Draws the tasks under way until it is closed."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._tasks: list[Task] = []
        self._lock = threading.Lock()
        self._tty = sys.stdout.isatty()
        self._said = self._start
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """The time so far."""
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        """A line that stays."""
        with self._lock:
            clear = "\r\x1b[K" if self._tty else ""
            print(f"{clear}[{self.seconds:.0f}s] {text}", flush=True)
            self._said = time.monotonic()

    @contextmanager
    def task(self, text: str, quiet: bool = False) -> Iterator[Task]:
        """Something that takes a while; announced unless `quiet`, and counted when it took long."""
        task = Task(text)
        self._tasks.append(task)
        if not quiet and not self._tty:
            self.say(text)
        done = False
        try:
            yield task
            done = True
        finally:
            self._tasks.remove(task)
            took = time.monotonic() - task.start
            if done and (took >= 5 or (self._tty and not quiet)):
                self.say(f"{text}: done in {took:.0f} s")

    def close(self) -> None:
        """No more drawing."""
        self._end.set()
        self._thread.join()

    def _draw(self) -> None:
        while not self._end.wait(0.5):
            if not self._tasks:
                continue
            text = " | ".join(str(task) for task in list(self._tasks))
            if self._tty:
                line = f"[{self.seconds:.0f}s] {text}"[: shutil.get_terminal_size().columns - 1]
                with self._lock:
                    print(f"\r\x1b[K{line}", end="", flush=True)
            elif time.monotonic() - self._said >= EVERY:
                self.say(text)
        if self._tty:
            print("\r\x1b[K", end="", flush=True)
