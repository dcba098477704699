# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ING-12: who sends HTTP to what speaks TLS, and the other way round."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.records import (
    FollowUp,
    FollowUpAnswer,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import IngressClass

from .. import scenes
from ..entry_scenes import CONTROLLER, EDGE, INGRESS, PATH, asked, found, only
from ..scenes import SERVICE, SLICE, WEB


def served(by: str, port: ServicePort = SERVICE.ports[0], spoken: str = "", **more: t.Any) -> t.Any:
    """What is found of an Ingress that fails by 502, with what the Service answers when it is asked itself."""
    report = asked(outcome="http_502")
    service = dataclasses.replace(SERVICE, ports=(port,))
    if spoken:
        report.ask((service, port.port), "open" if spoken == "https" else "http_200", "pass", protocol=spoken)
    if further := more.pop("further", ""):
        question = FollowUp("backend", ObjectRef("Ingress", "web", "shop"), further, WEB[0].ips[0], 8080)
        report.follow_ups = [FollowUpAnswer(question, "shop/client/client", "backend", "http_200").to_dict()]
    path = dataclasses.replace(PATH, port=port.name or str(port.port))
    ingress = dataclasses.replace(INGRESS, paths=(path,), annotations=more.pop("annotations", {}))
    services: tuple[Service, ...] = (service, EDGE)
    more.setdefault("endpoint_slices", (dataclasses.replace(SLICE, ports=(ServicePort(8080, port.name),)),))
    return found(ingress, report=report, services=services, ingress_classes=(IngressClass("edge", by),), **more)


TRAEFIK, NGINX = "traefik.io/ingress-controller", "k8s.io/ingress-nginx"


@pytest.mark.parametrize("by", [TRAEFIK, NGINX, "example.com/other"])
def test_an_application_that_speaks_tls_gets_http(by: str):
    finding = only(served(by, spoken="https"))
    assert (finding.code, str(finding.object), finding.field) == (
        "ING-12",
        "Service shop/web",
        "spec.ports[0].appProtocol",
    )
    assert (finding.wanted, finding.certainty, finding.explains) == ("https", "certain", (1,))
    assert finding.fix is not None
    assert {
        TRAEFIK: "annotate service web --overwrite traefik.ingress.kubernetes.io/service.serversscheme=https",
        NGINX: "annotate ingress web --overwrite nginx.ingress.kubernetes.io/backend-protocol=HTTPS",
    }.get(by, '"path": "/spec/ports/0/appProtocol", "value": "https"') in finding.fix.command


def test_an_application_that_speaks_http_gets_tls_because_of_the_name_of_its_port():
    port = ServicePort(443, "https", target_port="8080")
    finding = only(served(TRAEFIK, port, spoken="http"))
    assert (finding.code, finding.field, finding.value) == ("ING-12", "spec.ports[0].name", "https")
    assert finding.fix is not None
    assert finding.fix.command.endswith("serversscheme=http")


def test_or_of_its_number():
    finding = only(served(TRAEFIK, ServicePort(443, target_port="8080"), spoken="http"))
    assert (finding.field, finding.value) == ("spec.ports[0].port", "443")


def test_or_of_an_annotation():
    annotations = {"nginx.ingress.kubernetes.io/backend-protocol": "HTTPS"}
    finding = only(served(NGINX, spoken="http", annotations=annotations))
    assert str(finding.object) == "Ingress shop/web"
    assert finding.field == "metadata.annotations[nginx.ingress.kubernetes.io/backend-protocol]"


def test_names_mean_nothing_to_a_controller_that_goes_by_annotations():
    assert not served(NGINX, ServicePort(443, "https", target_port="8080"), spoken="http").findings


def test_what_the_kubelet_finds_ready_by_https_speaks_it():
    ready = dataclasses.replace(WEB[0].containers[0], http_paths={"http": "/"}, https_ports=("http",))
    pods = tuple(dataclasses.replace(pod, containers=(ready,)) for pod in WEB)
    seen = scenes.snapshot(pods)
    finding = only(served(TRAEFIK, pods=(*seen.pods, CONTROLLER)))
    assert (finding.code, finding.certainty) == ("ING-12", "strong")
    assert "readiness probe speaks HTTPS" in finding.evidence[0].says


def test_what_a_backend_answers_when_it_is_asked_further_is_what_it_speaks():
    finding = only(served(TRAEFIK, further="https"))
    assert (finding.code, finding.wanted, finding.certainty) == ("ING-12", "https", "certain")
    assert finding.evidence[0].about.startswith("the backend alone")


def test_where_nobody_knows_what_the_application_speaks_nothing_is_said():
    assert not served(TRAEFIK).findings
