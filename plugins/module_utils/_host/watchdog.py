# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who tidies up on this host when the module that should have done it was killed.

A container of ours ends by itself, but what was started in it by C(exec) does not always: where it shares a PID
namespace, podman lets it go on, and then keeps the container too. So a process of its own holds the other end of a pipe
of the module's. When that closes without a word, or the time is over, it removes the container and kills what runs.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
import typing as t

from .process import environment

_BYE = b"bye"
_RETRY_DELAYS_S = (0.0, 1.0, 4.0)  #: seconds before each try: a container may only just be on its way
_TIMEOUT_S = 60.0  #: seconds for one try


class Watchdog:
    """The module's end of it."""

    def __init__(self, cleanup: t.Sequence[str], seconds: float) -> None:
        """Start the process.

        Args:
            cleanup: the program to run, or nothing.
            seconds: after which it acts even while the module lives.
        """
        reader, self._writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                if os.fork() == 0:
                    _guard(reader, list(cleanup), time.monotonic() + seconds)
            finally:
                os._exit(0)
        os.close(reader)
        os.waitpid(child, 0)

    def watch(self, group: int) -> None:
        """Name the process group that is to end with the module; 0 for none any more."""
        self._say(b"%d" % group)

    def dismiss(self) -> None:
        """Let it go: everything has been tidied up."""
        self._say(_BYE)
        os.close(self._writer)

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, word + b"\n")


def _guard(reader: int, cleanup: list[str], until: float) -> None:
    """Be the process: listen until there is nothing more to hear, then act."""
    _detach(reader)
    heard = b""
    while True:
        ready = select.select([reader], [], [], max(0.0, until - time.monotonic()))[0]
        data = os.read(reader, 4096) if ready else b""
        if not data:
            break
        heard = (heard + data)[-64:]
    last = heard.split(b"\n")[-2] if b"\n" in heard else b"0"
    if last == _BYE:
        return
    if last.isdigit() and int(last) > 1:
        with contextlib.suppress(OSError):
            os.killpg(int(last), signal.SIGKILL)
    for pause in _RETRY_DELAYS_S if cleanup else ():
        time.sleep(pause)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            null = subprocess.DEVNULL
            subprocess.run(  # pylint: disable=ansible-bad-function
                cleanup, stdin=null, stdout=null, stderr=null, env=environment(), timeout=_TIMEOUT_S, check=False
            )


def _detach(reader: int) -> None:
    """Hold nothing of the module's: neither its streams, or SSH would wait for us, nor our own writing end."""
    for deaf in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(deaf, signal.SIG_IGN)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != reader:
            with contextlib.suppress(OSError):
                os.close(int(name))
