# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's probes of Pods that policies isolate: the rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_ready, policies_kubelet
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, NetworkPolicy, Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB

RULES = (*policies_kubelet.RULES, *pods_ready.RULES)
PEER = {"podSelector": {"matchLabels": {"app": "client"}}}
POLICY = NetworkPolicy(
    "shop",
    "web",
    {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [PEER], "ports": [{"port": 8080}]}],
    },
)
NO_ANSWER = 'Readiness probe failed: Get "http://10.244.1.8:8080/": context deadline exceeded'
PROBE = ContainerProbe("readiness", "httpGet", "http", timeout=1)


def found(message: str = NO_ANSWER, latency_ms: float = 2, answered: bool = True, **more: t.Any) -> Diagnosis:
    unready = tuple(dataclasses.replace(one, ready=False) for one in WEB)
    container = ContainerDetail("web", state="running", started=True, probes=(more.pop("probe", PROBE),))
    details = [scenes.detail(one, container) for one in unready]
    events = [scenes.event(one, "Unhealthy", message) for one in unready]
    seen = scenes.snapshot(
        pods=unready,
        workloads=scenes.workloads(*details, events=events),
        nodes=(Node("w1", True, internal_ips=("198.18.0.11",)),),
        **{"network_policies": (POLICY,), **more},
    )
    report = scenes.broken_service(author="node")
    if answered:
        report.ask((unready[0], 8080), "http_200", latency_ms=latency_ms)
    return diagnose(scenes.case(seen, report), RULES)


def test_the_kubelet_has_no_answer_where_a_client_has_one():
    (finding,) = found().findings
    assert (finding.code, str(finding.object), finding.field) == ("POL-08", "NetworkPolicy shop/web", "spec.ingress")
    assert (finding.explains, [one.code for one in finding.children]) == ((1,), ["POD-08"])
    assert [one.kind for one in finding.evidence] == ["event", "probe"]
    assert finding.fix is not None
    assert '"cidr": "198.18.0.11/32"' in finding.fix.command


@pytest.mark.parametrize(
    "more",
    [
        {"network_policies": ()},
        {"answered": False},
        {"latency_ms": 1500},
        {"message": "Readiness probe failed: HTTP probe failed with statuscode: 503"},
        {"probe": ContainerProbe("readiness", "exec")},
    ],
    ids=["no policy", "nobody is answered", "slow", "an answer", "no probe of the network"],
)
def test_other_reasons_why_a_probe_fails(more: dict[str, t.Any]):
    assert "POL-08" not in {one.code for one in found(**more).findings}


def test_a_node_that_has_no_answer_shows_it_as_well():
    unready = dataclasses.replace(WEB[0], ready=False)
    container = ContainerDetail("web", state="running", started=True, probes=(PROBE,))
    workloads = scenes.workloads(
        scenes.detail(unready, container), events=[scenes.event(unready, "Unhealthy", NO_ANSWER)]
    )
    report = scenes.Report()
    report.ask((unready, 8080), "timeout", model="node_to_pod", source=CLIENT)
    report.ask((unready, 8080), "http_200")
    seen = scenes.snapshot(pods=(unready,), service=SERVICE, workloads=workloads, network_policies=(POLICY,))
    (finding,) = diagnose(scenes.case(seen, report), RULES).findings
    assert (finding.code, finding.explains) == ("POL-08", (1,))
    assert "from the node: timeout" in [one.says for one in finding.evidence]


def test_without_policies_the_rule_does_not_know():
    diagnosis = found(missing=(Missing("networkpolicies.networking.k8s.io", "forbidden"),))
    assert "POL-08" in {one.code for one in diagnosis.unknown_rules}
