# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs the containers that ask: processor time and memory, of each kind of runner, in the same run.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md, and docs/safety.md builds on it.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import typing as t

from contest import WORK, Contender, goals, kubectl, say, where, write_playbook, write_section

NAMESPACE, ROUNDS = "bench-sources", 5
#: What the containers have, and the image of the lab that has nothing else.
IMAGES = {"Python": "frontend", "bash": "bashful", "busybox": "ledger"}
HOLD = {"Python": ["python3", "-c", "import time; time.sleep(3600)"]}
MOST_MS, MOST_MIB = 15, 32


@dataclasses.dataclass
class Usage:
    """What the accounts of a container say (cgroup v1, as on the lab)."""

    cpu_ms: float
    memory_mib: float
    peak_mib: float


def start() -> None:
    """Pods that do nothing but wait, so that all they use is the run's."""
    kubectl("create", "namespace", NAMESPACE)
    for kind, image in IMAGES.items():
        main = {"name": "main", "image": f"registry.lab:5000/shop-{image}:1"}
        main["command"] = HOLD.get(kind, ["sh", "-c", "while :; do sleep 3600; done"])
        spec = {"containers": [main], "terminationGracePeriodSeconds": 0, "nodeName": "w1"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": kind.lower()}, "spec": spec}
        kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=pod)
    kubectl("wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=60s")


def usage(kind: str) -> Usage:
    files = ("cpuacct/cpuacct.usage", "memory/memory.usage_in_bytes", "memory/memory.max_usage_in_bytes")
    read = "for file; do read -r value </sys/fs/cgroup/$file; echo $value; done"
    shell = ["bash" if kind == "bash" else "sh", "-c", read, "sh", *files]
    nanoseconds, now, peak = map(int, kubectl("exec", "-n", NAMESPACE, kind.lower(), "--", *shell).split())
    return Usage(nanoseconds / 1e6, now / 2**20, peak / 2**20)


def probes() -> dict[str, int]:
    """How many each source sent in the last run."""
    answers = json.loads((WORK / "sources" / "answers.json").read_text())
    return {entry["source"].split("/")[1]: len(entry["answers"]) for entry in answers["sources"]}


def measure(run: Contender) -> t.Iterator[tuple[str, float, float, int]]:
    """Of each kind: milliseconds of a processor for each probe, MiB at most, probes."""
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
        peak = usage(kind).peak_mib - before[kind].memory_mib
        yield kind, statistics.median(spent[kind]), peak, probes()[kind.lower()]


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    options = {"sources": [{"namespace": NAMESPACE}], "targets": [{"namespace": "shop"}], "dest": str(WORK / "sources")}
    run = Contender("sources", write_playbook("sources", [{"kubewire.netdebug.net_probe": options}]), ROUNDS)
    try:
        start()
        found = list(measure(run))
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    rows = "\n".join(f"| {kind} | {count} | {ms:.1f} | {mib:.1f} |" for kind, ms, mib, count in found)
    text = f"""{where()}

Three Pods that do nothing but wait, each with another kind of image, ask the sample application at the same time, with
the default options. The accounts of their own cgroups say what that took: median of {ROUNDS} runs, and the largest
memory of all of them.

| the container has | probes | ms of a processor for each | MiB at most |
| --- | --- | --- | --- |
{rows}

{
        goals(
            [
                (
                    "ms of a processor for a probe, the most costly kind",
                    max(ms for _kind, ms, _mib, _count in found),
                    MOST_MS,
                ),
                ("MiB in a source, the largest kind", max(mib for _kind, _ms, mib, _count in found), MOST_MIB),
            ]
        )
    }"""
    write_section("What a run costs the containers that ask", text)


if __name__ == "__main__":
    main()
