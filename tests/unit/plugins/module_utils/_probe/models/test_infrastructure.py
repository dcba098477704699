# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server, name servers and nodes."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ApiEndpoint
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.model_questions import asked

API = {"api_addresses": ("10.96.0.1",), "api_endpoints": (ApiEndpoint("198.18.0.2", 6443),)}


def test_the_api_server_by_name_by_address_and_each_instance():
    assert asked("pod_to_apiserver", also=API) == [
        "https (name.namespace) kubernetes.default:443 /version",
        "https (fqdn) kubernetes.default.svc.cluster.local:443 /version",
        "https (fqdn.) kubernetes.default.svc.cluster.local.:443 /version",
        "https (address) 10.96.0.1:443 /version",
        "https (address) 198.18.0.2:6443 /version",
    ]


def test_each_name_server_is_asked_for_both_kinds_of_name_both_ways():
    found = asked("pod_to_dns", internet=[{"host": "www.example.com", "port": 80}], also=API)
    assert len(found) == 12
    assert found[:4] == [
        "dns (cluster name, udp) kubernetes.default.svc.cluster.local.:0 by @1",
        "dns (cluster name, tcp) kubernetes.default.svc.cluster.local.:0 by @1",
        "dns (outside name, udp) www.example.com.:0 by @1",
        "dns (outside name, tcp) www.example.com.:0 by @1",
    ]


def test_nodes_ask_pods_services_and_the_ports_that_they_need_of_each_other():
    nodes = [cluster.node("cp", "198.18.0.2"), cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")]
    nodes[0]["metadata"]["labels"] = {"node-role.kubernetes.io/control-plane": ""}
    assert asked("node_to_pod", "node/w2", ("tcp",), nodes=nodes) == [
        "tcp (address) 10.0.1.1:8080",
        "tcp (address) 10.0.2.1:8080",
        "tcp (address) 10.0.1.2:5432",
    ]
    assert asked("node_to_service", "node/w2", ("tcp", "dns"), nodes=nodes) == [
        "tcp (address) 10.96.0.5:80",
        "tcp (address) 10.96.0.6:5432",
    ]
    api = {"api_endpoints": (ApiEndpoint("198.18.0.2", 6443),)}
    assert asked("node_to_node", "node/w2", also=api, nodes=nodes) == ["https (address) 198.18.0.2:6443 /healthz"]
    assert asked("node_to_node", "node/cp", nodes=nodes) == [
        "https (address) 198.18.0.11:10250 /healthz",
        "https (address) 198.18.0.12:10250 /healthz",
    ]


def test_a_pod_that_does_not_use_the_clusters_dns_asks_by_address_alone():
    pods = [cluster.pod("own-1", "w1", "10.0.1.1", spec={"dnsPolicy": "Default"})]
    also = {**API, "dns_addresses": ("10.96.0.10",)}
    source, www = "shop/own-1/app", [{"host": "www.example.com", "port": 80}]
    assert asked("pod_to_apiserver", source, also=also, pods=pods) == [
        "https (address) 10.96.0.1:443 /version",
        "https (address) 198.18.0.2:6443 /version",
    ]
    assert {name.split()[1] for name in asked("pod_to_dns", source, internet=www, also=also, pods=pods)} == {"(outside"}
    assert asked("pod_to_dns", source, also=also, pods=pods) == [
        f"dns (own name server, udp) localhost.:0 by @{number}" for number in (1, 2, 3)
    ]
    assert asked("pod_to_service", source, ("tcp", "dns"), also=also, pods=pods) == [
        "tcp (address) 10.96.0.5:80",
        "tcp (address) 10.96.0.6:5432",
    ]
