# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred Pods probe each other, where the kernel's table of neighbours is as small as nobody raised it.

What a bystander's new connections meet meanwhile, and what nodes and targets get: connections in a second, execs at
once. Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import pathlib
import re
import subprocess
import threading
import typing as t

from contest import OPERATOR, PLAYBOOK, WORK, Contender, goals, kubectl, say, where, write_section

NAMESPACE, PODS, THRESHOLD, CONNECTIONS = "bench-mesh", 100, 1024, 1000
BESIDE_S = 120  #: what the bystander's connections are spread over
WORKERS = ("w1", "w2")
#: What holds by construction (docs/safety.md): execs at once, and tries in a second, with one of each exec at its edge.
MOST_EXECS = 32
MOST_CONNECTIONS = 600 + MOST_EXECS
IMAGE = "registry.lab:5000/shop-frontend:1"
SERVER = """
import socket
server = socket.create_server(("::", 8080), family=socket.AF_INET6, backlog=1024, dualstack_ipv6=True)
while True:
    server.accept()[0].close()
"""
#: Connects again and again to one after the other, and prints what came of it when it has done so often enough.
BYSTANDER = """
import socket, sys, time
count, pause, *targets = sys.argv[1:]
took, failed = [], []
for number in range(int(count)):
    target = targets[number % len(targets)]
    began = time.monotonic()
    try:
        socket.create_connection((target, 8080), timeout=3).close()
        took.append(time.monotonic() - began)
    except OSError as error:
        failed.append(target + " " + str(error))
    time.sleep(max(0, began + float(pause) - time.monotonic()))
took.sort()
print(len(failed), *(round(took[int(len(took) * share)] * 1000, 2) for share in (.5, .99, .999)), failed[:3], sep="|")
"""
PROC = pathlib.Path("/proc")


def pod(name: str, node: str, program: str, labels: dict[str, str]) -> dict[str, t.Any]:
    main = {"name": "main", "image": IMAGE, "command": ["python3", "-c", program], "ports": [{"containerPort": 8080}]}
    main["resources"] = {"requests": {"cpu": "1m", "memory": "4Mi"}}
    spec = {"containers": [main], "terminationGracePeriodSeconds": 0, "nodeName": node}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def start() -> None:
    kubectl("create", "namespace", NAMESPACE)
    pods = [pod(f"mesh-{i}", WORKERS[i % 2], SERVER, {"app": "mesh"}) for i in range(PODS)]
    pods += [pod(f"near-{i}", WORKERS[i % 2], SERVER, {"app": "near"}) for i in range(10)]
    pods.append(pod("bystander", "w1", "import time; time.sleep(36000)", {"app": "bystander"}))
    kubectl("create", "-n", NAMESPACE, "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": pods})
    kubectl("wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=400s")


def addresses(label: str) -> list[str]:
    found = json.loads(kubectl("get", "pods", "-n", NAMESPACE, "-l", f"app={label}", "-o", "json"))["items"]
    return [address["ip"] for item in found for address in item["status"]["podIPs"]]


@contextlib.contextmanager
def small_table() -> t.Iterator[None]:
    """The thresholds as Linux has them: they are the machine's, for all of its network namespaces."""
    values = {"gc_thresh1": 128, "gc_thresh2": 512, "gc_thresh3": THRESHOLD}
    wanted = {
        pathlib.Path(f"/proc/sys/net/{family}/neigh/default/{name}"): value
        for family in ("ipv4", "ipv6")
        for name, value in values.items()
    }
    before = {path: path.read_text() for path in wanted}
    try:
        for path, value in wanted.items():
            path.write_text(str(value))
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)


class Bystander:
    """Somebody who has nothing to do with the run, and makes new connections all the while."""

    def __init__(self, count: int, seconds: float) -> None:
        words = ["python3", "-c", BYSTANDER, str(count), str(seconds / count), *addresses("near")]
        command = [*OPERATOR, "kubectl", "exec", "-n", NAMESPACE, "bystander", "--", *words]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def end(self) -> tuple[int, list[str], str]:
        """How many failed, the median, p99 and p99.9 of the others in milliseconds, and the first failures."""
        said = self._process.communicate()[0].strip().split("|")
        return int(said[0]), said[1:4], said[4]


class NewConnections:
    """What the connection tracking of a node counts as new, by second and by destination."""

    def __init__(self, node: str) -> None:
        self.path = WORK / f"conntrack-{node}.log"
        self._out = self.path.open("w")
        command = [*OPERATOR, "ssh", node, "conntrack -E -e NEW -o timestamp -b 8388608"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.STDOUT)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._out.close()

    def most(self, ours: set[str]) -> tuple[int, int]:
        """In a second, between Pods of the mesh: of the node, and to one of them."""
        whole, single = collections.Counter[int](), collections.Counter[tuple[int, str]]()
        for match in re.finditer(r"^\[(\d+)\.\d+\s*\].*?src=(\S+) dst=(\S+)", self.path.read_text(), re.M):
            second, source, destination = int(match[1]), match[2], match[3]
            if source in ours and destination in ours:
                whole[second] += 1
                single[second, destination] += 1
        return max(whole.values(), default=0), max(single.values(), default=0)


class Execs:
    """How many processes the runtime started in containers beside their first ones, at once, by node."""

    def __init__(self) -> None:
        self.most = dict.fromkeys(WORKERS, 0)
        self._nodes = {os.stat(f"/run/netns/{node}").st_ino: node for node in WORKERS}
        self._first = self._children()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _children(self) -> dict[str, set[int]]:
        parents, shims = {}, {}
        for folder in PROC.glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
                pid = int(folder.name)
                parents[pid] = int(rest.split()[1])
                if name.startswith("containerd-shim"):
                    shims[pid] = self._nodes.get((folder / "ns" / "net").stat().st_ino, "")
        found: dict[str, set[int]] = {node: set() for node in WORKERS}
        for pid, parent in parents.items():
            if node := shims.get(parent):
                found[node].add(pid)
        return found

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            for node, children in self._children().items():
                self.most[node] = max(self.most[node], len(children - self._first[node]))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    options = {
        "connectivity_sources": [{"namespace": NAMESPACE, "label_selector": "app=mesh"}],
        "connectivity_targets": [{"namespace": NAMESPACE, "label_selector": "app=mesh"}],
        "connectivity_sample": {"mode": "all"},  # by itself, it would be one of more than 25,000 cells
        "connectivity_run_dir": str(WORK / "mesh"),
    }
    run = Contender("mesh", [PLAYBOOK, "kubewire.netdebug.connectivity", "-e", json.dumps(options)], 1)
    try:
        start()
        ours = set(addresses("mesh"))
        with small_table():
            alone = Bystander(CONNECTIONS, BESIDE_S).end()
            say(f"bystander alone: {alone}")
            counted = {node: NewConnections(node) for node in WORKERS}
            with contextlib.ExitStack() as watched:
                for one in counted.values():
                    watched.callback(one.close)
                execs = Execs()
                watched.callback(execs.close)
                beside = Bystander(CONNECTIONS, BESIDE_S)
                run.run()
                meanwhile = beside.end()
            found = {node: one.most(ours) for node, one in counted.items()}
        say(f"bystander beside the run: {meanwhile}; connections {found}; execs {execs.most}")
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    cells = json.loads((WORK / "mesh" / "report.json").read_text())["cells"]
    counts = collections.Counter(cell["verdict"] for cell in cells)
    red = counts["fail"] + counts["unexpected_open"]
    figures = [
        (f"new connections of the bystander that fail, of {CONNECTIONS:,}", meanwhile[0], 0),
        ("red cells", red, 0),
        ("new connections of a node in a second", max(whole for whole, _single in found.values()), MOST_CONNECTIONS),
        ("new connections to one target in a second", max(single for _w, single in found.values()), MOST_CONNECTIONS),
        ("execs at once on a node", max(execs.most.values()), MOST_EXECS),
    ]
    rows = "\n".join(
        f"| {name} | {failed} | {' | '.join(took)} |"
        for name, (failed, took, _which) in {"alone": alone, "beside the run": meanwhile}.items()
    )
    seen = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common())
    text = f"""{where()}

{PODS} Pods on two nodes, all sources and targets of one run with `sample: {{mode: all}}` ({len(cells):,} cells: {seen};
{run.median:.0f} s), while the tables of neighbours hold {THRESHOLD:,} of each family, for all nodes together.
A Pod that is not among them makes {CONNECTIONS:,} new connections to ten others, by both families in turn.

| the bystander | connections that failed | median ms | p99 ms | p99.9 ms |
| --- | --- | --- | --- | --- |
{rows}

{goals(figures)}"""
    write_section("A hundred Pods probe each other, beside a bystander", text)


if __name__ == "__main__":
    main()
