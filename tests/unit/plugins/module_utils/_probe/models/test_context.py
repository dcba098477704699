# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a model is asked from one source: families, and names that the cluster does not have."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import PLAIN, make, questions


def test_families_are_cells_of_their_own_and_only_where_both_ends_speak_them():
    pods = [
        cluster.pod("a-1", "w1", "10.0.1.1", "fd00::1"),
        cluster.pod("b-1", "w1", "10.0.1.2", "fd00::2"),
        cluster.pod("c-1", "w1", "10.0.1.3"),
    ]
    layout = make(["pod_to_pod_same_node"], pods=pods, services=[], endpoint_slices=[])
    assert [host for _p, _v, host in questions(layout, "shop/a-1/app")] == ["10.0.1.2:0", "fd00::2:0", "10.0.1.3:0"]
    assert [host for _p, _v, host in questions(layout, "shop/c-1/app")] == ["10.0.1.1:0", "10.0.1.2:0"]
    only = make(
        ["pod_to_pod_same_node"],
        options=dataclasses.replace(PLAIN, families=("IPv6",)),
        pods=pods,
        services=[],
        endpoint_slices=[],
    )
    assert [host for _p, _v, host in questions(only)] == ["fd00::2:0", "fd00::1:0"]


def test_a_name_of_the_cluster_that_none_can_be_is_not_asked_and_says_so():
    entry = {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"rules": [{"host": "a b.lab"}]}}
    entry["spec"]["rules"][0]["http"] = {"paths": [{"backend": {"service": {"name": "web"}}}]}
    facts = Facts(cluster.snapshot(ingresses=[entry]))
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_ingress", "pod_to_service"], Options())
    skipped = {probe.skip for probes in layout.probes.values() for probe in probes if probe.model == "pod_to_ingress"}
    assert skipped == {"it cannot be probed: host 'a b.lab' is neither an address nor a DNS name"}
    assert all(probe.model != "pod_to_ingress" for _source, sent in layout.by_source() for probe in sent)
    own = selection.select(facts, None, [{"host": "a b.lab", "port": 80}])
    with pytest.raises(ValueError, match=r"^host 'a b\.lab' is neither an address nor a DNS name"):
        plan.make(facts, own, ["pod_to_service"], Options())
