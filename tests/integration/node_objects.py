# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes and Pods that no machine is behind: objects alone, as virtual nodes have them."""

from __future__ import annotations

import contextlib
import datetime
import threading
import typing as t

from .conftest import create, kubectl

HEARTBEATS = 10.0  #: seconds from one to the next; after 40 without any, a node is not ready


@contextlib.contextmanager
def registered(node: str, address: str, **labels: str) -> t.Iterator[None]:
    """A Node that is Ready for as long as it takes; a taint keeps the Pods of others away."""
    spec = {"taints": [{"key": "test", "effect": "NoSchedule"}]}
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/hostname": node, **labels}
    addresses = [{"type": "InternalIP", "address": address}]
    endpoints = {"kubeletEndpoint": {"Port": 10250}}
    room = {"cpu": "64", "memory": "64Gi", "pods": "110"}  # more than any other node: the scheduler would take it
    status = {"addresses": addresses, "daemonEndpoints": endpoints, "capacity": room, "allocatable": room}
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(HEARTBEATS):
            with contextlib.suppress(AssertionError):  # the next one may come
                _beat(node)

    thread = threading.Thread(target=go_on)
    try:
        create([{"apiVersion": "v1", "kind": "Node", "metadata": {"name": node, "labels": labels}, "spec": spec}])
        _beat(node, **status)
        thread.start()
        yield
    finally:
        over.set()
        if thread.is_alive():
            thread.join()
        kubectl("delete", "node", node, "--ignore-not-found")


def _beat(node: str, **status: t.Any) -> None:
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": now, "lastTransitionTime": now}
    _patch("node", node, {**status, "conditions": [ready]})


def run_nowhere(namespace: str, name: str, image: str) -> None:
    """Let a Pod on such a Node look as if it ran; its container is C(app)."""
    container = {
        "name": "app",
        "ready": True,
        "restartCount": 0,
        "image": image,
        "imageID": image,
        "containerID": "containerd://0",
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    }
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "podIP": "10.244.77.2",
        "podIPs": [{"ip": "10.244.77.2"}],
        "containerStatuses": [container],
    }
    _patch("pod", name, status, "-n", namespace)


def _patch(kind: str, name: str, status: dict[str, t.Any], *words: str) -> None:
    body = t.cast(t.Any, {"status": status})
    kubectl("patch", kind, name, *words, "--subresource=status", "--type=merge", "--patch-file=/dev/stdin", stdin=body)
