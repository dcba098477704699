# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about requests that the API server refuses: rights, versions, load, aggregated APIs, namespaces."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import control_plane_requests, pods
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import (
    FlowSchema,
    PriorityLevel,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import (
    ApiService,
    NamespaceDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition, ContainerDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import AccessBinding, LogTail

from .. import scenes
from ..scenes import TAKEN, WEB

CRASHED = ContainerDetail("web", state="waiting", reason="CrashLoopBackOff", last_exit_code=1, restarts=3)
FORBIDDEN = (
    'pods is forbidden: User "system:serviceaccount:shop:reader" cannot list resource "pods" in API group "" in the '
    'namespace "shop"'
)
NO_ROLE = FORBIDDEN + ': RBAC: role.rbac.authorization.k8s.io "pod-reader" not found'
BINDING = AccessBinding("RoleBinding", "reader", "shop", "Role/pod-reader", ("ServiceAccount shop/reader",))


def said(line: str, container: ContainerDetail = CRASHED, **more: t.Any) -> Diagnosis:
    """A Pod of the Service that crashes, and what its log says."""
    web = tuple(dataclasses.replace(one, ready=False) for one in WEB)
    logs = tuple(LogTail(one.namespace, one.name, "web", True, (line,)) for one in web)
    groups = more.pop("api_groups", {})
    known = scenes.workloads(*(scenes.detail(one, container) for one in web), logs=logs, server_time=TAKEN, **more)
    seen = scenes.snapshot(web, workloads=known, api_groups=groups)
    return diagnose(scenes.case(seen, scenes.broken_service()), (*control_plane_requests.RULES, *pods.RULES))


@pytest.mark.parametrize("escape", [lambda text: text, lambda text: text.replace('"', '\\"')])
def test_a_right_that_nobody_gave(escape: t.Callable[[str], str]):
    (finding,) = said(escape(FORBIDDEN)).findings
    assert (finding.code, str(finding.object), finding.explains) == ("CP-10", "ServiceAccount shop/reader", (1,))
    assert [child.code for child in finding.children] == ["POD-04"]
    assert finding.fix is not None
    assert finding.fix.command == (
        "kubectl -n shop create role reader-list-pods --verb=list --resource=pods && kubectl -n shop create "
        "rolebinding "
        "reader-list-pods --role=reader-list-pods --serviceaccount=shop:reader"
    )
    assert finding.fix.undo == "kubectl -n shop delete role/reader-list-pods rolebinding/reader-list-pods"


def test_a_role_that_does_not_exist():
    (finding,) = said(NO_ROLE, bindings=(BINDING,)).findings
    assert (finding.code, str(finding.object), finding.field) == ("CP-10", "RoleBinding shop/reader", "roleRef.name")
    assert finding.value == "pod-reader"


def test_a_role_that_does_not_exist_of_a_binding_that_was_not_read():
    (finding,) = said(NO_ROLE).findings
    assert str(finding.object) == "ServiceAccount shop/reader"
    assert "role pod-reader does not exist" in finding.sentence


def test_a_program_that_goes_on_without_the_right_is_well():
    running = ContainerDetail("web", state="running", ready=True)
    assert not [one for one in said(FORBIDDEN, running).findings if one.code == "CP-10"]


def test_a_version_that_is_not_served():
    line = 'error: no matches for kind "Ingress" in version "extensions/v1beta1"'
    (finding,) = said(line, api_groups={"extensions": []}).findings
    assert (finding.code, str(finding.object)) == ("CP-11", "Deployment shop/web")
    assert (finding.field, finding.value) == ("spec.template.spec.containers[0]", "extensions/v1beta1")
    assert [child.code for child in finding.children] == ["POD-04"]


def test_a_version_that_is_served_is_another_trouble():
    line = 'no matches for kind "Gateway" in version "gateway.networking.k8s.io/v1"'
    findings = said(line, api_groups={"gateway.networking.k8s.io": ["v1"]}).findings
    assert [finding.code for finding in findings] == ["POD-04"]


def test_requests_that_are_rejected():
    level = PriorityLevel("closed", "Limited", 0, "Reject", rejected=7)
    schema = FlowSchema("closed", "closed", 100, ("ServiceAccount shop/reader",))
    (finding,) = said("HTTP Error 429: Too Many Requests", priority_levels=(level,), flow_schemas=(schema,)).findings
    assert (finding.code, str(finding.object)) == ("CP-16", "PriorityLevelConfiguration closed")
    assert (finding.certainty, [child.code for child in finding.children]) == ("certain", ["POD-04"])


def test_requests_that_were_rejected_some_time_are_a_suspicion():
    known = scenes.workloads(priority_levels=(PriorityLevel("workload-low", "Limited", 100, "Queue", rejected=7),))
    diagnosis = diagnose(scenes.case(scenes.snapshot(workloads=known)), control_plane_requests.RULES)
    assert diagnosis.findings == ()
    assert [(one.code, one.severity) for one in diagnosis.suspicions] == [("CP-16", "info")]


@pytest.mark.parametrize(
    ("subject", "is_told"),
    [
        ("ServiceAccount shop/reader", True),
        ("Group system:serviceaccounts:shop", True),
        ("Group system:serviceaccounts", True),
        ("User system:serviceaccount:shop:reader", True),
        ("ServiceAccount bank/reader", False),
        ("Group system:serviceaccounts:bank", False),
        ("User system:serviceaccount:bank:reader", False),
        ("User system:kube-scheduler", True),
    ],
)
def test_a_closed_level_is_told_where_it_may_take_requests_of_what_was_selected(subject: str, is_told: bool):
    level = PriorityLevel("closed", "Limited", 0, "Reject", rejected=7)
    facts = {"priority_levels": (level,), "flow_schemas": (FlowSchema("closed", "closed", 100, (subject,)),)}
    seen = scenes.snapshot(workloads=scenes.workloads(**facts), selected=("shop",))
    found = diagnose(scenes.case(seen), control_plane_requests.RULES)
    assert [each.code for each in found.findings] == ["CP-16"] * is_told
    assert [each.code for each in found.suspicions] == ["CP-16"] * (not is_told)


def quiet(**more: t.Any) -> Diagnosis:
    known = scenes.workloads(server_time=TAKEN, **more)
    return diagnose(scenes.case(scenes.snapshot(workloads=known)), control_plane_requests.RULES)


def test_an_api_that_nobody_serves():
    gone = Condition("Available", "False", "ServiceNotFound", "service/metrics-server is not present")
    (finding,) = quiet(api_services=(ApiService("v1beta1.metrics.k8s.io", "shop/metrics", 443, (gone,)),)).findings
    assert (finding.code, str(finding.object)) == ("CP-09", "APIService v1beta1.metrics.k8s.io")
    assert (finding.field, finding.value) == ("spec.service.name", "shop/metrics")


def test_an_api_that_is_available():
    there = (Condition("Available", "True", "Passed"),)
    assert quiet(api_services=(ApiService("v1beta1.metrics.k8s.io", "shop/metrics", 443, there),)).findings == ()


def namespace(kind: str, deletion: str = "2026-12-01T03:00:00Z") -> NamespaceDetail:
    return NamespaceDetail("shop", deletion, ("kubernetes",), (Condition(kind, "True", message="some.finalizer"),))


def test_a_namespace_that_stays():
    (finding,) = quiet(namespace_details=(namespace("NamespaceFinalizersRemaining"),)).findings
    assert (finding.code, str(finding.object), finding.field) == ("CP-12", "Namespace shop", "status.conditions")


@pytest.mark.parametrize(
    "one", [namespace("NamespaceContentRemaining"), namespace("NamespaceFinalizersRemaining", TAKEN)]
)
def test_a_namespace_that_is_just_being_deleted(one: NamespaceDetail):
    assert quiet(namespace_details=(one,)).findings == ()


def test_a_namespace_that_stays_because_of_an_api():
    gone = Condition("Available", "False", "ServiceNotFound", "no service")
    api = ApiService("v1beta1.metrics.k8s.io", "shop/metrics", 443, (gone,))
    (finding,) = quiet(
        api_services=(api,), namespace_details=(namespace("NamespaceDeletionDiscoveryFailure"),)
    ).findings
    assert (finding.code, [child.code for child in finding.children]) == ("CP-09", ["CP-12"])
