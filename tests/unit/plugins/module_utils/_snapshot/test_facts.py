# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the objects of a snapshot mean together: endpoints, addresses and ports of Services, and who has an address."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import facts as facts_
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

NOT_READY = ("10.0.2.1", "w2", "web-2", False)


@pytest.fixture
def facts() -> Facts:
    return Facts(cluster.snapshot())


@pytest.mark.parametrize(
    ("text", "family", "is_address"),
    [
        ("10.0.0.1", "IPv4", True),
        ("fd00::1", "IPv6", True),
        ("fe80::1%eth0", "IPv6", False),
        ("web.shop", "IPv4", False),
        ("", "IPv4", False),
    ],
)
def test_addresses_and_their_families(text, family, is_address):
    assert (facts_.family(text), facts_.is_address(text)) == (family, is_address)


def test_objects_are_found_by_name(facts):
    assert set(facts.pods) == {"shop/web-1", "shop/web-2", "shop/db-1"}
    assert facts.services["shop/web"].name == "web"
    assert facts.nodes["w2"].internal_ips == ("198.18.0.12",)


def test_an_address_belongs_to_a_pod_a_service_or_a_node(facts):
    owners = {"10.0.1.1": "web-1", "10.96.0.5": "web", "198.18.0.11": "w1"}
    assert {address: facts.owners[address].name for address in owners} == owners
    pods = [
        cluster.pod("agent-1", "w1", "198.18.0.11", spec={"hostNetwork": True}),
        cluster.pod("done-1", "w1", "10.0.1.1", status={"phase": "Succeeded"}),
    ]
    assert Facts(cluster.snapshot(pods=pods)).owners["198.18.0.11"].name == "w1"
    assert not {"198.18.0.11", "10.0.1.1"} & Facts(cluster.snapshot(pods=pods, nodes=[])).owners.keys()


def test_addresses_of_nodes_that_could_not_be_listed_are_those_that_their_pods_know(facts):
    assert facts.node_addresses["w1"] == ("198.18.0.11",)
    pods = [cluster.pod("web-1", "w1", "10.0.1.1", status={"hostIPs": [{"ip": "198.18.0.99"}]})]
    assert Facts(cluster.snapshot(nodes=[], pods=pods)).node_addresses == {"w1": ("198.18.0.99",)}


def test_endpoints_that_get_no_traffic_are_left_out_unless_all_are_wanted():
    part = cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True), NOT_READY)
    facts = Facts(cluster.snapshot(endpoint_slices=[part]))
    web = facts.services["shop/web"]
    (port,) = web.ports
    assert [each.pod for each in facts.endpoints(web, port, "IPv4")] == ["web-1"]
    assert [each.pod for each in facts.endpoints(web, port, "IPv4", ready=False)] == ["web-1", "web-2"]
    assert facts.endpoints(web, port, "IPv6") == []
    assert [each.pod for each in facts.published(web, "IPv4")] == ["web-1"]


def test_dns_gives_each_endpoint_of_several_slices_once():
    one = ("10.0.2.1", "w2", "web-2", True)
    parts = [
        cluster.endpoint_slice("web", "IPv4", {"port": port}, one, ("10.0.1.1", "w1", "web-1", True))
        for port in (8080, 9090)
    ]
    facts = Facts(cluster.snapshot(endpoint_slices=parts))
    found = facts.published(facts.services["shop/web"], "IPv4")
    assert [each.addresses[0] for each in found] == ["10.0.1.1", "10.0.2.1"]


def test_the_port_behind_a_port_of_a_service(facts):
    web, db = facts.services["shop/web"], facts.services["shop/db"]
    assert facts.slice_ports(web, "IPv4") == ["8080/TCP"]
    assert facts.slice_ports(web, "IPv6") == []
    found = facts.backing_port(web, web.ports[0])
    assert found
    assert (found[0].name, found[1].port) == ("app", 8080)
    found = facts.backing_port(db, db.ports[0])
    assert found
    assert found[1].port == 5432


def test_a_service_without_a_selector_has_no_container_behind_its_port(facts):
    web = facts.services["shop/web"]
    assert facts.backing_port(dataclasses.replace(web, name="ext", selector={}), web.ports[0]) is None


def test_what_was_not_read_is_told():
    missing = (
        Missing("networkpolicies.networking.k8s.io", "no right"),
        Missing("ciliumnetworkpolicies.cilium.io", "it is odd"),
        Missing("pods", "in part"),
    )
    facts = Facts(dataclasses.replace(cluster.snapshot(), missing=missing))
    assert (facts.unread_policies, facts.unread_pods) == ("no right; it is odd", "in part")
    assert (Facts(cluster.snapshot()).unread_policies, Facts(cluster.snapshot()).unread_pods) == ("", "")
