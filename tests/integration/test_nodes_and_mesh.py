# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual node, and a Pod whose sidecar takes all that it sends: objects and a redirect, as those have them."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from .conftest import PROBE_TIMEOUT, Module, create, image, kubectl, new_namespace, wait_for_pods
from .node_objects import registered, run_nowhere

pytestmark = [pytest.mark.alone, pytest.mark.everywhere]  # other tests ask all nodes

Json = dict[str, t.Any]
NOBODY = "198.18.0.78"  #: an address of the nodes' network that no machine has
TAKE_ALL = "iptables -t nat -A OUTPUT -p tcp -m owner ! --uid-owner 1337 ! -d 127.0.0.1 -j REDIRECT --to-ports 15001"
SIDECAR = """
import socket
server = socket.create_server(("", 15001))
while True:
    server.accept()[0].close()
"""


def pod(name: str, port: int, **spec: t.Any) -> Json:
    """A Pod that listens at 8000, and says that it does at a port."""
    command = ["python3", "-m", "http.server", "8000", "--directory", "/app"]
    container = {"name": "app", "image": image("frontend"), "command": command, "ports": [{"containerPort": port}]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def meshed() -> Json:
    """What Istio's injector makes of a Pod, as far as it matters."""
    redirect = {"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}
    init = {"name": "istio-init", "image": "registry.lab:5000/debug:1", "command": ["sh", "-c", TAKE_ALL]}
    proxy = {
        "name": "istio-proxy",
        "image": image("frontend"),
        "restartPolicy": "Always",
        "securityContext": {"runAsUser": 1337},
        "command": ["python3", "-c", SIDECAR],
    }
    return pod("meshed", 8000, initContainers=[{**init, "securityContext": redirect}, proxy])


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "plain"},
    "spec": {"type": "NodePort", "selector": {"app": "plain"}, "ports": [{"port": 80, "targetPort": 8000}]},
}
POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "names-alone"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "meshed"}},
        "policyTypes": ["Egress"],
        "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}],
    },
}
MODELS = ["pod_to_pod_same_node", "pod_to_pod_cross_node", "pod_to_nodeport"]


@pytest.fixture(scope="module")
def there() -> t.Iterator[tuple[str, str]]:
    """A namespace, and a virtual node with a Pod of it."""
    with new_namespace() as namespace:
        node = f"virtual-{namespace[-8:]}"
        create([SERVICE, POLICY, meshed(), pod("plain", 8000), pod("dead", 9999)], "-n", namespace)
        wait_for_pods(namespace)
        gone = ("delete", "pod", "serverless", "-n", namespace, "--force", "--grace-period=0", "--ignore-not-found")
        with registered(node, NOBODY, type="virtual-kubelet"):
            try:
                create([pod("serverless", 8000, nodeName=node, tolerations=[{"operator": "Exists"}])], "-n", namespace)
                run_nowhere(namespace, "serverless", image("frontend"))
                yield namespace, node
            finally:
                kubectl(*gone)


@pytest.fixture(scope="module")
def report(there: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Json:
    folder: pathlib.Path = tmp_path_factory.mktemp("nodes")
    limits = {"protocols": ["tcp", "icmp"], "families": ["IPv4"], "probe_timeout": PROBE_TIMEOUT}
    result = Module("net_probe", folder)(namespaces=[there[0]], models=MODELS, dest=str(folder), **limits)
    assert result.get("reason", "") in ("", "checks_failed"), result
    found: Json = json.loads((folder / "report.json").read_text())
    return found


def by_tcp(report: Json, source: str) -> list[Json]:
    return [cell for cell in report["cells"] if cell["source"] == source and cell["protocol"] == "tcp"]


def test_nothing_is_asked_of_a_virtual_node_and_its_pods_and_that_is_said_once(report, there):
    node = there[1]
    asked = {(cell["source"], cell["target"]) for cell in report["cells"]}
    assert not [pair for pair in asked if node in pair[1] or "/serverless" in "".join(pair)]
    assert any(target == "node/w1" for _source, target in asked)
    said = [item for item in report["not_tested"] if node in item["what"] or "serverless" in item["what"]]
    assert [(item["what"], item["reason"]) for item in said] == [
        (f"Node {node} and its Pods", "it is a virtual node (label type=virtual-kubelet), and no probe can run there")
    ]


def test_no_debug_pod_is_created_on_a_virtual_node(there, tmp_path):
    namespace, node = there
    options = {"namespace": namespace, "image": image("ledger"), "every_node": True, "level": "node"}
    done = Module("debug_pod", tmp_path)(check=True, node_selectors=["kubernetes.io/os=linux"], **options)
    assert [(each["node"], each["kind"]) for each in done["troubles"] if each["node"] == node] == [(node, "unfit_node")]
    assert {each["spec"]["nodeName"] for each in done["manifests"]} >= {"cp", "w1", "w2"}
    assert node not in {each["spec"]["nodeName"] for each in done["manifests"]}


@pytest.mark.parametrize(("selector", "chosen"), [("kubernetes.io/os=linux", True), ("type=virtual-kubelet", False)])
def test_the_scheduler_has_no_virtual_node_to_choose(there, tmp_path, selector, chosen):
    """A real scheduler, and a virtual node that says it is Ready: the Pod tolerates its taint and runs elsewhere."""
    namespace, node = there
    options = {"namespace": namespace, "image": image("ledger"), "node_selectors": [selector], "lifetime": 200}
    done = Module("debug_pod", tmp_path)(commands=[{"argv": ["true"], "name": "true"}], deadline=150, **options)
    if chosen:
        assert [each["node"] in ("cp", "w1", "w2") for each in done["pods"]] == [True], done
        assert not done["left"]
    else:
        assert f"node {node}: it is a virtual node (label type=virtual-kubelet)" in done["msg"]


def test_a_connection_that_the_sidecar_of_the_source_takes_shows_nothing(report, there):
    """Neither a port that is open, nor one that nothing listens at, nor a policy that closes both."""
    namespace, _node = there
    own = [
        cell for cell in report["cells"] if cell["source"] == f"{namespace}/meshed/app" and cell["protocol"] == "tcp"
    ]
    targets = {cell["target"] for cell in own}
    assert {f"pod/{namespace}/plain:8000", f"pod/{namespace}/dead:9999"} <= targets
    reason = "the sidecar istio-proxy of the source answers every connection, so this one says nothing of the target"
    assert {(cell["outcome"], cell["verdict"], cell["author"], cell["reason"]) for cell in own} == {
        ("open", "unknown", "sidecar", reason)
    }


def test_another_pod_shows_what_there_is(report, there):
    namespace, _node = there
    plain = [
        cell for cell in report["cells"] if cell["source"] == f"{namespace}/dead/app" and cell["protocol"] == "tcp"
    ]
    verdicts = {cell["target"]: cell["verdict"] for cell in plain}
    assert verdicts[f"pod/{namespace}/plain:8000"] == "pass"
    assert "unexpected_open" not in verdicts.values()
