# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Processes of this host and the namespaces that they are in, from C(/proc) alone."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import typing as t

from .._debug.types import Refusal, Refused
from .._record import Record

#: name in C(/proc/PID/ns) -> option of nsenter (util-linux; busybox has the same)
OPTIONS = {
    "cgroup": "--cgroup",
    "ipc": "--ipc",
    "mnt": "--mount",
    "net": "--net",
    "pid": "--pid",
    "user": "--user",
    "uts": "--uts",
}
_MOST_NAMED = 10
_TASK_COMM_LEN = 15  #: characters that the kernel keeps of a thread's name


@dataclasses.dataclass(frozen=True)
class NamespaceTarget(Record):
    """What commands look at from inside.

    Attributes:
        pid: of a process in the namespaces; 0 where there is only a path.
        pids: of all processes that are meant, such as those of a name, or those of a container.
        process: its name.
        container: name of the container that it is the first process of, where it was asked for by that.
        path: of the network namespace, where it was asked for by that.
        namespaces: kind, such as C(net), to what the kernel calls it, such as C(net:[4026531840]).
    """

    pid: int = 0
    pids: tuple[int, ...] = ()
    process: str = ""
    container: str = ""
    path: str = ""
    namespaces: dict[str, str] = dataclasses.field(default_factory=dict)

    KEEP: t.ClassVar[frozenset[str]] = frozenset(("pid", "pids", "process", "container", "path", "namespaces"))

    def words(self, kinds: t.Sequence[str]) -> list[str]:
        """Return nsenter's options for these namespaces of the target."""
        if self.path:
            return [f"--net={self.path}"]
        return [f"{OPTIONS[kind]}=/proc/{self.pid}/ns/{kind}" for kind in kinds]

    def is_still_there(self) -> bool:
        """Whether the PID, or the path, still means the same namespaces."""
        try:
            if self.path:
                return _of_path(self.path) == self.namespaces
            return _of(self.pid, self.namespaces) == self.namespaces
        except OSError:
            return False


def by_pid(host: str, pid: int, kinds: t.Sequence[str]) -> NamespaceTarget:
    """Find a process by its PID.

    Raises:
        Refused: there is none, or we may not look at it.
    """
    what = f"process {pid} of {host}"
    try:
        return NamespaceTarget(pid, (pid,), _name(pid), namespaces=_of(pid, kinds))
    except PermissionError as error:
        raise not_permitted(what, f"{error.filename}: {error.strerror}") from None
    except OSError:
        remedy = "use a running process; ps -e on the host lists them"
        raise Refused(Refusal("no_such_process", what, "there is no such process", remedy)) from None


def by_container(host: str, pid: int, name: str, kinds: t.Sequence[str]) -> NamespaceTarget:
    """Find the first process of a container, and those that share its PID namespace, unless that is the host's.

    Raises:
        Refused: it has ended, or we may not look at it.
    """
    target = by_pid(host, pid, kinds)
    return dataclasses.replace(target, container=name, pids=tuple(_beside(pid)) or (pid,))


def by_name(host: str, name: str, kinds: t.Sequence[str]) -> NamespaceTarget:
    """Find a process by the name of its program.

    Several of one name are as good as one where they are in the same namespaces; then the oldest is taken.

    Raises:
        Refused: there is none, or they are not, or we may not look at them.
    """
    what = f"process {name!r} of {host}"
    found: dict[int, NamespaceTarget] = {}
    for pid in _pids():
        if pid != os.getpid() and _is_called(pid, name):
            try:
                found[pid] = by_pid(host, pid, kinds)
            except Refused as error:
                if error.reason != "no_such_process":  # else it has just ended
                    raise
    pids = list(found)
    if not pids:
        remedy = "use the name or the PID of a running process; ps -e on the host lists them"
        raise Refused(Refusal("no_such_process", what, "there is no such process", remedy))
    if len({tuple(target.namespaces.items()) for target in found.values()}) > 1:
        shown = ", ".join(str(pid) for pid in pids[:_MOST_NAMED]) + (", ..." if len(pids) > _MOST_NAMED else "")
        message = f"{len(pids)} processes have this name, and they are in different namespaces: {shown}"
        raise Refused(Refusal("ambiguous", what, message, "set the PID of one of them"))
    return dataclasses.replace(found[pids[0]], pids=tuple(pids))


def by_path(host: str, path: str) -> NamespaceTarget:
    """Find a network namespace by a path that it is bound to, as C(ip netns) does it below C(/run/netns).

    Raises:
        Refused: nothing is there, or we may not look.
    """
    what = f"network namespace {path} of {host}"
    try:
        return NamespaceTarget(path=path, namespaces=_of_path(path))
    except PermissionError as error:
        raise not_permitted(what, f"{path}: {error.strerror}") from None
    except OSError as error:
        there = ", ".join(_named()) or "none"
        raise Refused(
            Refusal("no_such_path", what, str(error.strerror), f"namespaces below /run/netns: {there}")
        ) from None


def not_permitted(what: str, message: str) -> Refused:
    """Refuse for want of root, or of what root may not do here."""
    remedy = "set O(become): true, since only root may do that"
    if os.geteuid() == 0:
        remedy = "root is not allowed to do that here; run the task on the machine itself, not in a container on it"
    return Refused(Refusal("permission", what, message, remedy))


def _beside(pid: int) -> t.Iterator[int]:
    """Processes of the same PID namespace, where that is not ours."""
    spaces = {}
    for each in _pids():
        with contextlib.suppress(OSError):
            spaces[each] = os.readlink(f"/proc/{each}/ns/pid")
    if spaces.get(pid) not in (None, spaces.get(os.getpid())):
        yield from (each for each in spaces if spaces[each] == spaces[pid])


def _of(pid: int, kinds: t.Iterable[str]) -> dict[str, str]:
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in kinds}


def _of_path(path: str) -> dict[str, str]:
    return {"net": f"net:[{os.stat(path).st_ino}]"}


def _named() -> list[str]:
    try:
        return sorted(os.listdir("/run/netns"))
    except OSError:
        return []


def _pids() -> list[int]:
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def _is_called(pid: int, name: str) -> bool:
    """By the kernel's name for it, or by its program: C(argv[0]) without the folders."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            program = os.path.basename(stream.read(4096).split(b"\0")[0]).decode("utf-8", "replace")
        return program == name or (len(name) <= _TASK_COMM_LEN and _name(pid) == name)
    except OSError:
        return False  # it has just ended


def _name(pid: int) -> str:
    with open(f"/proc/{pid}/comm", "rb") as stream:
        return stream.read().decode("utf-8", "replace").rstrip("\n")
