# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bounds a plan: a limit, a narrower question, an earlier run."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _question_key as question_key
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import UNBOUNDED, Bounds, Earlier
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.machines import TCP


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


def test_a_limit_that_is_less_than_one_cell_for_each_source_takes_one_from_as_many_as_it_bears():
    """No source asks nothing as long as the limit has a cell for each, however little it could ask."""
    layout = layout_of()
    sources = len(layout.probes)
    assert sources > 2
    for limit in range(1, layout.cells + 1):
        smaller = layout_of(Bounds(limit=limit))
        assert len(smaller.probes) == min(limit, sources)
        assert min(limit, sources) <= smaller.cells <= limit
        said = [item for item in smaller.not_tested if item.what.startswith("anything from")]
        assert [item.what for item in said] == ([f"anything from {sources - limit} sources"] if limit < sources else [])
        left = [int(item.what.split()[0]) for item in smaller.not_tested if "cells of" in item.what]
        assert smaller.cells + sum(left) == layout.cells
    assert "O(limit) is 1, less than one cell for each of the" in layout_of(Bounds(limit=1)).not_tested[-1].reason


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
    assert kept.not_tested[-1].what == "1 cells of the earlier run that did not pass"
    fewer = layout_of(Bounds(earlier=Earlier({"cells": cells[:4]}), limit=1))
    assert fewer.not_tested[-1].reason == "O(limit) is 1 and the run would have had 2 cells"
    assert not any("earlier run" in item.what for item in fewer.not_tested)
    with pytest.raises(SelectionError, match="nothing in it failed"):
        layout_of(Bounds(earlier=Earlier({"cells": [cell(good, "pass")]})))
    with pytest.raises(ValueError, match="it is no report"):
        Earlier({"cells": [{}]})
