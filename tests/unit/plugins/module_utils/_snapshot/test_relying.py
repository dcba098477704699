# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who relies on a port of a Pod."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import relying
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def test_a_service_relies_on_the_ports_of_its_endpoints_ready_or_not():
    slices = [
        cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", False)),
        cluster.endpoint_slice("gone", "IPv4", {"port": 1}, ("10.0.1.9", "w1", "gone-1", True)),
    ]
    facts = Facts(cluster.snapshot(endpoint_slices=slices))
    assert facts.relying == {("10.0.1.2", 5432, "TCP"): "Service shop/db port 5432"}


def test_a_slice_of_another_transport_or_name_is_no_port_of_the_service():
    for port in ({"port": 5432, "protocol": "UDP"}, {"port": 5432, "name": "other"}):
        slices = [cluster.endpoint_slice("db", "IPv4", port, ("10.0.1.2", "w1", "db-1", True))]
        assert Facts(cluster.snapshot(endpoint_slices=slices)).relying == {}


def test_a_probe_relies_on_its_port_at_the_first_address():
    probed = {"httpGet": {"port": "admin", "path": "/"}}
    container = {
        "name": "app",
        "image": "image:1",
        "ports": [{"containerPort": 8081, "name": "admin"}, {"containerPort": 8080}],
        "livenessProbe": probed,
        "startupProbe": {"tcpSocket": {"port": 7000}},
    }
    found = cluster.pod("web-1", "w1", "10.0.1.1", "fd00::1", containers=[container])
    (pod,) = Facts(cluster.snapshot(pods=[found])).snapshot.pods
    asked = {port: relying.by_probes(pod, "10.0.1.1", port) for port in (8081, 7000, 8080)}
    assert asked == {8081: "a probe of container app", 7000: "a probe of container app", 8080: ""}
    assert relying.by_probes(pod, "fd00::1", 8081) == ""
