# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples: which part of a big cluster is asked, and how much that says of the rest."""

from __future__ import annotations

import collections
import itertools

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    plan,
    sample,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import UNBOUNDED, Bounds
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample import MAX_CELLS, Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.machines import MACHINES

TCP = Options(protocols=("tcp",))
ALL, AUTO = Options(), Sample()
OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))


def big(nodes, pods, services=20, node_ports=0):
    """A cluster of so many nodes with so many Pods each, and Services of which some have node ports."""
    names = [f"n{number}" for number in range(nodes)]
    address = itertools.count(1)
    return cluster.snapshot(
        nodes=[cluster.node(name, f"198.18.{number // 250}.{number % 250 + 1}") for number, name in enumerate(names)],
        pods=[
            cluster.pod(
                f"p{number}-{name}",
                name,
                f"10.{(at := next(address)) // 62500}.{at // 250 % 250}.{at % 250 + 1}",
                ports=[cluster.HTTP],
            )
            for name in names
            for number in range(pods)
        ],
        services=[
            cluster.service(
                f"s{number}",
                f"10.96.{number // 250}.{number % 250 + 1}",
                ports=[{"port": 80, "nodePort": 30000 + number if number < node_ports else 0}],
            )
            for number in range(services)
        ],
        endpoint_slices=[],
    )


def everything(snapshot, wanted=AUTO, options=ALL, models=tuple(MODELS)):
    """The plan of a run without any option but these."""
    facts = Facts(snapshot)
    selected = selection.select(facts, None, None, {"pod", "node", "outside"}, (), [OUTSIDE])
    return plan.make(facts, selected, models, options, Bounds(wanted))


@pytest.mark.parametrize("mode", ["ring", "random"])
def test_a_sample_asks_from_every_node_and_says_what_that_tells(mode):
    facts = Facts(big(40, 3))
    chosen = selection.select(facts, None, None)
    models = ["pod_to_pod_same_node", "pod_to_pod_cross_node", "pod_to_service"]
    layout = plan.make(facts, chosen, models, TCP, Bounds(Sample(mode, 3)))
    covered = layout.coverage
    assert (covered.sources, covered.nodes_out) == ((40, 120), (40, 40))
    assert covered.pairs == (120, 1560)
    assert "less than 2.5% of all 1560 pairs" in covered.confidence
    services = {probe.target for probes in layout.probes.values() for probe in probes if probe.host.startswith("10.96")}
    assert len(services) == 20
    if mode == "ring":
        assert covered.nodes_in == (40, 40)
        into = {}
        for name, probes in layout.probes.items():
            for probe in probes:
                if probe.model == "pod_to_pod_cross_node":
                    into.setdefault(layout.targets[probe.target].node, set()).add(name)
        assert {len(sources) for sources in into.values()} == {3}
    again = plan.make(facts, chosen, models, TCP, Bounds(Sample(mode, 3)))
    assert again.probes == layout.probes
    assert plan.make(facts, chosen, models, TCP, Bounds(Sample(mode, 3, "other"))).probes != layout.probes


def test_a_small_cluster_is_asked_as_a_whole_and_there_is_nothing_to_say_of_coverage():
    for mode in ("auto", "all"):
        layout = everything(cluster.snapshot(), Sample(mode))
        assert layout.coverage is None
        assert layout.probes == everything(cluster.snapshot(), UNBOUNDED.sample).probes


@pytest.mark.parametrize(
    ("nodes", "pods", "services", "node_ports"),
    [
        (10, 10, 20, 2),  # a ring is enough
        (2, 40, 10, 0),  # few nodes, and a full mesh of many Pods
        (40, 1, 60, 50),  # many ways in for the machine outside
        (150, 1, 5, 1),  # more nodes than a ring with a neighbour each may ask
    ],
)
def test_a_big_cluster_is_counted_first_and_sampled_below_the_bound(monkeypatch, nodes, pods, services, node_ports):
    monkeypatch.setattr(sample, "MAX_CELLS", 4000)
    monkeypatch.setattr(sample, "_MAX_OUTSIDE", 400)
    layout = everything(big(nodes, pods, services, node_ports))
    asked, there = layout.coverage.cells
    assert asked == layout.cells <= 4000 < there
    assert layout.coverage.mode == "ring"
    models = {probe.model for probes in layout.probes.values() for probe in probes}
    assert {"pod_to_service", "node_to_pod", "node_to_node"} <= models
    assert ("outside_to_nodeport" in models) == bool(node_ports)
    assert everything(big(nodes, pods, services, node_ports)).probes == layout.probes


def test_a_thousand_pods_on_a_hundred_nodes_stay_below_the_real_bound():
    layout = everything(big(100, 10, 200, 20))
    asked, there = layout.coverage.cells
    assert asked == layout.cells <= MAX_CELLS
    assert there > 5_000_000
    assert layout.coverage.nodes_in == layout.coverage.nodes_out == (100, 100)


def test_how_many_cells_there_are_is_counted_as_they_would_be_planned(monkeypatch):
    """With a low bound, so that everything can be planned as well."""
    monkeypatch.setattr(sample, "MAX_CELLS", 600)
    for snapshot in (big(6, 4, 8, 2), big(3, 8, 20, 0)):
        asked, there = everything(snapshot).coverage.cells
        assert asked <= 600
        assert there == pytest.approx(everything(snapshot, Sample("all")).cells, rel=0.02)


@pytest.mark.parametrize(("pods", "each"), [(18, 17), (30, 10), (60, 5), (110, 2)])
def test_pods_of_a_crowded_node_ask_only_some_of_one_another(pods, each):
    """Each makes a neighbour of those that it asks, and the other way round: a node's table holds 1,024 of them."""
    models = ("pod_to_pod_same_node", "pod_to_pod_cross_node")
    snapshot = big(2, pods)
    layout = everything(snapshot, options=TCP, models=models)
    same = [probe for probes in layout.probes.values() for probe in probes if probe.model == models[0]]
    crossing = [probe for probes in layout.probes.values() for probe in probes if probe.model == models[1]]
    assert len(crossing) == 2 * pods * pods
    asked = collections.Counter((probe.source, probe.target) for probe in same)
    for counts in (collections.Counter(source for source, _to in asked), collections.Counter(to for _s, to in asked)):
        assert set(counts.values()) == {each}
    left = 2 * pods * (pods - 1 - each)
    told = layout.coverage
    assert (told.mode, [one["count"] for one in told.left_out]) == ("fewer_on_node", [left]) if left else told is None
    assert everything(snapshot, Sample("all"), TCP, models[:1]).cells == 2 * pods * (pods - 1)


def test_who_names_a_mode_gets_it(monkeypatch):
    monkeypatch.setattr(sample, "MAX_CELLS", 4000)
    snapshot = big(10, 7)
    models = ("pod_to_pod_same_node", "pod_to_pod_cross_node")
    assert everything(snapshot, AUTO, TCP, models).cells <= 4000
    assert everything(snapshot, Sample("all"), TCP, models).cells == 70 * 69
    assert everything(snapshot, Sample("ring", 2), TCP, models).coverage.cells == ()


def test_a_machine_outside_asks_the_same_whoever_plans(monkeypatch):
    """It plans for itself, and its answers are joined with the plan of the controller."""
    monkeypatch.setattr(sample, "_MAX_OUTSIDE", 50)
    facts = Facts(big(10, 3, 20, 20))
    alone = selection.select(facts, [{"outside": True}], None, {"outside"}, (), [OUTSIDE])
    layouts = [plan.make(facts, alone, list(MODELS), Options(), Bounds(Sample())), everything(facts.snapshot)]
    hosts = [[(probe.host, probe.port) for probe in layout.probes[OUTSIDE.id]] for layout in layouts]
    assert hosts[0] == hosts[1]
    assert 1 < len(hosts[0]) <= 50


def test_a_sample_asks_everybody_outside():
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, None, None, {"pod", "outside"}, (), MACHINES)
    layout = plan.make(facts, selected, ["outside_to_nodeport"], TCP, Bounds(Sample("ring", 1)))
    assert set(layout.probes) == {machine.id for machine in MACHINES}
    assert len(set(map(len, layout.probes.values()))) == 1
