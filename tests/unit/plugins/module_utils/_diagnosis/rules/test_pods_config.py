# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Pod needs before it starts: each rule fires on the words of the kubelet, does not fire, does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_config
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, Reference
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Keys

from .. import scenes
from ..scenes import WEB

PENDING = tuple(dataclasses.replace(one, phase="Pending", ready=False) for one in WEB)
PULLS = ContainerDetail("web", state="waiting", reason="ImagePullBackOff", image="registry.lab:5001/web:1")
PULL_SECRET = Reference("Secret", "login", optional=True, field="spec.imagePullSecrets[0]")
UNAUTHORIZED = (
    'Failed to pull image "registry.lab:5001/web:1": failed to authorize: failed to fetch anonymous token: '
    "401 Unauthorized"
)
T0 = "spec.template.spec."


def found(
    container: ContainerDetail | None = None, message: str = "", reason: str = "Failed", **more: t.Any
) -> Diagnosis:
    facts = {
        key: more.pop(key) for key in ("keys", "claims", "volumes", "storage_classes", "logs", "unknown") if key in more
    }
    own = [scenes.detail(one, container, **more.get("pod", {})) for one in PENDING]
    events = [scenes.event(one, reason, message) for one in PENDING] if message else []
    seen = scenes.snapshot(PENDING, workloads=scenes.workloads(*own, events=events, **facts))
    return diagnose(scenes.case(seen, scenes.broken_service()), pods_config.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert finding.explains == (1,)
    return finding


def test_no_pull_secret_is_named():
    finding = only(found(PULLS, UNAUTHORIZED))
    assert (finding.code, finding.field, finding.value) == ("POD-02", f"{T0}imagePullSecrets", "")
    assert "registry.lab:5001" in finding.sentence


def test_the_pull_secret_does_not_exist():
    finding = only(found(PULLS, UNAUTHORIZED, pod={"references": (PULL_SECRET,)}))
    assert (finding.code, finding.field, finding.value) == ("POD-02", f"{T0}imagePullSecrets[0].name", "login")


def test_the_only_login_of_the_namespace_is_the_fix():
    keys = (
        Keys("Secret", "shop", "registry", "kubernetes.io/dockerconfigjson"),
        Keys("Secret", "shop", "other", "Opaque"),
        Keys("Secret", "other", "registry-2", "kubernetes.io/dockerconfigjson"),
    )
    fix = only(found(PULLS, UNAUTHORIZED, keys=keys)).fix
    assert fix is not None
    assert '"path": "/spec/template/spec/imagePullSecrets", "value": [{"name": "registry"}]' in fix.command
    fix = only(found(PULLS, UNAUTHORIZED, pod={"references": (PULL_SECRET,)}, keys=keys)).fix
    assert fix is not None
    assert '"path": "/spec/template/spec/imagePullSecrets/0/name", "value": "registry"' in fix.command


@pytest.mark.parametrize(
    ("kind", "field"), [("Opaque", "type"), ("kubernetes.io/dockerconfigjson", "data[.dockerconfigjson]")]
)
def test_the_pull_secret_is_of_no_use(kind: str, field: str):
    keys = (Keys("Secret", "shop", "login", kind),)
    finding = only(found(PULLS, UNAUTHORIZED, pod={"references": (PULL_SECRET,)}, keys=keys))
    assert (finding.code, str(finding.object), finding.field) == ("POD-02", "Secret shop/login", field)


@pytest.mark.parametrize(
    "said",
    [
        "dial tcp: lookup registry.nosuch on 10.0.0.2:53: no such host",
        "dial tcp 10.0.0.9:5000: connect: connection refused",
        "dial tcp 10.0.0.9:5000: i/o timeout",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    ],
)
def test_the_node_does_not_reach_the_registry(said: str):
    finding = only(found(PULLS, f'Failed to pull image "registry.lab:5001/web:1": failed to do request: {said}'))
    assert (finding.code, finding.field) == ("POD-03", f"{T0}containers[0].image")


def test_an_image_that_does_not_exist_is_another_rule():
    assert not found(PULLS, "registry.lab:5001/web:1: not found").findings


@pytest.mark.parametrize(
    ("reference", "message", "field", "value"),
    [
        (
            Reference("ConfigMap", "app", field="spec.containers[0].envFrom[0].configMapRef"),
            'Error: configmap "app" not found',
            "containers[0].envFrom[0].configMapRef.name",
            "app",
        ),
        (
            Reference("Secret", "app", "tokn", field="spec.containers[0].env[0].valueFrom.secretKeyRef"),
            "Error: couldn't find key tokn in Secret shop/app",
            "containers[0].env[0].valueFrom.secretKeyRef.key",
            "tokn",
        ),
        (
            Reference("Secret", "app", "token", field="spec.containers[0].env[0].valueFrom.secretKeyRef"),
            'Error: secret "app" not found',
            "containers[0].env[0].valueFrom.secretKeyRef.name",
            "app",
        ),
        (
            Reference("Secret", "app", field="spec.volumes[0].secret"),
            'MountVolume.SetUp failed for volume "v" : secret "app" not found',
            "volumes[0].secret.secretName",
            "app",
        ),
        (
            Reference("ConfigMap", "app", "nosuch.conf", field="spec.volumes[0].configMap.items[0]"),
            'MountVolume.SetUp failed for volume "v" : references non-existent config key: nosuch.conf',
            "volumes[0].configMap.items[0].key",
            "nosuch.conf",
        ),
    ],
    ids=["configMapRef", "key", "secretKeyRef", "volume", "item"],
)
def test_what_a_pod_refers_to_is_not_there(reference: Reference, message: str, field: str, value: str):
    reason = "FailedMount" if "MountVolume" in message else "Failed"
    finding = only(found(ContainerDetail("web", state="waiting"), message, reason, pod={"references": (reference,)}))
    assert (finding.code, finding.field, finding.value) == ("POD-09", f"{T0}{field}", value)
    assert finding.evidence[0].says == message


def test_what_has_been_made_since_is_no_finding():
    reference = Reference("Secret", "app", field="spec.volumes[0].secret")
    made = (Keys("Secret", "shop", "app"),)
    waiting = ContainerDetail("web", state="waiting")
    assert not found(
        waiting, 'secret "app" not found', "FailedMount", pod={"references": (reference,)}, keys=made
    ).findings


def test_the_nearest_name_is_told():
    reference = Reference("ConfigMap", "settigns", field="spec.volumes[0].configMap")
    finding = only(
        found(
            ContainerDetail("web", state="waiting"),
            'configmap "settigns" not found',
            "FailedMount",
            pod={"references": (reference,)},
            keys=(Keys("ConfigMap", "shop", "settings"),),
        )
    )
    assert finding.wanted == "settings"
