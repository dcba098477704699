# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic that fields of a Service close: each rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import services_closing
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    Missing,
    Node,
    Pod,
    Service,
    ServicePort,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import KubeProxy

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB
from .test_named_addresses import container

PORT = ServicePort(80, target_port="8080", node_port=30080)
INTERNAL = dataclasses.replace(SERVICE, internal_traffic_policy="Local")
EXTERNAL = dataclasses.replace(SERVICE, type="NodePort", external_traffic_policy="Local", ports=(PORT,))
ON_W2 = tuple(dataclasses.replace(one, node="w2") for one in WEB)
SAID = {"expectation": "deny", "decided_by": "Service shop/web", "author": "nobody"}
NODES = (Node("w1", True, internal_ips=("198.18.0.11",)), Node("w2", True, internal_ips=("198.18.0.12",)))


def closed(model: str = "pod_to_service", **more: t.Any) -> scenes.Report:
    report = scenes.Report()
    report.ask((SERVICE, 80), "timeout", "pass", **{**SAID, "model": model, **more})
    return report


def found(service: Service, report: scenes.Report, pods: t.Sequence[Pod] = ON_W2, names: str = "") -> Diagnosis:
    workloads = scenes.workloads(*([scenes.detail(CLIENT, container(names))] if names else []))
    seen = scenes.snapshot(pods=pods, service=service, workloads=workloads, nodes=NODES)
    return diagnose(scenes.case(seen, report), services_closing.RULES)


def asked(service: Service, report: scenes.Report) -> Diagnosis:
    options = {"from": "shop/client", "to": "web.shop:80"}
    case = scenes.case(scenes.snapshot(pods=ON_W2, service=service), report)
    case = dataclasses.replace(case, report={**case.report, "run": {"options": options}})
    return diagnose(case, services_closing.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


@pytest.mark.parametrize(
    ("service", "model", "code"),
    [(EXTERNAL, "outside_to_nodeport", "SVC-12"), (INTERNAL, "pod_to_service", "SVC-13")],
    ids=["external", "internal"],
)
def test_a_traffic_policy_is_the_answer_where_somebody_asks(service: Service, model: str, code: str):
    finding = only(asked(service, closed(model)))
    assert (finding.code, finding.explains, finding.value) == (code, (1,), "Local")
    assert finding.fix is not None
    assert '"Cluster"' in finding.fix.command


def test_a_node_port_of_one_node_is_meant():
    diagnosis = found(EXTERNAL, closed("outside_to_nodeport"))
    assert not diagnosis.findings
    assert [(one.code, one.severity) for one in diagnosis.suspicions] == [("SVC-12", "info")]


def test_nobody_but_its_own_pods_gets_in():
    report = closed()
    report.ask((SERVICE, 80), "http_200", source=ON_W2[0])
    finding = only(found(INTERNAL, report))
    assert (finding.code, finding.field, finding.severity) == ("SVC-13", "spec.internalTrafficPolicy", "warning")
    assert f"shop/{CLIENT.name}" in finding.sentence


def test_what_some_clients_reach_is_meant():
    report = closed()
    near = dataclasses.replace(CLIENT, name="near", namespace="apps", node="w2")
    report.ask((SERVICE, 80), "http_200", source=near)
    assert not found(INTERNAL, report).findings
    beside = dataclasses.replace(CLIENT, name="near", node="w2")
    assert not found(INTERNAL, closed(), pods=(*ON_W2, beside)).findings


def test_a_daemon_set_serves_its_own_nodes():
    daemons = tuple(dataclasses.replace(one, owner="DaemonSet/web") for one in ON_W2)
    assert not found(INTERNAL, closed(), pods=daemons).findings


def test_a_client_that_names_the_service_is_cut_off():
    near = dataclasses.replace(CLIENT, name="near", node="w2", labels={"app": "near"})
    report = closed()
    report.ask((SERVICE, 80), "http_200", source=near)
    finding = only(found(INTERNAL, report, pods=(*ON_W2, near), names="web:80"))
    assert (finding.code, finding.severity) == ("SVC-13", "error")
    assert "Deployment shop/client, whose spec.template.spec.containers[0].env[0].value is web:80" in finding.sentence
    assert not found(INTERNAL, report, pods=(*ON_W2, near), names="web:443").findings
    assert not found(INTERNAL, report, pods=(WEB[0], near), names="web:80").findings


@pytest.mark.parametrize("host", ["198.18.0.11", "w1"])
def test_a_client_that_names_a_node_without_an_endpoint(host: str):
    away = dataclasses.replace(CLIENT, node="w2")
    workloads = scenes.workloads(scenes.detail(away, container(f"{host}:30080")))
    seen = scenes.snapshot(pods=ON_W2, service=EXTERNAL, workloads=workloads, nodes=NODES)
    seen = dataclasses.replace(seen, pods=(*ON_W2, away))
    finding = only(diagnose(scenes.case(seen, closed("pod_to_nodeport")), services_closing.RULES))
    assert (finding.code, finding.severity) == ("SVC-12", "error")


def test_source_ranges_are_the_answer_where_somebody_asks():
    service = dataclasses.replace(SERVICE, type="LoadBalancer", load_balancer_source_ranges=("198.18.0.50/32",))
    why = "loadBalancerSourceRanges of Service shop/web (198.18.0.50/32) leave 198.18.0.100 out"
    report = closed("outside_to_loadbalancer", expectation_reason=why, asked="http://198.18.0.201:80/")
    report.sources[report.cells[0]["source"]]["addresses"] = ["198.18.0.100", "fd00:198:18::100"]
    finding = only(asked(service, report))
    assert (finding.code, finding.field) == ("SVC-22", "spec.loadBalancerSourceRanges")
    assert finding.fix is not None
    assert '["198.18.0.50/32", "198.18.0.100/32"]' in finding.fix.command
    assert not found(service, report).findings


@pytest.mark.parametrize(
    ("ranges", "names", "is_cut_off"),
    [
        (("198.18.0.50/32",), "198.18.0.201:80", True),
        (("198.18.0.50/32", "10.244.0.0/16"), "198.18.0.201:80", False),
        (("198.18.0.50/32",), "198.18.0.201:443", False),
        (("198.18.0.50/32",), "198.18.0.202:80", False),
    ],
)
def test_a_client_that_names_a_load_balancer_for_others(ranges: tuple[str, ...], names: str, is_cut_off: bool):
    service = dataclasses.replace(
        SERVICE, type="LoadBalancer", load_balancer_source_ranges=ranges, balancers=(Balancer("198.18.0.201"),)
    )
    workloads = scenes.workloads(scenes.detail(CLIENT, container(names)))
    seen = scenes.snapshot(service=service, workloads=workloads, nodes=NODES, kube_proxy=KubeProxy())
    found = diagnose(scenes.case(seen, scenes.Report()), services_closing.RULES).findings
    assert [(one.code, one.field) for one in found] == [("SVC-22", "spec.loadBalancerSourceRanges")] * is_cut_off
    other = dataclasses.replace(seen, kube_proxy=None)
    assert not diagnose(scenes.case(other, scenes.Report()), services_closing.RULES).findings


def test_without_endpoint_slices_the_rules_do_not_know():
    seen = scenes.snapshot(service=INTERNAL, missing=(Missing("endpointslices", "forbidden"),))
    diagnosis = diagnose(scenes.case(seen, closed()), services_closing.RULES)
    assert {one.code for one in diagnosis.unknown_rules} == {"SVC-12", "SVC-13", "SVC-22"}
