# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that come and go, for real: packets that a node drops at random, and a dead endpoint among three.

Each is looked for three times, as chance is a part of it; only with C(-m statistic).
"""

from __future__ import annotations

import contextlib
import itertools
import typing as t

import pytest

from .conftest import Module, create, kubectl, new_namespace, objects, on

pytestmark = pytest.mark.statistic

NODES = {"a": "w1", "b": "w2", "c": "w1", "d": "w2"}
SERVER = "import socket\ns = socket.create_server(('', 8080), backlog=128)\nwhile 1: s.accept()[0].close()"
#: In the range of w2's Pods, and of none of them.
NOBODY = "253"
TIMES = range(3)


def pod(name: str, node: str) -> dict[str, t.Any]:
    container = {
        "name": "c",
        "image": "registry.lab:5000/shop-frontend:1",
        "command": ["python3", "-c", SERVER],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
    }
    spec = {"nodeName": node, "terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def service(name: str, *addresses: str) -> list[dict[str, t.Any]]:
    """A Service whose endpoints are named by hand."""
    ports = [{"name": "x", "port": 80, "targetPort": 8080}]
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "ports": [{"name": "x", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
        },
    ]


@pytest.fixture(scope="module")
def place() -> t.Iterator[tuple[str, dict[str, str]]]:
    """A namespace, and the addresses of its Pods."""
    with new_namespace() as namespace:
        create([pod(*each) for each in NODES.items()], "-n", namespace)
        kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod", "--all", "--timeout=120s")
        ips = {one["metadata"]["name"]: one["status"]["podIP"] for one in objects("pods", "-n", namespace)}
        create([*service("well", ips["a"], ips["b"], ips["d"]), *service("calm", *ips.values())], "-n", namespace)
        yield namespace, ips


def asked(net_probe: Module, namespace: str) -> list[dict[str, t.Any]]:
    """The cells that fail."""
    models = ["pod_to_pod_cross_node", "pod_to_pod_same_node", "pod_to_service"]
    given = {"namespaces": [namespace], "models": models, "protocols": ["icmp", "tcp"], "families": ["IPv4"]}
    result = net_probe(**given)
    assert "cells" in result, result
    return [cell for cell in result["cells"] if cell["verdict"] == "fail"]


@contextlib.contextmanager
def loss(rate: float, ips: dict[str, str]) -> t.Iterator[None]:
    """Let w2 drop echo requests between its Pods and those of w1 at random; those within w2 stay as they are."""
    drop = ("-p", "icmp", "--icmp-type", "echo-request", "-m", "statistic", "--mode", "random")
    near, far = ([ips[name] for name, node in NODES.items() if node == wanted] for wanted in ("w2", "w1"))
    ways = [*itertools.product(near, far), *itertools.product(far, near)]
    rules = [
        ("FORWARD", "-s", one, "-d", other, *drop, "--probability", str(rate), "-j", "DROP") for one, other in ways
    ]
    done = []
    try:
        for rule in rules:
            on("w2", "iptables", "-w", "-I", *rule)
            done.append(rule)
        yield
    finally:
        for rule in done:
            on("w2", "iptables", "-w", "-D", *rule)


@pytest.mark.parametrize("_time", TIMES)
def test_without_a_fault_there_is_none(net_probe: Module, place: tuple[str, dict[str, str]], _time: int) -> None:
    assert asked(net_probe, place[0]) == []


@pytest.mark.parametrize("_time", TIMES)
@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3])
def test_loss_between_two_nodes_is_told_with_its_rate(
    net_probe: Module, place: tuple[str, dict[str, str]], rate: float, _time: int
) -> None:
    namespace, ips = place
    with loss(rate, ips):
        failed = asked(net_probe, namespace)
    assert failed
    for cell in failed:
        assert (cell["protocol"], cell["model"], cell["whose"]) == ("icmp", "pod_to_pod_cross_node", "network")
        assert "packets between nodes w1 and w2 had no answer" in cell["reason"]


@pytest.mark.parametrize("_time", TIMES)
def test_a_dead_endpoint_of_three_is_told(net_probe: Module, place: tuple[str, dict[str, str]], _time: int) -> None:
    namespace, ips = place
    dead = f"{ips['b'].rpartition('.')[0]}.{NOBODY}"
    create(service("ill", ips["a"], ips["b"], dead), "-n", namespace)
    try:
        failed = asked(net_probe, namespace)
    finally:
        kubectl("delete", "service,endpointslice", "ill", "-n", namespace)
    assert failed
    assert {cell["target"] for cell in failed} == {f"svc/{namespace}/ill:80"}
    assert any("intermittent: " in cell["reason"] for cell in failed)
