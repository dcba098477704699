# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source without processor time could not find out is no failure of the network."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, SourceReport

from .conftest import TOO_BUSY, Image
from .test_runners import probe

pytestmark = pytest.mark.long

STOPPED_S, RUNNING_S = 0.49, 0.01


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


@contextlib.contextmanager
def starved(process: subprocess.Popen[bytes]) -> t.Iterator[None]:
    """Let a process and all of its children run for a fiftieth of the time."""
    over = threading.Event()

    def throttle() -> None:
        while not over.wait(RUNNING_S):
            send(process, signal.SIGSTOP)
            over.wait(STOPPED_S)
            send(process, signal.SIGCONT)

    thread = threading.Thread(target=throttle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        send(process, signal.SIGCONT)


def run(image: Image, probes: list[Probe]) -> SourceReport:
    with image.start(probes, deadline_ms=60_000) as process, starved(process):
        return answers.parse(t.cast(t.IO[bytes], process.stdout).read(), probes, "s")


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_its_silence_is_its_own(image, ports, dns_server):
    probes = [
        probe(1, "tcp", "127.0.0.1", ports["full"], timeout_ms=2000),
        probe(2, "http", "127.0.0.1", ports["silent"], timeout_ms=2000),
        probe(3, "dns", "silent.x.", dns_server=dns_server, timeout_ms=2000),
    ]
    report = run(image, probes)
    assert [answer.outcome for answer in report.answers] == ["probe_error"] * 3
    assert all(TOO_BUSY in answer.error for answer in report.answers), report.answers


@pytest.mark.parametrize("image", ["python", "bash", "dash", "busybox"], indirect=True)
def test_what_answers_is_never_silent(image, ports, dns_server):
    """It is open, or it could not be found out."""
    kinds = [("tcp", "127.0.0.1", ports["200"]), ("http", "127.0.0.1", ports["200"]), ("dns", "a.example.", 0)]
    servers = {"dns": {"dns_server": dns_server}}
    probes = [
        probe(number, kind, host, *([port] if port else []), timeout_ms=2000, **servers.get(kind, {}))
        for number, (kind, host, port) in enumerate(kinds * 5)
    ]
    report = run(image, probes)
    assert report.error == ""
    wrong = [answer for answer in report.answers if answer.outcome not in ("open", "http_200", "probe_error")]
    assert wrong == []
    assert all(
        "looked for" in answer.error or TOO_BUSY in answer.error
        for answer in report.answers
        if answer.outcome == "probe_error"
    )
