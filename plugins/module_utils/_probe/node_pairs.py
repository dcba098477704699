# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which Pods send many packets to one another, so that what is lost between nodes is counted. Pure.

Each node asks and is asked by two others, the next ones on a ring: all pairs of a thousand nodes are a million, and
these are two thousand.
"""

from __future__ import annotations

import typing as t

from .._snapshot.facts import family
from .._snapshot.model import Pod
from .types import Source

PACKETS = 100  #: from one Pod to another
PARTNERS = 2  #: nodes that each node asks at least, and is asked by


class NodePair(t.NamedTuple):
    """A Pod that sends packets to a Pod on another node."""

    source: Source
    pod: Pod
    family: str
    address: str  #: of the Pod, in this family


def sampled(
    sources: t.Iterable[Source], pods: t.Iterable[Pod], order: t.Callable[[str], t.Any]
) -> tuple[list[NodePair], list[str]]:
    """Return who asks whom, and the nodes that nobody can ask or that can ask nobody.

    Args:
        sources: containers, each with its Pod's node and addresses; at most one of each node asks.
        pods: that may be asked; those in their node's own network, and those that do not run, are left out.
        order: where a name stands on the ring (C(Sample.order)).
    """
    asking: dict[str, Source] = {}
    for source in sorted(sources, key=lambda source: order(source.id)):
        if source.kind == "pod" and source.node and source.addresses and not source.unusable:
            asking.setdefault(source.node, source)
    there: dict[str, list[Pod]] = {}
    in_host_network = set()
    for pod in sorted(pods, key=lambda pod: order(pod.id)):
        if pod.host_network:
            in_host_network.add(pod.id)
        elif pod.node and pod.ips and pod.phase == "Running" and not pod.deleting:
            there.setdefault(pod.node, []).append(pod)
    asking = {node: one for node, one in asking.items() if f"{one.namespace}/{one.pod}" not in in_host_network}
    ring = sorted({*asking, *there}, key=order)
    crossing = {
        *_steps(ring, asking, there),
        *((other, node) for node, other in _steps(ring[::-1], there, asking)),
    }
    places = {node: place for place, node in enumerate(ring)}
    chosen = list[NodePair]()
    for node, other in sorted(crossing, key=lambda pair: (places[pair[0]], places[pair[1]])):
        # Those that ask the same node ask different Pods of it, where it has several.
        pod = there[other][places[node] % len(there[other])]
        families = [family(address) for address in asking[node].addresses]
        chosen += [
            NodePair(asking[node], pod, family(address), address) for address in pod.ips if family(address) in families
        ]
    met = {node for pair in chosen for node in (pair.source.node, pair.pod.node)}
    return chosen, [node for node in ring if node not in met]


def _steps(ring: t.Sequence[str], begin: t.Container[str], end: t.Container[str]) -> t.Iterator[tuple[str, str]]:
    """From each node of one kind to the next ones of another kind."""
    for place, node in enumerate(ring):
        if node in begin:
            others = (ring[(place + step) % len(ring)] for step in range(1, len(ring)))
            near = (other for other in others if other in end)
            yield from ((node, other) for other, _turn in zip(near, range(PARTNERS)))  # noqa: B905 - not in Python 3.9
