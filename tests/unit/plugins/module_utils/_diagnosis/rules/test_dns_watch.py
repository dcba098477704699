# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS-10: CoreDNS does not see the objects that it makes names of."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    control_plane_trust,
    dns,
    dns_watch,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    ApiEndpoint,
    Namespace,
    NetworkPolicy,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import Component
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    AccessBinding,
    AccessRules,
)

from .. import scenes, scenes_dns
from ..scenes_dns import PODS

FORBIDDEN = (
    "[ERROR] plugin/kubernetes: Failed to watch: failed to list *v1.EndpointSlice: endpointslices.discovery.k8s.io is "
    'forbidden: User "system:serviceaccount:kube-system:coredns" cannot list resource "endpointslices" in API group '
    '"discovery.k8s.io" at the cluster scope'
)
NO_API = (
    "[ERROR] plugin/kubernetes: pkg/mod/k8s.io/client-go/tools/cache/reflector.go:243: Failed to watch *v1.Service: "
    'failed to list *v1.Service: Get "https://10.96.0.1:443/api/v1/services?limit=500": dial tcp 10.96.0.1:443: '
    "i/o timeout"
)
ROLE = AccessRules("ClusterRole", "system:coredns", rules=({"verbs": ["list", "watch"], "resources": ["services"]},))
BINDING = AccessBinding(
    "ClusterRoleBinding",
    "system:coredns",
    role="ClusterRole/system:coredns",
    subjects=("ServiceAccount kube-system/coredns",),
)
WAITING = tuple(dataclasses.replace(pod, ready=False) for pod in PODS)


def found(line: str, workloads: dict[str, t.Any] | None = None, **more: t.Any) -> Diagnosis:
    report = scenes.Report()
    scenes_dns.lookup(report, "dns_servfail")
    logs = [scenes_dns.log(WAITING[0], line)]
    seen = scenes_dns.snapshot(pods=WAITING, logs=logs, workloads=workloads or {}, **more)
    return diagnose(scenes.case(seen, report), (*dns.RULES, *dns_watch.RULES))


def test_a_role_without_the_rule():
    (finding,) = found(FORBIDDEN, {"roles": (ROLE,), "bindings": (BINDING,)}).findings
    assert (finding.code, str(finding.object), finding.field) == ("DNS-10", "ClusterRole system:coredns", "rules")
    assert (finding.certainty, finding.wanted) == ("certain", "list and watch endpointslices.discovery.k8s.io")
    assert [child.code for child in finding.children] == ["DNS-01"]
    assert finding.fix is not None
    assert '"resources": ["endpointslices"]' in finding.fix.command
    assert '"path": "/rules/1"' in finding.fix.undo


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        ({"verbs": ["list", "watch"], "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"]}, False),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, False),
        ({"verbs": ["get"], "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"]}, True),
        ({"verbs": ["list"], "apiGroups": [""], "resources": ["endpointslices"]}, True),
        (
            {"verbs": ["list"], "apiGroups": ["*"], "resources": ["endpointslices"], "resourceNames": ["web"]},
            True,
        ),
    ],
)
def test_what_a_role_allows_again_was_refused_by_an_api_server_that_had_just_started(rule: t.Any, is_told: bool):
    role = dataclasses.replace(ROLE, rules=(*ROLE.rules, rule))
    codes = [each.code for each in found(FORBIDDEN, {"roles": (role,), "bindings": (BINDING,)}).findings]
    assert ("DNS-10" in codes) is is_told


def test_a_role_that_is_gone_and_one_that_is_not_bound():
    (gone,) = found(FORBIDDEN, {"bindings": (BINDING,)}).findings
    assert "does not exist" in gone.sentence
    (unbound,) = found(FORBIDDEN, {"roles": (ROLE,)}).findings
    assert (str(unbound.object), unbound.field) == ("ClusterRoleBinding system:coredns", "subjects")
    assert unbound.fix is not None
    assert "--serviceaccount=kube-system:coredns" in unbound.fix.command


def test_a_role_that_may_not_be_read_is_told_by_its_usual_name():
    (finding,) = found(FORBIDDEN, {"unknown": {"dns_access": "forbidden"}}).findings
    assert (str(finding.object), finding.certainty) == ("ClusterRole system:coredns", "strong")


def test_an_api_server_that_does_not_answer():
    (finding,) = found(NO_API).findings
    assert (finding.code, str(finding.object), finding.value) == (
        *("DNS-10", "Deployment kube-system/coredns", "i/o timeout"),
    )
    assert finding.certainty == "strong"


def test_an_api_server_that_advertises_a_wrong_address_is_the_cause():
    server = Component("kube-apiserver", "kube-system", "kube-apiserver-cp", "cp", ("198.18.0.2",), True)
    seen = scenes_dns.snapshot(
        pods=WAITING,
        logs=[scenes_dns.log(WAITING[0], NO_API)],
        workloads={"control_plane": (server,)},
        api_endpoints=(ApiEndpoint("198.18.0.99", 6443),),
    )
    report = scenes.Report()
    scenes_dns.lookup(report, "dns_servfail")
    report.ask({"id": "apiserver", "kind": "apiserver", "name": "kubernetes", "port": 443}, "timeout")
    (finding,) = diagnose(scenes.case(seen, report), (*dns_watch.RULES, *control_plane_trust.RULES)).findings
    assert (finding.code, [child.code for child in finding.children]) == ("CP-04", ["DNS-10"])


def test_a_policy_that_closes_the_api_server():
    policy = NetworkPolicy("kube-system", "lockdown", {"podSelector": {}, "policyTypes": ["Egress"]})
    beyond = dataclasses.replace(scenes_dns.snapshot().beyond, network_policies=(policy,))
    (finding,) = found(
        NO_API,
        beyond=beyond,
        namespaces=(Namespace("shop", "Active"), Namespace("kube-system", "Active")),
        api_endpoints=(ApiEndpoint("198.18.0.2", 6443),),
    ).findings
    assert (str(finding.object), finding.field) == ("NetworkPolicy kube-system/lockdown", "spec.egress")


def test_names_that_it_answers_rule_it_out():
    report = scenes.Report()
    scenes_dns.lookup(report)
    seen = scenes_dns.snapshot(logs=[scenes_dns.log(PODS[0], FORBIDDEN, times=[scenes.TAKEN])])
    diagnosis = diagnose(scenes.case(seen, report), dns_watch.RULES)
    assert not diagnosis.findings
    assert [one.code for one in diagnosis.ruled_out] == ["DNS-10"]
