# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the layer egress."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import egress

from .. import scenes, scenes_dns
from ..scenes import CLIENT, WEB

HOST = scenes.pod("agent-x", 0, node="w1", app="agent", host_network=True, ips=("198.18.0.11",))


def found(report: scenes.Report | None = None, **more: t.Any) -> Diagnosis:
    seen = scenes_dns.snapshot(**more)
    seen = dataclasses.replace(seen, pods=(*seen.pods, HOST))
    return diagnose(scenes.case(seen, report), egress.RULES)


def test_pods_that_leave_without_masquerade():
    report = scenes.Report()
    missed = scenes_dns.outside(report, "timeout")
    scenes_dns.outside(report, pod=HOST)
    scenes_dns.outside(report, pod=WEB[1])
    (finding,) = found(report).findings
    assert (finding.code, str(finding.object), finding.certainty) == ("EGR-01", "Node w1", "strong")
    assert finding.explains == (missed,)
    assert "while the node itself is answered" in finding.sentence
    assert finding.fix is not None
    assert "need node state" in finding.fix.text


def test_without_a_source_on_the_node_it_is_a_hint():
    report = scenes.Report()
    scenes_dns.outside(report, "timeout")
    scenes_dns.outside(report, pod=WEB[1])
    (finding,) = found(report).findings
    assert (finding.code, finding.certainty) == ("EGR-01", "hint")


def test_one_family_alone():
    report = scenes.Report()
    missed = scenes_dns.outside(report, "timeout")
    scenes_dns.outside(report, family="IPv6")
    scenes_dns.outside(report, pod=HOST)
    (finding,) = found(report).findings
    assert (finding.code, finding.explains) == ("EGR-01", (missed,))


def test_a_host_outside_that_answers_some_pods_of_the_node_is_no_egress():
    report = scenes.Report()
    scenes_dns.outside(report, "timeout")
    scenes_dns.outside(report, pod=WEB[0])
    diagnosis = found(report)
    assert not diagnosis.findings
    assert diagnosis.unexplained == (1,)


@pytest.mark.parametrize("outcome", ["unreachable_fast", "no_route"])
def test_a_node_without_a_route(outcome: str):
    report = scenes.Report()
    missed = scenes_dns.outside(report, outcome)
    report.source(CLIENT, routes=["default via 10.244.1.1 dev eth0"])
    scenes_dns.outside(report, pod=WEB[1])
    (finding,) = found(report).findings
    assert (finding.code, str(finding.object), finding.certainty) == ("EGR-02", "Node w1", "strong")
    assert finding.explains == (missed,)
    assert any("so that the node says it" in one.says for one in finding.evidence)
    scenes_dns.outside(report, outcome, pod=HOST)
    (finding,) = found(report).findings
    assert finding.certainty == "certain"


def test_nobody_gets_an_answer():
    report = scenes.Report()
    for pod in (CLIENT, WEB[1], HOST):
        scenes_dns.outside(report, "timeout", pod=pod)
    (finding,) = found(report).findings
    assert (finding.code, finding.explains, finding.scope.nodes) == ("EGR-02", (1, 2, 3), ("w1", "w2"))


def test_a_node_that_gets_no_answer_itself():
    report = scenes.Report()
    scenes_dns.outside(report, "timeout")
    scenes_dns.outside(report, "timeout", pod=HOST)
    scenes_dns.outside(report, pod=WEB[1])
    (finding,) = found(report).findings
    assert (finding.code, str(finding.object), finding.explains) == ("EGR-02", "Node w1", (1, 2))


def test_both_families_are_one_cause():
    report = scenes.Report()
    for family in ("IPv4", "IPv6"):
        scenes_dns.outside(report, "timeout", family=family)
        scenes_dns.outside(report, pod=WEB[1], family=family)
        scenes_dns.outside(report, pod=HOST, family=family)
    (finding,) = found(report).findings
    assert (finding.code, finding.explains) == ("EGR-01", (1, 4))
    nobody = scenes.Report()
    for family in ("IPv4", "IPv6"):
        for pod in (CLIENT, WEB[1], HOST):
            scenes_dns.outside(nobody, "timeout", pod=pod, family=family)
    (finding,) = found(nobody).findings
    assert (finding.code, finding.explains) == ("EGR-02", (1, 2, 3, 4, 5, 6))
