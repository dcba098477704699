# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of Services: each rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import services_kinds
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    Endpoint,
    EndpointSlice,
    Missing,
    Node,
    Service,
    ServicePort,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    FoldedEvent,
    History,
    Workloads,
    Writer,
)

from .. import scenes
from ..scenes import SERVICE

LONG_AGO = "2026-11-01T00:00:00Z"


def found(service: Service, report: scenes.Report | None = None, **more: t.Any) -> Diagnosis:
    return diagnose(scenes.case(scenes.snapshot(service=service, **more), report), services_kinds.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


def by_hand(address: str, outcome: str, managed_by: str = "") -> Diagnosis:
    service = dataclasses.replace(SERVICE, selector={})
    one = EndpointSlice("shop", "web", "IPv4", (ServicePort(8080),), (Endpoint((address,)),), "web-1", managed_by)
    nodes = (Node("w1", True, pod_cidrs=("10.244.1.0/24",)),)
    return found(service, scenes.broken_service(outcome), endpoint_slices=(one,), nodes=nodes)


@pytest.mark.parametrize(
    ("address", "outcome", "field", "certainty"),
    [
        ("10.244.1.250", "unreachable_arp", "endpoints[0].addresses[0]", "certain"),
        ("198.18.1.99", "timeout", "endpoints[0].addresses[0]", "strong"),
        ("198.18.1.80", "refused", "ports[0].port", "strong"),
        ("db.example.com", "timeout", "endpoints[0].addresses[0]", "strong"),
    ],
)
def test_an_endpoint_that_was_written_by_hand(address: str, outcome: str, field: str, certainty: str):
    finding = only(by_hand(address, outcome))
    assert (finding.code, str(finding.object)) == ("SVC-10", "EndpointSlice shop/web-1")
    assert (finding.field, finding.certainty, finding.explains) == (field, certainty, (1,))


@pytest.mark.parametrize(
    ("port", "managed_by", "field", "wanted"),
    [
        (ServicePort(8080, "web"), "", "ports[0].name", "empty"),
        (ServicePort(8080, protocol="UDP"), "", "ports[0].protocol", "TCP"),
        (ServicePort(8080, "web"), "endpointslicemirroring-controller.k8s.io", "subsets[0].ports[0].name", "empty"),
    ],
    ids=["name", "protocol", "older kind"],
)
def test_a_port_of_endpoints_that_is_no_port_of_the_service(
    port: ServicePort, managed_by: str, field: str, wanted: str
):
    service = dataclasses.replace(SERVICE, selector={})
    one = EndpointSlice("shop", "web", "IPv4", (port,), (Endpoint(("198.18.1.80",)),), "web-1", managed_by)
    seen = scenes.snapshot(service=service, endpoint_slices=(one,))
    diagnosis = diagnose(scenes.case(seen, scenes.broken_service("refused", author="node")), services_kinds.RULES)
    finding = diagnosis.findings[0]
    assert (finding.code, finding.field, finding.wanted, finding.explains) == ("SVC-10", field, wanted, (1,))


@pytest.mark.parametrize(
    ("outcome", "field"), [("timeout", "subsets[0].addresses[0].ip"), ("refused", "subsets[0].ports[0].port")]
)
def test_endpoints_of_the_older_kind_are_mirrored(outcome: str, field: str):
    finding = only(by_hand("198.18.1.99", outcome, "endpointslicemirroring-controller.k8s.io"))
    assert (str(finding.object), finding.field) == ("Endpoints shop/web", field)


def test_an_endpoint_of_a_pod_is_not_suspected():
    assert not by_hand(scenes.WEB[0].ips[0], "timeout").findings


def balanced(**more: t.Any) -> Service:
    return dataclasses.replace(SERVICE, type="LoadBalancer", created=LONG_AGO, **more)


def test_a_load_balancer_without_a_controller():
    finding = only(found(balanced(load_balancer_class="cloud.example.com/public")))
    assert (finding.code, finding.field, finding.severity) == ("SVC-14", "spec.loadBalancerClass", "warning")


REFUSAL = FoldedEvent("Service", "shop", "web", "AllocationFailed", 'Failed to allocate IP for "shop/web"', "Warning")


@pytest.mark.parametrize("key", ["metallb.io/loadBalancerIPs", "lbipam.cilium.io/ips"])
def test_an_address_that_the_load_balancer_does_not_have(key: str):
    service = balanced(annotations={key: "198.18.9.9"})
    finding = only(found(service, workloads=scenes.workloads(events=(REFUSAL,))))
    assert (finding.field, finding.value) == (f"metadata.annotations[{key}]", "198.18.9.9")
    assert (finding.evidence[0].kind, finding.certainty) == ("event", "certain")
    assert finding.fix is not None
    assert finding.fix.command == f"kubectl -n shop annotate service web {key}-"
    assert finding.fix.undo == f"kubectl -n shop annotate service web {key}=198.18.9.9"
    by_field = balanced(load_balancer_ip="198.18.9.9")
    assert only(found(by_field, workloads=scenes.workloads(events=(REFUSAL,)))).field == "spec.loadBalancerIP"


def test_a_load_balancer_that_has_an_address():
    assert not found(balanced(balancers=(Balancer("198.18.0.201"),))).findings


NEW = {"created": scenes.TAKEN}
BEGUN = scenes.workloads(
    events=(FoldedEvent("Service", "shop", "web", "EnsuringLoadBalancer", "Ensuring load balancer", "Normal"),)
)
FINALIZER = scenes.workloads(
    histories=(History("Service", "shop", "web", (Writer("cloud", fields=("metadata.finalizers",)),)),)
)


@pytest.mark.parametrize(
    ("more", "seen", "is_finding"),
    [
        (NEW, scenes.workloads(), False),
        (NEW, scenes.workloads(events=(REFUSAL,)), True),
        ({**NEW, "load_balancer_class": "cloud.example.com/public"}, scenes.workloads(), True),
        ({**NEW, "load_balancer_class": "cloud.example.com/public"}, FINALIZER, False),
        ({"created": "2026-12-01T03:58:00Z"}, scenes.workloads(), True),
        ({"created": "2026-12-01T03:58:00Z"}, BEGUN, False),
        ({"created": LONG_AGO}, BEGUN, True),
    ],
    ids=["new", "refused", "class of nobody", "class, at work", "2 minutes", "2 minutes, at work", "at work for long"],
)
def test_how_long_a_load_balancer_may_take(more: dict[str, str], seen: Workloads, is_finding: bool):
    service = dataclasses.replace(balanced(), **more)
    assert bool(found(service, workloads=seen).findings) == is_finding


def test_a_class_that_nobody_serves_here_beside_another_service():
    service = balanced(load_balancer_class="cloud.example.com/public")
    seen = scenes.snapshot(service=service)
    seen = dataclasses.replace(seen, services=(service, dataclasses.replace(SERVICE, name="inside")))
    diagnosis = diagnose(scenes.case(seen), services_kinds.RULES)
    assert not diagnosis.findings
    assert [one.code for one in diagnosis.suspicions] == ["SVC-14"]


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
