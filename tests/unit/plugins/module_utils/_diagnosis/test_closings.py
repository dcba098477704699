# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of cells, the policies that close them, and the slips that do."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import closings
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy

from . import scenes
from .scenes import CLIENT, WEB

DENY = NetworkPolicy("shop", "deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})


def test_a_service_stands_for_a_connection_to_each_of_its_pods():
    case = scenes.case(report=scenes.broken_service())
    found = closings.connections(case, case.cells[0])
    assert [(one.client, one.server, one.protocol, one.port) for one in found] == [
        (CLIENT, pod, "TCP", 8080) for pod in WEB
    ]


def test_a_pod_stands_for_one_connection():
    report = scenes.Report()
    report.ask((WEB[1], 8080), "timeout")
    case = scenes.case(report=report)
    assert closings.connections(case, case.cells[0]) == [closings.Connection(CLIENT, WEB[1], "TCP", 8080)]


def test_both_directions_are_named():
    case = scenes.case(scenes.snapshot(network_policies=(DENY,)))
    found = closings.closings(case, closings.Connection(CLIENT, WEB[0], "TCP", 8080))
    assert [(one.policy.name, one.direction) for one in found] == [("deny", "Egress"), ("deny", "Ingress")]


def test_what_a_policy_allows_is_not_closed():
    allow = NetworkPolicy("shop", "allow", {"podSelector": {}, "ingress": [{}], "egress": [{}]})
    case = scenes.case(scenes.snapshot(network_policies=(DENY, allow)))
    assert not closings.closings(case, closings.Connection(CLIENT, WEB[0], "TCP", 8080))


def test_a_port_that_another_isolated_pod_has_is_no_slip():
    rule = {"ports": [{"port": 80}]}
    policy = NetworkPolicy("shop", "deny", {"podSelector": {}, "ingress": [rule]})
    other = scenes.pod("proxy-1", 20, app="proxy")
    container = dataclasses.replace(
        other.containers[0], ports=(dataclasses.replace(other.containers[0].ports[0], port=80),)
    )
    for pods, code in ((WEB, "POL-04"), ((*WEB, dataclasses.replace(other, containers=(container,))), "")):
        case = scenes.case(scenes.snapshot(pods, network_policies=(policy,)))
        (closing,) = closings.closings(case, closings.Connection(CLIENT, WEB[0], "TCP", 8080))
        miss = closings.near_miss(case, closing)
        assert (miss.code if miss else "") == code


def test_a_rule_that_names_an_address_which_a_node_rewrites_is_named():
    rule = {"from": [{"podSelector": {}}, {"ipBlock": {"cidr": "198.18.0.100/32"}}], "ports": [{"port": 8080}]}
    policy = NetworkPolicy("shop", "web", {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [rule]})
    report = scenes.Report()
    report.ask((WEB[0], 8080), "timeout", "pass", expectation="deny", decided_by="NetworkPolicy shop/web")
    outside = {"id": "outside/op", "kind": "outside", "addresses": ["fd00:198:18::100", "198.18.0.100"]}
    report.sources, report.cells[0]["source"] = {"outside/op": outside}, "outside/op"
    case = scenes.case(scenes.snapshot(network_policies=(policy,)), report)
    (about,) = case.cells
    (connection,) = closings.connections(case, about)
    assert (connection.client, connection.address) == (None, "198.18.0.100")
    assert not closings.closings(case, connection)
    (closing,) = closings.rewritten(case, about, connection)
    miss = closings.near_miss(case, closing)
    assert miss is not None
    assert (miss.code, miss.field) == ("POL-06", "spec.ingress[0].from[1].ipBlock.cidr")


@pytest.mark.parametrize("address", ["lb.example.com", "fe80::1%eth0", "300.1.2.3", "nonsense"])
def test_a_recorded_address_that_is_none_is_not_known(address: str):
    policy = NetworkPolicy("shop", "web", {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "::/0"}}]}]})
    report = scenes.Report()
    report.ask((WEB[0], 8080), "timeout", "pass", expectation="deny", decided_by="NetworkPolicy shop/web")
    outside = {"id": "outside/op", "kind": "outside", "addresses": [address]}
    report.sources, report.cells[0]["source"] = {"outside/op": outside}, "outside/op"
    case = scenes.case(scenes.snapshot(network_policies=(policy,)), report)
    (connection,) = closings.connections(case, case.cells[0])
    assert not closings.closings(case, connection)
    (closing,) = closings.rewritten(case, case.cells[0], connection)
    assert closings.near_miss(case, closing) is None
