# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of kinds that are not evaluated leave it open for what they could select."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ForeignPolicy,
    Pod,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.policy_cluster import (
    NUMBERS,
    Json,
    app,
    ask,
    facts_of,
    ingress,
)


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
        ("Antrea NetworkPolicy", "shop", {"appliedTo": [{"podSelector": app("web")}]}, "shop/web"),
        ("Antrea NetworkPolicy", "shop", {"appliedTo": [{"group": "g"}]}, "shop/web shop/api shop/db"),
        ("Antrea NetworkPolicy", "shop", {"ingress": [{"appliedTo": []}]}, "shop/web shop/api shop/db"),
        ("Calico NetworkPolicy", "ops", {"selector": "app == 'web'"}, "ops/admin ops/web"),
        (
            "GlobalNetworkPolicy",
            "",
            {"selector": "all()"},
            "shop/web shop/api shop/db ops/admin ops/web plain/lone w1 w2",
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


def test_a_deny_of_the_other_end_stands_whatever_another_kind_says_of_this_one():
    spec = {"endpointSelector": app("web")}
    facts = facts_of(ingress(selector=app("db")), foreign_policies=(ForeignPolicy("Cilium", "shop", "f", spec),))
    assert ask(facts, "shop/web", "shop/db").decision == "deny"


def meshed(name: str, **labels: str) -> Pod:
    return Pod("shop", name, labels=labels, containers=(Container("istio-proxy"),))


@pytest.mark.parametrize(
    ("namespace", "spec", "touched"),
    [
        ("shop", {}, True),
        ("istio-system", {}, True),
        ("ops", {}, False),
        ("shop", {"selector": {"matchLabels": {"app": "web"}}}, True),
        ("shop", {"selector": {"matchLabels": {"app": "api"}}}, False),
    ],
)
def test_a_policy_of_a_mesh_touches_its_own_pods(namespace, spec, touched):
    facts = foreign(spec, namespace, "Istio AuthorizationPolicy")
    assert bool(facts.foreign_index.touching(meshed("web", app="web"), "")) is touched
    assert not facts.foreign_index.touching(Pod("shop", "plain", labels={"app": "web"}), "")
    assert not facts.foreign_index.touching(None, "w1")


@pytest.mark.parametrize(
    ("namespace", "touched"), [("shop", True), ("kuma-system", True), ("kong-mesh-system", True), ("ops", False)]
)
def test_a_policy_of_kumas_system_namespace_is_for_the_whole_mesh(namespace, touched):
    facts = foreign({"targetRef": {"kind": "Mesh"}}, namespace, "MeshTrafficPermission")
    pod = Pod("shop", "web", containers=(Container("kuma-sidecar"),))
    assert bool(facts.foreign_index.touching(pod, "")) is touched
    assert not facts.foreign_index.touching(meshed("other"), ""), "of another mesh"


def test_an_egress_firewall_concerns_what_leaves_the_cluster():
    index = foreign({}, "shop", "EgressFirewall").foreign_index
    pod = Pod("shop", "web")
    assert index.touching(pod, "", "Egress") == ["EgressFirewall shop/f"]
    assert not index.touching(pod, "", "Ingress")
    assert not index.touching(pod, "", "Egress", inside=True)
