# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that run as printed, and those that take them back."""

from __future__ import annotations

import dataclasses
import shlex

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import fixes
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef

from . import scenes

SERVICE, WEB = ObjectRef("Service", "web", "shop"), ObjectRef("Deployment", "web", "shop")


def test_one_field_is_replaced():
    fix = fixes.replace(SERVICE, "Name the port", "spec.ports[1].targetPort", 8080, 9999)
    assert shlex.split(fix.command)[-1] == '[{"op": "replace", "path": "/spec/ports/1/targetPort", "value": 8080}]'
    assert shlex.split(fix.undo)[-1] == '[{"op": "replace", "path": "/spec/ports/1/targetPort", "value": 9999}]'
    assert fix.needs == "patch services in namespace shop"


def test_a_value_of_the_cluster_is_never_code():
    fix = fixes.patch(SERVICE, "Change it", {"spec": {"selector": {"app": "$(reboot)'; reboot"}}}, {})
    assert shlex.split(fix.command)[-1] == """{"spec": {"selector": {"app": "$(reboot)'; reboot"}}}"""


@pytest.mark.parametrize(
    ("kind", "right"),
    [("Ingress", "patch ingresses in namespace shop"), ("NetworkPolicy", "patch networkpolicies in namespace shop")],
)
def test_the_right_names_the_resource(kind: str, right: str):
    assert fixes.right("patch", ObjectRef(kind, "web", "shop")) == right
    assert fixes.right("patch", ObjectRef("Node", "w1")) == "patch nodes"


def test_what_has_an_earlier_revision_goes_back_to_it():
    newer = dataclasses.replace(scenes.REPLICA_SET, name="web-2", revision="2", template_images={"web": "x:2"})
    owners = (scenes.DEPLOYMENT, scenes.REPLICA_SET, newer)
    case = scenes.case(scenes.snapshot(workloads=scenes.workloads(owners=owners)))
    fix = fixes.roll_back(case, WEB, "Mend it")
    assert fix.command == fix.undo == "kubectl -n shop rollout undo deployment/web"
    assert fix.risk == "medium"
    assert fixes.earlier_image(case, WEB, "web", "x:2") == scenes.IMAGE
    assert fixes.earlier_image(case, WEB, "other", "x:2") == ""


def test_what_has_none_is_left_to_its_owner():
    fix = fixes.roll_back(scenes.case(), WEB, "Mend it")
    assert (fix.text, fix.command, fix.undo) == ("Mend it", "", "")
    assert fixes.roll_back(scenes.case(), ObjectRef("Pod", "web", "shop"), "Mend it").command == ""
