# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every object that a Pod names, with the field that it stands in."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.references import of_pod, volume_claims

SPEC: dict[str, t.Any] = {
    "containers": [
        {
            "name": "web",
            "env": [
                {"name": "A", "value": "x"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "c", "optional": True}}},
            ],
            "envFrom": [{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "more", "optional": True}}],
        }
    ],
    "initContainers": [{"name": "wait", "envFrom": [{"secretRef": {"name": "early"}}]}],
    "volumes": [
        {"name": "a", "configMap": {"name": "files", "items": [{"key": "one"}, {"key": "two"}]}},
        {"name": "b", "secret": {"secretName": "tls"}},
        {"name": "c", "projected": {"sources": [{"serviceAccountToken": {}}, {"secret": {"name": "part"}}]}},
        {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "e", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "node"}}},
        {"name": "f", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
    ],
    "imagePullSecrets": [{"name": "registry"}, {}],
}


def test_every_reference_of_a_pod() -> None:
    found = [(each.kind, each.name, each.key, each.optional, each.field) for each in of_pod(SPEC)]
    web = "spec.containers[0]"
    assert found == [
        ("Secret", "db", "password", False, f"{web}.env[1].valueFrom.secretKeyRef"),
        ("ConfigMap", "conf", "c", True, f"{web}.env[2].valueFrom.configMapKeyRef"),
        ("ConfigMap", "all", "", False, f"{web}.envFrom[0].configMapRef"),
        ("Secret", "more", "", True, f"{web}.envFrom[1].secretRef"),
        ("Secret", "early", "", False, "spec.initContainers[0].envFrom[0].secretRef"),
        ("ConfigMap", "files", "one", False, "spec.volumes[0].configMap.items[0]"),
        ("ConfigMap", "files", "two", False, "spec.volumes[0].configMap.items[1]"),
        ("Secret", "tls", "", False, "spec.volumes[1].secret"),
        ("Secret", "part", "", False, "spec.volumes[2].projected.sources[1].secret"),
        ("PersistentVolumeClaim", "data", "", False, "spec.volumes[3].persistentVolumeClaim"),
        ("Secret", "node", "", False, "spec.volumes[4].csi.nodePublishSecretRef"),
        ("Secret", "registry", "", True, "spec.imagePullSecrets[0]"),
    ]


def test_claims_of_a_pod_and_those_that_are_made_for_it() -> None:
    assert volume_claims("web-0", SPEC) == ("data", "web-0-f")
    assert volume_claims("web-0", {}) == ()
