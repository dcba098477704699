# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Pods count packets between nodes, on clusters of one node and of a thousand."""

from __future__ import annotations

import collections
import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import node_pairs
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample import Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

order = Sample().order


def cluster(nodes: int, pods: int = 2, *, dual: bool = False) -> tuple[list[Source], list[Pod]]:
    found = []
    for node in range(nodes):
        for number in range(pods):
            ips = (f"10.{node // 250}.{node % 250}.{number + 1}", *((f"fd00::{node:x}:{number + 1}",) if dual else ()))
            found.append(Pod("shop", f"pod-{node}-{number}", f"n{node}", ips=ips, phase="Running"))
    return [source(pod) for pod in found], found


def source(pod: Pod) -> Source:
    return Source(f"{pod.id}/app", pod.namespace, pod.name, "app", node=pod.node, addresses=pod.ips)


def partners(pairs: list[node_pairs.NodePair]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The nodes that each node asks, and those that ask it."""
    asks, asked = collections.defaultdict(set), collections.defaultdict(set)
    for pair in pairs:
        asks[pair.source.node].add(pair.pod.node)
        asked[pair.pod.node].add(pair.source.node)
    return asks, asked


@pytest.mark.parametrize(("nodes", "expected"), [(0, 0), (1, 0), (2, 2), (3, 6), (4, 8), (1000, 2000)])
def test_each_node_asks_two_and_is_asked_by_two(nodes, expected):
    pairs, missing = node_pairs.sampled(*cluster(nodes), order)
    assert len(pairs) == expected
    assert missing == (["n0"] if nodes == 1 else [])
    asks, asked = partners(pairs)
    others = min(2, max(0, nodes - 1))
    assert {len(each) for each in (*asks.values(), *asked.values())} <= {others}
    assert len(asks) == len(asked) == (nodes if nodes > 1 else 0)
    assert all(pair.source.node != pair.pod.node for pair in pairs)
    assert len({pair.source.id for pair in pairs}) == len(asks), "one exec for each node"


def test_both_families_of_both_ends():
    sources, pods = cluster(3, dual=True)
    pods[0] = dataclasses.replace(pods[0], ips=pods[0].ips[:1])
    pods[1] = dataclasses.replace(pods[1], ips=pods[1].ips[:1])
    pairs, _missing = node_pairs.sampled(sources, pods, order)
    seen = collections.Counter((pair.pod.node, pair.family) for pair in pairs)
    assert seen == {("n0", "IPv4"): 2, **{(node, of): 2 for node in ("n1", "n2") for of in ("IPv4", "IPv6")}}
    assert all((":" in pair.address) == (pair.family == "IPv6") for pair in pairs)


def test_who_cannot_ask_is_asked_all_the_same():
    sources, pods = cluster(6)
    silent = [
        dataclasses.replace(one, unusable="no shell") if one.node in ("n0", "n1", "n2") else one for one in sources
    ]
    asks, asked = partners(node_pairs.sampled(silent, pods, order)[0])
    assert set(asks) == {"n3", "n4", "n5"}
    assert all(len(asked[f"n{number}"]) >= 2 for number in range(6))
    assert sum(map(len, asks.values())) <= 4 * 6


def test_what_says_nothing_of_pods_across_nodes_is_left_out():
    sources, pods = cluster(3, 1)
    pods[0] = dataclasses.replace(pods[0], host_network=True)
    pods[1] = dataclasses.replace(pods[1], phase="Pending")
    sources[1] = dataclasses.replace(sources[1], kind="node")
    assert node_pairs.sampled(sources, pods, order) == ([], ["n2"])


def test_the_order_of_what_is_given_does_not_matter():
    sources, pods = cluster(9)
    assert node_pairs.sampled(sources, pods, order) == node_pairs.sampled(sources[::-1], pods[::-1], order)
