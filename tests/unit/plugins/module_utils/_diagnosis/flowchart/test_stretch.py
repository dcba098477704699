# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that a way is about."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case, ref_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding, ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.flowchart.looks import Stretch

from .. import chart_scenes, scenes
from ..chart_scenes import CONTROLLER
from ..scenes import CLIENT, SERVICE, WEB

DEPLOYMENT = ObjectRef("Deployment", "web", "shop")


def shop(report: scenes.Report | None = None) -> Case:
    """The shop with an Ingress."""
    return scenes.case(chart_scenes.snapshot(), report)


def finding(ref: ObjectRef, layer: str = "Pod", **more: object) -> Finding:
    return Finding("POD-01", layer, "error", "certain", ref, "it is wrong", **more)  # type: ignore[arg-type]


def of(first: Finding | None, report: scenes.Report | None = None) -> tuple[set[str], set[str], set[str]]:
    """The names of the Pods, Services and entries of a way."""
    stretch = Stretch.of(shop(report), [], first)
    return (
        {pod.name for pod in stretch.pods},
        {service.name for service in stretch.services},
        {entry.name for entry in stretch.entries},
    )


PODS = {pod.name for pod in WEB}


@pytest.mark.parametrize(
    "first",
    [
        finding(DEPLOYMENT),
        finding(ref_of(SERVICE), "Service"),
        finding(ObjectRef("Ingress", "web", "shop"), "Ingress"),
        finding(ObjectRef("Node", "w1"), "node", victims=(ref_of(WEB[0]), ref_of(WEB[1]))),
    ],
    ids=["workload", "Service", "Ingress", "what suffers from something else"],
)
def test_a_way_is_about_what_leads_to_the_object_of_a_finding(first: Finding):
    assert of(first) == (PODS, {"web"}, {"web"})


def test_a_controller_at_fault_is_seen_from_its_ingresses():
    first = finding(ObjectRef("Deployment", "edge", "edge"), "Ingress", victims=(ObjectRef("Ingress", "web", "shop"),))
    assert of(first) == (PODS, {"web"}, {"web"})


def test_what_a_finding_explains_tells_where_its_object_and_its_victims_do_not():
    report = scenes.broken_service()
    assert of(finding(ObjectRef("NetworkPolicy", "deny", "shop"), "policy", explains=(1,)), report)[1] == {"web"}


def test_without_a_finding_it_is_about_everything():
    assert of(None) == ({*PODS, CLIENT.name, CONTROLLER.name}, {"web", "edge"}, {"web"})
