# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several rules ask of nodes and components: ages, answers, and what suffers where a node is down."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import cluster_state
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.cluster_state import (
    age,
    is_reached,
    to_node,
    unready,
    victims_of,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import NodeAnswer
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition

from .. import scenes
from ..scenes import CLIENT, SERVICE, TAKEN, WEB


def test_ages_go_by_the_clock_of_the_api_server():
    case = scenes.case(scenes.snapshot(workloads=scenes.workloads(server_time="2026-12-01T05:00:00Z")))
    assert age(case, TAKEN) == 3600
    assert age(scenes.case(), TAKEN) == 0
    assert age(case, "") is None


@pytest.mark.parametrize(
    ("status", "says", "wanted"),
    [
        (200, "ok", True),
        (401, "Unauthorized", True),
        (503, "error trying to reach service: dial tcp 198.18.0.12:10250: i/o timeout", False),
        (502, "proxy error: EOF", False),
        (0, "no answer within 4 s", False),
    ],
)
def test_an_error_of_the_api_server_is_no_answer_of_the_kubelet(status: int, says: str, wanted: bool):
    assert is_reached(NodeAnswer("w1", status, says)) == wanted


def test_nodes_that_are_not_ready():
    lost = NodeDetail("w2", (Condition("Ready", "Unknown"),))
    seen = scenes.snapshot(nodes=(Node("w1", True), Node("w2")), workloads=scenes.workloads(nodes=(lost,)))
    assert [node.name for node, _detail, _ready in unready(scenes.case(seen))] == ["w2"]


def test_what_suffers_where_a_node_is_down():
    lost = dataclasses.replace(WEB[1], ready=False)
    names = {str(ref) for ref in victims_of(scenes.case(scenes.snapshot((WEB[0], lost))), "w2")}
    assert names == {f"Pod {lost.id}", "Deployment shop/web"}
    alone = scenes.case(scenes.snapshot((lost,)))
    assert "Service shop/web" in {str(ref) for ref in victims_of(alone, "w2")}


def test_a_workload_with_another_pod_that_is_unwell_has_another_trouble():
    both = tuple(dataclasses.replace(one, ready=False) for one in WEB)
    names = {str(ref) for ref in victims_of(scenes.case(scenes.snapshot(both)), "w2")}
    assert "Deployment shop/web" not in names


def test_which_checks_a_node_explains():
    report = scenes.Report()
    to_pod = report.ask((WEB[1], 8080), "timeout")
    to_service = report.ask((SERVICE, 80), "timeout")
    other = report.ask((WEB[0], 8080), "timeout")
    case = scenes.case(report=report)
    explains = to_node(case, "w2")
    assert [number for number in (to_pod, to_service, other) if explains(case.by_id[number])] == [to_pod, to_service]
    assert to_node(case, CLIENT.node)(case.by_id[to_pod]), "its source is there"


def test_components_are_found_by_name():
    assert cluster_state.components(scenes.case(), "etcd") == []
    assert cluster_state.lease(scenes.case(), "kube-scheduler") is None
