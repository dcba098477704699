# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The latencies that a report shows, against ping and curl from the same Pod to the same targets, turn by turn.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import re
import statistics
import typing as t

from contest import WORK, Contender, goals, kubectl, say, where, write_playbook, write_section

NAMESPACE, POD, IMAGE, PORT = "bench-latency", "asker", "registry.lab:5000/debug:1", 8080
TRIES, ROUNDS = 20, 9
SLACK_MS, SLACK = 0.2, 0.1  #: a difference is small where it is below one of them

#: With the headers that net_probe sends: a server in Python takes a tenth of a millisecond for each.
CURL = "curl -s -H 'Connection: close' -A kubewire -o /dev/null"
#: How the others say it: a shell line, where their numbers are in it, and what these are multiplied by.
TOOLS = {
    "icmp": (f"ping -n -c {TRIES} -i 0.01 ADDRESS", r"time=([0-9.]+) ms", 1),
    "tcp": (f"{CURL} -w 'took=%{{time_connect}}\\n' 'http://ADDRESS:{PORT}/?[1-{TRIES}]'", r"took=([0-9.]+)", 1000),
    "http": (f"{CURL} -w 'took=%{{time_total}}\\n' 'http://ADDRESS:{PORT}/?[1-{TRIES}]'", r"took=([0-9.]+)", 1000),
}
Pair = tuple[str, str]  #: protocol, name of the target


def start(node: str) -> None:
    """The Pod that asks: it has Python, ping and curl."""
    spec = {"nodeName": node, "containers": [{"name": "main", "image": IMAGE, "command": ["sleep", "3600"]}]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": POD},
        "spec": {**spec, "terminationGracePeriodSeconds": 0},
    }
    kubectl("create", "namespace", NAMESPACE)
    kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=pod)
    kubectl("wait", "-n", NAMESPACE, f"pod/{POD}", "--for=condition=Ready", "--timeout=60s")


def targets() -> tuple[str, dict[str, str]]:
    """A node with a frontend Pod, and the addresses of that Pod and of one on another node."""
    pods = json.loads(kubectl("get", "pods", "-n", "shop", "-l", "app=frontend", "-o", "json"))["items"]
    here, there = pods[0], next(pod for pod in pods if pod["spec"]["nodeName"] != pods[0]["spec"]["nodeName"])
    found = {"same node": here["status"]["podIP"], "other node": there["status"]["podIP"]}
    return here["spec"]["nodeName"], found


def ours(found: t.Mapping[str, str]) -> Contender:
    asked = [
        {"host": address, **({"protocol": protocol} if protocol == "icmp" else {"port": PORT, "protocol": protocol})}
        for address in found.values()
        for protocol in TOOLS
    ]
    task = {
        "namespaces": [NAMESPACE],
        "sources": [{"namespace": NAMESPACE, "pod": POD}],
        "targets": asked,
        "models": [],
        "families": ["IPv4"],
        "tries": TRIES,
        "dest": str(WORK / "latency"),
    }
    return Contender("latency", write_playbook("latency", [{"kubewire.netdebug.net_probe": task}]), ROUNDS)


def answered(found: t.Mapping[str, str]) -> dict[Pair, float]:
    """The medians of the last run of ours."""
    names = {address: name for name, address in found.items()}
    cells = json.loads((WORK / "latency" / "report.json").read_text())["cells"]
    return {
        (cell["protocol"], names[re.sub(r"^http://|:.*$", "", cell["asked"].removeprefix("http://"))]): cell[
            "evidence"
        ]["percentiles"]["p50"]
        for cell in cells
    }


def by_tool(pair: Pair, found: t.Mapping[str, str]) -> float:
    line, pattern, factor = TOOLS[pair[0]]
    said = kubectl("exec", "-n", NAMESPACE, POD, "--", "sh", "-c", line.replace("ADDRESS", found[pair[1]]))
    return statistics.median(float(number) * factor for number in re.findall(pattern, said))


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    node, found = targets()
    pairs = [(protocol, name) for protocol in TOOLS for name in found]
    measured: dict[Pair, list[tuple[float, float]]] = {pair: [] for pair in pairs}
    start(node)
    try:
        runbook = ours(found)
        for _round in range(ROUNDS):
            runbook.run()
            medians = answered(found)
            for pair in pairs:
                measured[pair].append((medians[pair], by_tool(pair, found)))
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    rows, figures = [], []
    for (protocol, name), both in measured.items():
        own, other = (statistics.median(values) for values in zip(*both, strict=True))
        tool = "ping" if protocol == "icmp" else "curl"
        rows.append(f"| {protocol}, {name} | {own:.3f} | {other:.3f} | {own - other:+.3f} | {own / other - 1:+.0%} |")
        figures.append(
            (f"{protocol}, {name}: difference to {tool} in ms", abs(own - other), max(SLACK_MS, SLACK * other))
        )
    table = "\n".join(
        ["| what | net_probe ms | ping, curl ms | difference ms | |", "| --- | --- | --- | --- | --- |", *rows]
    )
    text = f"""{where()}

From one Pod of the debug image, {ROUNDS} rounds of {TRIES} tries each, turn by turn; medians of the medians. net_probe
sends everything at once; `ping -i 0.01` and `curl -w` (`time_connect`, `time_total`; a new connection each, one
process) send one thing after the other.

{table}

{goals(figures)}"""
    write_section("Latencies against ping and curl", text)
    say("done")


if __name__ == "__main__":
    main()
