# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals to a process and to all that came of it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import typing as t


def family_of(process: int) -> t.Iterator[int]:
    """A process and all that came of it."""
    yield process
    with contextlib.suppress(OSError):
        for child in pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split():
            yield from family_of(int(child))


def send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a process and all of its children."""
    for each in family_of(process.pid):
        with contextlib.suppress(OSError):
            os.kill(each, number)
