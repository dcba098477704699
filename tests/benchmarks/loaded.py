# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an application under load feels of a run that asks from it and asks it: the 99th percentile of its answers.

Beside it, the same run with a runner that spends as much processor time and sends nothing. Run by C(make bench), with
the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import time
import typing as t

from contest import OPERATOR, ROOT, WORK, Contender, goals, kubectl, say, where, write_playbook, write_section

NAMESPACE, ROUNDS, SECONDS, MOST_WORSE = "bench-loaded", 9, 15, 1.1
IMAGE, NODE, PORT = "registry.lab:5000/shop-frontend:1", "w1", 30090
#: One answer, in one segment, on connections that stay.
APPLICATION = """
import http.server
class Application(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n")
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    address_family = 10
    daemon_threads = True
Server(("::", 8080), Application).serve_forever()
"""
#: Four connections of wrk, each with a pause of 10 ms between its requests.
WRK = f"wrk --latency --threads 1 --connections 4 --duration {SECONDS} --script /tmp/pause.lua http://{NODE}:{PORT}/"
PAUSE = "function delay() return 10 end"
#: In the runner, what sends a probe, and what spends the time of one instead.
SENDS = "        PROTOCOLS[job.protocol](job)\n"
SPENDS = "        spend({seconds})\n"
SPEND = '''

def spend(seconds: float) -> None:
    """Use the processor, and nothing else."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass

'''


def pod(name: str) -> dict[str, t.Any]:
    main = {"name": "main", "image": IMAGE, "command": ["python3", "-c", APPLICATION]}
    main["ports"] = [{"containerPort": 8080, "name": "http"}]
    spec = {"containers": [main], "terminationGracePeriodSeconds": 0, "nodeName": NODE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def start() -> None:
    """The application, an equal one that nobody uses, and a node port of the first."""
    kubectl("create", "namespace", NAMESPACE)
    for name in ("loaded", "quiet"):
        kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=pod(name))
    port = {"port": 80, "targetPort": "http", "nodePort": PORT}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "loaded"}}
    service["spec"] = {"type": "NodePort", "selector": {"app": "loaded"}, "ports": [port]}
    kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=service)
    kubectl("wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=60s")
    subprocess.run([*OPERATOR, "ssh", "h1", "cat > /tmp/pause.lua"], input=PAUSE, text=True, check=True)


def collection(seconds: float) -> str:
    """A copy of the collection whose Python runner spends that for each try, and sends nothing."""
    copy = WORK / "spending"
    shutil.rmtree(copy, ignore_errors=True)
    root = copy / "ansible_collections" / "kubewire" / "netdebug"
    for part in ("plugins", "meta"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copy(ROOT / "galaxy.yml", root)
    file = root / "plugins" / "module_utils" / "_probe" / "runner_python.py"
    text = file.read_text()
    if text.count(SENDS) != 1:
        sys.exit(f"{file} is not what this benchmark knows")
    text = text.replace(SENDS, SPENDS.format(seconds=f"{seconds:.6f}"))
    file.write_text(text.replace("\n\ndef preload(", f"{SPEND}\ndef preload("))
    return str(copy)


def cpu_ms(name: str) -> float:
    read = "read -r value </sys/fs/cgroup/cpuacct/cpuacct.usage; echo $value"
    return int(kubectl("exec", "-n", NAMESPACE, name, "--", "sh", "-c", read)) / 1e6


def spent(run: Contender) -> float:
    """Milliseconds of a processor that a run takes in the container that nobody uses."""
    found = []
    for _round in range(3):
        begin = cpu_ms("quiet")
        looking = cpu_ms("quiet") - begin
        begin = cpu_ms("quiet")
        run.run()
        found.append(cpu_ms("quiet") - begin - looking)
    return statistics.median(found)


def tries() -> int:
    sources = json.loads((WORK / "loaded" / "answers.json").read_text())["sources"]
    quiet = next(one for one in sources if "/quiet" in one["source"])
    return sum(answer.get("sent", 1) for answer in quiet["answers"])


def p99_ms(run: Contender | None, every: float) -> float:
    """Of the application, while runs follow one another, one in so many seconds."""
    wrk = subprocess.Popen([*OPERATOR, "ssh", "h1", WRK], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    while run and wrk.poll() is None:
        run.run()
        time.sleep(max(0.0, every - run.seconds[-1]))
    said = wrk.communicate()[0]
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if not found:
        sys.exit(f"wrk said:\n{said}")
    return float(found[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[found[2]]


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    own = [{"namespace": NAMESPACE}]
    options = {"sources": own, "targets": [*own, {"namespace": "shop"}], "dest": str(WORK / "loaded")}
    command = write_playbook("loaded", [{"kubewire.netdebug.net_probe": options}])
    probing = Contender("probes", command, ROUNDS)
    spending = Contender("spends", command, ROUNDS)
    try:
        start()
        probing.run()
        probing_ms, count = spent(probing), tries()
        spending.environ = {"ANSIBLE_COLLECTIONS_PATH": collection(0)}
        idle_ms = spent(spending)
        collection(max(0.0, probing_ms - idle_ms) / 1000 / count)
        spending_ms = spent(spending)
        say(f"{probing_ms:.0f} ms with {count} tries, {idle_ms:.0f} ms with nothing, {spending_ms:.0f} ms spent")
        found: dict[str, list[float]] = {"none": [], "spends": [], "probes": []}
        for _round in range(ROUNDS):
            for name, run in {"none": None, "spends": spending, "probes": probing}.items():
                found[name].append(p99_ms(run, probing.median))
            say("  ".join(f"{name}: {values[-1]:.2f} ms" for name, values in found.items()))
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    medians = {name: statistics.median(values) for name, values in found.items()}
    names = {
        "none": "no run",
        "spends": "runs that spend as much processor time and send nothing",
        "probes": "runs that probe from it, and probe it",
    }
    rows = "\n".join(
        f"| {names[name]} | {medians[name]:.2f} | {min(values):.2f} - {max(values):.2f} |"
        for name, values in found.items()
    )
    figures = [("p99 with probes / with the same processor time", medians["probes"] / medians["spends"], MOST_WORSE)]
    text = f"""{where()}

The application is a Python server under the load of `wrk`, which keeps 4 connections and waits 10 ms after each answer,
for {SECONDS} s; it is a source of each run ({count} tries in {probing_ms:.0f} ms of its processor time,
{spending_ms:.0f} ms where they are only spent) and a target of it. {ROUNDS} rounds, turn by turn; medians of the 99th
percentile.

| beside the load | p99 ms | min - max ms |
| --- | --- | --- |
{rows}

{goals(figures)}"""
    write_section("An application under load", text)


if __name__ == "__main__":
    main()
