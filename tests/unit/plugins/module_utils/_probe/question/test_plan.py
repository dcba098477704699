# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one question asks of the sample application, recorded on the lab."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question import plan as question_plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question.plan import DirectQuestion
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.question.asking import (
    ASKER,
    CONTROLLER,
    LEDGER,
    SNAPSHOT,
    UNSET,
    asked,
    ways,
)


def test_containers_of_one_pod_ask_each_other_where_the_pod_is_asked_by_itself():
    assert ways(asked("deployment/duo", "deployment/duo:7000")) == {"container_to_container tcp 127.0.0.1:7000"}


def many(count: int):
    """The recording with so many more Pods of the ledger on as many nodes, all endpoints of its Service."""
    node = SNAPSHOT.nodes[1]
    nodes = [
        dataclasses.replace(node, name=f"n{number}", internal_ips=(f"198.18.9.{number}",)) for number in range(count)
    ]
    pods = [
        dataclasses.replace(LEDGER, name=f"ledger-{number}", node=f"n{number}", ips=(f"10.244.9.{number}",))
        for number in range(count)
    ]
    slices = []
    for part in SNAPSHOT.endpoint_slices:
        if part.service == "ledger" and part.address_type == "IPv4":
            more = [
                dataclasses.replace(part.endpoints[0], addresses=pod.ips, pod=pod.name, node=pod.node) for pod in pods
            ]
            part = dataclasses.replace(part, endpoints=(*part.endpoints, *more))  # noqa: PLW2901
        slices.append(part)
    return dataclasses.replace(
        SNAPSHOT,
        nodes=(*SNAPSHOT.nodes, *nodes),
        pods=(*SNAPSHOT.pods, *pods),
        endpoint_slices=tuple(slices),
    )


def test_a_question_costs_the_same_however_large_its_ends_are():
    small, large = many(20), many(200)
    for source, target in ((ASKER, "shop/ledger"), ("deployment/ledger", "shop/frontend-nodeport")):
        plans = [asked(source, target, snapshot) for snapshot in (small, large)]
        assert len({layout.cells for layout in plans}) == 1
        assert len({len(layout.probes) for layout in plans}) == 1
    left = [
        f"{item.what}: {item.reason}" for item in asked("deployment/ledger", "shop/frontend-nodeport", large).not_tested
    ]
    assert left == [
        "from 193 more Pods of deployment/ledger: a connection is probed from at most 8 Pods of a workload",
        "node ports of Service shop/frontend-nodeport on 195 more nodes: at most 8 nodes are probed",
    ]


@pytest.mark.parametrize("target", ["ledger.shop:7000", "node/w1:30080", "https://shop.lab/v1/x", "store-0.store.shop"])
def test_what_must_happen_is_what_the_whole_cluster_s_run_would_say(target: str):
    """A target that was cut down to a port is judged as the whole one."""
    layout = expectation.assign(asked(ASKER, target), Facts(SNAPSHOT))
    for question in layout:
        expected = question.expected
        assert expected.decision == "allow", question
        assert expected.decided_by.split(" ")[0] in ("Service", "Pod", "Ingress", "NetworkPolicy"), expected


def test_it_is_not_given_beside_what_it_stands_for():
    none = dict.fromkeys(("from", "to", "sources", "targets", "internet", "label_selectors", "field_selectors"))
    question_plan.assert_alone({**none, "from": "shop/a", "targets": [{}]})
    for given in ({"from": "a", "sources": [{}]}, {"to": "a", "targets": [{}]}, {"to": "a", "internet": [{}]}):
        with pytest.raises(SelectionError, match="cannot be given with"):
            question_plan.assert_alone({**none, **given})
    with pytest.raises(SelectionError, match="cannot be given with label_selectors"):
        question_plan.assert_alone({**none, "from": "a", "to": "b", "label_selectors": ["x"]})


def test_either_end_alone_leaves_the_other_to_the_other_options():
    facts = Facts(SNAPSHOT)
    only_from = DirectQuestion("shop/bashful", None, "cluster.local")
    selected = only_from.choose(facts, UNSET, {"pod"}, [])
    assert selected.everything
    assert {chosen.source.pod.split("-")[0] for chosen in selected.sources} == {"bashful"}
    only_to = DirectQuestion(None, "ledger.shop:7000", "cluster.local", "shop")
    selected = only_to.choose(facts, {**UNSET, "sources": [{"outside": True}]}, {"outside"}, [CONTROLLER])
    assert [service.name for service in selected.services] == ["ledger"]
    assert [chosen.source.id for chosen in selected.sources] == ["outside/controller"]
    assert only_from.kind == "pod"
    assert only_to.kind == ""
