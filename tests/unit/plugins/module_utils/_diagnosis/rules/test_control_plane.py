# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the control plane's components: Leases that nobody renews, and what that keeps from happening."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    control_plane,
    control_plane_manifests,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import Component
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Lease, NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    PodDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes
from ..scenes import DEPLOYMENT, REPLICA_SET, TAKEN, WEB

OLD, NEW = "2026-12-01T03:58:00.5Z", "2026-12-01T03:59:58.5Z"
NAMES = ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager")
CP = {name: Component(name, "kube-system", f"{name}-cp", "cp", ("198.18.0.2",), True) for name in NAMES}
LEASES = {name: Lease(name, "cp_1", NEW, 15) for name in NAMES[2:]}
RULES = (*control_plane.RULES, *control_plane_manifests.RULES)
READY = (Condition("Ready", "True"),)


def seen(
    leases: t.Mapping[str, Lease] = LEASES,
    parts: t.Mapping[str, Component] = CP,
    details: t.Sequence[PodDetail] = (),
    pods: t.Any = WEB,
    node_lease: str = NEW,
    report: scenes.Report | None = None,
    **more: t.Any,
) -> Diagnosis:
    node = (NodeDetail("w1", READY, lease=node_lease), NodeDetail("w2", READY, lease=node_lease))
    known = scenes.workloads(
        *details,
        leases=tuple(leases.values()),
        control_plane=tuple(parts.values()),
        nodes=node,
        server_time=TAKEN,
        **more,
    )
    there = (Node("cp", True), Node("w1", True), Node("w2", True))
    return diagnose(scenes.case(scenes.snapshot(pods, nodes=there, workloads=known), report), RULES)


def late(*names: str) -> dict[str, Lease]:
    return {**LEASES, **{name: dataclasses.replace(LEASES[name], renewed=OLD) for name in names}}


def without(*names: str) -> dict[str, Component]:
    return {name: one for name, one in CP.items() if name not in names}


def test_nothing_is_wrong():
    diagnosis = seen()
    assert (diagnosis.findings, diagnosis.suspicions, diagnosis.unknown_rules) == ((), (), ())


def test_a_scheduler_that_renews_nothing():
    waiting = scenes.pod("web-b975c9b8d-x", 9, "", phase="Pending", ready=False, ips=())
    diagnosis = seen(late("kube-scheduler"), without("kube-scheduler"), [scenes.detail(waiting)], (WEB[0], waiting))
    (finding,) = diagnosis.findings
    assert (finding.code, str(finding.object), finding.field) == (
        "CP-01",
        "Lease kube-system/kube-scheduler",
        "spec.renewTime",
    )
    assert "1 Pods wait for a node" in finding.sentence
    assert "needs node state" in finding.sentence
    assert {str(one) for one in finding.victims} == {"Pod shop/web-b975c9b8d-x", "Deployment shop/web"}


def test_a_scheduler_that_gave_its_lease_back():
    freed = {**LEASES, "kube-scheduler": Lease("kube-scheduler", "", NEW, 1)}
    (finding,) = seen(freed, without("kube-scheduler")).findings
    assert (finding.code, "nobody holds its Lease" in finding.sentence) == ("CP-01", True)


def test_a_scheduler_that_is_gone_before_its_lease_is_old():
    waiting = scenes.pod("web-b975c9b8d-x", 9, "", phase="Pending", ready=False, ips=())
    diagnosis = seen(LEASES, without("kube-scheduler"), [scenes.detail(waiting)], (WEB[0], waiting))
    assert [finding.code for finding in diagnosis.findings] == ["CP-01"]


def test_a_pod_that_the_scheduler_looked_at_waits_for_another_reason():
    waiting = scenes.pod("web-b975c9b8d-x", 9, "", phase="Pending", ready=False, ips=())
    detail = scenes.detail(waiting, conditions=(Condition("PodScheduled", "False", message="0/2 nodes"),))
    assert seen(LEASES, without("kube-scheduler"), [detail], (WEB[0], waiting)).findings == ()


def test_another_instance_that_leads_is_enough():
    assert seen(LEASES, without("kube-scheduler")).findings == ()


def test_a_component_that_works_has_a_lease_that_is_a_rest():
    bound = scenes.detail(WEB[0], conditions=(Condition("PodScheduled", "True", since="2026-12-01T03:59:30Z"),))
    assert seen(late("kube-scheduler"), details=[bound]).findings == ()
    made = tuple(dataclasses.replace(one, created="2026-12-01T03:59:30Z") for one in WEB)
    assert seen(late("kube-controller-manager"), pods=made).findings == ()
    alone = {**CP, "kube-scheduler": dataclasses.replace(CP["kube-scheduler"], flags={"leader-elect": "false"})}
    assert seen(late("kube-scheduler"), alone).findings == ()


def test_controllers_that_do_not_run():
    behind = dataclasses.replace(DEPLOYMENT, is_behind=True)
    diagnosis = seen(late("kube-controller-manager"), without("kube-controller-manager"), owners=(behind, REPLICA_SET))
    (finding,) = diagnosis.findings
    assert (finding.code, str(finding.object)) == ("CP-02", "Lease kube-system/kube-controller-manager")
    assert "Deployment shop/web" in {str(one) for one in finding.victims}


def test_endpoints_that_do_not_follow_explain_the_service():
    report = scenes.broken_service("timeout")
    gone = (dataclasses.replace(WEB[0], name="web-b975c9b8d-new", ips=("10.244.1.99",)),)
    base = scenes.snapshot(gone)
    stale = (dataclasses.replace(base.endpoint_slices[0], endpoints=scenes.SLICE.endpoints),)
    known = scenes.workloads(leases=tuple(late("kube-controller-manager").values()), server_time=TAKEN)
    case = scenes.case(dataclasses.replace(base, endpoint_slices=stale, workloads=known), report)
    (finding,) = diagnose(case, RULES).findings
    assert (finding.code, finding.explains) == ("CP-02", (1,))


def test_where_nobody_renews_a_lease_writes_fail():
    diagnosis = seen(late("kube-scheduler", "kube-controller-manager"), node_lease=OLD)
    (finding,) = diagnosis.findings
    assert (finding.code, str(finding.object), finding.certainty) == ("CP-03", "Pod kube-system/etcd-cp", "strong")
    assert {child.code for child in finding.children} == {"CP-01", "CP-02"}


def test_a_database_that_is_full():
    line = 'E1201 04:00:00 lease.go] "Failed to update lease" err="etcdserver: mvcc: database space exceeded"'
    logs = (LogTail("kube-system", "kube-apiserver-cp", "kube-apiserver", lines=(line,)),)
    parts = {**CP, "etcd": dataclasses.replace(CP["etcd"], flags={"quota-backend-bytes": "1000000"})}
    (finding,) = seen(parts=parts, logs=logs).findings
    assert (finding.code, finding.certainty, finding.field) == ("CP-03", "certain", "spec.containers[0].command")
    assert finding.value == "--quota-backend-bytes=1000000"


@pytest.mark.parametrize(("time", "is_full"), [("2026-12-01T03:59:10.5Z", False), ("2026-12-01T03:59:59Z", True)])
def test_a_database_that_has_room_again_is_written(time: str, is_full: bool):
    line = 'E1201 status.go:71] apiserver received an error: "etcdserver: mvcc: database space exceeded"'
    logs = (LogTail("kube-system", "kube-apiserver-cp", "kube-apiserver", False, (line,), (time,)),)
    renewed = Lease("kube-scheduler", "cp", "2026-12-01T03:59:58.25Z", 15)
    assert [one.code for one in seen({"kube-scheduler": renewed}, logs=logs).findings] == ["CP-03"] * is_full


def test_a_store_that_the_api_server_does_not_reach():
    (finding,) = seen(failed_checks=("etcd: reason withheld",)).findings
    assert (finding.code, finding.certainty) == ("CP-03", "certain")


def test_leases_that_may_not_be_read_are_unknown():
    known = scenes.workloads(unknown={"leases": "no right", "node_leases": "no right"})
    diagnosis = diagnose(scenes.case(scenes.snapshot(workloads=known)), RULES)
    assert {one.code for one in diagnosis.unknown_rules} == {"CP-01", "CP-02", "CP-03"}
