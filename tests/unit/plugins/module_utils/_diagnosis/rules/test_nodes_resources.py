# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about what a node lacks: pressure and its threshold, and profiles."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    nodes_resources,
    pods,
    pods_ended,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.nodes_resources import amount
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition, ContainerDetail

from .. import scenes
from ..scenes import WEB

DISK = Condition("DiskPressure", "True", "KubeletHasDiskPressure", "kubelet has disk pressure")
FREE = {"nodefs.available": 60, "nodefs.available of": 100}


def pressed(eviction: dict[str, str], usage: dict[str, int], condition: Condition = DISK) -> Diagnosis:
    detail = NodeDetail("w1", (condition,), eviction=eviction, usage=usage)
    seen = scenes.snapshot(workloads=scenes.workloads(nodes=(detail,)))
    return diagnose(scenes.case(seen), nodes_resources.RULES)


def test_a_threshold_that_asks_for_more_than_there_can_be():
    (finding,) = pressed({"evictionHard[nodefs.available]": "99%"}, FREE).findings
    assert (finding.code, str(finding.object)) == ("NODE-10", "Node w1")
    assert (finding.field, finding.value) == ("evictionHard[nodefs.available]", "99%")


def test_a_disk_that_is_full():
    full = {"nodefs.available": 5, "nodefs.available of": 100}
    (finding,) = pressed({"evictionHard[nodefs.available]": "10%"}, full).findings
    assert (finding.code, finding.field) == ("NODE-05", "status.conditions")
    assert "5 of 100 left" in finding.sentence


def test_pressure_of_a_kubelet_that_was_not_asked():
    (finding,) = pressed({}, {}).findings
    assert (finding.code, finding.value) == ("NODE-05", "DiskPressure=True")


def test_no_pressure():
    assert pressed({"evictionHard[nodefs.available]": "99%"}, FREE, Condition("DiskPressure", "False")).findings == ()


def test_pods_that_were_evicted_are_below_the_node():
    gone = dataclasses.replace(WEB[0], phase="Failed", ready=False)
    detail = scenes.detail(gone, reason="Evicted", message="The node was low on resource: ephemeral-storage.")
    known = scenes.workloads(detail, nodes=(NodeDetail("w1", (DISK,)),))
    case = scenes.case(scenes.snapshot((gone, WEB[1]), workloads=known))
    (finding,) = diagnose(case, (*nodes_resources.RULES, *pods_ended.RULES)).findings
    assert (finding.code, [child.code for child in finding.children]) == ("NODE-05", ["POD-20"])


@pytest.mark.parametrize(
    ("value", "whole", "wanted"),
    [("10%", 200, 20.0), ("100Mi", 0, 104857600.0), ("1.5G", 0, 1.5e9), ("5", 0, 5.0), ("", 9, None), ("x", 9, None)],
)
def test_thresholds(value: str, whole: int, wanted: float | None):
    assert amount(value, whole) == wanted


def test_a_profile_that_is_not_on_the_node():
    message = 'cannot load seccomp profile "/var/lib/kubelet/seccomp/a.json": open: no such file or directory'
    field = "securityContext.seccompProfile.localhostProfile"
    waiting = ContainerDetail(
        "web", state="waiting", reason="CreateContainerError", message=message, profiles={field: "a.json"}
    )
    bad = dataclasses.replace(WEB[0], ready=False)
    seen = scenes.snapshot((bad, WEB[1]), workloads=scenes.workloads(scenes.detail(bad, waiting)))
    (finding,) = diagnose(scenes.case(seen), (*nodes_resources.RULES, *pods.RULES)).findings
    assert (finding.code, str(finding.object)) == ("NODE-08", "Deployment shop/web")
    assert finding.field == f"spec.template.spec.containers[0].{field}"
    assert finding.value == "a.json"


def test_apparmor_that_the_node_does_not_have():
    bad = dataclasses.replace(WEB[0], ready=False, phase="Failed")
    detail = scenes.detail(
        bad, reason="AppArmor", message="Cannot enforce AppArmor: AppArmor is not enabled on the host"
    )
    seen = scenes.snapshot((bad, WEB[1]), workloads=scenes.workloads(detail))
    (finding,) = diagnose(scenes.case(seen), nodes_resources.RULES).findings
    assert (finding.code, finding.field) == (
        "NODE-08",
        "spec.template.spec.containers[0].securityContext.appArmorProfile",
    )
