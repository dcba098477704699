# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that a question asks for by name and that do not exist: found, with what is there instead."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import services_names
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Namespace, Service

from .. import scenes
from ..scenes import SERVICE

NAMESPACES = (Namespace("shop", "Active"), Namespace("apps", "Active"))


def found(host: str, *services: Service, outcome: str = "dns_nxdomain") -> tuple[Finding, ...]:
    report = scenes.Report()
    report.ask({"id": f"host/{host}:80", "kind": "host", "name": host, "namespace": "", "port": 80}, outcome)
    seen = scenes.snapshot(namespaces=NAMESPACES, services=services)
    return tuple(diagnose(scenes.case(seen, report), services_names.RULES).findings)


@pytest.mark.parametrize("host", ["webb", "webb.shop", "webb.shop.svc.cluster.local"])
def test_a_service_that_does_not_exist(host: str):
    (finding,) = found(host, SERVICE)
    assert (finding.code, str(finding.object), finding.certainty) == ("SVC-01", "Service shop/webb", "certain")
    assert finding.sentence == "Service shop/webb does not exist; the nearest name there is web"
    assert len(finding.explains) == 1
    assert finding.fix is not None
    assert (finding.fix.text, finding.fix.command) == ("Ask for web", "")


def test_a_service_whose_pods_are_there_is_created():
    (finding,) = found("web.shop")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n shop expose deployment web --name=web --port=80 --target-port=8080"
    assert finding.fix.undo == "kubectl -n shop delete service web"


def test_a_service_of_another_namespace():
    (finding,) = found("web.apps", SERVICE)
    assert (finding.code, str(finding.object)) == ("SVC-11", "Service apps/web")
    assert finding.sentence == "Service apps/web does not exist; one of that name is in namespace shop"


def test_names_that_exist_or_are_no_services_are_not_suspected():
    assert not found("web.shop", SERVICE)
    assert not found("www.example.com", SERVICE)
    assert not found("webb.shop", SERVICE, outcome="dns_timeout")


def test_services_of_a_namespace_that_was_not_read_may_exist():
    report = scenes.Report()
    report.ask({"id": "host/x", "kind": "host", "name": "db.apps", "namespace": "", "port": 80}, "dns_nxdomain")
    seen = dataclasses.replace(scenes.snapshot(namespaces=NAMESPACES), selected=("shop",))
    assert not diagnose(scenes.case(seen, report), services_names.RULES).findings
