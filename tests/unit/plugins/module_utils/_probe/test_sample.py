# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples: which part of a big cluster is asked, and how much that says of the rest."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import os
import subprocess
import sys

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _question_key as question_key
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import UNBOUNDED, Bounds, Earlier
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import MAX_CELLS, Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress, IngressPath
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.machines import MACHINES

TCP = Options(protocols=("tcp",))
ALL, AUTO = Options(), Sample()
FIELDS = ("source", "target", "model", "protocol", "family", "via")
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


def deployed(nodes, pods, workloads, services=20, ingresses=0):
    """The same whose Pods belong to Deployments."""
    seen = big(nodes, pods, services)

    def owned(number, pod):
        name = f"w{number % workloads}"
        labels = {**pod.labels, "pod-template-hash": "5d8c7b9f6d"}
        return dataclasses.replace(pod, owner=f"ReplicaSet/{name}-5d8c7b9f6d", labels=labels)

    def ingress(number):
        path = IngressPath(f"s{number}.shop.example", "/", f"s{number}", "80", field="spec.rules[0].http.paths[0]")
        return Ingress("shop", f"s{number}", "nginx", ("198.18.200.1",), (path,))

    return dataclasses.replace(
        seen,
        pods=tuple(owned(number, pod) for number, pod in enumerate(seen.pods)),
        ingresses=tuple(map(ingress, range(ingresses))),
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
def test_a_big_cluster_is_counted_first_and_sampled_below_the_bound(nodes, pods, services, node_ports):
    wanted = Sample(max_cells=4000)
    layout = everything(big(nodes, pods, services, node_ports), wanted)
    asked, there = layout.coverage.cells
    assert asked == layout.cells <= 4000 < there
    assert layout.coverage.mode == "auto"
    models = {probe.model for probes in layout.probes.values() for probe in probes}
    assert {"pod_to_service", "node_to_pod", "node_to_node"} <= models
    assert ("outside_to_nodeport" in models) == bool(node_ports)
    assert everything(big(nodes, pods, services, node_ports), wanted).probes == layout.probes


def test_a_thousand_pods_on_a_hundred_nodes_stay_below_the_real_bound():
    layout = everything(big(100, 10, 200, 20))
    asked, there = layout.coverage.cells
    assert asked == layout.cells <= MAX_CELLS
    assert there > 5_000_000
    assert layout.coverage.nodes_in == layout.coverage.nodes_out == (100, 100)


def test_how_many_cells_there_are_is_counted_as_they_would_be_planned():
    """With a low bound, so that everything can be planned as well."""
    for snapshot in (big(6, 4, 8, 2), big(3, 8, 20, 0)):
        asked, there = everything(snapshot, Sample(max_cells=600)).coverage.cells
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


def test_who_names_a_mode_gets_it():
    snapshot = big(10, 7)
    models = ("pod_to_pod_same_node", "pod_to_pod_cross_node")
    assert everything(snapshot, Sample(max_cells=4000), TCP, models).cells <= 4000
    assert everything(snapshot, Sample("all"), TCP, models).cells == 70 * 69
    assert everything(snapshot, Sample("ring", 2), TCP, models).coverage.cells == ()


def test_a_machine_outside_asks_the_same_whoever_plans():
    """It plans for itself, and its answers are joined with the plan of the controller."""
    wanted = Sample(max_cells=500)
    facts = Facts(big(10, 3, 20, 20))
    alone = selection.select(facts, [{"outside": True}], None, {"outside"}, (), [OUTSIDE])
    layouts = [plan.make(facts, alone, list(MODELS), Options(), Bounds(wanted)), everything(facts.snapshot, wanted)]
    hosts = [[(probe.host, probe.port) for probe in layout.probes[OUTSIDE.id]] for layout in layouts]
    assert hosts[0] == hosts[1]
    assert 1 < len(hosts[0]) <= 50


def test_a_sample_asks_everybody_outside():
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, None, None, {"pod", "outside"}, (), MACHINES)
    layout = plan.make(facts, selected, ["outside_to_nodeport"], TCP, Bounds(Sample("ring", 1)))
    assert set(layout.probes) == {machine.id for machine in MACHINES}
    assert len(set(map(len, layout.probes.values()))) == 1


@pytest.mark.parametrize(
    ("cells", "whole"),
    [
        (110, ["nodes_out", "nodes_in"]),
        (640, ["nodes_out", "nodes_in", "services"]),
        (700, ["nodes_out", "nodes_in", "services", "hosts"]),
        (3000, ["nodes_out", "nodes_in", "services", "hosts", "workloads_out", "workloads_in"]),
    ],
)
def test_what_is_covered_first_is_whole_where_the_budget_is_small(cells, whole):
    """A node costs a cell, or three where it asks the API server and DNS as well, a Service and a host one or two."""
    layout = everything(deployed(100, 4, 150, services=120, ingresses=60), Sample(max_cells=cells))
    told = layout.coverage.to_dict()
    parts = ["nodes_out", "nodes_in", "services", "hosts", "workloads_out", "workloads_in"]
    assert [part for part in parts if told[part][0] == told[part][1]] == whole
    assert layout.cells <= cells


def test_a_run_has_no_more_sources_than_execs():
    seen = deployed(30, 20, 300)
    for most, nodes in ((50, 30), (10, 10)):
        layout = everything(seen, Sample(max_execs=most))
        assert len(set(layout.questions) - {OUTSIDE.id}) == most
        assert layout.coverage.nodes_out == (nodes, 30)
        assert layout.coverage.nodes_in == (30, 30)
    assert len(set(everything(seen).questions) - {OUTSIDE.id}) == 500


@pytest.mark.parametrize("nodes", [1, 2, 9])
def test_a_namespace_of_ninety_pods_stays_within_the_budget(nodes):
    layout = everything(deployed(nodes, 90 // nodes, 12, services=12, ingresses=3))
    assert 10_000 < layout.cells <= MAX_CELLS
    told = layout.coverage
    assert told.nodes_out == told.nodes_in == (nodes, nodes)
    assert (told.services, told.hosts) == ((12, 12), (3, 3))
    assert told.workloads_in == told.workloads_out == (12, 12)


def test_what_is_counted_and_planned_grows_with_the_cluster_and_not_with_its_square(monkeypatch):
    made = collections.Counter()
    offered = plan._offered
    size = 0

    def counted(*args):
        for question in offered(*args):
            made[size] += 1
            yield question

    monkeypatch.setattr(plan, "_offered", counted)
    wanted = Sample(max_cells=2000)
    for size in (50, 200, 800):
        everything(deployed(size, 3, size, services=size), wanted)
    assert made[200] < 4.5 * made[50]
    assert made[800] < 4.5 * made[200]


def test_the_same_snapshot_has_the_same_plan_in_every_process():
    """Whatever the hashes of its strings are, which differ from one process to the next."""
    code = (
        f"from {__name__} import Sample, deployed, everything\n"
        "print(everything(deployed(12, 6, 9), Sample(max_cells=900)).probes)"
    )
    asked = set()
    for seed in "12":
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        asked.add(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout)
    assert len(asked) == 1
    assert b"pod_to_service" in asked.pop()


def test_what_failed_is_asked_again_though_it_is_in_no_new_sample():
    """Such as one of a run with another seed, or with all."""
    seen = deployed(12, 6, 9, services=20)
    whole = everything(seen, Sample("all"))
    probes = [probe for probes in whole.probes.values() for probe in probes]
    failed = [probe for probe in probes[:: len(probes) // 50] if not probe.source.startswith("outside/")]
    cells = [
        {**{name: getattr(probe, name) for name in FIELDS}, "id": probe.id, "verdict": "fail", "evidence": {}}
        for probe in failed
    ]
    facts = Facts(seen)
    selected = selection.select(facts, None, None, {"pod", "node", "outside"}, (), [OUTSIDE])
    bounds = Bounds(Sample(max_cells=500), earlier=Earlier({"cells": cells}))
    again = plan.make(facts, selected, list(MODELS), ALL, bounds)
    assert set(map(question_key.key, (probe for probes in again.probes.values() for probe in probes))) == set(
        map(question_key.key, failed)
    )
    assert again.coverage is None


def test_a_brief_question_is_of_the_application_and_by_address():
    layout = everything(deployed(60, 2, 60, services=60), Sample(max_cells=230))
    asked = [probe for probes in layout.probes.values() for probe in probes]
    pods = [probe for probe in asked if probe.model == "pod_to_pod_cross_node"]
    assert {probe.protocol for probe in pods} == {"http"}
    assert {probe.via for probe in asked if probe.model == "pod_to_service"} == {"address"}
