# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The sample of the mode C(auto): each object once, in the order of what their failure costs, then pairs. Pure.

Each node is a source and a target, each Service and each host of an Ingress is asked, each workload is a source and a
target: as many steps as there are objects. Each of these is one question at first. What is left of the budget is spent
on all questions of the same pairs, and then on more pairs.
"""

from __future__ import annotations

import bisect
import itertools
import typing as t

from .._snapshot.model import Node, Pod
from .pace import PER_SECOND
from .sample_near import MAX_NEAR
from .sample_parts import Costs, Part, host_of
from .sample_size import Sample, Size, View, only
from .selected import Chosen, Selected, workload_id

Cost = t.Tuple[float, float]  #: cells, and the tries that they take # noqa: UP006 - evaluated
#: Tries in a second that begin where many sources wait for their turn: those that ask little keep their least share.
_RATE = 0.55 * PER_SECOND
_PODS_EACH = 4  #: further Pods for each further Service: the pairs of nodes are what a sample is judged by
_RESERVE = 0.95  #: of the budget that is spent on average costs; the rest is what single ones are above these


class Cover:
    """The sample, step by step; each step ends where the budget does."""

    def __init__(
        self,
        selected: Selected,
        sample: Sample,
        size: Size,
        outside: t.Sequence[View],
        nodes: t.Sequence[Node],
    ) -> None:
        """Prepare.

        Args:
            selected: what could ask and be asked.
            sample: the option.
            size: counts questions.
            outside: what the machines outside ask.
            nodes: all of the cluster.
        """
        self._selected, self._sample, self._size, self._outside = selected, sample, size, list(outside)
        taken = [size.count.both(chosen, view, sample.max_cells) for chosen, view in outside]
        self._taken = sum(cells for cells, _tries in taken)
        self._left = float(sample.max_cells - self._taken)
        self._tries = sample.tries(_RATE) - sum(tries for _cells, tries in taken)
        self._reserve = self._left * (1 - _RESERVE)
        order = sample.order
        self._pods = sorted(selected.pods, key=lambda pod: order(pod.id))
        self._by_node = _grouped(self._pods, lambda pod: pod.node)
        able = sorted((each for each in selected.sources if not each.source.unusable), key=lambda c: order(c.source.id))
        self._able = [each for each in able if each.pod and each.whole]
        self._on_node = _grouped(self._able, lambda chosen: chosen.source.node)
        self._hosts = [each for each in able if each.source.kind == "node"]
        self._beside = _grouped((each for each in able if each.pod and not each.whole), lambda each: each.pod.id)
        names = {*self._by_node, *self._on_node, *(each.source.node for each in self._hosts)} - {""}
        self._ring = sorted(names, key=order)
        self._nodes = {node.name: node for node in selected.nodes or nodes}
        self._execs = sample.execs(len(self._on_node))
        self._parts: dict[str, Part] = {}
        self._asking, self._asked = set[str](), set[str]()  # workloads
        self._near: dict[str, int] = {}  # pairs of Pods on each node
        self._costs = Costs(selected, size, sample.max_cells)
        self._added: list[tuple[Part, str, t.Any]] = []  # in this order

    def views(self) -> list[View]:
        """Who asks, each with what of the selection it asks."""
        self._cover_nodes()
        self._cover_rest()
        self._cover_hosts_of_pods()
        self._cover_services()
        self._cover_entries()
        self._cover_workloads()
        self._cover_containers()
        if self._deepen():
            self._add_pairs()
        return [*self._fitting(), *self._outside]

    # -- the steps --

    def _cover_nodes(self) -> None:
        """Each node out and in: one of its Pods asks a Pod of the next node on the ring."""
        places = []
        for place, name in enumerate(self._ring):
            there = self._on_node.get(name, ())
            fresh = (each for each in there if each.pod and workload_id(each.pod) not in self._asking)
            chosen = next(fresh, None) or next(iter(there), None)
            if chosen and self._source(chosen, place):
                places.append(place)
        if not places:
            return
        parts = [part for part in self._parts.values() if part.chosen.pod]
        reached = set[int]()
        for place, name in enumerate(self._ring):  # each node in
            number = (bisect.bisect_left(places, place) - 1) % len(places)
            if self._by_node.get(name) and self._ask_pod_on(parts[number], name):
                reached.add(number)
        for number, part in enumerate(parts):  # the others out
            if number not in reached:
                self._ask_pod_on(part, *self._next_on_ring(part))

    def _cover_rest(self) -> None:
        """The API server, the name servers and what the user named, from each of these."""
        for part in self._parts.values():
            self._add_rest(part)

    def _cover_hosts_of_pods(self) -> None:
        """Each node's own network, as far as sources may be added."""
        places = {name: place for place, name in enumerate(self._ring)}
        alone = not self._parts
        for chosen in sorted(self._hosts, key=lambda each: places[each.source.node]):
            part = self._source(chosen, places[chosen.source.node])
            if part:
                self._ask_pod_on(part, *self._next_on_ring(part))
                other = next((name for name in self._next_on_ring(part) if name in self._nodes), "")
                if alone:
                    self._add_rest(part)
                if other:
                    self._add(part, "nodes", other, self._nodes[other])

    def _cover_services(self) -> None:
        asking = [parts for kind in ("pod", "node") if (parts := self._parts_of(kind))]
        for number, service in enumerate(sorted(self._selected.services, key=lambda each: self._sample.order(each.id))):
            for parts in asking:
                if not self._add(parts[number % len(parts)], "services", service.id, service):
                    return

    def _cover_entries(self) -> None:
        parts = self._parts_of("pod")
        one_of_each = {host_of(entry): entry for entry in reversed(self._selected.entries)} if parts else {}
        for number, name in enumerate(sorted(one_of_each, key=self._sample.order)):
            entry = one_of_each[name]
            if not self._add(parts[number % len(parts)], "entries", id(entry), entry):
                return

    def _cover_workloads(self) -> None:
        """Each workload as a source and as a target; those with an owner before single Pods."""
        parts, numbers = self._parts_of("pod") or self._parts_of("node"), itertools.count()
        sources = {workload_id(each.pod): each for each in reversed(self._able) if each.pod}
        targets = {workload_id(pod): pod for pod in reversed(self._pods)}
        for name in sorted({*sources, *targets}, key=lambda name: ("/Pod/" in name, self._sample.order(name))):
            number = next(numbers)
            pod = targets.get(name)
            if pod and name not in self._asked and parts:
                near = (parts[(number + step) % len(parts)] for step in range(2))
                part = next((each for each in near if each.own != pod.id), None)
                if part and not self._add(part, "pods", pod.id, pod):
                    return
            if name in sources and name not in self._asking:
                self._ask_as_workload(sources[name], number)

    def _ask_as_workload(self, chosen: Chosen, number: int) -> None:
        part = self._source(chosen, bisect.bisect_left(self._ring, self._sample.order(chosen.source.node)))
        for pod in (self._pods[(number + step) % len(self._pods)] for step in range(min(2, len(self._pods)))):
            if part and pod.id != part.own:
                self._add(part, "pods", pod.id, pod)
                return

    def _cover_containers(self) -> None:
        """The other containers of the Pods that ask, which ask their neighbours there."""
        for part in list(self._parts.values()):
            for chosen in self._beside.get(part.own, ()):
                self._source(chosen, part.place)

    def _deepen(self) -> bool:
        """Ask all questions of each pair; tell whether the budget bears that for all."""
        for part in self._parts.values():
            whole, one_each = self._cost_of(part, full=True), self._cost_of(part, full=False)
            more = whole[0] - one_each[0], whole[1] - one_each[1]
            if not self._bears(more, self._reserve):
                return False
            self._take(more)
            part.full = True
            self._added.append((part, "full", None))
        return True

    def _cost_of(self, part: Part, full: bool) -> Cost:
        """What all that a source asks costs on average."""
        costs = [(self._costs.of(part, field, full), len(items)) for field, items in self._targets(part)]
        costs += [(self._costs.of(part, "rest", full), 1)] if part.rest else []
        return sum(cost[0] * count for cost, count in costs), sum(cost[1] * count for cost, count in costs)

    def _add_pairs(self) -> None:
        """More sources, and of each one more target of each kind in turn, until the budget ends."""
        for chosen in self._able:
            if self._execs <= 0 or self._left <= self._reserve:
                break
            if chosen.source.id not in self._parts:
                place = bisect.bisect_left(self._ring, self._sample.order(chosen.source.node))
                part = self._source(chosen, place)
                if part:
                    part.full = True
                    if self._selected.hosts:
                        self._add_rest(part)
        parts = [part for part in self._parts.values() if part.chosen.whole]
        offers = [(part, self._further(part, number)) for number, part in enumerate(parts)]
        while offers:
            rest = []
            for part, further in offers:
                offered = next(further, None)
                if offered is None:
                    continue
                field, key, item = offered
                if not self._bears(self._costs.of(part, field, True), self._reserve):
                    return
                self._add(part, field, key, item)
                rest.append((part, further))
            offers = rest

    def _further(self, part: Part, number: int) -> t.Iterator[tuple[str, t.Any, t.Any]]:
        """What else a source may ask, some Pods, a Service and so on in turn."""
        services, entries, pods = self._selected.services, self._selected.entries, len(self._pods)
        for step in range(max(pods, _PODS_EACH * len(services), _PODS_EACH * len(entries), len(self._ring))):
            pod = self._pod_at(part, step, number) if step < pods else None
            if pod and pod.id != part.own and pod.id not in part.pods and not self._is_crowded(part, pod):
                yield "pods", pod.id, pod
            turn, others = divmod(step, _PODS_EACH)
            if not others and turn < len(services):
                service = services[(number + turn) % len(services)]
                if service.id not in part.services:
                    yield "services", service.id, service
            if not others and turn < len(entries) and part.chosen.pod:
                entry = entries[(number + turn) % len(entries)]
                if id(entry) not in part.entries:
                    yield "entries", id(entry), entry
            if step < len(self._ring) and not part.chosen.pod:
                name = self._ring[(part.place + step) % len(self._ring)]
                if name in self._nodes and name not in part.nodes and name != part.node:
                    yield "nodes", name, self._nodes[name]

    # -- what they are made of --

    def _parts_of(self, kind: str) -> list[Part]:
        return [part for part in self._parts.values() if part.chosen.source.kind == kind and part.chosen.whole]

    def _next_on_ring(self, part: Part) -> list[str]:
        """The nodes after that of a source, itself last; a few are enough to find one with a Pod."""
        count = len(self._ring)
        steps = (*range(1, min(count, 20)), 0)
        return [self._ring[(part.place + step) % count] for step in steps]

    def _pod_at(self, part: Part, step: int, number: int) -> Pod | None:
        """A Pod of the next nodes in turn, the source's own first, another one in each round and of each source."""
        turn, place = divmod(step, max(1, len(self._ring)))
        there = self._by_node.get(self._ring[(part.place + place) % len(self._ring)], ()) if self._ring else ()
        return there[(number + turn) % len(there)] if turn < len(there) else None

    def _is_crowded(self, part: Part, pod: Pod) -> bool:
        return pod.node == part.node and 2 * self._near.get(pod.node, 0) >= MAX_NEAR

    def _source(self, chosen: Chosen, place: int) -> Part | None:
        """The part of a source; None where no more may be added."""
        if chosen.source.id in self._parts:
            return self._parts[chosen.source.id]
        part = Part(chosen, place)
        cells, tries = self._size.count.both(chosen, only(self._selected), self._sample.max_cells)
        own = cells, tries + self._sample.tries_of_exec(_RATE)
        if self._execs <= 0 or not self._bears(own) or (not chosen.whole and not cells):
            return None
        self._execs -= 1
        self._take(own)
        self._parts[chosen.source.id] = part
        if chosen.pod and chosen.whole:
            self._asking.add(workload_id(chosen.pod))
            beside = next((name for name in self._next_on_ring(part) if name in self._nodes), "")
            if beside:  # without any, node ports would be asked on all
                part.nodes[beside] = self._nodes[beside]
        return part

    def _ask_pod_on(self, part: Part, *names: str) -> bool:
        """Let a source ask a Pod of the first of some nodes that has one, of a workload that nobody asked yet."""
        for name in names:
            others = [pod for pod in self._by_node.get(name, ()) if pod.id != part.own]
            fresh = (pod for pod in others if workload_id(pod) not in self._asked)
            pod = next(fresh, None) or next(iter(others), None)
            if pod:
                return self._add(part, "pods", pod.id, pod)
        return False

    def _add(self, part: Part, field: str, key: t.Any, item: t.Any) -> bool:
        """Let a source ask one more target; False where the budget does not bear it."""
        items = getattr(part, field)
        if key in items:
            return True
        cost = self._costs.of(part, field, part.full)
        if not self._bears(cost):
            return False
        self._take(cost)
        items[key] = item
        self._added.append((part, field, key))
        if field == "pods":
            self._asked.add(workload_id(item))
            self._near[item.node] = self._near.get(item.node, 0) + (item.node == part.node)
        return True

    def _add_rest(self, part: Part) -> None:
        cost = self._costs.of(part, "rest", part.full)
        if not part.rest and self._bears(cost):
            self._take(cost)
            part.rest = True

    def _bears(self, cost: Cost, reserve: float = 0.0) -> bool:
        """Whether the budget bears so much more, and keeps a reserve of cells."""
        return cost[0] <= self._left - reserve and cost[1] <= self._tries

    def _take(self, cost: Cost) -> None:
        self._left -= cost[0]
        self._tries -= cost[1]

    def _targets(self, part: Part) -> t.Iterator[tuple[str, t.Collection[t.Any]]]:
        yield "pods", part.pods
        yield "services", part.services
        yield "entries", part.entries
        if not part.chosen.pod:  # of those of a Pod only the node ports of its Services are asked
            yield "nodes", part.nodes

    def _fitting(self) -> list[View]:
        """The views; what was added last is left out again where the budget was exceeded after all."""
        counts = {name: self._costs.counted(part) for name, part in self._parts.items()}
        total = self._taken + sum(counts.values())
        while total > self._sample.max_cells and self._added:
            part, field, key = self._added.pop()
            if field == "full":
                part.full = False
            else:
                del getattr(part, field)[key]
            name = part.chosen.source.id
            before, counts[name] = counts[name], self._costs.counted(part)
            total += counts[name] - before
        return [(part.chosen, self._costs.view(part)) for name, part in self._parts.items() if counts[name]]


def _grouped(items: t.Iterable[t.Any], key: t.Callable[[t.Any], str]) -> dict[str, list[t.Any]]:
    found: dict[str, list[t.Any]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found
