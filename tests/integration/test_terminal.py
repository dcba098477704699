# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of the runbook on the terminal, what its exit code says, and what stays behind."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import typing as t
import xml.etree.ElementTree as ET

import pytest

from .conftest import (
    DEBUG_IMAGE,
    PROBE_TIMEOUT,
    connectivity,
    create,
    image,
    new_namespace,
    role,
    wait_for_pods,
    wait_for_service,
)

#: Lines of a play beside the summary that may follow the verdict, at 80 columns.
MOST_AFTER = 12
SLEEP = ["python3", "-c", "import time; time.sleep(3600)"]
WEB = ["python3", "-m", "http.server", "8080", "--bind", "::"]


@pytest.fixture(scope="module")
def broken() -> t.Iterator[str]:
    """A namespace with a Pod that serves, a Service without endpoints, and one whose Pod listens elsewhere."""
    with new_namespace() as name:
        create([_pod("web-0", WEB, [{"containerPort": 8080}]), _pod("client", SLEEP, [])], "-n", name)
        create([_service("void", "none", 80), _service("deaf", "web", 8081), _service("web", "web", 8080)], "-n", name)
        wait_for_pods(name)
        for service, answer in (("web", "open"), ("void", "refused"), ("deaf", "refused")):
            wait_for_service(name, service, answer=answer)
        yield name


# The name of a Pod is in its own /etc/hosts: it must not be that of a Service.
def _pod(name: str, command: list[str], ports: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    container = {"name": "main", "image": image("frontend"), "command": command, "ports": ports}
    if ports:
        container["readinessProbe"] = {"tcpSocket": {"port": ports[0]["containerPort"]}, "periodSeconds": 1}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name.partition("-")[0]}},
        "spec": spec,
    }


def _service(name: str, app: str, port: int) -> dict[str, t.Any]:
    ports = [{"name": "own", "port": 80, "targetPort": port}]
    spec = {"type": "NodePort" if name == "web" else "ClusterIP", "selector": {"app": app}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def playbook(folder: pathlib.Path, namespace: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    own = {"connectivity_run_dir": str(folder), "connectivity_namespaces": [namespace]}
    more = {"connectivity_families": ["IPv4"], "connectivity_probe_timeout": PROBE_TIMEOUT}
    return connectivity("-e", json.dumps({**own, **more, **variables}))


@pytest.fixture(scope="module")
def run(broken: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("terminal")
    return folder, playbook(folder, broken)


def summary_of(done: subprocess.CompletedProcess[str], folder: pathlib.Path) -> str:
    """The summary as it was printed."""
    summary = (folder / "summary.txt").read_text()
    assert summary in done.stdout, done.stdout
    return summary


def test_one_block_for_each_cause_by_whatever_name_it_was_asked(run, broken):
    folder, done = run
    assert done.returncode == 0, done.stdout + done.stderr
    summary = summary_of(done, folder)
    blocks = re.findall(r"^(?:FAILED|SVC-).*(?:\n  .*)+", summary, re.MULTILINE)
    assert len(blocks) == 2, summary
    deaf, void = blocks
    assert deaf.startswith(f"SVC-04  Service {broken}/deaf: ")
    assert f"Service {broken}/void port 80 has no ready endpoint" in " ".join(void.split())
    # By address, by each name and by hairpin.
    report = json.loads((folder / "report.json").read_text())
    failed = [cell for cell in report["cells"] if cell["verdict"] == "fail" and cell["target"].endswith("/deaf:80")]
    assert {cell["model"] for cell in failed} == {"pod_to_service", "pod_to_self_service"}
    assert f"explains  {len(failed)} checks" in deaf
    assert "Not explained: 1 group" in summary, "a workload without Pods may be what the selector selects"


def assert_nothing_hides(done: subprocess.CompletedProcess[str], summary: str) -> None:
    """The verdict is the summary's last line, and little comes after it."""
    lines = done.stdout.rstrip("\n").splitlines()
    after = lines[len(lines) - lines[::-1].index(summary.splitlines()[-1]) :]
    assert sum(max(1, -(-len(line) // 80)) for line in after) <= MOST_AFTER, after


def test_nothing_hides_the_verdict(run):
    folder, done = run
    summary = summary_of(done, folder)
    assert summary.splitlines()[-1].count("FAILED") == 1
    assert_nothing_hides(done, summary)
    files = summary[summary.index("\nFiles:") :]
    lines = [line for line in summary.replace(files, "").splitlines() if not line.strip().startswith("kubectl ")]
    assert max(map(len, lines)) <= 80, "only a command is never broken"
    assert "\x1b" not in done.stdout
    assert '"msg"' not in done.stdout
    assert "NAMESPACE" not in done.stdout


def test_every_format_counts_the_same_causes(run):
    folder, _done = run
    (told,) = re.findall(r"^(\d+) causes? explains?", (folder / "summary.txt").read_text(), re.MULTILINE)
    assert f"\n### {told} cause" in (folder / "report.md").read_text()
    (suite,) = ET.parse(folder / "report.junit.xml").findall("testsuite[@name='diagnosis']")
    assert suite.get("failures") == told
    page = (folder / "report.html").read_text()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    packed = json.loads(data)
    assert len(packed["diagnosis"]["causes"]) == int(told)
    assert len(packed["groups"]) == 1


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("fail", 2)])
def test_exit_code_is_that_of_fail_on(run, tmp_path, broken, fail_on, code):
    folder, _done = run
    done = playbook(tmp_path, broken, connectivity_replay=str(folder), connectivity_fail_on=fail_on)
    assert done.returncode == code, done.stdout
    summary = summary_of(done, tmp_path)
    assert (tmp_path / "report.html").exists()
    message = f"connectivity_fail_on={fail_on}: {summary.splitlines()[-1].lower()}"
    assert (message in done.stdout) is bool(code)
    assert_nothing_hides(done, summary)


def test_fail_on_untested_is_red_where_a_model_was_not_asked(run, tmp_path, broken):
    folder, _done = run
    well = {
        "connectivity_targets": [{"service": "web", "namespace": broken}],
        "connectivity_models": ["pod_to_service"],
    }
    for fail_on, more, code in (
        ("untested", well, 0),
        ("unknown", {**well, "connectivity_models": ["pod_to_ingress"]}, 2),
        ("untested", {"connectivity_models": ["pod_to_dns", "pod_to_internet"]}, 2),
        ("unknown", {"connectivity_models": ["pod_to_dns", "pod_to_internet"]}, 0),
    ):
        own = {"connectivity_replay": str(folder), "connectivity_fail_on": fail_on, **more}
        done = playbook(tmp_path, broken, **own)
        assert done.returncode == code, (fail_on, more, done.stdout)


def test_facts_are_text_where_they_are_asked_for(broken, tmp_path):
    done = playbook(tmp_path, broken, connectivity_show_facts="true", connectivity_models=["pod_to_dns"])
    assert re.search(rf"^{broken} +client +1/1 +Running ", done.stdout, re.MULTILINE), done.stdout
    assert '"NAMESPACE' not in done.stdout


def test_without_nodes_the_outside_asks_all_the_same(broken, tmp_path, monkeypatch):
    role(broken, "nora", ("pods/exec", "get,create"), ("pods,services", "list"))
    role(broken, "nora2", ("endpointslices.discovery.k8s.io,networkpolicies.networking.k8s.io", "list"), user="nora")
    monkeypatch.setenv("K8S_AUTH_IMPERSONATE_USER", "nora")
    done = playbook(tmp_path, broken)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    outside = [cell for cell in report["cells"] if cell["model"] == "outside_to_nodeport"]
    assert {cell["source"] for cell in outside} == {"outside/controller"}
    assert {cell["verdict"] for cell in outside if cell["protocol"] != "icmp"} == {"pass"}
    missing = {item["model"] for item in report["not_tested"] if item.get("model")}
    assert {"node_to_node", "node_to_pod", "node_to_service", "pod_to_ingress", "outside_to_ingress"} <= missing
    summary = summary_of(done, tmp_path)
    assert f"{len(missing)} models NOT TESTED" in summary.splitlines()[-1]
    assert len(re.findall("does not let user nora list", " ".join(summary.split()))) == 1
    assert "is forbidden" not in summary


def test_what_stays_in_the_cluster_is_in_every_report(broken, tmp_path):
    done = playbook(tmp_path, broken, connectivity_sources=[{"pod": "client", "namespace": broken}])
    assert "Left in the cluster" not in done.stdout
    bare = {**_pod("bare", [], []), "metadata": {"name": "bare", "labels": {"app": "bare"}}}
    bare["spec"]["containers"] = [{"name": "main", "image": image("api")}]
    create([bare], "-n", broken)
    wait_for_pods(broken, "bare")
    own = {"connectivity_debug_image": DEBUG_IMAGE, "connectivity_debug_levels": ["pod"]}
    sources = [{"pod": "bare", "namespace": broken}]
    done = playbook(tmp_path, broken, connectivity_sources=sources, connectivity_models=["pod_to_dns"], **own)
    assert done.returncode == 0, done.stdout + done.stderr
    name = rf"EphemeralContainer {broken}/bare/kubewire-\w+"
    assert re.search(rf"Left in the cluster: 1 object\n  {name}: running until\s", summary_of(done, tmp_path))
    assert re.search(rf"### Left in the cluster\n.*`{name}`", (tmp_path / "report.md").read_text(), re.DOTALL)
    assert re.search(name, (tmp_path / "report.html").read_text())
    assert len(json.loads((tmp_path / "report.json").read_text())["left"]) == 1
