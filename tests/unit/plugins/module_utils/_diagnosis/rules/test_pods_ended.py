# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers and Pods that something ended, and workloads that run fewer than meant: each rule fires and does not."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_ended, pods_ready
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
    ContainerProbe,
)

from .. import scenes
from ..scenes import DEPLOYMENT, IMAGE, REPLICA_SET, WEB

UNREADY = tuple(dataclasses.replace(one, ready=False) for one in WEB)
C0 = "spec.template.spec.containers[0]"
EVICTED_BESIDE: tuple[dict[str, t.Any], ...] = ({"phase": "Failed", "ready": False}, {"ready": True})
LOOPS: dict[str, t.Any] = {"state": "waiting", "reason": "CrashLoopBackOff", "restarts": 4}


def found(container: ContainerDetail | None = None, *events: tuple[str, str], **more: t.Any) -> Diagnosis:
    pods = tuple(dataclasses.replace(one, **more.get("pod", {})) for one in UNREADY)
    own = [scenes.detail(one, container, **more.get("detail", {})) for one in pods]
    said = [scenes.event(one, *event) for one in pods for event in events]
    workloads = scenes.workloads(*own, events=said, **more.get("facts", {}))
    seen = scenes.snapshot(more.get("pods", pods), workloads=workloads, taken=more.get("taken", scenes.TAKEN))
    return diagnose(scenes.case(seen, more.get("report") or scenes.broken_service()), pods_ended.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


def test_out_of_memory():
    one = ContainerDetail("web", limits={"memory": "32Mi"}, last_reason="OOMKilled", last_exit_code=137, **LOOPS)
    finding = only(found(one))
    assert (finding.code, finding.field, finding.value) == ("POD-06", f"{C0}.resources.limits.memory", "32Mi")
    assert (finding.certainty, finding.explains) == ("certain", (1,))
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n shop set resources deployment/web -c web --limits=memory=128Mi"
    assert finding.fix.undo.endswith("--limits=memory=32Mi")


def test_a_child_that_was_killed_for_memory():
    one = ContainerDetail("web", limits={"memory": "64Mi"}, last_reason="Error", last_exit_code=137, **LOOPS)
    assert (only(found(one)).code, only(found(one)).certainty) == ("POD-06", "strong")
    # For most of the pause the kubelet says only how it has ended.
    ended = ContainerDetail(
        "web", limits={"memory": "64Mi"}, state="terminated", reason="Error", exit_code=137, restarts=4
    )
    assert only(found(ended)).code == "POD-06"


def test_a_container_that_ended_otherwise_is_no_matter_of_memory():
    one = ContainerDetail("web", limits={"memory": "64Mi"}, last_reason="Error", last_exit_code=1, **LOOPS)
    assert not found(one).findings


def probed(kind: str, port: str = "9999", **more: t.Any) -> ContainerDetail:
    other = ContainerProbe("readiness", "httpGet", "8080", "/healthz")
    own = ContainerProbe(kind, "httpGet", port, "/healthz", **more)
    return ContainerDetail("web", probes=(other, own), last_exit_code=137, last_reason="Error", **LOOPS)


KILLING = ("Killing", "Container web failed liveness probe, will be restarted")


def test_a_liveness_probe_of_a_port_that_refuses():
    refused = ("Unhealthy", 'Liveness probe failed: Get "http://10.244.1.8:9999/healthz": connect: connection refused')
    finding = only(found(probed("liveness"), KILLING, refused))
    assert (finding.code, finding.field) == ("POD-07", f"{C0}.livenessProbe.httpGet.port")
    assert finding.value == "9999"


def test_a_liveness_probe_that_begins_too_early():
    late = ("Unhealthy", 'Liveness probe failed: Get "http://10.244.1.8:8080/healthz": connect: connection refused')
    finding = only(found(probed("liveness", "8080"), KILLING, late))
    assert finding.field == f"{C0}.livenessProbe.initialDelaySeconds"


def test_a_startup_probe_that_gives_up():
    killing = ("Killing", "Container web failed startup probe, will be restarted")
    late = ("Unhealthy", "Startup probe failed: connection refused")
    finding = only(found(probed("startup", "8080", failure_threshold=2), killing, late))
    assert (finding.field, finding.value) == (f"{C0}.startupProbe.failureThreshold", "2")


def test_a_startup_probe_of_a_port_that_nothing_else_names_is_not_too_short():
    killing = ("Killing", "Container web failed startup probe, will be restarted")
    refused = ("Unhealthy", "Startup probe failed: dial tcp 10.244.1.8:9999: connect: connection refused")
    finding = only(found(probed("startup"), killing, refused))
    assert (finding.field, finding.value) == (f"{C0}.startupProbe.httpGet.port", "9999")
    assert finding.fix is not None
    assert '"value": 8080' in finding.fix.command


def test_a_probe_that_failed_once_is_no_finding():
    assert not found(probed("liveness"), ("Unhealthy", "Liveness probe failed: timeout")).findings


def test_evicted_for_what_it_wrote():
    one = ContainerDetail("web", limits={"ephemeral-storage": "20Mi"})
    message = "Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. "
    finding = only(found(one, pod={"phase": "Failed"}, detail={"reason": "Evicted", "message": message}))
    assert (finding.code, finding.field) == ("POD-20", f"{C0}.resources.limits.ephemeral-storage")
    assert finding.value == "20Mi"


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ("web", 'Container web exceeded its local ephemeral storage limit "20Mi". '),
        ("", "Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. "),
    ],
)
def test_more_storage_is_the_fix(container: str, message: str):
    one = ContainerDetail("web", limits={"ephemeral-storage": "20Mi"})
    fix = only(found(one, pod={"phase": "Failed"}, detail={"reason": "Evicted", "message": message})).fix
    assert fix is not None
    assert fix.command == "kubectl -n shop set resources deployment/web -c web --limits=ephemeral-storage=80Mi"
    assert fix.undo == "kubectl -n shop set resources deployment/web -c web --limits=ephemeral-storage=20Mi"


EVICTED_FOR_ITS_VOLUME: dict[str, t.Any] = {
    "reason": "Evicted",
    "message": 'Usage of EmptyDir volume "cache" exceeds the limit "20Mi". ',
    "volumes": (
        {"name": "data", "field": "spec.volumes[0]", "emptyDir": {}},
        {"name": "cache", "field": "spec.volumes[1]", "emptyDir": {"sizeLimit": "20Mi"}},
    ),
}


def test_evicted_for_what_it_wrote_to_a_volume():
    finding = only(found(pod={"phase": "Failed"}, detail=EVICTED_FOR_ITS_VOLUME))
    assert (finding.code, finding.value) == ("POD-20", "20Mi")
    assert finding.field == "spec.template.spec.volumes[1].emptyDir.sizeLimit"
    assert finding.fix is not None
    assert '"path": "/spec/template/spec/volumes/1/emptyDir/sizeLimit", "value": "80Mi"' in finding.fix.command


def test_pods_that_are_evicted_again_and_again_have_not_recovered():
    facts = {"owners": (dataclasses.replace(DEPLOYMENT, ready=2), REPLICA_SET)}
    pod = {"phase": "Failed", "created": "2026-12-01T03:58:00Z"}
    assert found(pod=pod, detail=EVICTED_FOR_ITS_VOLUME, facts=facts).findings
    pod["created"] = "2026-12-01T02:00:00Z"
    assert not found(pod=pod, detail=EVICTED_FOR_ITS_VOLUME, facts=facts).findings


@pytest.mark.parametrize(("taken", "is_told"), [("2026-12-01T04:00:40Z", True), ("2026-12-01T04:02:30Z", False)])
def test_whether_a_limit_is_too_small_for_the_next_pod_is_known_once_it_was_measured(taken: str, is_told: bool):
    more: dict[str, t.Any] = {
        "pod": {"phase": "Failed", "created": "2026-12-01T02:00:00Z"},
        "facts": {"owners": (dataclasses.replace(DEPLOYMENT, ready=2), REPLICA_SET)},
        "taken": taken,
    }
    event = ("Evicted", str(EVICTED_FOR_ITS_VOLUME["message"]))
    assert bool(found(None, event, detail=EVICTED_FOR_ITS_VOLUME, **more).findings) is is_told
    short = {"reason": "Evicted", "message": "The node was low on resource: memory."}
    assert not found(None, event, detail=short, **more).findings


def test_evicted_since_the_node_ran_short():
    message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 20Mi."
    finding = only(found(pod={"phase": "Failed"}, detail={"reason": "Evicted", "message": message}))
    assert (str(finding.object), finding.severity) == ("Node w1", "warning")


def test_records_of_evicted_pods_of_a_workload_that_is_well_are_no_finding():
    well = dataclasses.replace(DEPLOYMENT, ready=2)
    facts = {"owners": (well, REPLICA_SET)}
    detail = {"reason": "Evicted", "message": "The node was low on resource: memory."}
    assert not found(pod={"phase": "Failed"}, detail=detail, facts=facts).findings


def test_an_evicted_pod_without_a_controller_is_only_a_record_where_others_do_its_work():
    alone, other = (dataclasses.replace(one, owner="", **more) for one, more in zip(WEB, EVICTED_BESIDE, strict=True))
    detail = scenes.detail(alone, reason="Evicted", message="The node was low on resource: memory.")

    def severities(*pods: Pod) -> list[str]:
        seen = scenes.snapshot(pods, workloads=scenes.workloads(detail, owners=()), taken=scenes.TAKEN)
        return [finding.severity for finding in diagnose(scenes.case(seen), pods_ended.RULES).findings]

    assert severities(alone, other) == []
    assert severities(alone) == ["warning"]


def owned(**more: t.Any) -> dict[str, t.Any]:
    return {"facts": {"owners": (dataclasses.replace(DEPLOYMENT, **more), REPLICA_SET)}}


def test_scaled_to_zero_explains_its_service():
    finding = only(found(pods=(), **owned(desired=0)))
    assert (finding.code, finding.field, finding.explains) == ("POD-22", "spec.replicas", (1,))
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n shop scale deployment/web --replicas=1"


def test_scaled_to_zero_is_no_finding_where_nothing_fails():
    assert not found(pods=(), report=scenes.Report(), **owned(desired=0)).findings


def test_paused_with_a_change_that_waits():
    finding = only(found(**owned(paused=True, updated=0)))
    assert (finding.code, finding.field, finding.severity) == ("POD-22", "spec.paused", "warning")
    assert not found(**owned(paused=True, updated=2, template_images={"web": IMAGE})).findings


def test_a_rollout_past_its_deadline():
    late = Condition(
        "Progressing", "False", "ProgressDeadlineExceeded", 'ReplicaSet "web-2" has timed out progressing.'
    )
    assert only(found(**owned(conditions=(late,)))).field == "spec.template"


@pytest.mark.parametrize(("available", "codes"), [(2, ("POD-22", "POD-08")), (0, ("POD-08", "POD-22"))])
def test_what_keeps_the_new_pods_comes_first_only_where_no_old_ones_go_on(available: int, codes: tuple[str, str]):
    late = Condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out progressing.")
    owners = (dataclasses.replace(DEPLOYMENT, conditions=(late,), available=available), REPLICA_SET)
    probe = ContainerProbe("readiness", "tcpSocket", "8080")
    one = ContainerDetail("web", state="running", since="2026-12-01T03:00:00Z", probes=(probe,))
    said = [scenes.event(pod, "Unhealthy", "Readiness probe failed: connection refused") for pod in UNREADY]
    details = [scenes.detail(pod, one) for pod in UNREADY]
    seen = scenes.snapshot(UNREADY, workloads=scenes.workloads(*details, events=said, owners=owners))
    (finding,) = diagnose(scenes.case(seen), (*pods_ready.RULES, *pods_ended.RULES)).findings
    assert (finding.code, finding.children[0].code) == codes


@pytest.mark.parametrize(("limit", "fires"), [("10m", True), ("0.01", True), ("500m", False), ("", False)])
def test_a_tiny_limit_and_late_probes(limit: str, fires: bool):
    one = ContainerDetail("web", limits={"cpu": limit}, state="running")
    late = ("Unhealthy", "Readiness probe failed: context deadline exceeded (Client.Timeout exceeded)")
    codes = [finding.code for finding in found(one, late).findings]
    assert codes == (["POD-23"] if fires else [])
    since = dataclasses.replace(one, ready=True)
    assert bool(found(since, late).findings) is fires  # it is late just now
    assert not found(since, late, taken="2026-12-01T05:00:00Z").findings
    assert not found(one).findings


@pytest.mark.parametrize(("text", "number"), [("500m", 0.5), ("2", 2.0), ("", 0.0), ("x", 0.0)])
def test_cores(text: str, number: float):
    assert pods_ended.cores(text) == number


def test_without_events_the_rules_do_not_know():
    diagnosis = found(facts={"unknown": {"events": "forbidden"}})
    assert "POD-07" in {one.code for one in diagnosis.unknown_rules}
