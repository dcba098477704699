# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a question is asked beside."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.controls import Controls, apart
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.tallies import Group, Tally


def tally(id_: int, source_node: str, target: str, target_node: str = "", **fields: t.Any) -> Tally:
    counts = {"protocol": "tcp", "sent": 20, "lost": 0, **fields}
    return Tally(id_, f"pod-on-{source_node}", target, source_node=source_node, target_node=target_node, **counts)


ASKED = tally(1, "n0", "a", "n1", lost=3)
BESIDE = [
    tally(2, "n0", "b", "n1"),  # another Pod of that node
    tally(3, "n0", "c", "n2"),  # another node
    tally(4, "n3", "a", "n1"),  # from another node
    tally(5, "n3", "c", "n2"),
    tally(6, "n4", "d", "n5"),
]


def test_controls_differ_in_one_respect_each():
    assert [each.id for each in Controls([ASKED, *BESIDE], ()).of(ASKED)] == [4, 2, 3]
    assert [each.id for each in Controls([ASKED, *BESIDE[3:]], ()).of(ASKED)] == [5]
    assert Controls([ASKED], ()).of(ASKED) == []


def test_what_is_doubtful_by_itself_is_no_control():
    doubtful = [Group("target", ("a",)), Group("node", ("n3",))]
    assert [each.id for each in Controls([ASKED, *BESIDE], doubtful).of(ASKED)] == [2, 3, 6]
    everything = [Group("target", (name,)) for name in "abcd"]
    assert [each.id for each in Controls([ASKED, *BESIDE[:2]], everything).of(ASKED)] == [2, 3]


def test_of_two_controls_the_calmer_is_taken_and_then_that_of_the_same_protocol():
    two = [tally(2, "n0", "b", "n1", lost=1), tally(7, "n0", "e", "n1", protocol="http"), tally(8, "n0", "f", "n1")]
    assert [each.id for each in Controls([ASKED, *two], ()).of(ASKED)] == [8]
    assert [each.id for each in Controls([ASKED, *two[:2]], ()).of(ASKED)] == [7]


def test_questions_are_chosen_that_have_little_in_common_those_with_losses_first():
    asked = [ASKED, tally(2, "n0", "a", "n1"), tally(3, "n3", "a", "n1"), tally(4, "n3", "a", "n1", lost=1)]
    assert [each.id for each in apart(asked, 2)] == [1, 4]
    assert [each.id for each in apart(asked, 9)] == [1, 4, 2, 3]
