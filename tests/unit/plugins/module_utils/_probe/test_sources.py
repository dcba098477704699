# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import sources
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, Source, Target

WEB = Source("shop/web-1/app", namespace="shop", pod="web-1", container="app", node="w1")


@pytest.mark.parametrize(
    ("model", "pod", "itself"),
    [
        ("pod_to_pod_same_node", "db-1", False),
        ("pod_to_pod_same_node", "web-1", True),
        ("pod_to_self_service", "db-1", True),
        ("container_to_container", "web-1", True),
    ],
)
def test_which_traffic_no_other_pod_can_see(model, pod, itself):
    target = Target(f"pod/shop/{pod}:80", "pod", pod, "shop", 80)
    probe = Probe(1, WEB.id, target.id, model, "tcp", "IPv4", "10.0.1.1", 80)
    assert sources.asks_itself(WEB, target, probe) is itself
