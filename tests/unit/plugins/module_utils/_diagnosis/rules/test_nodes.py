# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of nodes: what conditions, leases and the kubelets' answers say, and what is folded below a node."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import nodes, pods
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import NodeAnswer
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition

from .. import scenes
from ..scenes import TAKEN, WEB

LOST = Condition(
    "Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", "2026-12-01T03:58:00Z"
)
WELL = Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")
NODES = (
    Node("w1", True, internal_ips=("198.18.0.11",), pod_cidrs=("10.244.1.0/24",)),
    Node("w2", False, internal_ips=("198.18.0.12",), pod_cidrs=("10.244.2.0/24",)),
)
OLD, NEW = "2026-12-01T03:57:40.123456Z", "2026-12-01T03:59:55.123456Z"
HEALTHY = NodeDetail("w1", (WELL,), lease=NEW, lease_written=NEW[:19] + "Z")
OK = NodeAnswer("w1", 200, "ok")
REFUSED = NodeAnswer(
    "w2", 503, "error trying to reach service: dial tcp 198.18.0.12:10250: connect: connection refused"
)
SILENT = NodeAnswer("w2", 0, "no answer within 4 s")


def found(
    ready: Condition = LOST,
    answer: NodeAnswer | None = REFUSED,
    is_ready: bool = False,
    report: scenes.Report | None = None,
    **more: t.Any,
) -> Diagnosis:
    """A cluster in which w2 says this of itself, with a Pod of the Service on it."""
    detail = dataclasses.replace(NodeDetail("w2", (ready,), lease=OLD, lease_written=OLD[:19] + "Z"), **more)
    answers = (OK, answer) if answer else ()
    web = (WEB[0], dataclasses.replace(WEB[1], ready=is_ready))
    known = scenes.workloads(
        *(scenes.detail(one) for one in web), nodes=(HEALTHY, detail), node_answers=answers, server_time=TAKEN
    )
    there = (NODES[0], dataclasses.replace(NODES[1], ready=is_ready))
    if report is None:
        report = scenes.Report()
        report.ask((WEB[1], 8080), "timeout")
    return diagnose(
        scenes.case(scenes.snapshot(web, nodes=there, workloads=known), report), (*nodes.RULES, *pods.RULES)
    )


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert (str(finding.object), finding.explains) == ("Node w2", (1,))
    return finding


def test_a_kubelet_that_does_not_run():
    finding = only(found())
    assert (finding.code, finding.field, finding.certainty) == ("NODE-01", "status.conditions", "certain")
    assert "its Lease was renewed 140 s ago, and port 10250 refuses" in finding.sentence
    assert "needs node state" in finding.sentence
    assert [one.key for one in finding.evidence] == [True, False, False]
    assert {str(victim) for victim in finding.victims} >= {"Pod shop/web-b975c9b8d-vq5zm", "Deployment shop/web"}


def test_a_node_that_nobody_reaches_may_be_down_or_cut_off():
    finding = only(found(answer=SILENT))
    assert (finding.code, finding.certainty) == ("NODE-01", "strong")
    assert "machine or kubelet down, or cut off" in finding.sentence


def test_a_kubelet_that_is_silent_on_a_node_whose_pods_answer_does_not_reach_the_api_server():
    report = scenes.Report()
    report.ask((WEB[1], 8080), "open")
    finding = found(answer=SILENT, report=report).findings[0]
    assert (finding.code, finding.certainty) == ("NODE-09", "strong")
    assert "its kubelet takes connections, and its Pods answer" in finding.sentence
    assert [one.by for one in finding.ruled_out] == ["port 10250 does not refuse, as it does where no kubelet runs"]


def test_without_the_right_to_ask_the_kubelet_the_node_is_told_all_the_same():
    assert only(found(answer=None)).code == "NODE-01"


def test_a_kubelet_that_answers_does_not_reach_the_api_server():
    finding = only(found(answer=NodeAnswer("w2", 200, "ok")))
    assert finding.code == "NODE-09"
    assert [one.by for one in finding.ruled_out] == ["the kubelet answers: 200 ok"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("[container runtime is down, PLEG is not healthy: pleg was last seen active 3m ago]", "NODE-02"),
        (
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
            "message:Network plugin "
            "returns error: cni plugin not initialized",
            "NODE-03",
        ),
        ("[container runtime is down, NetworkReady=false reason:NetworkPluginNotReady]", "NODE-02"),
        ("node is shutting down", "NODE-01"),
    ],
)
def test_what_a_node_says_of_itself(message: str, code: str):
    finding = only(found(Condition("Ready", "False", "KubeletNotReady", message), NodeAnswer("w2", 200, "ok")))
    assert finding.code == code
    assert message in finding.sentence


def test_a_node_that_has_just_joined_may_not_be_ready_yet():
    seen = scenes.snapshot(
        nodes=(NODES[0], dataclasses.replace(NODES[1], created="2026-12-01T03:59:00Z")),
        workloads=scenes.workloads(nodes=(HEALTHY, NodeDetail("w2", (LOST,)))),
    )
    assert diagnose(scenes.case(seen), nodes.RULES).findings == ()


def test_a_kubelet_that_only_the_api_server_does_not_reach():
    diagnosis = found(WELL, SILENT, is_ready=True, lease=NEW, lease_written=NEW)
    (finding,) = diagnosis.findings
    assert (finding.code, str(finding.object), finding.certainty) == ("NODE-06", "Node w2", "certain")
    assert finding.value == "198.18.0.12:10250"


@pytest.mark.parametrize("answer", [OK, NodeAnswer("w2", 200, "ok"), NodeAnswer("w2", 500, "[-]syncloop failed")])
def test_nothing_is_wrong_with_a_node_that_answers(answer: NodeAnswer):
    assert found(WELL, answer, is_ready=True, lease=NEW, lease_written=NEW).findings == ()


@pytest.mark.parametrize(
    ("lease", "written", "severity"),
    [
        ("2026-12-01T04:05:00.5Z", "2026-12-01T04:00:00Z", "error"),
        ("2026-12-01T04:00:12.5Z", "2026-12-01T04:00:00Z", "warning"),
        ("2026-12-01T03:50:00.5Z", "2026-12-01T04:00:00Z", "error"),
    ],
)
def test_a_clock_that_is_wrong(lease: str, written: str, severity: str):
    (finding,) = found(WELL, OK, is_ready=True, lease=lease, lease_written=written).findings
    assert (finding.code, str(finding.object), finding.severity) == ("NODE-07", "Node w2", severity)


@pytest.mark.parametrize("lease", ["2026-12-01T03:59:45Z", "2026-12-01T04:00:01Z", ""])
def test_a_request_that_is_slow_is_no_clock_that_is_wrong(lease: str):
    assert found(WELL, OK, is_ready=True, lease=lease, lease_written=TAKEN).findings == ()


def test_no_address_is_left():
    waiting = dataclasses.replace(WEB[1], ips=(), phase="Pending", ready=False)
    message = (
        'plugin type="flannel" failed (add): failed to allocate for range 0: no IP addresses available in range set'
    )
    known = scenes.workloads(
        scenes.detail(waiting),
        events=(scenes.event(waiting, "FailedCreatePodSandBox", message),),
        nodes=(HEALTHY, NodeDetail("w2", (WELL,))),
    )
    seen = scenes.snapshot((WEB[0], waiting), nodes=NODES, workloads=known)
    (finding,) = diagnose(scenes.case(seen), nodes.RULES).findings
    assert (finding.code, str(finding.object), finding.value) == ("NODE-04", "Node w2", "10.244.2.0/24")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl cordon w2"
    assert finding.fix.undo == "kubectl uncordon w2"


def test_what_is_not_known_is_not_guessed():
    known = scenes.workloads(nodes=(HEALTHY,), unknown={"node_answers": "no right", "node_leases": "no right"})
    diagnosis = diagnose(scenes.case(scenes.snapshot(workloads=known)), nodes.RULES)
    assert {one.code for one in diagnosis.unknown_rules} == {"NODE-06", "NODE-07", "NODE-09"}
    assert diagnosis.findings == ()
