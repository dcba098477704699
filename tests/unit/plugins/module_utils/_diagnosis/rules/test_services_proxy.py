# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that fail at a node although their endpoints answer: each rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import services_proxy

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB


def found(report: scenes.Report, pods: t.Any = WEB) -> Diagnosis:
    return diagnose(scenes.case(scenes.snapshot(pods=pods), report), services_proxy.RULES)


def asked(
    model: str = "pod_to_service", source: t.Any = CLIENT, outcome: str = "timeout", **more: t.Any
) -> scenes.Report:
    """The Service has no answer, and each of its Pods has."""
    report = scenes.Report()
    report.source(source, node=source.node)
    report.ask((SERVICE, 80), outcome, "fail", model=model, source=source, **more)
    for one in WEB:
        if one is not source:
            report.ask((one, 8080), "http_200", source=source)
    return report


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (asked(), "SVC-17"),
        (asked("pod_to_self_service", WEB[0]), "SVC-19"),
        (asked(protocol="udp"), "SVC-20"),
    ],
    ids=["address", "itself", "UDP"],
)
def test_a_hint_that_needs_node_state(report: scenes.Report, code: str):
    (finding,) = found(report).findings
    assert (finding.code, str(finding.object), finding.certainty) == (code, "Node w1", "hint")
    assert finding.explains == (1,)
    assert "needs node state" in finding.sentence


def test_a_node_port_that_fails_at_the_node_without_an_endpoint():
    on_w2 = tuple(dataclasses.replace(one, node="w2") for one in WEB)
    report = scenes.Report()
    for name, outcome in (("w1", "timeout"), ("w2", "http_200")):
        target = {"id": f"node/{name}:30080", "kind": "node", "name": name, "port": 30080}
        report.ask(target, outcome, model="outside_to_nodeport")
    for one in on_w2:
        report.ask((one, 8080), "http_200")
    port = dataclasses.replace(SERVICE.ports[0], node_port=30080)
    service = dataclasses.replace(SERVICE, type="NodePort", ports=(port,))
    seen = scenes.snapshot(pods=on_w2, service=service)
    (finding,) = diagnose(scenes.case(seen, report), services_proxy.RULES).findings
    assert (finding.code, str(finding.object), finding.explains) == ("SVC-21", "Node w1", (1,))


def test_an_endpoint_that_does_not_answer_is_another_matter():
    report = scenes.Report()
    report.source(CLIENT, node="w1")
    report.ask((SERVICE, 80), "timeout")
    report.ask((WEB[0], 8080), "http_200")
    assert found(report).unexplained == (1,)


def test_an_answer_of_the_application_is_no_fault_of_the_way():
    assert not found(asked(outcome="http_500")).findings


def test_without_probes_the_rules_do_not_know():
    diagnosis = diagnose(scenes.case(), services_proxy.RULES)
    assert len(diagnosis.unknown_rules) == len(services_proxy.RULES)
