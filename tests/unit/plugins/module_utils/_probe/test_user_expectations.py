# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user expects, of whom, and what proves it."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.user_expectations import UserExpectations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.machines import TCP, from_outside


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


def test_the_last_expectation_counts_and_a_deny_needs_somebody_who_gets_an_answer():
    deny = {"expect": "deny", "to": {"pod": "db-1"}}
    cells, _wishes = judged({"shop/web-2/app": "timeout"}, [deny, {"expect": "allow", "from": {"pod": "web-1"}}])
    to_db = {cell.source: (cell.expectation, cell.verdict) for cell in cells if "db-1" in cell.target}
    assert to_db == {"shop/web-1/app": ("allow", "pass"), "shop/web-2/app": ("deny", "pass")}
    silent = {"shop/web-2/app": "timeout", "shop/web-1/app": "timeout"}
    cells, _wishes = judged({**silent, "shop/db-1/app": "timeout"}, [deny])
    assert {cell.verdict for cell in cells if "db-1" in cell.target} == {"unknown"}
    cells, _wishes = judged(silent, [deny])  # it gets answers itself, and would refuse where nothing listens
    assert {cell.verdict for cell in cells if "db-1" in cell.target} == {"pass"}


def test_a_selector_that_is_none_is_named():
    with pytest.raises(SelectionError, match="expectations, entry 1: label_selector: 'a b' is not"):
        judged({}, [{"expect": "deny", "from": {"label_selector": "a b"}}])
