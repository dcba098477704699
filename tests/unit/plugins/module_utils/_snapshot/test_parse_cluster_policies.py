# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The specs of the cluster's own policies: what cannot be read leaves it open, and is never guessed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ClusterPolicy
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.parse_cluster_policies import (
    cluster_policy,
    is_readable,
    label_keys,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.cluster_cases import (
    BLUE,
    EVERYTHING,
    GREEN,
    PODS,
    baseline,
    cluster,
    into,
    new,
    old,
    out,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.policy_cluster import (
    app,
    ask,
    ingress,
    team,
)

KIND = "ClusterNetworkPolicy"


def test_a_policy_is_known_by_kind_and_name_whatever_its_spec_is():
    policy = cluster_policy(KIND)({"metadata": {"name": "top"}, "spec": {"priority": 5}})
    assert (policy.id, policy.spec) == ("ClusterNetworkPolicy top", {"priority": 5})
    assert cluster_policy(KIND)({"metadata": {"name": "top"}, "spec": "odd"}).spec is None
    assert cluster_policy(KIND)({"metadata": {"name": "top"}}).spec is None


#: What cannot be read, the policy, a part of what is said.
ODD: list[tuple[str, ClusterPolicy, str]] = [
    ("no spec", ClusterPolicy(KIND, "p"), "its spec is no object"),
    ("another field of the spec", new(into("Deny"), logging=True), "it has the field 'logging', which is not known"),
    ("another tier", new(into("Deny"), tier="Platform"), "its tier is 'Platform'"),
    ("a priority that is none", new(into("Deny"), priority=t.cast(int, "1")), "priority is a string"),
    ("no priority", new(into("Deny"), priority=t.cast(int, None)), "it has no priority"),
    ("rules that are no list", new(ingress={"action": "Deny"}), "ingress is an object"),
    ("no subject", new(into("Deny"), subject={}), "it has 0 of the fields namespaces, pods"),
    ("another subject", new(into("Deny"), subject={"nodes": {}}), "it has the field 'nodes'"),
    ("two subjects", new(into("Deny"), subject={**BLUE, "pods": {}}), "it has 2 of the fields namespaces, pods"),
    ("a subject that is a list", new(into("Deny"), subject={"namespaces": ["shop"]}), "namespaces is a list"),
    ("another action", new(into("Log")), "its action is not known"),
    ("the old action in the new kind", new(into("Allow")), "its action is not known"),
    ("the new action in the old kind", old(into("Accept")), "its action is not known"),
    ("Pass where nothing comes after", baseline(into("Pass")), "its action is not known"),
    ("another field of a rule", new(into("Deny", GREEN, ports=[])), "it has the field 'ports', which is not known"),
    ("another peer", new(into("Deny", {"serviceAccounts": {}})), "it has the field 'serviceAccounts'"),
    ("an empty peer", new(into("Deny", {})), "it has 0 of the fields namespaces, pods"),
    ("a peer of egress", new(into("Deny", {"nodes": {}})), "it has the field 'nodes'"),
    ("no peers", new({"action": "Deny", "from": []}), "it has no from"),
    (
        "the tenancy of versions before v0.1.7",
        old(into("Deny", {"namespaces": {"sameLabels": ["team"]}})),
        "it has the field 'sameLabels', which is not known",
    ),
    (
        "their selectors",
        old(into("Deny", {"namespaces": {"namespaceSelector": {}}})),
        "it has the field 'namespaceSelector'",
    ),
    ("a selector that is none", new(into("Deny", {"namespaces": {"matchLabels": ["team"]}})), "is no label selector"),
    ("another protocol", new(into("Deny", GREEN, protocols=[{"icmp": {}}])), "it has the field 'icmp'"),
    ("no protocol", new(into("Deny", GREEN, protocols=[{}])), "it has 0 of the fields tcp, udp"),
    ("another match of TCP", new(into("Deny", GREEN, protocols=[{"tcp": {"flags": ["syn"]}}])), "the field 'flags'"),
    ("no port", new(into("Deny", GREEN, protocols=[{"tcp": {"destinationPort": {}}}])), "the fields number, range"),
    (
        "a port that is none",
        new(into("Deny", GREEN, protocols=[{"tcp": {"destinationPort": {"number": 0}}}])),
        "it has no number",
    ),
    (
        "half a range",
        new(into("Deny", GREEN, protocols=[{"tcp": {"destinationPort": {"range": {"start": 1}}}}])),
        "it has no end",
    ),
    ("a port of the old kinds", old(into("Deny", GREEN, ports=[{"port": 80}])), "it has the field 'port'"),
]


@pytest.mark.parametrize(("what", "policy", "said"), ODD)
def test_what_cannot_be_read_leaves_it_open_and_names_the_policy(what, policy, said):
    found = ask(cluster(policy), "ops/web", "shop/web")
    assert (found.decision, found.policies) == ("unread", (policy.id,))
    assert found.reason.startswith(policy.id)
    assert said in found.reason


@pytest.mark.parametrize(
    ("what", "policy"),
    [
        ("a network that is none", new(out("Deny", {"networks": ["10.0.0.0/40"]}))),
        ("a domain name where only Accept may have one", new(out("Deny", {"domainNames": ["example.com"]}))),
        ("another peer", new(out("Deny", {"services": {}}))),
    ],
)
def test_what_cannot_be_read_of_egress(what, policy):
    assert ask(cluster(policy), "shop/web", "outside").decision == "unread"


def test_what_is_certain_stands_beside_what_cannot_be_read():
    odd = {"serviceAccounts": {}}
    assert ask(cluster(new(into("Deny", odd, GREEN))), "ops/web", "shop/web").decision == "deny"
    assert ask(cluster(new(into("Deny", GREEN), into("Deny", odd))), "ops/web", "shop/web").decision == "deny"
    assert ask(cluster(new(into("Deny", odd), into("Deny", GREEN))), "ops/web", "shop/web").decision == "deny"
    assert ask(cluster(new(into("Accept", odd))), "ops/web", "shop/web").decision == "allow", "either way"
    tcp = cluster(new(into("Deny", GREEN, protocols=[{"icmp": {}}, {"tcp": {}}])))
    assert [ask(tcp, "ops/web", "shop/web", call).decision for call in ("TCP 80", "UDP 80")] == ["deny", "unread"]
    other = cluster(new(into("Log", BLUE)))
    assert ask(other, "ops/web", "shop/web").decision == "allow", "it is about others"


@pytest.mark.parametrize(
    "odd", [ClusterPolicy("BaselineAdminNetworkPolicy", "default"), new(into("Deny"), tier="Baseline", x=1, name="q")]
)
def test_what_cannot_be_read_of_the_last_tier_leaves_the_others(odd):
    assert ask(cluster(odd), "ops/web", "shop/web").decision == "unread"
    assert ask(cluster(odd, new(into("Deny"))), "ops/web", "shop/web").decision == "deny"
    accepts = new(into("Accept"), out("Accept"), subject=PODS)
    assert ask(cluster(odd, accepts), "ops/web", "shop/web").decision == "allow"
    assert ask(cluster(odd, ingress()), "ops/web", "shop/web").decision == "deny"


def test_what_cannot_be_read_of_one_direction_leaves_the_other():
    facts = cluster(new(into("Deny", {"x": {}}), out("Deny", EVERYTHING)))
    assert ask(facts, "shop/web", "outside").decision == "deny"


def test_a_policy_without_rules_does_nothing_whomever_it_selects():
    every = (new(subject={"nodes": {}}), new(subject={}, name="q"), ClusterPolicy("AdminNetworkPolicy", "r", {}))
    assert ask(cluster(*every), "ops/web", "shop/web").decision == "allow"


def test_null_is_as_good_as_absent():
    policy = new(into("Deny", {**GREEN, "pods": None}, protocols=None), egress=None)
    assert ask(cluster(policy), "ops/web", "shop/web").decision == "deny"


def test_unread_goes_with_what_network_policies_say():
    closed = cluster(new(into("Deny", {"x": {}})), ingress())
    assert ask(closed, "ops/web", "shop/web").decision == "deny", "whatever the rule is about"
    opened = cluster(new(into("Accept", {"x": {}})), ingress())
    assert ask(opened, "ops/web", "shop/web").decision == "unread"


def test_the_labels_of_pods_by_which_it_selects():
    pods = {"pods": {"namespaceSelector": team("green"), "podSelector": app("web")}}
    tier = {
        "pods": {"namespaceSelector": {}, "podSelector": {"matchExpressions": [{"key": "t", "operator": "Exists"}]}}
    }
    assert label_keys(new(into("Deny", pods), out("Deny", tier, GREEN))) == {"app", "t"}
    assert label_keys(new(into("Deny"), subject=tier)) == {"t"}
    assert label_keys(new(into("Deny"))) == set()


@pytest.mark.parametrize(
    ("policy", "readable"),
    [
        (new(into("Deny", GREEN), out("Deny", PODS)), True),
        (new(into("Deny", {"x": {}})), False),
        (new(into("Deny"), subject={}), False),
        (ClusterPolicy(KIND, "p"), False),
    ],
)
def test_whether_all_of_whom_it_selects_and_names_is_known(policy, readable):
    assert is_readable(policy) is readable
