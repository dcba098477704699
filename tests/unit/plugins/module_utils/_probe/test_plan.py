# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a selection to probes."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.questions import NOTHING, Question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Expectation,
    Probe,
    Source,
    Target,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import WEB, make


def test_a_dead_container_and_a_dead_node_keep_their_cells():
    dead = {"containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}
    layout = make(
        ["pod_to_service"],
        pods=[cluster.pod("web-1", "w1", "10.0.1.1", status=dead), cluster.pod("web-2", "w2", "10.0.2.1")],
        nodes=[cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12", ready=False)],
    )
    unusable = {source.id: source.unusable for source, _probes in layout.by_source()}
    assert unusable[WEB] == "container app is not running: CrashLoopBackOff"
    assert unusable["shop/web-2/app"].startswith("Node w2 is NotReady")


def test_a_name_server_is_not_asked_for_what_the_cluster_does_not_have():
    """The Service default/kubernetes has one family even where Pods have two."""
    dns = cluster.pod("dns-1", "w1", "10.0.1.9", "fd00::9", ports=[{"containerPort": 53, "protocol": "UDP"}])
    web = cluster.pod("web-1", "w1", "10.0.1.1", "fd00::1")
    snapshot = dataclasses.replace(cluster.snapshot(pods=[dns, web]), api_addresses=("10.96.0.1",))
    facts = Facts(snapshot)
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_pod_same_node"], Options())
    asked = {probe.family: probe.skip for probe in layout.probes["shop/web-1/app"] if probe.protocol == "dns"}
    assert asked == {"IPv4": "", "IPv6": "kubernetes.default.svc has no IPv6 address that it could be asked for"}


def test_what_needs_no_answer_is_waited_for_less():
    decisions = ("allow", "deny", "unknown", "not_applicable")
    probes = [
        Probe(number, "w", "t", "pod_to_service", "tcp", "IPv4", "10.0.0.1", 80, timeout_ms=4000)
        for number in range(len(decisions))
    ]
    source, target = Source("w"), Target("t", "service", "t")
    questions = [
        Question(source, None, target, NOTHING, probe, Expectation(decision, ""))
        for probe, decision in zip(probes, decisions, strict=True)
    ]
    shorter = plan.shorten_denied(plan.Plan({"w": questions}))
    assert [probe.timeout_ms for probe in shorter.probes["w"]] == [4000, 2000, 4000, 2000]
    assert {probe.timeout_ms for probe in probes} == {4000}


SECURE = [{"name": "https", "port": 443, "targetPort": 8443}]


def test_what_is_asked_by_https_shows_its_certificate_too():
    services = [cluster.service("safe", "10.96.0.7", ports=SECURE, selector={"app": "web"})]
    layout = make(["pod_to_service"], [{"pod": "web-1"}], services=services)
    found = [
        (question.probe.via, question.probe.server_name) for question in layout if question.probe.protocol == "tls"
    ]
    assert found == [("fqdn.", "safe.shop.svc")]


def test_ways_in_that_cannot_be_asked_are_named():
    ports = [{"name": "https", "port": 443}]
    edge = cluster.service("edge", "10.96.0.8", ports=ports, type="LoadBalancer")
    edge["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.230"}]}}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rules = [{"host": "a.lab", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    item = {
        "metadata": {"namespace": "shop", "name": "in"},
        "spec": {"ingressClassName": "x", "tls": [{"hosts": ["a.lab"]}], "rules": rules},
        "status": edge["status"],
    }
    for asked in (None, [{"ingress": "in", "namespace": "shop"}]):
        layout = make(["pod_to_ingress"], asked=asked, services=[edge], ingresses=[item])
        told = {each.what: (each.reason, each.not_applicable) for each in layout.not_tested}
        assert told["Ingress shop/in port 80"] == ("Service shop/edge, whose address it has, has no port 80", True)
        assert {question.probe.port for question in layout if question.about.entry} == {443}
