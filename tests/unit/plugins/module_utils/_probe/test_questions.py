# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions: the objects that they carry, and whom they are about."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.questions import About, Question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, Source, Target
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe import recorded

WEB, DB = (parse.pod(cluster.pod(name, "w1", "10.0.1.1")) for name in ("web-1", "db-1"))


@pytest.mark.parametrize(
    ("model", "pod", "itself"),
    [
        ("pod_to_pod_same_node", DB, False),
        ("pod_to_pod_same_node", WEB, True),
        ("pod_to_self_service", DB, True),
        ("container_to_container", WEB, True),
        ("pod_to_service", None, False),
    ],
)
def test_which_traffic_no_other_pod_can_see(model, pod, itself):
    probe = Probe(1, "shop/web-1/app", "t", model, "tcp", "IPv4", "10.0.1.1", 80)
    question = Question(Source("shop/web-1/app"), WEB, Target("t", "pod", "t"), About(pod), probe)
    assert question.asks_itself is itself


def of_pod(facts, about, target, probe):
    assert about.pod is facts.pods[f"{target.namespace}/{target.name}"]
    assert probe.host == "127.0.0.1" or probe.host in about.pod.ips or probe.dns_server


def of_service(facts, about, target, probe):
    assert about.service is facts.services[f"{target.namespace}/{target.name}"]
    assert (about.port is None) == (target.port == 0)
    assert about.port is None or (about.port in about.service.ports and about.port.port == target.port)
    assert (about.balancer is not None) == target.id.startswith("lb/")
    assert (about.endpoint is not None) == target.id.startswith("endpoint/")


def of_node(facts, about, target, probe):
    assert about.node is facts.nodes[target.name]
    assert (about.port is None and about.component_port is None) == (target.port == 0)
    assert about.port is None or about.port.node_port == target.port
    assert about.component_port is None or about.component_port.port == target.port


def of_entry(facts, about, target, probe):
    if probe.protocol == "icmp":  # the address of all of them
        assert about.entry is None
        return
    assert about.entry in facts.entries
    assert (about.entry.name, about.entry.port) == (target.name, target.port)


def of_api(facts, about, target, probe):
    assert (about.api_endpoint is None) == (target.id == "apiserver")
    assert about.api_endpoint is None or about.api_endpoint.address == probe.host


KINDS = {"pod": of_pod, "service": of_service, "node": of_node, "ingress": of_entry, "apiserver": of_api}


def test_every_question_carries_the_objects_that_it_is_about():
    facts = recorded.facts()
    met = set()
    for question in recorded.layout(facts):
        assert (question.pod is None) == (question.source.kind != "pod")
        if question.target.kind in KINDS:
            met.add(question.target.kind)
            KINDS[question.target.kind](facts, question.about, question.target, question.probe)
    assert met == set(KINDS)


@pytest.mark.parametrize(
    ("host", "kind"), [("10.0.1.1", "pod"), ("10.96.0.5", "service"), ("198.18.0.11", "node"), ("192.0.2.1", "")]
)
def test_an_address_of_the_users_own_knows_who_has_it(host, kind):
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, [{"pod": "web-2"}], [{"host": host, "port": 80}])
    (question,) = plan.make(facts, selected, list(MODELS), Options())
    assert [name for name in ("pod", "service", "node") if getattr(question.about, name)] == [kind] * bool(kind)
