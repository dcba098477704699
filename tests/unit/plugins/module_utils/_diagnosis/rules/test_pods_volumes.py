# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes: what the kubelet says of one that it cannot mount, and what a log says of one that cannot be written to."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods, pods_init, pods_volumes
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import Claim
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, Mount
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes
from ..scenes import WEB

T0 = "spec.template.spec."
PENDING = tuple(dataclasses.replace(one, phase="Pending", ready=False) for one in WEB)
UNREADY = tuple(dataclasses.replace(one, ready=False) for one in WEB)
CREATING = ContainerDetail("web", state="waiting", reason="ContainerCreating")
HOST = {"name": "pages", "field": "spec.volumes[0]", "hostPath": {"path": "/srv/pages", "type": "Directory"}}
CLAIM = {"name": "data", "field": "spec.volumes[0]", "persistentVolumeClaim": {"claimName": "data"}}
SCRATCH = {"name": "data", "field": "spec.volumes[0]", "emptyDir": {}}
SETTINGS = {"name": "data", "field": "spec.volumes[0]", "configMap": {"name": "settings"}}


def mounted(message: str, *volumes: t.Any, reason: str = "FailedMount") -> Diagnosis:
    details = [scenes.detail(one, CREATING, volumes=volumes) for one in PENDING]
    events = [scenes.event(one, reason, message) for one in PENDING]
    claims = (Claim("shop", "data", "Bound", volume="pv-1"),)
    seen = scenes.snapshot(PENDING, workloads=scenes.workloads(*details, events=events, claims=claims))
    return diagnose(scenes.case(seen, scenes.broken_service()), pods_volumes.RULES)


def written(line: str, volume: t.Any, path: str = "/data", **more: t.Any) -> Diagnosis:
    mounts = (Mount("data", path, more.pop("read_only", False)),) if volume else ()
    crash = {
        "state": "waiting",
        "reason": "CrashLoopBackOff",
        "restarts": 3,
        "last_exit_code": 1,
        "last_reason": "Error",
    }
    one = ContainerDetail("web", mounts=mounts, **crash, **more)
    there = PENDING if one.kind == "init" else UNREADY
    details = [scenes.detail(pod, one, volumes=(volume,) if volume else ()) for pod in there]
    logs = [LogTail("shop", pod.name, "web", True, ("starting", line)) for pod in UNREADY]
    seen = scenes.snapshot(there, workloads=scenes.workloads(*details, logs=tuple(logs)))
    rules = (*pods.RULES, *pods_init.RULES, *pods_volumes.RULES)
    return diagnose(scenes.case(seen, scenes.broken_service()), rules)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert finding.explains == (1,)
    return finding


def test_the_folder_of_a_host_path_is_not_there():
    message = 'MountVolume.SetUp failed for volume "pages" : hostPath type check failed: /srv/pages is not a directory'
    finding = only(mounted(message, HOST))
    assert (finding.code, finding.field, finding.value) == ("POD-16", f"{T0}volumes[0].hostPath.path", "/srv/pages")
    assert finding.fix is not None
    assert '"/spec/template/spec/volumes/0/hostPath/type", "value": "DirectoryOrCreate"' in finding.fix.command
    assert finding.fix.undo == "kubectl -n shop rollout undo deployment/web"


def test_a_volume_of_a_claim_is_in_use_elsewhere():
    message = 'Multi-Attach error for volume "pv-1" Volume is already used by pod(s) web-old'
    finding = only(mounted(message, CLAIM, reason="FailedAttachVolume"))
    assert (finding.field, finding.value) == (f"{T0}volumes[0].persistentVolumeClaim.claimName", "data")
    assert finding.fix is not None
    assert "Recreate" in finding.fix.command


@pytest.mark.parametrize(
    "message",
    [
        'MountVolume.SetUp failed for volume "data" : secret "app" not found',
        'MountVolume.SetUp failed for volume "data" : references non-existent config key: a.conf',
        'MountVolume.SetUp failed for volume "data" : object "shop"/"kube-root-ca.crt" not registered',
    ],
)
def test_what_a_volume_refers_to_is_another_rule(message: str):
    assert not mounted(message, SETTINGS).findings


@pytest.mark.parametrize(
    "line",
    [
        "sh: 1: cannot create /data/state: Permission denied",
        "PermissionError: [Errno 13] Permission denied: '/data/state'",
        "open /data/state: permission denied",
        "java.nio.file.AccessDeniedException: /data/state",
        "Error: EACCES: permission denied, open '/data/state'",
    ],
)
def test_a_volume_that_its_user_may_not_write_to(line: str):
    finding = only(written(line, SCRATCH))
    assert (finding.code, finding.field) == ("POD-16", f"{T0}securityContext.fsGroup")
    assert [child.code for child in finding.children] == ["POD-04"]
    assert finding.fix is not None
    assert '{"securityContext": {"fsGroup": 2000}}' in finding.fix.command


def test_a_host_path_that_its_user_may_not_write_to():
    finding = only(written("open /data/x: permission denied", {**HOST, "name": "data"}))
    assert (finding.field, finding.value) == (f"{T0}volumes[0].hostPath.path", "/srv/pages")


def test_a_file_that_is_in_no_volume_is_the_application():
    assert only(written("open /etc/shadow: permission denied", SCRATCH)).code == "POD-04"
    assert only(written("open /data/x: permission denied", SETTINGS)).code == "POD-04"


def test_an_init_container_that_may_not_write_is_the_same_fault():
    finding = only(written("open /data/x: permission denied", SCRATCH, kind="init"))
    assert (finding.code, [child.code for child in finding.children]) == ("POD-16", ["POD-10"])


def test_the_root_file_system_is_read_only():
    line = "sh: 1: cannot create /tmp/state: Read-only file system"
    finding = only(written(line, None, read_only_root=True))
    assert finding.field == f"{T0}containers[0].securityContext.readOnlyRootFilesystem"
    assert finding.fix is not None
    assert '"volumeMounts": [{"name": "written", "mountPath": "/tmp"}]' in finding.fix.command


def test_a_volume_is_read_only():
    line = "OSError: [Errno 30] Read-only file system: '/data/x'"
    finding = only(written(line, SCRATCH, read_only=True))
    assert (finding.field, finding.value) == (f"{T0}containers[0].volumeMounts[0].readOnly", "true")
    assert only(written(line, SETTINGS)).field == f"{T0}containers[0].volumeMounts[0]"
