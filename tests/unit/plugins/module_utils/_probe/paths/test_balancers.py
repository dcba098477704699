# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers and external addresses: who may use them, and which endpoints they lead to."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, matrix, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import KubeProxy
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))
IPTABLES = KubeProxy(mode="iptables")


def service(ingress=({"ip": "198.18.0.200"},), **spec):
    ports = [{"port": 80, "targetPort": "http"}]
    found = cluster.service("web", "10.96.0.5", ports=ports, type="LoadBalancer", **spec)
    found["status"] = {"loadBalancer": {"ingress": list(ingress)}}
    return found


def cells(asked, outcome="open", model="pod_to_loadbalancer", protocol="tcp", source="", kube_proxy=IPTABLES, **lists):
    facts = Facts(cluster.snapshot(kube_proxy=kube_proxy, services=[asked], **lists))
    chosen = selection.select(
        facts, None, [{"namespace": "shop", "service": "web"}], {"outside", "pod"}, (), (OUTSIDE,)
    )
    layout = expectation.assign(plan.make(facts, chosen, [model], Options((protocol,))), facts)
    reports = [
        SourceReport(name, answers=tuple(Answer(probe.id, outcome, 1.0) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    return [cell for cell in matrix.judge(layout, reports) if cell.source.startswith(source)]


@pytest.mark.parametrize(
    ("ranges", "model", "expected"),
    [
        (["198.18.0.50/32"], "outside_to_loadbalancer", "deny"),
        (["198.18.0.96/28"], "outside_to_loadbalancer", "allow"),
        (["fd00::/8"], "outside_to_loadbalancer", "allow"),  # no range of the family: every source is let in
        (["198.18.0.0/24"], "pod_to_loadbalancer", "deny"),  # the Pod's own address counts, not that of its node
        (["10.0.0.0/16"], "pod_to_loadbalancer", "allow"),
    ],
)
def test_load_balancer_source_ranges_decide(ranges, model, expected):
    found = cells(service(loadBalancerSourceRanges=ranges), "timeout", model)
    assert {cell.expectation for cell in found} == {expected}
    if expected == "deny":
        assert {cell.decided_by for cell in found} == {"Service shop/web"}
        assert "loadBalancerSourceRanges of Service shop/web" in found[0].expectation_reason
        opened = cells(service(loadBalancerSourceRanges=ranges), "open", model)
        assert {cell.verdict for cell in opened} == {"unexpected_open"}


def test_ranges_are_not_for_external_addresses_of_a_service():
    asked = service((), loadBalancerSourceRanges=["198.18.0.50/32"], externalIPs=["198.18.0.210"])
    assert {cell.expectation for cell in cells(asked, model="outside_to_loadbalancer")} == {"allow"}


@pytest.mark.parametrize(
    ("ingress", "kube_proxy", "words"),
    [
        ({"ip": "198.18.0.200", "ipMode": "Proxy"}, IPTABLES, "which address the load balancer compares is not known"),
        ({"ip": "198.18.0.200"}, None, "depends on what implements Services, which is not known"),
    ],
)
def test_where_it_is_not_known_which_address_is_compared_there_is_a_doubt(ingress, kube_proxy, words):
    asked = service((ingress,), loadBalancerSourceRanges=["198.18.0.50/32"])
    for outcome, verdict in (("open", "pass"), ("timeout", "unknown")):
        found = cells(asked, outcome, kube_proxy=kube_proxy)
        assert {(cell.expectation, cell.verdict) for cell in found} == {("allow", verdict)}
        assert all(words in cell.reason for cell in found)


def nodes(*excluded):
    found = [cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")]
    for each in found:
        if each["metadata"]["name"] in excluded:
            each["metadata"]["labels"] = {"node.kubernetes.io/exclude-from-external-load-balancers": ""}
    return found


LABEL = "(label node.kubernetes.io/exclude-from-external-load-balancers)"


@pytest.mark.parametrize(
    ("policy", "excluded", "words"),
    [
        ("Local", ("w1",), "1 endpoint on the nodes that may get the connection (externalTrafficPolicy: Local)"),
        ("Local", (), "2 endpoints on the nodes that may get the connection (externalTrafficPolicy: Local)"),
        ("Local", ("w1", "w2"), f"and endpoints only where load balancers send nothing to w1, w2 {LABEL}"),
        ("Cluster", ("w1",), "has 2 ready endpoints"),
        ("Cluster", ("w1", "w2"), f"load balancers send nothing to w1, w2 {LABEL}"),
    ],
)
def test_load_balancers_use_no_node_that_a_label_excludes(policy, excluded, words):
    asked = service(externalTrafficPolicy=policy)
    found = cells(asked, "timeout", "outside_to_loadbalancer", nodes=nodes(*excluded))
    assert found
    for cell in found:
        broken = len(excluded) == 2
        assert (cell.verdict, cell.whose, bool(cell.defect)) == ("fail", "network", broken)
        assert words in (cell.reason if broken else cell.expectation_reason)
    # Not all load balancers heed it, and from inside kube-proxy takes the address itself.
    assert {cell.verdict for cell in cells(asked, "open", "outside_to_loadbalancer", nodes=nodes(*excluded))} == {
        "pass"
    }
    inside = cells(asked, "timeout", nodes=nodes(*excluded))
    assert not [cell for cell in inside if cell.defect]


def test_external_addresses_may_be_routed_to_any_node():
    asked = service((), externalIPs=["198.18.0.210"], externalTrafficPolicy="Local")
    found = cells(asked, "timeout", "outside_to_loadbalancer", nodes=nodes("w1", "w2"))
    assert {cell.defect for cell in found} == {""}


def test_an_address_that_is_translated_on_the_way_is_not_compared():
    asked = service(({"ip": "8.8.4.4"},), loadBalancerSourceRanges=["9.9.9.9/32"])
    (found,) = cells(asked, "timeout", "outside_to_loadbalancer")
    assert found.verdict == "unknown"
    assert "its own is a private one" in found.reason


def test_its_address_is_asked_by_icmp_and_is_never_a_failure():
    for outcome in ("open", "timeout", "unreachable_arp"):
        for model in ("pod_to_loadbalancer", "outside_to_loadbalancer"):
            found = cells(service(), outcome, model, "icmp")
            assert {(cell.verdict, cell.outcome, cell.asked) for cell in found} == {
                ("skipped", outcome, "198.18.0.200")
            }


def test_an_external_address_is_not_called_a_load_balancer():
    asked = service((), externalIPs=["198.18.0.210"])
    words = "whether 198.18.0.210, an external IP of Service shop/web, answers ICMP"
    found = cells(asked, "timeout", protocol="icmp")
    assert {cell.verdict for cell in found} == {"skipped"}
    assert all(cell.reason.startswith(words) for cell in found)
    paths = {cell.evidence["path"] for cell in cells(asked)}
    assert paths == {"kube-proxy on the source's node, which takes the external IP itself"}


def test_of_a_balancer_with_a_name_alone_the_families_of_its_service_are_asked():
    """And where the name has addresses of one family alone, that is no failure."""
    nodes = [cluster.node("w1", "198.18.0.11", "fd00::11")]
    pods = [cluster.pod("web-1", "w1", "10.0.1.1", "fd01::1", ports=[cluster.HTTP])]
    asked = service(({"hostname": "lb.example.com"},), ipFamilies=["IPv4", "IPv6"])
    found = {cell.family: cell.verdict for cell in cells(asked, "dns_nodata", nodes=nodes, pods=pods)}
    assert found["IPv6"] == "skipped"
    asked["spec"]["ipFamilies"] = ["IPv4"]
    assert [cell.family for cell in cells(asked, nodes=nodes, pods=pods)] == ["IPv4"]


def test_from_outside_the_local_policy_uses_endpoints_that_still_serve():
    part = cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", False))
    part["endpoints"][0]["conditions"] = {"ready": False, "serving": True, "terminating": True}
    asked = service(externalTrafficPolicy="Local")
    (found,) = cells(asked, "open", "outside_to_loadbalancer", endpoint_slices=[part])
    assert (found.expectation, found.verdict) == ("allow", "pass")
    assert "1 endpoint on the nodes that may get the connection (externalTrafficPolicy: Local)" in (
        found.expectation_reason
    )


def test_no_traffic_policy_counts_for_pods_at_the_balancers_address():
    """They reach any endpoint by the short cut on their own node (KEP-2086)."""
    part = cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.2.1", "w2", "web-2", True))
    asked = service(externalTrafficPolicy="Local", internalTrafficPolicy="Local")
    found = cells(asked, source="shop/db-1", endpoint_slices=[part])
    assert [cell.expectation for cell in found] == ["allow"]


def test_a_port_that_the_balancer_does_not_serve_is_named():
    asked = service(({"ip": "198.18.0.200", "ports": [{"port": 80, "error": "PortInUse"}]},))
    (found,) = cells(asked, "refused", "outside_to_loadbalancer")
    assert found.defect == "the load balancer does not serve port 80: PortInUse"


def test_a_service_without_endpoints_fails_whatever_its_policy():
    asked = service(externalTrafficPolicy="Local")
    found = cells(asked, "refused", "outside_to_loadbalancer", endpoint_slices=[])
    assert [(cell.expectation, cell.verdict) for cell in found] == [("allow", "fail")]


def test_nodes_of_other_zones_may_use_other_endpoints():
    part = cluster.endpoint_slice(
        "web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True), ("10.0.2.1", "w2", "web-2", True)
    )
    nodes = [cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")]
    for place, zone in enumerate(("a", "b")):
        part["endpoints"][place]["hints"] = {"forZones": [{"name": zone}]}
        nodes[place]["metadata"]["labels"] = {"topology.kubernetes.io/zone": zone}
    facts = Facts(cluster.snapshot(services=[service()], endpoint_slices=[part], nodes=nodes, kube_proxy=IPTABLES))
    chosen = selection.select(facts, None, None, {"outside"}, (), (dataclasses.replace(OUTSIDE),))
    layout = expectation.assign(plan.make(facts, chosen, ["outside_to_loadbalancer"], Options(("tcp",))), facts)
    (question,) = list(layout)
    assert question.expected.ends == ("10.0.1.1#8080", "10.0.2.1#8080")
