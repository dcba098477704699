# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS-07: policies that keep Pods from the cluster's DNS."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import dns_policies, policies
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Namespace,
    NetworkPolicy,
)

from .. import scenes, scenes_dns
from ..scenes import CLIENT

NAMESPACES = (
    Namespace("shop", "Active", {"kubernetes.io/metadata.name": "shop"}),
    Namespace("kube-system", "Active", {"kubernetes.io/metadata.name": "kube-system"}),
)
TO_WEB = {"to": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 8080}]}
DNS_PODS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}
BOTH = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def policy(*egress: dict[str, t.Any], name: str = "client", **labels: str) -> NetworkPolicy:
    labels = labels or {"app": "client"}
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Egress"], "egress": list(egress)}
    return NetworkPolicy("shop", name, spec)


def found(*own: NetworkPolicy, report: scenes.Report | None = None, **more: t.Any) -> Diagnosis:
    seen = scenes_dns.snapshot(network_policies=own, namespaces=NAMESPACES, **more)
    return diagnose(scenes.case(seen, report), dns_policies.RULES)


def test_a_policy_that_forgets_dns():
    (finding,) = found(policy(TO_WEB)).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-07", "NetworkPolicy shop/client", "spec.egress"),
    )
    assert (finding.severity, finding.value) == ("warning", "TCP 8080")
    assert finding.fix is not None
    assert '"k8s-app": "kube-dns"' in finding.fix.command
    assert '"path": "/spec/egress/1"' in finding.fix.undo


def test_who_names_a_service_misses_dns():
    need = scenes_dns.detail(CLIENT, addresses=("web:80",), address_fields=("spec.containers[0].env[0]",))
    (finding,) = found(policy(TO_WEB), details=[need]).findings
    assert finding.severity == "error"


def test_a_rule_for_dns_whose_peer_is_not_the_dns():
    wrong = {**DNS_PODS, "podSelector": {"matchLabels": {"k8s-app": "coredns"}}}
    (finding,) = found(policy(TO_WEB, {"to": [wrong], "ports": BOTH})).findings
    assert (finding.field, finding.value, finding.wanted) == (
        *("spec.egress[1].to[0].podSelector", "k8s-app=coredns", "k8s-app=kube-dns"),
    )


def test_of_several_policies_that_is_at_fault_which_has_a_rule_for_dns():
    wrong = {**DNS_PODS, "podSelector": {"matchLabels": {"k8s-app": "coredns"}}}
    for_all = NetworkPolicy(
        "shop", "names", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [wrong], "ports": BOTH}]}
    )
    (finding,) = found(policy(TO_WEB), for_all).findings
    assert (str(finding.object), finding.field) == ("NetworkPolicy shop/names", "spec.egress[0].to[0].podSelector")


def test_a_rule_for_the_dns_by_tcp_alone():
    (finding,) = found(policy({"to": [DNS_PODS], "ports": [{"port": 53}]})).findings
    assert (finding.field, finding.value, finding.wanted) == ("spec.egress[0].ports", "TCP 53", "UDP 53")


def test_a_rule_for_the_dns_without_its_port():
    (finding,) = found(policy(TO_WEB, {"to": [DNS_PODS], "ports": [{"port": 5353, "protocol": "UDP"}]})).findings
    assert (finding.field, finding.value) == ("spec.egress[1].ports", "UDP 5353")


@pytest.mark.parametrize(
    "own",
    [
        (policy(TO_WEB, {"to": [DNS_PODS], "ports": BOTH}),),
        (policy(TO_WEB, {"ports": BOTH}),),
        (policy(TO_WEB), policy({"to": [DNS_PODS]}, name="dns")),
        (policy(),),
        (),
    ],
)
def test_policies_that_let_dns_through_or_close_everything_are_no_finding(own: tuple[NetworkPolicy, ...]):
    assert not found(*own).findings


def test_a_policy_for_addresses_alone_may_be_meant():
    diagnosis = found(policy({"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}))
    assert not diagnosis.findings
    assert [one.code for one in diagnosis.suspicions] == ["DNS-07"]


def test_a_question_whose_name_is_closed():
    report = scenes.Report()
    closed = {"expectation": "deny", "decided_by": "NetworkPolicy shop/client"}
    scenes_dns.by_name(report, "dns_timeout", verdict="pass", **closed)
    document = {**report.document(), "run": {"options": {"from": "shop/client", "to": "web.shop"}}}
    seen = scenes_dns.snapshot(network_policies=(policy(TO_WEB),), namespaces=NAMESPACES)
    case = dataclasses.replace(scenes.case(seen), report=document)
    (finding,) = diagnose(case, (*policies.RULES, *dns_policies.RULES)).findings
    assert (finding.code, finding.severity, finding.explains) == ("DNS-07", "error", (1,))


def test_a_policy_of_the_dns_that_lets_nobody_ask():
    spec = {"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}, "policyTypes": ["Ingress"]}
    closed = NetworkPolicy("kube-system", "lockdown", spec)
    beyond = dataclasses.replace(scenes_dns.snapshot().beyond, network_policies=(closed,))
    (finding,) = found(beyond=beyond).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-07", "NetworkPolicy kube-system/lockdown", "spec.ingress"),
    )
    assert (finding.severity, finding.scope.affected) == ("critical", 3)
    assert finding.fix is not None
    assert '"path": "/spec/ingress"' in finding.fix.command
    some = NetworkPolicy("kube-system", "some", {**spec, "ingress": [{"from": [{"namespaceSelector": {}}]}]})
    assert not found(beyond=dataclasses.replace(beyond, network_policies=(some,))).findings
    few = NetworkPolicy("kube-system", "few", {**spec, "ingress": [{"from": [{"podSelector": {}}]}]})
    (finding,) = found(beyond=dataclasses.replace(beyond, network_policies=(few,))).findings
    assert '"path": "/spec/ingress/1"' in (finding.fix.undo if finding.fix else "")
