# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kwok: nodes that no machine stands behind, and Pods on them that no container runs in, for the size of a cluster.

Its nodes are tainted, so that nothing but DaemonSets lands on them by itself. Nothing answers there: what is on them is
listed, planned and reported, and a probe of it fails.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from kubelab import machines, programs
from kubelab.cluster import kubectl
from kubelab.proc import LabError, output, succeeds
from kubelab.progress import Progress
from kubelab.settings import CP, KUBECONFIG

MODULE = programs.KWOK
PROGRAM, STAGES, UNIT = Path("opt/kwok/kwok"), Path("opt/kwok/stages.yaml"), "kwok"
SOURCES = "sigs.k8s.io/kwok"
#: What becomes of nodes and Pods, as upstream has it; the program brings none of it.
STAGE_FILES = (
    *("node/fast/node-initialize", "node/heartbeat-with-lease/node-heartbeat-with-lease"),
    *("pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete"),
)
LABEL, ANNOTATION = {"type": "kwok"}, {"kwok.x-k8s.io/node": "fake"}
MOST = 200  #: nodes: each takes one of the 256 ranges of the cluster's Pods
SECONDS = 120.0
CAPACITY = {"cpu": "32", "memory": "256Gi", "pods": "110"}


def up(nodes: int, progress: Progress) -> None:
    """Start it, and return when so many nodes of its are Ready; there may have been others before."""
    if not KUBECONFIG.exists():
        raise LabError("the lab is down; start it with: make lab")
    if not 1 <= nodes <= MOST:
        raise LabError(f"kwok up {nodes}: from 1 to {MOST} nodes fit into the lab")
    program = programs.build_module(MODULE, progress) / "kwok"
    stages = _stages(programs.source(MODULE, SOURCES, progress))
    with progress.task(f"making {nodes} nodes with kwok") as task:
        _start(program, stages)
        output(kubectl("apply", "--server-side", "-f", "-"), stdin=json.dumps(_list(nodes)), timeout=SECONDS)
        end = time.monotonic() + SECONDS
        while (ready := _ready()) < nodes:
            if time.monotonic() > end:
                raise LabError(f"{ready} of {nodes} nodes of kwok are Ready after {SECONDS:.0f} s")
            task.detail = f"({ready} are Ready)"
            time.sleep(1)


def down(progress: Progress) -> None:
    """Remove its nodes with all that is on them, and end it."""
    if not KUBECONFIG.exists():
        return
    with progress.task("removing the nodes of kwok"):
        words = [f"{key}={value}" for key, value in LABEL.items()]
        output(kubectl("delete", "nodes", "-l", ",".join(words), "--ignore-not-found", "--wait=false"), timeout=SECONDS)
        there = {item["metadata"]["name"] for item in _items("nodes")}
        gone: dict[str, list[str]] = {}
        for pod in _items("pods", "-A"):
            if pod["spec"].get("nodeName", "") not in {*there, ""}:
                gone.setdefault(pod["metadata"]["namespace"], []).append(pod["metadata"]["name"])
        for namespace, names in gone.items():
            force = ("--grace-period=0", "--force", "--ignore-not-found", "--wait=false")
            output(kubectl("delete", "pods", "-n", namespace, *names, *force), timeout=SECONDS)
        succeeds(machines.command(CP, "systemctl", "stop", UNIT))
        shutil.rmtree((machines.FOLDER / CP.name / "root" / PROGRAM).parent, ignore_errors=True)


def _stages(sources: Path) -> str:
    return "---\n".join((sources / "kustomize" / "stage" / f"{name}.yaml").read_text() for name in STAGE_FILES)


def _start(program: Path, stages: str) -> None:
    if succeeds(machines.command(CP, "systemctl", "is-active", "--quiet", UNIT)):
        return
    target = machines.FOLDER / CP.name / "root" / PROGRAM
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(program, target)
    target.chmod(0o755)
    machines.write(CP, str(STAGES), stages)
    (key, value), *_more = ANNOTATION.items()
    options = (
        "--kubeconfig=/etc/kubernetes/admin.conf",
        f"--config=/{STAGES}",
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={key}={value}",
        "--node-lease-duration-seconds=40",
    )
    succeeds(machines.command(CP, "systemctl", "reset-failed", UNIT))
    run = ("systemd-run", f"--unit={UNIT}", "--property=Restart=on-failure", f"/{PROGRAM}", *options)
    output(machines.command(CP, *run))


def _list(nodes: int) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": [_node(f"kwok-{number:03}") for number in range(nodes)]}


def _node(name: str) -> dict[str, Any]:
    system = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**LABEL, **system}, "annotations": ANNOTATION},
        "spec": {"taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]},
        "status": {"allocatable": CAPACITY, "capacity": CAPACITY},
    }


def _ready() -> int:
    states = [
        each["status"]
        for node in _items("nodes", "-l", "type=kwok")
        for each in node["status"].get("conditions", ())
        if each["type"] == "Ready"
    ]
    return states.count("True")


def _items(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(output(kubectl("get", *words, "-o", "json"), timeout=SECONDS))["items"]
    return found
