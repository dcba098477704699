# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all askings of a question came to."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import tallies
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.tallies import Group, Tally
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, Source, Target


def tally(id_: int, target: str, sent: int, lost: int, **fields: t.Any) -> Tally:
    nodes = {"source_node": "n0", "target_node": "n1", **fields}
    return Tally(id_, "s", target, nodes.pop("protocol", "icmp"), sent=sent, lost=lost, **nodes)


def of(protocol: str = "icmp", **fields: t.Any) -> Tally | None:
    probe = Probe(7, "s", "t", "m", protocol, "IPv4", "10.0.0.1", 80)
    answer = Answer(7, **{"outcome": "open", **fields})
    source, target = Source("s", node="n0"), Target("t", "pod", "t", node="n1")
    return tallies.of_answer(probe, source, target, answer, endpoints=3)


def test_an_answer_is_counted_with_the_rows_of_its_losses():
    expected = Tally(7, "s", "t", "icmp", "n0", "n1", 100, 5, (1, 4), 3)
    assert of(sent=100, received=95, lost=((3, 1), (40, 4))) == expected
    assert of(sent=100, received=94, lost=((3, 1), (40, 4))).runs == (), "rows of a part of the losses say nothing"
    assert of("http", outcome="http_503").lost == 0, "the path carried it"
    assert (of("tcp", outcome="refused").sent, of("tcp", outcome="refused").lost) == (1, 1)


@pytest.mark.parametrize("word", ["probe_error", "not_applicable", "dns_nxdomain"])
def test_what_says_nothing_of_the_path_is_not_counted(word):
    assert of(outcome=word) is None


def test_what_was_never_sent_is_no_asking():
    assert tallies.askings(Answer(1, "probe_error")) == tallies.askings(Answer(1, "not_applicable")) == ()
    assert tallies.askings(Answer(1, "dns_timeout")) == ({"dns_timeout": 1},)


def test_a_name_that_was_not_resolved_at_first_is_no_loss_of_the_path():
    several = ({"dns_timeout": 1}, {"timeout": 1}, {"open": 1})
    assert (of("tcp", askings=several).sent, of("tcp", askings=several).lost) == (2, 1)


def test_a_connection_that_took_a_second_syn_lost_its_first():
    tally = of("tcp", sent=60, received=58, resent=17)
    assert (tally.sent, tally.lost) == (60, 19)
    assert of("tcp", resent=1).lost == 1


def test_askings_of_an_answer():
    assert tallies.askings(Answer(1, "timeout")) == ({"timeout": 1},)
    several = ({"timeout": 1}, {"open": 45, "timeout": 5})
    assert tallies.askings(Answer(1, "open", askings=several)) == several


def test_an_answer_keeps_the_counts_of_each_asking():
    first = Answer(1, "open", sent=2, received=1, askings=({"timeout": 1}, {"open": 1}))
    again = Answer(1, "open", sent=50, received=45, askings=({"open": 45, "timeout": 5},), lost=((3, 5),))
    both = tallies.counted(first, again)
    assert (both.sent, both.received, both.lost) == (52, 46, ((3, 5),))
    assert both.askings == ({"timeout": 1}, {"open": 1}, {"open": 45, "timeout": 5})
    assert tallies.counted(Answer(1, "open", ms=3.0), Answer(1, "refused")) == Answer(
        1, "open", ms=3.0, sent=2, received=1, askings=({"open": 1}, {"refused": 1})
    )
    assert tallies.counted(first, Answer(1, "probe_error")) == first


def test_merged_tallies_keep_the_losses_of_each():
    one = tallies.merged([tally(1, "a", 4, 1)], [tally(1, "a", 10, 5, runs=(3, 2)), tally(2, "b", 1, 0)])
    assert one == [tally(1, "a", 14, 6, runs=(1, 3, 2)), tally(2, "b", 1, 0)]


def test_what_it_may_be_that_loses():
    pair = (Group("target", ("a",)), Group("pair", ("n0", "n1")), Group("node", ("n0",)), Group("node", ("n1",)))
    assert tally(1, "a", 1, 0).groups == pair
    assert tally(1, "a", 1, 0, source_node="n1").groups == (Group("target", ("a",)), Group("pair", ("n1",)))
    assert tally(1, "a", 1, 0, target_node="").groups == (Group("target", ("a",)), Group("node", ("n0",)))
    assert [group.place for group in pair] == ["of target a", "between nodes n0 and n1", "of node n0", "of node n1"]
    assert Group("pair", ("n1",)).place == "within node n1"


def test_packets_that_are_lost_in_a_row_count_once():
    assert tallies.summed([tally(1, "a", 100, 40, runs=(40,)), tally(2, "b", 100, 2)]) == (3, 161)
    assert tallies.summed([tally(1, "a", 50, 20, protocol="tcp", runs=(20,))]) == (20, 50)


def test_where_a_machine_stood_still_its_questions_count_it_once():
    stalled = [tally(number, "a", 100, 41, runs=(40, 1)) for number in range(3)]
    assert tallies.summed(stalled) == (6, 183)
    assert tallies.summed_of_one(stalled) == (4, 181)
