# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from one source to one target: it ends at the first hop that lets nothing through."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.path import walk
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    EndpointSlice,
    NetworkPolicy,
    Node,
)

from . import scenes
from .scenes import SERVICE, WEB

QUESTION = {"run": {"options": {"from": "shop/client", "to": "web.shop:80"}}}
CLOSED = NetworkPolicy("shop", "closed", {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]})
NO_EGRESS = NetworkPolicy(
    "shop", "inside", {"podSelector": {"matchLabels": {"app": "client"}}, "policyTypes": ["Egress"]}
)
UNREADY = EndpointSlice(
    "shop",
    "web",
    "IPv4",
    scenes.SLICE.ports,
    tuple(dataclasses.replace(one, ready=False, serving=False) for one in scenes.SLICE.endpoints),
)


def told(seen: scenes.Snapshot, outcome: str = "timeout", **more: t.Any) -> dict[str, str]:
    """The state of each hop."""
    report = scenes.Report()
    report.ask((SERVICE, 80), "dns_nxdomain" if outcome == "dns_nxdomain" else "open", protocol="dns")
    report.ask((SERVICE, 80), outcome, **more)
    return {hop.hop: hop.state for hop in walk(Case(seen, {**report.document(), **QUESTION}))}


@pytest.mark.parametrize(
    ("seen", "outcome", "hop"),
    [
        (scenes.snapshot(), "dns_nxdomain", "name"),
        (scenes.snapshot(service=dataclasses.replace(SERVICE, selector={"app": "webb"})), "refused", "Service"),
        (scenes.snapshot(services=()), "timeout", "Service"),
        (scenes.snapshot(endpoint_slices=(UNREADY,)), "refused", "endpoint"),
        (scenes.snapshot(network_policies=(NO_EGRESS,)), "timeout", "policy out"),
        (scenes.snapshot(network_policies=(CLOSED,)), "timeout", "policy in"),
        (scenes.snapshot(), "refused", "listener"),
        (scenes.snapshot(), "timeout", "listener"),
    ],
)
def test_the_first_hop_that_stops_is_the_last_that_is_judged(seen: scenes.Snapshot, outcome: str, hop: str):
    states = told(seen, outcome)
    assert [name for name, state in states.items() if state == "stops"] == [hop]
    names = list(states)
    assert {states[name] for name in names[names.index(hop) + 1 :]} <= {"not_judged"}


def test_a_service_of_a_namespace_that_was_not_read_is_not_missing():
    other = dataclasses.replace(scenes.snapshot(services=()), selected=("elsewhere",))
    assert "Service" not in told(other)


def test_a_node_that_is_not_ready():
    report = scenes.Report()
    report.ask((WEB[0], 8080), "timeout")
    report.targets[next(iter(report.targets))]["node"] = "w1"
    seen = scenes.snapshot(nodes=(Node("w1", False, status="NotReady"),))
    hops = walk(Case(seen, {**report.document(), **QUESTION}))
    assert [(hop.hop, str(hop.object), hop.says) for hop in hops if hop.state == "stops"] == [
        ("node", "Node w1", "Node w1 is NotReady")
    ]


def test_a_way_that_works_passes_everywhere():
    states = told(scenes.snapshot(), "http_200")
    assert set(states.values()) == {"passes"}
    assert {"name", "Service", "endpoint", "listener", "application"} <= set(states)


def test_an_answer_that_is_wrong_is_the_applications():
    states = told(scenes.snapshot(), "http_503", verdict="fail")
    assert (states["listener"], states["application"]) != ("passes", "passes")
    assert states["application"] == "stops"


def test_what_is_no_question_has_no_way():
    assert walk(scenes.case(report=scenes.broken_service())) == ()
    assert walk(Case(scenes.snapshot(), QUESTION)) == ()


def question_for(host: str, outcome: str) -> dict[str, str]:
    """What each hop says where a host is asked that is no object of the cluster."""
    report = scenes.Report()
    port = int(host.partition(":")[2])
    end = {"id": f"host/{host}", "kind": "host", "name": host.partition(":")[0], "namespace": "", "port": port}
    report.ask(end, outcome)
    hops = walk(Case(scenes.snapshot(), {**report.document(), **QUESTION}))
    return {hop.hop: hop.says for hop in hops if hop.state == "stops"}


def test_a_service_that_does_not_exist_is_named_where_its_name_is_not_found():
    assert question_for("webb.shop:80", "dns_nxdomain") == {"name": "webb.shop:80: dns_nxdomain from webb.shop"}
    assert question_for("webb.shop:80", "timeout") == {"Service": "Service shop/webb does not exist"}


def test_a_port_that_the_service_does_not_have():
    assert question_for("web.shop:443", "timeout") == {"Service": "Service shop/web has no port 443; it has 80"}
