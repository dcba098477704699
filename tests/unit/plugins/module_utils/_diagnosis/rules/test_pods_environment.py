# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of containers: ports that a Service lacks, values from before a change, names set twice."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    pods,
    pods_environment,
    services_listeners,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, Reference
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Keys, LogTail

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB

T0 = "spec.template.spec."
STARTED = "2026-12-01T03:00:00Z"


def asks(*addresses: str, service: Service = SERVICE, who: t.Any = CLIENT, place: str = "env[0]") -> Diagnosis:
    fields = tuple(f"spec.containers[0].{place}" for _each in addresses)
    one = ContainerDetail("client", state="running", ready=True, addresses=addresses, address_fields=fields)
    seen = scenes.snapshot(service=service, workloads=scenes.workloads(scenes.detail(who, one)))
    return diagnose(scenes.case(seen), pods_environment.RULES)


@pytest.mark.parametrize(
    "address", ["web:8080", "web.shop:8080", "web.shop.svc:8080", "web.shop.svc.cluster.local.:8080"]
)
def test_a_service_lacks_the_port_that_a_variable_names(address: str):
    (finding,) = asks(address).findings
    assert (finding.code, finding.severity) == ("POD-25", "warning")
    assert (str(finding.object), finding.field) == ("Deployment shop/client", f"{T0}containers[0].env[0].value")
    assert finding.fix is not None
    assert '{"op": "add", "path": "/spec/ports/0/name", "value": "port-80"}' in finding.fix.command
    assert '"port": 8080, "protocol": "TCP", "targetPort": 8080' in finding.fix.command
    assert '[{"op": "remove", "path": "/spec/ports/1"}]' in finding.fix.undo


def test_an_argument_has_no_value_below_it():
    assert asks("web:8080", place="args[0]").findings[0].field == f"{T0}containers[0].args[0]"


def test_ports_that_are_right_or_that_nobody_knows_are_no_finding():
    assert not asks(
        "web:80", "db:5432", "web.example.com:8080", "web.other:8080", "10.0.0.1:8080", "localhost:1"
    ).findings
    assert not asks("web:8080", service=dataclasses.replace(SERVICE, cluster_ips=())).findings
    outside = dataclasses.replace(SERVICE, type="ExternalName", external_name="example.com")
    assert not asks("web:8080", service=outside).findings
    assert not asks("web:8080", who=WEB[0]).findings  # its own Service, for others


def changed(at: str, field: str = "spec.containers[0].env[0].valueFrom.secretKeyRef", **more: t.Any) -> Diagnosis:
    one = ContainerDetail("web", state="running", ready=True, since=STARTED, **more)
    reference = Reference("Secret", "token", "token", field=field)
    keys = (Keys("Secret", "shop", "token", changed=at), Keys("Secret", "other", "token", changed=scenes.TAKEN))
    details = [scenes.detail(pod, one, references=(reference,)) for pod in WEB]
    seen = scenes.snapshot(workloads=scenes.workloads(*details, keys=keys))
    return diagnose(scenes.case(seen), pods_environment.RULES)


def test_a_secret_has_changed_since_the_container_started():
    (finding,) = changed(scenes.TAKEN).findings
    assert (finding.code, finding.certainty, finding.severity) == ("POD-27", "strong", "warning")
    assert finding.field == f"{T0}containers[0].env[0].valueFrom.secretKeyRef"
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n shop rollout restart deployment/web"


def test_what_is_older_or_mounted_is_no_finding():
    assert not changed("2026-12-01T02:00:00Z").findings
    assert not changed("").findings
    assert not changed(scenes.TAKEN, "spec.volumes[0].secret").findings


def twice(report: scenes.Report, lines: t.Sequence[str] = (), **more: t.Any) -> Diagnosis:
    one = ContainerDetail("web", repeated_env=("PORT",), repeated_fields=("spec.containers[0].env[1]",), **more)
    details = [scenes.detail(pod, one) for pod in WEB]
    logs = tuple(LogTail("shop", pod.name, "web", True, tuple(lines)) for pod in WEB)
    seen = scenes.snapshot(workloads=scenes.workloads(*details, logs=logs))
    rules = (*pods.RULES, *pods_environment.RULES, *services_listeners.RULES)
    return diagnose(scenes.case(seen, report), rules)


RUNS: dict[str, t.Any] = {"state": "running", "ready": True}
CRASHES: dict[str, t.Any] = {"state": "waiting", "reason": "CrashLoopBackOff", "restarts": 2, "last_exit_code": 1}


def test_a_name_is_set_twice_and_the_application_listens_elsewhere():
    report = scenes.broken_service(author="peer")
    for pod in WEB:
        report.source(pod, listens=["0.0.0.0#9090"])
    (finding,) = twice(report, **RUNS).findings
    assert (finding.code, finding.field, finding.value) == ("POD-28", f"{T0}containers[0].env[1]", "PORT")
    assert [child.code for child in finding.children] == ["SVC-08"]
    assert finding.fix is not None
    assert '[{"op": "remove", "path": "/spec/template/spec/containers/0/env/1"}]' in finding.fix.command


def test_a_name_that_is_set_twice_is_no_finding_where_nothing_fails():
    assert not twice(scenes.Report(), **RUNS).findings


def test_a_container_that_ends_names_the_variable_or_ends_for_another_reason():
    (finding,) = twice(scenes.broken_service(), ["cannot use PORT"], **CRASHES).findings
    assert (finding.code, finding.children[0].code) == ("POD-28", "POD-04")
    codes = [finding.code for finding in twice(scenes.broken_service(), ["no such table"], **CRASHES).findings]
    assert codes[0] == "POD-04"


def test_of_several_ports_each_needs_a_name():
    service = dataclasses.replace(SERVICE, ports=(ServicePort(80, "http", target_port="8080"), ServicePort(81, "more")))
    (finding,) = asks("web:9999", service=service).findings
    assert finding.fix is not None
    assert "/name" not in finding.fix.command
    assert '"targetPort": 8080' in finding.fix.command
    assert '"/spec/ports/2"' in finding.fix.undo
