# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies see of packets that nodes rewrite: on a cluster with flannel, whose nodes and tunnels are known."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import KubeProxy
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

OUTSIDE = Source("outside/op", kind="outside", addresses=("198.18.0.100",))
OP, W1, W2 = "198.18.0.100/32", "198.18.0.11/32", "198.18.0.12/32"
TUNNEL1, TUNNEL2 = "10.0.1.0/32", "10.0.2.0/32"


def nodes(backend="vxlan"):
    found = []
    for place in (1, 2):
        node = cluster.node(f"w{place}", f"198.18.0.1{place}")
        node["spec"] = {"podCIDRs": [f"10.0.{place}.0/24"]}
        node["metadata"]["annotations"] = {"flannel.alpha.coreos.com/backend-type": backend} if backend else {}
        found.append(node)
    return found


def services(**spec):
    """A Service with one endpoint, web-1 on w1."""
    ports = [{"port": 80, "targetPort": "http", "nodePort": 30080}]
    found = cluster.service("web", "10.96.0.5", ports=ports, type="LoadBalancer", **spec)
    found["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}}
    return [found]


def admits(*blocks, pods=None):
    """A policy that lets these into web-1, and nobody else."""
    peers = [{"ipBlock": {"cidr": block}} for block in blocks]
    if pods:
        peers.append({"podSelector": {"matchLabels": pods}})
    return cluster.policy("only", podSelector={"matchLabels": {"app": "web"}}, ingress=[{"from": peers}])


def expected(model, policy, source, node="", backend="vxlan", kube_proxy=KubeProxy(), **spec):  # noqa: B008 - frozen
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]),
        cluster.pod("job-1", "w1", "10.0.1.7"),
        cluster.pod("job-2", "w2", "10.0.2.7"),
    ]
    parts = [cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True))]
    snapshot = cluster.snapshot(
        kube_proxy=kube_proxy,
        nodes=nodes(backend),
        pods=pods,
        services=services(**spec),
        endpoint_slices=parts,
        network_policies=[policy],
    )
    facts = Facts(snapshot)
    chosen = selection.select(facts, None, None, plan.kinds([model]), (), (OUTSIDE,))
    layout = expectation.assign(plan.make(facts, chosen, [model], Options(("tcp",))), facts)
    (found,) = {
        question.expected.decision: question.expected
        for question in layout
        if source in question.source.id and (not node or question.target.node == node)
    }.values()
    return found


@pytest.mark.parametrize(
    ("source", "node", "seen"),
    [
        ("op", "w1", OP),  # the endpoint is where the packet is translated: policies see it before it is rewritten
        ("op", "w2", TUNNEL2),  # w2 sends it on through its tunnel, in its own name
        ("job-1", "w1", "10.0.1.7/32"),
        ("job-1", "w2", TUNNEL2),  # out to w2 and back
        ("job-2", "w2", TUNNEL2),
        ("job-2", "w1", W2),  # flannel hides the Pod behind its node on the way to another one
    ],
)
def test_a_node_port_is_seen_from_where_it_was_translated(source, node, seen):
    model = "outside_to_nodeport" if source == "op" else "pod_to_nodeport"
    assert expected(model, admits(seen), source, node).decision == "allow"
    others = {OP, W1, W2, TUNNEL1, TUNNEL2, "10.0.1.7/32", "10.0.2.7/32"} - {seen}
    denied = expected(model, admits(*others), source, node)
    assert (denied.decision, denied.decided_by) == ("deny", "NetworkPolicy shop/only")


def test_with_host_gw_a_node_is_seen_by_its_own_address():
    assert expected("pod_to_nodeport", admits(W2), "job-2", "w2", "host-gw").decision == "allow"
    assert expected("pod_to_nodeport", admits(TUNNEL2), "job-2", "w2", "host-gw").decision == "deny"


def test_a_policy_that_admits_the_pod_does_not_admit_the_node_that_it_is_hidden_behind():
    assert expected("pod_to_nodeport", admits(pods={"app": "job"}), "job-1", "w1").decision == "allow"
    assert expected("pod_to_nodeport", admits(pods={"app": "job"}), "job-1", "w2").decision == "deny"
    assert expected("pod_to_loadbalancer", admits(pods={"app": "job"}), "job-1").decision == "allow"
    assert expected("pod_to_loadbalancer", admits(pods={"app": "job"}), "job-2").decision == "deny"
    local = {"externalTrafficPolicy": "Local"}
    assert expected("pod_to_loadbalancer", admits(pods={"app": "job"}), "job-2", **local).decision == "allow"


def test_where_it_is_not_known_how_nodes_are_seen_the_addresses_are_named():
    found = expected("pod_to_nodeport", admits(W2), "job-2", "w2", backend="")
    assert found.decision == "unknown"
    assert "198.18.0.12: allow, 10.0.2.0: deny, 10.0.2.1: deny" in found.reason
    assert expected("pod_to_nodeport", admits(W2, "10.0.2.0/24"), "job-2", "w2", backend="").decision == "allow"
    assert expected("pod_to_nodeport", admits(OP), "job-2", "w2", kube_proxy=None).decision == "deny"
    found = expected("outside_to_loadbalancer", admits(OP), "op")
    assert "198.18.0.100: allow" in found.reason
    assert expected("outside_to_loadbalancer", admits(OP), "op", externalTrafficPolicy="Local").decision == "allow"


def test_policies_of_the_source_see_the_node_port_of_another_node_and_not_what_is_behind_it():
    rules = [{"to": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]
    behind = cluster.policy("out", podSelector={"matchLabels": {"app": "job"}}, policyTypes=["Egress"], egress=rules)
    assert expected("pod_to_nodeport", behind, "job-1", "w1").decision == "allow"
    assert expected("pod_to_nodeport", behind, "job-1", "w2").decision == "deny"
    ports = [{"to": [{"ipBlock": {"cidr": W2}}], "ports": [{"port": 30080}]}]
    behind["spec"]["egress"] = ports
    assert expected("pod_to_nodeport", behind, "job-1", "w2").decision == "allow"
    assert expected("pod_to_nodeport", behind, "job-1", "w1").decision == "deny"
    found = expected("pod_to_nodeport", behind, "job-1", "w2", kube_proxy=None)
    assert (found.decision, "whether policies see the node port" in found.reason) == ("unknown", True)


def test_a_node_is_seen_by_its_tunnel():
    pods = [cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP])]
    facts = Facts(cluster.snapshot(nodes=nodes(), pods=pods, network_policies=[admits(TUNNEL2)]))
    chosen = selection.select(facts, [{"node": "w2"}], None, {"node"}, (), ())
    layout = expectation.assign(plan.make(facts, chosen, ["node_to_pod"], Options(("tcp",))), facts)
    assert {question.expected.decision for question in layout} == {"allow"}
