# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of a snapshot may hold, and what an object of a cluster: nobody who reads them looks a second time."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import check, parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

SPEC = {
    "podSelector": {},
    "ingress": [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}], "ports": [{"port": 80}]}],
}


def stored() -> dict:
    snapshot = cluster.snapshot(network_policies=[cluster.policy("closed", **SPEC)])
    return json.loads(json.dumps(snapshot.to_dict()))


def test_a_good_file_is_read():
    assert check.read(stored()).to_dict() == stored()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("pods.0.ips", ["web"], "Pod shop/web-1: ips: 'web' is no address"),
        ("services.0.cluster_ips", ["None"], "Service shop/web: cluster_ips: 'None' is no address"),
        ("nodes.1.internal_ips", ["10.0.0"], "node w2: addresses: '10.0.0' is no address"),
        ("nodes.1.pod_cidrs", ["10.0.0.1"], "node w2: pod_cidrs: '10.0.0.1' is no network"),
        ("endpoint_slices.0.endpoints.0.addresses", [""], "EndpointSlice of shop/web: addresses: '' is no address"),
        ("network_policies.0.spec", {"ingress": 7}, "NetworkPolicy shop/closed: ingress is a whole number where"),
        ("pods.0.ips", "10.0.0.1", "Snapshot.pods: Pod.ips: a string where a list is expected"),
    ],
)
def test_what_cannot_be_is_named(field, value, words):
    data = stored()
    *above, name = field.split(".")
    at = data
    for part in above:
        at = at[int(part) if part.isdigit() else part]
    at[name] = value
    with pytest.raises(ValueError, match=re.escape(words)):
        check.read(data)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"podSelector": "x"}, "podSelector is a string where an object is expected"),
        ({"podSelector": {"matchLabels": {"a": 1}}}, "matchLabels.a is a whole number where a string is expected"),
        ({"podSelector": {"matchExpressions": [{"key": 1}]}}, "key is a whole number where a string is expected"),
        ({"policyTypes": "Ingress"}, "policyTypes is a string where a list is expected"),
        ({"egress": {"to": []}}, "egress is an object where a list is expected"),
        ({"egress": [None]}, "egress[0] is null where an object is expected"),
        ({"egress": [{"to": [{"ipBlock": "10.0.0.0/8"}]}]}, "ipBlock is a string where an object is expected"),
        ({"ingress": [{"ports": [{"port": []}]}]}, "port is a list where"),
        (
            {"ingress": [{"ports": [{"port": 80, "endPort": "90"}]}]},
            "endPort is a string where a whole number is expected",
        ),
    ],
)
def test_a_policy_that_cannot_be_read_is_named(spec, words):
    with pytest.raises(OddObject, match=re.escape(words)):
        parse.network_policy(cluster.policy("odd", **spec))


def test_an_address_that_is_none_is_named():
    pod = cluster.pod("web-1", "w1", "10.0.1.1", "nonsense")
    with pytest.raises(OddObject, match=r"status.podIPs: 'nonsense' is no address"):
        parse.pod(pod)
    named = cluster.endpoint_slice("web", "FQDN", {"port": 80}, ("web.example.com", "w1", "web-1", True))
    assert parse.endpoint_slice(named).endpoints[0].addresses == ("web.example.com",)
    with pytest.raises(OddObject, match=r"endpoints\[\].addresses: 'web.example.com' is no address"):
        parse.endpoint_slice({**named, "addressType": "IPv4"})


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("pods.0.containers.0.ports.0.port", 65536, "Pod shop/web-1: port of container app is no port"),
        ("services.0.ports.0.node_port", 10**30, "Service shop/web: port is no port"),
        ("endpoint_slices.0.ports.0.port", -1, "EndpointSlice of shop/web: port is no port"),
    ],
)
def test_a_port_that_is_none_is_named(field, value, words):
    test_what_cannot_be_is_named(field, value, words)


def test_a_port_of_an_object_that_is_none_is_named():
    with pytest.raises(OddObject, match="nodePort is no port: it must be from 1 to 65535"):
        parse.service(cluster.service("web", "10.96.0.5", ports=[{"port": 80, "nodePort": 70000}]))
