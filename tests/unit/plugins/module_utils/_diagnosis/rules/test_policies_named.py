# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that workloads name and that policies close."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.policies_named import (
    NamedClosing,
    named_closings,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy, Pod

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB
from .test_named_addresses import container

POLICY = NetworkPolicy("shop", "web", {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]})


def closed(
    *policies: NetworkPolicy, pod: Pod = CLIENT, address: str = "web:80", report: scenes.Report | None = None
) -> tuple[NamedClosing, ...]:
    workloads = scenes.workloads(scenes.detail(pod, container(address)))
    seen = scenes.snapshot(network_policies=policies, workloads=workloads)
    pods = (*(one for one in seen.pods if one.id != pod.id), pod)
    return named_closings(scenes.case(dataclasses.replace(seen, pods=pods), report))


@pytest.mark.parametrize("address", ["web:80", "web.shop.svc.cluster.local:80", "10.96.119.196:80"])
def test_a_connection_with_the_policy_that_closes_it(address: str):
    (one,) = closed(POLICY, address=address)
    assert [closing.policy for closing in one.closings] == [POLICY]
    assert (one.connection.client, one.connection.port, str(one.named)) == (CLIENT, 8080, address)


def test_what_no_policy_closes():
    assert not closed()
    assert not closed(dataclasses.replace(POLICY, spec={**POLICY.spec, "ingress": [{}]}))


@pytest.mark.parametrize("address", ["web:443", "other:80", "198.51.100.7:80"])
def test_what_is_no_port_of_a_service(address: str):
    assert not closed(POLICY, address=address)


def test_an_address_of_the_workload_itself_is_none_that_it_asks():
    assert not closed(POLICY, pod=WEB[0])


def test_a_client_in_the_network_of_its_node_is_not_selected():
    assert not closed(POLICY, pod=dataclasses.replace(CLIENT, host_network=True))


def test_policies_that_nobody_enforces_close_nothing():
    report = scenes.Report()
    said = {"expectation": "deny", "decided_by": "NetworkPolicy shop/web"}
    report.ask((SERVICE, 80), "http_200", "unexpected_open", **said)
    assert not closed(POLICY, report=report)
