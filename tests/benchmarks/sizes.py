# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the default run costs the machine that it starts on, in clusters of 10 to 5,000 nodes: snapshot, plan, report.

Their lists are generated and served by the API server of C(large.py). Processor time, since other work on the machine
is none of the run's. The answers are made up: one node of a hundred does not answer, everything else does.
Run by C(make bench); the result is a section of docs/benchmarks.md. C(sizes.py NODES...) measures these sizes alone.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import large
from contest import ROOT, WORK, goals, say, write_section

COLLECTIONS = str(ROOT / "build" / "collections")
NETDEBUG = "ansible_collections.kubewire.netdebug"
NODES = (10, 100, 1000, 5000)
PODS = 10  #: of a node
BROKEN = 100  #: one node of so many does not answer
WHAT = (
    "Modules as processes of their own, on generated lists: ten Pods a node, each with addresses of both families and "
    "a port, as many Deployments, each with a Service, as nodes, at least 20; an Ingress for every fifth. `net_info` "
    "writes the snapshot, `net_probe` in check mode reads it and makes the plan of the default run, and, once answers "
    "are there of which one node of a hundred has none, judges them, and `net_report` draws the page. Processor time."
)


@dataclasses.dataclass
class Cost:
    """Of one process: seconds of a processor, MiB at most, and its result."""

    seconds: float
    mib: float
    result: dict[str, t.Any]


def module(name: str, folder: pathlib.Path, check: bool = False, **options: t.Any) -> Cost:
    """Run a module as Ansible does, and say what it took."""
    arguments = folder / f"{name}.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check}}))
    command = [sys.executable, "-m", f"{NETDEBUG}.plugins.modules.{name}", str(arguments)]
    environ = {**os.environ, "PYTHONPATH": COLLECTIONS}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True)
    assert process.stdout
    said = process.stdout.read()
    _pid, code, usage = os.wait4(process.pid, 0)
    if code:
        sys.exit(f"{name} failed: {said[:2000]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(said))


def answer(folder: pathlib.Path) -> None:
    """Write C(answers.json) of the default run on a snapshot; a process of its own, whose memory counts for nothing."""
    sys.path.insert(0, COLLECTIONS)
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import recording
    from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, SourceReport
    from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_probe import ProbeRun
    from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import is_address
    from ansible_collections.kubewire.netdebug.plugins.modules.net_probe import argument_spec

    given = {"snapshot": str(folder / "snapshot.json"), "outside": []}
    run = ProbeRun(ArgumentSpecValidator(argument_spec()).validate(given).validated_parameters, "2.19")
    run.make_plan()
    broken = {node.name for number, node in enumerate(run.snapshot.nodes) if number % BROKEN == 3}

    def of(probe: Probe) -> Answer:
        address = probe.host if is_address(probe.host) else ""
        if run.plan.targets[probe.target].node in broken:
            return Answer(probe.id, "timeout", ms=4000.0, address=address, tool="python")
        outcome = "http_200" if probe.protocol in ("http", "https") else "open"
        return Answer(probe.id, outcome, ms=1.5, address=address, answers=probe.answers, tool="python")

    reports = [
        SourceReport(source.id, "container", runner="python", answers=tuple(map(of, probes)))
        for source, probes in run.plan.by_source()
    ]
    now = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"
    made = recording.record(run.plan, reports, {**run.run, "start": now, "end": now, "execs": len(reports)}, [])
    (folder / "answers.json").write_text(json.dumps({**made, "intermittent": [], "follow_ups": []}))


def measure(nodes: int) -> dict[str, t.Any]:
    """All stages on a cluster of so many nodes."""
    folder = WORK / f"size-{nodes}"
    folder.mkdir(parents=True, exist_ok=True)
    deployments = max(20, nodes)
    server = large.serve(large.lists(nodes, PODS, deployments, deployments // 5))
    api = {"host": f"http://127.0.0.1:{server.server_port}", "api_key": "bench-token"}
    snapshot = str(folder / "snapshot.json")
    read = module("net_info", folder, **api, dest=snapshot)
    plan = module("net_probe", folder, check=True, **api, snapshot=snapshot)
    server.shutdown()
    subprocess.run([sys.executable, __file__, "--answer", str(folder)], check=True)
    judged = module("net_probe", folder, snapshot=snapshot, replay=str(folder / "answers.json"), dest=str(folder))
    drawn = module("net_report", folder, src=str(folder / "report.json"), dest=str(folder / "drawn"))
    found = {
        "nodes": nodes,
        "plan of": plan.result["plan"],
        "snapshot": read,
        "plan": plan,
        "judge": judged,
        "report": drawn,
        "page": (folder / "drawn" / "report.html").stat().st_size / 1000,
        "tally": judged.result["tally"],
    }
    say(f"{nodes} nodes: {row(found)}\n{found['tally']}")
    return found


def estimated(found: dict[str, t.Any]) -> float:
    """The seconds that the run would take, by check mode."""
    return float(found["plan of"]["seconds"])


def row(found: dict[str, t.Any]) -> str:
    plan = found["plan of"]
    costs = (f"{found[name].seconds:.1f} | {found[name].mib:.0f}" for name in ("snapshot", "plan", "judge", "report"))
    numbers = f"{found['nodes']:,} | {found['nodes'] * PODS:,} | {plan['cells']:,} | {plan['execs']:,}"
    return f"| {numbers} | {plan['seconds']:,} | {' | '.join(costs)} | {found['page']:.0f} |"


def main() -> None:
    if sys.argv[1:2] == ["--answer"]:
        answer(pathlib.Path(sys.argv[2]))
        return
    wanted = tuple(map(int, sys.argv[1:]))
    by_size = {nodes: measure(nodes) for nodes in wanted or NODES}
    if wanted:
        return
    middle, largest = by_size[100], by_size[5000]
    figures = (
        ("1,000 Pods on 100 nodes: plan, s of a processor", middle["plan"].seconds, 3),
        ("1,000 Pods on 100 nodes: plan, MiB", middle["plan"].mib, 150),
        ("50,000 Pods on 5,000 nodes: snapshot, s of a processor", largest["snapshot"].seconds, 30),
        ("50,000 Pods on 5,000 nodes: snapshot, MiB", largest["snapshot"].mib, 400),
        ("50,000 Pods on 5,000 nodes: plan, s of a processor", largest["plan"].seconds, 20),
        ("50,000 Pods on 5,000 nodes: plan, MiB", largest["plan"].mib, 500),
        ("50,000 Pods on 5,000 nodes: report.html, kB", largest["page"], 500),
        ("estimated s of the longest run, whose default deadline is 120 s", max(map(estimated, by_size.values())), 120),
    )
    head = ("nodes", "Pods", "cells", "execs", "estimated s")
    stages = (f"{name} {unit}" for name in ("snapshot", "plan", "judge", "report") for unit in ("s", "MiB"))
    columns = (*head, *stages, "page kB")
    table = "\n".join([f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}", *map(row, by_size.values())])
    log = ["git", "log", "-1", "--format=%h", "--", ".", ":!docs"]
    commit = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    when = f"{datetime.date.today()}, at {commit}, {os.cpu_count()} cores."
    first = f"The first line of the report of the largest: {largest['tally']}."
    write_section("From 10 to 5,000 nodes", f"{when}\n\n{WHAT}\n\n{table}\n\n{first}\n\n{goals(figures)}")


if __name__ == "__main__":
    main()
