# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which questions of a plan send many packets, so that what is lost between nodes is counted. Pure.

Each node asks and is asked by two others, the next ones on a ring: all pairs of a thousand nodes are a million, and
these are two thousand. No question is added: those that the plan has between Pods of two nodes are asked more often.
"""

from __future__ import annotations

import heapq
import typing as t

from .. import _words
from .questions import Question

PACKETS = 100  #: from one node to another
_ASKING = 8  #: Pods of a node, with different images, that share the packets: not every image has the means to ask
_LEAST = 25  #: packets of each, so that all of them send twice as many where all can
PARTNERS = 2  #: nodes that each node asks at least, and is asked by

Pair = tuple[str, str]  #: the node that asks, and the one that is asked


def chosen(questions: t.Iterable[Question], order: t.Callable[[str], t.Any]) -> list[tuple[Question, int]]:
    """Return the questions that count, some for each pair of nodes and family, with the packets that each sends.

    Args:
        questions: of a plan, with what must happen.
        order: where a name stands on the ring (C(Sample.order)).
    """
    there: dict[Pair, dict[str, list[Question]]] = {}
    for question in questions:
        if _counts_packets(question):
            pair = question.source.node, question.target.node
            there.setdefault(pair, {}).setdefault(question.probe.family, []).append(question)
    ring = sorted({node for pair in there for node in pair}, key=order)
    crossing = {
        *_steps(ring, there),
        *((node, other) for other, node in _steps(ring[::-1], {(other, node) for node, other in there})),
    }
    places = {node: place for place, node in enumerate(ring)}
    return [
        each
        for node, other in sorted(crossing, key=lambda pair: (places[pair[0]], places[pair[1]]))
        for _family, asking in sorted(there[node, other].items())
        for each in _shared(asking, places[other])
    ]


def _shared(asking: t.Sequence[Question], turn: int) -> t.Iterator[tuple[Question, int]]:
    """Let sources with different images share the packets of a pair, each to another Pod if there are several."""
    by_image: dict[str, list[Question]] = {}
    for question in asking:
        by_image.setdefault(question.source.image or question.source.id, []).append(question)
    some = list(by_image.values())[:_ASKING]
    packets = min(PACKETS, max(_LEAST, -(-2 * PACKETS // len(some))))
    for place, questions in enumerate(some):
        yield questions[(turn + place) % len(questions)], packets


def _counts_packets(question: Question) -> bool:
    """Tell whether a question is one of a Pod to a Pod on another node, whose packets must all be answered."""
    probe, source, target = question.probe, question.source, question.target
    in_host_network = any(pod is not None and pod.host_network for pod in (question.pod, question.about.pod))
    return (
        probe.protocol == "icmp"
        and question.expected.decision == "allow"
        and "pod" == source.kind == target.kind
        and bool(source.node and target.node and source.node != target.node)
        and not (probe.skip or source.unusable or in_host_network or _words.MODELS[probe.model].within_pod)
    )


def _steps(ring: t.Sequence[str], there: t.Iterable[Pair]) -> t.Iterator[Pair]:
    """From each node to the next ones that it may ask."""
    places, asked = {node: place for place, node in enumerate(ring)}, dict[str, list[int]]()
    for node, other in there:
        asked.setdefault(node, []).append((places[other] - places[node]) % len(ring))
    for node, distances in asked.items():
        for distance in heapq.nsmallest(PARTNERS, distances):
            yield node, ring[(places[node] + distance) % len(ring)]
