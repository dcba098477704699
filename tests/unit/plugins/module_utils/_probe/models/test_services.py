# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services by their names and addresses, at their load balancers and endpoints."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import KubeProxy
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.model_questions import OUTSIDE, asked
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import WEB, make, questions


def test_service_by_short_name_fqdn_and_address():
    layout = make(["pod_to_service"], asked=[{"namespace": "shop", "service": "web"}])
    assert questions(layout, WEB) == [
        ("dns", "short name", "web:0"),
        ("dns", "name.namespace", "web.shop:0"),
        ("dns", "fqdn", "web.shop.svc.cluster.local:0"),
        ("dns", "fqdn.", "web.shop.svc.cluster.local.:0"),
        ("icmp", "address", "10.96.0.5:0"),
        ("http", "short name", "web:80"),
        ("http", "fqdn.", "web.shop.svc.cluster.local.:80"),
        ("http", "address", "10.96.0.5:80"),
    ]
    icmp = next(probe for probe in layout.probes[WEB] if probe.protocol == "icmp")
    assert "whether it answers ICMP depends on what implements Services" in icmp.skip


def test_a_clusterip_is_asked_by_icmp_where_it_may_answer():
    found = {}
    for mode in ("iptables", "ipvs"):
        layout = make(["pod_to_service"], asked=[{"namespace": "shop", "service": "web"}], kube_proxy=KubeProxy(mode))
        found[mode] = next(probe.skip for probe in layout.probes[WEB] if probe.protocol == "icmp")
    assert "nothing answers ICMP" in found["iptables"]
    assert not found["ipvs"]


def test_the_bare_name_is_not_asked_from_another_namespace():
    other = cluster.pod("job-1", "w1", "10.0.1.9")
    other["metadata"]["namespace"] = "batch"
    layout = make(["pod_to_service"], asked=[{"namespace": "shop", "service": "db"}], pods=[other])
    assert questions(layout)[0] == ("dns", "name.namespace", "db.shop:0")


def test_node_port_on_every_node():
    layout = make(["pod_to_nodeport"])
    assert questions(layout, WEB) == [
        ("icmp", "address", "198.18.0.11:0"),
        ("http", "address", "198.18.0.11:30080"),
        ("icmp", "address", "198.18.0.12:0"),
        ("http", "address", "198.18.0.12:30080"),
    ]


def test_a_pod_asks_its_own_service_until_it_has_met_itself():
    assert asked("pod_to_self_service") == ["tcp (address) 10.96.0.5:80"]
    assert asked("pod_to_self_service", "shop/db-1/app") == ["tcp (address) 10.96.0.6:5432"]


def test_a_udp_port_of_the_same_number_does_not_hide_the_tcp_port():
    ports = [{"port": 80, "name": "u", "protocol": "UDP"}, {"port": 80, "name": "t"}]
    part = cluster.endpoint_slice("web", "IPv4", {"port": 8080, "name": "t"}, ("10.0.1.1", "w1", "web-1", True))
    part["ports"].append({"port": 8080, "name": "u", "protocol": "UDP"})
    lists = {"services": [cluster.service("web", "10.96.0.5", ports=ports)], "endpoint_slices": [part]}
    assert asked("pod_to_self_service", protocols=("tcp", "udp"), **lists) == ["tcp (address) 10.96.0.5:80"]


def test_a_headless_service_is_its_endpoints_each_by_address_and_by_name():
    service = cluster.service("db", ports=[{"port": 5432}], clusterIPs=["None"])
    part = cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", True))
    part["endpoints"][0]["hostname"] = "db-1"
    part["endpoints"].append({"addresses": ["10.0.1.3"], "conditions": {"ready": False}})
    full = "db.shop.svc.cluster.local."
    assert asked("pod_to_headless", services=[service], endpoint_slices=[part]) == [
        f"dns (fqdn.) {full}:0",
        f"tcp (fqdn.) {full}:5432",
        "tcp (address) 10.0.1.2:5432",
        f"tcp (name) db-1.{full}:5432",
    ]


def test_a_load_balancer_is_asked_at_the_services_port():
    service = cluster.service("web", "10.96.0.5", ports=[{"port": 80, "nodePort": 30080}], type="LoadBalancer")
    service["spec"]["externalIPs"] = ["203.0.113.9"]
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}, {"hostname": "lb.example.com"}]}}
    wanted = [
        "tcp (address) 198.18.0.200:80",
        "tcp (name) lb.example.com:80",
        "tcp (address 203.0.113.9) 203.0.113.9:80",
    ]
    assert asked("pod_to_loadbalancer", protocols=("tcp",), services=[service]) == wanted
    assert asked("outside_to_loadbalancer", OUTSIDE.id, ("tcp",), services=[service]) == wanted
    assert asked("outside_to_nodeport", OUTSIDE.id, ("tcp",), services=[service]) == [
        "tcp (address) 198.18.0.11:30080",
        "tcp (address) 198.18.0.12:30080",
    ]


def test_the_families_of_a_headless_service_are_those_of_its_names():
    service = cluster.service("db", ports=[{"port": 5432}], clusterIPs=["None"], ipFamilies=["IPv4"])
    parts = [
        cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", True)),
        cluster.endpoint_slice("db", "IPv6", {"port": 5432}, ("fd00:1::2", "w1", "db-1", True)),
    ]
    pods = [cluster.pod("web-1", "w1", "10.0.1.1", "fd00:1::1")]
    assert asked("pod_to_headless", pods=pods, services=[service], endpoint_slices=parts) == [
        "dns (fqdn.) db.shop.svc.cluster.local.:0",
        "tcp (fqdn.) db.shop.svc.cluster.local.:5432",
        "tcp (address) 10.0.1.2:5432",
    ]
    service["spec"]["ipFamilies"] = ["IPv4", "IPv6"]
    assert len(asked("pod_to_headless", pods=pods, services=[service], endpoint_slices=parts)) == 6


def test_an_alias_is_not_asked_from_a_pod_that_does_not_use_the_clusters_dns():
    services = [cluster.service("out", ports=[{"port": 80}], type="ExternalName", externalName="www.example.com")]
    pods = [cluster.pod("own-1", "w1", "10.0.1.1", spec={"dnsPolicy": "Default"})]
    assert asked("pod_to_service", "shop/own-1/app", pods=pods, services=services) == []
    assert asked("pod_to_service", pods=[cluster.pod("web-1", "w1", "10.0.1.1")], services=services)


def test_no_name_of_a_headless_service_is_asked_from_a_pod_that_does_not_use_the_clusters_dns():
    service = cluster.service("db", ports=[{"port": 5432}], clusterIPs=["None"])
    part = cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", True))
    part["endpoints"][0]["hostname"] = "db-1"
    pods = [cluster.pod("own-1", "w1", "10.0.1.1", spec={"dnsPolicy": "Default"})]
    found = asked("pod_to_headless", "shop/own-1/app", pods=pods, services=[service], endpoint_slices=[part])
    assert found == ["tcp (address) 10.0.1.2:5432"]


def test_two_services_of_one_name_each_have_their_own_address():
    """The bare name is that of the source's own namespace, whichever comes first in a list."""
    pods = [cluster.pod("web-1", "w1", "10.0.1.1")]
    other = cluster.service("db", "10.96.0.99", ports=[{"port": 5432}])
    other["metadata"]["namespace"] = "batch"
    own = cluster.service("db", "10.96.0.6", ports=[{"port": 5432}])
    layout = make(["pod_to_service"], pods=pods, services=[other, own])
    names = [question.probe for question in layout if question.probe.protocol == "dns"]
    assert {(probe.host, probe.answers) for probe in names if probe.via == "short name"} == {("db", ("10.96.0.6",))}
    by_name = {probe.host: probe.answers for probe in names if probe.via == "name.namespace"}
    assert by_name == {"db.shop": ("10.96.0.6",), "db.batch": ("10.96.0.99",)}


def test_a_pod_in_the_nodes_network_may_use_the_clusters_dns():
    names = {}
    for policy in ("ClusterFirst", "ClusterFirstWithHostNet"):
        spec = {"hostNetwork": True, "dnsPolicy": policy}
        pod = cluster.pod("web-1", "w1", "198.18.0.11", spec=spec)
        facts = Facts(cluster.snapshot(pods=[pod]))
        names[policy] = dns.of_pod(facts, facts.pods["shop/web-1"]).cluster
    assert names == {"ClusterFirst": False, "ClusterFirstWithHostNet": True}


@pytest.mark.parametrize(
    ("ips", "families", "source", "wanted"),
    [
        (("10.96.0.5", "fd00::5"), ["IPv4", "IPv6"], ("10.0.1.1", "fd00:1::1"), ["10.96.0.5", "fd00::5"]),
        (("fd00::5", "10.96.0.5"), ["IPv6", "IPv4"], ("10.0.1.1", "fd00:1::1"), ["fd00::5", "10.96.0.5"]),
        (("fd00::5",), ["IPv6"], ("10.0.1.1", "fd00:1::1"), ["fd00::5"]),
        (("10.96.0.5", "fd00::5"), ["IPv4", "IPv6"], ("10.0.1.1",), ["10.96.0.5"]),
        (("fd00::5",), ["IPv6"], ("10.0.1.1",), []),
    ],
)
def test_a_service_is_asked_in_the_families_that_it_and_the_source_have(ips, families, source, wanted):
    service = cluster.service("web", *ips, ports=[{"port": 80}], ipFamilies=families)
    found = make(["pod_to_service"], pods=[cluster.pod("web-1", "w1", *source)], services=[service], endpoint_slices=[])
    probes = [question.probe for question in found]
    assert [probe.host for probe in probes if probe.via == "address" and probe.port] == wanted
    assert {probe.answers for probe in probes if probe.protocol == "dns"} == {(address,) for address in wanted}
