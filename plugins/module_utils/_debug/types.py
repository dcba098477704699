# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What crosses between the parts of a debugging task, and what every level gives back in the same words."""

from __future__ import annotations

import dataclasses
import typing as t

from .._cluster.errors import ClusterError
from .._record import Record

RUN_ID = "kubewire.io/run-id"  #: label: which run made the object
MANAGED_BY = ("app.kubernetes.io/managed-by", "kubewire")  #: label: that one of ours did
SPEC_HASH = "kubewire.io/spec-hash"  #: annotation: digest of what was asked for, to tell "the same" from "another"
END = "kubewire.io/end"  #: annotation: RFC 3339 time after which nothing of the run may be left


@dataclasses.dataclass(frozen=True)
class Place(Record):
    """A running container that commands can be sent to.

    Attributes:
        level: one of C(_words.LEVELS).
        namespace: of the Pod.
        pod: its name.
        container: in which container.
        node: where the Pod runs, or an empty string where that is not known yet.
        image: of the container, where that is known.
        enter: the words before a command's own that take it into the network of another container.
        shared_kib: memory in KiB that the container and the processes that it sees may have together, if bounded.
    """

    level: str
    namespace: str
    pod: str
    container: str
    node: str = ""
    image: str = ""
    enter: tuple[str, ...] = ()
    shared_kib: int | None = None

    @property
    def object(self) -> str:
        """How results name it."""
        return f"{self.namespace}/{self.pod}/{self.container}"


@dataclasses.dataclass(frozen=True)
class Command(Record):
    """A program and its arguments; no shell is involved.

    Attributes:
        argv: the program, then its arguments.
        name: what the answers are to be called, or an empty string.
    """

    argv: tuple[str, ...]
    name: str = ""


@dataclasses.dataclass(frozen=True)
class OutputFile(Record):
    """A file that holds what one command wrote to one of its streams.

    Attributes:
        path: where it is, mode 0600.
        size: in bytes.
        sha256: of its bytes, hexadecimal.
    """

    path: str
    size: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class CommandAnswer(Record):
    """What one command gave at one place: who, what was run, what came back.

    Attributes:
        level: one of C(_words.LEVELS).
        object: C(namespace/pod/container); on a host C(HOST/CONTAINER), C(HOST/pid/PID) of the process whose namespaces
            it ran in, or C(HOST/PATH) of a network namespace.
        node: the node or host it ran on.
        argv: what was run.
        name: the user's name for the command, where it has one.
        exit_class: one of C(_words.EXIT_CLASSES); a lost status is never C(exited).
        rc: the exit code, or None where there is none.
        stdout: standard output, UTF-8; bytes that are none are shown as U+FFFD.
        stderr: standard error, the same.
        stdout_base64: all of standard output where it is not valid UTF-8.
        stderr_base64: all of standard error where it is not valid UTF-8.
        stdout_size: bytes of standard output that came, those beyond the limit included. A server may have dropped
            some before (kubernetes#124571): no client can know.
        stderr_size: the same of standard error.
        stdout_file: where standard output was written to, in place of C(stdout) and C(stdout_base64).
        stderr_file: the same of standard error.
        truncated: whether output beyond the limit was dropped.
        may_run_on: whether the process may still run: its stream ended first, and nothing ends a process but itself.
        message: why there is no exit code.
        seconds: how long it took.
    """

    level: str
    object: str
    node: str
    argv: tuple[str, ...]
    name: str = ""
    exit_class: str = "lost"
    rc: int | None = None
    stdout: str = ""
    stderr: str = ""
    stdout_base64: str = ""
    stderr_base64: str = ""
    stdout_size: int = 0
    stderr_size: int = 0
    stdout_file: OutputFile | None = None
    stderr_file: OutputFile | None = None
    truncated: bool = False
    may_run_on: bool = False
    message: str = ""
    seconds: float = 0.0

    KEEP: t.ClassVar[frozenset[str]] = frozenset(
        ("level", "object", "node", "argv", "exit_class", "rc", "stdout", "stderr", "truncated", "seconds")
    )


@dataclasses.dataclass(frozen=True)
class Left(Record):
    """What a task leaves behind, and why.

    Attributes:
        kind: of the object, such as C(Pod), C(EphemeralContainer), or C(Process).
        namespace: of the object; of a container on a host the host.
        name: of the object; for an ephemeral container, or the container of a process, C(POD/CONTAINER).
        state: C(running), C(ended) or C(unknown).
        until: RFC 3339 time when the cluster removes or ends it by itself, or an empty string where it never does.
        reason: why it stays.
    """

    kind: str
    namespace: str
    name: str
    state: str = "running"
    until: str = ""
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Violation(Record):
    """One thing in an object that a rule does not allow.

    Attributes:
        field: path of the field as the API server names it, such as C(spec.hostNetwork); empty where it names none.
        rule: the rule that speaks, such as C(restricted:v1.36) or the name of a quota, a webhook, a container.
        message: the server's words for this one.
    """

    field: str = ""
    rule: str = ""
    message: str = ""


@dataclasses.dataclass(frozen=True)
class Refusal(Record):
    """Why the API server would not take an object, or a host not do what was asked; nothing was written then.

    Attributes:
        kind: one of C(rbac pod_security quota limit_range webhook static_pod service_account validation feature_off
            no_such_pod no_such_node no_such_namespace no_match conflict other), and on a host C(permission no_engine
            no_program no_such_container no_such_process no_such_path ambiguous).
        object: what was refused: C(Pod shop/debug), C(ephemeral container of Pod shop/web-1),
            C(container web of podman on h1).
        message: the whole answer, in the words of who refuses.
        remedy: the smallest change that would help.
        violations: each single objection.
    """

    kind: str
    object: str
    message: str
    remedy: str = ""
    violations: tuple[Violation, ...] = ()


@dataclasses.dataclass(frozen=True)
class Trouble(Record):
    """Why a container of ours does not start.

    Attributes:
        kind: one word of C(troubles.KINDS), such as C(image_name), C(image_pull), C(unschedulable), C(non_root).
        permanent: whether waiting cannot help.
        evidence: what the cluster says, in its words: a condition, a state, an event.
        remedy: the smallest change that would help.
    """

    kind: str
    permanent: bool
    evidence: str
    remedy: str = ""


class Refused(ClusterError):
    """A refusal that ends the task before anything was written."""

    def __init__(self, refusal: Refusal, status: int = 0) -> None:
        super().__init__(refusal.kind, f"{refusal.object} is refused: {refusal.message}", refusal.remedy, status)
        self.refusal = refusal
        self.data = {"refusal": refusal.to_dict()}


class NotStarted(ClusterError):
    """A container that did not start, after what was made has been taken away again."""

    def __init__(self, what: str, trouble: Trouble) -> None:
        super().__init__(trouble.kind, f"{what} does not start: {trouble.evidence}", trouble.remedy)
        self.trouble = trouble
        self.data = {"troubles": [{"object": what, **trouble.to_dict()}]}
