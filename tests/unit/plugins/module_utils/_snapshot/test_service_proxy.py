# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What implements Services on the nodes."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import service_proxy
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Snapshot
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import CiliumConfig, KubeProxy

EMPTY = Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443")
NODE = Node("w1", internal_ips=("198.18.0.11", "198.18.1.11", "fd00::11"), external_ips=("203.0.113.1",))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("", "", "unknown")),
        ({"kube_proxy": KubeProxy()}, ("kube-proxy", "iptables", "no")),
        ({"kube_proxy": KubeProxy("ipvs")}, ("kube-proxy", "ipvs", "maybe")),
        ({"kube_proxy": KubeProxy("nftables")}, ("kube-proxy", "nftables", "unknown")),
        ({"kube_proxy": KubeProxy("ipvs"), "cilium": CiliumConfig("strict")}, ("cilium", "", "unknown")),
        ({"kube_proxy": KubeProxy("ipvs"), "cilium": CiliumConfig("false")}, ("kube-proxy", "ipvs", "maybe")),
    ],
)
def test_what_implements_services(fields, expected):
    found = service_proxy.proxy(dataclasses.replace(EMPTY, **fields))
    assert (found.name, found.mode, found.pings) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (KubeProxy(), ("198.18.0.11", "198.18.1.11", "fd00::11", "203.0.113.1")),
        (KubeProxy("nftables"), ("198.18.0.11", "fd00::11")),
        (KubeProxy("iptables", ("primary",)), ("198.18.0.11", "fd00::11")),
        (KubeProxy("nftables", ("198.18.1.0/24",)), ("198.18.1.11", "fd00::11")),
        (KubeProxy("ipvs", ("10.0.0.0/8", "fd00::/8")), ("fd00::11",)),
        (None, None),
    ],
)
def test_where_node_ports_answer(given, expected):
    assert service_proxy.node_port_addresses(dataclasses.replace(EMPTY, kube_proxy=given), NODE) == expected


def test_where_kube_proxy_is_replaced_nothing_is_known():
    both = dataclasses.replace(EMPTY, kube_proxy=KubeProxy(), cilium=CiliumConfig("true"))
    assert service_proxy.node_port_addresses(both, NODE) is None
