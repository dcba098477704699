# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of the API server, as Kubernetes 1.36 on the lab and OpenShift word them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.refusal import read
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._debug.refusals import (
    FORBIDDEN,
    HOST,
    LIMITS,
    RESTRICTED,
    SCC,
    refused,
)

CASES = [
    # words, kind, in the remedy, (field, rule) of each violation
    (
        'pods is forbidden: User "system:serviceaccount:shop:default" cannot create resource "pods" in API group "" in '
        'the namespace "shop"',
        "rbac",
        'a Role in namespace shop with - {apiGroups: [""], resources: ["pods"], verbs: ["create"]}',
        [("pods", "create pods")],
    ),
    (
        'pods "web-1" is forbidden: User "eve" cannot patch resource "pods/ephemeralcontainers" in API group "" in the '
        'namespace "shop"',
        "rbac",
        '["pods/ephemeralcontainers"], verbs: ["patch"]} (the built-in roles edit and admin lack it)',
        [("pods/ephemeralcontainers", "patch pods/ephemeralcontainers")],
    ),
    (
        'nodes is forbidden: User "eve" cannot list resource "nodes" in API group "" at the cluster scope',
        "rbac",
        "a ClusterRole with",
        [("nodes", "list nodes")],
    ),
    (
        FORBIDDEN + RESTRICTED,
        "pod_security",
        "use O(profile): restricted and an image whose user is not root, or run it in a namespace",
        [
            ("securityContext.allowPrivilegeEscalation", "restricted:v1.30"),
            ("securityContext.capabilities", "restricted:v1.30"),
            ("securityContext.runAsNonRoot", "restricted:v1.30"),
            ("securityContext.seccompProfile", "restricted:v1.30"),
        ],
    ),
    (
        FORBIDDEN + HOST,
        "pod_security",
        "use O(profile): baseline without spec.hostNetwork, spec.hostPID, spec.volumes, or run",
        [
            ("securityContext.capabilities", "baseline:latest"),
            ("spec.hostNetwork", "baseline:latest"),
            ("spec.hostPID", "baseline:latest"),
            ("spec.volumes", "baseline:latest"),
        ],
    ),
    (
        FORBIDDEN + SCC,
        "pod_security",
        "oc adm policy add-scc-to-user privileged -z SERVICE_ACCOUNT -n shop",
        [
            ("", "anyuid"),
            ("spec.securityContext.hostNetwork", "restricted-v2"),
            ("containers[0].privileged", "restricted-v2"),
        ],
    ),
    (
        FORBIDDEN + "failed quota: small: must specify limits.cpu for: debug; limits.memory for: debug",
        "quota",
        "set resources: the quota small requires limits.cpu, limits.memory",
        [("resources.limits.cpu", "small"), ("resources.limits.memory", "small")],
    ),
    (
        FORBIDDEN + "failed quota: small: must specify limits.cpu,memory",
        "quota",
        "requires limits.cpu, memory",
        [("resources.limits.cpu", "small"), ("resources.requests.memory", "small")],
    ),
    (
        FORBIDDEN + "exceeded quota: small, requested: limits.cpu=200m, used: limits.cpu=0, limited: limits.cpu=100m",
        "quota",
        "set smaller resources, free or raise limits.cpu of the quota small",
        [("resources.limits.cpu", "small")],
    ),
    (
        FORBIDDEN + "exceeded quota: few, requested: pods=1, used: pods=0, limited: pods=0",
        "quota",
        "free or raise pods of the quota few, or use another namespace",
        [("", "few")],
    ),
    (
        FORBIDDEN + LIMITS,
        "limit_range",
        "set resources: requests.memory at least 32Mi, limits.cpu at most 100m, limits.cpu at most 2 times its request",
        [
            ("resources.requests.memory", "LimitRange, Container"),
            ("resources.limits.cpu", "LimitRange, Container"),
            ("resources.limits.cpu", "LimitRange, Container"),
        ],
    ),
    (
        FORBIDDEN + "minimum memory usage per Pod is 32Mi.  No request is specified",
        "limit_range",
        "requests.memory at least 32Mi",
        [("resources.requests.memory", "LimitRange, Pod")],
    ),
    (
        'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/shop/debug was blocked',
        "webhook",
        "change what the webhook validate.kyverno.svc-fail rejects",
        [("", "validate.kyverno.svc-fail")],
    ),
    (
        'Internal error occurred: failed calling webhook "pods.nowhere.example": failed to call webhook: Post '
        '"https://127.0.0.1:9/?timeout=2s": dial tcp 127.0.0.1:9: connect: connection refused',
        "webhook",
        "exclude the namespace shop in its namespaceSelector",
        [("", "pods.nowhere.example")],
    ),
    (
        'admission webhook "audit.example" does not support dry run',
        "webhook",
        "set sideEffects to None",
        [("", "audit.example")],
    ),
    (
        FORBIDDEN + "ValidatingAdmissionPolicy 'no-debug' with binding 'no-debug' denied request: not {here}",
        "webhook",
        "ValidatingAdmissionPolicy no-debug",
        [("", "no-debug")],
    ),
    (
        'Pod "etcd-cp" is invalid: []: Forbidden: static pods do not support ephemeral containers',
        "static_pod",
        "use the node level",
        [("spec.ephemeralContainers", "static Pod")],
    ),
    (
        'Pod "web" is invalid: spec.ephemeralContainers[0].securityContext: Forbidden: cannot be set for an Ephemeral '
        "Container",
        "validation",
        "use O(profile): baseline",
        [("spec.ephemeralContainers.securityContext", "ephemeral container")],
    ),
    (
        FORBIDDEN + 'error looking up service account shop/nobody: serviceaccount "nobody" not found',
        "service_account",
        "kubectl create serviceaccount nobody -n shop",
        [("spec.serviceAccountName", "nobody")],
    ),
    (
        FORBIDDEN + "no PriorityClass with name high was found",
        "validation",
        "priorityClassName",
        [("spec.priorityClassName", "high")],
    ),
    (
        FORBIDDEN + 'pod rejected: RuntimeClass "gvisor" not found',
        "validation",
        "runtimeClassName",
        [("spec.runtimeClassName", "gvisor")],
    ),
    (
        FORBIDDEN + "unable to create new content in namespace shop because it is being terminated",
        "no_such_namespace",
        "the namespace shop is being deleted",
        [("metadata.namespace", "shop")],
    ),
]


@pytest.mark.parametrize(("message", "kind", "remedy", "violations"), CASES, ids=lambda value: str(value)[:40])
def test_words(message: str, kind: str, remedy: str, violations: list[tuple[str, str]]) -> None:
    refusal = refused(message)
    assert refusal.kind == kind
    assert remedy in refusal.remedy
    assert [(violation.field, violation.rule) for violation in refusal.violations] == violations
    assert refusal.message == message
    assert all(violation.message for violation in refusal.violations)


def test_each_violation_has_the_servers_words_for_it() -> None:
    assert [violation.message for violation in refused(FORBIDDEN + LIMITS).violations] == [
        "minimum memory usage per Container is 32Mi, but request is 1Mi",
        "maximum cpu usage per Container is 100m, but limit is 200m",
        "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000",
    ]
    assert refused(CASES[8][0]).violations[0].message == "limits.cpu: requested 200m, used 0, limited to 100m"
    assert refused(FORBIDDEN + HOST).violations[2].message == "host namespaces (hostPID=true)"
    assert refused(CASES[15][0]).violations[0].message == "not {here}"


STATUSES = [
    (404, "namespaces", "nowhere", "", "no_such_namespace"),
    (404, "pods", "web-1", "", "no_such_pod"),
    (404, "", "", "the server could not find the requested resource", "feature_off"),
    (409, "pods", "debug", 'pods "debug" already exists', "conflict"),
    (400, "", "", "the namespace of the provided object does not match the namespace sent on the request", "other"),
]


@pytest.mark.parametrize(("status", "kind", "name", "message", "want"), STATUSES, ids=[case[4] for case in STATUSES])
def test_without_words_the_status_speaks(status: int, kind: str, name: str, message: str, want: str) -> None:
    refusal = refused(message or f'{kind} "{name}" not found', status, kind=kind, name=name)
    assert refusal.kind == want
    assert name in refusal.remedy or want == "conflict"


def test_validation_names_each_field() -> None:
    cause = {"reason": "FieldValueForbidden", "message": "Forbidden: cannot be set for an Ephemeral Container"}
    causes = [{**cause, "field": f"spec.ephemeralContainers[0].{name}"} for name in ("ports", "resources")]
    refusal = refused('Pod "web-1" is invalid: [...]', 422, name="web-1", kind="Pod", causes=causes)
    assert refusal.kind == "validation"
    assert refusal.remedy == "change spec.ephemeralContainers[0].ports, spec.ephemeralContainers[0].resources"
    assert refusal.violations[1].to_dict() == {
        "field": "spec.ephemeralContainers[0].resources",
        "rule": "FieldValueForbidden",
        "message": cause["message"],
    }


def test_an_answer_that_is_no_status_is_read_too() -> None:
    error = ClusterError("refused", "cannot create Pod: 418 teapot", "", 418)
    assert read(error, "Pod shop/debug").to_dict() == {
        "kind": "other",
        "object": "Pod shop/debug",
        "message": "cannot create Pod: 418 teapot",
    }
