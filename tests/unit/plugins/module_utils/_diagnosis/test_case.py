# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a case knows, and what it does not."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import condition, container
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition

from . import scenes
from .scenes import WEB

DEPLOYMENT = ObjectRef("Deployment", "web", "shop")


@pytest.mark.parametrize(
    ("fact", "seen", "reason"),
    [
        ("pods", scenes.snapshot(), ""),
        ("endpoint_slices", scenes.snapshot(missing=(Missing("endpointslices.discovery.k8s.io", "no"),)), "no"),
        ("details", scenes.snapshot(), ""),
        ("details", scenes.snapshot(workloads=scenes.workloads(unknown={"pods": "no"})), "no"),
        ("node_details", scenes.snapshot(workloads=scenes.workloads(unknown={"nodes": "no"})), "no"),
        ("nodes", scenes.snapshot(workloads=scenes.workloads(unknown={"nodes": "no"})), ""),
        ("quotas", scenes.snapshot(workloads=None), "the snapshot was taken with depth: traffic"),
        ("secrets", scenes.snapshot(workloads=scenes.workloads(unknown={"secrets": "no"})), "no"),
        ("jobs", scenes.snapshot(), "the snapshot was taken with depth: workloads"),
        ("jobs", scenes.snapshot(workloads=scenes.workloads(depth="all")), ""),
        ("cells", scenes.snapshot(), "nothing was probed"),
    ],
)
def test_what_is_not_known(fact: str, seen: scenes.Snapshot, reason: str):
    assert scenes.case(seen).unknown(fact) == reason
    assert scenes.case(seen).knows(fact) is not bool(reason)


def test_details_are_those_of_pods_that_are_there():
    case = scenes.case(scenes.snapshot(pods=WEB[:1], workloads=scenes.workloads(*(scenes.detail(one) for one in WEB))))
    ((one, detail),) = case.details()
    assert (one, container(detail, "web")) == (WEB[0], detail.containers[0])
    assert case.detail(WEB[0]) == detail
    assert container(detail, "other") is None
    assert condition([Condition("Ready", "True")], "Ready") == Condition("Ready", "True")
