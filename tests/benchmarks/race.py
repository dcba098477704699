# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten Pods ask each other by TCP, a hundred probes, in three ways, side by side on one cluster.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
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

NAMESPACE, PODS, PORT = "bench", 10, 8080
ANSIBLE = "ansible==12.3.0"  # the newest bundle for Python 3.11; it holds kubernetes.core 6.2.0
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
    execs = "".join(
        f"{plain_kubectl()} exec -n {NAMESPACE} {source['name']} -- python3 -c '{CONNECT}' {target['ip']} {PORT}\n"
        for source in pods
        for target in pods
    )
    (WORK / "kubectl.sh").write_text(f"set -e\n{execs}")
    return [
        Contender("net_probe", write_playbook("net_probe", ours), 9),
        Contender("kubectl", ["sh", "kubectl.sh"], 3),
        Contender("k8s_exec", write_playbook("k8s_exec", theirs, pods=pods), 1),
    ]


def report(contenders: list[Contender]) -> None:
    ours, kubectl_loop, k8s_exec = contenders
    run = json.loads((WORK / "run" / "report.json").read_text())
    execs, sources = run["requests"]["exec"], len(run["sources"])
    figures = (
        ("net_probe / kubectl loop", ours.median / kubectl_loop.median, 1 / 10),
        ("net_probe / k8s_exec loop", ours.median / k8s_exec.median, 1 / 40),
        ("execs beyond one for each source", execs - sources, 2),
    )
    text = f"""{where()}

- **net_probe**: `ansible-playbook` with one task of `kubewire.netdebug.net_probe`, its snapshot and report included.
- **kubectl**: one `kubectl exec` for each probe, one after the other, with upstream's own kubectl.
- **k8s_exec**: `ansible-playbook` with a loop over `kubernetes.core.k8s_exec` 6.2.0.

{times(contenders)}

{goals(figures)}

API requests of one net_probe run: {run["requests"]["api"]}, execs: {execs} for {sources} sources."""
    write_section("Ten Pods ask each other by TCP: 100 probes, as whole processes", text)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    kubernetes_core()
    try:
        contenders = write_contenders(start_pods())
        race(contenders)
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    report(contenders)


if __name__ == "__main__":
    main()
