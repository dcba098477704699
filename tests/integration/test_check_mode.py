# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""--check and --diff of every playbook: what would happen, what it needs, and that nothing happens."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import subprocess
import typing as t

import pytest
import yaml

from .conftest import (
    COLLECTIONS,
    DEBUG_IMAGE,
    OPERATOR,
    ROOT,
    Module,
    create,
    enforce,
    kubectl,
    may,
    new_namespace,
    objects,
    pod,
    role,
    running,
)

SECRET = "hunter22"
SLEEP = ("app", ["sleep", "3600"])


def playbook(name: str, *words: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    """Run a playbook in check mode with its diff, as people start it."""
    environ = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(ROOT / "build" / "ansible")}
    command = ["ansible-playbook", f"kubewire.netdebug.{name}", "--check", "--diff", *words]
    return subprocess.run(
        [*OPERATOR, *command, "-e", json.dumps(variables)],
        env={**os.environ, **environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def kept(namespace: str) -> list[t.Any]:
    """What a run would change: the Pods, and the ephemeral containers in them."""
    return sorted(
        (each["metadata"]["name"], len(each["spec"].get("ephemeralContainers", ())))
        for each in objects("pods", "-n", namespace)
    )


@pytest.fixture(scope="module")
def place() -> t.Iterator[str]:
    """A namespace with one Pod."""
    with new_namespace() as name:
        pod(name, "web", SLEEP, app="ledger")
        yield name


def test_connectivity_says_plan_rights_and_pods(place: str, tmp_path: pathlib.Path):
    before = kept(place)
    done = playbook(
        "connectivity",
        connectivity_namespaces=[place],
        connectivity_debug_image=DEBUG_IMAGE,
        connectivity_run_dir=str(tmp_path / "run"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nREADY  The run can probe from all " in done.stdout
    assert "\nPlan: no probe was sent, nothing was written\n  sources " in done.stdout
    assert f"\nRights in namespace {place}\n  allowed      read the cluster: list pods" in done.stdout
    assert f"  at most 1 ephemeral container in Pods of namespace {place}" in done.stdout
    assert '+  "kind": "Pod"' in done.stdout  # those of the nodes
    assert f"+++ after: EphemeralContainer {place}/web/kubewire-" in done.stdout
    assert "changed=1 " in done.stdout
    assert (kept(place), (tmp_path / "run").exists()) == (before, False)


def test_who_may_not_exec_gets_the_role_and_with_it_the_run(net_probe: Module, place: str):
    user = f"check-{place}"
    role(place, user, ("pods", "list"), ("services", "list"))
    options = {"namespaces": [place], "impersonate_user": user, "models": ["pod_to_service"], "families": ["IPv4"]}
    target = {"host": "127.0.0.1", "port": 9}
    refused = net_probe(check=True, **options, targets=[target])
    assert (refused["failed"], refused["reason"], refused["changed"]) == (True, "nothing_to_ask", False)
    assert f"exec is not allowed in namespace {place}" in refused["msg"]
    assert refused["text"].startswith("NO PROBE CAN BE SENT")
    missing = {f"{each['verb']} {each['resource']}" for each in refused["authorisation"] if not each["allowed"]}
    assert {"create pods/exec", "get pods/exec", "list nodes", "list endpointslices"} <= missing
    assert "list pods" not in {
        f"{each['verb']} {each['resource']}"
        for each in refused["authorisation"]
        if not each["allowed"] and each["namespace"] == place
    }
    documents = refused["role"].split("---\n")
    (own,) = [text for text in documents if f"namespace: {place}\n" in text]
    create([yaml.safe_load(own)])
    (bind,) = [line[2:] for line in own.splitlines() if line.startswith("# kubectl ")]
    kubectl(*shlex.split(bind)[1:])
    may(user, "create", "pods/exec", place)
    allowed = net_probe(check=True, **options, targets=[target])
    assert not allowed.get("failed"), allowed
    assert allowed["text"].startswith("RIGHTS ARE MISSING")  # those of the whole cluster
    assert "The run can probe from its one source." in allowed["text"]
    probed = net_probe(**options, targets=[target])
    assert [cell["outcome"] for cell in probed["cells"]] == ["refused"]


def test_who_may_nothing_gets_all_of_it(place: str, tmp_path: pathlib.Path):
    kubeconfig = yaml.safe_load(kubectl("config", "view", "--raw", "--flatten"))
    for user in kubeconfig["users"]:
        user["user"]["as"] = f"nobody-{place}"
    (tmp_path / "config").write_text(json.dumps(kubeconfig))
    done = playbook(
        "connectivity",
        kubeconfig=str(tmp_path / "config"),
        connectivity_namespaces=[place],
        connectivity_show_facts=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "\nNO PROBE CAN BE SENT  cannot list pods in namespace" in done.stdout
    assert f"\n# kubectl create rolebinding kubewire -n {place} --role=kubewire --user=nobody-{place}\n" in done.stdout
    assert 'resources: ["pods/exec"]' in done.stdout
    assert done.stdout.count("FAILED!") == 1
    assert "authorisation" not in done.stdout  # the data is not dumped


def test_pods_that_pod_security_would_refuse_are_told(net_probe: Module, place: str):
    with new_namespace() as strict:
        enforce(strict, "baseline")
        options = {"namespaces": [place], "debug_image": DEBUG_IMAGE, "debug_namespace": strict, "outside": []}
        done = net_probe(check=True, **options)
        (always,) = [each for each in done["creates"] if each["always"]]
        assert (always["namespace"], always["level"], always["allowed"]) == (strict, "node", True)
        assert "violates PodSecurity" in always["refusal"]
        assert "hostNetwork" in always["remedy"]
        assert done["text"].startswith("OBJECTS WOULD BE REFUSED")
        assert done["changed"] is True
        assert kept(strict) == []
        nodes = {**options, "sources": [{"node": "*"}]}
        refused = net_probe(check=True, **nodes)
        assert (refused["failed"], refused["reason"]) == (True, "nothing_to_ask")


@pytest.mark.parametrize(
    ("name", "variables", "header", "kind"),
    [
        (
            "namespace_debug",
            {"namespace": "PLACE"},
            "+++ created for this task: Pod PLACE/kubewire-",
            '+    "kind": "Pod",',
        ),
        (
            "namespace_debug",
            {"namespace": "PLACE", "keep": True},
            "+++ after: Pod PLACE/kubewire-",
            '+    "kind": "Pod",',
        ),
        ("pod_debug", {"namespace": "PLACE", "name": "web"}, "+++ after: PLACE/web", '+  "name": "kubewire-'),
        (
            "node_debug",
            {"nodes": ["w1"]},
            "+++ created for this task: Pod kube-system/kubewire-",
            '+      "nodeName": "w1"',
        ),
    ],
)
def test_diff_shows_what_would_be_created(place: str, name: str, variables: dict[str, t.Any], header: str, kind: str):
    own = {key: place if value == "PLACE" else value for key, value in variables.items()}
    given = {**own, "image": DEBUG_IMAGE, "env": {"TOKEN": SECRET}}
    before = kept(place)
    done = playbook(name, **{f"{name}_{key}": value for key, value in given.items()})
    assert done.returncode == 0, done.stdout + done.stderr
    assert header.replace("PLACE", place) in done.stdout
    assert kind in done.stdout
    assert "VALUE_NOT_SHOWN" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert kept(place) == before


def test_nothing_is_created_to_run_commands_in_a_container():
    (name, *_others) = running("frontend")
    done = playbook("container_debug", container_debug_namespace="shop", container_debug_name=name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+++" not in done.stdout
    assert f"5 commands would run in shop/{name}/frontend" in done.stdout


@pytest.mark.hosts
def test_diff_shows_the_container_that_would_be_made_on_a_host():
    words = ["sh", "-c", 'exec ansible-playbook -i "${KUBEWIRE_TEST_INVENTORY:-$KUBEWIRE_LAB_INVENTORY}" "$@"', "sh"]
    environ = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(ROOT / "build" / "ansible")}
    options = ["-e", "host_debug_hosts=h1", "-e", f"host_debug_image={DEBUG_IMAGE}"]
    done = subprocess.run(
        [*OPERATOR, *words, "kubewire.netdebug.host_debug", "--check", "--diff", *options],
        env={**os.environ, **environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "h1/kubewire-" in done.stdout
    assert "+  --detach \\\n+  --rm \\\n" in done.stdout
