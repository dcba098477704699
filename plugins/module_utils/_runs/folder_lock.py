# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One run at a time writes to a folder.

The tasks of a playbook write to it one after the other, and between two of them no other playbook may. So the folder's
lock file names the process that runs the playbook, and is somebody else's for as long as that one lives. While a module
writes, it holds the file by flock(2) as well, which the kernel lets go of whatever ends the module.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import errno
import fcntl
import getpass
import json
import os
import socket
import typing as t

from .. import _json
from .._bad_input import BadInput
from .._record import Record

NAME = ".kubewire.lock"  #: of the file, in the folder
_LONGEST = 1 << 16  #: characters of it that are read
_PROGRAMS = ("ansible-playbook", "ansible", "ansible-console")  #: that run tasks


class InUse(BadInput):
    """Another run writes to the folder."""


@dataclasses.dataclass(frozen=True)
class Owner(Record):
    """Who writes to a folder.

    Attributes:
        process: number of the process that runs the playbook; of the module itself where there is none to be seen, as
            on a host that Ansible reaches by SSH.
        started: when the kernel started it, in ticks since the host did (C(proc_pid_stat(5)), field 22).
        command: what it is.
        host: where it runs.
        user: who started it.
        since: when it began to write here.
    """

    process: int
    started: str
    command: str
    host: str
    user: str
    since: str

    @property
    def lives(self) -> bool:
        """Whether it may still write; of another host's, nobody here knows."""
        return bool(self.started) and self.host == socket.gethostname() and _stat(self.process)[1] == self.started

    def same(self, other: Owner) -> bool:
        """Whether both are one process."""
        return (self.host, self.process, self.started) == (other.host, other.process, other.started)


@contextlib.contextmanager
def held(folder: str) -> t.Iterator[None]:
    """Write to a run's folder, alone; it is made, 0700, where it is not there.

    One that belongs to somebody else, such as C(/tmp), is no run's, and is not locked.

    Args:
        folder: what O(dest) says; nothing is done where it is empty.

    Raises:
        InUse: another run writes to it; the message says who.
        OSError: there is no such folder, and none can be made, or it cannot be written to.
    """
    if not folder:
        yield
        return
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.stat(folder).st_uid != os.geteuid():
        yield
        return
    path, own = os.path.join(folder, NAME), _own()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(folder, _read(file)) from None
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):  # some network file systems have none
                raise
        there = _read(file)
        if there and there.lives and not there.same(own):
            raise _taken(folder, there)
        file.seek(0)
        file.truncate()
        json.dump(own.to_dict(), file)
        file.flush()
        yield


def _taken(folder: str, owner: Owner | None) -> InUse:
    who = "another task"
    if owner:
        who = f"{owner.command} (process {owner.process} of {owner.user} on {owner.host}, since {owner.since})"
    return InUse(
        f"dest: {folder!r} is being written by {who}. Give another dest, which is connectivity_run_dir in the "
        "playbooks, or wait until it has ended"
    )


def _read(file: t.TextIO) -> Owner | None:
    """Who the file names; nobody where it holds something else, as when the disk was full."""
    try:
        return Owner.from_dict(_json.loads(file.read(_LONGEST)))
    except ValueError:
        return None


def _own() -> Owner:
    number = _playbook(os.getppid()) or os.getpid()
    words = [os.path.basename(word) for word in _words(number)[:2]]
    command = next((word for word in words if word in _PROGRAMS), words[0] if words else "a module")
    since = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    return Owner(number, _stat(number)[1], command, socket.gethostname(), _user(), since)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # containers run as numbers that no passwd has
        return str(os.getuid())


def _playbook(number: int) -> int:
    """The process that runs the playbook: Ansible's own, the oldest of those that are forked from it; 0 for none."""
    while number > 1 and not any(os.path.basename(word) in _PROGRAMS for word in _words(number)[:2]):
        number = _stat(number)[0]
    if number <= 1:
        return 0
    while _words(parent := _stat(number)[0]) == _words(number):
        number = parent
    return number


def _words(number: int) -> list[str]:
    """The command line of a process; nothing where there is none, or no C(/proc)."""
    try:
        with open(f"/proc/{number}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def _stat(number: int) -> tuple[int, str]:
    """The parent of a process, and when it was started; nothing of one that is not there."""
    try:
        with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0, ""
    return int(fields[1]), fields[19]
