# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes get at most, played through: every source begins its tries exactly at its pace."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import signal
import socket
import threading
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.pace import (
    KEPT,
    KEPT_S,
    PER_SECOND,
    Pace,
    mixed,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_base import Job
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_python import Run
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, Source, Target

from .processes import send

Work = list[tuple[Source, list[Probe]]]
AT_ONCE = 32


def address(number: int, family: str = "IPv4") -> str:
    return f"fd00::{number:x}" if family == "IPv6" else f"10.0.{number // 250}.{number % 250 + 1}"


def mesh(pods: int, nodes: int, each: int = 1, families: t.Sequence[str] = ("IPv4",)) -> tuple[Work, dict[str, Target]]:
    """Every Pod asks every other one, so often."""
    node = {number: f"w{number % nodes}" for number in range(pods)}
    targets = {f"p{number}": Target(f"p{number}", "pod", f"p{number}", node=node[number]) for number in range(pods)}
    work, ids = list[tuple[Source, list[Probe]]](), itertools.count()
    for number in range(pods):
        own = tuple(address(number, family) for family in families)
        source = Source(f"s{number}", "shop", f"p{number}", "app", node=node[number], addresses=own)
        probes = [
            Probe(next(ids), source.id, f"p{other}", "pod_to_pod", "tcp", family, address(other, family), 80 + turn)
            for family in families
            for other in range(pods)
            for turn in range(each)
            if other != number
        ]
        work.append((source, probes))
    return work, targets


def played(work: Work, targets: dict[str, Target], at_once: int = AT_ONCE) -> list[tuple[float, Source, Probe]]:
    """When each try begins: the first sources a little after one another, each later one as one before it ends."""
    pace = Pace(work, targets, at_once)
    free = [place / at_once for place in range(at_once)]
    begun = list[tuple[float, Source, Probe]]()
    for source, probes in work:
        start = min(free)
        ordered = pace.ordered(source, probes)
        assert sorted(probe.id for probe in ordered) == [probe.id for probe in probes]
        tries = [probe for probe in ordered for _try in range(probe.tries)]
        begun += [(start + place * pace.seconds[source.id], source, probe) for place, probe in enumerate(tries)]
        free[free.index(start)] = start + len(tries) * pace.seconds[source.id]
    return sorted(begun, key=lambda each: each[0])


def most_in(times: t.Sequence[float], seconds: float) -> int:
    """The most of these that fall into a window."""
    most, first = 0, 0
    for place, moment in enumerate(times):
        while moment - times[first] > seconds - 1e-9:
            first += 1
        most = max(most, place - first + 1)
    return most


@pytest.mark.long
@pytest.mark.parametrize(("pods", "nodes", "each"), [(2, 1, 3), (12, 3, 5), (60, 3, 4), (200, 100, 1)])
def test_no_second_has_more_tries_than_all_may_begin(pods, nodes, each):
    begun = played(*mesh(pods, nodes, each))
    assert most_in([moment for moment, _source, _probe in begun], 1.0) <= PER_SECOND + AT_ONCE


@pytest.mark.parametrize(
    ("host", "protocol", "packets"),
    [
        ("10.96.0.1", "tcp", 1),
        ("fd00::1", "http", 1),
        ("api", "http", 2),
        ("api.shop.svc.cluster.local.", "tcp", 2),
        ("api.shop.svc", "tcp", 6),
        ("shop.example.com", "https", 6),
        ("shop.example.com", "dns", 5),
        ("shop.example.com.", "dns", 1),
    ],
)
def test_names_that_are_looked_up_count_as_well(host, protocol, packets):
    source = Source("s", "shop", "p", "app", node="w0")
    work = [(source, [Probe(number, "s", "t", "pod_to_ingress", protocol, "IPv4", host) for number in range(100)])]
    tries_a_second = 1 / Pace(work, {}, AT_ONCE).seconds["s"]
    assert tries_a_second == pytest.approx(PER_SECOND * min(1, 2 / packets))


def test_a_series_of_packets_begins_once():
    """It is one flow; connections are as many as their tries."""

    def pace(protocol, tries):
        source = Source("s", "shop", "p", "app", node="w0")
        work = [(source, [Probe(1, "s", "t", "pod_to_pod_cross_node", protocol, "IPv4", "10.0.0.1", 80, tries=tries)])]
        return Pace(work, {}, AT_ONCE).seconds["s"] * (tries if protocol == "tcp" else 1)

    assert pace("icmp", 800) == pace("icmp", 1)
    assert pace("tcp", 50) == pytest.approx(50 * pace("tcp", 1))


def test_sources_that_ask_most_have_the_largest_share():
    work, targets = mesh(10, 2)
    work[0] = (work[0][0], [probe for turn in range(50) for probe in work[0][1]])
    pace = Pace(work, targets, AT_ONCE)
    assert pace.seconds["s0"] == pytest.approx(pace.seconds["s1"] / 50)


def new_neighbours(begun: t.Iterable[tuple[float, Source, Probe]], node: str, family: str) -> list[float]:
    """When entries are added to a node's table: of who is asked, and there of who asks."""
    there, times = set[tuple[str, str]](), list[float]()
    for moment, source, probe in begun:
        if source.node == node and probe.family == family:
            own = source.addresses[0 if family == "IPv4" else -1]
            for pair in ((own, probe.host), (probe.host, own)):
                if pair not in there:
                    there.add(pair)
                    times.append(moment)
    return times


def test_sources_with_few_probes_end_earlier_where_others_wait_and_all_together_keep_the_rate():
    def asking(number: int, probes: int) -> tuple[Source, list[Probe]]:
        probe = Probe(0, f"s{number}", "t", "pod_to_service", "tcp", "IPv4", "10.96.0.1", 80)
        return Source(f"s{number}", node=f"w{number}"), [probe] * probes

    work = [asking(number, 5 if number else 5000) for number in range(100)]
    pace = Pace(work, {}, AT_ONCE)
    assert 5 * pace.seconds["s1"] < 5000 * pace.seconds["s0"] / 3
    fastest = sorted((1 / seconds for seconds in pace.seconds.values()), reverse=True)[:AT_ONCE]
    assert sum(fastest) <= PER_SECOND * 1.001


@pytest.mark.parametrize(("pods", "each"), [(17, 3), (30, 4), (60, 1), (60, 4), (100, 2)])
def test_no_node_meets_too_many_neighbours_at_once(pods, each):
    work, targets = mesh(pods, 1, each, ("IPv4", "IPv6"))
    begun = played(work, targets, pods)
    for family in ("IPv4", "IPv6"):
        times = new_neighbours(begun, "w0", family)
        assert len(times) == pods * (pods - 1)
        assert most_in(times, 5.0) <= 256 * 1.25


@pytest.mark.parametrize(("pods", "nodes"), [(17, 1), (30, 1), (60, 1), (60, 2), (100, 2), (90, 3)])
def test_no_node_has_too_many_neighbours_at_the_same_time(pods, nodes):
    """Nothing drives out a neighbour that answered in the last half minute; gc_thresh3 is 1,024 by itself."""
    work, targets = mesh(pods, nodes)
    kept, most = dict[tuple[str, str], float](), 0
    for moment, source, probe in played(mixed(work), targets):
        if source.node == "w0" and targets[probe.target].node == "w0":
            kept.update(dict.fromkeys(((source.addresses[0], probe.host), (probe.host, source.addresses[0])), moment))
            most = max(most, sum(moment - since < KEPT_S for since in kept.values()))
    assert most <= KEPT * 1.3


def test_sources_of_all_nodes_ask_all_the_while():
    work, _targets = mesh(90, 3)
    work.sort(key=lambda item: item[0].node)
    nodes = [source.node for source, _probes in mixed(work)]
    assert sorted(nodes) == sorted(source.node for source, _probes in work)
    assert all(set(nodes[place : place + 3]) == {"w0", "w1", "w2"} for place in range(0, 90, 3))


def test_those_of_other_nodes_do_not_count():
    work, targets = mesh(60, 60)
    assert max(moment for moment, _source, _probe in played(work, targets)) < 60 * 59 / PER_SECOND + 2


@contextlib.contextmanager
def accepting(times: list[float]) -> t.Iterator[int]:
    """A port where connections end at once, and when they came."""

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                listener.accept()[0].close()
                times.append(time.monotonic())

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def wait_for(times: list[float], count: int) -> None:
    until = time.monotonic() + 30
    while len(times) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def asking(port: int, count: int, **options: t.Any) -> list[Probe]:
    return [
        Probe(number, "s", "t", "pod_to_service", "tcp", "IPv4", "127.0.0.1", port, **options)
        for number in range(count)
    ]


@pytest.mark.long
@pytest.mark.parametrize("image", ["python", "dash", "busybox"], indirect=True)
def test_runners_begin_their_tries_at_the_pace(image):
    times = list[float]()
    with accepting(times) as port:
        probes = [*asking(port, 10), *(dataclasses.replace(one, id=one.id + 10) for one in asking(port, 10, tries=2))]
        report = image.run(probes, deadline_ms=60_000, parallel=4, pace_us=100_000)
        wait_for(times, 30)
    assert {answer.outcome for answer in report.answers} == {"open"}
    assert times[-1] - times[0] >= 0.1 * 25  # a slow machine takes longer


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_a_source_that_stood_still_does_not_send_at_once_what_was_due_meanwhile(image):
    times = list[float]()
    with accepting(times) as port, image.start(asking(port, 40), parallel=16, pace_us=100_000) as process:
        wait_for(times, 5)
        send(process, signal.SIGSTOP)
        time.sleep(1.5)
        send(process, signal.SIGCONT)
        went_on = time.monotonic()
        wait_for(times, len(times) + 10)
        process.kill()
    since = [moment - went_on for moment in times if moment >= went_on]
    assert since[5] >= 0.3


def under_way(run: Run, *ages_s: float, timeout_ms: int = 4000) -> None:
    """Let so many tries wait for their answers, for so long."""
    now = time.monotonic()
    jobs = [Job(f"{number} tcp IPv4 10.0.0.1 80 - - {timeout_ms} - - 1 -") for number in range(len(ages_s))]
    run.unanswered = {job: now - age_s for job, age_s in zip(jobs, ages_s, strict=True)}


def test_a_source_begins_no_more_while_answers_lag():
    """Else the queue of what judges first packets gets more than it holds; ages far from what a busy machine adds."""
    run = Run([], 16, 0.05)  # 20 tries in a second: 5 may wait, what 0.2 s bring and one more
    under_way(run, *[-60.0] * 4)
    assert not run.lags()
    under_way(run, *[-60.0] * 5)
    assert run.lags()
    under_way(run, *[-60.0] * 4, *[60.0] * 100)  # those are silent peers
    assert not run.lags()
    slow = Run([], 16, 1.0)
    under_way(slow, -60.0)
    assert not slow.lags()
    under_way(slow, -60.0, -60.0)
    assert slow.lags()


def test_a_turn_comes_when_answers_no_longer_lag(monkeypatch):
    run, answers = Run([], 16, 0.001), iter([True, True, False])
    monkeypatch.setattr(run, "lags", lambda: next(answers))
    run.await_turn()
    assert list(answers) == []


def test_without_a_pace_nothing_is_waited_for():
    run = Run([], 16, 0.0)
    under_way(run, *[-60.0] * 100)
    run.await_turn()
