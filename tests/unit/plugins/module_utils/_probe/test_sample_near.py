# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods of a crowded node, which fill its table of neighbours."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import Sample

from .sampled import TCP, big, everything


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
