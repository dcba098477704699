# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thirty Pods probe each other by TCP, 900 probes, in three ways, side by side on a cluster; then more, and all denied.

The loops of the others are measured on a part of the probes and scaled, since all of them would take an hour.
Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
import zipfile

from contest import (
    CACHE,
    WORK,
    Contender,
    goals,
    kubectl,
    plain_kubectl,
    race,
    say,
    times,
    where,
    write_playbook,
    write_section,
)

NAMESPACE, PODS, PORT = "bench", 50, 8080
RACE, PART_OF_KUBECTL, PART_OF_K8S_EXEC = 30, 60, 5  #: Pods that race; probes of the loops that are measured
DENIED, TIMEOUT = 10, 2.0
ANSIBLE = "ansible==12.3.0"  # the newest bundle for Python 3.11; it holds kubernetes.core 6.2.0
#: Takes connections and closes them; small, since fifty of them share two cores.
SERVE = f"import socket\ns = socket.create_server(('', {PORT}), backlog=512)\nwhile True: s.accept()[0].close()"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 4).close()"


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
    """Pods with Python that listen, spread over both workers; name and address of each."""
    image = kubectl(
        "get", "deploy", "frontend", "-n", "shop", "-o", "jsonpath={.spec.template.spec.containers[0].image}"
    )
    serve = ["python3", "-c", SERVE]
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
    kubectl("rollout", "status", "-n", NAMESPACE, "deployment/bench", "--timeout=300s")
    items = json.loads(kubectl("get", "pods", "-n", NAMESPACE, "-o", "json"))["items"]
    return [{"name": item["metadata"]["name"], "ip": item["status"]["podIP"]} for item in items]


def probe(pods: list[dict[str, str]], **more: t.Any) -> dict[str, t.Any]:
    """One task: each of some Pods asks each of them."""
    return {
        "namespaces": [NAMESPACE],
        "sources": [{"namespace": NAMESPACE, "pod": pod["name"]} for pod in pods],
        "targets": [{"host": pod["ip"], "port": PORT} for pod in pods],
        "models": [],
        "families": ["IPv4"],
        **more,
    }


def ours(name: str, rounds: int, check: str, **task: t.Any) -> Contender:
    """A playbook of ours, which fails unless its cells are what they must be."""
    tasks = [
        {"kubewire.netdebug.net_probe": {**task, "dest": str(WORK / name)}, "register": "probe"},
        {"ansible.builtin.assert": {"that": check}},
    ]
    return Contender(name, write_playbook(name, tasks), rounds)


def write_contenders(pods: list[dict[str, str]]) -> list[Contender]:
    racing = pods[:RACE]
    pairs = [(source, target) for source in racing for target in racing]
    every = len(pairs) // PART_OF_K8S_EXEC
    theirs = [
        {
            "kubernetes.core.k8s_exec": {
                "namespace": NAMESPACE,
                "pod": "{{ item.0.name }}",
                "command": f"python3 -c '{CONNECT}' {{{{ item.1.ip }}}} {PORT}",
            },
            "loop": "{{ pairs }}",
            "register": "probe",
            "failed_when": "probe.rc != 0",
        }
    ]
    execs = "".join(
        f"{plain_kubectl()} exec -n {NAMESPACE} {source['name']} -- python3 -c '{CONNECT}' {target['ip']} {PORT}\n"
        for source, target in pairs[:: len(pairs) // PART_OF_KUBECTL]
    )
    (WORK / "kubectl.sh").write_text(f"set -e\n{execs}")
    clean = f"probe.summary.pass == {RACE * RACE}"
    return [
        ours("net_probe", 9, clean, **probe(racing)),
        Contender("kubectl", ["sh", "kubectl.sh"], 3),
        Contender("k8s_exec", write_playbook("k8s_exec", theirs, pairs=pairs[::every]), 1),
    ]


def many(pods: list[dict[str, str]]) -> Contender:
    """All Pods ask all Pods."""
    return ours("many", 3, f"probe.summary.pass == {PODS * PODS}", **probe(pods))


def denied(pods: list[dict[str, str]]) -> Contender:
    """Nobody but itself may ask a Pod, and a policy says so: every other probe waits for its whole timeout."""
    few = pods[:DENIED]
    check = f"probe.summary.pass == {DENIED * DENIED}"  # that a Pod answers itself is the positive control
    return ours("denied", 3, check, **probe(few, probe_timeout=TIMEOUT))


def deny_all() -> None:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    metadata = {"name": "deny", "namespace": NAMESPACE}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
    kubectl("create", "-f", "-", stdin=policy)


def report(contenders: list[Contender], all_pods: Contender, closed: Contender) -> None:
    fast, kubectl_loop, k8s_exec = contenders
    for loop, part in ((kubectl_loop, PART_OF_KUBECTL), (k8s_exec, PART_OF_K8S_EXEC)):
        loop.seconds = [seconds * RACE * RACE / part for seconds in loop.seconds]
    run = json.loads((WORK / "net_probe" / "report.json").read_text())
    execs, sources = run["requests"]["exec"], len(run["sources"])
    figures = (
        ("net_probe / kubectl loop", fast.median / kubectl_loop.median, 1 / 50),
        ("net_probe / k8s_exec loop", fast.median / k8s_exec.median, 1 / 150),
        ("execs beyond one for each source", execs - sources, 2),
        (f"{PODS} x {PODS} = {PODS * PODS} probes, seconds of the whole playbook", all_pods.median, 15),
        (f"{DENIED} x {DENIED} denied, timeout {TIMEOUT:g} s, seconds of the whole playbook", closed.median, 7),
    )
    text = f"""{where()}

- **net_probe**: `ansible-playbook` with one task of `kubewire.netdebug.net_probe`, its snapshot and report included.
- **kubectl**: one `kubectl exec` for each probe, one after the other, with upstream's own kubectl. Measured on
  {PART_OF_KUBECTL} of the {RACE * RACE} probes and scaled.
- **k8s_exec**: `ansible-playbook` with a loop over `kubernetes.core.k8s_exec` 6.2.0. Measured on {PART_OF_K8S_EXEC}
  of the probes and scaled, its start-up with it.

{times(contenders)}

{goals(figures)}

API requests of one net_probe run: {run["requests"]["api"]}, execs: {execs} for {sources} sources."""
    write_section(f"{RACE} Pods probe each other by TCP: {RACE * RACE} probes, as whole processes", text)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    kubernetes_core()
    try:
        pods = start_pods()
        contenders = write_contenders(pods)
        race(contenders)
        all_pods, closed = many(pods), denied(pods)
        race([all_pods])
        deny_all()
        race([closed])
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    report(contenders, all_pods, closed)


if __name__ == "__main__":
    main()
