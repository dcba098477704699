# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which each kind of target is asked."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question import syntax
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question import ways as all_ways
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question.services import Asking
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.question.asking import (
    API,
    ASKER,
    HOSTS,
    LEDGER,
    NODE_PORT,
    SERVICE,
    SNAPSHOT,
    STORE,
    asked,
    ways,
)

WAYS = {
    "shop/deployment/ledger:9999": {f"pod_same_node tcp {LEDGER.ips[0]}:9999"},
    "deployment/ledger": {f"pod_same_node {one}" for one in (f"icmp {LEDGER.ips[0]}", f"mtu {LEDGER.ips[0]}")}
    | {f"pod_same_node tcp {LEDGER.ips[0]}:7000"},
    f"shop/{LEDGER.name}:7000/udp": {f"pod_same_node udp {LEDGER.ips[0]}:7000"},
    "store-0.store.shop:7007/tcp": {
        f"headless tcp {host}:7007" for host in (STORE.ips[0], "store-0.store.shop.svc.cluster.local.")
    },
    "shop/frontend-nodeport:30080": {
        f"nodeport http http://{node.internal_ips[0]}:30080/healthz" for node in SNAPSHOT.nodes
    },
    f"{LEDGER.ips[0]}:7000": {f"pod_same_node tcp {LEDGER.ips[0]}:7000"},
    f"{SERVICE.cluster_ips[0]}": {f"service tcp {SERVICE.cluster_ips[0]}:7000"},
    f"{NODE_PORT.cluster_ips[0]}:30080": {f"service tcp {NODE_PORT.cluster_ips[0]}:30080"},
    "198.18.0.201": {"loadbalancer http http://198.18.0.201:80/healthz"},
    "node/w1": {"nodeport icmp 198.18.0.11"},
    "198.18.0.11:10250": {"nodeport tcp 198.18.0.11:10250"},
    "node/w1:30080": {"nodeport http http://198.18.0.11:30080/healthz"},
    "198.18.0.12:30080": {"nodeport http http://198.18.0.12:30080/healthz"},
    "https://shop.lab/v1/x?y=1": {f"ingress https {url}" for url in HOSTS}
    | {"ingress tls shop.lab:443", "ingress tls 198.18.0.200:443"},
    "ingress/status": {f"ingress http http://{host}:80/healthz" for host in ("status.shop.lab", "198.18.0.200")},
    "beta.shop.lab:80": {
        f"ingress http http://{host}:80{path}" for host in ("beta.shop.lab", "198.18.0.200") for path in ("/", "/v1")
    },
    "www.example.com": {"internet icmp www.example.com"},
    "www.example.com:53/udp": {"internet udp www.example.com:53"},
    "https://www.example.com/a?b": {"internet https https://www.example.com:443/a?b"},
    "192.0.2.1:80": {"internet tcp 192.0.2.1:80"},
    "supplier.shop:80": {
        "service dns supplier.shop.svc.cluster.local. A",
        "service tcp supplier.shop.svc.cluster.local.:80",
    },
}


@pytest.mark.parametrize("target", WAYS)
def test_each_kind_of_target(target: str):
    assert ways(asked(ASKER, target)) == WAYS[target]


@pytest.mark.parametrize("ip", [f"[{LEDGER.ips[1]}]:7000", f"[{SERVICE.cluster_ips[1]}]:7000", "[fd00:198:18::201]:80"])
def test_an_ipv6_address_is_asked_in_its_own_family(ip: str):
    layout = asked(ASKER, ip)
    assert ways(layout) == set()
    assert len(ways(layout, "IPv6")) == 1


def test_a_url_is_asked_with_its_path_and_its_host_wherever_its_service_is():
    probes = next(iter(asked(ASKER, "http://api.shop/v1").probes.values()))
    by_http = [probe for probe in probes if probe.protocol != "dns"]
    assert {probe.protocol for probe in by_http} == {"http"}
    assert {probe.path for probe in by_http} == {"/v1"}
    assert {probe.server_name for probe in by_http} == {"api.shop"}
    assert {probe.host for probe in by_http if probe.family == "IPv4" and probe.port == 8080} == {
        pod.ips[0] for pod in API
    }


def test_the_host_of_a_wildcard_is_asked_by_the_name_that_was_given():
    def wild(ingress):
        paths = tuple(dataclasses.replace(path, host="*.shop.lab", path="/a b") for path in ingress.paths)
        return dataclasses.replace(ingress, paths=paths)

    there = [wild(each) if each.name == "status" else each for each in SNAPSHOT.ingresses]
    snapshot = dataclasses.replace(SNAPSHOT, ingresses=tuple(there))
    found = ways(asked(ASKER, "new.shop.lab", snapshot))
    assert found == {f"ingress http http://{host}:80/a%20b" for host in ("new.shop.lab", "198.18.0.200")}
    probes = next(iter(asked(ASKER, "new.shop.lab", snapshot).probes.values()))
    assert {probe.server_name for probe in probes} == {"", "new.shop.lab"}
    assert ways(asked(ASKER, "two.labels.shop.lab:80", snapshot)) == {"internet tcp two.labels.shop.lab:80"}
    assert ways(asked("node/w1", "shop.lab:80")) == {
        f"node_to_node http http://shop.lab:80{path}" for path in ("/", "/v1")
    }


def test_a_node_asks_by_address_alone():
    found = ways(asked("node/w2", "ledger.shop"))
    assert found == {
        f"node_to_pod tcp {LEDGER.ips[0]}:7000",
        f"node_to_service tcp {SERVICE.cluster_ips[0]}:7000",
    }
    assert ways(asked("node/w2", "node/w1")) == {
        "node_to_node icmp 198.18.0.11",
        "node_to_node mtu 198.18.0.11",
        "node_to_node udp 198.18.0.11:8472",
    }


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("db.shop:5432", "db.shop"),
        ("db:5432", "db"),
        ("shop/db:5432", "db.shop.svc.cluster.local"),
        ("service/db:5432", "db.shop.svc.cluster.local"),
        ("ledger.shop:1", "ledger.shop"),
    ],
    ids=["no such Service", "in the own namespace", "by namespace and name", "by kind", "no such port"],
)
def test_what_is_missing_is_asked_by_its_name_where_that_is_wanted(target: str, host: str):
    facts, end, asking = Facts(SNAPSHOT), syntax.target(target), Asking(frozenset({"pod"}), "shop")
    with pytest.raises(SelectionError):
        all_ways.ways(facts, end, asking)
    found = all_ways.ways(facts, end, asking, missing=True)
    assert [(one.host, one.port, one.protocol) for one in found.hosts] == [(host, end.number, "tcp")]


def test_what_is_no_service_is_refused_in_any_case():
    facts, asking = Facts(SNAPSHOT), Asking(frozenset({"pod"}), "shop")
    for target in ("pod/nobody", "ingress/nobody", "db:port-name"):
        with pytest.raises(SelectionError):
            all_ways.ways(facts, syntax.target(target), asking, missing=True)
