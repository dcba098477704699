# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that are no Linux machines of their own, and their Pods."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import make

MODELS = ["pod_to_pod_cross_node", "pod_to_nodeport", "node_to_pod", "node_to_node"]
VIRTUAL = {"type": "virtual-kubelet"}
WINDOWS = {"kubernetes.io/os": "windows"}
FARGATE = {"eks.amazonaws.com/compute-type": "fargate"}


def planned(labels: dict[str, str], **options: t.Any) -> t.Any:
    """A plan in which C(w2), the node of C(web-2), has labels."""
    nodes = [cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")]
    nodes[1]["metadata"]["labels"] = labels
    return make(MODELS, nodes=nodes, **options)


def ends(layout: t.Any) -> tuple[bool, bool, bool]:
    """Whether anything is asked from the Pod, to the Pod, or from or to the node."""
    asked = [(question.source.id, question.target.id) for question in layout]
    return (
        any(source == "shop/web-2/app" for source, _target in asked),
        any(target.startswith("pod/shop/web-2") for _source, target in asked),
        any(source == "node/w2" or target.startswith("node/w2") for source, target in asked),
    )


@pytest.mark.parametrize(
    ("labels", "asked", "said"),
    [
        ({}, (True, True, True), []),
        (
            VIRTUAL,
            (False, False, False),
            [
                (
                    "Node w2 and its Pods",
                    "it is a virtual node (label type=virtual-kubelet), and no probe can run there",
                )
            ],
        ),
        (
            WINDOWS,
            (False, True, False),
            [("Node w2 and everything from its Pods", "its operating system is windows, and no probe can run there")],
        ),
        (
            FARGATE,
            (True, True, False),
            [
                (
                    "Node w2",
                    "it is a virtual node (label eks.amazonaws.com/compute-type=fargate), which has no node ports",
                )
            ],
        ),
    ],
)
def test_what_cannot_be_asked_there_is_said_once_for_the_node(labels, asked, said):
    layout = planned(labels)
    assert ends(layout) == asked
    assert [(item.what, item.reason) for item in layout.not_tested if "w2" in item.what] == said


def test_where_a_service_is_named_its_node_ports_are_asked_at_the_other_nodes():
    layout = planned(VIRTUAL, asked=[{"namespace": "shop", "service": "web"}], sources=[{"pod": "web-1"}])
    nodes = {question.target.node for question in layout if question.probe.model == "pod_to_nodeport"}
    assert nodes == {"w1"}


def test_a_node_that_is_named_is_not_asked_either():
    layout = planned(VIRTUAL, asked=[{"node": "*"}], sources=[{"node": "*"}])
    assert ends(layout) == (False, False, False)
    assert [item.what for item in layout.not_tested] == ["Node w2 and its Pods"]
