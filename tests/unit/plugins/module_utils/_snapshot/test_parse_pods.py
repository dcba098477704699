# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods in trouble, as a cluster of Kubernetes 1.36 says it."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.parse_pods import is_well, pod_detail

Json = dict[str, t.Any]
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-12-01T04:00:00Z"}
CRASHED: Json = {
    "name": "web",
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container=web"}},
    "lastState": {
        "terminated": {
            "exitCode": 3,
            "reason": "Error",
            "message": "password=MARKER",
            "startedAt": "2026-12-01T04:01:00Z",
            "finishedAt": "2026-12-01T04:01:01Z",
        }
    },
    "restartCount": 4,
    "ready": False,
    "started": False,
}


def pod(spec: Json | None = None, status: Json | None = None, **meta: t.Any) -> Json:
    container = {"name": "web", "image": "web:1"}
    return {
        "metadata": {"namespace": "shop", "name": "web-1", **meta},
        "spec": {"containers": [container], **(spec or {})},
        "status": {"phase": "Running", **(status or {})},
    }


def detail(spec: Json | None = None, status: Json | None = None, **meta: t.Any) -> PodDetail:
    found = pod_detail(pod(spec, status, **meta))
    assert PodDetail.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    return found


def test_a_container_in_a_crash_loop() -> None:
    (found,) = detail(status={"containerStatuses": [CRASHED]}).containers
    assert (found.state, found.reason, found.exit_code, found.restarts) == ("waiting", "CrashLoopBackOff", None, 4)
    assert (found.last_reason, found.last_exit_code, found.last_finished) == ("Error", 3, "2026-12-01T04:01:01Z")
    assert "MARKER" not in found.last_message
    assert (found.field, found.kind) == ("spec.containers[0]", "app")


def test_a_container_that_ended_has_an_exit_code_even_where_it_is_0() -> None:
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": "2026-12-01T04:01:01Z"}}
    (found,) = detail(status={"containerStatuses": [{"name": "web", "state": ended}]}).containers
    assert (found.state, found.exit_code, found.since) == ("terminated", 0, "2026-12-01T04:01:01Z")


def test_a_container_that_the_kubelet_has_not_seen_has_no_state() -> None:
    (found,) = detail().containers
    assert (found.state, found.exit_code, found.ready) == ("", None, False)


def test_containers_of_every_kind() -> None:
    spec = {
        "initContainers": [{"name": "wait"}, {"name": "proxy", "restartPolicy": "Always"}],
        "ephemeralContainers": [{"name": "debug"}],
    }
    status = {
        "initContainerStatuses": [{"name": "wait", "state": {"running": {"startedAt": "2026-12-01T04:00:00Z"}}}],
        "ephemeralContainerStatuses": [{"name": "debug", "state": {"running": {}}}],
    }
    found = {each.name: (each.kind, each.field, each.state) for each in detail(spec, status).containers}
    assert found == {
        "web": ("app", "spec.containers[0]", ""),
        "wait": ("init", "spec.initContainers[0]", "running"),
        "proxy": ("sidecar", "spec.initContainers[1]", ""),
        "debug": ("ephemeral", "spec.ephemeralContainers[0]", "running"),
    }


def test_what_a_container_wants_and_no_value_of_its_environment() -> None:
    container = {
        "name": "web",
        "image": "web:1",
        "imagePullPolicy": "Never",
        "command": ["/bin/sh", "-c", "echo MARKER"],
        "args": ["MARKER"],
        "env": [
            {"name": "A", "value": "MARKER"},
            {"name": "A", "value": "MARKER 2"},
            {"name": "DB", "value": "postgres://bob:MARKER@db:5432/shop"},
            {"name": "B", "value": "MARKER"},
            {"name": "B", "value": "MARKER"},
        ],
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True, "subPath": "MARKER"}],
        "ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}],
        "resources": {"requests": {"cpu": "64"}, "limits": {"memory": "16Mi", "cpu": 1}},
        "securityContext": {"runAsNonRoot": True, "runAsUser": 0, "readOnlyRootFilesystem": True},
        "livenessProbe": {"exec": {"command": ["cat", "MARKER"]}, "periodSeconds": 3},
        "readinessProbe": {
            "httpGet": {
                "path": "/nope",
                "port": "http",
                "scheme": "HTTP",
                "httpHeaders": [{"name": "X", "value": "MARKER"}],
            },
            "initialDelaySeconds": 2,
            "timeoutSeconds": 1,
            "failureThreshold": 1,
        },
        "startupProbe": {"grpc": {"port": 9000}},
    }
    found = detail({"containers": [container]})
    (web,) = found.containers
    assert "MARKER" not in json.dumps(found.to_dict())
    assert (web.pull_policy, web.command, web.repeated_env) == ("Never", ("/bin/sh",), ("A",))
    assert (web.addresses, web.address_fields) == (("db:5432",), ("spec.containers[0].env[2]",))
    assert (web.requests, web.limits) == ({"cpu": "64"}, {"memory": "16Mi", "cpu": "1"})
    assert (web.host_ports, web.run_as_non_root, web.run_as_user, web.read_only_root) == ((8080,), True, 0, True)
    assert web.repeated_fields == ("spec.containers[0].env[1]",)
    assert [(each.volume, each.path, each.read_only) for each in web.mounts] == [("data", "/data", True)]
    probes = {each.kind: each for each in web.probes}
    assert (probes["readiness"].path, probes["readiness"].port, probes["readiness"].initial_delay) == (
        "/nope",
        "http",
        2,
    )
    assert probes["readiness"].failure_threshold == 1
    assert (probes["liveness"].action, probes["liveness"].port, probes["liveness"].period) == ("exec", "", 3)
    assert (probes["startup"].action, probes["startup"].port, probes["startup"].failure_threshold) == (
        "grpc",
        "9000",
        3,
    )


def test_terms_of_scheduling_and_the_end_of_a_pod() -> None:
    spec = {
        "nodeSelector": {"disk": "ssd9"},
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}},
        "topologySpreadConstraints": [{"maxSkew": 1}],
        "tolerations": [{"operator": "Exists", "effect": "NoExecute"}, {"key": "a", "value": "b"}],
        "schedulingGates": [{"name": "lab/wait"}],
        "schedulerName": "nope",
        "priorityClassName": "high",
        "priority": 1000,
        "restartPolicy": "Never",
        "serviceAccountName": "robot",
        "securityContext": {
            "sysctls": [{"name": "net.ipv4.ip_local_port_range", "value": "1024 1030"}],
            "fsGroup": 0,
        },
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "own", "ephemeral": {"volumeClaimTemplate": {}}},
            {"name": "host", "hostPath": {"path": "/nope", "type": "Directory"}},
            {"name": "driver", "csi": {"driver": "x.csi", "volumeAttributes": {"key": "MARKER"}}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "small", "emptyDir": {"sizeLimit": "20Mi", "medium": "Memory"}},
        ],
    }
    status = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3"}]}
    found = detail(
        spec,
        status,
        deletionTimestamp="2026-12-01T05:00:00Z",
        deletionGracePeriodSeconds=30,
        finalizers=["lab/x"],
    )
    assert (found.node_selector, found.scheduling_gates, found.scheduler) == ({"disk": "ssd9"}, ("lab/wait",), "nope")
    assert found.affinity == spec["affinity"]
    assert found.spread == ({"maxSkew": 1},)
    assert [each.operator for each in found.tolerations] == ["Exists", "Equal"]
    assert (found.priority_class, found.priority, found.restart_policy) == ("high", 1000, "Never")
    assert (found.deletion, found.grace_seconds, found.finalizers) == ("2026-12-01T05:00:00Z", 30, ("lab/x",))
    assert found.pvc_names == ("data", "web-1-own")
    assert [each["name"] for each in found.volumes] == ["data", "host", "driver", "scratch", "small"]
    assert found.volumes[-1]["emptyDir"] == {"sizeLimit": "20Mi", "medium": "Memory"}
    assert (found.fs_group, found.run_as_user) == (0, None)
    assert found.volumes[1]["hostPath"] == {"path": "/nope", "type": "Directory"}
    assert found.sysctls == {"net.ipv4.ip_local_port_range": "1024 1030"}
    assert (found.conditions[0].reason, found.conditions[0].message) == ("Unschedulable", "0/3")
    assert "MARKER" not in json.dumps(found.to_dict())


WELL = {"conditions": [READY], "containerStatuses": [{"name": "web", "state": {"running": {}}, "restartCount": 0}]}
AGAIN = {**WELL, "containerStatuses": [{"name": "web", "state": {"running": {}}, "restartCount": 1}]}


@pytest.mark.parametrize(
    ("phase", "status", "meta", "well"),
    [
        ("Running", WELL, {}, True),
        ("Running", AGAIN, {}, False),
        ("Running", {}, {}, False),
        ("Pending", WELL, {}, False),
        ("Failed", {}, {}, False),
        ("Succeeded", {}, {}, True),
        ("Running", WELL, {"deletionTimestamp": "2026-12-01T05:00:00Z"}, False),
    ],
)
def test_a_pod_is_well_that_runs_and_never_did_otherwise(phase: str, status: Json, meta: Json, well: bool) -> None:
    assert is_well(pod(status={**status, "phase": phase}, **meta)) is well


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": "web"},
        {"containers": [{"name": "web", "env": {"a": "b"}}]},
        {"volumes": [None]},
        {"tolerations": [{"key": 5}]},
        {"containers": [{"name": "web", "resources": {"limits": {"cpu": []}}}]},
    ],
)
def test_a_pod_that_cannot_be_read_is_said_to_be_so(spec: Json) -> None:
    with pytest.raises(OddObject):
        pod_detail(pod(spec))
