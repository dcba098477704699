# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every traffic model twice: all of it passes while traffic flows, and what is cut fails for the right reason.

One run on the healthy lab, one with a cut for each model, made of packet filters on the lab's nodes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import typing as t

import pytest

from .conftest import (
    DEBUG_IMAGE,
    OPERATOR,
    PROBE_TIMEOUT,
    Module,
    create,
    image,
    is_true,
    kubectl,
    objects,
    on,
    wait_for_pods,
    wait_for_service,
)

pytestmark = pytest.mark.alone

OUTSIDE = "198.18.0.100"
NODES = ("cp", "w1", "w2")
#: Beside the frontend: one that answers, and one that does not listen on the port that it declares.
ECHO = {"name": "echo", "command": ["shop-echo"], "ports": [{"containerPort": 7007, "name": "tcp-echo"}]}
MUTE = {
    "name": "mute",
    "command": ["python3", "-c", "import time; time.sleep(3600)"],
    "ports": [{"containerPort": 9, "name": "discard"}],
    # So that something uses the port; it is never asked.
    "livenessProbe": {"tcpSocket": {"port": "discard"}, "initialDelaySeconds": 3600},
}


@dataclasses.dataclass(frozen=True)
class Lab:
    """Whom the cuts are about."""

    source: dict[str, t.Any]
    pods: list[dict[str, t.Any]]

    @property
    def node(self) -> str:
        return str(self.source["spec"]["nodeName"])

    @property
    def address(self) -> str:
        return str(self.source["status"]["podIP"])

    @property
    def id(self) -> str:
        return f"shop/{self.source['metadata']['name']}/frontend"

    def pod(self, app: str, same_node: bool) -> str:
        """The address of a Pod of an application, on the source's node or on another."""
        return next(
            str(pod["status"]["podIP"])
            for pod in self.pods
            if pod["metadata"]["labels"].get("app") == app and (pod["spec"]["nodeName"] == self.node) is same_node
        )


def service(name: str) -> dict[str, t.Any]:
    return dict(json.loads(kubectl("get", "service", "-n", *name.split("/"), "-o", "json")))


def cluster_ip(name: str) -> str:
    return str(service(name)["spec"]["clusterIP"])


def balancer(name: str) -> str:
    addresses = [each["ip"] for each in service(name)["status"]["loadBalancer"]["ingress"]]
    return next(str(address) for address in addresses if ":" not in address)


@pytest.fixture(scope="module")
def lab() -> t.Iterator[Lab]:
    """A Pod of the test's own, that asks: nothing else is hurt by what is cut."""
    name = "models-frontend"
    web = {
        "name": "frontend",
        "ports": [{"containerPort": 8080, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1},
    }
    used = image("frontend")
    spec = {
        "containers": [{**each, "image": used} for each in (web, ECHO, MUTE)],
        "nodeName": "w1",
        "terminationGracePeriodSeconds": 0,
    }
    labels = {"app": "models"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": labels}}
    service_of_it = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "models", "namespace": "shop"},
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }
    create([{**pod, "spec": spec}, service_of_it])
    try:
        wait_for_pods("shop", name)
        wait_for_service("shop", "models")
        running = objects("pods", "-n", "shop", "--field-selector=status.phase=Running")
        found = [each for each in running if is_true(each, "Ready") and "deletionTimestamp" not in each["metadata"]]
        (own,) = (pod for pod in found if pod["metadata"]["name"] == name)
        yield Lab(own, found)
    finally:
        kubectl("delete", "-n", "shop", f"pod/{name}", "service/models", "--wait=false")


def run(lab: Lab, folder: t.Any, probe_timeout: float) -> list[dict[str, t.Any]]:
    """Ask everything in every model from one Pod, from the nodes and from outside."""
    probe = Module("net_probe", folder)
    result = probe(
        namespaces=["shop", "traefik"],
        sources=[
            {"namespace": "shop", "pod": lab.source["metadata"]["name"]},
            {"node": "*"},
            {"outside": True},
        ],
        internet=[{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
        families=["IPv4"],
        probe_timeout=probe_timeout,
        debug_image=DEBUG_IMAGE,
    )
    assert "cells" in result, result
    return list(result["cells"])


@pytest.fixture(scope="module")
def healthy(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, t.Any]]:
    return run(lab, tmp_path_factory.mktemp("healthy"), PROBE_TIMEOUT)


def cuts(lab: Lab) -> list[tuple[str, list[str]]]:
    """Where packets are dropped, and which: before any Service is resolved, so what is asked is what is cut."""
    own = ["PREROUTING", "-s", lab.address]
    www = subprocess.run(
        [*OPERATOR, "getent", "ahostsv4", "www.outside.lab"], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    return [
        (lab.node, [*own, "-d", lab.pod("echo", same_node=True)]),
        (lab.node, [*own, "-d", lab.pod("echo", same_node=False)]),
        (lab.node, [*own, "-d", cluster_ip("shop/api")]),
        (lab.node, [*own, "-d", lab.pod("store", same_node=False)]),
        (lab.node, [*own, "-d", "198.18.0.12", "-p", "tcp", "--dport", "30080"]),
        (lab.node, [*own, "-d", balancer("shop/frontend-lb")]),
        (lab.node, [*own, "-d", balancer("traefik/traefik"), "-p", "tcp", "--dport", "443"]),
        (lab.node, [*own, "-d", www]),
        (lab.node, [*own, "-d", "10.96.0.1"]),
        (lab.node, [*own, "-d", "10.96.0.10", "-p", "tcp"]),
        ("w2", ["OUTPUT", "-d", lab.address]),
        ("w2", ["OUTPUT", "-d", cluster_ip("shop/api")]),
        ("w1", ["PREROUTING", "-s", "198.18.0.12", "-p", "icmp"]),
        ("w1", ["PREROUTING", "-s", OUTSIDE, "-p", "tcp", "--dport", "30080"]),
        *((node, ["PREROUTING", "-s", OUTSIDE, "-d", balancer("shop/frontend-lb")]) for node in NODES),
        *((node, ["PREROUTING", "-s", OUTSIDE, "-d", balancer("traefik/traefik"), "-p", "tcp"]) for node in NODES),
    ]


@contextlib.contextmanager
def cut(node: str, rule: list[str]) -> t.Iterator[None]:
    on(node, "iptables", "-w", "-t", "raw", "-I", *rule, "-j", "DROP")
    try:
        yield
    finally:
        on(node, "iptables", "-w", "-t", "raw", "-D", *rule, "-j", "DROP")


@contextlib.contextmanager
def no_hairpin(lab: Lab) -> t.Iterator[None]:
    """The bridge gives a packet back to where it came from only in hairpin mode."""
    link = kubectl("exec", "-n", "shop", lab.source["metadata"]["name"], "-c", "frontend", "--", "sh", "-c", IFLINK)
    names = on(lab.node, "ip", "-o", "link").splitlines()
    (port,) = (line.split()[1].split("@")[0] for line in names if line.startswith(f"{link.strip()}:"))
    on(lab.node, "bridge", "link", "set", "dev", port, "hairpin", "off")
    try:
        yield
    finally:
        on(lab.node, "bridge", "link", "set", "dev", port, "hairpin", "on")


IFLINK = "read -r link </sys/class/net/eth0/iflink; echo $link"


@pytest.fixture(scope="module")
def broken(lab: Lab, healthy: t.Any, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, t.Any]]:
    with contextlib.ExitStack() as stack:
        for node, rule in cuts(lab):
            stack.enter_context(cut(node, rule))
        stack.enter_context(no_hairpin(lab))
        return run(lab, tmp_path_factory.mktemp("broken"), 5)


@dataclasses.dataclass(frozen=True)
class Case:
    """What is cut for a model, and how that has to look."""

    source: str  #: begin of the source's id; empty for the Pod
    target: str  #: begin of the target's id
    outcome: str
    reason: str = "no answer"


TCP_443 = "ingress/shop/shop/shop.lab/:443"
CASES = {
    "container_to_container": Case("", "pod/shop/models-frontend:9", "refused", "refuses connections"),
    "pod_to_pod_same_node": Case("", "pod/shop/echo-", "timeout"),
    "pod_to_pod_cross_node": Case("", "pod/shop/echo-", "timeout"),
    "pod_to_service": Case("", "svc/shop/api:80", "timeout"),
    "pod_to_self_service": Case("", "svc/shop/models:80", "timeout", "no answer"),
    "pod_to_headless": Case("", "endpoint/shop/store/store-", "timeout"),
    "pod_to_nodeport": Case("", "node/w2:30080", "timeout"),
    "pod_to_loadbalancer": Case("", "lb/shop/frontend-lb:80", "timeout"),
    "pod_to_ingress": Case("", TCP_443, "timeout"),
    "pod_to_internet": Case("", "host/www.outside.lab:80", "timeout"),
    "pod_to_apiserver": Case("", "apiserver", "timeout"),
    "pod_to_dns": Case("", "dns/1", "dns_timeout", "no DNS server answered"),
    "node_to_pod": Case("node/w2", "pod/shop/models-frontend:8080", "timeout"),
    "node_to_service": Case("node/w2", "svc/shop/api:80", "timeout"),
    "node_to_node": Case("node/w2", "node/w1", "timeout"),
    "outside_to_nodeport": Case("outside/", "node/w1:30080", "timeout"),
    "outside_to_loadbalancer": Case("outside/", "lb/shop/frontend-lb:80", "timeout"),
    "outside_to_ingress": Case("outside/", TCP_443, "timeout"),
}


def told(cells: t.Iterable[dict[str, t.Any]]) -> list[str]:
    """Each cell in a line that a person can read in a failed test."""
    return ["{source} -> {asked} {protocol}: {verdict}, {outcome}: {reason}".format(**cell) for cell in cells]


@pytest.mark.parametrize("model", CASES)
def test_a_model_passes_while_traffic_flows(healthy, model):
    cells = [cell for cell in healthy if cell["model"] == model and not cell["target"].endswith("models-frontend:9")]
    assert any(cell["verdict"] == "pass" for cell in cells), told(cells[:3])
    bad = [cell for cell in cells if cell["verdict"] in ("fail", "unexpected_open")]
    assert not bad, told(bad[:3])
    assert all(cell["reason"] for cell in cells if cell["verdict"] == "unknown")


@pytest.mark.parametrize(("model", "case"), CASES.items(), ids=list(CASES))
def test_what_is_cut_fails_for_the_right_reason(lab, broken, model, case):
    cells = [
        cell
        for cell in broken
        if cell["model"] == model
        and cell["source"].startswith(case.source or lab.id)
        and cell["target"].startswith(case.target)
        and cell["verdict"] == "fail"
    ]
    about = [cell for cell in broken if cell["model"] == model and cell["target"].startswith(case.target)]
    assert cells, told(about[:4])
    assert case.outcome in {cell["outcome"] for cell in cells}
    assert all(case.reason in cell["reason"] for cell in cells if cell["outcome"] == case.outcome)
    assert all(cell["expectation"] == "allow" and cell["decided_by"] for cell in cells)


def test_what_is_not_cut_goes_on(lab, broken):
    """A cut is seen where it is, and nowhere else."""
    others = [
        cell
        for cell in broken
        if cell["source"] == lab.id
        and cell["target"].startswith(("pod/shop/ledger", "pod/shop/api", "pod/shop/frontend"))
    ]
    assert others
    bad = [cell for cell in others if cell["verdict"] not in ("pass", "skipped", "unknown")]
    assert not bad, told(bad)
