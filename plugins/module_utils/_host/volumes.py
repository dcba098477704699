# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Volumes that are truly read-only.

C(-v /:/host:ro) makes one mount read-only and leaves all that is mounted below it writable (podman, and docker before
25). The kernel can change a whole tree at once since 5.12: C(mount_setattr(2)) with C(AT_RECURSIVE).
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import re
import struct
import time
import typing as t

_SYS_MOUNT_SETATTR = 442  #: on every architecture but alpha
_AT_FDCWD, _AT_SYMLINK_NOFOLLOW, _AT_RECURSIVE = -100, 0x100, 0x8000
_MOUNT_ATTR_RDONLY = 1
_CLONE_NEWNS = 0x20000
_TIMEOUT_S, _PAUSE = 10.0, 0.01  #: seconds
#: after which a mount stays as it is: its number, its place and its device may be those of one that has just gone
_TURNS = 5


def make_read_only(pid: int, mark: str, paths: t.Sequence[str]) -> list[str]:
    """Make mounts of a process's mount namespace, and all below them, read-only; where that is not possible, nothing.

    An engine may speak of a process that is still the runtime on its way to C(execve(2)), without its environment yet,
    and the kernel refuses while anything below is being written to (C(EBUSY)): both pass within moments. docker lets
    the container see what the host mounts meanwhile, such as the file system of another container (propagation
    C(rslave), which it insists on where a volume holds its own files): that is made read-only in another turn.

    Args:
        pid: the process.
        mark: what its environment holds, C(NAME=...), or it is another one of the same number.
        paths: mount points.

    Returns:
        Mount points that can still be written to, since the kernel does not change them.

    Raises:
        OSError: the process is gone, or is another one, or we may not look at it.
    """
    until = time.monotonic() + _TIMEOUT_S
    while not _marked(pid, mark):
        if time.monotonic() > until:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        time.sleep(_PAUSE)
    until = time.monotonic() + _TIMEOUT_S
    turns: dict[str, int] = {}  # how many times each was tried, and is still there
    for number in itertools.count(1):
        refused = _changed(pid, paths)
        found = writable(pid, paths)
        turns = {mount: turns.get(mount, 0) + 1 for mount in found}
        stay = [point for mount, point in found.items() if turns[mount] >= _TURNS]
        settled = not found or (refused != errno.EBUSY and len(stay) == len(found))
        if settled or (number >= _TURNS and time.monotonic() > until):
            break
        time.sleep(_PAUSE)
    return stay


def _marked(pid: int, mark: str) -> bool:
    with open(f"/proc/{pid}/environ", "rb") as stream:
        return mark.encode() in stream.read().split(b"\0")


def _changed(pid: int, paths: t.Sequence[str]) -> int:
    """Change them from a process of its own: a mount namespace is for all threads, and there is no way back.

    Returns:
        errno of what was refused, or 0.
    """
    child = os.fork()
    if child == 0:
        refused = errno.EIO
        try:
            refused = _go(pid, paths)
        finally:
            os._exit(refused)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1])


def _go(pid: int, paths: t.Sequence[str]) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    place = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
    if libc.setns(place, _CLONE_NEWNS) != 0:
        return ctypes.get_errno()
    attributes = struct.pack("=4Q", _MOUNT_ATTR_RDONLY, 0, 0, 0)  # attr_set, attr_clr, propagation, userns_fd
    flags = _AT_RECURSIVE | _AT_SYMLINK_NOFOLLOW
    refused = 0
    for path in paths:
        done = libc.syscall(
            ctypes.c_long(_SYS_MOUNT_SETATTR),
            ctypes.c_int(_AT_FDCWD),
            ctypes.c_char_p(path.encode()),
            ctypes.c_uint(flags),
            ctypes.c_char_p(attributes),
            ctypes.c_size_t(len(attributes)),
        )
        refused = ctypes.get_errno() if done != 0 else refused
    return refused


def writable(pid: int, paths: t.Sequence[str]) -> dict[str, str]:
    """Return what is mounted at or below the paths, as a process sees it, and can be written to.

    Returns:
        The kernel's line of each mount, and its mount point.

    Raises:
        OSError: the process is gone, or we may not look at it.
    """
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
        points = {line: _writable(line.split(" ")) for line in stream}
    return {line: point for line, point in points.items() if any((point + "/").startswith(f"{at}/") for at in paths)}


def _writable(row: t.Sequence[str]) -> str:
    """Return the mount point of a line of mountinfo, or nothing where it is read-only (proc_pid_mountinfo(5))."""
    mount, of_file_system = row[5].split(","), row[-1].strip().split(",")
    if "ro" in mount or "ro" in of_file_system:
        return ""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), row[4])
