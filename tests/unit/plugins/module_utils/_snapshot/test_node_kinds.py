# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of machine a node is."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import node_kinds
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Snapshot, Taint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import (
    AntreaConfig,
    CiliumConfig,
    FlannelConfig,
)

EMPTY = Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443")
BACKEND = "flannel.alpha.coreos.com/backend-type"


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (Node("w1"), ""),
        (Node("w1", operating_system="linux"), ""),
        (Node("w1", labels={"type": "virtual-kubelet"}), "it is a virtual node (label type=virtual-kubelet)"),
        (Node("w1", labels={"eks.amazonaws.com/compute-type": "fargate"}), "it is a virtual node (label eks"),
        (Node("w1", taints=(Taint("virtual-kubelet.io/provider", "azure"),)), "it is a virtual node (taint virtual"),
        (Node("w1", operating_system="windows"), "its operating system is windows"),
        (Node("w1", labels={"kubernetes.io/os": "windows"}), "its operating system is windows"),
    ],
)
def test_where_nothing_of_ours_runs(node, reason):
    assert node_kinds.unfit(node).startswith(reason)
    assert bool(node_kinds.unfit(node)) == bool(reason)


def test_the_port_of_a_kubelet():
    assert (node_kinds.kubelet_port(Node("w1")), node_kinds.kubelet_port(Node("w1", kubelet_port=10350))) == (
        10250,
        10350,
    )


ANTREA = {"annotations": {"node.antrea.io/mac-address": "aa"}}


def flannel(kind: str, **more: str) -> dict:
    return {"annotations": {BACKEND: kind, **more}}


@pytest.mark.parametrize(
    ("node", "snapshot", "expected"),
    [
        (flannel("vxlan"), {}, ("flannel vxlan", "udp", 8472)),
        (flannel("vxlan"), {"flannel": FlannelConfig("vxlan", 4789)}, ("flannel vxlan", "udp", 4789)),
        (flannel("vxlan"), {"flannel": FlannelConfig("host-gw", 4789)}, ("flannel vxlan", "udp", 8472)),
        ({**flannel("vxlan"), "operating_system": "windows"}, {}, ("flannel vxlan", "udp", 4789)),
        (flannel("wireguard"), {}, ("flannel wireguard", "udp", 51820)),
        (flannel("host-gw"), {}, ("flannel host-gw", "", 0)),
        (
            flannel("udp", **{"flannel.alpha.coreos.com/backend-data": '{"Port": 9000}'}),
            {},
            ("flannel udp", "udp", 9000),
        ),
        (flannel("udp", **{"flannel.alpha.coreos.com/backend-data": "[["}), {}, ("flannel udp", "udp", 8285)),
        ({}, {"cilium": CiliumConfig("", "tunnel")}, ("Cilium vxlan", "udp", 8472)),
        ({}, {"cilium": CiliumConfig("", "tunnel", "geneve", 6082)}, ("Cilium geneve", "udp", 6082)),
        ({}, {"cilium": CiliumConfig("", "native")}, ("Cilium native routing", "", 0)),
        ({"annotations": {"projectcalico.org/IPv4VXLANTunnelAddr": "10.0.0.1"}}, {}, ("Calico VXLAN", "udp", 4789)),
        ({"annotations": {"projectcalico.org/IPv4IPIPTunnelAddr": "10.0.0.1"}}, {}, ("Calico IP in IP", "", 0)),
        ({"annotations": {"k8s.ovn.org/node-subnets": "set"}}, {}, ("OVN-Kubernetes Geneve", "udp", 6081)),
        ({"annotations": {"node.antrea.io/mac-address": "aa"}}, {}, ("Antrea", "", 0)),
        (ANTREA, {"antrea": AntreaConfig()}, ("Antrea geneve", "udp", 6081)),
        (ANTREA, {"antrea": AntreaConfig("encap", "vxlan")}, ("Antrea vxlan", "udp", 4789)),
        (ANTREA, {"antrea": AntreaConfig("", "stt", 7472)}, ("Antrea stt", "tcp", 7472)),
        (ANTREA, {"antrea": AntreaConfig("", "gre", 1)}, ("Antrea gre", "", 0)),
        (ANTREA, {"antrea": AntreaConfig("hybrid", "vxlan", 4790)}, ("Antrea hybrid", "", 0)),
        ({}, {}, None),
    ],
)
def test_how_pod_traffic_travels(node, snapshot, expected):
    found = node_kinds.overlay(dataclasses.replace(EMPTY, **snapshot), Node("w1", **node))
    assert (found and (found.name, found.protocol, found.port)) == expected
    assert found is None or found.reason
