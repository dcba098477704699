# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a container does not start, provoked class by class on real kubelets, and judged by one wait for all of them."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import typing as t
import uuid

import pytest

from .conftest import COLLECTIONS, OPERATOR, PATIENCE, ROOT, image, kubectl, objects

pytestmark = pytest.mark.alone

Json = dict[str, t.Any]
RUN = f"test-{uuid.uuid4().hex[:8]}"
GRACE, DEADLINE = 5.0, 60.0

MOUNTS = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
REQUESTS = {"resources": {"requests": {"cpu": "900"}}}


def secret(name: str) -> Json:
    return {"volumes": [{"name": "data", "secret": {"secretName": name}}]}


def key_of(kind: str, name: str) -> Json:
    return {"env": [{"name": "A", "valueFrom": {kind: {"name": name, "key": "absent"}}}]}


def secure(**context: t.Any) -> Json:
    return {"securityContext": context}


#: Pod -> container, spec of the Pod, kind, in the evidence, text of the first sign where it cannot pass
#: IMAGE, REGISTRY, ROOT, NODE stand for an image of the cluster, its registry, an image that runs as root, and a node
CASES: dict[str, tuple[Json, Json, str, str, str]] = {
    "image-name": ({"image": "UPPER:bad:x"}, {}, "image_name", "InvalidImageName", "InvalidImageName"),
    "image-absent": (
        {"image": "REGISTRY/absent:1", "imagePullPolicy": "Never"},
        {},
        "image_absent",
        "not present with pull policy of Never",
        "ErrImageNeverPull",
    ),
    "image-not-found": ({"image": "REGISTRY/absent:1"}, {}, "image_not_found", "not found", "ErrImagePull"),
    "no-such-host": ({"image": "registry.invalid/a:1"}, {}, "image_registry", "no such host", "ErrImagePull"),
    "registry-down": ({"image": "127.0.0.1:9/a:1"}, {}, "image_pull", "connection refused", ""),
    "no-node": ({}, {"nodeName": "nobody"}, "no_node", "node nobody does not exist", '"nodeName": "nobody"'),
    "selector": ({}, {"nodeSelector": {"no": "where"}}, "unschedulable", "affinity/selector", ""),
    "taint": (
        {},
        {"nodeSelector": {"node-role.kubernetes.io/control-plane": ""}},
        "unschedulable",
        "untolerated taint",
        "",
    ),
    "much-cpu": (REQUESTS, {}, "unschedulable", "Insufficient cpu", ""),
    "no-claim": (
        MOUNTS,
        {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "absent"}}]},
        "unschedulable",
        'persistentvolumeclaim "absent" not found',
        "",
    ),
    "gated": ({}, {"schedulingGates": [{"name": "example.com/wait"}]}, "gated", "scheduling gates", ""),
    "out-of-cpu": (REQUESTS, {"nodeName": "NODE"}, "node_rejects", "OutOfcpu", "OutOfcpu"),
    "node-affinity": (
        {},
        {"nodeName": "NODE", "nodeSelector": {"no": "where"}},
        "node_rejects",
        "NodeAffinity",
        "NodeAffinity",
    ),
    "sysctl": (
        {},
        secure(sysctls=[{"name": "kernel.msgmax", "value": "1"}]),
        "node_rejects",
        "SysctlForbidden",
        "SysctlForbidden",
    ),
    "root": (
        {"image": "ROOT", **secure(runAsNonRoot=True)},
        {},
        "non_root",
        "image will run as root",
        "CreateContainerConfigError",
    ),
    "root-asked": (
        secure(runAsNonRoot=True, runAsUser=0),
        {},
        "non_root",
        "runAsUser breaks non-root policy",
        "CreateContainerConfigError",
    ),
    "config-map": (
        key_of("configMapKeyRef", "absent"),
        {},
        "config",
        'configmap "absent" not found',
        "CreateContainerConfigError",
    ),
    "config-key": (
        key_of("configMapKeyRef", "kube-root-ca.crt"),
        {},
        "config",
        "couldn't find key absent in ConfigMap",
        "CreateContainerConfigError",
    ),
    "secret-key": (
        key_of("secretKeyRef", "absent"),
        {},
        "config",
        'secret "absent" not found',
        "CreateContainerConfigError",
    ),
    "seccomp": (
        secure(seccompProfile={"type": "Localhost", "localhostProfile": "absent.json"}),
        {},
        "create",
        "cannot load seccomp profile",
        "CreateContainerError",
    ),
    "command": ({"command": ["/no/such"]}, {}, "command", "no such file or directory", "StartError"),
    "mount": (MOUNTS, secret("absent"), "mount", 'FailedMount: MountVolume.SetUp failed for volume "data"', ""),
    "sandbox": ({}, {"runtimeClassName": RUN}, "sandbox", "FailedCreatePodSandBox", ""),
    # Nothing else is wrong with it, since a busy kubelet is seconds late to see the end.
    "lifetime": (
        {},
        {
            "activeDeadlineSeconds": 3,
            "initContainers": [{"name": "setup", "image": "IMAGE", "command": ["sleep", "60"]}],
        },
        "lifetime",
        "DeadlineExceeded",
        "DeadlineExceeded",
    ),
    "init": (
        {},
        {"initContainers": [{"name": "setup", "image": "IMAGE", "command": ["false"]}]},
        "init_failed",
        "init container setup: it ended with exit code 1",
        '"exitCode": 1',
    ),
}
#: what is made before, so that it has ended when the wait begins
FIRST: dict[str, tuple[Json, Json, str, str]] = {
    "completed": ({"command": ["true"]}, {}, "ended", "it ended with exit code 0 (Completed)"),
    "failed": ({"command": ["false"]}, {}, "ended", "it ended with exit code 1 (Error)"),
    "crashing": ({"command": ["false"]}, {"restartPolicy": "Always"}, "crash_loop", "it ended with exit code 1"),
}
#: Pods that run beside a container that has ended -> an ephemeral container for it, kind, in the remedy
EPHEMERAL: dict[str, tuple[Json, str, str]] = {
    "dead-target": ({"targetContainerName": "debug"}, "no_target", "leave O(target) out"),
    "bad-image": ({"image": "UPPER:bad:x"}, "image_name", "correct O(image): UPPER:bad:x"),
}
RUNS = ("good", "opened")


def pod(name: str, container: Json, spec: Json) -> Json:
    containers = [{"name": "debug", "image": "IMAGE", "command": ["sleep", "60"], **container}]
    body = {"terminationGracePeriodSeconds": 0, "restartPolicy": "Never", "containers": containers, **spec}
    metadata = {"name": name, "namespace": RUN, "labels": {"test": "start"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body}


def beside(name: str) -> Json:
    """A Pod with a container that ends and one that does not."""
    body = pod(name, {"command": ["true"]}, {})
    body["spec"]["containers"].append({"name": "keeper", "image": "IMAGE", "command": ["sleep", "60"]})
    return body


@pytest.fixture(scope="module")
def said() -> t.Iterator[Json]:
    """What one wait said of all Pods."""
    used = image("ledger")
    root = kubectl("get", "daemonset", "kube-proxy", "-n", "kube-system", "-o", "jsonpath={..containers[0].image}")
    workers = objects("nodes", "-l", "!node-role.kubernetes.io/control-plane")
    gate = {"schedulingGates": [{"name": "example.com/soon"}]}
    given = {
        "namespace": RUN,
        "grace": GRACE,
        "deadline": DEADLINE,
        "first": [*(pod(name, *case[:2]) for name, case in FIRST.items()), *(beside(name) for name in EPHEMERAL)],
        "then": [*(pod(name, *case[:2]) for name, case in CASES.items()), pod("good", {}, {}), pod("opened", {}, gate)],
        "ephemeral": {
            name: {"name": "added", "image": "IMAGE", "command": ["sleep", "60"], **case[0]}
            for name, case in EPHEMERAL.items()
        },
        "signs": {name: case[4] for name, case in CASES.items() if case[4]},
        "open": "opened",
        "gates": {"spec": {"schedulingGates": [{"name": "example.com/soon", "$patch": "delete"}]}},
    }
    words = {"IMAGE": used, "REGISTRY": used.partition("/")[0], "ROOT": root, "NODE": workers[0]["metadata"]["name"]}
    text = json.dumps(given)
    for word, name in words.items():
        text = text.replace(f'"{word}', f'"{name}')
    handler = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": RUN}, "handler": "absent"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RUN}}
    try:
        kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": [namespace, handler]})
        yield run(text)
    finally:
        kubectl("delete", f"namespace/{RUN}", f"runtimeclass/{RUN}", "--wait=false", "--ignore-not-found")


def run(text: str) -> Json:
    done = subprocess.run(
        [
            *OPERATOR,
            "env",
            f"PYTHONPATH={COLLECTIONS}",
            sys.executable,
            str(ROOT / "tests" / "integration" / "start_cases.py"),
        ],
        input=text,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: Json = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("name", CASES)
def test_a_class_of_trouble(said: Json, name: str) -> None:
    _container, _spec, kind, evidence, sign = CASES[name]
    answer = said["answers"][name]
    assert answer.get("kind") == kind, answer
    assert evidence in answer["evidence"]
    assert answer["remedy"]
    assert answer.get("permanent", False) == bool(sign)
    if sign:
        assert answer["after_sign"] < GRACE
    else:
        assert GRACE <= answer["seconds"] < DEADLINE - 5


def test_what_cannot_pass_is_told_within_two_seconds_of_its_first_sign(said: Json) -> None:
    """Most of it: a busy machine holds one or the other up."""
    delays = [said["answers"][name]["after_sign"] for name, case in CASES.items() if case[4]]
    assert statistics.quantiles(delays, n=4)[2] < 2


@pytest.mark.parametrize("name", FIRST)
def test_a_container_that_has_ended(said: Json, name: str) -> None:
    _container, _spec, kind, evidence = FIRST[name]
    answer = said["answers"][name]
    assert answer.get("kind") == kind, answer
    assert answer["evidence"].startswith(evidence)
    assert answer["permanent"]
    assert answer["seconds"] < GRACE


@pytest.mark.parametrize("name", EPHEMERAL)
def test_an_ephemeral_container_does_not_wait_for_the_kubelets_next_sync(said: Json, name: str) -> None:
    _container, kind, remedy = EPHEMERAL[name]
    answer = said["answers"][name]
    assert answer.get("kind") == kind, answer
    assert remedy in answer["remedy"]
    assert answer["permanent"]
    assert answer["seconds"] < 10, "its state tells after 10 to 15 s, its events at once"


@pytest.mark.parametrize("name", RUNS)
def test_what_starts_or_starts_late_is_no_trouble(said: Json, name: str) -> None:
    assert said["answers"][name].get("runs"), said["answers"][name]


def test_one_watch_serves_them_all(said: Json) -> None:
    pods = len(said["answers"])
    assert pods == len(CASES) + len(FIRST) + len(EPHEMERAL) + len(RUNS)
    assert said["seconds"] < DEADLINE
    # a list, a watch for each second, and events and nodes of the few Pods that say nothing of themselves
    assert said["requests"] < 1 + max(25, said["seconds"]) + 3 * pods
