# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers, nodes and hosts ask."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.machines import from_outside
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import WEB, make


def test_what_cannot_be_source_or_target_is_said():
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]),
        cluster.pod("done-1", "w1", "10.0.1.8", status={"phase": "Succeeded", "containerStatuses": []}),
        cluster.pod("going-1", "w1", "10.0.1.9", meta={"deletionTimestamp": "2026-11-21T09:00:00Z"}),
        cluster.pod("new-1", "w1", status={"phase": "Pending", "containerStatuses": []}),
        cluster.pod("host-1", "w1", "198.18.0.11", spec={"hostNetwork": True}),
    ]
    layout = make(["pod_to_pod_same_node", "pod_to_service"], pods=pods)
    assert list(layout.probes) == [WEB]
    said = {item.what: item.reason for item in layout.not_tested}
    assert said["from Pod shop/done-1"] == "it has finished (Completed)"
    assert said["to Pod shop/going-1"] == "it is being deleted"
    assert said["from Pod shop/new-1"] == "it is not running (Pending)"
    assert "hostNetwork" in said["to Pod shop/host-1"]


@pytest.mark.parametrize(
    ("chosen", "asking"),
    [
        (None, {"outside/controller", "outside/office"}),
        ([{"outside": True}], {"outside/controller", "outside/office"}),
        ([{"outside_host": "*"}], {"outside/controller", "outside/office"}),
        ([{"outside_host": "office"}], {"outside/office"}),
    ],
)
def test_sources_outside_are_chosen_by_name(chosen, asking):
    assert {cell.source for cell in from_outside([], chosen)} == asking


def test_a_machine_outside_that_is_not_there_is_an_error():
    with pytest.raises(SelectionError, match="there is no outside_host 'home'; outside has controller, office"):
        from_outside([], [{"outside_host": "home"}])
