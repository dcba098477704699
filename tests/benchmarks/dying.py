# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run with as many sources as the lab bears, a tenth of which die meanwhile: what is left of its matrix.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import collections
import json
import pathlib
import subprocess
import sys
import threading
import time
import typing as t

from contest import WORK, Contender, goals, kubectl, say, where, write_playbook, write_section

NAMESPACE, IMAGE = "bench-dying", "registry.lab:5000/shop-frontend:1"
MOST, LEAST = 190, 180  #: sources
SPARE = 3  #: Pods that each node has room for beside them
MOST_MIB, BEGUN = 200, 16  #: of the module; sources that have answered when the others begin to die
FOLDER = WORK / "dying"


def free() -> dict[str, int]:
    """How many Pods each node has room for."""
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    pods = json.loads(kubectl("get", "pods", "-A", "-o", "json"))["items"]
    there = collections.Counter(pod["spec"].get("nodeName") for pod in pods)
    return {
        node["metadata"]["name"]: int(node["status"]["allocatable"]["pods"]) - there[node["metadata"]["name"]] - SPARE
        for node in nodes
    }


def start() -> list[str]:
    """Create Pods that only wait, each on a node that has room for it; return their names."""
    room = free()
    places = [node for node, count in sorted(room.items()) for _number in range(max(0, count))][:MOST]
    container = {"name": "main", "image": IMAGE, "command": ["python3", "-c", "import time; time.sleep(3600)"]}
    container["resources"] = {"requests": {"cpu": "1m", "memory": "8Mi"}}
    items = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"source-{number:03}", "namespace": NAMESPACE},
            "spec": {
                "containers": [container],
                "nodeName": node,
                "terminationGracePeriodSeconds": 0,
                "automountServiceAccountToken": False,
            },
        }
        for number, node in enumerate(places)
    ]
    kubectl("create", "namespace", NAMESPACE)
    time.sleep(1)  # its ServiceAccount
    kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": items})
    kubectl("wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=420s")
    return [item["metadata"]["name"] for item in items]


def kill(names: t.Collection[str], progress: pathlib.Path, killed: list[str]) -> None:
    """Once some sources have answered, delete a tenth of all, of those that have not."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        lines = progress.read_text().splitlines() if progress.exists() else []
        done = {name for name in names if any(f"/{name}/" in line for line in lines)}
        if len(done) >= BEGUN:
            break
        time.sleep(0.1)
    waiting = [name for name in names if name not in done]
    killed += waiting[:: max(1, len(waiting) * 10 // len(names))][: len(names) // 10]
    for name in killed:
        words = ("delete", "pod", "-n", NAMESPACE, name, "--grace-period=0", "--force", "--wait=false")
        subprocess.Popen(
            [str(word) for word in (*Contender("", [], 1).runner, "kubectl", *words)], stderr=subprocess.DEVNULL
        )
    say(f"{len(done)} had answered when {len(killed)} were deleted")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    progress = FOLDER / "progress"
    progress.unlink(missing_ok=True)
    options = {
        "sources": [{"namespace": NAMESPACE}],
        "targets": [{"namespace": "shop"}],
        "progress": str(progress),
        "dest": str(FOLDER),
        "outside": [],
        "deadline": 300,
    }
    run = Contender("dying", write_playbook("dying", [{"kubewire.netdebug.net_probe": options}]), 1)
    killed: list[str] = []
    try:
        names = start()
        killer = threading.Thread(target=kill, args=(names, progress, killed), daemon=True)
        killer.start()
        run.run()
        killer.join()
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    report = json.loads((FOLDER / "report.json").read_text())
    verdicts = {name: collections.Counter[str]() for name in names}
    for cell in report["cells"]:
        verdicts[cell["source"].split("/")[1]][cell["verdict"]] += 1
    silent = [name for name in names if not verdicts[name]["pass"]]
    alive = sum((verdicts[name] for name in names if name not in killed), collections.Counter[str]())
    dead = sum((verdicts[name] for name in killed), collections.Counter[str]())
    if "Traceback" in (WORK / "dying.log").read_text():
        sys.exit(f"a traceback; see {WORK / 'dying.log'}")

    def row(title: str, count: int, found: collections.Counter[str]) -> str:
        words = ("pass", "fail", "unexpected_open", "unknown", "skipped")
        return f"| {title} | {count} | " + " | ".join(f"{found[word]:,}" for word in words) + " |"

    figures = [
        ("MiB of the largest process", run.peak_mib, MOST_MIB),
        ("sources that lived and have no answer", len(set(silent) - set(killed)), 0),
        ("failed cells of sources that died", dead["fail"] + dead["unexpected_open"], 0),
        (f"sources less than {LEAST}", max(0, LEAST - len(names)), 0),
    ]
    text = f"""{where()}

{len(names)} Pods probe the sample application in one run with the default options, 32 at a time; {len(killed)} of them,
which had not answered, were deleted when {BEGUN} others had. The run took {run.seconds[-1]:.0f} s, ended with exit
code 0 and wrote its report. {len(set(silent) & set(killed))} of the deleted ones have no answer at all.

| sources | number | pass | fail | unexpected_open | unknown | skipped |
| --- | --- | --- | --- | --- | --- | --- |
{row("lived", len(names) - len(killed), alive)}
{row("were deleted", len(killed), dead)}

{goals(figures)}"""
    write_section("Many sources, some of which die", text)


if __name__ == "__main__":
    main()
