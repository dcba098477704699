# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Init containers: those that fail, hang, or wait for what is not there; not those that have just begun."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods, pods_init
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Namespace, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes
from ..scenes import WEB

PENDING = tuple(dataclasses.replace(one, phase="Pending", ready=False) for one in WEB)
T0 = "spec.template.spec."
AGO = "2026-12-01T03:50:00Z"
DATABASE = Service("shop", "database", cluster_ips=("10.96.0.7",), ports=(ServicePort(5432),), selector={"app": "db"})


def found(container: ContainerDetail, lines: t.Iterable[str] = (), fails: bool = True, **more: t.Any) -> Diagnosis:
    own = [scenes.detail(one, container) for one in PENDING]
    logs = (LogTail("shop", PENDING[0].name, container.name, lines=tuple(lines)),)
    services = (scenes.SERVICE, *more.pop("services", ()))
    seen = scenes.snapshot(PENDING, workloads=scenes.workloads(*own, logs=logs), **more)
    seen = dataclasses.replace(seen, services=services)
    report = scenes.broken_service() if fails else scenes.Report()
    return diagnose(scenes.case(seen, report), (*pods.RULES, *pods_init.RULES))


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


def init(**more: t.Any) -> ContainerDetail:
    return ContainerDetail("wait", kind="init", command=("sh",), **more)


def test_one_that_does_not_end():
    finding = only(found(init(state="running", since=AGO), ["waiting for database:5432"]))
    assert (finding.code, finding.field, finding.certainty) == ("POD-10", f"{T0}containers[0].command", "certain")
    assert "waiting for database:5432" in finding.sentence
    assert finding.explains == (1,)


def test_one_that_cannot_be_run_is_told_between_two_tries_as_well():
    between = init(state="waiting", reason="RunContainerError", last_reason="StartError", last_exit_code=128)
    assert "ends with exit code 128" in only(found(between)).sentence
    assert not found(init(state="waiting", reason="CreateContainerError")).findings


def test_one_of_a_job_that_fails_for_good():
    failed = dataclasses.replace(WEB[0], phase="Failed", ready=False, owner="Job/load", labels={"app": "load"})
    own = scenes.detail(failed, init(state="terminated", reason="Error", exit_code=2), restart_policy="Never")
    seen = scenes.snapshot((failed,), workloads=scenes.workloads(own))
    finding = only(diagnose(scenes.case(seen, scenes.Report()), (*pods.RULES, *pods_init.RULES)))
    assert (finding.code, str(finding.object)) == ("POD-10", "Job shop/load")
    assert "ends with exit code 2" in finding.sentence


def test_one_that_fails():
    finding = only(found(init(state="waiting", reason="CrashLoopBackOff", last_exit_code=3, restarts=4)))
    assert "ends with exit code 3" in finding.sentence


def test_one_that_has_just_begun_or_ended_well_is_no_finding():
    assert not found(init(state="running", since=scenes.TAKEN), fails=False).findings
    assert not found(init(state="terminated", exit_code=0)).findings


def test_one_that_has_just_begun_explains_what_fails_for_want_of_its_pod():
    finding = only(found(init(state="running", since=scenes.TAKEN)))
    assert (finding.code, finding.certainty, finding.explains) == ("POD-10", "strong", (1,))


def test_one_that_runs_for_some_time_is_a_warning_where_nothing_fails():
    (finding,) = found(init(state="running", since="2026-12-01T03:58:00Z"), fails=False).findings
    assert (finding.severity, finding.certainty) == ("warning", "strong")
    assert found(init(state="running", since=AGO), fails=False).findings[0].severity == "error"
    assert found(init(state="running", since=scenes.TAKEN)).findings[0].severity == "error"


def test_one_that_says_again_that_it_waits():
    lines = ["attempt 1: connection refused", "attempt 2: connection refused"]
    assert only(found(init(state="running", since=scenes.TAKEN), lines, fails=False)).code == "POD-10"
    assert not found(init(state="running", since=scenes.TAKEN), lines[:1], fails=False).findings


@pytest.mark.parametrize(
    ("address", "services", "why"),
    [
        ("database:5432", (), "there is no Service shop/database"),
        ("database:5433", (DATABASE,), "has no port 5433, but 5432"),
        ("database.shop.svc.cluster.local:5432", (DATABASE,), "has no ready endpoint"),
        ("db.example.com:5432", (), ""),
        ("web.example:80", (), ""),
    ],
)
def test_what_it_asks_is_not_there(address: str, services: t.Any, why: str):
    one = init(state="running", since="2026-12-01T03:59:30Z", addresses=(address,))
    diagnosis = found(one, fails=False, services=services)
    assert bool(diagnosis.findings) == bool(why)
    if why:
        assert why in diagnosis.findings[0].sentence


def test_what_only_looks_like_an_address_is_no_finding_by_itself():
    one = init(state="running", since=scenes.TAKEN, addresses=("nginx:101",))
    assert not found(one, ["changing owners"], fails=False).findings
    assert found(one, ["no answer of nginx"], fails=False).findings


def test_a_service_of_a_namespace_that_was_not_read_may_exist():
    one = init(state="running", since="2026-12-01T03:59:30Z", addresses=("db.data.svc:5432",))
    there = (Namespace("shop", "Active"), Namespace("data", "Active"))
    assert found(one, fails=False, namespaces=there).findings
    assert not found(one, fails=False, namespaces=there, selected=("shop",)).findings


def test_it_is_a_symptom_where_what_it_waits_for_fails_itself():
    one = init(state="running", since=AGO, addresses=("database:5432",))
    crashing = scenes.pod("database-b975c9b8d-x", 20, app="database", ready=False)
    crash = ContainerDetail("database", state="waiting", reason="CrashLoopBackOff", restarts=3, last_exit_code=1)
    details = [*(scenes.detail(each, one) for each in PENDING), scenes.detail(crashing, crash)]
    service = dataclasses.replace(DATABASE, selector={"app": "database"})
    seen = scenes.snapshot((*PENDING, crashing), workloads=scenes.workloads(*details))
    seen = dataclasses.replace(seen, services=(scenes.SERVICE, service))
    finding = only(diagnose(scenes.case(seen), (*pods.RULES, *pods_init.RULES)))
    assert (finding.code, str(finding.object)) == ("POD-04", "Deployment shop/database")
    assert [child.code for child in finding.children] == ["POD-10"]


def test_a_sidecar_that_does_not_start():
    probe = ContainerProbe("startup", "tcpSocket", "9")
    one = ContainerDetail("proxy", kind="sidecar", state="running", since=AGO, probes=(probe,))
    assert only(found(one)).field == f"{T0}containers[0].startupProbe"
