# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about Pods that the API server refuses: each fires on its own words, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_admission, pods_quotas
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Webhook
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FoldedEvent, Owner

from .. import scenes
from ..scenes import DEPLOYMENT, REPLICA_SET

QUOTA = 'pods "web-b975c9b8d-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'
RESTRICTED = (
    'pods "web-b975c9b8d-x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (pod or container '
    '"web" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)
ACCOUNT = (
    'pods "web-b975c9b8d-" is forbidden: error looking up service account shop/nosuch: '
    'serviceaccount "nosuch" not found'
)
RULES = (*pods_quotas.RULES, *pods_admission.RULES)


def found(message: str, **more: t.Any) -> Diagnosis:
    """A Deployment whose ReplicaSet has no Pod."""
    failed = (Condition("ReplicaFailure", "True", "FailedCreate", message),) if message else ()
    owners = (DEPLOYMENT, dataclasses.replace(REPLICA_SET, desired=2, current=0, conditions=failed))
    seen = scenes.snapshot((), workloads=scenes.workloads(owners=owners, **more))
    return diagnose(scenes.case(seen, scenes.broken_service()), RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert finding.explains == (1,)
    assert (finding.scope.affected, finding.scope.of) == (2, 2)
    return finding


def _fix(what: str, *inits: str) -> str:
    owner = dataclasses.replace(DEPLOYMENT, template_init_containers=inits)
    owner = dataclasses.replace(owner, template_images={"web": "web:1", **dict.fromkeys(inits, "wait:1")})
    said = f'pods "x" is forbidden: violates PodSecurity "restricted:latest": {what}'
    failed = (Condition("ReplicaFailure", "True", "FailedCreate", said),)
    owners = (owner, dataclasses.replace(REPLICA_SET, desired=2, current=0, conditions=failed))
    seen = scenes.snapshot((), workloads=scenes.workloads(owners=owners))
    fix = only(diagnose(scenes.case(seen, scenes.broken_service()), RULES)).fix
    return fix.command if fix else ""


def test_what_no_security_context_mends_has_no_command():
    profile = "seccompProfile (pod or container must set it)"
    assert _fix(profile)
    assert not _fix('restricted volume types (volume "h" uses restricted volume type "hostPath")')
    assert not _fix(f"host namespaces (hostNetwork=true, hostPID=true), {profile}")


def test_init_containers_are_patched_where_they_are():
    command = _fix("allowPrivilegeEscalation != false (containers must set it)", "wait")
    assert '"initContainers": [{"name": "wait", ' in command
    assert '"containers": [{"name": "web", ' in command


ROOT = 'container has runAsNonRoot and image will run as root (pod: "web-x_shop(1)", container: web)'
NAMED = 'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "web-x")'
BREAKS = "container's runAsUser breaks non-root policy (pod: web-x, container: web)"


@pytest.mark.parametrize(
    ("message", "container", "pod", "field"),
    [
        (ROOT, {"run_as_non_root": True}, {}, "containers[0].securityContext.runAsNonRoot"),
        (ROOT, {}, {"run_as_non_root": True}, "securityContext.runAsNonRoot"),
        (NAMED, {"run_as_non_root": True}, {}, "containers[0].securityContext.runAsNonRoot"),
        (BREAKS, {"run_as_non_root": True, "run_as_user": 0}, {}, "containers[0].securityContext.runAsUser"),
    ],
)
def test_the_kubelet_starts_no_container_as_root(message: str, container: t.Any, pod: t.Any, field: str):
    there = tuple(dataclasses.replace(one, phase="Pending", ready=False) for one in scenes.WEB)
    one = ContainerDetail("web", state="waiting", reason="CreateContainerConfigError", message=message, **container)
    seen = scenes.snapshot(there, workloads=scenes.workloads(*(scenes.detail(each, one, **pod) for each in there)))
    finding = only(diagnose(scenes.case(seen, scenes.broken_service()), RULES))
    assert (finding.code, finding.field) == ("POD-18", f"spec.template.spec.{field}")
    assert finding.fix is not None
    assert '"securityContext": {"runAsUser": 65532}' in finding.fix.command


def test_a_job_is_known_by_its_event_alone():
    event = FoldedEvent("Job", "shop", "import", "FailedCreate", QUOTA, last=scenes.TAKEN)
    seen = scenes.snapshot(workloads=scenes.workloads(events=(event,)))
    (finding,) = diagnose(scenes.case(seen), RULES).findings
    assert (str(finding.object), [str(each) for each in finding.victims]) == (
        "ResourceQuota shop/small",
        ["Job shop/import"],
    )


def test_a_standard_that_the_pods_do_not_meet():
    finding = only(found(RESTRICTED))
    assert (finding.code, finding.field) == ("POD-18", "spec.template.spec.securityContext.seccompProfile")
    assert finding.fix is not None
    assert "--type=strategic" in finding.fix.command
    assert finding.fix.undo == "kubectl -n shop rollout undo deployment/web"


def test_an_admission_policy():
    said = "ValidatingAdmissionPolicy 'no-latest' with binding 'no-latest-shop' denied request: images need a tag"
    finding = only(found(f'pods "w" is forbidden: {said}'))
    assert (finding.code, str(finding.object)) == ("POD-18", "ValidatingAdmissionPolicy no-latest")
    assert finding.value == "images need a tag"


def test_a_webhook():
    hook = Webhook("ValidatingWebhookConfiguration", "gate", "pods.example.com", 1)
    finding = only(found('admission webhook "pods.example.com" denied the request: no', webhooks=(hook,)))
    assert (str(finding.object), finding.field) == ("ValidatingWebhookConfiguration gate", "webhooks[1]")


def test_a_service_account_that_does_not_exist():
    finding = only(found(ACCOUNT))
    assert (finding.code, finding.field) == ("POD-19", "spec.template.spec.serviceAccountName")
    assert finding.fix is not None
    # The controller would try again after up to 1,000 s.
    restart = "kubectl -n shop rollout restart deployment/web"
    assert finding.fix.command == f"kubectl -n shop create serviceaccount nosuch && {restart}"
    assert finding.fix.undo == "kubectl -n shop delete serviceaccount nosuch"
    assert finding.fix.needs == "create serviceaccounts in namespace shop, patch deployments in namespace shop"


def test_a_stateful_set_tells_by_an_event():
    owner = Owner("StatefulSet", "shop", "db", desired=1, template_labels={"app": "web"})
    event = FoldedEvent("StatefulSet", "shop", "db", "FailedCreate", f"create Pod db-0 failed error: {ACCOUNT}")
    workloads = scenes.workloads(owners=(owner,), events=(event,))
    seen = scenes.snapshot((), workloads=workloads)
    (finding,) = diagnose(scenes.case(seen), RULES).findings
    assert (finding.code, str(finding.object)) == ("POD-19", "StatefulSet shop/db")
    assert finding.evidence[0].kind == "event"


@pytest.mark.parametrize("message", ["", 'Internal error occurred: failed calling webhook "x": connection refused'])
def test_other_reasons_are_those_of_other_rules(message: str):
    assert not found(message).findings


def test_a_workload_that_has_its_pods_again_is_well():
    owners = (DEPLOYMENT, dataclasses.replace(REPLICA_SET, desired=2, current=2))
    event = FoldedEvent("ReplicaSet", "shop", REPLICA_SET.name, "FailedCreate", QUOTA)
    seen = scenes.snapshot(workloads=scenes.workloads(owners=owners, events=(event,)))
    assert not diagnose(scenes.case(seen), RULES).findings
