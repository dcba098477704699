# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the Services behind the ways in: each fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    EndpointSlice,
    Missing,
    Namespace,
    NetworkPolicy,
    ServicePort,
)

from .. import scenes
from ..entry_scenes import EDGE, GATEWAY, HTTP_ROUTE, INGRESS, ROUTE, RULE, SERVICE, asked, found, only, with_path


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


@pytest.mark.parametrize(
    ("outcome", "author", "said"),
    [
        ("http_503", "controller", "and the controller answers HTTP 503"),
        ("http_404", "controller", "and the controller answers HTTP 404"),
        ("refused", "nobody", "so that no application can answer for it"),
        ("timeout", "", "so that no application can answer for it"),
    ],
)
def test_of_a_controller_only_what_was_seen_is_told(outcome: str, author: str, said: str):
    slip = dataclasses.replace(SERVICE, selector={"app": "webb"})
    empty = EndpointSlice("shop", "web", "IPv4", (ServicePort(8080),))
    report = asked(outcome=outcome, author=author)
    finding = only(found(INGRESS, report=report, services=(slip, EDGE), endpoint_slices=(empty,)))
    (below,) = finding.children
    assert (below.code, below.sentence.endswith(said)) == ("ING-06", True)


def test_a_policy_between_controller_and_backend():
    deny = NetworkPolicy("shop", "deny", {"podSelector": {}, "policyTypes": ["Ingress"]})
    finding = only(found(INGRESS, report=asked(outcome="http_504"), network_policies=(deny,)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-13", "NetworkPolicy shop/deny", "spec.ingress")
    assert finding.fix is not None
    assert "kubernetes.io/metadata.name" in finding.fix.command
    assert not found(INGRESS, report=scenes.Report(), network_policies=(deny,)).findings


def test_of_several_policies_the_one_that_was_written_for_the_controller_is_told_and_its_slip_before_it():
    deny = NetworkPolicy("shop", "deny", {"podSelector": {}, "policyTypes": ["Ingress"]})
    both = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}}
    slip = {"from": [{**both, "podSelector": {"matchLabels": {"app": "client"}}}], "ports": [{"port": 8080}]}
    spec = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"], "ingress": [slip]}
    own = (deny, NetworkPolicy("shop", "web", spec))
    namespaces = (
        Namespace("shop", "Active", {"kubernetes.io/metadata.name": "shop"}),
        Namespace("traefik", "Active", {"kubernetes.io/metadata.name": "traefik"}),
    )
    told = found(INGRESS, report=asked(outcome="http_504"), network_policies=own, namespaces=namespaces).findings
    assert [(one.code, [child.code for child in one.children]) for one in told] == [("POL-05", ["ING-13"])]


def test_without_ingresses_the_rules_do_not_know():
    diagnosis = found(with_path(service="wed"), missing=(Missing("ingresses", "forbidden"),))
    assert not diagnosis.findings
    assert "ING-04" in {one.code for one in diagnosis.unknown_rules}


def test_a_route_of_the_gateway_api_names_a_service_that_does_not_exist():
    paths = (dataclasses.replace(RULE, service="wed"), dataclasses.replace(RULE, service="wed", path="/more"))
    finding = only(found(gateways=(GATEWAY,), http_routes=(dataclasses.replace(HTTP_ROUTE, paths=paths),)))
    assert (finding.code, str(finding.object)) == ("ING-04", "HTTPRoute shop/beta")
    assert (finding.field, finding.value, finding.wanted) == ("spec.rules[0].backendRefs[0].name", "wed", "web")
    assert finding.fix is not None
    assert '"path": "/spec/rules/0/backendRefs/0/name", "value": "web"' in finding.fix.command


def test_a_route_of_the_gateway_api_names_a_port_that_is_none():
    paths = (dataclasses.replace(RULE, port="8080"),)
    finding = only(found(gateways=(GATEWAY,), http_routes=(dataclasses.replace(HTTP_ROUTE, paths=paths),)))
    assert (finding.code, finding.field, finding.wanted) == ("ING-05", "spec.rules[0].backendRefs[0].port", "80")


def test_a_route_of_openshift_names_what_does_not_exist():
    route = dataclasses.replace(ROUTE, path=dataclasses.replace(ROUTE.path, service="wed"))
    finding = only(found(routes=(route,)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-04", "Route shop/legacy", "spec.to.name")
    route = dataclasses.replace(ROUTE, path=dataclasses.replace(ROUTE.path, port="metrics"))
    finding = only(found(routes=(route,)))
    assert (finding.code, finding.field) == ("ING-05", "spec.port.targetPort")
    assert not found(routes=(dataclasses.replace(ROUTE, path=dataclasses.replace(ROUTE.path, port="8080")),)).findings
