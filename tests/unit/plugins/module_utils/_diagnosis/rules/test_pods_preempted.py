# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that others of a higher priority took the place of."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    entries_node_ports,
    pods,
    pods_preempted,
    pods_scheduling,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import PriorityClass
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition, ContainerDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FoldedEvent, Owner

from .. import scenes
from ..scenes import DEPLOYMENT, REPLICA_SET, WEB

PENDING = tuple(dataclasses.replace(one, phase="Pending", ready=False, node="") for one in WEB)
BATCH = scenes.pod("batch-b975c9b8d-x", 30, app="batch", uid="a1b2")
OWNERS = (
    dataclasses.replace(DEPLOYMENT, ready=0),
    REPLICA_SET,
    Owner("Deployment", "shop", "batch", desired=2, ready=2),
    Owner("ReplicaSet", "shop", "batch-b975c9b8d", "Deployment/batch"),
)


def found(message: str, owners: t.Any = OWNERS, classes: t.Any = (), last: str = scenes.TAKEN) -> Diagnosis:
    lacks = Condition("PodScheduled", "False", message="0/3 nodes are available: 3 Insufficient cpu.")
    one = ContainerDetail("web", requests={"cpu": "1"})
    details = [scenes.detail(pod, one, conditions=(lacks,)) for pod in PENDING]
    details.append(scenes.detail(BATCH, ContainerDetail("batch"), priority_class="high", priority=1000))
    event = FoldedEvent("Pod", "shop", "web-b975c9b8d-gone1", "Preempted", message, last=last)
    facts = {"owners": owners, "priority_classes": classes, "events": (event,)}
    seen = scenes.snapshot((*PENDING, BATCH), workloads=scenes.workloads(*details, **facts))
    return diagnose(scenes.case(seen, scenes.broken_service()), (*pods.RULES, *pods_preempted.RULES))


@pytest.mark.parametrize(
    "message", ["Preempted by pod a1b2 on node w1", "Preempted by shop/batch-b975c9b8d-x on node w1"]
)
def test_the_template_that_names_the_class_is_told(message: str):
    (finding,) = found(message).findings
    assert (finding.code, str(finding.object), finding.value) == ("POD-30", "Deployment shop/batch", "high")
    assert finding.field == "spec.template.spec.priorityClassName"
    assert [child.code for child in finding.children] == ["POD-11"]
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n shop scale deployment/batch --replicas=0"


def test_a_class_for_all_pods_is_told():
    (finding,) = found("Preempted by pod a1b2 on node w1", classes=(PriorityClass("high", 1000, True),)).findings
    assert (str(finding.object), finding.field) == ("PriorityClass high", "globalDefault")


def test_a_pod_that_is_not_in_sight():
    (finding,) = found("Preempted by a pod on node w1").findings
    assert (str(finding.object), finding.code) == ("Deployment shop/web", "POD-30")
    assert finding.scope.nodes == ("w1",)


def test_what_has_its_pods_again_or_lost_them_long_ago_is_no_finding():
    well = (dataclasses.replace(DEPLOYMENT, ready=2), *OWNERS[1:])
    assert "POD-30" not in [each.code for each in found("Preempted by pod a1b2 on node w1", well).findings]
    old = found("Preempted by pod a1b2 on node w1", last="2026-11-01T00:00:00Z")
    assert "POD-30" not in [each.code for each in old.findings]


PORT = "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."


def for_a_port(number: int, network: bool = False, by: str = "pod a1b2") -> Diagnosis:
    """Pods that lost their place to one that has the same port of the node."""
    waits = Condition("PodScheduled", "False", message=PORT)
    lost = tuple(dataclasses.replace(one, host_network=network) for one in PENDING)
    one = ContainerDetail("web", host_ports=(number,))
    details = [scenes.detail(pod, one, conditions=(waits,)) for pod in lost]
    higher = ContainerDetail("batch", host_ports=(number,))
    details.append(scenes.detail(BATCH, higher, priority_class="system-node-critical", priority=1000))
    event = FoldedEvent("Pod", "shop", "web-b975c9b8d-gone1", "Preempted", f"Preempted by {by} on node w1")
    event = dataclasses.replace(event, last=scenes.TAKEN)
    seen = scenes.snapshot((*lost, BATCH), workloads=scenes.workloads(*details, owners=OWNERS, events=(event,)))
    rules = (*pods_preempted.RULES, *pods_scheduling.RULES, *entries_node_ports.RULES)
    return diagnose(scenes.case(seen, scenes.broken_service()), rules)


@pytest.mark.parametrize("by", ["pod a1b2", "a pod"])
def test_a_port_of_the_node_that_both_want_is_the_cause_and_the_priority_only_decides_who_goes(by: str):
    (finding,) = for_a_port(30294, by=by).findings
    assert (finding.code, str(finding.object)) == ("POD-14", "Deployment shop/web")
    assert [child.code for child in finding.children] == ["POD-30"]


def test_the_load_balancer_that_pushed_a_controller_off_its_node_is_the_cause():
    (finding,) = for_a_port(80, network=True).findings
    assert (finding.code, str(finding.object)) == ("ING-14", "Deployment shop/batch")
    (below,) = finding.children
    assert (below.code, [child.code for child in below.children]) == ("POD-14", ["POD-30"])
