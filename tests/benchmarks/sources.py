# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs the containers that send probes: processor time and memory, of each kind of runner, in the same run.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md, and docs/safety.md builds on it.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import typing as t

from contest import WORK, Contender, goals, kubectl, say, where, write_playbook, write_section

NAMESPACE, ROUNDS = "bench-sources", 20
#: What the containers have, and the image of the lab that has nothing else.
IMAGES = {"Python": "frontend", "bash": "bashful", "busybox": "ledger"}
#: Neither of them clears orphans away.
HOLD = {"Python": ["python3", "-c", "import time; time.sleep(3600)"]}
MOST_MS, MOST_MIB = 15, 32


@dataclasses.dataclass
class Usage:
    """What the accounts of a container say (cgroup v1, as on the lab)."""

    cpu_ms: float
    memory_mib: float
    peak_mib: float
    processes: int


@dataclasses.dataclass
class Cost:
    """What the runs took of a container: milliseconds of a processor for each probe, MiB at most, processes left."""

    kind: str
    probes: int
    ms: float
    mib: float
    processes: int


def start() -> None:
    """Pods that do nothing but wait, so that all they use is the run's."""
    kubectl("create", "namespace", NAMESPACE)
    for kind, image in IMAGES.items():
        main = {"name": "main", "image": f"registry.lab:5000/shop-{image}:1"}
        main["command"] = HOLD.get(kind, ["sleep", "3600"])
        spec = {"containers": [main], "terminationGracePeriodSeconds": 0, "nodeName": "w1"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": kind.lower()}, "spec": spec}
        kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=pod)
    kubectl("wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=60s")


def usage(kind: str) -> Usage:
    files = ("cpuacct/cpuacct.usage", "memory/memory.usage_in_bytes", "memory/memory.max_usage_in_bytes")
    read = "for file; do read -r value </sys/fs/cgroup/$file; echo $value; done; set -- /proc/[0-9]*; echo $#"
    shell = ["bash" if kind == "bash" else "sh", "-c", read, "sh", *files]
    nanoseconds, now, peak, processes = map(int, kubectl("exec", "-n", NAMESPACE, kind.lower(), "--", *shell).split())
    return Usage(nanoseconds / 1e6, now / 2**20, peak / 2**20, processes)


def probes() -> dict[str, int]:
    """How many each source sent in the last run."""
    answers = json.loads((WORK / "sources" / "answers.json").read_text())
    return {entry["source"].split("/")[1]: len(entry["answers"]) for entry in answers["sources"]}


def measure(run: Contender) -> t.Iterator[Cost]:
    spent: dict[str, list[float]] = {kind: [] for kind in IMAGES}
    before = {kind: usage(kind) for kind in IMAGES}
    for _round in range(ROUNDS):
        begin = {kind: usage(kind) for kind in IMAGES}
        looking = {kind: usage(kind).cpu_ms - begin[kind].cpu_ms for kind in IMAGES}  # what looking costs by itself
        begin = {kind: usage(kind) for kind in IMAGES}
        run.run()
        for kind in IMAGES:
            spent[kind].append((usage(kind).cpu_ms - begin[kind].cpu_ms - looking[kind]) / probes()[kind.lower()])
        say("  ".join(f"{kind}: {each[-1]:.1f} ms" for kind, each in spent.items()))
    for kind in IMAGES:
        after, was = usage(kind), before[kind]
        peak, stayed = after.peak_mib - was.memory_mib, after.processes - was.processes
        yield Cost(kind, probes()[kind.lower()], statistics.median(spent[kind]), peak, stayed)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    options = {"sources": [{"namespace": NAMESPACE}], "targets": [{"namespace": "shop"}], "dest": str(WORK / "sources")}
    run = Contender("sources", write_playbook("sources", [{"kubewire.netdebug.net_probe": options}]), ROUNDS)
    try:
        start()
        found = list(measure(run))
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    rows = "\n".join(
        f"| {cost.kind} | {cost.probes} | {cost.ms:.1f} | {cost.mib:.1f} | {cost.processes} |" for cost in found
    )
    figures = [
        ("ms of a processor for a probe, the most costly kind", max(cost.ms for cost in found), MOST_MS),
        ("MiB in a source, the largest kind", max(cost.mib for cost in found), MOST_MIB),
        ("processes more than before", sum(cost.processes for cost in found), 0),
    ]
    text = f"""{where()}

Three Pods, each with another kind of image, probe the sample application at the same time, with the default options,
{ROUNDS} times. The accounts of their own cgroups say what that took: the median, and the largest memory of all runs.
The first process of each only waits, and clears no orphans away.

| the container has | probes | ms of a processor for each | MiB at most | processes more than before |
| --- | --- | --- | --- | --- |
{rows}

{goals(figures)}"""
    write_section("What a run costs the containers that send probes", text)


if __name__ == "__main__":
    main()
