# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import placement
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.placement import Choice, Slot
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Refused
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import node_kinds, parse


def test_a_selector_becomes_what_the_scheduler_reads():
    requirements = Choice(selectors=("disk=ssd,zone in (a,b)", "!gpu")).requirements()
    assert placement._affinity(requirements) == (
        {
            "matchExpressions": [
                {"key": "disk", "operator": "In", "values": ["ssd"]},
                {"key": "zone", "operator": "In", "values": ["a", "b"]},
                {"key": "gpu", "operator": "DoesNotExist"},
            ]
        },
    )


def test_a_selector_that_is_none_is_named():
    with pytest.raises(ValueError, match="node_selectors: 'a=b=c' is not a label selector"):
        Choice(selectors=("a=b=c",)).requirements()


@pytest.mark.parametrize(
    ("slot", "node", "right"),
    [
        (Slot("w1"), "w1", True),
        (Slot("w1"), "w2", False),
        (Slot(expected=("w1", "w2")), "w2", True),
        (Slot(expected=("w1", "w2")), "cp", False),
        (Slot(), "cp", True),
    ],
)
def test_landing_is_asserted(slot, node, right):
    trouble = placement.landed(slot, {"spec": {"nodeName": node}})
    assert (trouble is None) is right
    if trouble:
        assert trouble.kind == "wrong_node"
        assert f"it runs on node {node}" in trouble.evidence


@pytest.mark.parametrize(
    ("choice", "free"),
    [(Choice(), True), (Choice(nodes=("a",)), False), (Choice(selectors=("a",)), False), (Choice(every=True), False)],
)
def test_only_a_choice_of_nothing_is_free(choice, free):
    assert choice.free is free


READY = {"metadata": {"name": "w1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def test_a_node_that_no_pod_of_ours_can_run_on_gets_none():
    assert placement._at("w1", READY, lambda _node: "").trouble is None
    trouble = placement._at("w1", READY, lambda _node: "it is a virtual node").trouble
    assert trouble
    assert (trouble.kind, trouble.evidence) == ("unfit_node", "node w1: it is a virtual node")


def node(name, taint="", **labels):
    taints = [{"key": taint, "effect": "NoSchedule"}] if taint else []
    labels = {"disk": "ssd", **labels}
    return {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}, "status": READY["status"]}


class Nodes:
    """The list of nodes that an API server gives, or refuses."""

    def __init__(self, *nodes):
        self.nodes = nodes

    def list(self, *_args, **_more):
        if not self.nodes:
            raise ClusterError("forbidden", "nodes is forbidden")
        return iter(self.nodes)


def placed(*nodes):
    def unfit(each):
        return node_kinds.unfit(parse.node(each))

    (slot,) = placement.slots(Nodes(*nodes), Choice(selectors=("disk=ssd",)), "a Pod", unfit, node_kinds.FIT)
    return slot


def test_the_scheduler_gets_no_choice_of_nodes_that_no_pod_of_ours_can_run_on():
    """They are tainted, and a Pod for nodes tolerates everything: labels keep it away, and names where none does."""
    slot = placed(
        node("w1"),
        node("w2"),
        node("virtual-1", type="virtual-kubelet"),
        node("win", **{"kubernetes.io/os": "windows"}),
        node("virtual-2", "virtual-kubelet.io/provider"),
    )
    assert slot.expected == ("w1", "w2")
    (term,) = slot.affinity
    assert {"key": "type", "operator": "NotIn", "values": ["virtual-kubelet"]} in term["matchExpressions"]
    assert {"key": "kubernetes.io/os", "operator": "NotIn", "values": ["windows"]} in term["matchExpressions"]
    assert term["matchFields"] == [{"key": "metadata.name", "operator": "NotIn", "values": ["virtual-2"]}]
    assert placement.landed(slot, {"spec": {"nodeName": "virtual-2"}}).kind == "wrong_node"
    assert "matchFields" not in placed(node("w1")).affinity[0]


def test_without_the_right_to_list_nodes_labels_keep_pods_away_from_virtual_ones():
    (term,) = placed().affinity
    assert {"key": "type", "operator": "NotIn", "values": ["virtual-kubelet"]} in term["matchExpressions"]


def test_selectors_that_only_virtual_nodes_match_are_refused():
    with pytest.raises(Refused) as refused:
        placed(node("virtual-1", type="virtual-kubelet"))
    assert refused.value.refusal.kind == "no_match"
    assert "node virtual-1: it is a virtual node (label type=virtual-kubelet)" in refused.value.refusal.message
