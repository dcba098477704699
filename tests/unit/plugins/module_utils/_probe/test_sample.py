# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples: which part of a big cluster is asked, and how much that says of the rest."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _question_key as question_key
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import UNBOUNDED, Bounds, Earlier
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import MAX_CELLS, Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

from .sampled import ALL, FIELDS, OUTSIDE, TCP, big, deployed, everything


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
