# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the layer Service: each fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import services
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ContainerPort, ServicePort

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB


def found(seen: scenes.Snapshot | None = None, report: scenes.Report | None = None) -> Diagnosis:
    return diagnose(scenes.case(seen, report), services.RULES)


def with_port(target_port: str) -> scenes.Snapshot:
    return scenes.snapshot(service=dataclasses.replace(SERVICE, ports=(ServicePort(80, target_port=target_port),)))


def test_a_target_port_at_which_nothing_listens():
    report = scenes.broken_service(author="peer")
    answered = report.ask((WEB[0], 8080))
    (finding,) = found(with_port("9999"), report).findings
    assert (finding.code, finding.field) == ("SVC-04", "spec.ports[0].targetPort")
    assert (finding.value, finding.wanted, finding.certainty) == ("9999", "8080", "certain")
    assert [(one.code, f"check {answered}" in one.by) for one in finding.ruled_out] == [("POL-01", True)]
    assert finding.fix is not None
    assert finding.fix.command == (
        "kubectl -n shop patch service web --type=json"
        """ -p '[{"op": "replace", "path": "/spec/ports/0/targetPort", "value": 8080}]'"""
    )


def test_the_sockets_of_the_pods_tell_the_port():
    report = scenes.broken_service(author="peer")
    for one in WEB:
        report.source(one, listens=["::#8088", "127.0.0.1#9000"])
    (finding,) = found(with_port("9999"), report).findings
    assert (finding.wanted, finding.certainty) == ("8088", "certain")
    assert any(one.says == "TCP ports that listen: 8088" for one in finding.evidence)


def test_a_declared_port_is_not_said_to_be_the_wrong_number():
    assert not found(report=scenes.broken_service(author="peer")).findings


def test_a_wrong_number_that_answers_somebody_is_ruled_out():
    report = scenes.broken_service(author="peer")
    report.ask((SERVICE, 80), "http_200", source=WEB[0])
    diagnosis = found(with_port("9999"), report)
    assert not diagnosis.findings
    assert [(one.code, "check 2" in one.by) for one in diagnosis.ruled_out] == [("SVC-04", True)]
    assert diagnosis.unexplained == (1,)


def test_a_wrong_number_is_not_looked_for_without_probes():
    diagnosis = found(with_port("9999"))
    assert ("SVC-04", "nothing was probed") in [(one.code, one.reason) for one in diagnosis.unknown_rules]


def test_a_named_target_port_that_no_pod_has():
    (finding,) = found(with_port("httpp"), scenes.broken_service(author="node")).findings
    assert (finding.code, finding.field) == ("SVC-05", "spec.ports[0].targetPort")
    assert (finding.value, finding.wanted) == ("httpp", "http")
    assert (finding.scope.affected, finding.scope.of, finding.scope.what) == (2, 2, "Pods")


def test_a_named_target_port_that_all_pods_have():
    assert not found(with_port("http"), scenes.broken_service(author="node")).findings


def test_none_of_its_pods_is_ready():
    ill = tuple(dataclasses.replace(one, ready=False, status="CrashLoopBackOff") for one in WEB)
    (finding,) = found(scenes.snapshot(pods=ill), scenes.broken_service(author="node")).findings
    assert (finding.code, str(finding.object)) == ("SVC-09", "Service shop/web")
    assert "None of its 2 Pods is ready: CrashLoopBackOff" in finding.evidence[0].says
    assert finding.verify is not None
    assert (finding.verify.source, finding.verify.target) == ("shop/deployment/client", "web.shop:80")


def test_one_ready_pod_is_enough():
    ill = (dataclasses.replace(WEB[0], ready=False), WEB[1])
    assert not found(scenes.snapshot(pods=ill), scenes.broken_service(author="node")).findings


def test_a_target_port_that_the_pods_declare_with_another_protocol_is_another_rule():
    ports = (dataclasses.replace(WEB[0].containers[0], ports=(ContainerPort(8080, "http", "UDP"),)),)
    pods = tuple(dataclasses.replace(one, containers=ports) for one in WEB)
    assert not found(scenes.snapshot(pods=pods), scenes.broken_service(author="peer")).findings


def test_a_target_port_at_which_one_pod_listens_is_not_the_wrong_number():
    report = scenes.broken_service(author="peer")
    report.source(WEB[0], listens=["::#9999"])
    report.source(WEB[1], listens=["::#8080"])
    assert not found(with_port("9999"), report).findings


def test_the_client_is_no_pod_of_the_service():
    assert CLIENT not in scenes.case().pods_of(SERVICE)
