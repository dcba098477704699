# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ready means ready: nodes, every Pod that something wants, and a true answer from every Service.

A component's `component.toml` says what must answer, and who asks (a machine of the lab, or a workload with Python):

    [[answers]]
    from = "op"                                              # or "shop/deploy/frontend"
    targets = ["http://cp:30080", "tcp://ledger.shop:7000"]  # asks.py
    commands = ["ssh h1 podman ps"]                          # on a machine only: must end with 0

Only the namespaces a component lists count: what else runs in the cluster is its owner's affair.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kubelab.cluster import kubectl
from kubelab.components import Component
from kubelab.proc import LabError
from kubelab.progress import Progress
from kubelab.settings import HOSTS, NODES, STATE

SECONDS = 120.0
ASKS = Path(__file__).with_name("asks.py")
KINDS = "nodes,pods,deployments.apps,statefulsets.apps,daemonsets.apps"


def wait(parts: Iterable[Component], progress: Progress, seconds: float = SECONDS) -> None:
    """Until everything is ready; otherwise an error that names what is not, and why."""
    end = time.monotonic() + seconds
    with progress.task("waiting until everything answers") as task:
        while True:
            left = wrong(parts)
            if not left:
                return
            task.detail = f"({len(left)} to go: {left[0][:70]})"
            if time.monotonic() > end:
                listing = "\n  ".join(left)
                raise LabError(f"the lab is not ready after {seconds:.0f} s:\n  {listing}")
            time.sleep(0.3)


def wrong(parts: Iterable[Component]) -> list[str]:
    """Everything that is not as it should be, in words."""
    parts = list(parts)
    found = unready({name for part in parts for name in part.namespaces})
    return found or unanswered([answer for part in parts for answer in part.answers])


def unready(namespaces: set[str]) -> list[str]:
    """Nodes, Pods and workloads that are not as they should be, each with its reason."""
    try:
        command = kubectl("get", KINDS, "-A", "-o", "json", "--request-timeout=10s")
        done = subprocess.run(command, check=False, capture_output=True, timeout=15)
    except subprocess.TimeoutExpired:
        return ["the API server does not answer"]
    if done.returncode:
        return [f"the API server: {done.stderr.decode(errors='replace').strip()[-200:]}"]
    items = json.loads(done.stdout)["items"]
    found = {i["metadata"]["name"] for i in items if i["kind"] == "Node"}
    lines = [f"node {node.name}: has not joined" for node in NODES if node.name not in found]
    lost = {i["metadata"]["name"] for i in items if i["kind"] == "Node" and any(_node(i))}
    for item in items:
        on_lost_node = item["spec"].get("nodeName") in lost  # the node's line says it all
        if item["metadata"].get("namespace") in {None, *namespaces} and not on_lost_node:
            lines += READERS[item["kind"]](item)
    return lines


def unanswered(questions: list[dict[str, Any]]) -> list[str]:
    """Targets that do not answer."""
    with ThreadPoolExecutor() as pool:
        return [line for lines in pool.map(_ask, questions) for line in lines]


def _ask(question: dict[str, Any]) -> list[str]:
    source, targets = question["from"], question.get("targets", [])
    found = [line for text in question.get("commands", ()) for line in _try(source, text)]
    if not targets:
        return found
    if source in {host.name for host in HOSTS}:
        environment = f"SSL_CERT_FILE={STATE / 'pki' / 'ca.crt'}"
        command = ["ip", "netns", "exec", source, "env", environment, sys.executable, "-", *targets]
    else:
        namespace, workload = source.split("/", 1)
        command = kubectl("exec", "-i", "-n", namespace, workload, "--", "python3", "-", *targets)
    try:
        done = subprocess.run(command, check=False, input=ASKS.read_bytes(), capture_output=True, timeout=20)
    except subprocess.TimeoutExpired:
        return [*found, f"from {source}: no answer within 20 s from {' '.join(targets)}"]
    if done.returncode:
        return [*found, f"from {source}: {done.stderr.decode(errors='replace').strip()[-200:]}"]
    return [*found, *(f"from {source}: {line}" for line in json.loads(done.stdout))]


def _try(source: str, text: str) -> list[str]:
    try:
        command = ["ip", "netns", "exec", source, *shlex.split(text)]
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    except subprocess.TimeoutExpired:
        return [f"from {source}: no answer within 20 s from {text}"]
    said = done.stderr.decode(errors="replace").strip()[-200:]
    return [f"from {source}: {text}: {said or done.returncode}"] if done.returncode else []


def _name(item: dict[str, Any]) -> str:
    meta = item["metadata"]
    return f"{item['kind'].lower()} {'/'.join(meta[k] for k in ('namespace', 'name') if k in meta)}"


def _conditions(item: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {c["type"]: c for c in item.get("status", {}).get("conditions", ())}


def _why(condition: dict[str, Any], otherwise: str) -> str:
    return ": ".join(w for w in (condition.get("reason"), condition.get("message")) if w)[:300] or otherwise


def _node(item: dict[str, Any]) -> Iterator[str]:
    ready = _conditions(item).get("Ready", {})
    if ready.get("status") != "True":
        yield f"{_name(item)}: {_why(ready, 'NotReady')}"


def _pod(item: dict[str, Any]) -> Iterator[str]:
    meta, status = item["metadata"], item.get("status", {})
    conditions = _conditions(item)
    owned = any(o.get("controller") for o in meta.get("ownerReferences", ()))  # a Pod of its own is somebody's test
    ended = status.get("phase") in ("Succeeded", "Failed") or "deletionTimestamp" in meta
    if conditions.get("Ready", {}).get("status") == "True" or ended or not owned:
        return
    states = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    for state in states:
        waiting = state.get("state", {}).get("waiting")
        died = state.get("state", {}).get("terminated") if not state.get("ready") else None
        if waiting or (died and died.get("exitCode")):
            yield f"{_name(item)}: container {state['name']}: {_why(waiting or died or {}, 'waiting')}"
            return
    scheduled = conditions.get("PodScheduled", {})
    worst = scheduled if scheduled.get("status") == "False" else conditions.get("Ready", {})
    yield f"{_name(item)}: {_why(worst, 'not ready')}"


def _replicated(item: dict[str, Any]) -> Iterator[str]:
    wanted, status = item["spec"].get("replicas", 1), item.get("status", {})
    if status.get("observedGeneration", 0) < item["metadata"]["generation"]:
        yield f"{_name(item)}: not seen by its controller yet"
    elif (have := status.get("availableReplicas", 0)) < wanted:
        yield f"{_name(item)}: {have} of {wanted} Pods available"


def _daemon_set(item: dict[str, Any]) -> Iterator[str]:
    status = item.get("status", {})
    wanted, have = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    if status.get("observedGeneration", 0) < item["metadata"]["generation"] or have < max(wanted, 1):
        yield f"{_name(item)}: {have} of {wanted} Pods ready"


READERS = {
    "Node": _node,
    "Pod": _pod,
    "Deployment": _replicated,
    "StatefulSet": _replicated,
    "DaemonSet": _daemon_set,
}
