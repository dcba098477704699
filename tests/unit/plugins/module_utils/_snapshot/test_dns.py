# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which name servers a Pod asks."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import DnsConfig, HostAlias, Pod
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

COREDNS = cluster.pod("coredns-1", "w1", "10.0.1.53", meta={"namespace": "kube-system"})
FACTS = Facts(
    dataclasses.replace(
        cluster.snapshot(dns_pods=[COREDNS]),
        dns_addresses=("10.96.0.10",),
        node_local_dns=("169.254.20.10", "10.96.0.10"),
    )
)


@pytest.mark.parametrize(
    ("more", "cluster_dns", "reason"),
    [
        ({}, True, "dnsPolicy: ClusterFirst"),
        ({"dns_policy": "Default"}, False, "dnsPolicy: Default"),
        ({"host_network": True}, False, "hostNetwork without dnsPolicy: ClusterFirstWithHostNet"),
        ({"host_network": True, "dns_policy": "ClusterFirstWithHostNet"}, True, "dnsPolicy: ClusterFirstWithHostNet"),
        ({"dns_policy": "None", "dns_config": DnsConfig(("198.18.0.254",))}, False, "dnsPolicy: None"),
        ({"dns_policy": "None", "dns_config": DnsConfig(("10.96.0.10",))}, True, "dnsPolicy: None"),
        ({"dns_policy": "None", "dns_config": DnsConfig(("169.254.20.10",))}, True, "dnsPolicy: None"),
        ({"dns_policy": "None", "dns_config": DnsConfig(("169.254.169.254",))}, None, "dnsPolicy: None"),
        ({"dns_policy": "None"}, False, "dnsPolicy: None"),
    ],
)
def test_whether_a_pod_asks_the_clusters_dns(more, cluster_dns, reason):
    found = dns.of_pod(FACTS, Pod("shop", "web-1", **more))
    assert (found.cluster, found.reason) == (cluster_dns, reason)


@pytest.mark.parametrize(
    ("address", "kind", "name", "knows"),
    [
        ("10.96.0.10", "cluster", "", True),
        ("10.0.1.53", "cluster", "Pod kube-system/coredns-1", True),
        ("169.254.20.10", "node_local", "NodeLocal DNSCache", True),
        ("10.0.1.1", "pod", "Pod shop/web-1", None),
        ("10.96.0.5", "service", "Service shop/web", None),
        ("198.18.0.11", "node", "w1", None),
        ("9.9.9.9", "other", "", False),
    ],
)
def test_whose_address_a_name_server_has(address, kind, name, knows):
    assert dns.server(FACTS, address) == dns.NameServer(kind, name, knows)


def test_where_the_clusters_dns_could_not_be_read_any_address_may_be_its():
    unread = Facts(cluster.snapshot())
    assert dns.server(unread, "10.96.0.10").knows_services is None
    pod = Pod("shop", "web-1", dns_policy="None", dns_config=DnsConfig(("10.96.0.10",)))
    assert dns.of_pod(unread, pod).cluster is None


def test_a_resolv_conf():
    lines = [
        "# by the kubelet",
        "search old.lab",
        "search shop.svc.k8s.example svc.k8s.example k8s.example",
        "nameserver 10.96.0.10",
        "options ndots:5 use-vc",
        "options ndots:99999999 timeout:1",
        *(f"nameserver 10.0.0.{number}" for number in range(3)),
        "nameserver",
        "",
    ]
    found = dns.resolv_conf(lines)
    assert found.nameservers == ("10.96.0.10", "10.0.0.0", "10.0.0.1")
    assert found.searches == ("shop.svc.k8s.example", "svc.k8s.example", "k8s.example")
    assert (found.ndots, found.use_vc, found.options[-1]) == (15, True, "timeout:1")
    assert dns.cluster_domain(found.searches) == "k8s.example"
    assert dns.resolv_conf([]) == dns.ResolvConf()


@pytest.mark.parametrize(
    ("searches", "domain"),
    [(("svc.cluster.local",), "cluster.local"), (("lab", "example.com"), ""), ((), ""), (("a.b.svc.x",), "")],
)
def test_the_clusters_domain(searches, domain):
    assert dns.cluster_domain(searches) == domain


def test_names_of_the_pods_own_hosts_file():
    pod = Pod(
        "shop", "web-1", host_aliases=(HostAlias("198.18.0.7", ("Old.lab", "b.lab")), HostAlias("::7", ("old.lab",)))
    )
    assert dns.by_hosts(pod, "old.lab.") == ("198.18.0.7", "::7")
    assert dns.by_hosts(pod, "web") == ()
