# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One ephemeral container in each of several Pods: found again or added, waited for, and looked at."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import typing as t
from urllib.parse import quote

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._record import Record
from .._threads import Pool
from . import admission, commands, ephemeral, spec, start, wait
from .commands import Command
from .debug_spec import DebugSpec
from .types import Left, Place, Refused, Trouble

Json = dict[str, t.Any]

_MAX_PARALLEL = 8
_LOOK = Command(("cat", "/proc/1/cmdline"))  # all of it is argv: no shell, and cat is in every tool box
_READ_TIMEOUT_S = 5.0


@dataclasses.dataclass(frozen=True)
class Attached(Record):
    """One Pod's ephemeral container.

    Attributes:
        namespace: of the Pod.
        pod: its name.
        node: where it runs.
        container: name of the ephemeral container; empty where there is none.
        running: whether commands can be sent to it.
        reused: whether one that was there serves again.
        dialect: one of C(ephemeral.DIALECTS); empty where nothing had to be sent.
        target_shared: whether it sees the target's processes; None where no target was asked for or nobody can tell.
        dead: how many ended ephemeral containers the Pod carries, ours and others'.
        until: RFC 3339 time when it ends by itself.
    """

    namespace: str
    pod: str
    node: str
    container: str
    running: bool
    reused: bool
    dialect: str = ""
    target_shared: bool | None = None
    dead: int = 0
    until: str = ""

    KEEP: t.ClassVar[frozenset[str]] = frozenset(("container", "running", "reused", "dialect", "dead", "until"))


@dataclasses.dataclass
class TargetPod:
    """One Pod of the task.

    Attributes:
        pod: as the API server had it last.
        container: name of the ephemeral container, once it is known.
        missing: the ephemeral container to add; None where one serves again.
        dialect: one of C(ephemeral.DIALECTS), once something was sent.
        shared: whether it sees the target's processes.
        trouble: why there is none that runs.
    """

    pod: Json
    container: str = ""
    missing: Json | None = None
    dialect: str = ""
    shared: bool | None = None
    trouble: Trouble | None = None

    @property
    def name(self) -> str:
        """Of the Pod."""
        return str(self.pod["metadata"]["name"])

    @property
    def object(self) -> str:
        """How messages name it."""
        return f"ephemeral container of Pod {self.pod['metadata']['namespace']}/{self.name}"

    @property
    def node(self) -> str:
        """Where the Pod runs."""
        return str((self.pod.get("spec") or {}).get("nodeName", ""))


class Attachment:
    """The same ephemeral container in Pods of one namespace."""

    def __init__(
        self, api: Api, namespace: str, pods: t.Sequence[Json], wanted: DebugSpec, word: str = "", apart: bool = False
    ) -> None:
        """Take the Pods as they are; nothing is sent.

        Args:
            api: the API server.
            namespace: of the Pods.
            pods: whole, as the API server gave them.
            wanted: of style C(ephemeral). Its command must end by itself after the seconds that its last argument says.
            word: the user's part of the containers' names.
            apart: whether a refusal is the trouble of its Pod alone, and does not keep the others from theirs.

        Raises:
            BadInput: the word is no part of a name.
        """
        self.api, self.namespace, self.wanted, self.apart = api, namespace, wanted, apart
        self.stem = ephemeral.stem(wanted, word)
        self.members = [TargetPod(pod) for pod in pods]

    @property
    def running(self) -> list[TargetPod]:
        """Those to which commands can be sent."""
        return [member for member in self.members if not member.trouble]

    @property
    def missing(self) -> list[TargetPod]:
        """Those that get one."""
        return [member for member in self.running if member.missing]

    def plan(self, seconds: float) -> None:
        """Decide for each Pod whether one serves again or which one is added.

        Args:
            seconds: how long one that is there must live yet to serve again.

        Raises:
            BadInput: the target is no container of a Pod.
        """
        for member in self.members:
            pod = member.pod
            name = ephemeral.next_name(pod, self.stem)
            container = spec.ephemeral_container(dataclasses.replace(self.wanted, container=name), pod)
            serving = ephemeral.serving(pod, self.stem, seconds)
            member.trouble = ephemeral.unfit(pod, self.wanted.target)
            if not serving and not member.trouble:
                member.trouble = ephemeral.never_started(pod, self.stem)
            if not member.trouble:
                member.container = serving or name
                member.missing = None if serving else container

    def forecast(self) -> None:
        """Ask the API server for each Pod what it would say; nothing is written.

        Each is asked, because PodSecurity judges a Pod with all that was ever added to it (kubernetes#118961).

        Raises:
            Refused: it would refuse one of them.
        """
        self._send(admission.forecast)

    def add(self) -> None:
        """Add what is missing.

        Raises:
            Refused: something changed since the forecast. What was added elsewhere stays, and ends by itself.
        """
        self._send(admission.write)

    def _send(self, how: t.Callable[..., t.Any]) -> None:
        def send(member: TargetPod) -> Refused | None:
            call = functools.partial(ephemeral.add, self.api, member.pod, t.cast(Json, member.missing))
            try:
                member.dialect = how(member.object, call, member.container) or ""
            except Refused as refused:
                if not self.apart:
                    return refused
                said = refused.refusal
                member.trouble = Trouble(said.kind, True, said.message, said.remedy)
            return None

        with Pool(_MAX_PARALLEL) as pool:
            refused = [error for error in pool.map(send, self.missing) if error]
        if refused:
            raise refused[0]

    def wait(self, params: t.Mapping[str, str], seconds: float, grace: float) -> None:
        """Wait until each runs or its trouble is known.

        Args:
            params: selectors of the list that holds the Pods.
            seconds: how long, for all of them together.
            grace: how long a trouble that may pass is watched.
        """
        waiting = {member.name: member.container for member in self.running}
        if not waiting:
            return
        seen = wait.until_running(self.api, self.namespace, waiting, params, seconds, grace)
        for member in self.running:
            came = seen.get(member.name)
            if isinstance(came, Trouble):
                member.trouble = came if member.missing else ephemeral.found_again(came)
                self._read(member)
            elif came is not None:
                member.pod = came

    def _read(self, member: TargetPod) -> None:
        """Read a Pod again, so that what was added to it is told though it does not run."""
        path = f"/api/v1/namespaces/{quote(self.namespace, safe='')}/pods/{quote(member.name, safe='')}"
        with contextlib.suppress(ClusterError):  # gone by now, maybe: the trouble says so
            member.pod = self.api.get(path, what=f"read Pod {member.name}")

    def places(self) -> list[Place]:
        """Where commands can be sent to."""
        return [Place("pod", self.namespace, member.name, member.container, member.node) for member in self.running]

    def look(self) -> None:
        """Find out whether the target's processes are visible; a runtime may leave them out without a word (KEP-277).

        PID 1 is the target's then, or the Pod's pause, and otherwise our own program.
        """
        if not self.wanted.target or not self.running:
            return
        answers = commands.run(self.api.connection, self.places(), [_LOOK], deadline=_READ_TIMEOUT_S)
        for member, answer in zip(self.running, answers, strict=True):
            argv = answer.stdout.rstrip("\0").split("\0")
            if answer.rc == 0 and argv != [""] and not self._resembles(member):
                member.shared = argv != list(self.wanted.command)

    def _resembles(self, member: TargetPod) -> bool:
        """Whether the target runs the same program as ours, so that nobody can tell them apart."""
        for container in spec.containers(member.pod, "containers", "initContainers"):
            if container["name"] == self.wanted.target:
                argv = [*(container.get("command") or ()), *(container.get("args") or ())]
                return argv == list(self.wanted.command)
        return False

    def result(self) -> list[Attached]:
        """Return what each Pod has now."""
        return [
            Attached(
                self.namespace,
                member.name,
                member.node,
                member.container,
                start.running(member.pod, member.container),
                bool(member.container and not member.missing),
                member.dialect,
                member.shared,
                ephemeral.dead(member.pod),
                ephemeral.until(member.pod, member.container),
            )
            for member in self.members
        ]

    def left(self) -> list[Left]:
        """Return every ephemeral container of ours that the Pods carry."""
        return [left for member in self.members for left in ephemeral.left(member.pod)]
