# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How fast sources send their probes, so that no node suffers from them.

A node pays for each new connection: its connection tracking, the rules of kube-proxy, and with some network plugins a
program in user space that is asked about each first packet and loses what comes too fast. A Pod that asks another one
on its node makes a neighbour of it, and the kernel's table of those belongs to the whole node: beyond C(gc_thresh3),
1,024 where nobody raised it, nobody there reaches anybody new (arp(7)). An entry is kept for C(base_reachable_time)
after its last answer, 30 s on average, and nothing drives it out before. These bounds hold whatever the size of the
cluster, and whichever node the probes are about.
"""

from __future__ import annotations

import collections
import heapq
import itertools
import math
import typing as t

from .. import _words
from .._snapshot.facts import is_address
from .types import Probe, Source, Target

PER_SECOND = 600  #: tries of probes that begin in a second, of all sources together
PACKETS_PER_TRY = 2  #: on average, of the first packets of a try: its own one, and those that ask for its name
NDOTS, SEARCH = 5, 4  #: of the resolv.conf of Pods: a name with fewer dots is asked for in so many domains before it is
NEIGHBOURS, WINDOW_S = 200, 5.0  #: new neighbours of a node, of each family, and the seconds in which they come
KEPT, KEPT_S = 320, 30.0  #: neighbours that a node has at the same time, and the seconds for which it has one
EXEC_S = 0.5  #: to start an exec, and to end it
CONTROLLER_S = 0.02  #: of a processor of the machine that opens it; streams share one
LEAST_SHARE = 0.25  #: of an even share of C(PER_SECOND), that a source has where more are waiting

Work = t.Sequence[tuple[Source, list[Probe]]]


class Pace:
    """The pace of a plan's sources.

    Attributes:
        seconds: from one try of a source to its next one, by the source's id.
    """

    def __init__(
        self, work: Work, targets: t.Mapping[str, Target], at_once: int, per_second: float = PER_SECOND
    ) -> None:
        """Reckon it.

        Args:
            work: the sources, and what each asks.
            targets: what is asked, by id.
            at_once: how many sources ask at the same time, in the order of C(mixed).
            per_second: tries that begin in a second, of all sources together.
        """
        self._near = {source.id: _neighbours(source, probes, targets) for source, probes in work}
        counts = {source.id: sum(map(begun, probes)) for source, probes in work}
        # All sources spread what they ask over the same time: so those that ask at once, whichever they are, begin no
        # more tries in a second than all may. Where some have to wait for others, those that ask little end earlier.
        loads = {source.id: load(probes) for source, probes in work}
        least = per_second / at_once * LEAST_SHARE if len(work) > at_once else 0.0
        span = _span(heapq.nlargest(at_once, loads.values()), least, per_second)
        on_node = collections.Counter(source.node for source, _probes in work)
        # In the order of `mixed`, and one more where a source ends a little earlier than those beside it.
        self._at_once = {node: math.ceil(at_once * count / len(work)) + 1 for node, count in on_node.items()}
        slow = self._crowded([source for source, _probes in work])
        self.seconds = {
            source.id: max(
                min(span, loads[source.id] / least) if least else span,
                slow.get(source.node, 0.0),
            )
            / max(1, counts[source.id])
            for source, _probes in work
        }

    def _crowded(self, sources: t.Iterable[Source]) -> dict[str, float]:
        """The nodes on which many neighbours are made, and the seconds that their sources need for it at least."""
        pairs: dict[tuple[str, str], list[set[tuple[str, str]]]] = {}
        for source in sources:
            for family, addresses in self._near[source.id].items():
                own = _own_address(source, family)
                # Who is asked by a neighbour makes one of it as well.
                met = {pair for address in addresses for pair in ((own, address), (address, own))}
                pairs.setdefault((source.node, family), []).append(met)
        needed: dict[str, float] = {}
        for (node, _family), sets in pairs.items():
            met = set[tuple[str, str]]()
            most = len(met.union(*heapq.nlargest(self._at_once[node], sets, key=len)))
            seconds = most * WINDOW_S / NEIGHBOURS if most > NEIGHBOURS else 0.0
            if len(met.union(*sets)) > KEPT:
                seconds = max(seconds, most * KEPT_S / KEPT)
            needed[node] = max(needed.get(node, 0.0), seconds)
        return needed

    def ordered(self, source: Source, probes: t.Sequence[Probe]) -> list[Probe]:
        """A source's probes: those that bring more packets, and those that meet a new neighbour, at even distances.

        Of two Pods, each asks the other at about the same time: by how far they are from one another in a circle of all
        on their node. So a pair is new once.
        """
        near = self._near.get(source.id) or {}
        apart = {family: _apart(_own_address(source, family), addresses) for family, addresses in near.items()}
        groups: dict[tuple[str, str], list[Probe]] = {}
        others: dict[int, list[Probe]] = {}
        for probe in probes:
            if probe.host in near.get(probe.family, ()):
                groups.setdefault((probe.family, probe.host), []).append(probe)
            else:
                others.setdefault(_first_packets(probe), []).append(probe)
        meeting = [groups[family, host] for family, host in sorted(groups, key=lambda key: apart[key[0]][key[1]])]
        single = [[probe] for probe in _evenly(others.values())]
        return list(itertools.chain.from_iterable(_evenly([meeting, single])))


def _span(loads: t.Sequence[float], least: float, per_second: float) -> float:
    """The seconds in which sources of these loads end, where each has a rate of its own or the least one."""
    low, high = sum(loads) / per_second, sum(loads) / max(per_second - least * len(loads), 1e-9)
    for _step in range(30 if least else 0):
        middle = (low + high) / 2
        if sum(max(load / middle, least) for load in loads if middle) > per_second:
            low = middle
        else:
            high = middle
    return high if least else low


def mixed(work: Work) -> Work:
    """The sources in an order in which each stretch of them has as many of a node, for its size, as the whole."""
    by_node: dict[str, list[tuple[Source, list[Probe]]]] = {}
    for item in work:
        by_node.setdefault(item[0].node, []).append(item)
    return _evenly(by_node.values())


T = t.TypeVar("T")


def _evenly(groups: t.Iterable[t.Sequence[T]]) -> list[T]:
    """One list of several, in which the items of each stand in their order and at even distances."""
    placed = [
        ((place + 0.5) / len(items), number, item)
        for number, items in enumerate(groups)
        for place, item in enumerate(items)
    ]
    return [item for _place, _number, item in sorted(placed, key=lambda each: each[:2])]


def begun(probe: Probe) -> int:
    """How many tries of a probe begin something new: pings of one address are one flow, all but the first known."""
    return 1 if _words.PROTOCOLS[probe.protocol].transport == "ICMP" else probe.tries


def load(probes: t.Iterable[Probe]) -> float:
    """How many tries of C(PER_SECOND) the probes of a source count as; what is never sent counts for nothing."""
    tries = packets = 0
    for probe in probes:
        if not probe.skip:
            tries += begun(probe)
            packets += begun(probe) * _first_packets(probe)
    return max(tries, packets / PACKETS_PER_TRY)


def _first_packets(probe: Probe) -> int:
    """How many packets of a try begin something new, as seen by connection tracking."""
    asked = 0 if probe.protocol == "dns" else 1
    if is_address(probe.host):
        return max(1, asked)
    dots = probe.host.count(".")
    return asked + (1 if probe.host.endswith(".") or dots == 0 or dots >= NDOTS else 1 + SEARCH)


def _neighbours(source: Source, probes: t.Iterable[Probe], targets: t.Mapping[str, Target]) -> dict[str, set[str]]:
    """By family, the addresses of Pods on the source's own node that it asks."""
    found: dict[str, set[str]] = {}
    for probe in probes:
        target = targets.get(probe.target)
        if target and target.kind == "pod" and source.node and target.node == source.node and not probe.skip:
            found.setdefault(probe.family, set()).add(probe.host)
    return found


def _own_address(source: Source, family: str) -> str:
    return next((address for address in source.addresses if (":" in address) == (family == "IPv6")), source.id)


def _apart(own: str, others: t.Collection[str]) -> dict[str, int]:
    """How far the others are from one's own address in a circle of all of them."""
    circle = sorted({*others, own})
    here, size = circle.index(own), len(circle)
    return {address: min(abs(place - here), size - abs(place - here)) for place, address in enumerate(circle)}
