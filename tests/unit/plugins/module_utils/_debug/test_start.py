# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that do not start, as Kubernetes 1.36 with containerd 2.3 on the lab reports them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import start
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.troubles import KINDS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._debug.pod_states import (
    IMAGE,
    event,
    pod,
    waiting,
)

AVAILABLE = "0/3 nodes are available: "


def terminated(code: int, reason: str, message: str = "", **more: t.Any) -> dict[str, t.Any]:
    return pod({"terminated": {"exitCode": code, "reason": reason, "message": message}}, **more)


def unscheduled(message: str, reason: str = "Unschedulable") -> dict[str, t.Any]:
    condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
    return pod(spec={"nodeName": ""}, conditions=[condition])


def over(reason: str, message: str) -> dict[str, t.Any]:
    return pod(phase="Failed", reason=reason, message=message)


def target(reason: str, **more: t.Any) -> dict[str, t.Any]:
    return pod(conditions=[{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "why"}], **more)


CASES = [
    # a Pod, kind, in the remedy
    (unscheduled(f"{AVAILABLE}3 Insufficient cpu."), "unschedulable", "3 node(s): request less cpu (resources)"),
    (unscheduled("Scheduling is blocked due to non-empty scheduling gates", "SchedulingGated"), "gated", "the gate"),
    (over("OutOfcpu", "Node didn't have enough resource: cpu"), "node_rejects", "request less cpu"),
    (over("OutOfpods", "Node didn't have enough resource: pods"), "node_rejects", "w1 has its maximum number of Pods"),
    (over("NodeAffinity", "Predicate NodeAffinity failed"), "node_rejects", "labels that node w1 has"),
    (over("SysctlForbidden", 'forbidden sysctl: "kernel.msgmax" not allowlisted'), "node_rejects", "sysctl"),
    (over("UnexpectedAdmissionError", "Allocate failed due to no healthy devices"), "node_rejects", "another node"),
    (over("Evicted", "The node was low on resource: memory."), "evicted", "w1 is short"),
    (over("DeadlineExceeded", "Pod was active on the node longer than the specified deadline"), "lifetime", "lifetime"),
    (over("Preempting", "Preempted in order to admit critical pod"), "preempted", "priorityClassName"),
    (target("DeletionByTaintManager"), "taint", "set tolerations to [{operator: Exists}]"),
    (target("PreemptionByScheduler"), "preempted", ""),
    (target("EvictionByEvictionAPI"), "evicted", ""),
    (waiting("InvalidImageName", "couldn't parse image name"), "image_name", f"correct O(image): {IMAGE}"),
    (waiting("ErrImageNeverPull", "not present with pull policy of Never"), "image_absent", f"{IMAGE} onto node w1"),
    (waiting("ErrImagePull", f"{IMAGE}: not found"), "image_not_found", f"push {IMAGE}"),
    (
        waiting("ImagePullBackOff", f'"{IMAGE}": ErrImagePull: {IMAGE}: not found'),
        "image_not_found",
        "correct O(image)",
    ),
    (
        waiting("ErrImagePull", "401 Unauthorized"),
        "image_denied",
        "a Secret for registry.example:5000 in namespace shop",
    ),
    (waiting("RegistryUnavailable", "the registry is not available"), "image_pull", "from node w1 to registry.example"),
    (waiting("SignatureValidationFailed", "image signature validation failed"), "image_pull", ""),
    (
        waiting("CreateContainerConfigError", 'configmap "nope" not found'),
        "config",
        "create configmap nope in namespace",
    ),
    (waiting("CreateContainerError", "cannot load seccomp profile"), "create", ""),
    (waiting("RunContainerError", "context deadline exceeded"), "not_yet", "the kubelet of node w1"),
    # kubelet 1.36 leaves an ephemeral container so that it could not start
    (waiting("RunContainerError", 'exec: "/no/such": stat /no/such: no such file or directory'), "command", "has"),
    (terminated(128, "StartError", 'exec: "/no/such": no such file or directory'), "command", "the image has"),
    (terminated(127, "ContainerCannotRun", "executable file not found in $PATH"), "command", ""),
    (terminated(0, "Completed"), "ended", "a command that keeps running"),
    (terminated(137, "OOMKilled"), "ended", ""),
    (terminated(1, "Error", spec={"restartPolicy": "Always"}), "crash_loop", ""),
    (terminated(137, "Error", ephemeral=True), "no_target", "leave O(target) out"),
    (terminated(1, "Error", ephemeral=True), "ended", "its log"),
    (pod({"waiting": {"reason": "CreateContainerError"}}, ephemeral=True), "no_target", "leave O(target) out"),
    (pod(ephemeral=True, phase="Succeeded"), "ended", "a copy of this one"),
]


@pytest.mark.parametrize(("seen", "kind", "remedy"), CASES, ids=[case[1] for case in CASES])
def test_every_sign_has_its_class(seen: dict[str, t.Any], kind: str, remedy: str) -> None:
    trouble = start.judge(seen, "debug")
    assert trouble is not None
    assert trouble.kind == kind
    assert trouble.permanent == KINDS[kind].permanent
    assert remedy in trouble.remedy
    assert trouble.evidence
    assert "{" not in trouble.remedy.replace("[{operator: Exists}]", "")


@pytest.mark.parametrize(
    "seen",
    [
        pod(),
        waiting("ContainerCreating"),
        waiting("PodInitializing"),
        pod({"running": {}}, phase="Running"),
        pod(ephemeral=True, phase="Running"),
    ],
)
def test_nothing_speaks_against_it(seen: dict[str, t.Any]) -> None:
    assert start.judge(seen, "debug") is None


def test_a_pod_that_is_being_deleted_does_not_run() -> None:
    seen = pod({"running": {}}, phase="Running")
    assert start.running(seen, "debug")
    seen["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    assert not start.running(seen, "debug")
    trouble = start.judge(seen, "debug")
    assert trouble is not None
    assert trouble.kind == "deleted"


def test_what_never_ran_has_not_ended() -> None:
    assert start.ended(terminated(128, "StartError"), "debug") is None
    assert start.ended(pod({"running": {}}), "debug") is None
    ended = start.ended(terminated(3, "Error"), "debug")
    assert ended is not None
    assert ended["exitCode"] == 3


def test_a_crash_loop_says_how_it_ended_last() -> None:
    seen = waiting("CrashLoopBackOff", "back-off 10s restarting failed container=debug")
    last = {"terminated": {"exitCode": 7, "reason": "Error"}}
    seen["status"]["containerStatuses"][0]["lastState"] = last
    trouble = start.judge(seen, "debug")
    assert trouble is not None
    assert trouble.kind == "crash_loop"
    assert trouble.evidence.startswith("it ended with exit code 7 (Error); CrashLoopBackOff: back-off 10s")


@pytest.mark.parametrize(
    ("state", "policy", "kind"),
    [
        ({"terminated": {"exitCode": 1, "reason": "Error"}}, "Never", "init_failed"),
        ({"terminated": {"exitCode": 1, "reason": "Error"}}, "Always", "init"),
        ({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}, "Always", "init_failed"),
        ({"waiting": {"reason": "ErrImagePull", "message": "app:1: not found"}}, "Never", "image_not_found"),
        ({"terminated": {"exitCode": 0, "reason": "Completed"}}, "Never", None),
        ({"running": {}}, "Never", None),
    ],
)
def test_init_containers_come_first(state: dict[str, t.Any], policy: str, kind: str | None) -> None:
    seen = waiting("PodInitializing")
    seen["spec"].update(initContainers=[{"name": "setup", "image": "app:1"}], restartPolicy=policy)
    seen["status"]["initContainerStatuses"] = [{"name": "setup", "state": state}]
    trouble = start.judge(seen, "debug")
    assert (trouble and trouble.kind) == kind
    assert trouble is None or "init container setup: " in trouble.evidence


def node(status: str, reason: str, message: str) -> dict[str, t.Any]:
    """A node as C(kubectl get node -o json) gives it, clipped, in the words of the node controller."""
    conditions = [
        {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory"},
        {
            "type": "Ready",
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": "2026-11-21T11:57:45Z",
            "lastTransitionTime": "2026-11-21T11:36:49Z",
        },
    ]
    return {"metadata": {"name": "w1"}, "status": {"conditions": conditions}}


def test_a_node_that_is_ready_is_no_trouble() -> None:
    assert start.node_trouble(node("True", "KubeletReady", "kubelet is posting ready status")) is None


@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
        ("False", "KubeletNotReady", "container runtime network not ready: cni plugin not initialized"),
    ],
)
def test_a_node_that_is_not_ready_says_since_when(status: str, reason: str, message: str) -> None:
    trouble = start.node_trouble(node(status, reason, message))
    assert trouble is not None
    assert trouble.kind == "node_not_ready"
    assert trouble.evidence == f"node w1 has Ready={status} since 2026-11-21T11:36:49Z: {reason}: {message}"
    assert not trouble.permanent


def test_a_node_that_never_reported() -> None:
    trouble = start.node_trouble({"metadata": {"name": "w9"}, "status": {}})
    assert trouble is not None
    assert "never reported" in trouble.evidence


def test_out_of_time_says_how_far_it_came() -> None:
    pulling = event("Pulling", f'Pulling image "{IMAGE}"', 3)
    assert start.slow(waiting("ContainerCreating"), "debug", [pulling], 60).evidence == (
        f'it is ContainerCreating after 60 s; the last event is Pulling: Pulling image "{IMAGE}"'
    )
    unseen = start.slow(pod(ephemeral=True, phase="Running"), "debug", [], 30)
    assert (unseen.kind, unseen.evidence) == ("unseen", "the kubelet of node w1 has not reported it for 30 s")
    assert "not scheduled" in start.slow(pod(spec={"nodeName": ""}), "debug", [], 30).evidence
    init = waiting("PodInitializing")
    init["status"]["initContainerStatuses"] = [{"name": "setup", "state": {"running": {}}}]
    assert start.slow(init, "debug", [], 30).evidence == "init container setup still runs after 30 s"


def test_a_pod_that_is_gone_says_who_took_it() -> None:
    assert start.gone(target("DeletionByTaintManager"), "debug").kind == "taint"
    assert start.gone(waiting("ContainerCreating"), "debug").evidence == "the Pod was deleted before it started"
    assert start.gone({}, "debug").evidence == "the Pod does not exist (any more)"
    assert start.no_node("w9").permanent


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("registry.example:5000/a:1", "registry.example:5000"),
        ("localhost/a", "localhost"),
        ("quay.io/a/b@sha256:00", "quay.io"),
        ("nicolaka/netshoot", "docker.io"),
        ("busybox", "docker.io"),
    ],
)
def test_the_registry_is_read_from_the_image(image: str, registry: str) -> None:
    seen = waiting("ErrImagePull", "i/o timeout")
    seen["spec"]["containers"][0]["image"] = image
    assert start.judge(seen, "debug").remedy.endswith(f"to {registry}")  # type: ignore[union-attr]
