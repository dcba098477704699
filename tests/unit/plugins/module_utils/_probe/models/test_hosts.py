# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of the user's own and of the internet."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.model_questions import asked
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import WEB, make


def test_a_host_of_the_users_own_is_known_by_its_address():
    asked = [
        {"host": "10.0.2.1", "port": 8080},
        {"host": "10.96.0.6", "port": 5432},
        {"host": "example.lab", "port": 443},
    ]
    layout = make([], sources=[{"pod": "web-1"}], asked=asked)
    assert [probe.model for probe in layout.probes[WEB]] == [
        "pod_to_pod_cross_node",
        "pod_to_service",
        "pod_to_internet",
    ]


def test_a_path_of_the_cluster_is_escaped_and_a_host_of_the_user_refused():
    port = {"containerPort": 8080, "name": "http"}
    hostile = {"httpGet": {"port": "http", "path": "a b\n'\"$(id)\u00e9?x=1"}}
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", containers=[{"name": "app", "ports": [port], "livenessProbe": hostile}]),
        cluster.pod("db-1", "w1", "10.0.1.2"),
    ]
    layout = make(["pod_to_pod_same_node"], pods=pods, services=[], endpoint_slices=[])
    paths = {probe.path for probe in layout.probes["shop/db-1/app"] if probe.protocol == "http"}
    assert paths == {"/a%20b%0A'%22$(id)%C3%A9?x=1"}
    with pytest.raises(ValueError, match="'a; id'"):
        make([], asked=[{"host": "a; id", "port": 80}])


def test_the_internet_is_what_the_user_says():
    internet = [{"host": "198.18.1.80"}, {"host": "www.example.com", "port": 443, "protocol": "https", "path": "/x"}]
    found = asked("pod_to_internet", protocols=("icmp", "https"), internet=internet)
    assert found == ["icmp (address) 198.18.1.80:0", "https (name) www.example.com:443 /x"]
