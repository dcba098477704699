# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's own policies: every conformance case of upstream, and what its field comments say beyond them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.cluster_policy_rules import ClusterRule
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    ClusterPolicy,
    Missing,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, PolicyDecision, decide
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster as api_objects
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot import conformance_cases
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
    EVERYBODY,
    FAMILIES,
    NO_NAMESPACES,
    NUMBERS,
    app,
    ask,
    egress,
    ingress,
    team,
    words,
)


@pytest.mark.parametrize(("data", "state", "checks"), list(conformance_cases.steps()))
def test_conformance(data, state, checks):
    facts = conformance_cases.facts_of(data, state)
    pods = {each["name"]: f"{each['namespace']}/{each['name']}" for each in data["pods"]}
    wrong = []
    for check in checks:
        client, server = (facts.pods[pods[check[end]]] for end in ("from", "to"))
        protocol, _blank, port = check["port"].partition(" ")
        found = decide(facts, Peer(client.ips, client), Peer(server.ips, server), protocol, int(port))
        if found.decision != ("allow" if check["allowed"] else "deny"):
            wrong.append((check, found))
    assert wrong == []


def test_all_of_upstreams_cases_are_here():
    """As many as its sources have calls of PokeServer."""
    found = {
        version: sum(len(step["checks"]) for test in data["tests"] for step in test["steps"])
        for version, data in conformance_cases.VERSIONS.items()
    }
    assert found == {"v0.1.7": 289, "v0.3.0": 397}


#: What is said, the policies, who may ask shop/web on TCP 8080.
TIERS = [
    ("no rule, no effect: there is no implicit isolation", [new(into("Accept", GREEN))], EVERYBODY),
    (
        "CNPs with no ingress rules do not affect ingress traffic",
        [new(out("Deny"))],
        "ops/admin ops/web plain/lone w1 w2 outside",
    ),
    ("Deny: no Pod may; nodes and the outside are no peers of ingress", [new(into("Deny"))], "w1 w2 outside"),
    (
        "the rule that stands first counts",
        [new(into("Accept", GREEN), into("Deny"))],
        "ops/admin ops/web w1 w2 outside",
    ),
    ("and shadows those below", [new(into("Deny"), into("Accept", GREEN))], "w1 w2 outside"),
    ("it selects other Pods", [new(into("Deny"), subject=GREEN)], EVERYBODY),
    (
        "a subject by labels of Pods",
        [new(into("Deny"), subject={"pods": {"namespaceSelector": {}, "podSelector": app("web")}})],
        "w1 w2 outside",
    ),
    (
        "a lower priority number has precedence, whatever the order of names",
        [new(into("Deny"), name="a", priority=20), new(into("Accept", GREEN), name="b", priority=10)],
        "ops/admin ops/web w1 w2 outside",
    ),
    ("Accept cannot be overridden by a NetworkPolicy", [ingress(), new(into("Accept", GREEN))], "ops/admin ops/web w1"),
    (
        "Deny cannot be overridden by a NetworkPolicy",
        [ingress({}), new(into("Deny", GREEN))],
        "shop/api shop/db plain/lone w1 w2 outside",
    ),
    (
        "Pass skips the further rules of the tier",
        [new(into("Pass", GREEN), into("Deny"), name="a"), new(into("Deny"), name="b", priority=20)],
        "ops/admin ops/web w1 w2 outside",
    ),
    ("and leaves it to the NetworkPolicies", [ingress(), new(into("Pass", GREEN), into("Deny"))], "w1"),
    ("Baseline comes where no NetworkPolicy isolates", [new(into("Deny"), tier="Baseline")], "w1 w2 outside"),
    (
        "a NetworkPolicy always makes a final decision",
        [ingress({"from": [{"namespaceSelector": team("green")}]}), new(into("Deny"), tier="Baseline")],
        "ops/admin ops/web w1",
    ),
    (
        "a NetworkPolicy for egress alone is none for ingress",
        [egress(), new(into("Deny"), tier="Baseline")],
        "w1 w2 outside",
    ),
    (
        "Pass in the Baseline tier leaves it to the default, which allows",
        [new(into("Pass", GREEN), into("Deny"), tier="Baseline")],
        "ops/admin ops/web w1 w2 outside",
    ),
    (
        "Pass in the Admin tier, and no NetworkPolicy: Baseline is next",
        [new(into("Pass", GREEN)), new(into("Deny"), tier="Baseline", name="q")],
        "w1 w2 outside",
    ),
    ("the old kinds say Allow", [old(into("Allow", GREEN), into("Deny"))], "ops/admin ops/web w1 w2 outside"),
    (
        "and the old one of the Baseline tier has no priority",
        [old(into("Pass", GREEN)), baseline(into("Allow", GREEN), into("Deny"))],
        "ops/admin ops/web w1 w2 outside",
    ),
    (
        "one priority in two tiers is no tie",
        [new(into("Accept")), new(into("Deny"), tier="Baseline", name="q")],
        EVERYBODY,
    ),
    (
        "two policies of one priority that agree",
        [new(into("Deny"), name="a"), new(into("Deny", GREEN), name="b")],
        "w1 w2 outside",
    ),
    (
        "two kinds whose answers agree",
        [new(into("Deny")), old(into("Deny", GREEN))],
        "w1 w2 outside",
    ),
    (
        "what each of two leads to is compared, not their actions",
        [new(into("Pass"), name="a"), new(into("Accept"), name="b")],
        EVERYBODY,
    ),
]


@FAMILIES
@pytest.mark.parametrize(("sentence", "policies", "allowed"), TIERS)
def test_tiers_and_priorities(sentence, policies, allowed, family):
    assert words(cluster(*policies), family=family) == allowed


@FAMILIES
def test_egress_and_ingress_must_both_allow(family):
    facts = cluster(new(out("Accept", BLUE), out("Deny")), new(into("Deny"), subject=GREEN, name="q"))
    servers = [name for name in NUMBERS if name != "shop/web"]
    assert [name for name in servers if ask(facts, "shop/web", name, family=family).decision == "deny"] == [
        *("ops/admin", "ops/web", "plain/lone"),
    ]
    assert ask(facts, "plain/lone", "ops/web", family=family).decision == "deny", "ingress alone"


def test_the_own_node_is_no_exception():
    """Nothing in the API exempts it, as NetworkPolicy does; only NetworkPolicies are evaluated with that exception."""
    facts = cluster(new(out("Deny", {"nodes": {}})), egress(name="e"))
    assert [ask(facts, "shop/web", node).decision for node in ("w1", "w2")] == ["deny", "deny"]
    assert ask(cluster(new(out("Pass", {"nodes": {}})), egress(name="e")), "shop/web", "w1").decision == "allow"
    assert ask(cluster(new(out("Pass", {"nodes": {}})), egress(name="e")), "shop/web", "w2").decision == "deny"


@pytest.mark.parametrize(
    "policies",
    [
        [new(into("Accept"), name="a"), new(into("Deny"), name="b")],
        [new(into("Accept"), name="a", tier="Baseline"), new(into("Deny"), name="b", tier="Baseline")],
        [new(into("Pass"), name="a"), new(into("Accept"), name="b"), ingress()],
        [old(into("Allow"), name="a"), new(into("Deny"), name="b", priority=1)],
    ],
)
def test_which_of_two_with_one_priority_counts_is_left_open(policies):
    found = ask(cluster(*policies), "ops/web", "shop/web")
    assert found.decision == "undefined"
    assert {f"{each.kind} {each.name}" for each in policies if isinstance(each, ClusterPolicy)} & set(found.policies)
    assert found.reason.endswith(": the API does not say which of them counts")


def test_where_only_one_of_them_matches_it_counts():
    facts = cluster(new(into("Accept", GREEN), name="a"), new(into("Deny", BLUE), name="b"))
    assert [ask(facts, name, "shop/web").decision for name in ("ops/web", "shop/api")] == ["allow", "deny"]


@pytest.mark.parametrize(
    ("policies", "reason", "names"),
    [
        (
            [new(into("Deny", name="keep out"), name="deny-all")],
            "ClusterNetworkPolicy deny-all (tier Admin, priority 10) closes it by ingress[0] 'keep out'",
            ("ClusterNetworkPolicy deny-all",),
        ),
        (
            [new(into("Deny", BLUE), into("Deny"), tier="Baseline", priority=7)],
            "ClusterNetworkPolicy p (tier Baseline, priority 7) closes it by ingress[1]",
            ("ClusterNetworkPolicy p",),
        ),
        ([old(into("Deny"))], "AdminNetworkPolicy p (priority 10) closes it by ingress[0]", ("AdminNetworkPolicy p",)),
        (
            [baseline(into("Deny"))],
            "BaselineAdminNetworkPolicy default closes it by ingress[0]",
            ("BaselineAdminNetworkPolicy default",),
        ),
        (
            [new(into("Pass")), ingress()],
            "ClusterNetworkPolicy p (tier Admin, priority 10) passes it on by ingress[0]; "
            "NetworkPolicy shop/p isolates Pod shop/web for ingress, and there is no ingress rule",
            ("shop/p",),
        ),
        (
            [new(into("Accept"))],
            "ClusterNetworkPolicy p (tier Admin, priority 10) allows it by ingress[0]",
            ("ClusterNetworkPolicy p",),
        ),
        (
            [new(into("Accept"), name="a"), new(into("Deny"), name="b")],
            "ClusterNetworkPolicy a (tier Admin, priority 10) allows it by ingress[0] or "
            "ClusterNetworkPolicy b (tier Admin, priority 10) closes it by ingress[0]: "
            "the API does not say which of them counts",
            ("ClusterNetworkPolicy a", "ClusterNetworkPolicy b"),
        ),
    ],
)
def test_reasons_name_the_policy_its_place_and_its_rule(policies, reason, names):
    found = ask(cluster(*policies), "ops/web", "shop/web")
    assert (found.reason, found.policies) == (reason, names)


# A Pod that asks itself


def itself(*policies: t.Any, by_service: bool) -> PolicyDecision:
    facts = cluster(*policies)
    web = facts.pods["shop/web"]
    return decide(facts, Peer(web.ips[:1], web), Peer(web.ips[:1], web, by_service=by_service), "TCP", 8080)


def test_a_pod_that_asks_itself_is_left_to_the_network_plugin_where_a_service_is_between():
    denies = new(out("Deny"))
    assert itself(denies, by_service=False).decision == "allow", "is never subject to enforcement"
    through = itself(denies, by_service=True)
    assert through.decision == "undefined"
    assert "a Pod that connects to itself by a Service" in through.reason
    assert itself(new(out("Deny", GREEN)), by_service=True).decision == "allow"


def test_no_network_policy_blocks_a_pod_that_asks_itself():
    assert itself(ingress(), new(into("Pass")), by_service=True).decision == "allow"
    assert itself(ingress(), new(into("Deny"), tier="Baseline"), by_service=True).decision == "allow"
    assert itself(new(into("Deny"), tier="Baseline"), by_service=True).decision == "undefined"


# What is not known


def test_what_is_not_known_counts_as_all_that_it_could_be():
    maybe = {"domainNames": ["example.com"]}
    assert ask(cluster(new(out("Accept", maybe), out("Deny", EVERYTHING))), "shop/web", "outside").decision == "unknown"
    assert ask(cluster(new(out("Accept", maybe))), "shop/web", "outside").decision == "allow", "either way"
    only_later = cluster(new(out("Deny", EVERYTHING)), new(out("Accept", maybe), name="q", priority=20))
    assert ask(only_later, "shop/web", "outside").decision == "deny"


def test_a_subject_whose_namespace_is_not_known_may_be_any():
    facts = cluster(new(into("Deny"), subject=GREEN), **NO_NAMESPACES)
    found = ask(facts, "plain/lone", "shop/web")
    assert (found.decision, found.policies) == ("unknown", ("ClusterNetworkPolicy p",))
    assert "the labels of namespace shop were not read" in found.reason
    assert (
        ask(cluster(new(into("Accept"), subject=GREEN), **NO_NAMESPACES), "plain/lone", "shop/web").decision == "allow"
    )
    assert ask(facts, "outside", "shop/web").decision == "allow", "its rule does not name the outside"


def test_policies_that_were_not_read():
    unread = (Missing("clusternetworkpolicies.policy.networking.k8s.io", "no right to list them"),)
    assert ask(cluster(missing=unread), "shop/api", "shop/web").decision == "unread"


def test_each_question_is_asked_once_for_all_pods_that_the_same_policies_select(monkeypatch):
    facts = cluster(new(into("Deny", GREEN), into("Accept")), new(into("Deny"), subject=GREEN, name="q"))
    asked = []
    plain = ClusterRule.names
    monkeypatch.setattr(ClusterRule, "names", lambda *about: asked.append(1) or plain(*about))
    for _time in range(2):
        for server in ("shop/web", "shop/api", "shop/db"):
            for port in ("TCP 80", "TCP 8080", "UDP 53"):
                ask(facts, "ops/web", server, port)
    assert len(asked) == 2, "its two rules"


# In a plan


def expected(model: str, asked: t.Any, *policies: ClusterPolicy, resolved: str = "", **more: t.Any) -> dict[str, t.Any]:
    """What must happen to each question of Pod shop/web-1, by what it asks."""
    facts = Facts(dataclasses.replace(api_objects.snapshot(**more), cluster_policies=policies))
    selected = selection.select(facts, [{"pod": "web-1"}], asked, plan.kinds([model]) or {"pod"})
    layout = expectation.assign(plan.make(facts, selected, [model], Options(("tcp",))), facts)
    found = {f"{each.probe.host} {each.target.id}": each.expected for each in layout if each.source.kind == "pod"}
    return {name: each.at(resolved) for name, each in found.items()}


def test_a_cell_names_the_policy_that_closes_it():
    everybody = {"subject": PODS, "name": "deny-all"}
    found = expected("pod_to_pod_same_node", None, new(into("Deny"), **everybody))
    closed = [each for each in found.values() if each.decision == "deny"]
    assert closed
    assert {each.decided_by for each in closed} == {"ClusterNetworkPolicy deny-all"}
    assert all("ClusterNetworkPolicy deny-all (tier Admin, priority 10) closes it" in each.reason for each in closed)


def test_a_cell_through_a_service_to_its_own_pod_is_not_judged():
    deny = new(out("Deny"), subject=PODS)
    own_alone = api_objects.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True))
    (found,) = expected("pod_to_self_service", None, deny, endpoint_slices=[own_alone]).values()
    assert (found.decision, found.decided_by) == ("not_applicable", "ClusterNetworkPolicy p")
    own = expected("pod_to_pod_same_node", None, deny)
    assert {each.decision for each in own.values()} == {"deny"}


def test_a_cell_that_asks_a_name_is_judged_by_it():
    asked = [{"host": "www.example.com", "port": 443}]
    name_server = api_objects.pod("coredns-1", "w2", "10.0.2.53", labels={"k8s-app": "kube-dns"})
    known = {"dns_pods": [name_server]}
    dns = {"networks": ["10.0.2.53/32"]}
    allowed = new(out("Accept", {"domainNames": ["*.example.com"]}, dns), out("Deny", EVERYTHING), subject=PODS)
    for resolved in ("", "192.0.2.1"):
        (found,) = expected("pod_to_internet", asked, allowed, resolved=resolved, **known).values()
        assert (found.decision, found.decided_by) == ("allow", "ClusterNetworkPolicy p")
    other = new(out("Accept", {"domainNames": ["example.com"]}, dns), out("Deny", EVERYTHING), subject=PODS)
    (found,) = expected("pod_to_internet", asked, other, resolved="192.0.2.1", **known).values()
    assert found.decision == "deny"
    (found,) = expected("pod_to_internet", [{"host": "192.0.2.1", "port": 443}], allowed).values()
    assert found.decision == "unknown"
