# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must happen, by policies and by what could not be read."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import WEB, judged


def test_where_policies_were_not_read_an_answer_is_right_and_silence_says_nothing():
    facts = Facts(dataclasses.replace(cluster.snapshot(), missing=(Missing("networkpolicies", "you may not"),)))
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    for outcome, verdict in (("open", "pass"), ("timeout", "unknown")):
        answers = tuple(Answer(probe.id, outcome, 1.0) for probe in layout.probes[WEB])
        for cell in matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=answers)]):
            assert (cell.expectation, cell.verdict) == ("allow", verdict)
            assert "not all policies were read: you may not" in cell.reason


def test_where_pods_were_not_read_policies_may_concern_whoever_is_not_known():
    missing = (Missing("pods", "service unavailable"),)
    closed = [cluster.policy("closed", podSelector={}, ingress=[])]
    snapshot = dataclasses.replace(cluster.snapshot(pods=[], network_policies=closed), missing=missing)
    facts = Facts(snapshot)
    outside = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))
    chosen = selection.select(facts, None, None, {"outside"}, (), [outside])
    layout = plan.make(facts, chosen, ["outside_to_nodeport"], Options(("http", "tcp")))
    probes = layout.probes[outside.id]
    answers = tuple(Answer(probe.id, "timeout") for probe in probes)
    cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(outside.id, answers=answers)])
    assert {(cell.expectation, cell.verdict) for cell in cells} == {("allow", "unknown")}
    assert all("not all Pods were read: service unavailable" in cell.reason for cell in cells)


def test_what_the_api_leaves_to_the_network_plugin_is_not_judged():
    policies = [cluster.policy("lock", podSelector={"matchLabels": {"app": "db"}})]
    (cell,) = judged("timeout", "pod_to_pod_same_node", [{"pod": "db-1"}], "icmp", network_policies=policies)
    assert (cell.outcome, cell.expectation, cell.verdict) == ("timeout", "not_applicable", "skipped")
    assert "leaves the effect on ICMP to the network plugin" in cell.reason


def test_a_policy_decides_and_is_named():
    policies = [cluster.policy("lock", podSelector={"matchLabels": {"app": "db"}})]
    cell = judged("open", network_policies=policies)[-1]
    assert (cell.expectation, cell.verdict, cell.decided_by) == ("deny", "unexpected_open", "NetworkPolicy shop/lock")
    assert "NetworkPolicy shop/lock isolates Pod shop/db-1 for ingress" in cell.expectation_reason


def test_a_name_cannot_be_resolved_where_a_policy_closes_the_way_to_dns():
    dns = cluster.pod("coredns-1", "w2", "10.0.2.53", labels={"k8s-app": "kube-dns"})
    dns["metadata"]["namespace"] = "kube-system"
    policies = [
        cluster.policy(
            "own-db",
            podSelector={"matchLabels": {"app": "web"}},
            policyTypes=["Egress"],
            egress=[{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}],
        )
    ]
    cells = judged("dns_timeout", network_policies=policies, dns_pods=[dns])
    by_via = {cell.via: cell for cell in cells}
    assert {via: cell.expectation for via, cell in by_via.items()} == {
        **dict.fromkeys(["short name", "fqdn."], "deny"),
        "address": "allow",
    }
    assert by_via["fqdn."].expectation_reason.startswith("to resolve the name: NetworkPolicy shop/own-db isolates")


def decided(policy, *pods):
    """What is expected of each port of the Pods, for a Pod beside them."""
    snapshot = cluster.snapshot(
        pods=[cluster.pod("client-1", "w1", "10.0.1.9"), *pods],
        services=[],
        endpoint_slices=[],
        network_policies=[policy],
    )
    facts = Facts(snapshot)
    chosen = selection.select(facts, [{"pod": "client-1"}], None)
    made = expectation.assign(plan.make(facts, chosen, ["pod_to_pod_same_node"], Options(("tcp",))), facts)
    return {matrix.asked(question.probe): question.expected.decision for question in made}


def listening(name, address, *ports):
    declared = [{"name": port_name, "containerPort": number} for port_name, number in ports]
    return cluster.pod(name, "w1", address, ports=declared, labels={"app": "web"})


WEB_PODS = {"podSelector": {"matchLabels": {"app": "web"}}}


def test_a_named_port_of_a_policy_is_the_number_that_each_pod_gives_it():
    """A rollout that moves a port: one name, two numbers, and in each Pod the other number is another port."""
    pods = (
        listening("web-1", "10.0.1.1", ("http", 8080), ("admin", 9376)),
        listening("web-2", "10.0.1.2", ("http", 9376), ("admin", 8080)),
        listening("web-3", "10.0.1.3", ("web", 8080)),
    )
    policy = cluster.policy("http", **WEB_PODS, ingress=[{"ports": [{"port": "http"}]}])
    assert decided(policy, *pods) == {
        "10.0.1.1:8080": "allow",
        "10.0.1.1:9376": "deny",
        "10.0.1.2:9376": "allow",
        "10.0.1.2:8080": "deny",
        "10.0.1.3:8080": "deny",
    }


def test_a_range_of_ports_has_both_of_its_ends():
    named = [("a", 7999), ("b", 8000), ("c", 8050), ("d", 8100), ("e", 8101)]
    policy = cluster.policy("range", **WEB_PODS, ingress=[{"ports": [{"port": 8000, "endPort": 8100}]}])
    found = decided(policy, listening("web-1", "10.0.1.1", *named))
    assert [found[f"10.0.1.1:{port}"] for _name, port in named] == ["deny", "allow", "allow", "allow", "deny"]


def test_a_block_with_an_exception_beside_one_that_has_it():
    """Rules add up: what one leaves out, another lets in."""
    pod = listening("web-1", "10.0.1.1", ("http", 8080))
    without = {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.1.0/24"]}}]}
    beside = {"from": [{"ipBlock": {"cidr": "10.0.1.9/32"}}]}
    assert decided(cluster.policy("a", **WEB_PODS, ingress=[without]), pod) == {"10.0.1.1:8080": "deny"}
    assert decided(cluster.policy("b", **WEB_PODS, ingress=[without, beside]), pod) == {"10.0.1.1:8080": "allow"}


OWN_DNS = [{"containerPort": 53, "protocol": "UDP", "name": "dns"}]


@pytest.mark.parametrize(
    ("outcome", "verdict"), [("dns_servfail", "pass"), ("dns_nxdomain", "pass"), ("dns_timeout", "fail")]
)
def test_a_name_server_of_ones_own_need_not_have_the_clusters_names(outcome, verdict):
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("own", "w1", "10.0.1.9", ports=OWN_DNS)]
    (cell,) = judged(
        outcome, "pod_to_pod_same_node", [{"pod": "own"}], "dns", pods=pods, services=[], endpoint_slices=[]
    )
    assert cell.verdict == verdict


def test_the_clusters_own_name_server_must_have_them():
    dns = cluster.pod("own", "w1", "10.0.1.9", ports=OWN_DNS)
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), dns]
    more = {"pods": pods, "services": [], "endpoint_slices": [], "dns_pods": [dns]}
    (cell,) = judged("dns_servfail", "pod_to_pod_same_node", [{"pod": "own"}], "dns", **more)
    assert cell.verdict == "fail"


def test_a_name_server_that_a_policy_closes_is_closed_where_it_is_silent():
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1"),
        cluster.pod("own", "w1", "10.0.1.9", ports=OWN_DNS, labels={"app": "own"}),
    ]
    policies = [cluster.policy("lock", podSelector={"matchLabels": {"app": "own"}})]
    more = {"pods": pods, "services": [], "endpoint_slices": [], "network_policies": policies}
    (cell,) = judged("dns_timeout", "pod_to_pod_same_node", [{"pod": "own"}], "dns", **more)
    assert (cell.expectation, cell.verdict) == ("deny", "pass")
