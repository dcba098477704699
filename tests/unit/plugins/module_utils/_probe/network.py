# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces that nobody else sees, and of which nothing is left, however the tests end.

Their names stand in a mount namespace, and what runs in them in a PID namespace, whose first process reads from a pipe
of the tests'. When they are over, or killed, the pipe closes, and the kernel takes everything down.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import typing as t

import pytest

_FIRST = "mount -t tmpfs none /run && echo ready && exec cat"
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", _FIRST)


class Network:
    """Some network namespaces by their names."""

    def __init__(self, enter: tuple[str, ...], servers: contextlib.ExitStack) -> None:
        """Name what a command line begins with that is to run there, and what keeps the servers until it is gone."""
        self._enter = enter
        self._servers = servers

    def run(self, script: str) -> None:
        """Run shell commands beside the namespaces; C(ip -n) takes their names."""
        subprocess.run([*self._enter, "sh", "-e"], input=script, text=True, check=True, capture_output=True)

    def inside(self, name: str) -> tuple[str, ...]:
        """Return what a command line begins with that is to run in a namespace."""
        return (*self._enter, _path("ip"), "netns", "exec", name)

    def serve(self, name: str, program: str) -> None:
        """Start a server, in Python, in a namespace, and wait for its first line."""
        command = [*self.inside(name), "python3", "-c", program]
        server = self._servers.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
        assert t.cast(t.IO[bytes], server.stdout).readline()


@contextlib.contextmanager
def network(script: str, *needed: str) -> t.Iterator[Network]:
    """Lay out a network.

    Args:
        script: shell commands that make the namespaces.
        needed: the commands in it beside C(ip); without them, the test is skipped.
    """
    if os.geteuid() != 0 or not all(shutil.which(command) for command in ("ip", "nsenter", "unshare", *needed)):
        pytest.skip(f"network namespaces need root and the commands {' '.join(('ip', *needed))}")
    with (
        contextlib.ExitStack() as servers,  # they end with the holder
        subprocess.Popen(_APART, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder,
    ):
        if not t.cast(t.IO[bytes], holder.stdout).readline():
            pytest.skip("this machine makes no namespaces")
        own = f"/proc/{holder.pid}/ns"
        made = Network((_path("nsenter"), f"--mount={own}/mnt", f"--pid={own}/pid_for_children"), servers)
        made.run(script)
        yield made


def _path(command: str) -> str:
    return t.cast(str, shutil.which(command))
