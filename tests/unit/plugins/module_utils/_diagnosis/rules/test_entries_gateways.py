# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Gateways, their routes and Routes say themselves: each condition has the code of its like for Ingresses."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Listener, Parent

from ..entry_scenes import GATEWAY, HTTP_ROUTE, ROUTE, RULE, found, only


def of(parent: Parent, gateway=GATEWAY, **more):
    route = dataclasses.replace(HTTP_ROUTE, parents=(dataclasses.replace(parent, field="spec.parentRefs[0]"),), **more)
    return found(gateways=(gateway,), http_routes=(route,))


def test_a_gateway_that_does_not_exist():
    finding = only(of(Parent("edge/mian", defect="no controller has taken it for Gateway mian")))
    assert (finding.code, str(finding.object)) == ("ING-03", "HTTPRoute shop/beta")
    assert (finding.field, finding.value, finding.wanted) == ("spec.parentRefs[0].name", "mian", "main")
    assert finding.fix is not None
    assert '"path": "/spec/parentRefs/0/name", "value": "main"' in finding.fix.command


def test_a_gateway_of_another_namespace():
    finding = only(of(Parent("shop/main", defect="no controller has taken it for Gateway main")))
    assert (finding.field, finding.wanted) == ("spec.parentRefs[0].namespace", "edge")


@pytest.mark.parametrize(
    ("parent", "field", "wanted"),
    [
        (Parent("edge/main", "wbe", defect="none"), "spec.parentRefs[0].sectionName", "web"),
        (Parent("edge/main", port=8080, defect="none"), "spec.parentRefs[0].port", "80"),
    ],
)
def test_a_listener_that_does_not_exist(parent: Parent, field: str, wanted: str):
    finding = only(of(parent))
    assert (finding.code, finding.field, finding.wanted) == ("ING-03", field, wanted)


def test_a_listener_that_takes_no_routes_of_the_namespace():
    finding = only(of(Parent("edge/main", defect="not allowed", reason="NotAllowedByListeners")))
    assert (finding.code, str(finding.object)) == ("ING-03", "Gateway edge/main")
    assert (finding.field, finding.value) == ("spec.listeners[0].allowedRoutes.namespaces.from", "Same")
    assert finding.fix is not None
    assert (finding.fix.risk, "Same" in finding.fix.undo) == ("medium", True)


def test_no_host_is_one_of_the_listener():
    gateway = dataclasses.replace(GATEWAY, listeners=(Listener("web", 80, "HTTP", "*.other.lab"),))
    diagnosis = of(Parent("edge/main", defect="no host", reason="NoMatchingListenerHostname"), gateway)
    # Without a report the rule of hosts does not know; what the API says is in the rule's own test.
    assert not diagnosis.findings


def test_a_service_of_another_namespace_without_a_grant():
    rule = dataclasses.replace(RULE, service="edge", namespace="edge", port="80")
    finding = only(of(Parent("edge/main", defect="not permitted", reason="RefNotPermitted"), paths=(rule,)))
    assert (finding.code, finding.field, finding.value) == ("ING-04", "spec.rules[0].backendRefs[0].namespace", "edge")
    assert finding.fix is not None
    assert '"kind": "ReferenceGrant"' in finding.fix.command
    assert finding.fix.undo == "kubectl -n edge delete referencegrant httproutes-of-shop"


def test_a_backend_of_another_kind():
    rule = dataclasses.replace(RULE, service="", backend_kind="Bucket")
    finding = only(of(Parent("edge/main", defect="unknown kind", reason="InvalidKind"), paths=(rule,)))
    assert (finding.code, finding.value, finding.wanted) == ("ING-04", "Bucket", "Service")


def test_a_backend_that_is_missing_is_told_once():
    rule = dataclasses.replace(RULE, service="wed")
    finding = only(of(Parent("edge/main", defect="not found", reason="BackendNotFound"), paths=(rule,)))
    assert (finding.code, finding.field) == ("ING-04", "spec.rules[0].backendRefs[0].name")


def test_a_route_that_another_gateway_serves_is_a_warning():
    good, bad = Parent("edge/main", field="spec.parentRefs[0]"), Parent("edge/gone", field="spec.parentRefs[1]")
    route = dataclasses.replace(HTTP_ROUTE, parents=(good, dataclasses.replace(bad, defect="none")))
    assert only(found(gateways=(GATEWAY,), http_routes=(route,))).severity == "warning"


def test_a_route_of_openshift_that_no_router_has_admitted():
    finding = only(found(routes=(dataclasses.replace(ROUTE, defect="no router has admitted it"),)))
    assert (finding.code, str(finding.object)) == ("ING-03", "Route shop/legacy")
