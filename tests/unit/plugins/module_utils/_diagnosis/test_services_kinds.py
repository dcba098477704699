# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types and traffic policies of Services: each rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import services_kinds
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    Endpoint,
    EndpointSlice,
    Missing,
    Node,
    Service,
    ServicePort,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FoldedEvent

from . import scenes
from .scenes import SERVICE

LONG_AGO = "2026-11-01T00:00:00Z"


def found(service: Service, report: scenes.Report | None = None, ask: bool = False, **more: t.Any) -> Diagnosis:
    case = scenes.case(scenes.snapshot(service=service, **more), report)
    if ask:
        options = {"from": "shop/client", "to": "web.shop:80"}
        case = dataclasses.replace(case, report={**case.report, "run": {"options": options}})
    return diagnose(case, services_kinds.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


def by_hand(address: str, outcome: str) -> Diagnosis:
    service = dataclasses.replace(SERVICE, selector={})
    one = EndpointSlice("shop", "web", "IPv4", (ServicePort(8080),), (Endpoint((address,)),), "web-1")
    nodes = (Node("w1", True, pod_cidrs=("10.244.1.0/24",)),)
    return found(service, scenes.broken_service(outcome), endpoint_slices=(one,), nodes=nodes)


@pytest.mark.parametrize(
    ("address", "outcome", "field", "certainty"),
    [
        ("10.244.1.250", "unreachable_arp", "endpoints[0].addresses[0]", "certain"),
        ("198.18.1.99", "timeout", "endpoints[0].addresses[0]", "strong"),
        ("198.18.1.80", "refused", "ports[0].port", "strong"),
    ],
)
def test_an_endpoint_that_was_written_by_hand(address: str, outcome: str, field: str, certainty: str):
    finding = only(by_hand(address, outcome))
    assert (finding.code, str(finding.object)) == ("SVC-10", "EndpointSlice shop/web-1")
    assert (finding.field, finding.certainty, finding.explains) == (field, certainty, (1,))


def test_an_endpoint_of_a_pod_is_not_suspected():
    assert not by_hand(scenes.WEB[0].ips[0], "timeout").findings


def closed(model: str) -> scenes.Report:
    report = scenes.Report()
    said = {"decided_by": "Service shop/web", "expectation": "deny", "model": model}
    report.ask((SERVICE, 80), "timeout", "pass", **said)
    return report


@pytest.mark.parametrize(
    ("field", "model", "code"),
    [
        ("external_traffic_policy", "outside_to_nodeport", "SVC-12"),
        ("internal_traffic_policy", "pod_to_service", "SVC-13"),
    ],
)
def test_a_traffic_policy_is_the_answer_where_somebody_asks(field: str, model: str, code: str):
    service = dataclasses.replace(SERVICE, type="NodePort", **{field: "Local"})
    finding = only(found(service, closed(model), ask=True))
    assert (finding.code, finding.explains, finding.value) == (code, (1,), "Local")
    assert finding.fix is not None
    assert '"Cluster"' in finding.fix.command
    assert not found(service, closed(model)).findings


def balanced(**more: t.Any) -> Service:
    return dataclasses.replace(SERVICE, type="LoadBalancer", created=LONG_AGO, **more)


def test_a_load_balancer_without_a_controller():
    finding = only(found(balanced(load_balancer_class="cloud.example.com/public")))
    assert (finding.code, finding.field, finding.severity) == ("SVC-14", "spec.loadBalancerClass", "warning")


def test_an_address_that_the_load_balancer_does_not_have():
    key = "metallb.io/loadBalancerIPs"
    event = FoldedEvent("Service", "shop", "web", "AllocationFailed", 'Failed to allocate IP for "shop/web"', "Warning")
    service = balanced(annotations={key: "198.18.9.9"})
    finding = only(found(service, workloads=scenes.workloads(events=(event,))))
    assert (finding.field, finding.value) == (f"metadata.annotations[{key}]", "198.18.9.9")
    assert finding.evidence[0].kind == "event"


def test_a_load_balancer_that_has_an_address_or_is_new_is_no_finding():
    assert not found(balanced(balancers=(Balancer("198.18.0.201"),))).findings
    assert not found(dataclasses.replace(balanced(), created=scenes.TAKEN)).findings


def alias(name: str) -> Service:
    return dataclasses.replace(SERVICE, type="ExternalName", external_name=name, cluster_ips=(), selector={})


def test_an_alias_of_a_name_without_an_address():
    report = scenes.broken_service("dns_nxdomain")
    finding = only(found(alias("supplier.invalid"), report))
    assert (finding.code, finding.field, finding.explains) == ("SVC-15", "spec.externalName", (1,))
    assert not found(alias("supplier.example.com"), scenes.Report()).findings


def test_an_alias_of_an_address_is_wrong_whoever_asks():
    assert only(found(alias("198.18.1.80"), scenes.Report())).value == "198.18.1.80"


def test_without_services_the_rules_do_not_know():
    diagnosis = found(SERVICE, missing=(Missing("services", "forbidden"),))
    assert len(diagnosis.unknown_rules) == len(services_kinds.RULES)
