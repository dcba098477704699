# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to a node and to node ports."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import judged


@pytest.mark.parametrize(("name", "expectation"), [("w1", "deny"), ("w2", "allow")])
def test_external_traffic_policy_local_spares_the_nodes_own_pods(name, expectation):
    """The only endpoint is elsewhere: w1 must drop what comes from w2, while w2 serves its own Pods."""
    local = cluster.service(
        "web",
        "10.96.0.5",
        ports=[{"port": 80, "nodePort": 30080}],
        type="NodePort",
        externalTrafficPolicy="Local",
    )
    slices = [cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.3.1", "w3", "web-3", True))]
    asked = [{"node": name}, {"service": "web", "namespace": "shop"}]
    cells = judged(
        "timeout", "pod_to_nodeport", asked, sources=[{"pod": "web-2"}], services=[local], endpoint_slices=slices
    )
    assert [cell.expectation for cell in cells] == [expectation]
