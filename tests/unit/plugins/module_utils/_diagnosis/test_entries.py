# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the layer Ingress: each fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import entries, services, services_selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    EndpointSlice,
    Missing,
    NetworkPolicy,
    Service,
    ServicePort,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Ingress,
    IngressClass,
    IngressPath,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from . import scenes
from .scenes import SERVICE, SLICE

ADDRESS = "198.18.0.200"
CLASS = IngressClass("edge", "example.com/edge")
PATH = IngressPath("shop.lab", "/", "web", "80", path_type="Prefix", field="spec.rules[0].http.paths[0]")
INGRESS = Ingress("shop", "web", "edge", (ADDRESS,), (PATH,), created="2026-11-01T00:00:00Z")
CONTROLLER = scenes.pod("edge-b975c9b8d-x", 50, app="edge", namespace="edge")
EDGE = Service(
    "edge",
    "edge",
    "LoadBalancer",
    ("10.96.0.50",),
    (ServicePort(80, target_port="8080"),),
    {"app": "edge"},
    balancers=(Balancer(ADDRESS),),
)


def found(
    *ingresses: Ingress, report: scenes.Report | None = None, controller: t.Any = CONTROLLER, **more: t.Any
) -> Diagnosis:
    seen = scenes.snapshot(ingresses=ingresses, ingress_classes=(CLASS,))
    pods = (*seen.pods, *([controller] if controller else []))
    seen = dataclasses.replace(seen, pods=pods, services=(SERVICE, EDGE))
    seen = dataclasses.replace(seen, **more)
    return diagnose(scenes.case(seen, report), (*entries.RULES, *services.RULES, *services_selectors.RULES))


def asked(ingress: Ingress = INGRESS, path: IngressPath = PATH, outcome: str = "http_404") -> scenes.Report:
    """A report in which a path of an Ingress fails."""
    name = f"{path.host}{path.path}"
    target = {"id": f"ingress/shop/{ingress.name}/{name}:80", "kind": "ingress", "name": ingress.name}
    target = {**target, "namespace": "shop", "port": 80, "port_name": name}
    report = scenes.Report()
    report.ask(target, outcome, "fail", model="pod_to_ingress", protocol="http")
    return report


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


def with_path(**more: t.Any) -> Ingress:
    return dataclasses.replace(INGRESS, paths=(dataclasses.replace(PATH, **more),))


def test_a_healthy_ingress_has_no_finding():
    assert not found(INGRESS).findings


def test_a_class_that_does_not_exist():
    finding = only(found(dataclasses.replace(INGRESS, ingress_class="edgee", addresses=()), report=asked()))
    assert (finding.code, finding.field, finding.value) == ("ING-03", "spec.ingressClassName", "edgee")
    assert (finding.wanted, finding.explains) == ("edge", (1,))
    assert finding.fix is not None
    assert finding.fix.command == (
        """kubectl -n shop patch ingress web --type=merge -p '{"spec": {"ingressClassName": "edge"}}'"""
    )


def test_no_class_and_no_default_one():
    finding = only(found(dataclasses.replace(INGRESS, ingress_class="", addresses=())))
    assert (finding.code, finding.wanted) == ("ING-02", "edge")
    assert finding.fix is not None
    assert '"ingressClassName": null' in finding.fix.undo


def test_a_default_class_is_enough():
    default = (dataclasses.replace(CLASS, default=True),)
    assert not found(dataclasses.replace(INGRESS, ingress_class="", addresses=()), ingress_classes=default).findings


def test_a_class_that_is_not_there_is_no_matter_where_a_controller_serves_the_ingress():
    assert not found(dataclasses.replace(INGRESS, ingress_class="by-annotation")).findings


def test_a_service_that_does_not_exist():
    finding = only(found(with_path(service="wed"), report=asked()))
    assert (finding.code, str(finding.object)) == ("ING-04", "Ingress shop/web")
    assert finding.field == "spec.rules[0].http.paths[0].backend.service.name"
    assert (finding.value, finding.wanted) == ("wed", "web")


def test_a_service_of_another_namespace_is_named():
    there = dataclasses.replace(SERVICE, namespace="other", name="far")
    finding = only(found(with_path(service="far"), services=(SERVICE, EDGE, there)))
    assert "namespace other" in finding.sentence


def test_the_default_backend_has_a_field_of_its_own():
    finding = only(found(with_path(service="wed", field="spec.defaultBackend")))
    assert finding.field == "spec.defaultBackend.service.name"


@pytest.mark.parametrize(("port", "part"), [("8081", "number"), ("htpp", "name")])
def test_a_port_that_the_service_does_not_have(port: str, part: str):
    finding = only(found(with_path(port=port), report=asked()))
    assert (finding.code, finding.field) == ("ING-05", f"spec.rules[0].http.paths[0].backend.service.port.{part}")
    assert finding.value == port


def test_a_service_without_ready_endpoints_is_a_symptom_of_its_own_cause():
    slip = dataclasses.replace(SERVICE, selector={"app": "webb"})
    empty = EndpointSlice("shop", "web", "IPv4", (ServicePort(8080),))
    finding = only(found(INGRESS, report=asked(outcome="http_503"), services=(slip, EDGE), endpoint_slices=(empty,)))
    assert finding.code == "SVC-02"
    assert [child.code for child in finding.children] == ["ING-06"]
    assert finding.explains == (1,)


def test_a_controller_that_is_scaled_to_zero():
    owner = Owner("Deployment", "edge", "edge", desired=0, template_labels={"app": "edge"})
    workloads = scenes.workloads(owners=(owner,))
    finding = only(found(INGRESS, report=asked(outcome="timeout"), controller=None, workloads=workloads))
    assert (finding.code, str(finding.object), finding.field) == ("ING-01", "Deployment edge/edge", "spec.replicas")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n edge scale deployment/edge --replicas=1"


def test_of_two_ingresses_with_one_path_the_later_is_named():
    second = dataclasses.replace(with_path(service="other"), name="late", created="2026-11-30T00:00:00Z")
    other = dataclasses.replace(SERVICE, name="other", cluster_ips=("10.96.0.77",))
    report = asked(second, second.paths[0], "wrong_peer")
    slices = (SLICE, dataclasses.replace(SLICE, service="other"))
    finding = only(found(INGRESS, second, report=report, services=(SERVICE, other, EDGE), endpoint_slices=slices))
    assert (finding.code, str(finding.object)) == ("ING-11", "Ingress shop/late")


def test_a_policy_between_controller_and_backend():
    deny = NetworkPolicy("shop", "deny", {"podSelector": {}, "policyTypes": ["Ingress"]})
    finding = only(found(INGRESS, report=asked(outcome="http_504"), network_policies=(deny,)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-13", "NetworkPolicy shop/deny", "spec.ingress")
    assert finding.fix is not None
    assert "kubernetes.io/metadata.name" in finding.fix.command
    assert not found(INGRESS, report=scenes.Report(), network_policies=(deny,)).findings


def test_without_ingresses_the_rules_do_not_know():
    diagnosis = found(with_path(service="wed"), missing=(Missing("ingresses", "forbidden"),))
    assert not diagnosis.findings
    assert "ING-04" in {one.code for one in diagnosis.unknown_rules}
