# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of either runner: many probes at once, its deadline, and what it says of its container."""

from __future__ import annotations

import ast
import itertools
import socket

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers, boot, jobs

from .asking import (
    on_main_images,
    on_shells,
    outcomes,
    probe,
)


@pytest.mark.parametrize("image", ["python", "dash", "bash", "busybox"], indirect=True)
@pytest.mark.parametrize("room", [2, 5, 12])
@pytest.mark.long
def test_a_fork_that_fails_is_said_so(image, ports, dns_server, few_processes, room):
    """It is open, or it could not be found out; nothing that a failed fork says is told as the network's."""
    probes = [
        probe(1, "tcp", "127.0.0.1", ports["200"], timeout_ms=2000),
        probe(2, "http", "127.0.0.1", ports["200"], timeout_ms=2000),
        probe(3, "dns", "a.x.", dns_server=dns_server, timeout_ms=2000),
    ]
    with image.start(probes, prefix=few_processes(room)) as process:
        report = answers.parse(process.stdout.read(), probes, "s")
    assert {answer.id for answer in report.answers} == {1, 2, 3}
    assert set(outcomes(report)) <= {"open", "http_200", "probe_error"}
    words = ("no process could be started", "no thread could be started", "looked for", "the deadline of the whole run")
    assert [each for each in report.answers if each.error and not any(word in each.error for word in words)] == []


@pytest.mark.long
@on_shells
def test_silent_targets_share_their_time(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["full"], timeout_ms=3000) for number in range(20)]
    report = image.run(probes)
    assert outcomes(report) == ["timeout"] * 20
    assert report.duration_ms < 40_000


@pytest.mark.parametrize("image", ["python", "python3.6"], indirect=True)
def test_silent_targets_hold_nobody_up(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["full"], timeout_ms=60_000) for number in range(60)]
    probes.append(probe(99, "tcp", "127.0.0.1", ports["200"]))
    report = image.run(probes, deadline_ms=8000, parallel=64)
    assert outcomes(report)[60:] == ["open"]


@on_main_images
def test_the_deadline_of_the_run_speaks_for_what_is_missing(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["full"], timeout_ms=60_000) for number in range(4)]
    report = image.run([probe(9, "tcp", "127.0.0.1", ports["closed"]), *probes], deadline_ms=5000, parallel=5)
    assert outcomes(report) == ["refused"] + ["probe_error"] * 4
    assert "deadline" in report.answers[1].error
    assert report.duration_ms < 40_000


@on_main_images
def test_more_probes_than_may_run_at_once(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["200"]) for number in range(20)]
    assert outcomes(image.run(probes, parallel=3)) == ["open"] * 20


@on_main_images
def test_no_probes_at_all(image):
    report = image.run([])
    assert report.answers == ()
    assert report.error == ""


@on_main_images
def test_the_container_is_described(image):
    report = image.run([])
    assert report.resolv_conf
    assert report.tools
    assert not any("\t" in line for line in report.routes)


@pytest.mark.parametrize("image", ["broken-python"], indirect=True)
def test_a_broken_python_leaves_the_work_to_the_shell(image, ports):
    report = image.run([probe(1, "tcp", "127.0.0.1", ports["200"])])
    assert (report.runner, outcomes(report)) == ("sh", ["open"])


def test_the_python_runner_runs_on_old_pythons():
    header, *lines = jobs.payload([], 1000, 1).decode().splitlines()
    python_lines = int(header.split()[2])
    ast.parse("\n".join(lines[-python_lines:]), feature_version=(3, 4))
    ast.parse(boot.LOADER, feature_version=(3, 4))


@on_main_images
def test_k_of_n_tries(image, serve, ports):
    turns = itertools.count()

    def sometimes(connection: socket.socket) -> None:
        if next(turns) % 3 == 2:
            connection.shutdown(socket.SHUT_RDWR)
        elif connection.recv(4096):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    probes = [
        probe(0, "http", "127.0.0.1", serve(sometimes), tries=6),
        probe(1, "tcp", "127.0.0.1", ports["closed"], tries=3),
        probe(2, "tcp", "127.0.0.1", ports["200"], tries=4),
    ]
    some, none, all_ = image.run(probes, parallel=1).answers
    assert (some.outcome, some.sent, some.received, some.error) == ("http_200", 6, 4, "reset 2 of 6")
    assert (some.askings, some.lost) == (({"http_200": 4, "reset": 2},), ((2, 1), (5, 1)))
    assert 0 < some.percentiles["min"] <= some.ms <= some.percentiles["max"]
    assert (none.outcome, none.sent, none.received, none.percentiles) == ("refused", 3, 0, {})
    assert (none.askings, none.lost) == (({"refused": 3},), ())
    assert (all_.outcome, all_.sent, all_.received, all_.error) == ("open", 4, 4, "")


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_the_deadline_of_the_run_keeps_the_tries_that_are_done(image, serve):
    turns = itertools.count()

    def silent_but_once(connection: socket.socket) -> None:
        if next(turns) == 0:
            connection.sendall(b"SSH\n")
        while connection.recv(4096):
            pass

    asked = [probe(0, "http", "127.0.0.1", serve(silent_but_once), tries=9)]
    answer = image.run(asked, deadline_ms=3500, parallel=1).answers[0]
    assert (answer.outcome, answer.received) == ("open", 1)
    assert answer.sent < 9
    assert "deadline" in answer.error
