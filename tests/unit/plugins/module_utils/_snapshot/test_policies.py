# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkPolicies to the letter: the sentences of networking/v1/types.go and of the page "Network Policies"."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors as selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Missing,
    Namespace,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, PolicyDecision, decide
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.policy_cluster import (
    DNS,
    FAMILIES,
    NO_NAMESPACES,
    PODS,
    address,
    app,
    ask,
    egress,
    facts_of,
    ingress,
    policy,
    team,
    words,
)


@pytest.mark.parametrize(
    ("client_may", "server_may", "word"),
    [(True, True, "allow"), (True, False, "deny"), (False, True, "deny"), (False, False, "deny")],
)
def test_both_directions_must_allow(client_may, server_may, word):
    out = egress(*[{"to": [{"podSelector": app("db")}]}] * client_may, selector=app("api"), name="out")
    into = ingress(*[{"from": [{"podSelector": app("api")}]}] * server_may, selector=app("db"), name="in")
    assert ask(facts_of(out, into), "shop/api", "shop/db").decision == word


def test_a_pod_cannot_block_itself():
    found = ask(facts_of(ingress(), egress(name="q")), "shop/web", "shop/web")
    assert found == PolicyDecision("allow", "Pod shop/web connects to itself, which no policy can block")


@FAMILIES
def test_its_own_node_and_no_other_is_always_allowed_both_ways(family):
    facts = facts_of(ingress(), egress(name="q"))
    assert [ask(facts, node, "shop/web", family=family).decision for node in ("w1", "w2")] == ["allow", "deny"]
    assert [ask(facts, "shop/web", node, family=family).decision for node in ("w1", "w2")] == ["allow", "deny"]
    assert "its own node w1 is always allowed" in ask(facts, "w1", "shop/web", "ICMP", family).reason
    by_name = decide(facts, Peer(node="w1"), Peer((address("shop/web", family),)), "TCP", 8080)
    assert by_name.decision == "allow"


def test_another_node_is_matched_by_its_address_alone():
    everything = ingress({"from": [{"namespaceSelector": {}}]})
    by_address = ingress({"from": [{"ipBlock": {"cidr": f"{address('w2')}/32"}}]}, name="q")
    assert ask(facts_of(everything), "w2", "shop/web").decision == "deny"
    assert ask(facts_of(by_address), "w2", "shop/web").decision == "allow"


def test_a_pod_of_the_host_network_is_its_node():
    agent = Peer((address("w1"),), pod=PODS[-1])
    lone = Peer((address("plain/lone"),))
    admins = ingress({"from": [{"namespaceSelector": {}, "podSelector": app("admin")}]}, namespace="plain")
    assert decide(facts_of(ingress(namespace="ops")), lone, agent, "TCP", 8080).decision == "allow", "not selected"
    assert decide(facts_of(admins), agent, lone, "TCP", 8080).decision == "deny", "not matched by its labels"
    assert ask(facts_of(ingress(namespace="ops")), "w1", "ops/admin").decision == "allow", "its own node's"
    block = ingress({"from": [{"ipBlock": {"cidr": f"{address('w1')}/32"}}]}, namespace="plain")
    assert decide(facts_of(block), agent, lone, "TCP", 8080).decision == "allow", "matched by address"


ICMP = [
    ("no isolation", [], "allow"),
    ("a rule without ports is not restricted by port", [ingress({"from": [{"podSelector": app("api")}]})], "allow"),
    ("a rule with ports: not defined", [ingress({"from": [{"podSelector": app("api")}], "ports": [{}]})], "undefined"),
    ("no rule: only TCP, UDP and SCTP are guaranteed to be denied", [ingress()], "undefined"),
    ("rules that do not name the peer: the same", [ingress({"from": [{"podSelector": app("db")}]})], "undefined"),
]


@pytest.mark.parametrize(("sentence", "policies", "word"), ICMP)
def test_icmp_is_left_to_the_network_plugin(sentence, policies, word):
    found = ask(facts_of(*policies), "shop/api", "shop/web", "ICMP")
    assert found.decision == word
    assert ("ICMP" in found.reason) == (word == "undefined")


# What was not read, or is not known


def test_a_node_is_no_pod_even_where_its_address_is_not_known():
    """Towards another node it may carry the address of its tunnel."""
    facts = facts_of(ingress({"from": [{"podSelector": {}}]}))
    found = decide(facts, Peer((), node="w2"), Peer((address("shop/web"),)), "TCP", 8080)
    assert (found.decision, found.reason[-26:]) == ("deny", "rule does not name node w2")


GREEN = ingress({"from": [{"namespaceSelector": team("green")}]})


def test_what_is_certain_wins_over_what_is_in_doubt():
    certain = ingress({"from": [{"namespaceSelector": {}, "podSelector": app("web")}]}, name="q")
    assert ask(facts_of(GREEN, certain, **NO_NAMESPACES), "ops/web", "shop/web").policies == ("shop/q",)
    denied = egress(namespace="ops")
    assert ask(facts_of(GREEN, denied, **NO_NAMESPACES), "ops/web", "shop/web").decision == "deny"
    other_port = ingress({"from": [{"namespaceSelector": team("green")}], "ports": [{"port": 80}]})
    assert ask(facts_of(other_port, **NO_NAMESPACES), "ops/web", "shop/web").decision == "deny"


@pytest.mark.parametrize("what", ["networkpolicies", "globalnetworkpolicies.crd.projectcalico.org"])
def test_policies_that_were_not_read(what):
    facts = facts_of(missing=(Missing(what, "no right to list them"), Missing("ingresses", "not that either")))
    assert ask(facts, "shop/api", "shop/web") == PolicyDecision(
        "unread", "not all policies were read: no right to list them"
    )
    assert ask(facts, "w1", "w2").decision == "allow", "they select Pods"


OUTSIDE_OR_NODE = (address("outside"), address("w2"))


@pytest.mark.parametrize(
    ("peers", "addresses", "word"),
    [
        ([], OUTSIDE_OR_NODE, "allow"),  # all sources
        ([{"ipBlock": {"cidr": "0.0.0.0/0"}}], OUTSIDE_OR_NODE, "allow"),
        ([{"ipBlock": {"cidr": "203.0.113.0/24"}}], OUTSIDE_OR_NODE, "unknown"),
        ([{"podSelector": {}}], OUTSIDE_OR_NODE, "deny"),
        ([{"podSelector": {}}], (address("outside"), address("w1")), "unknown"),  # w1 is its own node
        ([], (), "allow"),
        ([{"ipBlock": {"cidr": "0.0.0.0/0"}}], (), "allow"),
        ([{"ipBlock": {"cidr": "::/0"}}], (), "unknown"),
        ([{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}], (), "unknown"),
        ([{"namespaceSelector": {}}], (), "unknown"),
        ([{"podSelector": {}}], (address("shop/api"), address("w2")), "unknown"),  # a Pod whose source is rewritten
    ],
)
def test_a_source_that_may_be_rewritten(peers, addresses, word):
    facts = facts_of(ingress({"from": peers}))
    found = decide(facts, Peer(addresses), Peer((address("shop/web"),)), "TCP", 8080)
    assert found.decision == word, found.reason
    if word == "unknown" and addresses:
        assert "which address Pod shop/web sees is not known" in found.reason


# Reasons


def test_reasons_name_the_policy_and_the_rule_that_allow():
    facts = facts_of(
        egress(selector=app("api"), name="out"),
        egress({"ports": [{"port": 80}]}, {"to": [{"podSelector": {}}]}, selector=app("api"), name="more"),
        ingress({"from": [{"podSelector": app("api")}]}, selector=app("db"), name="in"),
    )
    assert ask(facts, "shop/api", "shop/db") == PolicyDecision(
        "allow",
        "NetworkPolicy shop/more egress[1] allows it; NetworkPolicy shop/in ingress[0] allows it",
        ("shop/more", "shop/in"),
    )
    assert ask(facts, "shop/web", "ops/web") == PolicyDecision("allow", "no NetworkPolicy isolates either end of it")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([], "there is no ingress rule"),
        ([{"from": [{"podSelector": app("api")}]}], "its rule does not name Pod shop/db (10.0.0.3)"),
        ([{"from": [{"podSelector": app("api")}]}] * 2, "none of the 2 rules names Pod shop/db (10.0.0.3)"),
        (
            [{"ports": [{"port": 80, "endPort": 90}, {"protocol": "UDP"}, {"port": "dns"}]}],
            "no rule that names Pod shop/db (10.0.0.3) opens TCP 8080 "
            "(shop/p ingress[0] opens TCP 80-90, all UDP ports, TCP dns)",
        ),
    ],
)
def test_reasons_say_why_nothing_allows(rules, reason):
    found = ask(facts_of(ingress(*rules)), "shop/db", "shop/web")
    assert found == PolicyDecision(
        "deny", f"NetworkPolicy shop/p isolates Pod shop/web for ingress, and {reason}", ("shop/p",)
    )


def test_reasons_of_a_denial_in_both_directions_count_many_policies():
    many = [ingress(selector=app("web"), name=f"in-{number}") for number in range(5)]
    found = ask(facts_of(egress(selector=app("db"), name="out"), *many), "shop/db", "shop/web")
    assert found.reason == (
        "NetworkPolicy shop/out isolates Pod shop/db for egress, and there is no egress rule; "
        "NetworkPolicies shop/in-0, shop/in-1, shop/in-2 and 2 more isolate Pod shop/web for ingress, "
        "and there is no ingress rule"
    )
    assert found.policies == ("shop/out", *(f"shop/in-{number}" for number in range(5)))


def test_a_pod_that_the_caller_names_stands_for_its_address():
    facts = facts_of(ingress({"from": [{"podSelector": app("db")}]}))
    stand_in = dataclasses.replace(PODS[2], name="stand-in", ips=(address("shop/api"),))
    server = Peer((address("shop/web"),))
    assert ask(facts, "shop/api", "shop/web").decision == "deny"
    assert decide(facts, Peer(stand_in.ips, stand_in), server, "TCP", 8080).decision == "allow"


def test_addresses_may_be_written_in_any_way():
    odd = dataclasses.replace(PODS[0], name="odd", ips=("fd00:0::77",))
    facts = facts_of(ingress({"from": [{"podSelector": app("web")}]}), pods=(*PODS, odd))
    as_the_api_has_it, long, short = Peer(("fd00:0::77",)), Peer(("FD00:0:0::1",)), Peer((address("shop/web", 6),))
    assert decide(facts, long, as_the_api_has_it, "TCP", 80) == decide(facts, short, as_the_api_has_it, "TCP", 80)
    assert decide(facts, long, as_the_api_has_it, "TCP", 80).policies == ("shop/p",)


@pytest.mark.parametrize("wrong", [("tcp", "10.0.0.1"), ("TCP", "web")])
def test_a_word_that_is_none_is_refused(wrong):
    protocol, client = wrong
    with pytest.raises(ValueError, match=r"tcp|web"):
        decide(facts_of(), Peer((client,)), Peer(("10.0.0.2",)), protocol, 80)


def test_the_example_of_the_documentation():
    example = policy(
        app("db"),
        policyTypes=["Ingress", "Egress"],
        ingress=[
            {
                "from": [
                    {"ipBlock": {"cidr": "172.17.0.0/16", "except": ["172.17.1.0/24"]}},
                    {"namespaceSelector": team("green")},
                    {"podSelector": app("api")},
                ],
                "ports": [{"protocol": "TCP", "port": 6379}],
            }
        ],
        egress=[{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"protocol": "TCP", "port": 5978}]}],
    )
    facts = facts_of(example)
    assert words(facts, "shop/db", "TCP 6379") == "shop/api ops/admin ops/web w1"
    assert words(facts, "shop/db", "UDP 6379") == words(facts, "shop/db", "TCP 80") == "w1"
    blocks = {"172.17.0.9": "allow", "172.17.2.9": "allow", "172.17.1.9": "deny", "172.18.0.9": "deny"}
    db = Peer((address("shop/db"),))
    assert {item: decide(facts, Peer((item,)), db, "TCP", 6379).decision for item in blocks} == blocks
    assert ask(facts, "shop/db", "outside", "TCP 5978").decision == "allow"
    assert ask(facts, "shop/db", "outside", "TCP 80").decision == "deny"
    assert ask(facts, "shop/db", "shop/api", "TCP 5978").decision == "deny"


def test_ten_thousand_rulings_over_a_hundred_policies_ask_each_question_once(monkeypatch):
    pods = tuple(
        dataclasses.replace(
            PODS[0], namespace=f"n{i % 4}", name=f"p{i}", labels={"app": str(i % 10)}, ips=(f"10.1.0.{i}",)
        )
        for i in range(100)
    )
    spaces = tuple(Namespace(f"n{i}", labels={"team": str(i % 2)}) for i in range(4))
    rules = [
        {
            "from": [{"namespaceSelector": team("1"), "podSelector": app(str(i))}, {"podSelector": app("0")}],
            "ports": [DNS],
        }
        for i in range(3)
    ]
    policies = tuple(ingress(*rules, namespace=f"n{i % 4}", name=f"p{i}") for i in range(100))
    facts = facts_of(*policies, pods=pods, namespaces=spaces)
    asked = []
    plain = selectors.matches
    monkeypatch.setattr(selectors, "matches", lambda *question: asked.append(1) or plain(*question))

    def everybody_asks_everybody() -> int:
        asked.clear()
        for client in pods:
            for server in pods:
                decide(facts, Peer(client.ips), Peer(server.ips), "TCP", 8080)
        return len(asked)

    selected, named = (
        100 * 25,
        100 * 100 * 3 * 3,
    )  # a hundred Pods; of each rule two Pod selectors and one of a namespace
    assert 0 < everybody_asks_everybody() <= selected + named
    assert everybody_asks_everybody() == 0
