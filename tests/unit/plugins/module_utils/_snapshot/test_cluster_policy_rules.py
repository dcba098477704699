# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the rules of the cluster's own policies name, and which traffic they are about, by upstream's field comments."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, decide
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.cluster_cases import (
    BLUE,
    EVERYTHING,
    GREEN,
    PODS,
    cluster,
    into,
    new,
    old,
    out,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.policy_cluster import (
    FAMILIES,
    NO_NAMESPACES,
    NUMBERS,
    Json,
    address,
    app,
    ask,
    both,
    team,
    where,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.policy_cluster import (
    PODS as ALL_PODS,
)

NODES = tuple(
    Node(name, internal_ips=both(name), labels={"kubernetes.io/os": "linux", "zone": zone})
    for name, zone in (("w1", "a"), ("w2", "b"))
)

#: What is said, a peer of egress, whom it names of those that shop/web may ask.
PEERS = [
    ("if present but empty, it selects all namespaces", PODS, "shop/api shop/db ops/admin ops/web plain/lone"),
    ("namespaces by their labels", GREEN, "ops/admin ops/web"),
    ("namespaces by an expression", {"namespaces": where("team", "Exists")}, "shop/api shop/db ops/admin ops/web"),
    (
        "pods: in namespaces and by labels",
        {"pods": {"namespaceSelector": team("green"), "podSelector": app("web")}},
        "ops/web",
    ),
    (
        "pods: if empty, all namespaces",
        {"pods": {"namespaceSelector": {}, "podSelector": app("db")}},
        "shop/db",
    ),
    ("pods: the same where it is not there", {"pods": {"podSelector": app("db")}}, "shop/db"),
    ("nodes: if present but empty, all Nodes", {"nodes": {}}, "w1 w2"),
    ("nodes by their labels", {"nodes": {"matchLabels": {"zone": "b"}}}, "w2"),
    ("nodes without a label", {"nodes": where("gpu", "Exists")}, ""),
    (
        "networks: cluster-internal traffic is checked as well",
        EVERYTHING,
        "shop/api shop/db ops/admin ops/web plain/lone w1 w2 outside",
    ),
    ("networks by address", {"networks": ["203.0.113.0/24", "2001:db8::/64"]}, "outside"),
    ("networks of a Pod's address", {"networks": ["10.0.0.2/32", "fd00::2/128"]}, "shop/api"),
]


def named(peer: Json, family: int = 4, make=new, action: str = "Deny", **more: object) -> str:
    facts = cluster(make(out(action, peer)), nodes=NODES, **more)
    servers = [name for name in NUMBERS if name != "shop/web"]
    return " ".join(name for name in servers if ask(facts, "shop/web", name, family=family).decision == "deny")


@FAMILIES
@pytest.mark.parametrize("make", [new, old])
@pytest.mark.parametrize(("sentence", "peer", "servers"), PEERS)
def test_peers_of_egress(sentence, peer, servers, family, make):
    assert named(peer, family, make) == servers


def test_one_element_that_matches_is_enough():
    facts = cluster(new(out("Deny", GREEN, {"nodes": {"matchLabels": {"zone": "a"}}})), nodes=NODES)
    assert [ask(facts, "shop/web", name).decision for name in ("ops/web", "w1", "w2")] == ["deny", "deny", "allow"]


def test_pods_of_the_host_network_are_no_subject_and_no_peer_but_their_node():
    agent = Peer((address("w1"),), ALL_PODS[-1])
    lone = Peer((address("plain/lone"),))
    subject = cluster(new(into("Deny"), out("Deny"), subject=GREEN), nodes=NODES)
    assert subject.cluster_index.applied(ALL_PODS[-1], "Ingress") is None
    assert cluster(new(into("Deny"), subject={})).cluster_index.applied(ALL_PODS[-1], "Ingress") is None
    assert decide(subject, lone, agent, "TCP", 80).decision == "allow"
    assert decide(subject, agent, lone, "TCP", 80).decision == "allow"
    everywhere = {"subject": PODS, "name": "q"}
    assert decide(cluster(new(into("Deny"), **everywhere)), agent, lone, "TCP", 80).decision == "allow"
    assert decide(cluster(new(out("Deny"), **everywhere)), lone, agent, "TCP", 80).decision == "allow"
    to_nodes = cluster(new(out("Deny", {"nodes": {}}), **everywhere), nodes=NODES)
    assert decide(to_nodes, lone, agent, "TCP", 80).decision == "deny"


#: What is said, an element of "protocols", the same of "ports", the calls to shop/web that it is about.
CALLS = "TCP 53,TCP 80,TCP 8080,TCP 8081,UDP 53,UDP 8080,SCTP 8080,SCTP 9090,ICMP"
PORTS = [
    (
        "a number",
        {"tcp": {"destinationPort": {"number": 8080}}},
        {"portNumber": {"protocol": "TCP", "port": 8080}},
        "TCP 8080",
    ),
    (
        "a number of UDP",
        {"udp": {"destinationPort": {"number": 53}}},
        {"portNumber": {"protocol": "UDP", "port": 53}},
        "UDP 53",
    ),
    (
        "an inclusive range",
        {"tcp": {"destinationPort": {"range": {"start": 80, "end": 8080}}}},
        {"portRange": {"protocol": "TCP", "start": 80, "end": 8080}},
        "TCP 80,TCP 8080",
    ),
    (
        "a range of SCTP",
        {"sctp": {"destinationPort": {"range": {"start": 8080, "end": 9090}}}},
        {"portRange": {"protocol": "SCTP", "start": 8080, "end": 9090}},
        "SCTP 8080,SCTP 9090",
    ),
    (
        "a port by its name, of whatever protocol",
        {"destinationNamedPort": "http"},
        {"namedPort": "http"},
        "TCP 8080,SCTP 8080",
    ),
    ("a name that no port of the Pod has", {"destinationNamedPort": "x"}, {"namedPort": "x"}, ""),
]


@pytest.mark.parametrize(("sentence", "protocol", "port", "calls"), PORTS)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_ports(sentence, protocol, port, calls, direction):
    for make, field, entry in ((new, "protocols", protocol), (old, "ports", port)):
        rule = {field: [entry]}
        policy = make(into("Deny", **rule)) if direction == "ingress" else make(out("Deny", **rule), subject=PODS)
        facts = cluster(policy)
        denied = [call for call in CALLS.split(",") if ask(facts, "plain/lone", "shop/web", call).decision == "deny"]
        assert ",".join(denied) == calls


def test_without_ports_a_rule_is_about_all_traffic():
    for facts in (cluster(new(into("Deny"))), cluster(old(into("Deny")))):
        assert {ask(facts, "plain/lone", "shop/web", call).decision for call in CALLS.split(",")} == {"deny"}
    only_tcp = cluster(new(into("Deny", protocols=[{"tcp": {}}])))
    assert [ask(only_tcp, "plain/lone", "shop/web", call).decision for call in ("TCP 1", "UDP 1")] == ["deny", "allow"]
    either = {"protocols": [{"tcp": {"destinationPort": {"number": 80}}}, {"udp": {"destinationPort": {"number": 53}}}]}
    facts = cluster(new(into("Deny", **either)))
    assert [ask(facts, "plain/lone", "shop/web", call).decision for call in ("TCP 80", "UDP 53", "TCP 53")] == [
        *("deny", "deny", "allow"),
    ]


def test_a_port_that_was_not_given_is_of_tcp_in_the_old_kinds():
    facts = cluster(old(into("Deny", ports=[{"portNumber": {"port": 80}}])))
    assert [ask(facts, "plain/lone", "shop/web", call).decision for call in ("TCP 80", "UDP 80")] == ["deny", "allow"]


#: What is said, a pattern, names that it matches, names that it does not.
DOMAINS = [
    ("an exact match", "kubernetes.io", ["kubernetes.io", "Kubernetes.IO."], ["www.kubernetes.io", "wikipedia.org"]),
    ("another exact match", "blog.kubernetes.io", ["blog.kubernetes.io"], ["www.kubernetes.io", "kubernetes.io"]),
    (
        "one or more entire labels",
        "*.kubernetes.io",
        ["www.kubernetes.io", "latest.blog.kubernetes.io"],
        ["kubernetes.io", "wikipedia.org", "my-kubernetes.io"],
    ),
]


@pytest.mark.parametrize(("sentence", "pattern", "within", "beyond"), DOMAINS)
def test_domain_names(sentence, pattern, within, beyond):
    facts = cluster(new(out("Accept", {"domainNames": [pattern]}), out("Deny", EVERYTHING)))

    def word(name: str) -> str:
        return decide(facts, Peer((address("shop/web"),)), Peer((address("outside"),), name=name), "TCP", 443).decision

    assert {word(name) for name in within} == {"allow"}
    assert {word(name) for name in beyond} == {"deny"}
    assert word("") == "unknown", "by its address alone"


def test_a_pod_has_no_domain_name_but_those_that_the_cluster_gives():
    def word(pattern: str) -> str:
        facts = cluster(new(out("Accept", {"domainNames": [pattern]}), out("Deny", EVERYTHING)))
        return ask(facts, "shop/web", "ops/web").decision

    assert word("*.example.com") == "deny"
    assert word("db.ops.svc.cluster.local") == word("*.cluster.local") == word("*.ops.svc.k8s.example.com") == "unknown"


# What was not read


def test_the_labels_of_nodes_that_were_not_read():
    unread = {"nodes": (), "missing": (Missing("nodes", "no right to list nodes"),)}
    facts = cluster(new(out("Deny", {"nodes": {"matchLabels": {"zone": "a"}}})), **unread)
    found = ask(facts, "shop/web", "outside")
    assert (found.decision, found.policies) == ("unknown", ("ClusterNetworkPolicy p",))
    assert "whether it is a node with such labels is not known: no right to list nodes" in found.reason
    assert ask(facts, "shop/web", "ops/web").decision == "allow", "a Pod is no node"


def test_the_labels_of_namespaces_that_were_not_read():
    facts = cluster(new(into("Deny", GREEN), subject=PODS), **NO_NAMESPACES)
    assert ask(facts, "ops/web", "shop/web").decision == "unknown"
    assert ask(cluster(new(into("Deny"), subject=PODS), **NO_NAMESPACES), "ops/web", "shop/web").decision == "deny"


def test_a_client_that_is_not_known():
    web = Peer((address("shop/web"),))
    assert decide(cluster(new(into("Deny"))), Peer(), web, "TCP", 80).decision == "unknown"
    assert decide(cluster(new(into("Deny"))), Peer((), node="w2"), web, "TCP", 80).decision == "allow", "no Pod"
    either = Peer((address("ops/web"), address("w2")))
    assert decide(cluster(new(into("Deny"))), either, web, "TCP", 80).decision == "unknown", "masqueraded, or not"


def test_a_server_whose_address_is_not_known():
    web = Peer((address("shop/web"),))
    facts = cluster(new(out("Deny", {"networks": ["203.0.113.0/24"]})))
    assert decide(facts, web, Peer(), "TCP", 80).decision == "unknown"
    assert decide(cluster(new(out("Deny", EVERYTHING))), web, Peer(), "TCP", 80).decision == "deny"


def test_a_named_port_is_one_of_the_server_and_of_no_address_outside():
    facts = cluster(new(out("Deny", PODS, EVERYTHING, protocols=[{"destinationNamedPort": "http"}])))
    assert [ask(facts, "shop/web", name).decision for name in ("ops/web", "outside")] == ["deny", "allow"]
    bare = dataclasses.replace(ALL_PODS[4], containers=())
    without = cluster(new(out("Deny", protocols=[{"destinationNamedPort": "http"}])), pods=(*ALL_PODS[:4], bare))
    assert ask(without, "shop/web", "ops/web").decision == "allow"


def test_a_policy_selects_by_both_ends_at_once():
    facts = cluster(new(out("Deny", BLUE), subject=BLUE))
    assert [ask(facts, "shop/web", name).decision for name in ("shop/api", "ops/web")] == ["deny", "allow"]
