# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell runner with the tools that an image has; however a run of either runner ends, no process of it is left."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers, jobs
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, SourceReport

from .asking import (
    on_main_images,
    on_shells,
    outcomes,
    probe,
)
from .conftest import Image

RUNS = 2  #: at once; one that leaves something does so every time
IMAGES = ("python", "dash", "bash", "busybox", "dash+openssl", "dash+wget", "bash+no-setsid")
on_every_image = pytest.mark.parametrize("image", IMAGES, indirect=True)

#: Ends a run, or lets it end by itself.
End = t.Callable[["subprocess.Popen[bytes]"], None]


@pytest.fixture
def silence(ports: dict[str, int], dns_server: str) -> t.Callable[[int], list[Probe]]:
    """Give a function that returns probes of all kinds, with a timeout, of peers that never answer."""

    def ask(timeout_ms: int) -> list[Probe]:
        kinds = {"timeout_ms": timeout_ms, "dns_server": dns_server}
        return [
            probe(1, "tcp", "127.0.0.1", ports["full"], **kinds),
            probe(2, "http", "127.0.0.1", ports["silent"], **kinds),
            probe(3, "https", "127.0.0.1", ports["silent"], **kinds),
            probe(4, "tls", "127.0.0.1", ports["silent"], **kinds),
            probe(5, "dns", "silent.x.", **kinds),
            probe(6, "dns", "silent.x.", transport="tcp", **kinds),
            probe(7, "https", "127.0.0.1", ports["tls"], **kinds),
            probe(8, "tcp", "127.0.0.1", ports["closed"], **kinds),
        ]

    return ask


def run(image: Image, probes: list[Probe], end: End, deadline_ms: int) -> list[SourceReport]:
    """Start some runs at once, end each, and return what they said before all of their processes were gone."""
    processes = [image.start(probes, deadline_ms=deadline_ms, start_new_session=True) for _run in range(RUNS)]
    for process in processes:
        end(process)
    reports = []
    for process in processes:
        closed = t.cast(t.IO[bytes], process.stdout).closed
        stdout = b"" if closed else t.cast(t.IO[bytes], process.stdout).read()
        process.wait(120)
        for stream in (process.stdin, process.stdout, process.stderr):
            t.cast(t.IO[bytes], stream).close()
        reports.append(answers.parse(stdout, probes, "s"))
    return reports


def by_itself(_process: subprocess.Popen[bytes]) -> None:
    pass


def under_way(process: subprocess.Popen[bytes]) -> None:
    """Wait until probes are under way: an answer of those that are no silence came."""
    stdout = t.cast(t.IO[bytes], process.stdout)
    while (line := stdout.readline()) and b'"id": 8' not in line:
        pass


def by_signal(number: signal.Signals, group: bool = False) -> End:
    def end(process: subprocess.Popen[bytes]) -> None:
        under_way(process)
        if group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)

    return end


def cut_off(process: subprocess.Popen[bytes]) -> None:
    """Close the stream, as a client does that is gone; nobody tells the process."""
    under_way(process)
    for stream in (process.stdin, process.stdout, process.stderr):
        t.cast(t.IO[bytes], stream).close()


@pytest.mark.long
@on_every_image
def test_timeouts_leave_nothing(image, silence, orphans):
    for report in run(image, silence(1000), by_itself, 60_000):
        assert report.error == ""
        assert "open" not in outcomes(report)
    assert orphans() == []


@pytest.mark.long
@on_every_image
def test_the_deadline_leaves_nothing_and_keeps_what_is_there(image, silence, orphans):
    for report in run(image, silence(60_000), by_itself, 4000):
        assert report.error == "", "the runner said that it was done"
        assert outcomes(report)[7] == "refused"
        assert {answer.error for answer in report.answers[:6] if answer.outcome == "probe_error"} <= {
            "the deadline of the whole run came first",
            "no tool: looked for openssl (curl shows no certificates)",
            "no tool: looked for bash with od and dd, dig; busybox nslookup asks by UDP alone",
        } | {answer.error for answer in report.answers[:6] if "looked for" in answer.error}
        assert set(outcomes(report)[:6]) == {"probe_error"}
    assert orphans() == []


ENDS = {
    "term": by_signal(signal.SIGTERM),
    "hup": by_signal(signal.SIGHUP),
    "term-group": by_signal(signal.SIGTERM, group=True),
    "cut-off": cut_off,
}


#: Without setsid a bash shares its group with its children, and one that gets TERM with them may miss their end.
UNKNOWABLE = ("bash+no-setsid", "term-group")
EVERY_END = [pair for pair in itertools.product(IMAGES, ENDS) if pair != UNKNOWABLE]


@pytest.mark.long
@pytest.mark.parametrize(("image", "end"), EVERY_END, indirect=["image"], ids=map("-".join, EVERY_END))
def test_an_end_from_outside_leaves_nothing(image, silence, orphans, end):
    began = time.monotonic()
    run(image, silence(3000), ENDS[end], 600_000)
    assert orphans() == []
    assert time.monotonic() - began < 300, "nobody waits for the deadline"


SLOW_DD = """\
#!/bin/bash
exec 9>&1
counts=$({dd} "$@" 2>&1 >&9 9>&-)
exec >&- 9>&-
printf %s "$counts" >&2
{sleep} 0.3
echo >&2
"""


@pytest.mark.parametrize("image", ["dash", "bash"], indirect=True)
def test_what_dd_counts_does_not_come_into_a_reply(image, dns_server):
    """It writes its last line in two parts, and od may write between them."""
    (image.bin / "dd").unlink()
    (image.bin / "dd").write_text(SLOW_DD.format(dd=shutil.which("dd"), sleep=shutil.which("sleep")))
    (image.bin / "dd").chmod(0o755)
    report = image.run([probe(1, "dns", "big.x."), probe(2, "dns", "nodata.x.")], dns_server)
    assert outcomes(report) == ["open", "dns_nodata"], report.answers
    assert len(report.answers[0].answers) == 3


@on_main_images
def test_a_shell_begins_no_more_than_it_may(image, ports):
    """Python has no such bound; where a shell has one, the whole work is for somebody else."""
    probes = [probe(number, "tcp", "127.0.0.1", ports["200"]) for number in (1, 2)]
    report = image.run(probes, most_by_shell=1)
    assert outcomes(report) == (["open"] * 2 if image.name == "python" else ["probe_error"] * 2)
    assert outcomes(image.run(probes, most_by_shell=2)) == ["open"] * 2


@pytest.mark.parametrize("image", ["dash"], indirect=True)
def test_a_probe_that_says_nothing_of_its_end_is_no_success(image, monkeypatch):
    lines = "\n".join(jobs._shell_text())
    silent = re.sub(r"(?ms)^(probe_sctp\(\) \{\n).*?^\}", r"\1    :\n}", lines)
    assert silent != lines
    monkeypatch.setattr(jobs, "_shell_text", lambda: tuple(silent.split("\n")))
    (answer,) = image.run([probe(1, "sctp", "127.0.0.1", 1)]).answers
    assert (answer.outcome, answer.error) == ("probe_error", "the shell runner does not know how the probe ended")


@pytest.mark.parametrize("image", ["dash+no-getent+sleep"], indirect=True)
def test_what_no_tool_can_ask_is_a_probe_error(image, ports):
    (image.bin / "bash").unlink()
    probes = [probe(1, "tcp", "127.0.0.1", 1), probe(2, "https", "127.0.0.1", 1), probe(3, "dns", "a.x.")]
    probes += [probe(4, "icmp", "127.0.0.1"), probe(5, "http", "a.x", 80), probe(6, "udp", "127.0.0.1", 1, tries=9)]
    probes += [probe(7, "tls", "127.0.0.1", 1), probe(8, "sctp", "127.0.0.1", 1), probe(9, "mtu", "127.0.0.1")]
    report = image.run([*probes, probe(10, "mtu", "127.0.0.1", 1)])
    assert outcomes(report) == ["probe_error"] * 10
    assert [answer.error.count("looked for") for answer in report.answers] == [1] * 10
    assert report.answers[5].sent is None


@on_shells
def test_nothing_stays_behind(image, ports, dns_server, orphans):
    probes = [
        probe(1, "tcp", "127.0.0.1", ports["200"]),
        probe(2, "tcp", "127.0.0.1", ports["full"], timeout_ms=1000),
        probe(3, "dns", "silent.x.", timeout_ms=1000),
        probe(4, "https", "127.0.0.1", ports["silent"], timeout_ms=1000),
    ]
    image.run(probes, dns_server, deadline_ms=3_599_000)
    assert orphans() == []
