# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one key of a question: no two questions of a plan share it, and addresses of Pods are no part of it."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _question_key as question_key
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    recording,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe import recorded

OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.51.100.7", "2001:db8::7"))
WIRE = ("host", "port", "path", "server_name", "dns_server")
PODS = {"web-1": ("w1", 1), "web-2": ("w2", 2), "web-3": ("w2", 3)}
BALANCED = ("203.0.113.1", "203.0.113.2", "2001:db8:1::1", "2001:db8:1::2")


def ips(number: int, net: int) -> tuple[str, str]:
    return f"10.{net}.{number}.1", f"fd0{net}:{number}::1"


def two_addresses(net: int = 0) -> Facts:
    """A cluster of both families, whose nodes and load balancer have two addresses of each; C(net) is that of Pods."""
    nodes = [
        cluster.node(
            name, *(f"198.18.{side}.{number}" for side in (0, 1)), *(f"fd1{side}::{number}" for side in (0, 1))
        )
        for name, number in (("w1", 11), ("w2", 12))
    ]
    pods = [
        cluster.pod(name, node, *ips(number, net), ports=[{"containerPort": 8080, "name": "http"}])
        for name, (node, number) in PODS.items()
    ]
    port = {"name": "http", "port": 80, "nodePort": 30080, "targetPort": "http"}
    web = cluster.service("web", "10.96.0.20", "fd96::20", type="LoadBalancer", ports=[port])
    web["status"] = {"loadBalancer": {"ingress": [{"ip": address} for address in BALANCED]}}
    store = cluster.service("store", "None", ports=[{"name": "http", "port": 8080}], selector={"app": "web"})
    slices = [
        cluster.endpoint_slice(
            service,
            family,
            {"port": 8080, "name": "http"},
            *((ips(number, net)[family == "IPv6"], node, name, True) for name, (node, number) in PODS.items()),
        )
        for service in ("web", "store")
        for family in ("IPv4", "IPv6")
    ]
    return Facts(cluster.snapshot(nodes=nodes, pods=pods, services=[web, store], endpoint_slices=slices))


def everything(facts: Facts, targets=None) -> plan.Plan:
    selected = selection.select(facts, None, targets, {"pod", "node", "outside"}, recorded.INTERNET, [OUTSIDE])
    return plan.make(facts, selected, list(MODELS), Options())


def keys(layout: plan.Plan) -> list[question_key.Key]:
    return [question_key.key(question.probe) for question in layout]


@pytest.mark.parametrize(
    "make",
    [lambda: recorded.layout(recorded.facts()), lambda: everything(two_addresses())],
    ids=["recorded", "two addresses"],
)
def test_no_two_questions_of_a_plan_have_one_key(make):
    layout = make()
    assert layout.cells > 150
    assert [key for key, count in collections.Counter(keys(layout)).items() if count > 1] == []


def test_each_address_of_a_node_and_a_load_balancer_is_asked():
    asked = collections.defaultdict(set)
    for question in everything(two_addresses()):
        asked[question.source.id, question.target.id, question.probe.protocol].add(question.probe.host)
    node = {"198.18.0.11", "198.18.1.11", "fd10::11", "fd11::11"}
    assert asked["outside/controller", "node/w1:30080", "http"] == node
    assert asked["node/w2", "node/w1", "icmp"] == node
    assert asked["outside/controller", "lb/shop/web:80", "http"] == set(BALANCED)


def test_a_second_address_is_told_by_how_it_was_named():
    ways = [
        (question.probe.protocol, question.probe.via)
        for question in everything(two_addresses())
        if (question.source.id, question.target.id, question.probe.family) == ("node/w2", "node/w1", "IPv4")
    ]
    assert ways == [(protocol, f"address{more}") for more in ("", " 198.18.1.11") for protocol in ("icmp", "mtu")]


def test_keys_outlive_the_addresses_of_pods():
    before, after = everything(two_addresses(0)), everything(two_addresses(7))
    hosts = [{probe.host for probes in layout.probes.values() for probe in probes} for layout in (before, after)]
    assert hosts[0] - hosts[1]
    assert keys(before) == keys(after)


def test_what_is_named_twice_is_asked_once():
    twice = [{"host": "192.0.2.1", "port": 80, "protocol": "http", "path": path} for path in ("/a", "/a", "/b")]
    layout = everything(two_addresses(), twice)
    probes = [probe for probe in layout.probes["shop/web-1/app"] if probe.host == "192.0.2.1"]
    assert [(probe.path, probe.via) for probe in probes] == [("/a", "address"), ("/b", "address /b")]


def test_a_cell_has_the_key_of_its_question():
    facts = recorded.facts()
    layout = expectation.assign(recorded.layout(facts), facts)
    cells = matrix.judge(layout, recording.replay(layout, recorded.answers()))
    assert len(cells) > 1000
    for cell in cells:
        key = question_key.key(layout.by_id[cell.id].probe)
        assert question_key.of(cell.to_dict()) == key
        assert (*question_key.test_case(cell.to_dict()), cell.via) == key


def test_a_recording_answers_each_question_of_its_run():
    layout = recorded.layout(recorded.facts())
    reports = recording.replay(layout, recorded.answers())
    assert sum(len(report.answers) for report in reports) > 1000
    assert not [answer for report in reports for answer in report.answers if "recording" in answer.error]


def test_a_recording_does_not_answer_for_another_address():
    """Hosts outside answer before the plan is made, and what they asked may have moved meanwhile."""
    then, now = everything(two_addresses(0)), everything(two_addresses(7))
    source = "shop/web-1/app"
    answers = [{"id": each.id, "outcome": "open"} for each in then.probes[source]]
    document = {
        "schema": recording.SCHEMA,
        "probes": [question.probe.to_dict() for question in then],
        "sources": [{"source": source, "answers": answers}],
    }
    (report,) = (one for one in recording.replay(now, document) if one.source == source)
    moved = {
        after.id
        for before, after in zip(then.probes[source], now.probes[source], strict=True)
        if any(getattr(before, name) != getattr(after, name) for name in WIRE) and not after.skip
    }
    assert moved
    assert {answer.id for answer in report.answers if answer.outcome == "probe_error"} == moved
