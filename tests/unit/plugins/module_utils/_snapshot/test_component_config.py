# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ConfigMaps of components say, well written or not."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import component_config
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import (
    AntreaConfig,
    CiliumConfig,
    FlannelConfig,
    KubeProxy,
)

KUBEADM = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clusterCIDR: "10.244.0.0/16,fd00::/56"  # both
iptables:
  masqueradeAll: false
  mode: wrong
mode: ipvs
nodePortAddresses:
  - 198.18.0.0/16
  - primary
  - nonsense
winkernel:
  mode: wrong
"""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"config.conf": KUBEADM}, KubeProxy("ipvs", ("198.18.0.0/16", "primary"), "10.244.0.0/16,fd00::/56")),
        ({"config": "mode: nftables\nnodePortAddresses: null\n"}, KubeProxy("nftables")),
        (
            {"config.conf": 'mode: ""\nnodePortAddresses: [10.0.0.0/8, fd00::/8]'},
            KubeProxy("", ("10.0.0.0/8", "fd00::/8")),
        ),
        ({"config.conf": json.dumps({"mode": "iptables", "clusterCIDR": 7})}, KubeProxy("iptables")),
        ({"config.conf": "{" * 60000}, KubeProxy()),
        ({"config.conf": "a: &a [*a, *a]\nmode: [x]"}, KubeProxy()),
        ({"kubeconfig.conf": "clusters: []"}, None),
        ({"config.conf": 7}, None),
        ([], None),
        (None, None),
    ],
)
def test_kube_proxy(data, expected):
    assert component_config.kube_proxy({"data": data}) == expected


@pytest.mark.parametrize("item", [None, [], "x", 7])
def test_what_is_no_config_map_says_nothing(item):
    assert component_config.kube_proxy(item) is None
    assert component_config.cilium(item) is None
    assert component_config.flannel(item) is None
    assert component_config.node_local_dns(item) == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"kube-proxy-replacement": "true", "routing-mode": "tunnel", "tunnel-protocol": "geneve"},
            CiliumConfig("true", "tunnel", "geneve"),
        ),
        ({"tunnel": "vxlan", "tunnel-port": "8473"}, CiliumConfig("", "tunnel", "vxlan", 8473)),
        ({"tunnel": "disabled", "enable-wireguard": "true"}, CiliumConfig("", "native", "", 0, True)),
        ({"tunnel-port": "99999"}, CiliumConfig()),
        ({}, None),
    ],
)
def test_cilium(data, expected):
    assert component_config.cilium({"data": data}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "Port": 4789}}', FlannelConfig("vxlan", 4789)),
        ('{"Backend": {"Type": "host-gw"}}', FlannelConfig("host-gw")),
        ('{"Backend": {"Type": "vxlan", "Port": 70000}}', FlannelConfig("vxlan")),
        ('{"Backend": []}', None),
        ("[" * 60000, None),
        ("", None),
    ],
)
def test_flannel(text, expected):
    assert component_config.flannel({"data": {"net-conf.json": text}}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", AntreaConfig()),
        ("# tunnelType: vxlan\n", AntreaConfig()),
        ("trafficEncapMode: noEncap\n", AntreaConfig("noEncap")),
        ('tunnelType: "vxlan"\ntunnelPort: 4790  # not the default\n', AntreaConfig("", "vxlan", 4790)),
        ("tunnelPort: 70000\n", AntreaConfig()),
        ("tunnelType:\n  - geneve\n", AntreaConfig()),
    ],
)
def test_antrea(text, expected):
    assert component_config.antrea({"data": {"antrea-agent.conf": text}}) == expected
    assert component_config.antrea({"data": {}}) is None


def test_node_local_dns():
    corefile = (
        "cluster.local:53 {\n    bind 169.254.20.10 10.96.0.10 __PILLAR__X__\n}\n.:53 {\n  bind 169.254.20.10\n}\n"
    )
    assert component_config.node_local_dns({"data": {"Corefile": corefile}}) == ("169.254.20.10", "10.96.0.10")
