# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule does grows with the cluster, not with its square: counted in lines that run, on no clock."""

from __future__ import annotations

import collections
import sys
import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import engine
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Candidate, Rule
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import large

#: The smaller one; the larger one has twice as much of everything.
SMALL = {"many namespaces": large.Size(20, 600, 600), "one namespace": large.Size(20, 600, 600, spread=1000)}
OURS = "/plugins/module_utils/"  #: what is counted
REST = "what the engine does with the candidates"
MOST = 2.6  #: times as many lines for twice as much; a square is 4
FEW = 20_000  #: lines that a bounded search may add


class Lines:
    """Counts the lines that run, by the rule that they run for."""

    def __init__(self) -> None:
        self.by_rule: collections.Counter[str] = collections.Counter()
        self.rule = REST

    def __enter__(self) -> Lines:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: types.FrameType, event: str, _arg: t.Any) -> t.Any:
        if OURS not in frame.f_code.co_filename:
            return None
        if event == "line":
            self.by_rule[self.rule] += 1
        return self._trace

    def of(self, rule: Rule) -> Rule:
        """The rule, with what runs for it counted as its own; so is asking its candidates about cells."""

        def find(case: Case) -> t.Iterator[Candidate]:
            self.rule = rule.code
            yield from rule.find(case)
            self.rule = REST

        return Rule(rule.code, rule.title, rule.needs, find)


def lines(size: large.Size) -> collections.Counter[str]:
    """The lines that a diagnosis of a cluster runs."""
    seen = large.snapshot(size)
    case = Case(seen, large.report(size, seen))
    counts = Lines()
    with counts:
        found = engine.diagnose(case, [counts.of(rule) for rule in RULES])
    assert found.findings
    assert not found.unexplained
    return counts.by_rule


@pytest.mark.parametrize("shape", SMALL)
def test_twice_the_cluster_is_twice_the_work(shape: str):
    small = SMALL[shape]
    before = lines(small)
    after = lines(large.Size(small.nodes * 2, small.pods * 2, small.cells * 2, small.spread))
    too_many = {
        rule: f"{before[rule]:,} lines, and {after[rule]:,} for twice as much"
        for rule in after
        if after[rule] > MOST * before[rule] + FEW
    }
    assert not too_many
