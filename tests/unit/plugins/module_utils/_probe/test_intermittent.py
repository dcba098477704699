# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that come and go, on draws with fixed seeds; with C(-m statistic), on many more."""

from __future__ import annotations

import collections
import math
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import intermittent
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.intermittent import Intermittent
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.tallies import (
    CONNECTIONS,
    PACKETS,
    Group,
    Tally,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Cell
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.lossy import Cluster, Rate

PAIR, SERVICE, NODE = Group("pair", ("n0", "n1")), Group("target", ("service/0",)), Group("node", ("n1",))
NODES = ("n0", "n1", "n2", "n3")


def lossy_pair(rate: float, background: float = 0.0) -> Rate:
    """What is lost between two nodes; who connects sends again what is lost, three times within its deadline."""

    def of(tally: Tally) -> float:
        there = {tally.source_node, tally.target_node} == set(PAIR.names)
        lost = 1 - (1 - background) * (1 - (rate if there else 0.0))
        return lost if tally.kind == PACKETS else lost**3

    return of


def lossy_node(rate: float) -> Rate:
    def of(tally: Tally) -> float:
        crossing = tally.source_node != tally.target_node and "n1" in (tally.source_node, tally.target_node)
        return (rate if tally.kind == PACKETS else rate**3) if crossing else 0.0

    return of


def dead_endpoint(of_so_many: int, background: float = 0.0, services: int = 1) -> Rate:
    names = {f"service/{number}" for number in range(services)}
    everywhere = lossy_pair(0.0, background)
    return lambda tally: 1 / of_so_many if tally.target in names else everywhere(tally)


def found(cluster: Cluster, rate: Rate, draws: int, seed: str = "1", **stalls: float) -> list[list[Intermittent]]:
    return [cluster.run(rate, f"{seed}/{draw}", stalls).found for draw in range(draws)]


def held_by(runs: list[list[Intermittent]], wanted: Group, rate: float) -> tuple[int, int, int]:
    """How many runs found it, in how many its rate lies in the interval, and how many found something else."""
    hits = [fault for run in runs for fault in run if (fault.kind, fault.names) == wanted]
    inside = sum(fault.low <= 100 * rate <= fault.high for fault in hits)
    return len(hits), inside, sum(any((fault.kind, fault.names) != wanted for fault in run) for run in runs)


#: What is at fault, how, and what is expected to be named, with its rate.
FAULTS: dict[str, tuple[Cluster, Rate, Group, float]] = {
    "dead endpoint, 3 nodes": (Cluster(3), dead_endpoint(3), SERVICE, 1 / 3),
    "dead endpoint, 6 nodes": (Cluster(6, askers=1), dead_endpoint(3), SERVICE, 1 / 3),
    "dead endpoint of 2": (Cluster(4, endpoints=2), dead_endpoint(2), SERVICE, 1 / 2),
    "dead endpoint, busy": (Cluster(4), dead_endpoint(3, 0.02), SERVICE, 1 / 3),
    **{f"pair {rate:.0%}": (Cluster(4), lossy_pair(rate), PAIR, rate) for rate in (0.05, 0.1, 0.3)},
    "pair 5%, 2 nodes": (Cluster(2), lossy_pair(0.05), PAIR, 0.05),
    "pair 5%, 6 nodes": (Cluster(6, askers=1), lossy_pair(0.05), PAIR, 0.05),
    "pair 5%, busy": (Cluster(4), lossy_pair(0.05, 0.01), PAIR, 1 - 0.95 * 0.99),
    "node 10%": (Cluster(4), lossy_node(0.1), NODE, 0.1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_where_it_is(name):
    cluster, rate, wanted, true = FAULTS[name]
    hits, inside, others = held_by(found(cluster, rate, 12), wanted, true)
    assert hits == 12
    assert inside >= 11
    assert others <= 1


@pytest.mark.statistic
@pytest.mark.parametrize("seed", "abc")
@pytest.mark.parametrize("name", FAULTS)
def test_98_of_100_are_found_with_the_rate_in_its_interval(name, seed):
    cluster, rate, wanted, true = FAULTS[name]
    hits, inside, others = held_by(found(cluster, rate, 100, seed), wanted, true)
    assert hits >= 98
    assert inside >= 95
    assert others <= 5


#: What a machine does that has no fault: the losses everywhere, and how often in a second its nodes stand still.
CALM: dict[str, tuple[float, dict[str, float]]] = {
    "nothing lost": (0.0, {}),
    **{f"busy, {rate:.1%}": (rate, {}) for rate in (0.005, 0.01, 0.02, 0.05)},
    "every node stalls": (0.002, dict.fromkeys(NODES, 1.0)),
    "one node stalls": (0.0, {"n1": 1.0}),
    "one node stalls now and then": (0.002, {"n1": 0.1}),
}


@pytest.mark.parametrize("name", CALM)
def test_what_is_lost_everywhere_is_nobodys_fault(name):
    background, stalls = CALM[name]
    assert not any(found(Cluster(4), lossy_pair(0.0, background), 15, **stalls))


@pytest.mark.statistic
@pytest.mark.parametrize("nodes", [2, 4])
@pytest.mark.parametrize("name", CALM)
def test_one_of_1000_runs_at_most_finds_what_is_not_there(name, nodes):
    background, stalls = CALM[name]
    cluster = Cluster(nodes)
    wrong = sum(bool(run) for run in found(cluster, lossy_pair(0.0, background), 1000, "calm", **stalls))
    assert wrong <= 1


def wilson(k: int, n: int, z: float) -> tuple[float, float]:
    middle, spread = k / n + z * z / (2 * n), z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    return 100 * (middle - spread) / (1 + z * z / n), 100 * (middle + spread) / (1 + z * z / n)


@pytest.mark.statistic
def test_the_interval_was_chosen_by_what_holds():
    """95 % of Wilson are too few of 100 draws, now and then; 99 % of Clopper and Pearson are not."""
    holds: dict[str, list[int]] = collections.defaultdict(list)
    for name in ("dead endpoint, 3 nodes", "pair 5%", "pair 10%", "pair 30%"):
        cluster, rate, wanted, true = FAULTS[name]
        for seed in "abcdef":
            runs = found(cluster, rate, 100, f"interval {seed}")
            hits = [fault for run in runs for fault in run if (fault.kind, fault.names) == wanted]
            for title, each in (
                ("wilson 95", lambda fault: wilson(fault.lost, fault.sent, 1.96)),
                ("own 99", lambda fault: (fault.low, fault.high)),
            ):
                inside = sum(each(fault)[0] <= 100 * true <= each(fault)[1] for fault in hits)
                holds[title].append(inside + 100 - len(hits))
    assert min(holds["own 99"]) >= 95
    assert min(holds["wilson 95"]) < 95


def test_two_faults_at_once_are_two():
    one, other = lossy_pair(0.1), dead_endpoint(3)
    for run in found(Cluster(4), lambda tally: max(one(tally), other(tally)), 10):
        assert {(fault.kind, fault.names) for fault in run} == {PAIR, SERVICE}


def test_most_targets_may_be_at_fault():
    for run in found(Cluster(4), dead_endpoint(3, services=3), 5):
        assert {fault.names[0] for fault in run} == {"service/0", "service/1", "service/2"}


def test_a_fault_hides_in_no_stall():
    """Machines stand still now and then, and packets are lost between two of them."""
    runs = found(Cluster(4), lossy_pair(0.1), 10, **dict.fromkeys(NODES, 0.1))
    assert all([(fault.kind, fault.names) for fault in run] == [PAIR] for run in runs)


@pytest.mark.parametrize("rate", [lossy_pair(0.3, 0.02), dead_endpoint(3, 0.02), lossy_node(0.2)])
def test_what_is_asked_again_is_bounded(rate):
    for draw in range(5):
        again = Cluster(6, services=12).run(rate, f"bound/{draw}").again
        assert len(again) <= 2 * intermittent.MAX_QUESTIONS
        assert max(again.values()) <= intermittent.WHOLE[PACKETS]
        assert sum(again.values()) <= 40_000


def test_without_a_loss_nothing_is_asked_again():
    assert not Cluster(4, endpoints=1).run(lambda _tally: 0.0, "none").again


def tally(id_: int, target: str, sent: int, lost: int, **fields: t.Any) -> Tally:
    return Tally(id_, "s", target, fields.pop("protocol", "tcp"), "n0", "n1", sent, lost, **fields)


def test_a_target_with_several_endpoints_is_asked_until_each_should_have_been():
    asked = [tally(1, "one", 1, 0), tally(2, "three", 1, 0, endpoints=3), tally(3, "three", 1, 0, endpoints=3)]
    assert intermittent.screening(asked) == [(2, 8), (3, 8)]
    many = [tally(4, "many", 60, 0, endpoints=20), tally(5, "dead", 4, 4, endpoints=3)]
    assert intermittent.screening(many) == []


def test_what_never_answers_is_another_kind_of_failure():
    assert intermittent.doubtful([tally(1, "dead", 4, 4), tally(2, "well", 50, 0)]) == []


def test_a_row_of_losses_counts_once():
    stalled = [tally(1, "a", 100, 40, protocol="icmp", runs=(40,)), tally(2, "b", 100, 0, protocol="icmp")]
    scattered = [tally(1, "a", 100, 40, protocol="icmp", runs=(1,) * 40), tally(2, "b", 100, 0, protocol="icmp")]
    looks = [tally(one.id, one.target, 800, 8 * one.lost, protocol="icmp", runs=one.runs * 8) for one in scattered]
    assert [fault.names for fault in intermittent.judge(scattered, looks)] == [("a",)]
    looks = [tally(one.id, one.target, 800, one.lost, protocol="icmp", runs=one.runs) for one in stalled]
    assert intermittent.judge(stalled, looks) == []


def test_the_interval_is_wider_where_losses_come_in_rows():
    low, high = intermittent.rate([1] * 80, 800)
    assert low < 0.1 < high
    wide_low, wide_high = intermittent.rate([20] * 4, 800)
    assert wide_low < low < high < wide_high
    assert intermittent.rate([], 800)[0] == 0.0


def test_cells_that_are_at_fault_now_and_then_fail():
    def cell(id_: int, verdict: str = "pass", expectation: str = "allow", **evidence: t.Any) -> Cell:
        return Cell(id_, "s", "t", "m", "tcp", "IPv4", "", "", "open", expectation, "", "", verdict, "", None, evidence)

    fault = Intermittent("target", ("t",), CONNECTIONS, 17, 50, 18.0, 53.1, 0, 100, (1, 3, 4))
    cells = [cell(1), cell(2), cell(3, "unexpected_open", "deny"), cell(4, "fail")]
    seen = intermittent.marked(cells, [fault])
    assert [one.verdict for one in seen] == ["fail", "pass", "unexpected_open", "fail"]
    assert [one.whose for one in seen] == ["network", "", "", ""]
    assert [one.reason for one in seen] == [fault.sentence, "", "", ""]
    lost = {"network": {"open": 33, "timeout": 17}, "application": {"open": 33, "refused": 16, "timeout": 1}}
    for whose, words in lost.items():
        assert [one.whose for one in intermittent.marked([cell(1, askings=[words])], [fault])] == [whose]


def test_words():
    fault = Intermittent("pair", ("w1", "w2"), PACKETS, 41, 800, 3.35, 7.4, 0, 1600, (1,))
    assert fault.sentence == (
        "intermittent: 41 of 800 packets between nodes w1 and w2 had no answer, between 3.4 and 7.4 %; "
        "elsewhere 0 of 1,600"
    )
    alone = Intermittent("target", ("a/b:80",), CONNECTIONS, 17, 50, 18.0, 53.1, 0, 0, (1,), ("of node w1",))
    assert alone.sentence == (
        "intermittent: 17 of 50 connections of target a/b:80 failed, between 18.0 and 53.1 %; nothing else was "
        "probed to compare with; no other connections of node w1 were counted"
    )
    assert Group("pair", ("w1",)).place == "within node w1"
    assert Intermittent.from_dict(alone.to_dict()) == alone
