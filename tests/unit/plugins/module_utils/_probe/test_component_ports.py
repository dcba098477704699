# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of Kubernetes' components: which nodes have them, and which nodes need them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.component_ports import ComponentPort, needed
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ApiEndpoint
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

BACKEND = "flannel.alpha.coreos.com/backend-type"


def facts(**annotations: str) -> Facts:
    """A node of the control plane with etcd, and two workers; all have the annotations."""
    master = cluster.node("cp", "198.18.0.10", "fd00::10")
    master["metadata"]["labels"] = {"node-role.kubernetes.io/control-plane": ""}
    master["status"]["daemonEndpoints"] = {"kubeletEndpoint": {"Port": 10260}}
    nodes = [master, cluster.node("w1", "198.18.0.11", "fd00::11"), cluster.node("w2", "198.18.0.12", "fd00::12")]
    for each in nodes:
        each["metadata"]["annotations"] = annotations
    pods = [cluster.pod("etcd-cp", "cp", "198.18.0.10", labels={"component": "etcd"})]
    taken = cluster.snapshot(nodes=nodes, pods=pods)
    return Facts(dataclasses.replace(taken, api_endpoints=(ApiEndpoint("198.18.0.10", 7443),)))


def asked(known: Facts, node: str, by: str, ip_family: str = "IPv4") -> dict[str, ComponentPort]:
    found = needed(known, known.nodes[node], known.nodes[by], ip_family)
    return {each.name: each for each in found}


@pytest.mark.parametrize(
    ("node", "by", "ports"),
    [
        ("cp", "w1", {"kube-apiserver": 7443}),
        ("w1", "cp", {"kubelet": 10250}),
        ("w1", "w2", {}),
        ("cp", "cp", {"kube-apiserver": 7443, "kubelet": 10260, "etcd-client": 2379, "etcd-peer": 2380}),
    ],
)
def test_a_port_is_where_its_component_is_and_needed_by_its_clients(node, by, ports):
    """Its number is that of this cluster."""
    assert {name: port.port for name, port in asked(facts(), node, by).items()} == ports


def test_without_the_endpoints_of_the_api_server_its_port_is_not_guessed():
    known = Facts(dataclasses.replace(facts().snapshot, api_endpoints=()))
    assert "kube-apiserver" not in asked(known, "cp", "w1")


OVN: dict[str, t.Any] = {"k8s.ovn.org/node-subnets": "{}"}


@pytest.mark.parametrize(
    ("annotations", "ip_family", "port"),
    [
        ({BACKEND: "vxlan"}, "IPv4", ("flannel-vxlan", 8472, ("IPv4",))),
        ({BACKEND: "vxlan"}, "IPv6", ("flannel-vxlan", 8472, ("IPv6",))),
        ({BACKEND: "wireguard"}, "IPv4", ("flannel-wireguard", 51820, ("IPv4",))),
        ({BACKEND: "host-gw"}, "IPv4", None),
        ({}, "IPv4", None),
        (OVN, "IPv4", ("OVN-Kubernetes-Geneve", 6081, ("IPv4", "IPv6"))),
        (OVN, "IPv6", None),
    ],
)
def test_the_port_of_the_overlay_is_the_one_that_the_nodes_say(annotations, ip_family, port):
    found = [each for each in asked(facts(**annotations), "w1", "w2", ip_family).values() if each.carries]
    assert [(each.name, each.port, each.carries) for each in found] == ([port] if port else [])


def test_a_node_with_another_overlay_is_not_asked_for_it():
    known = facts(**{BACKEND: "vxlan"})
    known.nodes["w2"].annotations[BACKEND] = "host-gw"
    assert not asked(known, "w1", "w2")


def test_a_page_can_be_asked_by_tcp_as_well_and_a_datagram_cannot():
    ports = {**asked(facts(**{BACKEND: "vxlan"}), "cp", "cp")}
    assert (ports["kubelet"].instead, ports["etcd-peer"].instead, ports["flannel-vxlan"].instead) == ("tcp", "", "")
