# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a helper container runs while commands are sent to it.

A plain C(sleep) is the first process of its container, for which the kernel ignores SIGTERM: it would hold the whole
Pod, and with it a rollout or a drain, until the grace period is over (kubernetes#131585).
"""

from __future__ import annotations

_PYTHON = "import os, signal, sys, time; signal.signal(15, lambda *_: os._exit(0)); time.sleep(int(sys.argv[1]))"
#: The shell waits by the image's C(sleep), or hands over to Python where there is none. Among the processes of others
#: it becomes the C(sleep), which SIGTERM ends there: as a child, it would outlive a shell that is killed. No C($$): the
#: kubelet makes one C($) of it (C(expansion.go)).
_SH = """
command -v sleep >/dev/null 2>&1 || exec python3 -c "$0" "$1"
pid=1
read -r pid rest </proc/self/stat
[ "$pid" = 1 ] || exec sleep "$1"
trap 'kill $!; exit 0' INT TERM
sleep "$1" &
wait
""".strip()

#: Both end by themselves after so many seconds, which are their last argument, and at once when they are told to.
SHELL = ("sh", "-c", _SH, _PYTHON)
PYTHON = ("python3", "-c", _PYTHON)  #: for images that have no shell


def command(seconds: int, program: tuple[str, ...] = SHELL) -> tuple[str, ...]:
    """The program and how long it runs."""
    return (*program, str(seconds))
