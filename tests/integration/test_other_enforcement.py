# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enforcement that the lab does not have, done by rules on a node: what no NetworkPolicy says, or says otherwise."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from . import node_network
from .conftest import PATIENCE, Module, create, image, kubectl, new_namespace, wait_for_pods

pytestmark = [pytest.mark.alone, pytest.mark.everywhere]  # a definition is for the whole cluster

Json = dict[str, t.Any]
NODE, BEYOND = "w1", "198.18.0.254"
GROUP = "k8s.ovn.org"
#: What a kube-router does to an isolated Pod beyond what the documentation says, and what an EgressFirewall does.
RULES = """
iptables {verb} INPUT -s {inner} -p icmp -j DROP
iptables {verb} FORWARD -s {inner} -d {inner} -j DROP
iptables {verb} FORWARD -s {walled} -d {beyond} -j DROP
"""


def pod(name: str) -> Json:
    container = {
        "name": "app",
        "image": image("frontend"),
        "command": ["python3", "-m", "http.server", "8000", "--bind", "::"],
        "ports": [{"containerPort": 8000}],
    }
    spec = {"nodeName": NODE, "terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "inner"},
    "spec": {"type": "NodePort", "selector": {"app": "inner"}, "ports": [{"port": 80, "targetPort": 8000}]},
}
ISOLATE = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "isolate"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "inner"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}],
        "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}],
    },
}
#: As loose as a definition can be: OVN-Kubernetes' own has a schema, which nobody reads here.
SCHEMA = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"egressfirewalls.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": "egressfirewalls", "singular": "egressfirewall", "kind": "EgressFirewall"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": SCHEMA}],
    },
}
WALL = {
    "apiVersion": f"{GROUP}/v1",
    "kind": "EgressFirewall",
    "metadata": {"name": "default"},
    "spec": {"egress": [{"type": "Deny", "to": {"cidrSelector": f"{BEYOND}/32"}}]},
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, list[Json]]]:
    folder: pathlib.Path = tmp_path_factory.mktemp("enforcement")
    with new_namespace() as inside, new_namespace() as walled, new_namespace() as beside:
        rules = ""
        try:
            create([DEFINITION])
            kubectl("wait", f"crd/egressfirewalls.{GROUP}", "--for=condition=Established", f"--timeout={PATIENCE}s")
            create([node_network.pod(NODE)], "-n", beside)
            create([pod("inner"), SERVICE, ISOLATE], "-n", inside)
            create([pod("walled"), WALL], "-n", walled)
            for namespace in (beside, inside, walled):
                wait_for_pods(namespace)
            rules = RULES.replace("{inner}", address(inside, "inner")).replace("{walled}", address(walled, "walled"))
            rules = rules.replace("{beyond}", BEYOND)
            node_network.run(beside, rules.replace("{verb}", "-I"))
            yield {"inner": asked_inside(folder, inside), "walled": asked_beyond(folder, walled)}
        finally:
            if rules:
                node_network.run(beside, rules.replace("{verb}", "-D"))
            kubectl("delete", "crd", f"egressfirewalls.{GROUP}", "--ignore-not-found")


def address(namespace: str, name: str) -> str:
    return kubectl("get", "pod", name, "-n", namespace, "-o", "jsonpath={.status.podIP}")


def probed(folder: pathlib.Path, namespace: str, **options: t.Any) -> list[Json]:
    given: Json = {"families": ["IPv4"], "probe_timeout": 2, **options}
    result = Module("net_probe", folder)(namespaces=[namespace], dest=str(folder), **given)
    assert "report" in result, result
    return t.cast("list[Json]", json.loads((folder / "report.json").read_text())["cells"])


def asked_inside(folder: pathlib.Path, namespace: str) -> list[Json]:
    models = ["pod_to_nodeport", "pod_to_self_service"]
    return probed(folder, namespace, models=models, protocols=["icmp", "tcp"])


def asked_beyond(folder: pathlib.Path, namespace: str) -> list[Json]:
    there = [{"host": host, "port": 80} for host in (BEYOND, "198.18.0.2")]
    return probed(folder, namespace, targets=there, protocols=["tcp"])


def test_a_pod_that_may_not_ask_its_own_node_names_the_policy_and_the_exemption(cells: dict[str, list[Json]]) -> None:
    (cell,) = [each for each in cells["inner"] if each["protocol"] == "icmp" and each["target"] == f"node/{NODE}"]
    assert (cell["verdict"], cell["whose"], cell["outcome"]) == ("fail", "network", "timeout"), cell
    assert cell["reason"].startswith("NetworkPolicy test-")
    assert "/isolate" in cell["reason"]
    assert "the documentation exempts its own node, this cluster's enforcement does not" in cell["reason"]


def test_a_pod_that_may_not_ask_itself_through_its_service_names_them_as_well(cells: dict[str, list[Json]]) -> None:
    (cell,) = [each for each in cells["inner"] if each["model"] == "pod_to_self_service"]
    assert (cell["verdict"], cell["whose"], cell["outcome"]) == ("fail", "network", "timeout"), cell
    assert "/isolate isolates Pod" in cell["reason"]
    assert "exempts a Pod that connects to itself, this cluster's enforcement does not" in cell["reason"]


def test_a_policy_of_a_kind_that_is_not_read_is_a_doubt_about_what_leaves_the_cluster(
    cells: dict[str, list[Json]],
) -> None:
    by_host = {cell["asked"].partition(":")[0]: cell for cell in cells["walled"]}
    closed = by_host[BEYOND]
    assert (closed["outcome"], closed["verdict"]) == ("timeout", "unknown"), closed
    assert "EgressFirewall" in closed["reason"]
