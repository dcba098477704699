# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about Pods that get no node: each fires on the scheduler's own words, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import (
    Finding,
    ObjectRef,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Candidate, Rule
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_scheduling, pods_volumes
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, Node, Taint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import Volume
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
    Toleration,
)

from .. import scenes
from ..scenes import WEB

PENDING = tuple(
    dataclasses.replace(one, phase="Pending", ready=False, node="", ips=(), status="Pending") for one in WEB
)
CONTROL_PLANE = Node("cp", True, taints=(Taint("node-role.kubernetes.io/control-plane", "", "NoSchedule"),))
SELECTOR = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
OLD_SELECTOR = "0/3 nodes are available: 3 node(s) didn't match node selector."


def found(message: str, nodes: t.Iterable[Node] = (), details: t.Iterable[NodeDetail] = (), **more: t.Any) -> Diagnosis:
    conditions = (Condition("PodScheduled", "False", "Unschedulable", message),) if message else ()
    waiting = [scenes.detail(one, conditions=conditions, **more) for one in PENDING]
    workloads = scenes.workloads(*waiting, nodes=tuple(details))
    there = (CONTROL_PLANE, *(nodes or (Node("w1", True), Node("w2", True))))
    seen = scenes.snapshot(PENDING, nodes=there, workloads=workloads)
    return diagnose(scenes.case(seen, scenes.broken_service()), pods_scheduling.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert finding.explains == (1,)
    assert finding.fix is not None
    return finding


@pytest.mark.parametrize("message", [SELECTOR, OLD_SELECTOR], ids=["1.36", "1.20"])
def test_a_selector_that_no_node_meets(message: str):
    finding = only(found(message, node_selector={"disk": "ssd9"}))
    assert (finding.code, finding.field, finding.value) == ("POD-12", "spec.template.spec.nodeSelector.disk", "ssd9")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl label node w1 disk=ssd9"
    assert finding.fix.undo == "kubectl label node w1 disk-"


def test_a_required_node_affinity():
    term = {"matchExpressions": [{"key": "gpu", "operator": "In", "values": ["a100"]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    finding = only(found(SELECTOR, affinity=affinity))
    assert finding.field.endswith("nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution")
    assert finding.value == "gpu In a100"


def test_pods_that_keep_each_other_away():
    message = (
        "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
        "2 node(s) didn't match pod anti-affinity rules."
    )
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}
    finding = only(found(message, affinity=affinity))
    assert finding.code == "POD-12"
    assert finding.field.endswith("podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]")
    assert "2 node(s) didn't match pod anti-affinity rules" in finding.sentence


def test_spreading_over_a_label_that_nodes_lack():
    message = (
        "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints (missing required label)."
    )
    finding = only(found(message, spread=({"topologyKey": "topology.kubernetes.io/zone"},)))
    assert (finding.code, finding.value) == ("POD-12", "topology.kubernetes.io/zone")
    assert "3 of 3 nodes lack" in finding.sentence


def test_a_taint_that_somebody_gave_the_nodes():
    message = (
        "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
        "2 node(s) had untolerated taint {maintenance: yes}."
    )
    taint = Taint("maintenance", "yes", "NoSchedule")
    finding = only(found(message, (Node("w1", True, taints=(taint,)), Node("w2", True, taints=(taint,)))))
    assert (finding.code, str(finding.object), finding.field) == ("POD-13", "Node w1", "spec.taints[0]")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl taint node w1 maintenance:NoSchedule-"
    assert finding.fix.undo == "kubectl taint node w1 maintenance=yes:NoSchedule"
    assert "1 more nodes have" in finding.sentence


def test_a_taint_that_the_pod_tolerates_is_not_named():
    taints = (Taint("maintenance", "yes", "NoSchedule"), Taint("node-role.kubernetes.io/infra", "", "NoSchedule"))
    tolerations = (Toleration("maintenance", "Exists"),)
    diagnosis = found("1 node(s) had untolerated taint", (Node("w1", True, taints=taints),), tolerations=tolerations)
    assert [one.field for one in diagnosis.findings] == ["spec.template.spec.tolerations"]


def test_cordoned_nodes():
    message = "0/3 nodes are available: 2 node(s) were unschedulable."
    finding = only(found(message, details=(NodeDetail("w1", unschedulable=True),)))
    assert (finding.code, str(finding.object), finding.field) == ("POD-13", "Node w1", "spec.unschedulable")
    assert finding.fix is not None
    assert (finding.fix.command, finding.fix.undo) == ("kubectl uncordon w1", "kubectl cordon w1")


def test_a_host_port_that_is_taken():
    container = ContainerDetail("web", host_ports=(8080,))
    message = "0/3 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."
    details = [
        scenes.detail(one, container, conditions=(Condition("PodScheduled", "False", "", message),)) for one in PENDING
    ]
    seen = scenes.snapshot(PENDING, workloads=scenes.workloads(*details))
    finding = only(diagnose(scenes.case(seen, scenes.broken_service()), pods_scheduling.RULES))
    assert (finding.code, finding.field) == ("POD-14", "spec.template.spec.containers[0].ports[0].hostPort")


ONE_LEFT = (
    "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
    "2 node(s) didn't match Pod's node affinity/selector."
)


def test_a_taint_on_the_only_node_that_its_terms_leave():
    cp = dataclasses.replace(CONTROL_PLANE, labels={"kubernetes.io/hostname": "cp"})
    there = (cp, Node("w1", True), Node("w2", True))
    conditions = (Condition("PodScheduled", "False", "Unschedulable", ONE_LEFT),)
    terms = {"node_selector": {"kubernetes.io/hostname": "cp"}, "conditions": conditions}
    details = [scenes.detail(one, **terms) for one in PENDING]
    seen = scenes.snapshot(PENDING, nodes=there, workloads=scenes.workloads(*details))
    finding = only(diagnose(scenes.case(seen, scenes.broken_service()), pods_scheduling.RULES))
    assert (finding.code, finding.field) == ("POD-13", "spec.template.spec.tolerations")
    assert finding.fix is not None
    assert '"value": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"' in finding.fix.command


def test_a_node_that_is_not_ready_is_the_cause_of_its_taint():
    def not_ready(_case: t.Any) -> t.Iterator[Candidate]:
        yield Candidate(ObjectRef("Node", "w1"), "Node w1 is not ready", stands_alone=True)

    taint = Taint("node.kubernetes.io/not-ready", "", "NoSchedule")
    conditions = (Condition("PodScheduled", "False", "", "0/1 nodes are available: 1 node(s) had untolerated taint"),)
    details = [scenes.detail(one, conditions=conditions) for one in PENDING]
    nodes = (Node("w1", False, taints=(taint,)),)
    seen = scenes.snapshot(PENDING, nodes=nodes, workloads=scenes.workloads(*details))
    rules = (*pods_scheduling.RULES, Rule("NODE-01", "A node is not ready", (), not_ready))
    (finding,) = diagnose(scenes.case(seen, scenes.broken_service()), rules).findings
    assert (finding.code, [child.code for child in finding.children]) == ("NODE-01", ["POD-13"])


def test_several_nodes_that_are_cordoned_are_one_finding():
    cordoned = [NodeDetail(name, unschedulable=True) for name in ("w1", "w2")]
    finding = only(found("0/3 nodes are available: 2 node(s) were unschedulable.", details=cordoned))
    assert (str(finding.object), finding.field) == ("Node w1", "spec.unschedulable")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl uncordon w1 w2"


def test_a_gate_is_no_finding_where_nothing_fails_for_it():
    details = [scenes.detail(one, scheduling_gates=("example.com/quota",)) for one in PENDING]
    seen = scenes.snapshot(PENDING, workloads=scenes.workloads(*details))
    assert not diagnose(scenes.case(seen), pods_scheduling.RULES).findings


def test_a_volume_of_another_node():
    message = "0/3 nodes are available: 3 node(s) had volume node affinity conflict."
    volume = Volume("data", "Bound", claim="shop/data", node_affinity={"required": {"nodeSelectorTerms": []}})
    conditions = (Condition("PodScheduled", "False", "", message),)
    details = [scenes.detail(one, conditions=conditions, pvc_names=("data",)) for one in PENDING]
    seen = scenes.snapshot(PENDING, workloads=scenes.workloads(*details, volumes=(volume,)))
    finding = only(diagnose(scenes.case(seen, scenes.broken_service()), pods_volumes.RULES))
    assert (finding.code, str(finding.object)) == ("POD-16", "PersistentVolume data")


@pytest.mark.parametrize(
    ("more", "field", "value"),
    [
        ({"scheduler": "batch"}, "spec.template.spec.schedulerName", "batch"),
        ({"scheduling_gates": ("example.com/wait",)}, "spec.template.spec.schedulingGates[0].name", "example.com/wait"),
    ],
)
def test_nobody_schedules_the_pod(more: dict[str, t.Any], field: str, value: str):
    finding = only(found("", **more))
    assert (finding.code, finding.field, finding.value) == ("POD-24", field, value)


def test_a_pod_that_the_default_scheduler_has_not_seen_yet_is_no_finding():
    assert not found("", scheduler="default-scheduler").findings
    assert not found("0/3 nodes are available: 3 Insufficient cpu.").findings


def test_without_nodes_the_rules_do_not_know():
    seen = scenes.snapshot(PENDING, missing=(Missing("nodes", "forbidden"),))
    diagnosis = diagnose(scenes.case(seen, scenes.broken_service()), pods_scheduling.RULES)
    assert {one.code for one in diagnosis.unknown_rules} >= {"POD-12", "POD-13"}
