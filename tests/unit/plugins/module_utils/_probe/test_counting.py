# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that counts, with a network that loses packets at fixed rates."""

from __future__ import annotations

import dataclasses
import random
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import counting, intermittent, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.plan import Plan, make
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.questions import NOTHING, Question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.tallies import Group
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Answer,
    Expectation,
    Probe,
    Source,
    SourceReport,
    Target,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.lossy import Cluster

FACTS = Facts(cluster.snapshot())
ALLOW = Expectation("allow", "")


def plan_of(asked: Cluster, expected: Expectation = ALLOW, protocol: str = "") -> Plan:
    plan = Plan()
    for tally in asked.questions:
        source = Source(tally.source, node=tally.source_node)
        target = Target(tally.target, "pod", tally.target, node=tally.target_node)
        tries = 100 if tally.id in asked.sampled else 1
        ends = tally.id, tally.source, tally.target
        probe = Probe(*ends, "pod_to_pod_cross_node", protocol or tally.protocol, "IPv4", "10.0.0.1", 80, tries=tries)
        plan.questions.setdefault(source.id, []).append(Question(source, None, target, NOTHING, probe, expected))
    return plan


def answers(questions: t.Iterable[Question], rate: t.Callable[[Question], float], generator: random.Random):
    """What comes back, by source."""
    found: dict[str, list[Answer]] = {}
    for question in questions:
        tries = question.probe.tries
        lost = [place for place in range(tries) if generator.random() < rate(question)]
        answer = Answer(question.probe.id, "open" if len(lost) < tries else "timeout")
        if tries > 1:
            answer = dataclasses.replace(
                answer,
                sent=tries,
                received=tries - len(lost),
                askings=({"open": tries - len(lost), "timeout": len(lost)},),
                lost=tuple((place, 1) for place in lost),
            )
        found.setdefault(question.source.id, []).append(answer)
    return [SourceReport(source, answers=tuple(came)) for source, came in found.items()]


def run(plan: Plan, rate: t.Callable[[Question], float]) -> tuple[counting.Counting, list[SourceReport], int]:
    """Let the stage ask until it is done; return it, what is known then, and how many rounds that took."""
    generator = random.Random(5)
    stage = counting.Counting(FACTS)
    reports, last, rounds = answers(plan, rate, generator), list[SourceReport](), 0
    while (further := stage.further(plan, reports, last)) is not None:
        rounds += 1
        last = answers(further.questions, rate, generator)
        came = {report.source: report for report in last}
        reports = [further.combine(each, came[each.source]) if each.source in came else each for each in reports]
    return stage, reports, rounds


def lossy_pair(question: Question) -> float:
    pair = {question.source.node, question.target.node} == {"n0", "n1"}
    return 0.1 if pair and question.probe.protocol == "icmp" else 0.0


def test_a_pair_of_nodes_that_loses_packets_is_found_and_its_answers_keep_the_counts():
    plan = plan_of(Cluster(4))
    stage, reports, rounds = run(plan, lossy_pair)
    (fault,) = stage.faults
    assert (fault.kind, fault.names) == Group("pair", ("n0", "n1"))
    assert rounds <= 3
    known = {answer.id: answer for report in reports for answer in report.answers}
    assert all(known[id_].outcome == "open" and known[id_].sent > known[id_].received for id_ in fault.ids)
    assert all(len(known[id_].askings) >= 2 for id_ in fault.ids)
    assert len(known) == plan.cells


def test_a_network_without_losses_is_asked_nothing_more():
    stage, _reports, rounds = run(plan_of(Cluster(4)), lambda _question: 0.0)
    assert (stage.faults, rounds) == ([], 0)


def test_what_need_not_be_answered_is_not_counted():
    denied = plan_of(Cluster(4), Expectation("deny", "closed by a policy"))
    assert run(denied, lossy_pair)[2] == 0
    for protocol in ("udp", "mtu", "dns"):
        assert run(plan_of(Cluster(4), protocol=protocol), lambda _question: 0.2)[2] == 0


def test_a_service_has_as_many_endpoints_as_a_connection_may_reach():
    models = ["pod_to_service", "pod_to_headless", "pod_to_pod_cross_node"]
    asked = list(make(FACTS, selection.select(FACTS, None, None), models, Options(("tcp",))))
    services = [question for question in asked if question.about.service and not question.about.service.headless]
    assert {counting.endpoints(question, FACTS) for question in services} == {1, 2}
    assert {counting.endpoints(question, FACTS) for question in asked if question not in services} <= {1}
    two = next(question for question in services if counting.endpoints(question, FACTS) == 2)
    sticky = dataclasses.replace(two.about.service, session_affinity="ClientIP")
    about = dataclasses.replace(two.about, service=sticky)
    assert counting.endpoints(dataclasses.replace(two, about=about), FACTS) == 1
    assert intermittent.WHOLE["connections"] >= intermittent.PER_ENDPOINT * 2


def test_an_application_that_is_slow_loses_nothing():
    asked = Cluster(nodes=3)
    layout = plan_of(asked, protocol="http")

    def said(**fields: t.Any) -> list[SourceReport]:
        found: dict[str, list[Answer]] = {}
        for place, question in enumerate(layout):
            slow = place % 3 == 0
            answer = Answer(question.probe.id, "http_200", 5.0)
            answer = Answer(question.probe.id, "timeout", **fields) if slow else answer
            again = ({"timeout": 3}, {"http_200": 1}) if slow else ()
            found.setdefault(question.source.id, []).append(dataclasses.replace(answer, askings=again))
        return [SourceReport(name, answers=tuple(each)) for name, each in found.items()]

    assert counting.Counting(FACTS).further(layout, said(), ())
    assert counting.Counting(FACTS).further(layout, said(request="taken"), ()) is None
    assert counting.Counting(FACTS).further(layout, said(phases={"connect": 0.2}), ()) is None
