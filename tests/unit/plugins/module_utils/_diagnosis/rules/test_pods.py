# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the layer Pod: each fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods, pods_scheduling, services
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Pod, ServicePort, Taint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    FoldedEvent,
    LogTail,
    Owner,
)

from .. import scenes
from ..scenes import WEB

TEMPLATE = "spec.template.spec."
NO_TAG = (
    'Failed to pull image "registry.lab:5000/shop-api:nope": failed to resolve reference: '
    "registry.lab:5000/shop-api:nope: not found"
)


def found(seen: scenes.Snapshot, report: scenes.Report | None = None) -> Diagnosis:
    return diagnose(scenes.case(seen, report), (*pods.RULES, *services.RULES))


def codes(seen: scenes.Snapshot, report: scenes.Report | None = None) -> list[str]:
    return [finding.code for finding in found(seen, report).findings]


PULLING = ContainerDetail("web", image=f"{scenes.IMAGE}-nope", state="waiting", reason="ImagePullBackOff")


def test_an_image_that_does_not_exist_is_told_once_for_all_pods_and_before_its_symptom():
    seen = scenes.ill(PULLING, [scenes.event(WEB[0], "Failed", NO_TAG)])
    (finding,) = found(seen, scenes.broken_service(author="node")).findings
    assert (finding.code, str(finding.object)) == ("POD-01", "Deployment shop/web")
    assert finding.field == "spec.template.spec.containers[0].image"
    assert (finding.scope.affected, finding.scope.of) == (2, 2)
    assert [child.code for child in finding.children] == ["SVC-09"]
    assert finding.explains == (1,)
    assert [(one.kind, one.key) for one in finding.evidence] == [("event", True), ("api", False), ("probe", False)]


@pytest.mark.parametrize(
    ("status", "events"),
    [
        (f'Back-off pulling image "{PULLING.image}": ErrImagePull: {NO_TAG}', ()),
        (f'Back-off pulling image "{PULLING.image}"', (NO_TAG, "Error: ErrImagePull", "Error: ImagePullBackOff")),
        ("", ("Error: ErrImagePull", NO_TAG)),
        ("Back-off pulling image: ErrImagePull: connection refused", ("connection refused", NO_TAG)),
    ],
    ids=["1.32", "1.31", "no status", "an earlier attempt"],
)
def test_the_cause_of_a_pull_stands_in_the_status_or_in_one_of_the_events(status: str, events: t.Sequence[str]):
    said = [
        dataclasses.replace(scenes.event(WEB[0], "Failed", message), last=f"2026-12-01T03:00:{place:02}Z")
        for place, message in enumerate(events)
    ]
    (finding,) = found(scenes.ill(dataclasses.replace(PULLING, message=status), said)).findings
    assert (finding.code, finding.evidence[0].says) == ("POD-01", NO_TAG)


def test_events_of_another_container_are_not_those_of_this_one():
    other = dataclasses.replace(scenes.event(WEB[0], "Failed", NO_TAG), field="spec.containers{log}")
    assert codes(scenes.ill(PULLING, [other])) == []
    own = dataclasses.replace(other, field="spec.containers{web}")
    assert codes(scenes.ill(PULLING, [own])) == ["POD-01"]


def test_the_image_that_other_pods_run_is_the_fix_where_there_is_no_revision_before():
    (finding,) = found(scenes.ill(PULLING, [scenes.event(WEB[0], "Failed", NO_TAG)])).findings
    assert finding.wanted == scenes.IMAGE
    assert finding.fix is not None
    assert finding.fix.command == f"kubectl -n shop set image deployment/web web={scenes.IMAGE}"


def test_a_name_that_no_image_can_have_is_told_as_one_and_an_init_container_gets_another_image():
    name = scenes.IMAGE.replace("shop", "Shop")
    invalid = dataclasses.replace(PULLING, kind="init", image=name, reason="InvalidImageName")
    (finding,) = found(scenes.ill(invalid)).findings
    assert finding.sentence.endswith(f"{name}, which is no valid name of an image")
    assert finding.fix is not None
    assert finding.fix.command == f"kubectl -n shop set image deployment/web web={scenes.IMAGE}"


def test_the_template_of_a_job_is_immutable_so_that_no_command_gives_it_another_image():
    of_job = dataclasses.replace(WEB[0], ready=False, owner="Job/load", phase="Pending")
    running = WEB[1]
    said = scenes.event(of_job, "Failed", NO_TAG)
    seen = scenes.snapshot(
        pods=(of_job, running), workloads=scenes.workloads(scenes.detail(of_job, PULLING), events=[said])
    )
    (finding,) = found(seen).findings
    assert (finding.code, str(finding.object), finding.wanted) == ("POD-01", "Job shop/load", scenes.IMAGE)
    assert finding.fix is not None
    assert not finding.fix.command


def test_the_image_of_the_previous_revision_is_the_fix():
    newer = Owner("ReplicaSet", "shop", "web-2", "Deployment/web", revision="2", template_images={"web": PULLING.image})
    owners = (scenes.DEPLOYMENT, scenes.REPLICA_SET, newer)
    seen = scenes.ill(PULLING, [scenes.event(WEB[0], "Failed", NO_TAG)], owners=owners)
    fix = found(seen).findings[0].fix
    assert fix is not None
    assert fix.command == f"kubectl -n shop set image deployment/web web={scenes.IMAGE}"
    assert fix.undo == f"kubectl -n shop set image deployment/web web={scenes.IMAGE}-nope"


@pytest.mark.parametrize(
    "message",
    [
        "failed to do request: Head https://registry.lab:5000/v2/: dial tcp: lookup registry.lab: no such host",
        "pull access denied, repository does not exist or may require authorization",
        "failed to do request: dial tcp 198.18.0.254:5000: connect: connection refused",
    ],
)
def test_a_registry_that_does_not_answer_or_does_not_let_in_is_another_fault(message: str):
    assert "POD-01" not in codes(scenes.ill(PULLING, [scenes.event(WEB[0], "Failed", message)]))


CRASHING = ContainerDetail(
    "web", state="waiting", reason="CrashLoopBackOff", last_reason="Error", last_exit_code=3, restarts=4
)


def test_an_application_that_ends_is_told_with_the_last_line_of_its_log():
    tail = LogTail("shop", WEB[0].name, "web", True, ("starting", "missing DB_HOST", ""))
    (finding,) = found(scenes.ill(CRASHING, logs=(tail,)), scenes.broken_service(author="node")).findings
    assert finding.code == "POD-04"
    assert finding.sentence.endswith("ends with exit code 3 at once: missing DB_HOST")
    assert (finding.evidence[0].kind, finding.evidence[0].says) == ("log", "missing DB_HOST")


def test_it_is_told_although_nothing_failed():
    diagnosis = found(scenes.ill(CRASHING))
    assert [finding.code for finding in diagnosis.findings] == ["POD-04"]
    assert diagnosis.outcome == "cause"


@pytest.mark.parametrize(
    ("container", "events"),
    [
        (dataclasses.replace(CRASHING, last_reason="OOMKilled", last_exit_code=137), ()),
        (CRASHING, [scenes.event(WEB[0], "Killing", "Container web failed liveness probe, will be restarted")]),
        (dataclasses.replace(CRASHING, kind="init"), ()),
    ],
    ids=["out of memory", "killed by a probe", "an init container"],
)
def test_what_is_ended_by_something_else_is_no_error_of_the_application(
    container: ContainerDetail, events: t.Sequence[FoldedEvent]
):
    assert "POD-04" not in codes(scenes.ill(container, events))


def test_a_container_that_crashed_long_ago_runs():
    running = ContainerDetail(
        "web", state="running", restarts=3, last_exit_code=1, last_finished="2026-11-30T04:00:00Z"
    )
    assert codes(scenes.ill(running)) == []
    assert codes(scenes.ill(dataclasses.replace(running, last_finished="2026-12-01T03:58:00Z"))) == ["POD-04"]


def test_a_container_that_ended_once_and_is_well_since_is_no_finding_unless_a_check_fails():
    once = dataclasses.replace(CRASHING, state="running", reason="", restarts=1, ready=True)
    once = dataclasses.replace(once, last_finished="2026-12-01T03:58:00Z")
    assert codes(scenes.ill(once)) == []
    assert [each.code for each in found(scenes.ill(once)).suspicions] == ["POD-04"]
    assert codes(scenes.ill(dataclasses.replace(once, restarts=2))) == ["POD-04"]
    assert codes(scenes.ill(dataclasses.replace(once, ready=False))) == ["POD-04"]
    assert codes(scenes.ill(once), scenes.broken_service(author="node")) == ["POD-04"]


def work(name: str, job: str, minute: int, phase: str = "Failed") -> Pod:
    """A Pod of a Job, which nothing starts again."""
    made = f"2026-12-01T03:{minute:02}:00Z"
    return scenes.pod(name, 20 + minute, owner=f"Job/{job}", phase=phase, ready=False, status="Error", created=made)


ENDED = ContainerDetail("web", state="terminated", reason="Error", exit_code=1)


def worked(*there: Pod, container: ContainerDetail = ENDED) -> scenes.Snapshot:
    details = [scenes.detail(one, container, restart_policy="Never") for one in there if one.phase == "Failed"]
    return scenes.snapshot(pods=there, workloads=scenes.workloads(*details))


def test_a_job_all_of_whose_tries_failed_is_told_once():
    (finding,) = found(worked(work("load-a", "load", 1), work("load-b", "load", 2))).findings
    assert (finding.code, str(finding.object), finding.field) == ("POD-04", "Job shop/load", f"{TEMPLATE}containers[0]")
    assert "container web ended with exit code 1" in finding.sentence
    assert "backoffLimit" in finding.mechanism


@pytest.mark.parametrize("phase", ["Pending", "Running", "Succeeded"])
@pytest.mark.parametrize("jobs", [("load", "load"), ("load-29610001", "load-29610002")], ids=["Job", "CronJob"])
def test_work_of_which_a_later_try_does_better_is_well(jobs: tuple[str, str], phase: str):
    assert codes(worked(work("a", jobs[0], 1), work("b", jobs[1], 2, phase))) == []
    assert codes(worked(work("a", jobs[0], 2), work("b", jobs[1], 1, phase))) == ["POD-04"]


def test_a_pod_that_only_its_user_made_may_end_as_it_will():
    alone = dataclasses.replace(work("check", "", 1), owner="")
    assert codes(worked(alone)) == []


NOT_FOUND = 'exec: "/bin/nope": stat /bin/nope: no such file or directory: unknown'


@pytest.mark.parametrize(
    ("container", "value"),
    [
        (
            dataclasses.replace(
                CRASHING, last_reason="StartError", last_exit_code=128, last_message=NOT_FOUND, command=("/bin/nope",)
            ),
            "/bin/nope",
        ),
        (dataclasses.replace(CRASHING, last_reason="Completed", last_exit_code=0, command=("true",)), "true"),
        (ContainerDetail("web", state="terminated", exit_code=0, restarts=4, command=("true",)), "true"),
    ],
    ids=["no such file", "ends at once", "has ended again"],
)
def test_a_command_that_cannot_go_on(container: ContainerDetail, value: str):
    (finding,) = found(scenes.ill(container)).findings
    assert (finding.code, finding.field) == ("POD-05", "spec.template.spec.containers[0].command")
    assert finding.value == value


@pytest.mark.parametrize("kind", ["app", "sidecar"])
@pytest.mark.parametrize("reason", ["RunContainerError", "CrashLoopBackOff"])
def test_a_command_that_cannot_be_run_is_told_between_two_tries_as_well(kind: str, reason: str):
    one = dataclasses.replace(CRASHING, kind=kind, reason=reason, message=NOT_FOUND, last_reason="StartError")
    one = dataclasses.replace(one, last_exit_code=128, last_message=NOT_FOUND, command=("/bin/nope",))
    (finding,) = found(scenes.ill(one)).findings
    assert (finding.code, finding.value) == ("POD-05", "/bin/nope")


def pending(message: str) -> scenes.Snapshot:
    there = tuple(dataclasses.replace(one, ready=False, phase="Pending", status="Pending", node="") for one in WEB)
    scheduled = Condition("PodScheduled", "False", "Unschedulable", message)
    container = ContainerDetail("web", requests={"cpu": "64"})
    details = [scenes.detail(one, container, conditions=(scheduled,)) for one in there]
    return scenes.snapshot(pods=there, workloads=scenes.workloads(*details))


def test_no_node_has_what_a_pod_requests():
    seen = pending(
        "0/3 nodes are available: 1 node(s) had untolerated taint {a: }, 2 Insufficient cpu. preemption: 0/3"
    )
    (finding,) = found(seen, scenes.broken_service(author="node")).findings
    assert (finding.code, finding.value) == ("POD-11", "64")
    assert finding.field == "spec.template.spec.containers[0].resources.requests.cpu"


def test_of_several_containers_that_which_requests_most_is_told():
    seen = pending("0/2 nodes are available: 2 Insufficient cpu.")
    assert seen.workloads is not None
    beside = ContainerDetail("proxy", field="spec.containers[1]", image=scenes.IMAGE, requests={"cpu": "65000m"})
    details = [dataclasses.replace(one, containers=(*one.containers, beside)) for one in seen.workloads.pods]
    (finding,) = found(dataclasses.replace(seen, workloads=scenes.workloads(*details))).findings
    assert (finding.code, finding.value) == ("POD-11", "65000m")
    assert finding.field == "spec.template.spec.containers[1].resources.requests.cpu"
    assert finding.fix is not None
    assert '"name": "proxy"' in finding.fix.command


def test_a_pod_that_no_node_takes_for_another_reason():
    assert codes(pending("0/3 nodes are available: 3 node(s) had untolerated taint {a: }.")) == []


def test_without_details_the_rules_do_not_know():
    diagnosis = found(scenes.snapshot(workloads=None))
    assert {one.code for one in diagnosis.unknown_rules} >= {rule.code for rule in pods.RULES}
    refused = scenes.snapshot(workloads=scenes.workloads(unknown={"events": "events is forbidden"}))
    unknown = {one.code: one.reason for one in found(refused).unknown_rules}
    assert unknown["POD-01"] == "events is forbidden"
    assert "POD-11" not in unknown


def test_the_taints_of_the_control_plane_are_no_second_cause_where_the_other_nodes_are_full():
    tainted = Node("cp", True, taints=(Taint("node-role.kubernetes.io/control-plane", "", "NoSchedule"),))
    seen = pending("0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.")
    full = dataclasses.replace(seen, nodes=(*seen.nodes, tainted))
    rules = (*pods.RULES, *pods_scheduling.RULES)
    assert [each.code for each in diagnose(scenes.case(full, scenes.broken_service()), rules).findings] == ["POD-11"]


API = scenes.pod("api-b975c9b8d-x", 40, app="api")
API_SERVICE = dataclasses.replace(
    scenes.SERVICE, name="api", selector={"app": "api"}, ports=(ServicePort(80, target_port="9999"),)
)


@pytest.mark.parametrize(
    ("last", "addresses", "is_told"),
    [
        ("connect to api:80: connection refused", ("api:80", "web:80"), False),
        ("Connection refused", ("api:80",), False),
        ("Connection refused", ("api:80", "web:80"), True),
        ("KeyError: 'HOME'", ("api:80",), True),
    ],
)
def test_a_client_that_ends_because_a_service_does_not_answer_is_a_symptom(
    last: str, addresses: tuple[str, ...], is_told: bool
):
    crash = {"state": "waiting", "reason": "CrashLoopBackOff", "restarts": 3, "last_exit_code": 1}
    fields = tuple(f"spec.containers[0].env[{number}]" for number in range(len(addresses)))
    own = ContainerDetail("web", addresses=addresses, address_fields=fields, **crash)
    logs = tuple(LogTail(one.namespace, one.name, "web", True, (last,)) for one in WEB)
    seen = scenes.ill(own, logs=logs)
    seen = dataclasses.replace(seen, pods=(*seen.pods, API), services=(*seen.services, API_SERVICE))
    report = scenes.broken_service()
    report.ask((API_SERVICE, 80), "refused")
    found = diagnose(scenes.case(seen, report), (*pods.RULES, *services.RULES)).findings
    assert sorted(each.code for each in found) == ["POD-04", "SVC-04"][1 - is_told :]
