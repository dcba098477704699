# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes the terms of a Pod leave."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import node_terms
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail

NODE = Node("w1", True, labels={"disk": "ssd", "cores": "8"})


def affinity(*terms: t.Any) -> PodDetail:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return PodDetail("shop", "web", affinity={"nodeAffinity": required})


def expression(key: str, operator: str, *values: str) -> dict[str, t.Any]:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(("selector", "fits"), [({}, True), ({"disk": "ssd"}, True), ({"disk": "hdd"}, False)])
def test_a_selector(selector: dict[str, str], fits: bool):
    assert node_terms.match(NODE, PodDetail("shop", "web", node_selector=selector)) is fits


@pytest.mark.parametrize(
    ("one", "fits"),
    [
        (expression("disk", "In", "ssd", "nvme"), True),
        (expression("disk", "NotIn", "ssd"), False),
        (expression("zone", "NotIn", "a"), True),
        (expression("disk", "Exists"), True),
        (expression("disk", "DoesNotExist"), False),
        (expression("cores", "Gt", "4"), True),
        (expression("cores", "Lt", "4"), False),
        (expression("disk", "Gt", "4"), False),
    ],
)
def test_an_expression(one: t.Any, fits: bool):
    assert node_terms.match(NODE, affinity({"matchExpressions": [one]})) is fits


def test_of_terms_one_is_enough_and_an_empty_one_is_none():
    wrong, by_name = {"matchExpressions": [expression("disk", "In", "hdd")]}, expression("metadata.name", "In", "w1")
    assert node_terms.match(NODE, affinity(wrong, {"matchFields": [by_name]}))
    assert not node_terms.match(NODE, affinity(wrong))
    assert not node_terms.match(NODE, affinity({}))
    assert node_terms.match(NODE, PodDetail("shop", "web", affinity={"nodeAffinity": {}}))
