# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells of the control plane, as a cluster says it."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_control_plane
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject


def test_a_node() -> None:
    condition = {"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure", "message": "full"}
    item = {
        "metadata": {"name": "w1"},
        "spec": {"unschedulable": True},
        "status": {"conditions": [condition], "allocatable": {"cpu": "2", "pods": 110}},
    }
    found = parse_control_plane.node_detail(item)
    assert (found.name, found.unschedulable) == ("w1", True)
    assert found.allocatable == {"cpu": "2", "pods": "110"}
    assert (found.conditions[0].type, found.conditions[0].status) == ("DiskPressure", "True")


def test_a_namespace_that_is_being_deleted() -> None:
    condition = {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain", "message": "x"}
    meta = {"name": "old", "deletionTimestamp": "2026-12-01T05:00:00Z", "finalizers": ["lab/x"]}
    item = {"metadata": meta, "spec": {"finalizers": ["kubernetes"]}, "status": {"conditions": [condition]}}
    found = parse_control_plane.namespace_detail(item)
    assert found
    assert (found.name, found.deletion, found.finalizers) == ("old", meta["deletionTimestamp"], ("kubernetes", "lab/x"))
    assert found.conditions[0].type == "NamespaceContentRemaining"
    assert parse_control_plane.namespace_detail({"metadata": {"name": "shop"}, "spec": {}}) is None


def test_a_lease() -> None:
    spec = {"holderIdentity": "cp_1", "renewTime": "2026-12-01T04:57:07.970263Z", "leaseDurationSeconds": 15}
    found = parse_control_plane.lease({"metadata": {"name": "kube-scheduler"}, "spec": spec})
    assert (found.holder, found.renewed, found.duration_seconds) == ("cp_1", "2026-12-01T04:57:07.970263Z", 15)


def test_each_webhook_of_a_configuration() -> None:
    service = {"namespace": "hooks", "name": "checker", "port": 8443}
    item = {
        "metadata": {"name": "check"},
        "webhooks": [
            {
                "name": "a.lab",
                "failurePolicy": "Ignore",
                "timeoutSeconds": 3,
                "clientConfig": {"service": service, "caBundle": "TUFSS0VS"},
                "rules": [{"resources": ["pods"]}],
                "namespaceSelector": {"matchLabels": {"a": "b"}},
            },
            {"name": "b.lab", "clientConfig": {"url": "https://bob:MARKER@hooks.lab/check?token=MARKER"}},
        ],
    }
    first, second = parse_control_plane.webhooks("ValidatingWebhookConfiguration")(item)
    assert (first.kind, first.configuration, first.name, first.index) == (
        "ValidatingWebhookConfiguration",
        "check",
        "a.lab",
        0,
    )
    assert (first.service, first.port, first.has_ca, first.timeout_seconds) == ("hooks/checker", 8443, True, 3)
    assert (first.failure_policy, first.rules) == ("Ignore", ({"resources": ["pods"]},))
    assert (second.index, second.url, second.service, second.has_ca) == (1, "https://hooks.lab/check", "", False)
    assert (second.failure_policy, second.timeout_seconds, second.port) == ("Fail", 10, 443)


def test_an_aggregated_api_and_one_that_is_none() -> None:
    condition = {"type": "Available", "status": "False", "reason": "ServiceNotFound", "message": "no service"}
    service = {"namespace": "kube-system", "name": "metrics-server"}
    item = {"metadata": {"name": "v1beta1.metrics.k8s.io"}, "spec": {"service": service}}
    found = parse_control_plane.api_service({**item, "status": {"conditions": [condition]}})
    assert found
    assert (found.service, found.port, found.conditions[0].reason) == (
        "kube-system/metrics-server",
        443,
        "ServiceNotFound",
    )
    assert parse_control_plane.api_service({"metadata": {"name": "v1."}, "spec": {}}) is None


def test_a_signing_request() -> None:
    meta = {"name": "csr-1", "creationTimestamp": "T"}
    spec = {"signerName": "kubernetes.io/kubelet-serving", "username": "system:node:w1", "request": "MARKER"}
    new = parse_control_plane.signing_request({"metadata": meta, "spec": spec})
    assert (new.signer, new.username, new.conditions, new.issued) == (spec["signerName"], "system:node:w1", (), False)
    status = {"conditions": [{"type": "Approved"}], "certificate": "MARKER"}
    done = parse_control_plane.signing_request({"metadata": meta, "spec": spec, "status": status})
    assert (done.conditions, done.issued) == (("Approved",), True)
    assert "MARKER" not in str((new, done))


def test_of_a_component_only_the_texts_that_are_asked_for() -> None:
    meta = {"namespace": "kube-system", "name": "kube-proxy"}
    data = {"config.conf": "mode: iptables\n" + "x" * 100_000, "kubeconfig.conf": "MARKER"}
    (found,) = parse_control_plane.configurations({"metadata": meta, "data": data}, ("config.conf", "other"))
    assert (found.namespace, found.name, found.key) == ("kube-system", "kube-proxy", "config.conf")
    assert len(found.text) == parse_control_plane.MAX_TEXT
    with pytest.raises(OddObject):
        parse_control_plane.configurations({"metadata": meta, "data": {"Corefile": 5}}, ("Corefile",))


def test_a_policy_that_rewrites_has_its_expressions() -> None:
    applied = 'Object{spec: {dnsPolicy: "Default"}}'
    mutations = [
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": applied}},
        {"patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: 'remove'}]"}},
    ]
    found = parse_control_plane.mutating_policy({"metadata": {"name": "dns"}, "spec": {"mutations": mutations}})
    assert (found.name, found.mutations) == ("dns", (applied, "[JSONPatch{op: 'remove'}]"))
