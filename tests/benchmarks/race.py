# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten Pods ask each other by TCP, a hundred probes, in three ways, side by side on one cluster.

The contenders take turns, so that a machine whose speed drifts drifts for all of them; what is quoted is the ratio of
medians of whole processes. Run by C(make bench), with the lab up; the result is docs/benchmarks.md.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import typing as t
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "bench"
OPERATOR = [str(ROOT / "lab" / "run")]
HOME_CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
CACHE = pathlib.Path(os.environ.get("KUBEWIRE_CACHE") or HOME_CACHE / "kubewire") / "bench"
NAMESPACE, PODS, PORT = "bench", 10, 8080
ANSIBLE = "ansible==12.3.0"  # the newest bundle for Python 3.11; it holds kubernetes.core 6.2.0
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 4).close()"


@dataclasses.dataclass
class Contender:
    """One way to send the hundred probes: a command line, and how often it runs."""

    name: str
    command: list[str]
    rounds: int
    seconds: list[float] = dataclasses.field(default_factory=list)
    peak_mib: float = 0.0

    def run(self) -> None:
        """Run it once as a whole process; it must succeed, or the figure means nothing."""
        log = WORK / f"{self.name}.log"
        start = time.monotonic()
        with log.open("wb") as out:
            command = [*OPERATOR, *self.command]
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=WORK, env=environment())
            _pid, code, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - start
        if code:
            sys.exit(f"{self.name} failed; see {log}")
        self.seconds.append(took)
        self.peak_mib = max(self.peak_mib, usage.ru_maxrss / 1024)
        say(f"{self.name}: {took:.2f} s")

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def say(text: str) -> None:
    print(text, flush=True)


def environment() -> dict[str, str]:
    paths = [str(ROOT / "build" / "collections"), str(CACHE / "collections")]
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": ":".join(paths),
        "ANSIBLE_HOME": str(WORK / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "False",
    }


def kubectl(*words: str, stdin: t.Any = None) -> str:
    text = None if stdin is None else json.dumps(stdin)
    return subprocess.run([*OPERATOR, "kubectl", *words], input=text, capture_output=True, text=True, check=True).stdout


def plain_kubectl() -> str:
    """Upstream's own kubectl: the lab's is part of a larger program and starts more slowly, which would flatter us."""
    built = CACHE / "kubectl"
    if not built.exists():
        say("building kubectl")
        flags = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags=-s -w", "-o", str(built)]
        go = [os.environ.get("KUBEWIRE_GO", "go"), "build", *flags, "k8s.io/kubernetes/cmd/kubectl"]
        environ = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local"}
        subprocess.run(go, cwd=ROOT / "lab" / "tools" / "cluster", env=environ, check=True)
    return str(built)


def kubernetes_core() -> None:
    """The one collection that is measured against, out of the bundle on PyPI."""
    target = CACHE / "collections" / "ansible_collections" / "kubernetes" / "core"
    if target.exists():
        return
    say(f"fetching {ANSIBLE}")
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(CACHE), ANSIBLE]
    subprocess.run(pip, check=True)
    with zipfile.ZipFile(next(CACHE.glob("ansible-*.whl"))) as wheel:
        inside = [name for name in wheel.namelist() if name.startswith("ansible_collections/kubernetes/core/")]
        wheel.extractall(CACHE / "collections", inside)


def start_pods() -> list[dict[str, str]]:
    """Ten Pods with Python that listen, spread over both workers; name and address of each."""
    image = kubectl(
        "get", "deploy", "frontend", "-n", "shop", "-o", "jsonpath={.spec.template.spec.containers[0].image}"
    )
    serve = ["python3", "-m", "http.server", str(PORT)]
    container = {"name": "main", "image": image, "command": serve, "ports": [{"containerPort": PORT}]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    labels = {"app": "bench"}
    body = {
        "replicas": PODS,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": spec},
    }
    kubectl("create", "namespace", NAMESPACE)
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bench"}, "spec": body}
    kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=deployment)
    kubectl("rollout", "status", "-n", NAMESPACE, "deployment/bench", "--timeout=120s")
    items = json.loads(kubectl("get", "pods", "-n", NAMESPACE, "-o", "json"))["items"]
    return [{"name": item["metadata"]["name"], "ip": item["status"]["podIP"]} for item in items]


def write_contenders(pods: list[dict[str, str]]) -> list[Contender]:
    targets = [{"host": pod["ip"], "port": PORT} for pod in pods]
    probe = {"namespaces": [NAMESPACE], "targets": targets, "families": ["IPv4"], "dest": str(WORK / "run")}
    check = "probe.summary.cells == 100 and probe.summary.pass == 100"
    ours = [
        {"kubewire.netdebug.net_probe": probe, "register": "probe"},
        {"ansible.builtin.assert": {"that": check}},
    ]
    item = {
        "namespace": NAMESPACE,
        "pod": "{{ item.0.name }}",
        "command": f"python3 -c '{CONNECT}' {{{{ item.1.ip }}}} {PORT}",
    }
    theirs = [
        {
            "kubernetes.core.k8s_exec": item,
            "loop": "{{ pods | product(pods) | list }}",
            "register": "probe",
            "failed_when": "probe.rc != 0",
        }
    ]
    for name, tasks in (("net_probe", ours), ("k8s_exec", theirs)):
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"pods": pods},
            "tasks": tasks,
        }
        (WORK / f"{name}.yml").write_text(json.dumps([play]))
    execs = "".join(
        f"{plain_kubectl()} exec -n {NAMESPACE} {source['name']} -- python3 -c '{CONNECT}' {target['ip']} {PORT}\n"
        for source in pods
        for target in pods
    )
    (WORK / "kubectl.sh").write_text(f"set -e\n{execs}")
    playbook = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
    return [
        Contender("net_probe", [playbook, "net_probe.yml"], 9),
        Contender("kubectl", ["sh", "kubectl.sh"], 3),
        Contender("k8s_exec", [playbook, "k8s_exec.yml"], 1),
    ]


def race(contenders: list[Contender]) -> None:
    """Take turns; the first run of ours is thrown away, since it fills the caches that users have filled."""
    ours, *_others = contenders
    ours.run()
    ours.seconds.clear()
    for turn in range(max(contender.rounds for contender in contenders)):
        for contender in contenders:
            every = ours.rounds // contender.rounds
            if turn % every == 0:
                contender.run()


def report(contenders: list[Contender], version: str) -> str:
    ours, kubectl_loop, k8s_exec = contenders
    run = json.loads((WORK / "run" / "report.json").read_text())
    rows = "\n".join(
        f"| {contender.name} | {contender.median:.2f} | {min(contender.seconds):.2f} - {max(contender.seconds):.2f} "
        f"| {len(contender.seconds)} | {contender.median / ours.median:.1f} | {contender.peak_mib:.0f} |"
        for contender in contenders
    )
    execs, sources = run["requests"]["exec"], len(run["sources"])
    goals = (
        ("net_probe / kubectl loop", ours.median / kubectl_loop.median, 1 / 10),
        ("net_probe / k8s_exec loop", ours.median / k8s_exec.median, 1 / 40),
        ("execs beyond one for each source", execs - sources, 2),
    )
    reached = "\n".join(
        f"| {name} | {value:.4g} | {goal:.4g} | {'yes' if value <= goal else '**no**'} |" for name, value, goal in goals
    )
    return f"""# Benchmarks

Made by `make bench` on {datetime.date.today()}, on the lab: {os.cpu_count()} cores, Kubernetes {version}. \
The figures of one run, side by side; only the ratios carry to other machines.

## Ten Pods ask each other by TCP: 100 probes, as whole processes

- **net_probe**: `ansible-playbook` with one task of `kubewire.netdebug.net_probe`, its snapshot and report included.
- **kubectl**: one `kubectl exec` for each probe, one after the other, with upstream's own kubectl.
- **k8s_exec**: `ansible-playbook` with a loop over `kubernetes.core.k8s_exec` 6.2.0.

| contender | median s | min - max s | runs | times net_probe | largest process MiB |
| --- | --- | --- | --- | --- | --- |
{rows}

| figure | measured | at most | reached |
| --- | --- | --- | --- |
{reached}

API requests of one net_probe run: {run["requests"]["api"]}, execs: {execs} for {sources} sources.
"""


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    kubernetes_core()
    version = json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    try:
        contenders = write_contenders(start_pods())
        race(contenders)
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    text = report(contenders, version)
    (ROOT / "docs" / "benchmarks.md").write_text(text)
    say(f"\n{text}\nwritten to docs/benchmarks.md")


if __name__ == "__main__":
    main()
