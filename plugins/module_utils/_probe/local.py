# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Run the probe runner on this very machine, which is how the outside of a cluster asks."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import typing as t

from .._cluster.exec import ExecResult
from . import jobs
from .types import Source

_GRACE_S = 5.0  #: seconds beyond which a runner that should have ended itself is killed


def run(stdin: bytes, seconds: float, began: t.Callable[[subprocess.Popen[bytes]], t.Any]) -> ExecResult:
    """Give the runner a stream as an exec would, and return what it printed.

    Args:
        stdin: what C(jobs.payload) made.
        seconds: how long it may take; it knows itself when to end.
        began: is called with its process, for whoever wants to end it before.
    """
    argv = [sys.executable, *jobs.argv_python[1:]]
    start, pipe = time.monotonic(), subprocess.PIPE
    try:
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function # there is no module here to run it
            argv, stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        return ExecResult("not_executable", message=f"{argv[0]}: {error.strerror}")
    began(process)
    try:
        stdout, stderr = process.communicate(stdin, seconds + _GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        taken = time.monotonic() - start
        return ExecResult("deadline", None, stdout, stderr, message="the probe runner did not end", seconds=taken)
    return ExecResult("exited", process.returncode, stdout, stderr, seconds=time.monotonic() - start)


def source(name: str, towards: t.Iterable[str]) -> Source:
    """This machine as a source.

    Args:
        name: that it asks under.
        towards: addresses of the cluster, one of each family; nothing is sent to them.
    """
    own = [_own_address(address) for address in towards]
    return Source(id=f"outside/{name}", kind="outside", addresses=tuple(filter(None, own)))


def _own_address(towards: str) -> str:
    """The address that this machine would use, empty where it has no route."""
    kind = socket.AF_INET6 if ":" in towards else socket.AF_INET
    try:
        with socket.socket(kind, socket.SOCK_DGRAM) as probe:
            probe.connect((towards, 9))  # a datagram socket sends nothing by that
            return str(probe.getsockname()[0])
    except OSError:
        return ""
