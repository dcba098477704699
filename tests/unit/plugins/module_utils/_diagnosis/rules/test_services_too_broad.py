# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SVC-03: a selector that matches another application as well."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ContainerPort,
    Pod,
    Service,
)

from .. import scenes
from ..scenes import SERVICE, WEB
from .test_services_selectors import found

BROAD = dataclasses.replace(SERVICE, selector={"tier": "front"})


def other(name: str, port: int, **labels: str) -> Pod:
    one = scenes.pod(f"{name}-7f89dccbb5-mcd96", 30, app=name)
    container = Container(name, ports=(ContainerPort(port),), running=True)
    return dataclasses.replace(one, containers=(container,), labels={**one.labels, "tier": "front", **labels})


def beside(*others: Pod, service: Service = BROAD) -> scenes.Snapshot:
    own = [dataclasses.replace(one, labels={**one.labels, "tier": "front"}) for one in WEB]
    return scenes.snapshot(pods=(*own, *others), service=service)


def test_a_selector_that_matches_pods_which_do_not_listen():
    (finding,) = found(beside(other("report", 7000)), scenes.broken_service(author="peer")).findings
    assert (finding.code, finding.field, finding.explains) == ("SVC-03", "spec.selector", (1,))
    assert (finding.value, finding.wanted) == ("tier=front", "app=web, tier=front")
    assert (finding.scope.affected, finding.scope.of) == (1, 3)
    assert "Deployment shop/report" in finding.sentence
    assert finding.fix is not None
    assert """'{"spec": {"selector": {"app": "web"}}}'""" in finding.fix.command
    assert """'{"spec": {"selector": {"app": null}}}'""" in finding.fix.undo


def test_sockets_count_more_than_what_containers_declare():
    report = scenes.broken_service(author="peer")
    strange = other("report", 8080)
    for one in WEB:
        report.source(one, listens=["::#8080"])
    report.source(strange, listens=["::#7000"])
    (finding,) = found(beside(strange), report).findings
    assert (finding.code, finding.explains) == ("SVC-03", (1,))


def test_another_application_that_answers_at_the_same_port():
    (finding,) = found(beside(other("docs", 8080)), scenes.Report()).findings
    assert (finding.code, finding.severity, finding.certainty) == ("SVC-03", "warning", "strong")
    assert finding.wanted == "app=web, tier=front"


@pytest.mark.parametrize(
    ("name", "labels"),
    [("web-canary", {}), ("blue", {"app": "web"}), ("blue", {"app.kubernetes.io/name": "web", "app": "web"})],
    ids=["canary", "one label", "two labels"],
)
def test_versions_of_one_application_are_meant(name: str, labels: dict[str, str]):
    diagnosis = found(beside(other(name, 8080, **labels)), scenes.Report())
    assert not diagnosis.findings
    assert not diagnosis.suspicions


def test_a_service_that_is_named_for_no_one_application_is_meant_for_several():
    several = dataclasses.replace(BROAD, name="front")
    assert not found(beside(other("docs", 8080), service=several), scenes.Report()).findings


def test_pods_of_one_workload_alone_are_of_one_application():
    assert not found(beside(), scenes.broken_service(author="peer")).findings


def test_a_selector_is_not_narrowed_without_a_label_that_tells_them_apart():
    strange: t.Any = dataclasses.replace(other("report", 7000), labels={"app": "web", "tier": "front"})
    (finding,) = found(beside(strange), scenes.broken_service(author="peer")).findings
    assert finding.fix is not None
    assert finding.fix.command == ""
