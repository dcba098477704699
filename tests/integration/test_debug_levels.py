# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container that cannot ask finds help at the least level that its user's rights allow, and each cell says which."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import threading
import typing as t

import pytest

from .conftest import (
    DEBUG_IMAGE,
    OPERATOR,
    Module,
    create,
    documents,
    image,
    kubectl,
    may,
    new_namespace,
    objects,
    role,
    until,
    wait_for_pods,
    wait_for_policy,
    wait_for_service,
)

READ = ("pods,services,endpointslices.discovery.k8s.io,networkpolicies.networking.k8s.io", "list")
EXEC = ("pods/exec", "get,create")
ATTACH = (("pods/ephemeralcontainers", "patch"), ("pods", "list,watch"))
MAKE = (("pods", "get,list,watch,create,delete"), ("jobs.batch", "create,delete"))
USERS = ("attacher", "maker", "operator", "reader")
CLIENT, STRANGER = "client", "stranger"  #: neither has a shell; the policy of the server lets only the first in
REFUSED = (
    "an ephemeral container: ephemeral container of Pod {room}/client is refused: cannot patch",
    "a Pod of its namespace: Pod {room}/kubewire-",
    "its node: Pod default/kubewire-",
)
ASKED = {"models": ["pod_to_pod_same_node", "pod_to_self_service"], "protocols": ["tcp", "http"], "families": ["IPv4"]}


@pytest.fixture(scope="module")
def room() -> t.Iterator[str]:
    """A namespace with a server, two clients without a shell on its node, and a Service of one of them."""
    with new_namespace() as name, contextlib.ExitStack() as stack:
        node = objects("nodes", "-l", "!node-role.kubernetes.io/control-plane")[0]["metadata"]["name"]
        create(content(node), "-n", name)
        wait_for_pods(name)
        everywhere = "nodes,namespaces,networkpolicies.networking.k8s.io"
        stack.callback(kubectl, "delete", "clusterrole,clusterrolebinding", name, "--ignore-not-found")
        kubectl("create", "clusterrole", name, f"--resource={everywhere}", "--verb=list")
        users = [f"--user={user}" for user in USERS]
        kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", *users)
        for user in USERS:
            role(name, user, READ, EXEC)
            may(user, "list", "networkpolicies.networking.k8s.io", "default")
        role(name, "attacher-pod", *ATTACH, user="attacher")
        role(name, "maker-pods", *MAKE, user="maker")
        in_default = [f"{name}-{number}" for number in range(len(MAKE) + 1)]
        stack.callback(kubectl, "delete", "role,rolebinding", "-n", "default", *in_default, "--ignore-not-found")
        role("default", name, *MAKE, EXEC, user="operator")
        wait_for_service(name, CLIENT)
        wait_for_policy(name, "server", CLIENT)
        yield name


def content(node: str) -> t.Iterator[dict[str, t.Any]]:
    """The objects of the room."""
    for name, app in (("server", "frontend"), (CLIENT, "api"), (STRANGER, "api")):
        container = {"name": "main", "image": image(app), "ports": [{"name": "http", "containerPort": 8080}]}
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name, "team": "red"}},
            "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "containers": [container]},
        }
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": CLIENT},
        "spec": {"selector": {"app": CLIENT}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }
    yield {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "server"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "server"}},
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": CLIENT}}}]}],
        },
    }


@pytest.fixture(scope="module")
def runs(room: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, t.Any]]:
    """The same question by users of different rights; what one attaches serves all, so he comes last."""
    results: dict[str, dict[str, t.Any]] = {}
    folders = {user: tmp_path_factory.mktemp(user) for user in USERS}

    def run(user: str) -> None:
        result = Module("net_probe", folders[user])(
            impersonate_user=user,
            namespaces=[room],
            sources=[{"namespace": room, "pod": name} for name in (CLIENT, STRANGER)],
            debug_image=DEBUG_IMAGE,
            dest=str(folders[user] / "run"),
            **ASKED,
        )
        assert "report" in result, result
        results[user] = {**json.loads((folders[user] / "run/report.json").read_text()), "left": result["left"]}

    threads = [threading.Thread(target=run, args=(user,)) for user in USERS[1:]]
    with watching("endpointslices", room, tmp_path_factory.mktemp("watch") / "seen") as slices:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        run(USERS[0])
    results["endpoints"] = {"seen": [each for part in slices() for each in part.get("endpoints") or ()]}
    return results


@contextlib.contextmanager
def watching(kind: str, namespace: str, file: pathlib.Path) -> t.Iterator[t.Callable[[], list[dict[str, t.Any]]]]:
    """Watch objects; what is given returns each as often as it changed."""
    with file.open("wb") as stream:
        words = [*OPERATOR, "kubectl", "get", kind, "-n", namespace, "--watch", "-o", "json"]
        process = subprocess.Popen(words, stdout=stream)
    try:
        until(f"a watch of {kind}", lambda: file.stat().st_size)
        yield lambda: list(documents(file.read_text()))
    finally:
        process.terminate()
        process.wait()


def cells(result: dict[str, t.Any], source: str, model: str) -> list[dict[str, t.Any]]:
    return [cell for cell in result["cells"] if cell["source"].split("/")[1] == source and cell["model"] == model]


@pytest.mark.parametrize(("user", "level"), [("attacher", "pod"), ("maker", "namespace"), ("operator", "node")])
def test_policies_see_the_source_at_every_level(runs, room, user, level):
    let_in = [cell for cell in cells(runs[user], CLIENT, "pod_to_pod_same_node") if "/server:" in cell["target"]]
    kept_out = [cell for cell in cells(runs[user], STRANGER, "pod_to_pod_same_node") if "/server:" in cell["target"]]
    assert {(cell["expectation"], cell["verdict"]) for cell in let_in} == {("allow", "pass")}, let_in[0]["reason"]
    assert {(cell["expectation"], cell["verdict"]) for cell in kept_out} == {("deny", "pass")}, kept_out[0]["reason"]
    assert all(cell["evidence"]["control"] for cell in kept_out)
    assert {source["level"] for source in runs[user]["sources"].values()} == {level}
    assert not any("level" in cell["evidence"] for cell in (*let_in, *kept_out))


def test_only_another_pod_cannot_ask_what_a_pod_asks_itself(runs, room):
    for user in ("attacher", "operator"):
        own = cells(runs[user], CLIENT, "pod_to_self_service")
        assert {cell["verdict"] for cell in own} == {"pass"}, own
    own = cells(runs["maker"], CLIENT, "pod_to_self_service")
    assert {cell["verdict"] for cell in own} == {"unknown"}
    pod, _namespace, node = (each.format(room=room) for each in REFUSED)
    words = ("neither a shell nor python3", pod, "another Pod cannot see the traffic of a Pod to itself", node)
    assert all(each in cell["reason"] for cell in own for each in words), own[0]["reason"]


def test_without_any_right_the_remedy_is_named(runs, room):
    found = cells(runs["reader"], CLIENT, "pod_to_pod_same_node")
    assert found
    assert {cell["verdict"] for cell in found} == {"unknown"}
    words = [each.format(room=room) for each in REFUSED]
    assert all(each in cell["reason"] for cell in found for each in words), found[0]["reason"]


def test_a_pod_that_stands_in_gets_no_traffic_and_nothing_is_left(runs, room):
    others = [
        each
        for each in runs["endpoints"]["seen"]
        if each["targetRef"]["name"] != CLIENT and "kubewire" in each["targetRef"]["name"]
    ]
    assert others, "the Pod that stood in was never seen"
    assert not any(each["conditions"]["ready"] or each["conditions"].get("serving") for each in others)
    assert [result["left"] for user, result in runs.items() if user in ("maker", "operator", "reader")] == [[], [], []]
    assert {item["kind"] for item in runs["attacher"]["left"]} == {"EphemeralContainer"}
    for namespace in (room, "default"):
        assert "kubewire" not in json.dumps(
            [each["metadata"]["name"] for each in objects("pods,jobs", "-n", namespace)]
        )
