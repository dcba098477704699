# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a target lives that nobody of a run got an answer of."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    rounds,
    selection,
    target_controls,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

ECHO = {"containerPort": 7007, "protocol": "UDP"}
PODS = [
    cluster.pod("web-2", "w2", "10.0.2.1"),
    cluster.pod("echo-1", "w1", "10.0.1.2", ports=[ECHO]),
]
CLOSED = [cluster.policy("closed", podSelector={"matchLabels": {"app": "echo"}}, policyTypes=["Ingress"])]
WEB, ECHO_1 = [{"pod": "web-2"}], [{"pod": "echo-1"}]


class Run:
    """Web-2 asks echo-1 by UDP, without an answer; C(sources) may hold echo-1 as well."""

    def __init__(self, sources: t.Any = (*WEB, *ECHO_1), outcome: str = "timeout", **lists: t.Any) -> None:
        self.facts = Facts(cluster.snapshot(**{"pods": PODS, "services": [], "endpoint_slices": [], **lists}))
        models = ["pod_to_pod_cross_node", "node_to_pod", "pod_to_service"]
        kinds = plan.kinds(models) if sources is None else {"pod"}
        chosen = selection.select(self.facts, sources, None, kinds)
        layout = plan.make(self.facts, chosen, models, Options(("udp", "icmp")))
        self.plan = expectation.assign(layout, self.facts)
        self.outcome = outcome

    def reports(self, control: str = "open") -> list[SourceReport]:
        def answer(via: str, protocol: str) -> str:
            if via == target_controls.CONTROL:
                return control
            return self.outcome if protocol == "udp" else "open"

        return [
            SourceReport(name, answers=tuple(Answer(each.id, answer(each.via, each.protocol), 1.0) for each in probes))
            for name, probes in self.plan.probes.items()
        ]

    def judged(self, control: str = "open") -> list[Cell]:
        return matrix.judge(self.plan, self.reports(control))

    def asked(self) -> list[t.Any]:
        stage = target_controls.TargetControls(self.facts, lambda reports: matrix.judge(self.plan, reports))
        further = stage.further(self.plan, self.reports(), [])
        assert stage.further(self.plan, self.reports(), []) is None
        if further is None:
            return []
        self.plan, questions = rounds.extended(self.plan, further.questions)
        return [(each.probe.source, each.probe.target, each.probe.host, each.probe.protocol) for each in questions]

    def by_udp(self, control: str = "open") -> tuple[str, str]:
        (found,) = [
            cell
            for cell in self.judged(control)
            if (cell.source, cell.protocol) == ("shop/web-2/app", "udp") and cell.via != target_controls.CONTROL
        ]
        return found.verdict, found.reason


OWN = ("shop/echo-1/app", "pod/shop/echo-1:7007/udp", "10.0.1.2", "udp")


def test_what_a_policy_closes_to_everybody_is_asked_by_its_own_pod():
    run = Run(network_policies=CLOSED)
    assert run.by_udp()[0] == "unknown"
    assert run.asked() == [OWN]
    assert run.by_udp() == ("pass", "closed by NetworkPolicy shop/closed, as it says")
    control = [cell for cell in run.judged() if cell.via == target_controls.CONTROL]
    assert [(cell.verdict, cell.outcome) for cell in control] == [("skipped", "open")]


def test_silence_of_what_answers_itself_is_a_failure():
    run = Run()
    assert run.by_udp()[0] == "unknown"
    assert run.asked() == [OWN]
    assert run.by_udp()[0] == "fail"


def test_that_it_does_not_answer_itself_either_is_said():
    run = Run(network_policies=CLOSED)
    run.asked()
    assert run.by_udp("timeout") == (
        "unknown",
        "no answer, as NetworkPolicy shop/closed says, but nothing in this run shows that it answers UDP there "
        "(shop/echo-1 gets no answer either)",
    )


def test_who_got_no_answer_is_not_said_of_itself():
    ports = [{"name": "echo", "port": 7007, "protocol": "UDP"}]
    run = Run(
        services=[cluster.service("echo", "10.96.0.7", ports=ports)],
        endpoint_slices=[cluster.endpoint_slice("echo", "IPv4", *ports, ("10.0.1.2", "w1", "echo-1", True))],
    )
    run.asked()
    found = [
        cell for cell in run.judged("timeout") if cell.outcome == "timeout" and cell.via != target_controls.CONTROL
    ]
    reasons = {cell.source: cell.reason for cell in found}
    silence = "no answer, and nothing in this run shows that it answers UDP at all"
    assert reasons["shop/web-2/app"] == f"{silence} (shop/echo-1 gets no answer either)"
    assert reasons["shop/echo-1/app"] == silence


def test_where_its_own_pod_asks_nothing_another_that_may_connect_is_taken():
    assert Run(WEB, network_policies=CLOSED).asked() == []
    nodes = Run(None, network_policies=CLOSED)
    nodes.plan.questions.pop("shop/echo-1/app")
    assert [each[0] for each in nodes.asked()] == ["node/w1"]


@pytest.mark.parametrize("outcome", ["open", "refused", "probe_error"])
def test_nothing_is_asked_where_the_answer_tells(outcome):
    assert Run(outcome=outcome).asked() == []
