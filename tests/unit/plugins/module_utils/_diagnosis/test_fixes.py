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
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

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


MEMBERS = ObjectRef("StatefulSet", "db", "shop")
KEEPS = Owner("StatefulSet", "shop", "db", desired=3, keeps_unready=True)


def with_members(fix: fixes.Fix, owner: Owner = KEEPS, ready: tuple[bool, ...] = (True, False)) -> fixes.Fix:
    """What a fix becomes where a StatefulSet has Pods that are ready and others that are not."""
    pods = tuple(scenes.pod(f"db-{n}", n, app="db", owner="StatefulSet/db", ready=one) for n, one in enumerate(ready))
    seen = scenes.snapshot(pods, workloads=scenes.workloads(owners=(owner,)))
    found = fixes.with_pods(scenes.case(seen), fix)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "fix",
    [
        fixes.in_template(MEMBERS, "Raise it", "spec.template.spec.containers[0].resources", {}),
        fixes.merge_template(MEMBERS, "Raise it", {"containers": []}),
        fixes.command(MEMBERS, "Name one", ("set", "image", "statefulset/db", "db=x:2"), ("set", "image", "x")),
    ],
)
def test_a_pod_that_a_statefulset_keeps_is_deleted_once_the_template_is_mended(fix: fixes.Fix):
    found = with_members(fix)
    drop = " && kubectl -n shop delete pod db-1 --ignore-not-found --wait=false"
    assert (found.command, found.undo) == (f"{fix.command}{drop}", f"{fix.undo}{drop}")
    assert (found.risk, found.needs) == (
        "medium",
        "patch statefulsets in namespace shop, delete pods in namespace shop",
    )
    assert found.text.endswith("; its controller does not replace Pod db-1, so delete it")


def test_what_replaces_its_pods_itself_and_what_changes_no_template_stays():
    fix = fixes.in_template(MEMBERS, "Raise it", "spec.template.spec.containers[0].resources", {})
    assert with_members(fix, dataclasses.replace(KEEPS, keeps_unready=False)) == fix
    assert with_members(fix, ready=(True, True)) == fix
    other = fixes.command(ObjectRef("Secret", "db", "shop"), "Create it", ("create", "secret", "db"), ("delete", "db"))
    assert with_members(other) == other
    scale = fixes.scale_up(MEMBERS, "Scale it up")
    assert with_members(scale) == scale
    assert fixes.with_pods(scenes.case(), None) is None
