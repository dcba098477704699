# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of classes, Gateways and controllers: each fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Beyond,
    EndpointSlice,
    ServicePort,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import IngressClass
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import scenes
from ..entry_scenes import CLASS, EDGE, GATEWAY, HTTP_ROUTE, INGRESS, asked, found, only


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


def test_the_class_of_the_controller_that_serves_others_is_meant_where_the_name_is_like_none():
    nobody = IngressClass("other", "example.com/other")
    mine = dataclasses.replace(INGRESS, ingress_class="nginx", addresses=())
    served = dataclasses.replace(INGRESS, name="served", paths=())
    assert only(found(mine, served, ingress_classes=(CLASS, nobody))).wanted == "edge"
    default = dataclasses.replace(nobody, default=True)
    assert only(found(mine, ingress_classes=(CLASS, default))).wanted == "other"
    assert only(found(mine, served, ingress_classes=(CLASS, default))).wanted == "", "either may be meant"


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


def test_a_controller_that_is_scaled_to_zero():
    owner = Owner("Deployment", "edge", "edge", desired=0, template_labels={"app": "edge"})
    workloads = scenes.workloads(owners=(owner,))
    finding = only(found(INGRESS, report=asked(outcome="timeout"), controller=None, workloads=workloads))
    assert (finding.code, str(finding.object), finding.field) == ("ING-01", "Deployment edge/edge", "spec.replicas")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n edge scale deployment/edge --replicas=1"


def test_a_controller_of_another_namespace_that_is_scaled_to_zero():
    owner = Owner("Deployment", "edge", "edge", desired=0, template_labels={"app": "edge"})
    beyond = Beyond(services=(EDGE,), endpoint_slices=(EndpointSlice("edge", "edge", "IPv4", (ServicePort(8080),)),))
    more = {"services": (scenes.SERVICE,), "beyond": beyond, "selected": ("shop",), "controller": None}
    finding = only(found(INGRESS, report=asked(outcome="timeout"), workloads=scenes.workloads(owners=(owner,)), **more))
    assert (finding.code, str(finding.object), finding.field) == ("ING-01", "Deployment edge/edge", "spec.replicas")


def test_a_class_whose_controller_has_taken_no_ingress():
    nobody = IngressClass("other", "example.com/other")
    mine = dataclasses.replace(INGRESS, ingress_class="other", addresses=())
    served = dataclasses.replace(INGRESS, name="served", paths=())
    finding = only(found(mine, served, ingress_classes=(CLASS, nobody)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-01", "IngressClass other", "spec.controller")
    assert finding.value == "example.com/other"
    assert [str(one) for one in finding.victims] == ["Ingress shop/web"]
    assert finding.fix is not None
    assert '"ingressClassName": "edge"' in finding.fix.command
    assert '"ingressClassName": "other"' in finding.fix.undo


def test_a_class_whose_controller_serves_another_ingress_is_no_cause():
    waiting = dataclasses.replace(INGRESS, name="new", addresses=())
    assert not found(INGRESS, waiting).findings


def test_a_listener_that_its_controller_cannot_serve():
    listener = dataclasses.replace(GATEWAY.listeners[0], reason="PortUnavailable", defect="port 80 is not mine")
    gateway = dataclasses.replace(GATEWAY, listeners=(listener,), defect="invalid", reason="ListenersNotValid")
    finding = only(found(gateways=(gateway,), http_routes=(HTTP_ROUTE,)))
    assert (finding.code, finding.field, finding.value) == ("ING-01", "spec.listeners[0]", "web")
    assert "port 80 is not mine" in finding.sentence


def test_a_gateway_that_no_controller_serves():
    gateway = dataclasses.replace(GATEWAY, defect="Waiting for controller", reason="Pending")
    finding = only(found(gateways=(gateway,), http_routes=(HTTP_ROUTE,)))
    assert (finding.code, str(finding.object)) == ("ING-01", "Gateway edge/main")
    assert (finding.field, finding.value) == ("spec.gatewayClassName", "edge")
    assert [str(one) for one in finding.victims] == ["HTTPRoute shop/beta"]


def test_a_gateway_of_another_namespace_that_no_route_names_is_of_no_concern():
    gateway = dataclasses.replace(GATEWAY, defect="Waiting for controller", reason="Pending")
    assert not found(gateways=(gateway,), selected=("shop",)).findings
    assert found(gateways=(gateway,), http_routes=(HTTP_ROUTE,), selected=("shop",)).findings
    assert found(gateways=(gateway,), selected=("edge",)).findings
