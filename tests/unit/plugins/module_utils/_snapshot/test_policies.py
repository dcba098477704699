# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkPolicies to the letter: the sentences of networking/v1/types.go and of the page "Network Policies", as cases.

The cluster of every case, in both families (the last number of an address is the same in both):

    shop (team: blue)    web 1 on w1, api 2 on w2, db 3 on w1
    ops  (team: green)   admin 4 on w1, web 5 on w2
    plain (no labels)    lone 6 on w2
    nodes                w1 101, w2 102; host-agent of ops is hostNetwork on w1
    outside              200
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors as selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ContainerPort,
    ForeignPolicy,
    Missing,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, PolicyDecision, decide

Json = dict[str, t.Any]
PORTS = (
    ContainerPort(8080, "http"),
    ContainerPort(8080, "http", "SCTP"),
    ContainerPort(53, "dns", "UDP"),
    ContainerPort(9090),
)
FAMILIES = pytest.mark.parametrize("family", [4, 6])
#: What a Pod, a node or the outside is called here -> the last number of its address.
NUMBERS = {
    "shop/web": 1,
    "shop/api": 2,
    "shop/db": 3,
    "ops/admin": 4,
    "ops/web": 5,
    "plain/lone": 6,
    "w1": 101,
    "w2": 102,
    "outside": 200,
}
ALL: Json = {}
DNS = {"protocol": "UDP", "port": 53}


def address(name: str, family: int = 4) -> str:
    number = NUMBERS[name]
    outside = number == 200
    if family == 6:
        return f"2001:db8::{number:x}" if outside else f"fd00::{number:x}"
    return f"203.0.113.{number}" if outside else f"10.0.0.{number}"


def both(name: str) -> tuple[str, str]:
    return address(name), address(name, 6)


def pod(name: str, node: str, **more: t.Any) -> Pod:
    namespace, own = name.split("/")
    labels = more.pop("labels", {"app": own, "tier": "back" if own == "db" else "front"})
    more.setdefault("ips", both(name) if name in NUMBERS else both(node))
    return Pod(namespace, own, node, labels=labels, containers=(Container("app", ports=PORTS),), **more)


PODS = (
    *(pod("shop/web", "w1"), pod("shop/api", "w2"), pod("shop/db", "w1")),
    *(pod("ops/admin", "w1"), pod("ops/web", "w2"), pod("plain/lone", "w2")),
    pod("ops/host-agent", "w1", host_network=True, labels={"app": "admin"}),
)
NAMESPACES = (
    Namespace("shop", labels={"team": "blue", "stage": "live"}),
    Namespace("ops", labels={"team": "green", "stage": "live"}),
    Namespace("plain"),
)


def policy(selector: Json | None = None, name: str = "p", namespace: str = "shop", **spec: t.Any) -> NetworkPolicy:
    return NetworkPolicy(namespace, name, {"podSelector": selector or {}, **spec})


def ingress(*rules: Json, **more: t.Any) -> NetworkPolicy:
    return policy(ingress=list(rules), policyTypes=["Ingress"], **more)


def egress(*rules: Json, **more: t.Any) -> NetworkPolicy:
    return policy(egress=list(rules), policyTypes=["Egress"], **more)


def app(name: str) -> Json:
    return {"matchLabels": {"app": name}}


def team(name: str) -> Json:
    return {"matchLabels": {"team": name}}


def where(key: str, operator: str, *values: str) -> Json:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def facts_of(*policies: NetworkPolicy, **more: t.Any) -> Facts:
    nodes = tuple(Node(name, internal_ips=both(name)) for name in ("w1", "w2"))
    known = {"namespaces": NAMESPACES, "nodes": nodes, "pods": PODS, "network_policies": policies}
    return Facts(Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443", **{**known, **more}))


def ask(facts: Facts, client: str, server: str, call: str = "TCP 8080", family: int = 4) -> PolicyDecision:
    protocol, _space, port = call.partition(" ")
    ends = [Peer((address(name, family),)) for name in (client, server)]
    return decide(facts, *ends, protocol, int(port or 0))


def words(facts: Facts, server: str = "shop/web", call: str = "TCP 8080", family: int = 4) -> str:
    """Who may ask a server, each by name: those that are denied are left out."""
    answers = {name: ask(facts, name, server, call, family).decision for name in NUMBERS if name != server}
    assert set(answers.values()) <= {"allow", "deny"}
    return " ".join(name for name, word in answers.items() if word == "allow")


EVERYBODY = "shop/api shop/db ops/admin ops/web plain/lone w1 w2 outside"
NODE = "w1"  # the node of shop/web: it may always
PODS_ONLY = "shop/api shop/db ops/admin ops/web plain/lone w1"

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


@pytest.mark.parametrize(
    ("client_may", "server_may", "word"),
    [(True, True, "allow"), (True, False, "deny"), (False, True, "deny"), (False, False, "deny")],
)
def test_both_directions_must_allow(client_may, server_may, word):
    out = egress(*[{"to": [{"podSelector": app("db")}]}] * client_may, selector=app("api"), name="out")
    into = ingress(*[{"from": [{"podSelector": app("api")}]}] * server_may, selector=app("db"), name="in")
    assert ask(facts_of(out, into), "shop/api", "shop/db").decision == word


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


def test_a_pod_cannot_block_itself():
    found = ask(facts_of(ingress(), egress(name="q")), "shop/web", "shop/web")
    assert found == PolicyDecision("allow", "Pod shop/web asks itself, which no policy can block")


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
NO_NAMESPACES = {"namespaces": (), "missing": (Missing("namespaces", "no right to list namespaces"),)}


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


# Kinds that are not evaluated


def foreign(spec: Json, namespace: str = "", kind: str = "Kind") -> Facts:
    return facts_of(foreign_policies=(ForeignPolicy(kind, namespace, "f", spec),))


@pytest.mark.parametrize(
    ("kind", "namespace", "spec", "touched"),
    [
        ("CiliumNetworkPolicy", "shop", {"endpointSelector": app("web")}, "shop/web"),
        ("CiliumNetworkPolicy", "shop", {"endpointSelector": {}}, "shop/web shop/api shop/db"),
        ("CiliumNetworkPolicy", "shop", {"endpointSelector": {"matchLabels": {"k8s:app": "db"}}}, "shop/db"),
        ("CiliumNetworkPolicy", "shop", {}, "shop/web shop/api shop/db"),
        (
            "CiliumClusterwideNetworkPolicy",
            "",
            {"endpointSelector": {"matchLabels": {"any:app": "web", "k8s:io.kubernetes.pod.namespace": "ops"}}},
            "ops/web",
        ),
        (
            "CiliumClusterwideNetworkPolicy",
            "",
            {"endpointSelector": {"matchLabels": {"app": "web", "io.cilium.k8s.namespace.labels.team": "green"}}},
            "shop/web ops/web",
        ),
        ("CiliumClusterwideNetworkPolicy", "", {"nodeSelector": {}}, "w1 w2"),
        ("Calico NetworkPolicy", "ops", {"selector": "app == 'web'"}, "ops/admin ops/web"),
        (
            "GlobalNetworkPolicy",
            "",
            {"selector": "all()"},
            "shop/web shop/api shop/db ops/admin ops/web plain/lone w1 w2",
        ),
        ("AdminNetworkPolicy", "", {"subject": {"namespaces": team("green")}}, "ops/admin ops/web"),
        (
            "ClusterNetworkPolicy",
            "",
            {"subject": {"pods": {"namespaceSelector": team("green"), "podSelector": app("web")}}},
            "ops/web",
        ),
        (
            "BaselineAdminNetworkPolicy",
            "",
            {"subject": {"namespaces": {}}},
            "shop/web shop/api shop/db ops/admin ops/web plain/lone",
        ),
    ],
)
def test_policies_of_other_kinds_leave_it_open_for_those_they_could_select(kind, namespace, spec, touched):
    facts = foreign(spec, namespace, kind)
    found = {name: ask(facts, "outside", name) for name in NUMBERS if name != "outside"}
    assert " ".join(name for name, answer in found.items() if answer.decision == "unknown") == touched
    unknown = next(answer for answer in found.values() if answer.decision == "unknown")
    assert unknown.policies == (f"{kind} {namespace}/f" if namespace else f"{kind} f",)
    assert unknown.reason.startswith(unknown.policies[0])
    assert ask(facts, touched.split()[0], "outside").decision == "unknown", "as a client too"


def test_a_kind_that_selects_namespaces_whose_labels_were_not_read_could_select_any():
    spec = {"subject": {"namespaces": team("green")}}
    facts = facts_of(foreign_policies=(ForeignPolicy("AdminNetworkPolicy", "", "f", spec),), **NO_NAMESPACES)
    assert ask(facts, "outside", "shop/web").decision == "unknown"


def test_a_deny_of_the_other_end_stands_whatever_another_kind_says_of_this_one():
    spec = {"endpointSelector": app("web")}
    facts = facts_of(ingress(selector=app("db")), foreign_policies=(ForeignPolicy("Cilium", "shop", "f", spec),))
    assert ask(facts, "shop/web", "shop/db").decision == "deny"


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
