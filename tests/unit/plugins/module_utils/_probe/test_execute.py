# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many sources at once, on an API server whose streams hang on purpose: the run ends in time, and keeps what came."""

from __future__ import annotations

import dataclasses
import threading
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import execute
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, Source, SourceReport

DEADLINE = 2.0
HANGING = 120.0  #: seconds; whoever waits for these to end takes far longer than any busy machine makes of the deadline
HANGS = ("deaf", "mute", "half")  #: before the stream is there, before it says anything, in the middle
KILLED = {"reason": "ExitCode", "message": "137"}
HELLO = b'KW1\n{"kw": 1, "runner": "python"}\n'


def stream(peer: t.Any) -> None:
    """Answer an exec as its Pod is called."""
    pod = peer.request.split("/pods/")[1].split("-")[0]
    if pod != "deaf":
        peer.upgrade()
    if pod in ("half", "good"):
        peer.send(1, HELLO + b'{"id": 1, "outcome": "open", "ms": 0.4}\n')
    if pod == "good":
        peer.send(1, b'{"id": 2, "outcome": "refused", "ms": 0.2}\n{"done": 1}\n')
        peer.status(status="Success")
        peer.close()
    else:
        time.sleep(HANGING)


def work(*pods: str) -> list[tuple[Source, list[Probe]]]:
    sources = [Source(f"shop/{pod}/app", "shop", pod, "app", image=pod) for pod in pods]
    return [
        (source, [Probe(id_, source.id, "t", "pod_to_service", "tcp", "IPv4", "10.0.0.1", 80) for id_ in (1, 2)])
        for source in sources
    ]


def run(
    server: t.Any, concurrency: int, *pods: str, deadline: float = DEADLINE
) -> tuple[dict[str, SourceReport], list[str], float]:
    """Probe; return the reports, the sources in the order in which they were done, and the seconds."""
    limits = execute.Limits(concurrency=concurrency, deadline=deadline)
    order: list[str] = []
    began = time.monotonic()
    reports = execute.Prober(server.connection(), limits).run(
        work(*pods), lambda source, _probes, _report: order.append(source.pod)
    )
    took = time.monotonic() - began
    assert [report.source for report in reports] == [f"shop/{pod}/app" for pod in pods]
    return {report.source.split("/")[1]: report for report in reports}, order, took


@pytest.mark.long
def test_every_stream_hangs_and_the_run_ends_at_its_deadline(bad_server):
    pods = [f"{word}-{number}" for number in range(10) for word in HANGS]
    reports, _order, took = run(bad_server(stream), 32, *pods, deadline=4 * DEADLINE)
    assert took < HANGING / 3
    for name, report in reports.items():
        kept = [(answer.id, answer.outcome) for answer in report.answers if answer.outcome != "probe_error"]
        assert kept == ([(1, "open")] if name.startswith("half") else []), name
        assert report.error, name


def test_who_waits_for_a_turn_that_never_comes_says_so(bad_server):
    reports, _order, took = run(bad_server(stream), 2, "deaf-1", "mute-1", "half-1", "good-1")
    assert took < HANGING / 3
    for name in ("half-1", "good-1"):
        assert reports[name].error == f"the deadline of {DEADLINE:g} s ended before this source started"
        assert reports[name].remedy


@pytest.mark.long
def test_what_came_from_others_is_kept_and_told_first(bad_server):
    reports, order, _took = run(bad_server(stream), 32, "deaf-1", "good-1", "good-2", deadline=5 * DEADLINE)
    assert order[-1] == "deaf-1"
    for name in ("good-1", "good-2"):
        assert [answer.outcome for answer in reports[name].answers] == ["open", "refused"]
        assert (reports[name].level, reports[name].error) == ("container", "")


def test_a_command_that_never_began_is_started_once_more(bad_server):
    def busy(peer: t.Any) -> None:
        peer.upgrade()
        peer.status(status="Failure", reason="InternalError", message="failed to load task: context deadline exceeded")
        peer.close()

    reports, _order, _took = run(bad_server(busy, stream), 1, "good-1", deadline=10 * DEADLINE)
    assert [answer.outcome for answer in reports["good-1"].answers] == ["open", "refused"]
    twice = bad_server(busy, busy, stream)
    reports, _order, _took = run(twice, 1, "good-1", deadline=10 * DEADLINE)
    assert "failed to load task" in reports["good-1"].error
    assert len(twice.peers) == 2


def test_an_odd_container_says_nothing_of_the_others_of_its_image(bad_server):
    """Its shell was removed, or its Python: every other container of the image is asked by what it has itself."""

    def answer(peer: t.Any) -> None:
        pod = peer.request.split("/pods/")[1].split("/")[0]
        program = "python" if "command=python3" in peer.request else "sh"
        peer.upgrade()
        if pod in ("odd-1", f"no-{program}-1"):
            peer.status(status="Failure", message=f'exec: "{program}": executable file not found in $PATH')
        else:
            peer.send(1, HELLO + b'{"id": 1, "outcome": "open"}\n{"id": 2, "outcome": "open"}\n{"done": 1}\n')
            peer.status(status="Success")
        peer.close()

    for pods in (("odd-1", "good-1", "good-2"), ("no-sh-1", "no-python-1", "good-1")):
        prober = execute.Prober(bad_server(answer).connection(), execute.Limits(concurrency=1, deadline=60))
        same = [
            (Source(f"shop/{pod}/app", "shop", pod, "app", image="same"), asked)
            for pod, (_source, asked) in zip(pods, work(*pods), strict=True)
        ]
        reports = {report.source.split("/")[1]: report for report in prober.run(same, lambda *_came: None)}
        assert [pod for pod, report in reports.items() if not report.runner] == [pod for pod in pods if pod == "odd-1"]
        assert prober.execs <= len(pods) + execute.EXTRA_EXECS


def test_a_kubelet_out_of_reach_is_asked_once_for_all_sources_of_its_node(bad_server):
    """The API server quotes its own request, with our script in it."""

    def cut_off(peer: t.Any) -> None:
        peer.upgrade()
        url = "https://10.0.0.9:10250/exec/shop/a/app?command=our+script"
        said = f'error sending request: Post "{url}": dial tcp 10.0.0.9:10250: i/o timeout'
        peer.status(status="Failure", reason="InternalError", message=f"Internal error occurred: {said}")
        peer.close()

    server = bad_server(cut_off)
    prober = execute.Prober(server.connection(), execute.Limits(concurrency=1, deadline=60))
    here = [(dataclasses.replace(source, node="w1"), asked) for source, asked in work("a-1", "b-1", "c-1")]
    reports = prober.run(here, lambda *_came: None)
    assert prober.execs == len(server.peers) == 1
    assert {report.error for report in reports} == {
        "the API server cannot reach the kubelet of w1 at 10.0.0.9:10250 (timeout)"
    }
    assert all("10250" in report.remedy and "image" not in report.remedy for report in reports)


def test_a_stream_that_says_nothing_is_given_the_time_an_api_server_takes(bad_server, monkeypatch):
    monkeypatch.setattr(execute, "_START_S", 1.0)

    def late(peer: t.Any) -> None:
        peer.upgrade()
        time.sleep(4)
        peer.status(status="Failure", message="error dialing backend: dial tcp 10.0.0.9:10250: i/o timeout")
        peer.close()

    probe = Probe(1, "s", "t", "pod_to_service", "tcp", "IPv4", "10.0.0.1", 80, timeout_ms=500, tries=1)
    prober = execute.Prober(bad_server(late).connection(), execute.Limits(concurrency=1, deadline=60))
    (report,) = prober.run([(Source("s", "shop", "late-1", "app"), [probe])], lambda *_came: None)
    assert "cannot reach the kubelet" in report.error


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, "closed without an exit status"),
        ({"status": "Failure", "message": "something else"}, "something else"),
        ({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [KILLED]}}, "exit code 137"),
    ],
)
def test_another_image_is_no_remedy_for_what_it_is_not_the_cause_of(bad_server, status, words):
    def end(peer: t.Any) -> None:
        peer.upgrade()
        if status:
            peer.status(**status)
        peer.close()

    reports, _order, _took = run(bad_server(end), 1, "good-1", deadline=10 * DEADLINE)
    assert words in reports["good-1"].error
    assert reports["good-1"].remedy
    assert "image" not in reports["good-1"].remedy


def test_an_answer_of_somebody_else_is_no_lost_stream(bad_server):
    reports, _order, _took = run(bad_server(lambda peer: peer.answer(502, b"no")), 1, "good-1", deadline=10 * DEADLINE)
    assert "no" in reports["good-1"].error
    assert "HTTP 502" in reports["good-1"].remedy


@pytest.mark.parametrize(
    ("protocol", "tries", "seconds"), [("icmp", 1, 4), ("icmp", 800, 4 + 4 + 4), ("tcp", 1, 4), ("tcp", 50, 200)]
)
def test_a_series_of_packets_has_one_timeout(protocol, tries, seconds):
    """Connections may be asked one after the other, packets are under way together."""
    asked = [Probe(1, "s", "t", "m", protocol, "IPv4", "10.0.0.1", 80, timeout_ms=4000, tries=tries)]
    assert execute.budget(asked, 1, 0.0) == execute.budget([], 1, 0.0) + seconds


def test_of_many_sources_a_tenth_may_die_meanwhile(bad_server):
    """Each in another way: gone before its turn, killed, or cut off with its node; the others are asked as ever."""
    lock, now, most = threading.Lock(), [0], [0]

    def answer(peer: t.Any) -> None:
        pod = peer.request.split("/pods/")[1].split("/")[0]
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            if pod.startswith("gone"):
                peer.answer(404, {"kind": "Status", "message": f'pods "{pod}" not found', "reason": "NotFound"})
                return
            peer.upgrade()
            if pod.startswith("good"):
                stream_of(peer, HELLO + b'{"id": 1, "outcome": "open"}\n{"id": 2, "outcome": "open"}\n{"done": 1}\n')
            elif pod.startswith("killed"):
                peer.send(1, HELLO + b'{"id": 1, "outcome": "open"}\n')
                peer.status(status="Failure", reason="NonZeroExitCode", details={"causes": [KILLED]})
                peer.close()
            else:
                peer.send(1, HELLO + b'{"id": 1, "outcome": "open"}\n')
        finally:
            with lock:
                now[0] -= 1

    pods = [f"good-{number}" for number in range(180)]
    pods[5::9] = [f"{('gone', 'killed', 'cut')[number % 3]}-{number}" for number in range(len(pods[5::9]))]
    reports, order, _took = run(bad_server(answer), 32, *pods, deadline=60)
    assert sorted(order) == sorted(pods)
    assert most[0] <= 32
    for name, report in reports.items():
        opened = [each.id for each in report.answers if each.outcome == "open"]
        kept = {"good": [1, 2], "gone": []}.get(name.split("-")[0], [1])
        assert (opened, bool(report.error)) == (kept, not name.startswith("good")), (name, report)


def stream_of(peer: t.Any, lines: bytes) -> None:
    """A stream that ends well."""
    peer.send(1, lines)
    peer.status(status="Success")
    peer.close()
