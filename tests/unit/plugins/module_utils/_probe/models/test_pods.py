# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods and containers of Pods ask each other."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import WEB, make, questions


def test_pod_to_pod_knows_the_node():
    assert questions(make(["pod_to_pod_same_node"]), WEB) == [
        ("icmp", "address", "10.0.1.2:0"),
        ("tcp", "address", "10.0.1.2:5432"),
    ]
    assert questions(make(["pod_to_pod_cross_node"]), WEB) == [
        ("icmp", "address", "10.0.2.1:0"),
        ("http", "address", "10.0.2.1:8080"),
    ]


def test_containers_of_a_pod_ask_each_other_and_only_one_asks_the_world():
    duo = cluster.pod(
        "duo-1",
        "w1",
        "10.0.1.7",
        containers=[
            {"name": "app", "ports": [{"containerPort": 80, "name": "http"}]},
            {"name": "side", "ports": [{"containerPort": 9000}]},
        ],
    )
    layout = make(["container_to_container", "pod_to_pod_same_node"], pods=[duo])
    assert questions(layout, "shop/duo-1/app") == [("tcp", "loopback", "127.0.0.1:9000")]
    assert questions(layout, "shop/duo-1/side") == [("http", "loopback", "127.0.0.1:80")]
