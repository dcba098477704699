# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who relies on a port of a Pod."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import reliance
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

CONTAINER = {
    "name": "app",
    "ports": [{"name": "health", "containerPort": 9000}, {"name": "metrics", "containerPort": 9999}],
    "livenessProbe": {"httpGet": {"port": "health"}},
    "readinessProbe": {"tcpSocket": {"port": 8080}},
}


def test_services_and_probes_rely_on_ports():
    facts = Facts(cluster.snapshot(pods=[cluster.pod("web-1", "w1", "10.0.1.1", containers=[CONTAINER])]))
    assert reliance.relied_on(facts, facts.pods["shop/web-1"]) == {
        (8080, "TCP"): ("Service shop/web port 80", "a probe of container app"),
        (9000, "TCP"): ("a probe of container app",),
    }


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("24Mi", 24 * 2**20),
        ("1.5Gi", 3 * 2**29),
        ("128M", 128 * 10**6),
        ("1000", 1000),
        ("2e3", 2000),
        ("", 0),
        ("many", 0),
        ("1Qi", 0),
    ],
)
def test_quantities_of_memory(quantity, expected):
    assert reliance.memory_bytes(quantity) == expected
