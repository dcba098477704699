# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow-ups on their way: who asks, what travels, what comes back, and when no more is asked."""

from __future__ import annotations

import dataclasses
import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Place
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups import choice as follow_ups
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.records import FollowUp
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.plan import Plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.questions import NOTHING, Question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Answer,
    Cell,
    Probe,
    Source,
    SourceReport,
    Target,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.follow_up_rounds import FollowUpRounds, seen
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import scenes
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis.scenes import CLIENT, SERVICE, WEB
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report.scenes import RUN

ASKER = Source(f"{CLIENT.id}/client", CLIENT.namespace, CLIENT.name, "client", node="w1", addresses=CLIENT.ips)
POD = ObjectRef("Pod", WEB[0].name, "shop")


class Session:
    """A session in which the client has asked, and everything refuses what is asked further."""

    def __init__(self, *nodes: str, image: str = "") -> None:
        target = Target("t", "service", "web", "shop", 80)
        probe = Probe(1, ASKER.id, "t", "pod_to_service", "tcp", "IPv4", "10.96.119.196", 80)
        self.plan = Plan({ASKER.id: [Question(ASKER, CLIENT, target, NOTHING, probe)]})
        places = {name: Place("node", "kube-system", "proxy", "proxy", name) for name in nodes}
        self.vantage = types.SimpleNamespace(
            pods=types.SimpleNamespace(image=image), nodes=types.SimpleNamespace(place_for=places.get)
        )
        self.asked: list[Plan] = []
        self.alone = False
        self.outcome = "refused"

    def ask_beside(self, plan: Plan, seconds: float) -> list[SourceReport]:
        assert 0 < seconds <= follow_ups.SECONDS
        self.asked.append(plan)
        return [
            SourceReport(
                source.id,
                "container",
                runner="python",
                listens=("0.0.0.0#8081",),
                answers=tuple(Answer(probe.id, self.outcome, 0.4) for probe in probes),
            )
            for source, probes in plan.by_source()
        ]


def rounds_of(session: Session, report: scenes.Report | None = None) -> FollowUpRounds:
    """Ask what a report of a Service that refuses gives rise to."""
    told = (report or scenes.broken_service()).document()
    rounds = FollowUpRounds(Facts(scenes.snapshot()), lambda _session: told)
    rounds(t.cast(t.Any, session))
    return rounds


def plan_of(session: Session, *wanted: FollowUp) -> Plan:
    plan, _asked = FollowUpRounds(Facts(scenes.snapshot()), lambda _session: {})._plan(wanted, t.cast(t.Any, session))
    return plan


def test_what_is_chosen_is_asked_and_answers_are_kept_with_their_questions():
    rounds = rounds_of(session := Session())
    assert 1 <= len(session.asked) <= follow_ups.ROUNDS
    assert {each.question.kind for each in rounds.answers} == {"endpoint", "listeners"}
    sockets = [each for each in rounds.answers if each.question.kind == "listeners"]
    assert [each.listens for each in sockets] == [("0.0.0.0#8081",)] * 2
    assert {each.listens for each in rounds.answers if each.question.kind == "endpoint"} == {()}
    numbers = sorted(number for plan in session.asked for number in plan.by_id)
    assert numbers == list(range(2, 2 + len(rounds.answers)))  # 1 is a question of the run
    (first, *_others) = rounds.answers
    assert (first.source, first.asked, first.outcome, first.level) == (
        ASKER.id,
        "10.244.1.8:8080",
        "refused",
        "container",
    )
    assert (first.author, first.says) == ("peer", "10.244.1.8:8080: refused")


def test_they_are_in_a_report_that_keeps_to_its_schema():
    told = [each.to_dict() for each in rounds_of(Session()).answers]
    built = document.build(RUN, [], [], [], requests={"api": 1}, follow_ups=told)
    assert document.loads(document.dumps(built))["follow_ups"] == told


def test_nothing_is_asked_where_nothing_fails():
    report = scenes.Report()
    report.ask((SERVICE, 80))
    session = Session()
    assert not rounds_of(session, report).answers
    assert not session.asked


def test_no_more_is_asked_once_there_is_no_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(follow_ups, "SECONDS", 0.0)
    assert not rounds_of(session := Session()).answers
    assert not session.asked


def test_hosts_outside_that_are_alone_ask_nothing_further():
    session = Session()
    session.alone = True
    assert not rounds_of(session).answers


PROBE = FollowUp("kubelet_probe", POD, "http", WEB[0].ips[0], 8080, "/healthz", askers=("node/w1", WEB[0].id))


@pytest.mark.parametrize(
    ("session", "source", "model"),
    [
        (Session("w1"), "node/w1", "node_to_pod"),
        (Session(image="debug"), "node/w1", "node_to_pod"),
        (Session(), f"{WEB[0].id}/web", "container_to_container"),
    ],
    ids=["a Pod in the node's network", "a Pod of ours", "nothing on the node"],
)
def test_the_first_asker_that_can_asks(session: Session, source: str, model: str):
    (question,) = plan_of(session, PROBE)
    assert (question.source.id, question.probe.model) == (source, model)
    assert (question.probe.host, question.probe.path, question.probe.via) == ("10.244.1.8", "/healthz", "follow-up")


def test_a_pod_asks_its_loopback_address_as_itself():
    (question,) = plan_of(Session(), FollowUp("listeners", POD, "tcp", "127.0.0.1", 8080, askers=(WEB[0].id,)))
    assert question.asks_itself
    assert question.target.id == f"pod/{WEB[0].id}:8080"


def test_what_cannot_travel_or_has_nobody_to_ask_is_left_out():
    strange = dataclasses.replace(PROBE, path="/a b", askers=(ASKER.id,))
    nobody = dataclasses.replace(PROBE, askers=("node/w9", "shop/gone"))
    assert not list(plan_of(Session(), strange, nobody))


def test_what_was_seen_so_far_is_what_rules_read():
    report = SourceReport(ASKER.id, "container", listens=("::#80",))
    cell = Cell(
        1, ASKER.id, "t", "pod_to_service", "tcp", "IPv4", "address", "web:80", "open", "allow", "", "", "pass", ""
    )
    parts = seen({"options": {}}, Session().plan, [report], [cell])
    assert parts["sources"][ASKER.id]["listens"] == ["::#80"]
    assert (list(parts["targets"]), parts["cells"][0]["id"]) == (["t"], 1)
