# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples whose size the user sets: nodes on a ring, and random ones."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import Bounds
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.machines import MACHINES

from .sampled import TCP, big


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


def test_a_sample_asks_everybody_outside():
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, None, None, {"pod", "outside"}, (), MACHINES)
    layout = plan.make(facts, selected, ["outside_to_nodeport"], TCP, Bounds(Sample("ring", 1)))
    assert set(layout.probes) == {machine.id for machine in MACHINES}
    assert len(set(map(len, layout.probes.values()))) == 1
