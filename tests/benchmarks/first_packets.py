# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs where a program in user space judges each first packet, as the network plugins of kind and minikube do.

The reference enforcer takes the place of the lab's own: does it lose packets by a run, do verdicts differ, how much
longer do runs take? Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import collections
import json
import statistics
import subprocess
import typing as t

from contest import PLAYBOOK, ROOT, WORK, Contender, goals, kubectl, on_node, say, times, where, write_section

ROUNDS, MOST_SLOWER = 3, 1.2
NODES = ("cp", "w1", "w2")
IMAGE = "registry.lab:5000/debug:1"
DEMO = {
    "connectivity_namespaces": ["shop", "shop-restricted", "vault", "traefik"],
    "connectivity_internet": [{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
}
#: What is run, with each enforcer.
RUNS: dict[str, dict[str, t.Any]] = {"the whole lab": {}, "demo": DEMO}
Cell = tuple[str, ...]


def lost() -> dict[str, int]:
    """Packets that its socket could not take so far, by node: C(user_dropped), the seventh number of a queue."""
    queues = {node: on_node(node, "cat /proc/net/netfilter/nfnetlink_queue") for node in NODES}
    return {node: sum(int(line.split()[6]) for line in text.splitlines()) for node, text in queues.items()}


def verdicts(folder: str) -> dict[Cell, tuple[str, str]]:
    """What the last run there said of each of its cells."""
    cells = json.loads((WORK / folder / "report.json").read_text())["cells"]
    return {
        tuple(str(cell.get(key)) for key in ("model", "source", "target", "asked", "protocol", "family")): (
            cell["verdict"],
            cell["reason"],
        )
        for cell in cells
    }


def backends() -> dict[str, set[str]]:
    """The Pods of each Service, by its id in a report."""
    found: dict[str, set[str]] = {}
    for piece in json.loads(kubectl("get", "endpointslices", "-A", "-o", "json"))["items"]:
        namespace, service = piece["metadata"]["namespace"], piece["metadata"]["labels"]["kubernetes.io/service-name"]
        pods = {f"{namespace}/{end['targetRef']['name']}" for end in piece["endpoints"] or () if "targetRef" in end}
        found.setdefault(f"svc/{namespace}/{service}", set()).update(pods)
    return found


def to_itself(cell: Cell, pods: t.Mapping[str, set[str]]) -> bool:
    """Whether a Pod asked a Service of which it is the only one: what the reference enforcer closes."""
    _model, source, target, *_rest = cell
    return pods.get(target.partition(":")[0]) == {source.rpartition("/")[0]}


def choose(which: str) -> None:
    subprocess.run([ROOT / "lab" / "lab", "enforcer", which], check=True, stdin=subprocess.DEVNULL)


def contender(run: str, which: str) -> Contender:
    folder = f"{run} {which}".replace(" ", "-")
    options = {
        **RUNS[run],
        "connectivity_debug_image": IMAGE,
        "connectivity_run_dir": str(WORK / folder),
    }
    return Contender(folder, [PLAYBOOK, "kubewire.netdebug.connectivity", "-e", json.dumps(options)], ROUNDS)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    contenders = {(run, which): contender(run, which) for run in RUNS for which in ("own", "reference")}
    dropped: collections.Counter[str] = collections.Counter()
    differ: collections.Counter[str] = collections.Counter()
    compared = 0
    try:
        for _round in range(ROUNDS):
            for which in ("own", "reference"):
                choose(which)
                for run in RUNS:
                    one = contenders[run, which]
                    before = lost() if which == "reference" else {}
                    one.run()
                    if which == "own":
                        continue
                    losses = {node: count - before[node] for node, count in lost().items()}
                    dropped.update(losses)
                    first, second = verdicts(contenders[run, "own"].name), verdicts(one.name)
                    compared += len(first)
                    pods = backends()
                    for cell in sorted(first.keys() | second.keys()):
                        was, now = first.get(cell, ("missing", "")), second.get(cell, ("missing", ""))
                        if was[0] != now[0]:
                            itself = to_itself(cell, pods)
                            differ["itself" if itself else "other"] += 1
                            if not itself:
                                say(f"  {' '.join(cell)}: {was} -> {now}")
                    say(f"{run}: lost {losses}, verdicts that differ so far {dict(differ)}")
    finally:
        choose("own")
    medians = {key: statistics.median(one.seconds) for key, one in contenders.items()}
    slower = {run: medians[run, "reference"] / medians[run, "own"] for run in RUNS}
    figures = [
        *((f"first packets lost on {node}", float(dropped[node]), 0.0) for node in NODES),
        ("verdicts that differ", float(differ["other"]), 0.0),
        *((f"{run}: seconds with it / without", slower[run], MOST_SLOWER) for run in RUNS),
    ]
    text = f"""{where()}

kube-network-policies v0.8.0 in place of the lab's own enforcer, which works in the kernel; `demo` is the run of
`make demo`, the whole lab that of no namespace, both with the debug image. {ROUNDS} rounds, turn by turn, in which
{compared:,} verdicts were compared. Lost is what `user_dropped` grew by in `/proc/net/netfilter/nfnetlink_queue`.
{differ["itself"]} verdicts are not counted: those of Pods that probe a Service of which they are the only Pod, which
this enforcer closes where no policy names them. A run with it waits for each of these until the timeout, twice.

{times(list(contenders.values()))}

{goals(figures)}"""
    write_section("Where each first packet is judged in user space", text)


if __name__ == "__main__":
    main()
