# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook diagnose: nothing about what is well, and the object and field at fault first."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t

import jsonschema
import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report.findings_schema import FINDINGS_SCHEMA

from .conftest import (
    COLLECTIONS,
    OPERATOR,
    PROBE_TIMEOUT,
    ROOT,
    create,
    image,
    kubectl,
    new_namespace,
    until,
    wait_for_pods,
)

Json = dict[str, t.Any]


class Diagnosed(t.NamedTuple):
    """What a run of the playbook gave."""

    code: int
    text: str
    findings: Json
    folder: pathlib.Path


def playbook(folder: pathlib.Path, *words: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    """Run the playbook as people start it."""
    given = {"diagnose_run_dir": str(folder), **{f"diagnose_{name}": value for name, value in variables.items()}}
    environ = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(ROOT / "build" / "ansible")}
    return subprocess.run(
        [*OPERATOR, "ansible-playbook", "kubewire.netdebug.diagnose", *words, "-e", json.dumps(given)],
        env={**os.environ, **environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def diagnose(folder: pathlib.Path, **variables: t.Any) -> Diagnosed:
    """Run the playbook, and read what it found."""
    done = playbook(folder, **variables)
    assert (folder / "findings.json").exists(), done.stdout + done.stderr
    found = json.loads((folder / "findings.json").read_text())
    jsonschema.validate(found, FINDINGS_SCHEMA)
    return Diagnosed(done.returncode, done.stdout, found, folder)


def shop(name: str = "web", **spec: t.Any) -> t.Iterator[Json]:
    """A Deployment and its Service."""
    container: Json = {"name": name, "image": image("frontend"), "ports": [{"name": "http", "containerPort": 8080}]}
    container["readinessProbe"] = {"tcpSocket": {"port": "http"}, "periodSeconds": 1}
    yield {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
            },
        },
    }
    port = {"name": "http", "port": 80, "targetPort": "http"}
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [port], **spec},
    }


@pytest.fixture(scope="module")
def namespace() -> t.Iterator[str]:
    """A namespace with a client, a Service whose selector matches nothing, and a Deployment that crashes."""
    with new_namespace() as name:
        create([*shop("client"), *shop("web", selector={"app": "webb"}), *shop("crashing")], "-n", name)
        command = {"op": "add", "path": "/spec/template/spec/containers/0/command"}
        change = [{**command, "value": ["sh", "-c", "echo no DB; exit 3"]}]
        kubectl("rollout", "status", "-n", name, "deployment/web", "--timeout=180s")
        kubectl("rollout", "status", "-n", name, "deployment/crashing", "--timeout=180s")
        kubectl("patch", "deployment", "crashing", "-n", name, "--type=json", "-p", json.dumps(change))
        restarts = "jsonpath={.items[*].status.containerStatuses[0].restartCount}"
        # The kubelet says CrashLoopBackOff only for moments of a pause.
        until("a crash", lambda: any(map(int, kubectl("get", "pods", "-n", name, "-o", restarts).split())))
        yield name


@pytest.fixture(scope="module")
def broken(namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Diagnosed:
    """A run on it."""
    return diagnose(tmp_path_factory.mktemp("broken"), namespaces=[namespace], fail_on="cause")


def test_nothing_is_wrong_with_the_sample_application(tmp_path: pathlib.Path):
    # Other tests run beside it: names may take seconds to be looked up.
    run = diagnose(tmp_path, namespaces="shop", fail_on="cause", probe_timeout=PROBE_TIMEOUT)
    assert run.findings["findings"] == [], run.text
    assert run.findings["unexplained"] == []
    assert run.code == 0


def test_the_object_and_the_field_at_fault_are_named(namespace: str, broken: Diagnosed):
    found = {each["code"]: each for each in broken.findings["findings"]}
    assert "SVC-02" in found, broken.text
    selector = found["SVC-02"]
    assert selector["object"] == {"kind": "Service", "name": "web", "namespace": namespace}
    assert (selector["field"], selector["wanted"]) == ("spec.selector", "app=web")
    assert selector["explains"]
    crash = found["POD-04"]
    assert crash["object"] == {"kind": "Deployment", "name": "crashing", "namespace": namespace}
    assert "no DB" in crash["sentence"]
    assert broken.findings["outcome"] == "cause"


def test_the_screen_begins_with_the_causes_and_the_play_fails_where_it_is_told_to(broken: Diagnosed):
    assert broken.code == 2
    _before, _task, report = broken.text.partition("TASK [kubewire.netdebug.report : Render the report]")
    lines = report.splitlines()[:25]
    assert any(line.startswith(("SVC-02 ", "POD-04 ")) for line in lines), report
    assert "diagnose_fail_on is cause: " in broken.text


def test_the_same_run_gives_the_same_bytes_without_a_cluster(broken: Diagnosed, tmp_path: pathlib.Path):
    again = diagnose(tmp_path, replay=str(broken.folder))
    assert again.code == 0
    assert (tmp_path / "findings.json").read_bytes() == (broken.folder / "findings.json").read_bytes()


def test_check_mode_plans_and_writes_nothing(namespace: str, tmp_path: pathlib.Path):
    done = playbook(tmp_path, "--check", namespaces=[namespace])
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_read_and_answered(namespace: str, tmp_path: pathlib.Path):
    error = "curl: (7) Failed to connect to web port 80 after 2 ms: Connection refused"
    run = diagnose(tmp_path, error=error, **{"from": f"{namespace}/deployment/client"})
    said = run.findings["error"]
    assert (said["kind"], said["tool"]) == ("refused", "curl"), run.text
    assert f"web.{namespace}:80" in said["asked"]
    assert run.findings["findings"][0]["code"] == "SVC-02"
    _before, _task, report = run.text.partition("TASK [kubewire.netdebug.report : Render the report]")
    first = report.index(said["means"])
    assert first < report.index("Asked because of it: ") < report.index("SVC-02 ")


def test_a_name_that_nobody_has_is_a_cause(namespace: str, tmp_path: pathlib.Path):
    error = "dial tcp: lookup wob on 10.96.0.10:53: no such host"
    run = diagnose(tmp_path, error=error, namespaces=[namespace])
    first = run.findings["findings"][0]
    assert (first["code"], first["object"]["name"], first["wanted"]) == ("SVC-01", "wob", "web"), run.text


def test_an_error_that_names_nobody_says_what_to_add(tmp_path: pathlib.Path):
    done = playbook(tmp_path, error="connection refused")
    assert done.returncode == 2
    assert "diagnose_namespaces" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_fix_runs_as_printed_and_heals(namespace: str, broken: Diagnosed, tmp_path: pathlib.Path):
    (finding,) = [each for each in broken.findings["findings"] if each["code"] == "SVC-02"]
    subprocess.run([*OPERATOR, "sh", "-c", finding["fix"]["command"]], check=True, capture_output=True, timeout=180)
    wait_for_pods(
        namespace, kubectl("get", "pods", "-n", namespace, "-l", "app=web", "-o", "name").split("/")[-1].strip()
    )
    asked = finding["verify"]
    run = diagnose(tmp_path, **{"from": asked["source"], "to": asked["target"], "namespaces": [namespace]})
    assert "SVC-02" not in {each["code"] for each in run.findings["findings"]}
    assert {hop["state"] for hop in run.findings["path"]} == {"passes"}, run.text
