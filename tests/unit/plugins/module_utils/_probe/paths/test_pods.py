# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to a Pod."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import judged


def test_a_failing_pod_that_is_not_ready_is_named():
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("db-1", "w1", "10.0.1.2", ready=False)]
    (cell,) = judged("timeout", "pod_to_pod_same_node", [{"pod": "db-1"}], "icmp", pods=pods)
    assert cell.reason.startswith("Pod shop/db-1 is not Ready; no answer")
