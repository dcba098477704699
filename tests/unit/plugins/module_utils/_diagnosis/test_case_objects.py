# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The finders of a case's objects."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import ref_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Beyond
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    History,
    LogTail,
    Writer,
)

from . import scenes
from .scenes import REPLICA_SET, SERVICE, WEB

DEPLOYMENT = ObjectRef("Deployment", "web", "shop")


def test_the_owner_is_the_top_one_whether_owners_were_read_or_not():
    assert scenes.case().owner(WEB[0]) == DEPLOYMENT
    assert scenes.case(scenes.snapshot(workloads=None)).owner(WEB[0]) == DEPLOYMENT
    lone = dataclasses.replace(WEB[0], owner="")
    assert scenes.case().owner(lone) == ref_of(lone)
    static = dataclasses.replace(WEB[0], owner="Node/w1")
    assert scenes.case().owner(static) == ref_of(static)


@pytest.mark.parametrize(
    ("owner", "field"),
    [
        ("ReplicaSet/web-b975c9b8d", "spec.template.spec.hostNetwork"),
        ("", "spec.hostNetwork"),
        ("CronJob/web", "spec.jobTemplate.spec.template.spec.hostNetwork"),
    ],
)
def test_the_origin_of_a_field_of_a_pod(owner: str, field: str):
    one = dataclasses.replace(WEB[0], owner=owner)
    assert scenes.case().origin(one, "spec.hostNetwork")[1] == field


def test_who_changed_a_field():
    writers = (
        Writer("helm", "2026-12-01T01:00:00Z", fields=("spec",)),
        Writer("kubectl-patch", "2026-12-01T02:00:00Z", fields=("spec.ports.targetPort",)),
    )
    case = scenes.case(
        scenes.snapshot(workloads=scenes.workloads(histories=(History("Service", "shop", "web", writers),)))
    )
    changed = case.changed(ref_of(SERVICE), "spec.ports[0].targetPort")
    assert changed is not None
    assert (changed.manager, changed.time) == ("kubectl-patch", "2026-12-01T02:00:00Z")
    other = case.changed(ref_of(SERVICE), "spec.selector.app")
    assert other is not None
    assert other.manager == "helm"
    assert case.changed(DEPLOYMENT, "spec") is None


def test_events_of_an_object_are_the_latest_first():
    events = [
        dataclasses.replace(scenes.event(WEB[0], reason, ""), last=last) for reason, last in (("A", "1"), ("B", "2"))
    ]
    case = scenes.case(scenes.snapshot(workloads=scenes.workloads(events=events)))
    assert [event.reason for event in case.events(ref_of(WEB[0]))] == ["B", "A"]
    assert [event.reason for event in case.events(ref_of(WEB[0]), "A", "C")] == ["A"]


def test_the_log_of_the_container_that_ended_comes_before_that_of_its_successor():
    logs = (LogTail("shop", WEB[0].name, "web", True, ("old",)), LogTail("shop", WEB[0].name, "web", False, ("new",)))
    case = scenes.case(scenes.snapshot(workloads=scenes.workloads(logs=logs)))
    assert case.log(WEB[0], "web") == ("old",)
    assert case.log(WEB[1], "web") == ()


def test_pods_and_services_find_each_other():
    case = scenes.case()
    assert case.pods_of(SERVICE) == list(WEB)
    assert case.services_of(WEB[0]) == [SERVICE]
    assert case.number_of_pods(DEPLOYMENT) == 2
    assert [owner.name for owner in case.owned_by(DEPLOYMENT)] == ["web-b975c9b8d"]
    assert case.owner_of(DEPLOYMENT) == scenes.DEPLOYMENT


def test_pods_and_endpoints_of_other_namespaces_are_known_as_far_as_they_were_read():
    beyond = Beyond(pods=WEB, services=(SERVICE,), endpoint_slices=(scenes.SLICE,))
    case = scenes.case(dataclasses.replace(scenes.snapshot(pods=()), endpoint_slices=(), beyond=beyond))
    assert case.pods_of(SERVICE) == list(WEB)
    assert [endpoint.ready for endpoint in case.endpoints(SERVICE)] == [True, True]


def test_owners_by_what_is_above_them_and_by_their_namespace():
    case = scenes.case()
    assert case.owned_by(DEPLOYMENT) == [REPLICA_SET]
    assert case.owned_by(ObjectRef("Deployment", "web", "bank")) == []
    assert list(case.owners_in("shop")) == [scenes.DEPLOYMENT, REPLICA_SET]
    assert list(case.owners_in("bank")) == []
