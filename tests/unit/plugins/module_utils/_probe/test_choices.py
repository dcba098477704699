# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user expects, samples of big clusters, and runs of less than everything."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _question_key as question_key
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import UNBOUNDED, Bounds, Earlier
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample import Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.user_expectations import UserExpectations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

TCP = Options(("tcp",))


def judged(outcomes, wanted):
    """Every Pod asks every other; C(outcomes) by source, the others are open."""
    facts = Facts(cluster.snapshot(services=[], endpoint_slices=[]))
    layout = plan.make(
        facts, selection.select(facts, None, None), ["pod_to_pod_same_node", "pod_to_pod_cross_node"], TCP
    )
    reports = [
        SourceReport(name, answers=tuple(Answer(probe.id, outcomes.get(name, "open"), 1.0) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    wishes = UserExpectations(wanted)
    return matrix.judge(expectation.assign(layout, facts, wishes), reports), wishes


@pytest.mark.parametrize(
    ("sender", "receiver", "denied"),
    [
        ({"pod": "web-1"}, {"pod": "db-1"}, {("web-1", "db-1")}),
        ({"label_selector": "app=web"}, {"port": 5432}, {("web-1", "db-1"), ("web-2", "db-1")}),
        ({"on_node": "w2"}, {}, {("web-2", "web-1"), ("web-2", "db-1")}),
        ({"node": "w1"}, {}, set()),
        ({"outside": True}, {}, set()),
        ({"namespace": "other"}, {}, set()),
        ({}, {"service": "*"}, set()),
    ],
)
def test_an_expectation_of_the_user_is_about_whom_it_names(sender, receiver, denied):
    cells, wishes = judged({}, [{"expect": "deny", "from": sender, "to": receiver, "reason": "PCI"}])
    found = {
        (cell.source.split("/")[1], cell.target.split("/")[2].split(":")[0])
        for cell in cells
        if cell.expectation == "deny"
    }
    assert found == denied
    assert {cell.verdict for cell in cells if cell.expectation == "deny"} <= {"unexpected_open"}
    assert {cell.decided_by for cell in cells if cell.expectation == "deny"} <= {"expectations, entry 1"}
    assert bool(wishes.unmatched()) is not bool(denied)


MACHINES = [Source(f"outside/{name}", kind="outside", addresses=("198.51.100.7",)) for name in ("controller", "office")]


def from_outside(wanted, chosen=None, outcomes=()):
    """Every machine outside asks every node port."""
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, chosen, None, {"outside"}, (), MACHINES)
    layout = plan.make(facts, selected, ["outside_to_nodeport"], TCP)
    reports = [
        SourceReport(name, answers=tuple(Answer(probe.id, dict(outcomes).get(name, "open")) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(expectation.assign(layout, facts, UserExpectations(wanted)), reports)


@pytest.mark.parametrize(
    ("sender", "denied"),
    [
        ({"outside": True}, {"outside/controller", "outside/office"}),
        ({"outside_host": "*"}, {"outside/controller", "outside/office"}),
        ({"outside_host": "office"}, {"outside/office"}),
        ({"outside_host": "home"}, set()),
        ({"node": "*"}, set()),
        ({}, {"outside/controller", "outside/office"}),
    ],
)
def test_the_outside_is_named_as_a_whole_or_one_machine_of_it(sender, denied):
    cells = from_outside([{"expect": "deny", "from": sender}])
    assert {cell.source for cell in cells if cell.expectation == "deny"} == denied
    assert len({cell.source for cell in cells}) == 2


def test_what_one_machine_outside_may_not_reach_another_proves_alive():
    deny = [{"expect": "deny", "from": {"outside_host": "office"}}]
    cells = from_outside(deny, outcomes={"outside/office": "timeout"})
    by_source = {cell.source: (cell.verdict, "control" in cell.evidence) for cell in cells}
    assert by_source == {"outside/controller": ("pass", False), "outside/office": ("pass", True)}
    alone = from_outside(deny, [{"outside_host": "office"}], {"outside/office": "timeout"})
    assert {cell.verdict for cell in alone} == {"unknown"}


@pytest.mark.parametrize(
    ("chosen", "asking"),
    [
        (None, {"outside/controller", "outside/office"}),
        ([{"outside": True}], {"outside/controller", "outside/office"}),
        ([{"outside_host": "*"}], {"outside/controller", "outside/office"}),
        ([{"outside_host": "office"}], {"outside/office"}),
    ],
)
def test_sources_outside_are_chosen_by_name(chosen, asking):
    assert {cell.source for cell in from_outside([], chosen)} == asking


def test_a_machine_outside_that_is_not_there_is_an_error():
    with pytest.raises(SelectionError, match="there is no outside_host 'home'; outside has controller, office"):
        from_outside([], [{"outside_host": "home"}])


def test_a_sample_asks_everybody_outside():
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, None, None, {"pod", "outside"}, (), MACHINES)
    layout = plan.make(facts, selected, ["outside_to_nodeport"], TCP, Bounds(Sample("ring", 1)))
    assert set(layout.probes) == {machine.id for machine in MACHINES}
    assert len(set(map(len, layout.probes.values()))) == 1


def test_the_last_expectation_counts_and_a_deny_needs_somebody_who_gets_an_answer():
    deny = {"expect": "deny", "to": {"pod": "db-1"}}
    cells, _wishes = judged({"shop/web-2/app": "timeout"}, [deny, {"expect": "allow", "from": {"pod": "web-1"}}])
    to_db = {cell.source: (cell.expectation, cell.verdict) for cell in cells if "db-1" in cell.target}
    assert to_db == {"shop/web-1/app": ("allow", "pass"), "shop/web-2/app": ("deny", "pass")}
    cells, _wishes = judged({"shop/web-2/app": "timeout", "shop/web-1/app": "timeout"}, [deny])
    assert {cell.verdict for cell in cells if "db-1" in cell.target} == {"unknown"}


def test_a_selector_that_is_none_is_named():
    with pytest.raises(SelectionError, match="expectations, entry 1: label_selector: 'a b' is not"):
        judged({}, [{"expect": "deny", "from": {"label_selector": "a b"}}])


def layout_of(bounds=UNBOUNDED, **lists):
    facts = Facts(cluster.snapshot(**lists))
    return plan.make(
        facts, selection.select(facts, None, None), ["pod_to_pod_same_node", "pod_to_service"], TCP, bounds
    )


def test_a_limit_is_kept_by_every_source_and_what_is_left_out_is_counted():
    layout, smaller = layout_of(), layout_of(Bounds(limit=10))
    assert smaller.cells <= 10
    assert list(smaller.probes) == list(layout.probes)
    left = {item.what: item.reason for item in smaller.not_tested}
    assert sum(int(what.split()[0]) for what in left if "cells of" in what) == layout.cells - smaller.cells
    assert f"O(limit) is 10 and the run would have had {layout.cells} cells" in left.values()
    assert layout_of(Bounds(limit=layout.cells)) == layout


def test_a_limit_takes_questions_from_all_that_a_source_asks():
    layout, smaller = layout_of(), layout_of(Bounds(limit=10))
    for name, probes in layout.probes.items():
        keys = [question_key.key(probe) for probe in probes]
        places = [keys.index(question_key.key(probe)) for probe in smaller.probes[name]]
        assert places == sorted(places)
        assert places[-1] >= len(probes) / 2


def test_what_no_bound_lets_pass_is_never_in_the_plan():
    layout = layout_of(Bounds(narrow=lambda question: question if question.about.pod else None))
    assert {question.target.kind for question in layout} == {"pod"}
    assert set(layout.targets) == {question.probe.target for question in layout}
    assert [probe.id for probes in layout.probes.values() for probe in probes] == list(range(1, layout.cells + 1))


def test_only_what_failed_is_asked_again_with_its_control():
    layout = layout_of()
    probes = [probe for asked in layout.probes.values() for probe in asked]

    def cell(probe, verdict, **evidence):
        names = ("id", "source", "target", "model", "protocol", "family", "via")
        return {**{name: getattr(probe, name) for name in names}, "verdict": verdict, "evidence": evidence}

    bad, denied, control, good = probes[:4]
    gone = cell(bad, "unknown") | {"id": 99, "source": "shop/gone-1/app"}
    cells = [
        cell(bad, "fail"),
        cell(denied, "pass", control=control.id),
        cell(control, "pass"),
        cell(good, "pass"),
        gone,
    ]
    kept = layout_of(Bounds(earlier=Earlier({"cells": cells})))
    assert [question_key.key(question.probe) for question in kept] == [question_key.key(one) for one in (bad, control)]
    assert kept.not_tested[-1].what == "1 cells of the earlier run that were not well"
    fewer = layout_of(Bounds(earlier=Earlier({"cells": cells[:4]}), limit=1))
    assert fewer.not_tested[-1].reason == "O(limit) is 1 and the run would have had 2 cells"
    assert not any("earlier run" in item.what for item in fewer.not_tested)
    with pytest.raises(SelectionError, match="nothing in it failed"):
        layout_of(Bounds(earlier=Earlier({"cells": [cell(good, "pass")]})))
    with pytest.raises(ValueError, match="it is no report"):
        Earlier({"cells": [{}]})
