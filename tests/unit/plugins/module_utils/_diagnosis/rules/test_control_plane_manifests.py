# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CP-06: components that do not start from their manifests, or are missing on a node."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    PodDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .test_control_plane import CP, NAMES, late, seen


def test_a_flag_that_a_component_does_not_know():
    parts = {**CP, "kube-scheduler": dataclasses.replace(CP["kube-scheduler"], ready=False)}
    crashed = ContainerDetail(
        "kube-scheduler", state="waiting", reason="CrashLoopBackOff", last_exit_code=1, restarts=2
    )
    detail = PodDetail("kube-system", "kube-scheduler-cp", containers=(crashed,))
    logs = (LogTail("kube-system", "kube-scheduler-cp", "kube-scheduler", True, ("Error: unknown flag: --x",)),)
    (finding,) = seen(late("kube-scheduler"), parts, [detail], logs=logs).findings
    assert (finding.code, str(finding.object)) == ("CP-06", "Pod kube-system/kube-scheduler-cp")
    assert (finding.field, finding.certainty) == ("spec.containers[0].command", "certain")
    assert [child.code for child in finding.children] == ["CP-01"]


def test_a_component_that_lost_its_lease_did_start():
    parts = {**CP, "kube-scheduler": dataclasses.replace(CP["kube-scheduler"], ready=False)}
    crashed = ContainerDetail(
        "kube-scheduler", state="waiting", reason="CrashLoopBackOff", last_exit_code=1, restarts=2
    )
    detail = PodDetail("kube-system", "kube-scheduler-cp", containers=(crashed,))
    lost = ('E1201 04:00:00 server.go:328] "Leaderelection lost"', "I1201 04:00:00 Shutting down")
    logs = (LogTail("kube-system", "kube-scheduler-cp", "kube-scheduler", True, lost),)
    assert [one.code for one in seen(late("kube-scheduler"), parts, [detail], logs=logs).findings] == ["CP-01"]


def test_a_component_that_one_node_of_the_control_plane_lacks_needs_node_state():
    more = {f"{name}-w1": dataclasses.replace(CP[name], pod=f"{name}-w1", node="w1") for name in NAMES[:3]}
    diagnosis = seen(parts={**CP, **more})
    assert diagnosis.findings == (), "etcd may be on some nodes alone"
    (finding,) = diagnosis.suspicions
    assert (finding.code, str(finding.object), finding.certainty) == ("CP-06", "Node w1", "hint")
    assert "needs node state" in finding.sentence
