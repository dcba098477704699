# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles node_debug and namespace_debug: each question gets the rights it needs, no others, and an answer."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t
import uuid

import pytest
import yaml

from .conftest import COLLECTIONS, OPERATOR, ROOT, enforce, kubectl, objects

IMAGE = os.environ.get("KUBEWIRE_TEST_IMAGE", "registry.lab:5000/debug:1")
DEFAULTS = yaml.safe_load((ROOT / "roles" / "node_debug" / "defaults" / "main.yml").read_text())
COLLECTORS, NEEDS = DEFAULTS["node_debug_collectors"], DEFAULTS["node_debug_collector_needs"]
ABSENT = {"security_modules", "selinux_enforces"}  # the lab's kernel has neither, or does not show it

Json = dict[str, t.Any]


def play(folder: pathlib.Path, role: str, cases: dict[str, Json], check: bool = False) -> dict[str, Json]:
    """Run the role once for each case, in one playbook, and return each case's result."""
    tasks: list[Json] = []
    for name, variables in cases.items():
        given = {f"{role}_image": IMAGE, **{f"{role}_{key}": value for key, value in variables.items()}}
        result = f"{role}_result | combine({{'system_calls': {role}_system_calls | default({{}})}})"
        kept = {"results": f"{{{{ results | default({{}}) | combine({{'{name}': {result}}}) }}}}"}
        tasks += [
            {"ansible.builtin.include_role": {"name": f"kubewire.netdebug.{role}"}, "vars": given},
            {"ansible.builtin.set_fact": kept},
        ]
    results = folder / "results.json"
    copy = {"content": "{{ results | to_json }}", "dest": str(results), "mode": "0600"}
    tasks.append({"ansible.builtin.copy": copy, "check_mode": False})
    book = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([book]))
    home = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(ROOT / "build" / "ansible")}
    done = subprocess.run(
        [*OPERATOR, "ansible-playbook", str(folder / "play.yml"), *(["--check"] if check else [])],
        env={**os.environ, **home, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(results.read_text())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """The groups on the control plane, each without the rights of another; then the user's own on every node."""
    folder = tmp_path_factory.mktemp("node_debug")
    alike: dict[str, list[str]] = {}
    for group, needs in NEEDS.items():
        alike.setdefault(" ".join(needs), []).append(group)
    cases: dict[str, Json] = {groups[0]: {"nodes": ["cp"], "collect": groups} for groups in alike.values()}
    own = [{"name": "eth0", "argv": ["ip", "a", "show", "eth0"]}, {"argv": ["sh", "-c", "exit 3"]}, {"argv": ["no"]}]
    cases["own"] = {"collect": [], "commands": own}
    cases["strace"] = {"collect": [], "strace": {"process": "kubelet", "seconds": 1}, "dest": str(folder / "out")}
    return play(folder, "node_debug", cases)


@pytest.fixture
def said(asked: dict[str, Json]) -> dict[str, Json]:
    """The answers of the groups by their names."""
    groups = [result["answers"] for case, result in asked.items() if case in COLLECTORS]
    return {answer["name"]: answer for answers in groups for answer in answers}


@pytest.mark.parametrize("group", COLLECTORS)
def test_each_group_has_all_the_rights_it_needs(said, group):
    assert {name for name in COLLECTORS[group] if said[name]["rc"] != 0} <= ABSENT


def test_the_node_shows_its_own_address(asked):
    shown = {answer["node"]: answer["stdout"] for answer in asked["own"]["answers"] if answer.get("name") == "eth0"}
    status = {node["metadata"]["name"]: node["status"]["addresses"] for node in objects("nodes")}
    assert shown.keys() == status.keys()
    for node, addresses in status.items():
        assert all(f" {each['address']}/" in shown[node] for each in addresses if each["type"] == "InternalIP")


def test_what_fails_or_is_missing_is_an_answer(asked):
    ends = {(answer["argv"][0], answer["exit_class"], answer["rc"]) for answer in asked["own"]["answers"]}
    assert ends == {("ip", "exited", 0), ("sh", "exited", 3), ("no", "not_found", None)}
    assert (asked["own"]["left"], asked["own"]["troubles"]) == ([], [])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("units", "kubelet.service"),
        ("kubelet_unit", "10-kubeadm.conf"),
        ("static_pods", "kube-apiserver.yaml"),
        ("configuration", "staticPodPath: /etc/kubernetes/manifests"),
        ("certificates", "apiserver.crt\nnotAfter="),
        ("processes", "kube-apiserver"),
        ("sockets", '(("kube-apiserver",pid='),
        ("rules", "nat "),
        ("mounts", " /sys sysfs "),
    ],
)
def test_answers_are_the_node_s_and_not_the_pod_s(said, name, words):
    assert words in said[name]["stdout"]


def test_no_key_is_shown(said):
    assert "PRIVATE KEY" not in json.dumps(said)


def test_system_calls_are_counted_on_every_node(asked):
    counted = asked["strace"]["system_calls"]
    assert list(counted) == ["cp", "w1", "w2"]
    assert all(calls["total"]["calls"] > 10 and calls["complete"] for calls in counted.values())
    assert all("read" in [row["syscall"] for row in calls["syscalls"]] for calls in counted.values())


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """What would be started for one group, for several, and for all of them."""
    cases: dict[str, Json] = {
        "network": {"nodes": ["w1"], "collect": ["network"]},
        "storage firewall": {"nodes": ["w1"], "collect": ["storage", "firewall"]},
        " ".join(COLLECTORS): {"nodes": ["w1"]},
        "sysadmin": {"nodes": ["w1"], "collect": ["kubelet"], "profile": "sysadmin"},
    }
    return play(tmp_path_factory.mktemp("planned"), "node_debug", cases, check=True)


def rights(result: Json) -> set[str]:
    """What the Pod may do beyond the node's network, in the words of node_debug_needs."""
    (manifest,) = result["manifests"]
    spec = manifest["spec"]
    (container,) = spec["containers"]
    context = container["securityContext"]
    assert spec["hostNetwork"]
    assert "hostIPC" not in spec
    assert context["capabilities"]["drop"] == ["ALL"]
    assert not context["allowPrivilegeEscalation"]
    assert "privileged" not in context
    assert all(mount["readOnly"] for mount in container.get("volumeMounts", ()))
    found = set(context["capabilities"].get("add") or ())
    found |= {"host_pid"} if spec.get("hostPID") else set()
    found |= {"host_root"} if spec.get("volumes") else set()
    return found | ({"root"} if context.get("runAsUser") == 0 else set())


@pytest.mark.parametrize("groups", ["network", "storage firewall", " ".join(COLLECTORS)])
def test_the_pod_has_no_rights_that_it_does_not_need(planned, groups):
    assert rights(planned[groups]) == {need for group in groups.split() for need in NEEDS[group]}


def test_a_profile_can_give_more(planned):
    (container,) = planned["sysadmin"]["manifests"][0]["spec"]["containers"]
    assert container["securityContext"]["privileged"]


@pytest.fixture
def dead_node() -> t.Iterator[str]:
    """A label that w1 has, and a node whose kubelet never reported."""
    label, name = "kubewire.io/test", f"dead-{uuid.uuid4().hex[:6]}"
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {label: name}}}
    kubectl("create", "-f", "-", stdin=node)
    kubectl("label", "node", "w1", f"{label}={name}")
    yield f"{label}={name}"
    kubectl("label", "node", "w1", f"{label}-")
    kubectl("delete", "node", name)


@pytest.mark.alone  # others count the nodes, and ask each of them
def test_a_dead_node_does_not_keep_the_others_from_being_asked(tmp_path, dead_node):
    case = {"node_selectors": [dead_node], "collect": [], "commands": [{"argv": ["hostname"]}]}
    done = play(tmp_path, "node_debug", {"case": case})["case"]
    assert [answer["stdout"] for answer in done["answers"]] == ["w1\n"]
    (trouble,) = done["troubles"]
    assert (trouble["kind"], trouble["node"]) == ("node_not_ready", dead_node.partition("=")[2])


def test_a_namespace_that_admits_only_restricted_pods_is_seen_from_inside(tmp_path, namespace):
    enforce(namespace, "restricted")
    ping = {
        "commands": [{"argv": ["ping", "-c1", "-W2", "198.18.0.2"]}],
        "node_selectors": ["kubernetes.io/hostname=w2"],
    }
    cases = {"default": {"namespace": namespace}, "ping": {"namespace": namespace, **ping}}
    done = play(tmp_path, "namespace_debug", cases)
    said = {answer["name"]: answer["stdout"] for answer in done["default"]["answers"]}
    assert next(iter(said)) == "routes"
    assert said["routes"].startswith("default via 10.244.")
    assert "kubernetes.default.svc.cluster.local" in said["dns"]
    assert said["api_server"] == "HTTP 403 from 10.96.0.1"
    assert [(pod["node"], pod["namespace"]) for pod in done["ping"]["pods"]] == [("w2", namespace)]
    assert "1 received" in done["ping"]["answers"][0]["stdout"]
    assert objects("pods,jobs", "-n", namespace) == []
