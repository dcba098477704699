# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which questions count packets between nodes, on clusters of one node and of a thousand."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import node_pairs
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.questions import About, Question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample import Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Expectation,
    Probe,
    Source,
    Target,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

order = Sample().order
ALLOW = Expectation("allow", "")


def question(number: int, source: Pod, target: Pod, family: str = "IPv4", expected: Expectation = ALLOW) -> Question:
    ends = f"{source.id}/app", f"pod/{target.id}"
    probe = Probe(number, *ends, "pod_to_pod_cross_node", "icmp", family, target.ips[0])
    asking = Source(ends[0], source.namespace, source.name, "app", node=source.node, image=source.name[-1])
    asked = Target(ends[1], "pod", target.name, target.namespace, node=target.node)
    return Question(asking, source, asked, About(pod=target), probe, expected)


def pods(nodes: int, each: int = 1) -> list[Pod]:
    names = [(node, number) for node in range(nodes) for number in range(each)]
    return [Pod("shop", f"pod-{node}-{number}", f"n{node}", ips=(f"10.0.{node}.{number}",)) for node, number in names]


def mesh(there: t.Sequence[Pod], near: int = 1000, **fields: t.Any) -> list[Question]:
    """What all Pods ask those of the next nodes."""
    pairs = [
        (one, other)
        for place, one in enumerate(there)
        for other in there[place + 1 :] + there[:place]
        if one is not other
    ]
    if near < len(there):
        pairs = [
            (one, there[(place + step) % len(there)])
            for place, one in enumerate(there)
            for step in range(-near, near + 1)
            if step
        ]
    return [question(number, *pair, **fields) for number, pair in enumerate(pairs, 1)]


def asked_of(questions: list[Question]) -> list[Question]:
    return [one for one, _packets in node_pairs.chosen(questions, order)]


def partners(chosen: list[Question]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The nodes that each node asks, and those that ask it."""
    asks, asked = collections.defaultdict(set), collections.defaultdict(set)
    for one in chosen:
        asks[one.source.node].add(one.target.node)
        asked[one.target.node].add(one.source.node)
    return asks, asked


@pytest.mark.parametrize(("nodes", "expected"), [(0, 0), (1, 0), (2, 2), (3, 6), (4, 8), (50, 100)])
def test_each_node_asks_two_and_is_asked_by_two(nodes, expected):
    chosen = asked_of(mesh(pods(nodes)))
    assert len(chosen) == len({one.probe.id for one in chosen}) == expected
    asks, asked = partners(chosen)
    assert {len(each) for each in (*asks.values(), *asked.values())} <= {min(2, max(0, nodes - 1))}
    assert len(asks) == len(asked) == (nodes if nodes > 1 else 0)


def test_of_a_sample_each_node_asks_and_is_asked_as_far_as_it_does():
    chosen = asked_of(mesh(pods(1000), near=2))
    asks, asked = partners(chosen)
    assert len(chosen) <= 4 * 1000
    assert all(len(asks[f"n{number}"]) >= 2 and len(asked[f"n{number}"]) >= 2 for number in range(1000))


def test_both_families_are_counted_apart():
    there = pods(2)
    questions = [*mesh(there), *(one.but(id=one.probe.id + 100, family="IPv6") for one in mesh(there))]
    seen = collections.Counter((one.source.node, one.probe.family) for one in asked_of(questions))
    assert seen == dict.fromkeys(itertools.product(("n0", "n1"), ("IPv4", "IPv6")), 1)


@pytest.mark.parametrize(
    ("images", "asking", "packets"), [(1, 1, 100), (2, 2, 100), (3, 3, 67), (4, 4, 50), (8, 8, 25), (10, 8, 25)]
)
def test_pods_with_different_images_share_the_packets_of_their_node(images, asking, packets):
    chosen = node_pairs.chosen(mesh(pods(2, each=images)), order)
    assert len(chosen) == len({(one.source.node, one.source.image) for one, _packets in chosen}) == 2 * asking
    assert {each for _one, each in chosen} == {packets}
    assert len({one.target.id for one, _packets in chosen}) == 2 * asking


@pytest.mark.parametrize(
    "change",
    [
        {"expected": Expectation("deny", "")},
        {"expected": Expectation("unknown", "")},
        {"source": Source("x", kind="node", node="n0")},
        {"source": Source("x", node="n0", unusable="no shell")},
        {"source": Source("x", node="n1")},
        {"source": Source("x")},
        {"pod": dataclasses.replace(pods(1)[0], host_network=True)},
        {"about": About(pod=dataclasses.replace(pods(2)[1], host_network=True))},
        {"probe": Probe(1, "s", "t", "pod_to_pod_cross_node", "tcp", "IPv4", "10.0.1.0", 80)},
        {"probe": Probe(1, "s", "t", "pod_to_pod_cross_node", "icmp", "IPv4", "10.0.1.0", skip="no address")},
    ],
    ids=str,
)
def test_what_says_nothing_of_pods_across_nodes_is_left_out(change):
    one = question(1, *pods(2))
    assert asked_of([one]) == [one]
    assert asked_of([dataclasses.replace(one, **change)]) == []
