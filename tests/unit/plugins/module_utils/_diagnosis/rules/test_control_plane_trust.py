# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about who is let in: addresses, certificates, keys and versions."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    control_plane,
    control_plane_trust,
    nodes,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ApiEndpoint, Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import (
    Component,
    NodeAnswer,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Lease, NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes
from ..scenes import TAKEN

FLAGS = {"advertise-address": "198.18.0.99", "kubelet-client-certificate": "/pki/client.crt"}
SERVER = Component("kube-apiserver", "kube-system", "kube-apiserver-cp", "cp", ("198.18.0.2",), True, flags=FLAGS)
NODES = (Node("cp", True, internal_ips=("198.18.0.2",), version="v1.36.3"), Node("w1", True, version="v1.36.0"))
EXPIRED = (
    'E1201 03:59:50 auth.go:75] "Unable to authenticate the request" err="[x509: certificate has expired or is '
    'not yet valid: current time 2026-12-01T03:59:50Z is after 2026-01-01T00:00:00Z]"'
)
FORGED = (
    'E1201 03:59:50 auth.go:75] "Unable to authenticate the request" err="[invalid bearer token, '
    'go-jose/go-jose: error in cryptographic primitive]"'
)
DELETED = (
    'E1201 03:59:50 auth.go:75] "Unable to authenticate the request" err="[invalid bearer token, service account '
    'token has been invalidated]"'
)


def found(
    lines: t.Sequence[str] = (),
    answers: t.Sequence[NodeAnswer] = (),
    report: scenes.Report | None = None,
    **more: t.Any,
) -> Diagnosis:
    logs = (LogTail("kube-system", SERVER.pod, SERVER.name, lines=tuple(lines)),) if lines else ()
    given = {"nodes": NODES, "api_endpoints": (ApiEndpoint("198.18.0.2", 6443),)}
    given.update({name: more.pop(name) for name in tuple(more) if name in ("nodes", "api_endpoints")})
    details = more.pop("details", ())
    known = scenes.workloads(
        logs=logs,
        node_answers=tuple(answers),
        nodes=tuple(details),
        server_time=TAKEN,
        **{"control_plane": (SERVER,), **more},
    )
    case = scenes.case(scenes.snapshot(workloads=known, **given), report)
    return diagnose(case, (*control_plane_trust.RULES, *nodes.RULES))


def test_nothing_is_wrong():
    assert found(answers=[NodeAnswer("w1", 200, "ok")]).findings == ()


def asked(outcome: str) -> scenes.Report:
    report = scenes.Report()
    report.ask({"id": "apiserver", "kind": "apiserver", "name": "kubernetes", "port": 443}, outcome)
    return report


def test_an_address_that_nobody_has():
    (finding,) = found(report=asked("timeout"), api_endpoints=(ApiEndpoint("198.18.0.99", 6443),)).findings
    assert (finding.code, str(finding.object)) == ("CP-04", "Pod kube-system/kube-apiserver-cp")
    assert (finding.value, finding.wanted) == ("--advertise-address=198.18.0.99", "--advertise-address=198.18.0.2")
    assert finding.explains == (1,)


@pytest.mark.parametrize(("created", "below"), [("2026-12-01T03:59:00Z", ["CP-01"]), ("2026-11-01T00:00:00Z", [])])
def test_a_scheduler_that_ended_when_the_api_server_was_changed_is_below_it(created: str, below: list[str]):
    server = dataclasses.replace(SERVER, created=created)
    scheduler = Component("kube-scheduler", "kube-system", "kube-scheduler-cp", "cp")
    lease = Lease("kube-scheduler", "cp_1", "2026-12-01T03:58:00Z", 15)
    known = scenes.workloads(control_plane=(server, scheduler), leases=(lease,), server_time=TAKEN)
    seen = scenes.snapshot(workloads=known, nodes=NODES, api_endpoints=(ApiEndpoint("198.18.0.99", 6443),))
    rules = (*control_plane_trust.RULES, *control_plane.RULES)
    first = diagnose(scenes.case(seen, asked("timeout")), rules).findings[0]
    assert (first.code, [child.code for child in first.children]) == ("CP-04", below)


def test_an_address_that_answers_is_a_balancer():
    assert found(report=asked("open"), api_endpoints=(ApiEndpoint("198.18.0.99", 6443),)).findings == ()


def test_of_a_control_plane_that_is_not_seen_nothing_is_said():
    assert found(control_plane=(), api_endpoints=(ApiEndpoint("198.18.0.99", 6443),)).findings == ()


def test_a_certificate_that_no_kubelet_accepts():
    answers = [NodeAnswer(name, 401, "Unauthorized") for name in ("cp", "w1")]
    for unknown in ({}, {"component_logs": "the kubelet does not give the log of the API server: Unauthorized"}):
        (finding,) = found(answers=answers, unknown=unknown).findings
        assert (finding.code, finding.value) == ("CP-05", "--kubelet-client-certificate=/pki/client.crt")


def test_a_kubelet_whose_certificate_the_api_server_does_not_accept():
    says = "error trying to reach service: tls: failed to verify certificate: x509: certificate has expired"
    (finding,) = found(answers=[NodeAnswer("cp", 200, "ok"), NodeAnswer("w1", 503, says)]).findings
    assert (finding.code, str(finding.object)) == ("CP-05", "Node w1")


def test_a_scheduler_that_is_not_let_in():
    scheduler = Component("kube-scheduler", "kube-system", "kube-scheduler-cp", "cp", ready=True)
    lease = Lease("kube-scheduler", "cp_1", "2026-12-01T03:50:00Z", 15)
    (finding,) = found([EXPIRED], control_plane=(SERVER, scheduler), leases=(lease,)).findings
    assert (finding.code, str(finding.object)) == ("CP-05", "Pod kube-system/kube-scheduler-cp")
    assert "x509: certificate has expired" in finding.sentence


def test_a_kubelet_that_is_not_let_in_is_not_cut_off():
    lost = NodeDetail("w1", (Condition("Ready", "Unknown"),), lease="2026-12-01T03:50:00Z")
    diagnosis = found(
        [EXPIRED],
        [NodeAnswer("w1", 200, "ok")],
        nodes=(NODES[0], dataclasses.replace(NODES[1], ready=False)),
        details=[lost],
    )
    assert [(one.code, str(one.object)) for one in diagnosis.findings] == [("CP-05", "Node w1")]


def test_tokens_that_another_key_has_signed():
    (finding,) = found([FORGED, FORGED]).findings
    assert (finding.code, finding.field) == ("CP-07", "spec.containers[0].command")


@pytest.mark.parametrize("lines", [[FORGED], [DELETED, DELETED, DELETED]])
def test_tokens_of_pods_that_are_gone_are_refused_everywhere(lines: list[str]):
    assert found(lines).findings == ()


@pytest.mark.parametrize(
    ("version", "says"),
    [("v1.32.0", "4 minor versions older than"), ("v1.37.1", "newer than"), ("v1.33.9", ""), ("v1.36.9", ""), ("", "")],
)
def test_versions_of_kubelets(version: str, says: str):
    findings = found(nodes=(NODES[0], Node("w1", True, version=version))).findings
    assert [finding.code for finding in findings] == (["CP-13"] if says else [])
    assert not says or says in findings[0].sentence


def test_a_log_that_may_not_be_read_is_unknown():
    diagnosis = found(unknown={"component_logs": "no right"})
    assert {one.code for one in diagnosis.unknown_rules} == {"CP-05", "CP-07"}
