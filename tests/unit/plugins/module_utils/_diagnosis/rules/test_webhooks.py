# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about webhooks: what the API server says of them, in events and in its log."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import webhooks
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import Component
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Webhook
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes
from ..scenes import DEPLOYMENT, REPLICA_SET

PODS = ({"operations": ["CREATE"], "resources": ["pods"]},)
HOOK = Webhook("ValidatingWebhookConfiguration", "checker", "a.lab", 1, "Fail", 5, "shop/checker", rules=PODS)
SLOW = [
    Webhook("MutatingWebhookConfiguration", name, f"{name}.lab", 0, "Ignore", seconds, "shop/none", rules=PODS)
    for name, seconds in (("one", 15), ("two", 20))
]
SERVER = Component("kube-apiserver", "kube-system", "kube-apiserver-cp", "cp", ready=True)
SUM = "Timeout: request did not complete within requested timeout - context deadline exceeded"


def found(
    message: str = "", hooks: t.Sequence[Webhook] = (HOOK,), lines: t.Sequence[str] = (), **more: t.Any
) -> Diagnosis:
    failed = (Condition("ReplicaFailure", "True", "FailedCreate", message),) if message else ()
    owners = (DEPLOYMENT, dataclasses.replace(REPLICA_SET, desired=2, current=0, conditions=failed))
    logs = (LogTail(SERVER.namespace, SERVER.pod, SERVER.name, lines=tuple(lines)),)
    known = scenes.workloads(owners=owners, webhooks=tuple(hooks), control_plane=(SERVER,), logs=logs, **more)
    seen = scenes.snapshot((), workloads=known, selected=("shop",))
    return diagnose(scenes.case(seen, scenes.broken_service()), webhooks.RULES)


@pytest.mark.parametrize(
    ("why", "part"),
    [
        (
            'failed to call webhook: Post "https://checker.shop.svc:443/": service "checker" not found',
            "clientConfig.service.name",
        ),
        ('Post "https://checker.shop.svc:443/": no endpoints available for service "checker"', "clientConfig.service"),
        (
            'Post "https://checker.shop.svc:443/": dial tcp 10.96.0.9:443: connect: connection refused',
            "clientConfig.service",
        ),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "clientConfig.caBundle"),
        ("Post ...: context deadline exceeded", "timeoutSeconds"),
        ("an error on the server has prevented the request from succeeding", "clientConfig"),
    ],
)
def test_a_webhook_that_must_agree(why: str, part: str):
    (finding,) = found(f'Internal error occurred: failed calling webhook "a.lab": {why}').findings
    assert (finding.code, str(finding.object)) == ("CP-08", "ValidatingWebhookConfiguration checker")
    assert (finding.field, finding.explains) == (f"webhooks[1].{part}", (1,))
    assert finding.fix is not None
    assert '"path": "/webhooks/1/failurePolicy", "value": "Ignore"' in finding.fix.command
    assert finding.fix.command.endswith(" && kubectl -n shop rollout restart deployment/web")
    assert '"value": "Fail"' in finding.fix.undo


def test_a_webhook_that_is_not_known():
    (finding,) = found('failed calling webhook "other.lab": refused').findings
    assert (finding.code, str(finding.object)) == ("CP-08", "Deployment shop/web")


def test_timeouts_that_add_up():
    (finding,) = found(SUM, SLOW).findings
    assert (finding.code, str(finding.object)) == ("CP-14", "MutatingWebhookConfiguration two")
    assert (finding.field, finding.value) == ("webhooks[0].timeoutSeconds", "20")
    assert "add up to 35 s" in finding.sentence


def test_all_webhooks_of_one_object_wait_less():
    hooks = [dataclasses.replace(hook, configuration="two", index=place) for place, hook in enumerate(SLOW)]
    (finding,) = found(SUM, hooks).findings
    assert finding.fix is not None
    for place, hook in enumerate(hooks):
        path = f'"path": "/webhooks/{place}/timeoutSeconds", "value": '
        assert f"{path}3" in finding.fix.command
        assert f"{path}{hook.timeout_seconds}" in finding.fix.undo


def test_webhooks_that_take_too_long_together_are_told_once():
    lines = [f"Failed calling webhook, failing open {hook.name}: context deadline exceeded" for hook in SLOW]
    assert [one.code for one in found(SUM, SLOW, lines).findings] == ["CP-14"]


def test_timeouts_that_do_not_add_up_to_a_request():
    assert found(SUM, SLOW[:1]).findings == ()


def test_a_webhook_that_is_skipped():
    hook = dataclasses.replace(HOOK, failure_policy="Ignore")
    line = (
        'W1201 admission] Failed calling webhook, failing open a.lab: failed calling webhook "a.lab": tls: failed '
        "to verify certificate: x509: certificate signed by unknown authority"
    )
    (finding,) = found(hooks=[hook], lines=[line, line]).findings
    assert (finding.code, finding.field, finding.severity) == ("CP-15", "webhooks[1].clientConfig.caBundle", "warning")
    assert "2 lines" in finding.evidence[0].about


@pytest.mark.parametrize(
    ("policy", "service", "is_told"),
    [("Ignore", "shop/hook", True), ("Ignore", "bank/hook", False), ("Fail", "shop/hook", False)],
)
def test_a_line_about_a_webhook_of_the_same_name_in_another_configuration(policy: str, service: str, is_told: bool):
    hook = dataclasses.replace(HOOK, failure_policy=policy, service=service)
    line = 'failing open a.lab: failed calling webhook "a.lab": Post "https://hook.shop.svc:443/check": x509: no'
    assert [one.code for one in found(hooks=[hook], lines=[line]).findings] == ["CP-15"] * is_told


def test_a_webhook_of_other_namespaces_is_their_affair():
    other = {"matchLabels": {"kubernetes.io/metadata.name": "other"}}
    hook = dataclasses.replace(HOOK, failure_policy="Ignore", namespace_selector=other)
    assert found(hooks=[hook], lines=["failing open a.lab: x509: no"]).findings == ()


def test_a_log_that_may_not_be_read_is_unknown():
    assert [one.code for one in found(unknown={"component_logs": "no right"}).unknown_rules] == ["CP-15"]
