# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which peers and ports the rules of a NetworkPolicy name, by the sentences of networking/v1/types.go."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    NetworkPolicy,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, decide
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.policy_cluster import (
    ALL,
    DNS,
    EVERYBODY,
    FAMILIES,
    NO_NAMESPACES,
    NODE,
    NUMBERS,
    PODS,
    PODS_ONLY,
    address,
    app,
    ask,
    egress,
    facts_of,
    ingress,
    policy,
    team,
    where,
    words,
)

#: The sentence, the ports of a rule, the calls to shop/web that it lets through.
CALLS = "TCP 53,TCP 80,TCP 8080,TCP 8081,TCP 9090,UDP 53,UDP 8080,SCTP 8080,SCTP 9090"


ALL_TCP = "TCP 53,TCP 80,TCP 8080,TCP 8081,TCP 9090"


PORT_CASES = [
    ("if this field is empty or missing, this rule matches all ports", [], CALLS),
    ("each item in this list is combined using a logical OR", [{"port": 80}, DNS], "TCP 80,UDP 53"),
    ("protocol: if not specified, this field defaults to TCP", [{"port": 8080}], "TCP 8080"),
    ("port: if this field is not provided, this matches all port names and numbers", [{}], ALL_TCP),
    ("port: the same for another protocol", [{"protocol": "SCTP"}], "SCTP 8080,SCTP 9090"),
    ("port: a named port on a pod", [{"port": "http"}], "TCP 8080"),
    ("port: a name belongs to its protocol", [{"protocol": "SCTP", "port": "http"}], "SCTP 8080"),
    ("port: a name that is of another protocol only", [{"port": "dns"}], ""),
    ("port: a name the pod does not have", [{"port": "metrics"}], ""),
    ("endPort: ports from port to endPort, inclusive", [{"port": 8080, "endPort": 8081}], "TCP 8080,TCP 8081"),
    ("endPort: equal to port", [{"port": 9090, "endPort": 9090}], "TCP 9090"),
    ("endPort: of its protocol", [{"protocol": "UDP", "port": 1, "endPort": 8080}], "UDP 53,UDP 8080"),
]


@pytest.mark.parametrize(("sentence", "ports", "allowed"), PORT_CASES)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_ports_are_those_of_the_server(sentence, ports, allowed, direction):
    rule = {"ports": ports}
    facts = facts_of(ingress(rule) if direction == "ingress" else egress(rule, namespace="plain"))
    assert (
        ",".join(call for call in CALLS.split(",") if ask(facts, "plain/lone", "shop/web", call).decision == "allow")
        == allowed
    )


def test_a_named_port_means_nothing_at_an_address_that_is_no_pod():
    named, numbered = egress({"ports": [{"port": "http"}]}), egress({"ports": [{"port": 8080}]})
    assert ask(facts_of(named), "shop/web", "outside").decision == "deny"
    assert ask(facts_of(numbered), "shop/web", "outside").decision == "allow"


def test_traffic_must_match_both_ports_and_from_of_one_rule():
    rules = ({"from": [{"podSelector": app("api")}], "ports": [{"port": 80}]}, {"ports": [{"port": 9090}]})
    facts = facts_of(ingress(*rules))
    assert words(facts, call="TCP 80") == "shop/api w1"
    assert words(facts, call="TCP 9090") == EVERYBODY
    assert words(facts, call="TCP 8080") == NODE


#: The sentence, cidr and except, addresses in it, addresses that are not.
BLOCKS = [
    ("a particular CIDR that is allowed", "203.0.113.0/24", [], ["203.0.113.200"], ["203.0.114.1"]),
    ("all IPv4 addresses are no IPv6 addresses", "0.0.0.0/0", [], ["1.1.1.1", "10.0.0.2"], ["2001:db8::c8"]),
    ("all IPv6 addresses are no IPv4 addresses", "::/0", [], ["2001:db8::c8", "fd00::2"], ["1.1.1.1"]),
    ("one address", "203.0.113.7/32", [], ["203.0.113.7"], ["203.0.113.6", "203.0.113.8"]),
    ("one IPv6 address", "2001:db8::7/128", [], ["2001:db8::7", "2001:db8:0::7"], ["2001:db8::8"]),
    (
        "except: CIDRs that should not be included",
        "203.0.113.0/24",
        ["203.0.113.64/26", "203.0.113.8/32"],
        ["203.0.113.7", "203.0.113.63", "203.0.113.128"],
        ["203.0.113.8", "203.0.113.64", "203.0.113.127"],
    ),
    ("except, IPv6", "2001:db8::/32", ["2001:db8:1::/48"], ["2001:db8::1"], ["2001:db8:1::1", "2001:db9::1"]),
    ("a block with bits of a host", "203.0.113.77/24", [], ["203.0.113.200"], ["203.0.112.200"]),
    ("a pod's address is an address", "10.0.0.0/30", [], ["10.0.0.2"], ["10.0.0.4", "10.0.0.6"]),
]


@pytest.mark.parametrize(("sentence", "cidr", "holes", "inside", "outside"), BLOCKS)
def test_blocks_of_addresses(sentence, cidr, holes, inside, outside):
    block = {"ipBlock": {"cidr": cidr, "except": holes}}
    facts = facts_of(ingress({"from": [block]}), egress({"to": [block]}, name="q"))
    for other, word in [*((item, "allow") for item in inside), *((item, "deny") for item in outside)]:
        server = Peer((address("shop/web", 6 if ":" in other else 4),), pod=PODS[0])
        assert decide(facts, Peer((other,)), server, "TCP", 8080).decision == word, other
        assert decide(facts, server, Peer((other,)), "TCP", 8080).decision == word, other


def test_an_exception_of_one_block_does_not_close_another():
    holed = {"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.200/32"]}}
    facts = facts_of(ingress({"from": [holed, {"ipBlock": {"cidr": "203.0.113.200/32"}}]}))
    assert ask(facts, "outside", "shop/web").decision == "allow"


def test_a_block_in_a_form_that_cannot_be_read_is_in_doubt():
    found = ask(facts_of(ingress({"from": [{"ipBlock": {"cidr": "010.0.0.0/8"}}]})), "outside", "shop/web")
    assert found.decision == "unknown"
    assert "ingress[0]: its ipBlock cannot be read" in found.reason


@pytest.mark.parametrize(
    ("peer", "word"),
    [
        ({"namespaceSelector": team("green")}, "unknown"),
        ({"namespaceSelector": team("green"), "podSelector": app("nobody")}, "deny"),
        ({"namespaceSelector": {}}, "allow"),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ops"}}}, "allow"),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "x", "team": "green"}}}, "deny"),
        ({"podSelector": {}}, "deny"),
    ],
)
def test_labels_of_namespaces_that_were_not_read(peer, word):
    found = ask(facts_of(ingress({"from": [peer]}), **NO_NAMESPACES), "ops/web", "shop/web")
    assert found.decision == word
    assert ("the labels of namespace ops were not read" in found.reason) == (word == "unknown")


#: The sentence, the policies of namespace shop, who may ask shop/web on TCP 8080.
INGRESS = [
    ("By default, a pod is non-isolated for ingress", [], EVERYBODY),
    ("a policy selects pods of its own namespace only", [ingress(namespace="ops")], EVERYBODY),
    ("a policy that selects other pods does not isolate this one", [ingress(selector=app("db"))], EVERYBODY),
    ("an egress policy has no effect on isolation for ingress", [egress(selector=app("web"))], EVERYBODY),
    ("an empty podSelector matches all pods in the policy's namespace", [ingress()], NODE),
    ("if it is not specified, it defaults to an empty selector", [NetworkPolicy("shop", "p", {})], NODE),
    ("if this field is empty then this policy does not allow any traffic", [policy(ingress=[])], NODE),
    ("policyTypes: all policies are assumed to affect ingress", [policy(egress=[ALL])], NODE),
    ("policyTypes: an egress-only policy says so", [policy(egress=[ALL], policyTypes=["Egress"])], EVERYBODY),
    (
        "policyTypes: rules of a direction that is not named do nothing",
        [policy(app("web"), ingress=[], policyTypes=["Egress"])],
        EVERYBODY,
    ),
    ("from: if this field is empty or missing, this rule matches all sources", [ingress(ALL)], EVERYBODY),
    ("from: the same where the list is there and empty", [ingress({"from": [], "ports": []})], EVERYBODY),
    ("a policy cannot take away what another allows", [ingress(), ingress(ALL, name="q")], EVERYBODY),
    (
        "podSelector: it selects the pods in the policy's own namespace",
        [ingress({"from": [{"podSelector": app("api")}]})],
        "shop/api w1",
    ),
    (
        "podSelector: if present but empty, it selects all pods",
        [ingress({"from": [{"podSelector": {}}]})],
        "shop/api shop/db w1",
    ),
    (
        "podSelector: the same labels in another namespace do not count",
        [ingress({"from": [{"podSelector": app("admin")}]})],
        NODE,
    ),
    (
        "namespaceSelector: it selects all pods in the namespaces selected",
        [ingress({"from": [{"namespaceSelector": team("green")}]})],
        "ops/admin ops/web w1",
    ),
    (
        "namespaceSelector: if present but empty, it selects all namespaces, and no node or outside address",
        [ingress({"from": [{"namespaceSelector": {}}]})],
        PODS_ONLY,
    ),
    (
        "both in one entry: pods matching podSelector in the namespaces selected",
        [ingress({"from": [{"namespaceSelector": team("green"), "podSelector": app("web")}]})],
        "ops/web w1",
    ),
    (
        "in two entries: either",
        [ingress({"from": [{"namespaceSelector": team("green")}, {"podSelector": app("db")}]})],
        "shop/db ops/admin ops/web w1",
    ),
    (
        "an empty namespaceSelector with a podSelector: such pods everywhere",
        [ingress({"from": [{"namespaceSelector": {}, "podSelector": app("web")}]})],
        "ops/web w1",
    ),
    (
        "rules are alternatives",
        [ingress({"from": [{"podSelector": app("db")}]}, {"from": [{"podSelector": app("api")}]})],
        "shop/api shop/db w1",
    ),
    (
        "policies are alternatives",
        [ingress({"from": [{"podSelector": app("db")}]}), ingress({"from": [{"podSelector": app("api")}]}, name="q")],
        "shop/api shop/db w1",
    ),
    (
        "matchExpressions: In",
        [ingress({"from": [{"podSelector": where("app", "In", "db", "x")}]})],
        "shop/db w1",
    ),
    (
        "matchExpressions: NotIn is met by a namespace without the label",
        [ingress({"from": [{"namespaceSelector": where("team", "NotIn", "blue")}]})],
        "ops/admin ops/web plain/lone w1",
    ),
    (
        "matchExpressions: Exists",
        [ingress({"from": [{"namespaceSelector": where("team", "Exists")}]})],
        "shop/api shop/db ops/admin ops/web w1",
    ),
    (
        "matchExpressions: DoesNotExist",
        [ingress({"from": [{"namespaceSelector": where("team", "DoesNotExist")}]})],
        "plain/lone w1",
    ),
    (
        "requirements of one selector must all hold",
        [ingress({"from": [{"namespaceSelector": {"matchLabels": {"stage": "live", "team": "green"}}}]})],
        "ops/admin ops/web w1",
    ),
    (
        "the API server labels each namespace with its name",
        [ingress({"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "plain"}}}]})],
        "plain/lone w1",
    ),
]


@FAMILIES
@pytest.mark.parametrize(("sentence", "policies", "allowed"), INGRESS)
def test_ingress(sentence, policies, allowed, family):
    assert words(facts_of(*policies), family=family) == allowed


#: The sentence, the policies of shop, who shop/web may ask on TCP 8080.
EGRESS = [
    ("By default, a pod is non-isolated for egress", [], EVERYBODY),
    ("an ingress policy has no effect on isolation for egress", [ingress(selector=app("web"))], EVERYBODY),
    ("if this field is empty then this policy limits all outgoing traffic", [egress()], NODE),
    ("policyTypes: Egress where the policy has egress rules", [policy(selector=app("web"), egress=[ALL])], EVERYBODY),
    (
        "policyTypes: they then isolate for egress",
        [policy(selector=app("web"), egress=[{"to": [{"podSelector": app("db")}]}])],
        "shop/db w1",
    ),
    ("policyTypes: Egress must be named where there are none", [policy(selector=app("web"), egress=[])], EVERYBODY),
    ("to: if this field is empty or missing, this rule matches all destinations", [egress(ALL)], EVERYBODY),
    ("podSelector: of the policy's own namespace", [egress({"to": [{"podSelector": {}}]})], "shop/api shop/db w1"),
    (
        "namespaceSelector and podSelector",
        [egress({"to": [{"namespaceSelector": team("green"), "podSelector": app("admin")}]})],
        "ops/admin w1",
    ),
    ("all pods everywhere, and nothing outside", [egress({"to": [{"namespaceSelector": {}}]})], PODS_ONLY),
]


@FAMILIES
@pytest.mark.parametrize(("sentence", "policies", "allowed"), EGRESS)
def test_egress(sentence, policies, allowed, family):
    facts = facts_of(*policies)
    names = [name for name in NUMBERS if name != "shop/web"]
    assert " ".join(n for n in names if ask(facts, "shop/web", n, family=family).decision == "allow") == allowed
