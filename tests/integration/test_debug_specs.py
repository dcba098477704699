# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What debug Pods have beyond kubectl's: the real API server takes it, and the real kubelet keeps it."""

from __future__ import annotations

import json

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import spec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec, HostMount

from .conftest import PATIENCE, enforce, image, kubectl


def test_a_read_only_view_of_the_node_is_read_only_below_its_mounts_too(namespace: str) -> None:
    tries = (
        "for place in /host/tmp /see/below /write; do touch $place/kubewire && rm $place/kubewire && echo $place; done"
    )
    mounts = (HostMount("/run", "/see/below"), HostMount("/tmp", "/write", read_only=False))
    wanted = DebugSpec(
        image("ledger"), "sysadmin", "node", node="w1", host_mounts=mounts, command=("sh", "-c", f"{tries}; true")
    )
    kubectl("create", "-f", "-", stdin=spec.pod(wanted, namespace, "look"))
    kubectl("wait", "-n", namespace, "pod/look", "--for=jsonpath={.status.phase}=Succeeded", f"--timeout={PATIENCE}s")
    said = kubectl("logs", "-n", namespace, "look").splitlines()
    assert [line for line in said if not line.startswith("touch:")] == ["/write"]
    assert len([line for line in said if line.endswith("Read-only file system")]) == 2


def test_a_restricted_namespace_takes_a_pod_with_every_option_that_needs_no_host(namespace: str) -> None:
    enforce(namespace, "restricted")
    wanted = DebugSpec(
        image("ledger"),
        "restricted",
        command=("sleep", "60"),
        env={"A": "x"},
        image_pull_policy="IfNotPresent",
        image_pull_secrets=("company",),
        custom={"securityContext": {"runAsUser": 1000}},
        labels={"a/b": "c"},
        annotations={"d": "e"},
        service_account="default",
        node_selector={"kubernetes.io/os": "linux"},
        node_affinity=({"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "Exists"}]},),
        tolerations=({"operator": "Exists", "effect": "NoSchedule"},),
        resources={"cpu": "100m", "memory": "64Mi"},
        lifetime=60,
        unprivileged_ping=True,
    )
    made = spec.pod(wanted, namespace, "all")
    words = ["create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"]
    stored = json.loads(kubectl(*words, stdin=made))
    assert stored["status"]["qosClass"] == "Guaranteed"
    assert stored["spec"]["securityContext"]["sysctls"] == [spec.PING]
    assert stored["spec"]["affinity"] == made["spec"]["affinity"]
