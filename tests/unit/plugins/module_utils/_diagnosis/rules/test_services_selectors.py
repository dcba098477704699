# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors of Services: each rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    services_selectors,
    services_too_broad,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    EndpointSlice,
    Missing,
    Service,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import scenes
from ..scenes import SERVICE, WEB

SLIP = dataclasses.replace(SERVICE, selector={"app": "webb"})


def found(seen: scenes.Snapshot | None = None, report: scenes.Report | None = None) -> Diagnosis:
    return diagnose(scenes.case(seen, report), (*services_selectors.RULES, *services_too_broad.RULES))


def test_a_selector_that_matches_no_pod_is_told_with_the_nearest_labels():
    (finding,) = found(scenes.snapshot(service=SLIP), scenes.broken_service()).findings
    assert (finding.code, str(finding.object), finding.field) == ("SVC-02", "Service shop/web", "spec.selector")
    assert (finding.value, finding.wanted, finding.certainty) == ("app=webb", "app=web", "certain")
    assert finding.explains == (1,)
    assert finding.fix is not None
    assert finding.fix.command == (
        """kubectl -n shop patch service web --type=merge -p '{"spec": {"selector": {"app": "web"}}}'"""
    )
    assert '"app": "webb"' in finding.fix.undo


def test_a_selector_that_matches_no_pod_is_no_finding_while_nothing_fails():
    diagnosis = found(scenes.snapshot(service=SLIP))
    assert not diagnosis.findings
    assert [(one.code, one.severity) for one in diagnosis.suspicions] == [("SVC-02", "info")]


def _governing(selector: dict[str, str], **more: t.Any) -> scenes.Snapshot:
    """A StatefulSet C(db), whose Pods have their names in the zone of the headless Service C(db-members)."""
    members = scenes.pod("db-0", 30, app="db", owner="StatefulSet/db")
    labels = {"app": "db"}
    db = Owner("StatefulSet", "shop", "db", desired=1, template_labels=labels, service="db-members")
    service = Service("shop", "db-members", selector=selector)
    there = scenes.snapshot(pods=(*WEB, members), workloads=scenes.workloads(owners=(dataclasses.replace(db, **more),)))
    return dataclasses.replace(there, services=(service,), endpoint_slices=())


def test_a_headless_service_that_does_not_select_the_statefulset_it_governs_is_told_though_no_name_can_fail():
    (finding,) = found(_governing({"app": "database"})).findings
    assert (finding.code, str(finding.object), finding.wanted) == ("SVC-02", "Service shop/db-members", "app=db")
    assert "DNS no name" in finding.mechanism


@pytest.mark.parametrize(
    ("selector", "more"),
    [({"app": "db"}, {}), ({"app": "database"}, {"desired": 0}), ({"app": "database"}, {"service": "other"})],
    ids=["it does", "no Pod is wanted", "another Service governs it"],
)
def test_other_headless_services_may_wait_for_pods(selector: dict[str, str], more: dict[str, t.Any]):
    assert not found(_governing(selector, **more)).findings


def test_a_selector_of_a_workload_without_pods_is_right():
    assert not found(scenes.snapshot(pods=()), scenes.broken_service()).findings


def test_pods_that_were_not_read_are_seen_by_their_endpoints():
    unread = scenes.snapshot(pods=(), endpoint_slices=(scenes.SLICE,), workloads=None)
    assert not found(unread, scenes.broken_service()).findings
    one_of_two = dataclasses.replace(WEB[0], ready=False)
    partly = scenes.snapshot(pods=(one_of_two,), endpoint_slices=(scenes.SLICE,))
    assert not found(partly, scenes.broken_service()).findings


def test_without_owners_a_selector_that_is_like_nothing_may_be_right():
    service = dataclasses.replace(SERVICE, selector={"app": "seasonal"})
    traffic = scenes.snapshot(service=service, workloads=None)
    assert not found(traffic, scenes.broken_service()).findings
    (finding,) = found(scenes.snapshot(service=service), scenes.broken_service()).findings
    assert (finding.code, finding.wanted) == ("SVC-02", "")


def test_what_is_like_nothing_has_no_nearest_labels():
    service = dataclasses.replace(SERVICE, name="x", selector={"tier": "cache"})
    assert services_selectors.nearest(service, {"Deployment shop/web": {"app": "web"}}) is None


@pytest.mark.parametrize(
    ("labels", "is_near"),
    [
        ({"app": "orders", "component": "api", "version": "1"}, True),
        ({"app": "orders", "component": "apis", "version": "2"}, True),
        ({"app": "orders", "version": "2"}, True),
        ({"app": "orders", "component": "worker", "version": "2"}, False),
    ],
    ids=["another version", "a slip", "a label that is missing", "another application of the same release"],
)
def test_the_pods_of_another_application_are_not_what_a_selector_means(labels: dict[str, str], is_near: bool):
    service = dataclasses.replace(SERVICE, selector={"app": "orders", "component": "api", "version": "2"})
    assert bool(services_selectors.nearest(service, {"Deployment shop/front": labels})) is is_near
    assert services_selectors.nearest(service, {"Deployment shop/web": labels})  # of the name of the Service


@pytest.mark.parametrize("resource", ["pods", "services", "endpointslices"])
def test_without_the_list_the_rule_does_not_know(resource: str):
    seen = scenes.snapshot(service=SLIP, missing=(Missing(resource, "forbidden"),))
    diagnosis = found(seen, scenes.broken_service())
    assert not diagnosis.findings
    assert "SVC-02" in {one.code for one in diagnosis.unknown_rules}
    assert diagnosis.outcome == "unknown"


NONE = dataclasses.replace(SERVICE, selector={})


def without(slices: tuple[EndpointSlice, ...] = (), service: Service = NONE) -> Diagnosis:
    seen = dataclasses.replace(scenes.snapshot(), services=(service,), endpoint_slices=slices)
    return found(seen, scenes.broken_service(author="node"))


def test_a_service_without_selector_and_endpoints():
    (finding,) = without().findings
    assert (finding.code, str(finding.object), finding.field) == ("SVC-02", "Service shop/web", "spec.selector")
    assert (finding.wanted, finding.certainty, finding.explains) == ("app=web", "certain", (1,))
    assert finding.fix is not None
    assert """'{"spec": {"selector": {"app": "web"}}}'""" in finding.fix.command


def test_endpoints_that_a_selector_left_behind():
    left = dataclasses.replace(scenes.SLICE, name="web-abcde", managed_by="endpointslice-controller.k8s.io")
    (finding,) = without((left,)).findings
    assert (finding.code, finding.field) == ("SVC-02", "spec.selector")
    assert [str(one) for one in finding.victims] == ["EndpointSlice shop/web-abcde"]


def test_endpoints_that_somebody_wrote_need_no_selector():
    assert not without((dataclasses.replace(scenes.SLICE, name="web-1"),)).findings
    assert not without(service=dataclasses.replace(NONE, type="ExternalName")).findings
