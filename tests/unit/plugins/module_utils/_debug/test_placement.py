# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import placement
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.placement import Choice, Slot


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
