# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Further rounds: new questions get their place in the plan."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, rounds, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def layout() -> plan.Plan:
    facts = Facts(cluster.snapshot())
    return plan.make(facts, selection.select(facts, None, None), ["pod_to_pod_cross_node"], Options(("icmp", "tcp")))


def test_a_new_question_is_numbered_after_all_others_whichever_part_of_the_plan_it_is_added_to():
    whole = layout()
    part = whole.part(list(whole.questions)[:1])
    again, *_others = part
    new = again.but(id=0, tries=800, via="address, 800 tries")
    more, asked = rounds.extended(part, [again, new])
    assert [question.probe.id for question in asked] == [again.probe.id, whole.cells + 1]
    assert more.by_id[whole.cells + 1].probe.tries == 800
    assert part.cells + 1 == more.cells
    assert whole.updated(more).cells == whole.cells + 1
    further, _asked = rounds.extended(more, [new.but(via="address, 900 tries")])
    assert further.last_id == whole.cells + 2


def test_a_changed_question_takes_the_place_of_what_it_was():
    whole = layout()
    first, second, *_others = whole
    more, asked = rounds.extended(whole, [second.but(host="198.51.100.7")])
    assert [question.probe.host for question in asked] == ["198.51.100.7"]
    assert [question.probe.id for question in more] == [question.probe.id for question in whole]
    assert (more.by_id[first.probe.id], more.by_id[second.probe.id].probe.host) == (first, "198.51.100.7")
    assert whole.by_id[second.probe.id] == second
    longer, asked = rounds.extended(whole, [second.but(timeout_ms=60_000, tries=7)])
    assert (asked[0].probe.timeout_ms, asked[0].probe.tries) == (60_000, 7)
    assert longer.by_id[second.probe.id] == second  # whether it is late is judged by what the plan says


def test_a_question_that_no_report_could_tell_from_another_is_refused():
    whole = layout()
    with pytest.raises(ValueError, match="the plan asks this already"):
        rounds.extended(whole, [next(iter(whole)).but(id=0, tries=800)])
