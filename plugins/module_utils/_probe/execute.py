# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carry a plan out: one exec for each source, many sources at once, and a partial result when the time is over."""

from __future__ import annotations

import dataclasses
import subprocess
import threading
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec_failure
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import Connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from . import answers, jobs, local
from .pace import Pace, begun
from .sources import remedy
from .types import Probe, Source, SourceReport

#: Beyond one exec for each source, a run may spend this many on images without a shell that may have Python.
EXTRA_EXECS = 2
_SHELL_PARALLEL = 16  #: the most probes at once of the runner in sh
_RETRY_DELAY_S = 1.0  #: before a command that never began is started once more
_PINGS_APART_S, _SLOW_PING_S = 0.005, 4.0  #: of a probe, and what a program may take longer that sends few in a second
_START_S = 10.0  #: what an exec may take beside its probes: handshake, process start, runner
#: Seconds until a stream is given up that says nothing: an API server that waits for a kubelet has said so by then.
_PATIENCE_S = exec_failure.KUBELET_S + 3
_WORTH_ANOTHER_TRY = ("lost", "refused", "unreachable")
_REMEDIES = {
    "lost": "run it again; if it fails again, see what the kubelet of its node and the API server log at that time",
    "refused": "run it again; if it fails again, see who answers there: the API server, an admission policy or a proxy",
    "unreachable": "run it again; if it fails again, see the network path from this machine to the API server",
    "signalled": "see whether the container was restarted and whether its memory limit leaves room (137 is a kill)",
}


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds of a run."""

    concurrency: int = 32  #: sources at once; about 1,000 parallel execs break API servers, 32 do not
    parallel: int = 128  #: probes at once inside one source; all but a few of them wait for silent peers
    deadline: float = 120.0  #: seconds for all sources together
    stdout: int = 4 << 20  #: bytes kept from one source
    #: Where there is no Python but somebody else can ask: a shell starts several processes for each probe, and they
    #: take the processor time of the application's own container. 0 for no such bound.
    most_by_shell: int = 0


NO_NODE_POD = "no Pod in this node's own network can probe"
NODE_POD = "set O(debug_image), and a Pod of it probes from each node; or select O(namespaces) with hostNetwork Pods"
#: The level of debugging that a kind of source is asked at.
_LEVELS = {"pod": "container", "node": "node", "outside": "host"}


Came = t.Callable[[Source, "list[Probe]", SourceReport], None]


class Prober:
    """Sends the probes of a plan.

    Attributes:
        execs: how many exec requests were sent.
        without_runner: ids of the sources whose container has neither a shell nor Python.
        without_room: ids of the sources whose limits of memory or processes leave too little to ask there.
        without_tool: ids of the probes that a container with no more than a shell could not send.
    """

    def __init__(self, connection: Connection, limits: Limits) -> None:
        """Prepare; nothing is sent.

        Args:
            connection: to the API server.
            limits: bounds of the run.
        """
        self.connection, self.limits = connection, limits
        self.pace: Pace | None = None  #: of the run's sources
        self.execs = 0
        self.without_runner: set[str] = set()
        self.without_room: set[str] = set()
        self.without_tool: set[int] = set()
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(limits.concurrency)
        self._until = time.monotonic() + limits.deadline
        self._python: dict[str, bool] = {}  # image of a container without a shell -> whether it has Python
        self._extra = EXTRA_EXECS
        self._cut_off: dict[str, exec_.ExecResult] = {}  # node -> what the API server said of its kubelet
        self._stopped = False
        self._here: list[subprocess.Popen[bytes]] = []  # runners on this machine

    def not_asked(self, source: Source, probes: list[Probe]) -> list[Probe]:
        """The probes that another container may be able to send."""
        if source.id in self.without_runner or source.id in self.without_room:
            return probes
        return [probe for probe in probes if probe.id in self.without_tool] if source.kind == "pod" else []

    @property
    def seconds(self) -> float:
        """How many are left until the deadline."""
        return self._until - time.monotonic()

    def end_within(self, seconds: float) -> None:
        """Bring the deadline nearer."""
        self._until = min(self._until, time.monotonic() + seconds)

    def run(
        self, work: t.Iterable[tuple[Source, list[Probe]]], came: Came, pace: Pace | None = None, **limits: int
    ) -> list[SourceReport]:
        """Probe from every source; the reports come in the order of the work and none is missing.

        Several of these may be under way at once; all together never use more than C(concurrency) sources.

        Args:
            work: the sources, and what they ask.
            came: is called with each source that is done, one at a time.
            pace: of these sources, where it is not that of the run.
            limits: C(parallel) and C(most_by_shell), where they are not those of the run.
        """
        bounds = dataclasses.replace(self.limits, **limits)

        def probe(item: tuple[Source, list[Probe]]) -> SourceReport:
            source, probes = item
            with self._turns:
                report = self._probe(source, probes, bounds, pace or self.pace)
            with self._lock:
                came(source, probes, report)
            return report

        with Pool(self.limits.concurrency) as pool:
            try:
                return list(pool.map(probe, work))
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """End whatever is under way: every source has then said what it had."""
        with self._lock:
            self._stopped = True
            for process in self._here:
                process.kill()
        if self.connection:
            self.connection.cut()

    def _began(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._here.append(process)
            if self._stopped:
                process.kill()

    def _probe(self, source: Source, probes: list[Probe], limits: Limits, pace: Pace | None) -> SourceReport:
        if source.unusable:
            return SourceReport(source.id, error=source.unusable, remedy=remedy(source))
        if source.kind == "node" and not source.pod:
            return SourceReport(source.id, error=NO_NODE_POD, remedy=NODE_POD)
        left = self.seconds
        if left <= 0:
            error = f"the deadline of {self.limits.deadline:g} s ended before this source started"
            return SourceReport(source.id, error=error, remedy="increase O(deadline) or choose fewer O(sources)")
        with self._lock:
            cut_off = self._cut_off.get(source.node)
        if cut_off:
            return self._report(source, probes, cut_off)
        between = pace.seconds.get(source.id, 0.0) if pace else 0.0
        seconds = min(left, budget(probes, limits.parallel, between))
        # The runner ends a little earlier than its stream, so that what it has is still delivered.
        own = max(1000, int((seconds - 1) * 1000))
        ordered = pace.ordered(source, probes) if pace else probes
        stdin = jobs.payload(ordered, own, limits.parallel, limits.most_by_shell, int(between * 1e6), source.shared_kib)
        return self._report(source, probes, self._ask(source, stdin, min(left, max(seconds, _PATIENCE_S))))

    def _exec(self, source: Source, argv: t.Sequence[str], stdin: bytes, seconds: float) -> exec_.ExecResult:
        """Start a command; one that never began, since its node was too busy, is started once more."""
        until = time.monotonic() + seconds
        result = self._exec_once(source, argv, stdin, seconds)
        if (
            result.exit_class in _WORTH_ANOTHER_TRY
            and not result.stdout
            and until - time.monotonic() > 2 * _RETRY_DELAY_S
        ):
            time.sleep(_RETRY_DELAY_S)
            result = self._exec_once(source, argv, stdin, until - time.monotonic())
        return result

    def _exec_once(self, source: Source, argv: t.Sequence[str], stdin: bytes, seconds: float) -> exec_.ExecResult:
        with self._lock:
            self.execs += 1
        where = source.namespace, source.pod, source.container
        argv = [*source.enter, *argv]
        result = exec_.run(
            self.connection, *where, argv, stdin, seconds, self.limits.stdout, stdin_after_output=True, node=source.node
        )
        if result.exit_class == "kubelet_unreachable" and source.node:
            with self._lock:
                self._cut_off[source.node] = result
        return result

    def _ask(self, source: Source, stdin: bytes, seconds: float) -> exec_.ExecResult:
        """Start the runner by a shell; where there is none, by Python, which images are tried for a few times.

        What was learnt in one container says where to begin in the next of its image, and never what that one has.
        """
        if source.kind == "outside":
            return local.run(stdin, seconds, self._began)
        if source.enter:
            return self._exec(source, jobs.argv_sh, stdin, seconds)
        with self._lock:
            python = self._python.get(source.image)
        if python:
            result = self._exec(source, jobs.argv_python, stdin, seconds)
            if result.exit_class != "not_found" or not self._take_extra():
                return result
        shell = self._exec(source, jobs.argv_sh, stdin, seconds)
        if shell.exit_class != "not_found" or python is not None or not self._take_extra():
            return shell
        result = self._exec(source, jobs.argv_python, stdin, seconds)
        with self._lock:
            self._python[source.image] = result.exit_class != "not_found"
        return result

    def _take_extra(self) -> bool:
        with self._lock:
            self._extra -= 1
            return self._extra >= 0

    def _report(self, source: Source, probes: list[Probe], result: exec_.ExecResult) -> SourceReport:
        failure, help_ = "", ""
        if result.exit_class == "not_found":
            failure = f"container {source.container} has neither a shell nor python3 (image {source.image})"
            help_ = "set O(debug_image) to an image with a shell or python3, or probe from another container of the Pod"
            with self._lock:
                self.without_runner.add(source.id)
        elif result.exit_class == "no_container":
            failure = f"container {source.container} is gone or not running: {result.message}"
            help_ = f"kubectl describe pod -n {source.namespace} {source.pod}"
        elif result.exit_class == "deadline":
            failure, help_ = result.message, "increase O(deadline), or choose fewer O(targets)"
        elif result.exit_class != "exited" or result.rc:
            failure = result.message or f"the probe runner ended with exit code {result.rc}"
            help_ = result.remedy or _REMEDIES.get(result.exit_class, "")
        report = answers.parse(
            result.stdout,
            probes,
            source.id,
            failure=failure,
            stderr=result.stderr,
            duration_ms=round(result.seconds * 1000, 1),
        )
        report = dataclasses.replace(report, level=source.level or _LEVELS[source.kind])
        if report.lacks:
            with self._lock:
                self.without_room.add(source.id)
        if report.runner == "sh":
            self.without_tool.update(answer.id for answer in report.answers if answer.outcome == "probe_error")
        if report.runner or not failure:
            return report
        return dataclasses.replace(
            report,
            error=failure,
            remedy=help_ or report.remedy,
            answers=(),
        )


def budget(probes: list[Probe], parallel: int, between: float) -> float:
    """Seconds that one source may take: every try timing out, as many at once as a shell has, at the run's pace."""
    each = [_seconds(probe) for probe in probes]
    paced = between * sum(map(begun, probes))
    return _START_S + paced + max(0.0, *each, sum(each) / min(parallel, _SHELL_PARALLEL))


def _seconds(probe: Probe) -> float:
    """What the tries of one probe may take; pings are under way together."""
    pings = _SLOW_PING_S + _PINGS_APART_S * probe.tries if begun(probe) < probe.tries else 0.0
    return probe.timeout_ms * begun(probe) / 1000 + pings
