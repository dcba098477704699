# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The container that commands run in: what it may see of the host, its start, its commands, its end."""

from __future__ import annotations

import dataclasses
import datetime
import os
import typing as t

from .._cluster.errors import ClusterError
from .._debug import runs, troubles
from .._debug.types import END, Command, CommandAnswer, Left, NotStarted
from . import exit_class, volumes
from .engine import Engine, EngineContainer
from .watchdog import Watchdog

#: A container within the OS sees these, so that it can look at the host: where on the host -> where in the container.
#: The convention of the support-tools images of RHEL and of sos, which C(HOST=/host) belongs to.
VOLUMES = {"/run": "/run", "/var/log": "/var/log", "/etc/localtime": "/etc/localtime", "/": "/host"}
#: podman loses the output of a program that ends at once and leaves unread what it was given to read (of "echo", six
#: outputs of eight, 4.3.1). So nothing is given before such a program has ended: as many times as long as the container
#: took to start, which tells how fast the host is now, and at least so many seconds.
_HOLD_TIMES, _HOLD_LEAST = 3, 0.5
_GRACE_S = 5  #: seconds that the watchdog lets the container end by itself
_OF_PROGRAM = (126, 127)  #: codes of an engine that could not start the program
_MOST_NAMED = 5


@dataclasses.dataclass(frozen=True)
class ContainerSpec:
    """What was asked for.

    Attributes:
        image: of the container.
        within: whether it is within the OS: privileged, with the host's namespaces and C(VOLUMES).
        network: C(bridge), C(host), C(none), the name of a network, C(container:ID), or an empty string for what the
            engine gives.
        pid: C(container:ID) to share its processes, or an empty string.
        capabilities: beyond those that the engine gives.
        user: to be; an empty string is the image's, and within the OS root.
        protect: which of C(VOLUMES) are read-only.
        program: one that only waits, and its arguments.
        lifetime: seconds after which it ends.
    """

    image: str
    within: bool = False
    network: str = ""
    pid: str = ""
    capabilities: tuple[str, ...] = ()
    user: str = ""
    protect: tuple[str, ...] = ()
    program: tuple[str, ...] = ()
    lifetime: int = 600


class HelperContainer:
    """A container of one task, that waits while commands run in it.

    Attributes:
        run: which run it belongs to.
        name: its name.
        inner: what the engine says of it, once it runs.
        warnings: what is worth knowing about it.
    """

    def __init__(self, engine: Engine, wanted: ContainerSpec, run: str) -> None:
        self.engine, self.wanted, self.run = engine, wanted, run
        self.name = f"kubewire-{run}"
        self.inner: EngineContainer | None = None
        self.warnings: list[str] = []
        self.watchdog: Watchdog | None = None
        self.pace = 0.0  #: seconds that its start took

    @property
    def place(self) -> str:
        """How results name it."""
        return f"{self.engine.host}/{self.name}"

    def options(self) -> list[str]:
        """The words after the engine's name that start it in the background; it goes when it ends."""
        wanted = self.wanted
        end = runs.stamp(runs.now() + datetime.timedelta(seconds=wanted.lifetime))
        # The first process ignores SIGTERM, as every PID 1 without a handler does: podman would wait 10 s for it.
        words = ["run", "--detach", "--rm", f"--name={self.name}", "--stop-signal=SIGKILL"]
        words += [f"--label={key}={value}" for key, value in {**runs.labels(self.run), END: end}.items()]
        if wanted.within:
            words += ["--privileged", "--ipc=host", "--net=host", "--pid=host"]
            words += ["-e", "HOST=/host", "-e", f"NAME={self.name}", "-e", f"IMAGE={wanted.image}", *_volumes(wanted)]
        words += [f"--net={wanted.network}"] if wanted.network else []
        words += [f"--pid={wanted.pid}"] if wanted.pid else []
        words += [f"--cap-add={capability}" for capability in wanted.capabilities]
        user = wanted.user or ("0" if wanted.within else "")
        words += [f"--user={user}"] if user else []
        program, *arguments = wanted.program
        return [*words, f"--entrypoint={program}", wanted.image, *arguments]

    def start(self, seconds: float) -> None:
        """Start it, and see that it runs.

        Raises:
            NotStarted: it does not; the trouble says why.
            ClusterError: the engine does not say.
        """
        engine, wanted = self.engine, self.wanted
        self.watchdog = Watchdog(engine.removal(self.name), wanted.lifetime + _GRACE_S)
        begun = engine.call(*self.options(), deadline=seconds, watch=self.watchdog.watch)
        what = f"container of {wanted.image} on {engine.host}"
        if begun.timed_out:
            raise engine.failure(begun, what, "other")
        if begun.rc != 0:
            why = troubles.start if begun.rc in _OF_PROGRAM else troubles.create
            raise engine.silence(begun, what) or NotStarted(what, why(begun.said, image=wanted.image, node=engine.host))
        self.pace = begun.seconds
        self.inner = engine.find(self.name)
        if not self.inner or not _runs(self.inner.pid):
            remedy = "set O(keepalive) to a program of the image that waits, such as [sleep, infinity]"
            said = f"{' '.join(wanted.program)} ended at once"
            raise NotStarted(what, troubles.trouble("ended", said, remedy))
        if wanted.within and wanted.protect:
            self._protect(self.inner.pid)

    def _protect(self, pid: int) -> None:
        """Make the read-only volumes read-only all the way down, and say where that was not possible."""
        folders = [VOLUMES[path] for path in self.wanted.protect if os.path.isdir(path)]
        try:
            open_ = volumes.make_read_only(pid, f"NAME={self.name}", folders)
        except OSError as error:
            open_ = [f"perhaps everything ({error.strerror})"]
        if open_:
            shown = ", ".join(open_[:_MOST_NAMED]) + (", ..." if len(open_) > _MOST_NAMED else "")
            self.warnings.append(
                f"what is mounted below the protected volumes can be written to in the container: {shown}. "
                "Read-only mounts below them require root and Linux 5.12"
            )

    @property
    def handle(self) -> str:
        """What the engine calls it: its ID, once there is one."""
        return self.inner.id if self.inner else self.name

    def command(self, command: Command, stdin: bool) -> list[str]:
        """The words after the engine's name that run a command in it."""
        return ["exec", *(["--interactive"] if stdin else []), self.handle, *command.argv]

    def ask(self, command: Command, stdin: bytes | None, deadline: float, limit: int) -> CommandAnswer:
        """Run a command in it."""
        words = self.command(command, stdin is not None)
        watch = self.watchdog.watch if self.watchdog else None
        hold = max(_HOLD_LEAST, _HOLD_TIMES * self.pace) if self.engine.name == "podman" else 0.0
        hold = min(hold, deadline / 2)
        finished = self.engine.call(*words, deadline=deadline, stdin=stdin, limit=limit, watch=watch, hold=hold)
        meant = exit_class.of_container(finished, self.handle)
        return exit_class.answer(self.place, self.engine.host, command, finished, meant, limit)

    def remove(self) -> list[Left]:
        """End it, and all that runs in it; return what stays."""
        reason = self.engine.remove(self.name)
        if not reason:
            if self.watchdog:
                self.watchdog.dismiss()
            return []
        end = self.inner.labels.get(END, "") if self.inner else ""
        return [Left("Container", self.engine.host, self.name, "unknown", end, reason)]


def _runs(pid: int) -> bool:
    """Whether a process runs: an engine may not know yet that it has ended, but /proc does, where we may look."""
    return pid > 0 and (os.geteuid() != 0 or os.path.exists(f"/proc/{pid}"))


def get_image(engine: Engine, image: str, pull: str, archive: str, seconds: float, dry: bool) -> bool:
    """See to it that the host has the image; tell whether that changes the host.

    Args:
        engine: which.
        image: its name.
        pull: C(always), C(missing) or C(never).
        archive: path of a saved image to load where it is missing, or an empty string.
        seconds: that it may take.
        dry: only look.

    Raises:
        NotStarted: it cannot be had.
        ClusterError: the engine does not say, or the archive is none.
    """
    before = engine.image_id(image)
    if before and pull != "always":
        return False
    if archive and not before:
        if dry:
            return True
        loaded = engine.load(archive, seconds)
        if engine.image_id(image):
            return True
        raise _absent(engine, image, f"{archive} does not hold it: {loaded}")
    if pull == "never":
        raise _absent(engine, image, "the host does not have it")
    if dry:
        return not before
    engine.pull(image, seconds)
    return engine.image_id(image) != before


def _absent(engine: Engine, image: str, evidence: str) -> ClusterError:
    remedy = f"set O(pull): missing, or O(archive) to a file that '{engine.name} save {image}' wrote"
    trouble = troubles.trouble("image_absent", f"{image}: {evidence}", remedy)
    return NotStarted(f"container of {image} on {engine.host}", trouble)


def _volumes(wanted: ContainerSpec) -> t.Iterator[str]:
    """Only of what the host has: docker would make the others, as folders."""
    for source, place in VOLUMES.items():
        if os.path.exists(source):
            yield from ("-v", f"{source}:{place}{':ro' if source in wanted.protect else ''}")
