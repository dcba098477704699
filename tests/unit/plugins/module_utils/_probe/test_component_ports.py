# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of Kubernetes' components: which nodes have them, and which nodes need them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.component_ports import COMPONENT_PORTS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

PORTS = {each.name: each for each in COMPONENT_PORTS}


def facts() -> Facts:
    """A node of the control plane with etcd, and two workers, one of them with flannel."""
    master = cluster.node("cp", "198.18.0.10")
    master["metadata"]["labels"] = {"node-role.kubernetes.io/control-plane": ""}
    nodes = [master, cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")]
    pods = [
        cluster.pod("etcd-cp", "cp", "198.18.0.10", labels={"component": "etcd"}),
        cluster.pod("kube-flannel-1", "w1", "198.18.0.11", labels={"app": "flannel"}),
    ]
    return Facts(cluster.snapshot(nodes=nodes, pods=pods))


@pytest.mark.parametrize(
    ("name", "on", "by"),
    [
        ("kube-apiserver", "cp", "cp w1 w2"),
        ("kubelet", "cp w1 w2", "cp"),
        ("etcd-client", "cp", "cp"),
        ("etcd-peer", "cp", "cp"),
        ("flannel-vxlan", "w1", "w1"),
    ],
)
def test_a_port_is_where_its_component_is_and_needed_by_its_clients(name, on, by):
    known = facts()
    nodes = known.snapshot.nodes
    assert " ".join(node.name for node in nodes if PORTS[name].on(known, node)) == on
    assert " ".join(node.name for node in nodes if PORTS[name].by(known, node)) == by


def test_a_page_can_be_asked_by_tcp_as_well_and_a_datagram_cannot():
    assert (PORTS["kubelet"].instead, PORTS["etcd-peer"].instead, PORTS["flannel-vxlan"].instead) == ("tcp", "", "")
