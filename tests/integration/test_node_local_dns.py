# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NodeLocal DNSCache on one node: Pods ask a link-local address there, and that is what policies are compared with."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from . import node_network
from .conftest import PROBE_TIMEOUT, Module, create, image, kubectl, new_namespace, wait_for_pods

pytestmark = [pytest.mark.alone, pytest.mark.everywhere]  # its ConfigMap is for the whole cluster

Json = dict[str, t.Any]
ADDRESS, NODE = "169.254.20.10", "w1"
#: The kernel of the lab has no dummy devices; the node's own Pods reach what is on its lo as well.
PLACE = f"ip address add {ADDRESS}/32 dev lo 2>/dev/null; echo placed"
CLOSE = "iptables -I INPUT -d {address} -s {pod} -j DROP; echo closed"
COREFILE = """
. {{
    bind {address}
    forward . {dns}
}}
"""
DNS_PODS = [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}]
POLICIES = {"dead": DNS_PODS, "works": [{"ipBlock": {"cidr": f"{ADDRESS}/32"}}]}


def policy(name: str, to: t.Sequence[Json]) -> Json:
    ports = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
    spec = {
        "podSelector": {"matchLabels": {"app": name}},
        "policyTypes": ["Egress"],
        "egress": [{"to": to, "ports": ports}],
    }
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def pod(name: str, namespace: str) -> Json:
    searches = [f"{namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local"]
    config = {"nameservers": [ADDRESS], "searches": searches, "options": [{"name": "ndots", "value": "5"}]}
    sleep = ["python3", "-c", "import time; time.sleep(600)"]
    spec = {
        "nodeName": NODE,
        "dnsPolicy": "None",
        "dnsConfig": config,
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "app", "image": image("frontend"), "command": sleep}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def cache(program: str) -> Json:
    """CoreDNS in the network of the node, at an address that it did not have."""
    server = {
        "name": "coredns",
        "image": program,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    return node_network.pod(
        NODE,
        initContainers=[{**node_network.TOOLS, "name": "address", "command": ["sh", "-c", PLACE]}],
        containers=[server],
        volumes=[{"name": "config", "configMap": {"name": "coredns"}}],
    )


def config_map(name: str, corefile: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"Corefile": corefile}}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[list[Json]]:
    folder: pathlib.Path = tmp_path_factory.mktemp("dns")
    dns = kubectl("get", "service", "-n", "kube-system", "kube-dns", "-o", "jsonpath={.spec.clusterIP}")
    program = kubectl(
        "get",
        "pods",
        "-n",
        "kube-system",
        "-l",
        "k8s-app=kube-dns",
        "-o",
        "jsonpath={.items[0].spec.containers[0].image}",
    )
    corefile = COREFILE.format(address=ADDRESS, dns=dns)
    with new_namespace() as namespace, new_namespace() as beside:
        try:
            create([config_map("node-local-dns", corefile)], "-n", "kube-system")
            create([config_map("coredns", corefile), cache(program)], "-n", beside)
            wait_for_pods(beside)
            pods = [pod(name, namespace) for name in (*POLICIES, "free")]
            create([*(policy(*each) for each in POLICIES.items()), *pods], "-n", namespace)
            wait_for_pods(namespace)
            # The lab's enforcer lets each Pod reach its own node; others do not.
            closed = kubectl("get", "pod", "dead", "-n", namespace, "-o", "jsonpath={.status.podIP}")
            node_network.run(beside, CLOSE.format(address=ADDRESS, pod=closed))
            yield probed(folder, namespace)
            node_network.run(beside, CLOSE.format(address=ADDRESS, pod=closed).replace("-I", "-D"))
        finally:
            node_network.run(beside, f"ip address del {ADDRESS}/32 dev lo")
            kubectl("delete", "configmap", "node-local-dns", "-n", "kube-system", "--ignore-not-found")


def probed(folder: pathlib.Path, namespace: str) -> list[Json]:
    given: Json = {"models": ["pod_to_dns"], "protocols": ["dns"], "families": ["IPv4"]}
    given["probe_timeout"] = PROBE_TIMEOUT
    result = Module("net_probe", folder)(namespaces=[namespace], dest=str(folder), **given)
    assert "report" in result, result
    return t.cast("list[Json]", json.loads((folder / "report.json").read_text())["cells"])


def told(cells: list[Json], name: str) -> set[tuple[str, str]]:
    found = [cell for cell in cells if f"/{name}/" in cell["source"] and "cluster name" in cell["via"]]
    assert found
    return {(cell["expectation"], cell["verdict"]) for cell in found}


def test_the_address_of_the_cache_is_what_counts(cells: list[Json]) -> None:
    assert told(cells, "free") == {("allow", "pass")}
    assert told(cells, "works") == {("allow", "pass")}


def test_a_policy_for_the_pods_of_the_clusters_dns_alone_closes_it_and_is_named(cells: list[Json]) -> None:
    assert told(cells, "dead") == {("deny", "pass")}
    closed = [cell for cell in cells if "/dead/" in cell["source"] and "cluster name" in cell["via"]]
    assert {cell["decided_by"].rpartition("/")[2] for cell in closed} == {"dead"}
    assert {cell["outcome"] for cell in closed} == {"dns_timeout"}
