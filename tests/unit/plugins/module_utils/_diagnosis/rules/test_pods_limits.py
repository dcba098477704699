# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Local ports, shared memory, volumes and open files that are used up."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods, pods_limits
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import Claim
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
    Mount,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB

T0 = "spec.template.spec."
UNREADY = tuple(dataclasses.replace(one, ready=False) for one in WEB)
CRASHES: dict[str, t.Any] = {"state": "waiting", "reason": "CrashLoopBackOff", "restarts": 2, "last_exit_code": 1}
FULL = "OSError: [Errno 28] No space left on device"


def ports(value: str, reason: str = "") -> Diagnosis:
    sysctls = {"net.core.somaxconn": "1024", "net.ipv4.ip_local_port_range": value}
    detail = scenes.detail(CLIENT, ContainerDetail("client", state="running", ready=True), sysctls=sysctls)
    report = scenes.Report()
    if reason:
        report.ask((SERVICE, 80), "no_route", reason=reason)
    report.ask((SERVICE, 80), source=WEB[0])
    seen = scenes.snapshot(workloads=scenes.workloads(detail))
    return diagnose(scenes.case(seen, report), pods_limits.RULES)


def test_connections_find_no_local_port():
    (finding,) = ports("40000 40099", "the source has no route (Cannot assign requested address)").findings
    assert (finding.code, finding.certainty, finding.explains) == ("POD-32", "certain", (1,))
    assert (finding.field, finding.value) == (f"{T0}securityContext.sysctls[1].value", "40000 40099")
    assert finding.fix is not None
    assert '"value": "32768 60999"' in finding.fix.command


def test_a_range_that_no_client_can_live_with_is_told_without_a_check():
    (finding,) = ports("40000 40001").findings
    assert (finding.severity, finding.certainty) == ("warning", "strong")


def test_a_smaller_range_is_no_finding_where_nothing_fails_for_it():
    assert not ports("40000 40099").findings
    assert not ports("40000 40099", "no route to host").findings
    assert not ports("1024 65535", "Cannot assign requested address").findings


def full(*lines: str, volumes: t.Sequence[t.Any] = (), mounts: t.Sequence[Mount] = (), **more: t.Any) -> Diagnosis:
    crashes = {**CRASHES, "last_exit_code": more.pop("code", 1)}
    one = ContainerDetail("web", mounts=tuple(mounts), command=("python3",), **crashes)
    details = [scenes.detail(pod, one, volumes=tuple(volumes)) for pod in UNREADY]
    logs = tuple(LogTail("shop", pod.name, "web", True, lines) for pod in UNREADY)
    claims = (Claim("shop", "data", "Bound", requested="1Gi"),)
    seen = scenes.snapshot(UNREADY, workloads=scenes.workloads(*details, logs=logs, claims=claims, **more))
    return diagnose(scenes.case(seen, scenes.broken_service()), (*pods.RULES, *pods_limits.RULES))


@pytest.mark.parametrize(("lines", "certainty"), [((FULL,), "strong"), (("open /dev/shm/x", FULL), "certain")])
def test_shared_memory_is_full(lines: tuple[str, ...], certainty: str):
    (finding,) = full(*lines).findings
    assert (finding.code, finding.field, finding.certainty) == ("POD-33", f"{T0}volumes", certainty)
    assert [child.code for child in finding.children] == ["POD-04"]
    assert finding.fix is not None
    assert '"mountPath": "/dev/shm"' in finding.fix.command


def test_a_write_to_shared_memory_ends_in_a_signal():
    for lines in (("Bus error (core dumped)",), ()):
        code = 135 if not lines else 1
        (finding,) = full(*lines, code=code).findings
        assert (finding.code, finding.field, finding.certainty) == ("POD-33", f"{T0}volumes", "strong")
        assert finding.evidence[0].kind == ("log" if lines else "api")


@pytest.mark.parametrize("line", ["write /cache/index: no space left on device", FULL])
def test_a_volume_in_memory_is_full(line: str):
    volume = {"name": "cache", "field": "spec.volumes[2]", "emptyDir": {"medium": "Memory", "sizeLimit": "10Mi"}}
    (finding,) = full(line, volumes=[volume], mounts=[Mount("cache", "/cache")]).findings
    assert (finding.field, finding.value) == (f"{T0}volumes[2].emptyDir.sizeLimit", "10Mi")
    assert finding.fix is not None
    assert '"value": "40Mi"' in finding.fix.command


@pytest.mark.parametrize("line", ["write /data/x: no space left on device", FULL])
def test_the_volume_of_a_claim_is_full(line: str):
    volume = {"name": "data", "field": "spec.volumes[0]", "persistentVolumeClaim": {"claimName": "data"}}
    (finding,) = full(line, volumes=[volume], mounts=[Mount("data", "/data")]).findings
    assert (str(finding.object), finding.value) == ("PersistentVolumeClaim shop/data", "1Gi")
    assert [child.code for child in finding.children] == ["POD-04"]


def test_the_disk_of_the_node_is_another_matter():
    pressure = NodeDetail("w1", (Condition("DiskPressure", "True"),))
    assert full(FULL, nodes=(pressure,)).findings[0].code == "POD-04"


def test_too_many_files_are_open():
    (finding,) = full("OSError: [Errno 24] Too many open files: '/dev/null'").findings
    assert (finding.code, finding.field) == ("POD-33", f"{T0}containers[0].command")
    assert "inotify" in full("inotify_init: too many open files").findings[0].sentence
