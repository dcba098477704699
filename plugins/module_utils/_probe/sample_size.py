# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How many cells a run would have, counted before anything is planned. Pure.

The models say what one source of each kind asks of a few targets of each kind, and there are so many of those. So the
count takes as long in a cluster of 5,000 nodes as in one of five.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import math
import sys
import typing as t

from .._snapshot.facts import family
from .pace import CONTROLLER_S, EXEC_S, LEAST_SHARE, PER_SECOND, load
from .questions import Question
from .selected import Chosen, Selected

MODES = ("auto", "all", "ring", "random")
MAX_CELLS = 25_000  #: that a run has unless its user says which part is to be asked
#: Sources of such a run. In larger clusters, one on each node and so many more.
MAX_EXECS, _MORE_EXECS = 500, 100
#: Of the time that a run may take, what its estimate may; the rest is for questions that follow from answers.
_PLANNED = 0.9
_TRIES = 2.0  #: that a cell of a machine outside takes of C(PER_SECOND): a name is asked for, and then its address
_FEW = 50  #: objects of a kind whose questions are counted, spread over all of them
_SURE = 4  #: an estimate is taken as it is where it is so many times away from the bound

View = tuple[Chosen, Selected]
T = t.TypeVar("T")


class Count:
    """How many questions a source asks of a selection, and how many tries these take."""

    def __init__(self, offered: t.Callable[[Chosen, Selected], t.Iterable[Question]]) -> None:
        self._offered = offered

    def __call__(self, chosen: Chosen, view: Selected, most: int) -> int:
        """The questions, at most so many; counting ends there."""
        return sum(1 for _question in itertools.islice(self._offered(chosen, view), most))

    def both(self, chosen: Chosen, view: Selected, most: int = sys.maxsize) -> tuple[int, float]:
        """The questions, at most so many, and the tries that these take."""
        probes = [question.probe for question in itertools.islice(self._offered(chosen, view), most)]
        return len(probes), load(probes)


@dataclasses.dataclass(frozen=True)
class Sample:
    """The option C(sample)."""

    mode: str = "auto"
    neighbours: int = 3  #: nodes that each node asks beside itself, in the modes C(ring) and C(random)
    seed: str = "kubewire"
    max_cells: int = MAX_CELLS  #: of the mode C(auto)
    max_execs: int | None = None  #: of the mode C(auto)
    seconds: float = math.inf  #: that the run may take, which bounds the mode C(auto), too
    at_once: int = 32  #: sources that ask at the same time

    def order(self, name: str) -> str:
        """Where a name stands on the ring; the same in every run with the same seed."""
        return hashlib.sha256(f"{self.seed}/{name}".encode()).hexdigest()

    def execs(self, nodes: int) -> int:
        """How many sources there may be where the sources are on so many nodes."""
        if self.max_execs is not None:
            return self.max_execs
        bearable = self.seconds * _PLANNED / max(CONTROLLER_S, EXEC_S / self.at_once)
        return max(1, round(min(bearable, max(MAX_EXECS, nodes + _MORE_EXECS))))

    def tries(self, rate: float = PER_SECOND) -> float:
        """How many tries may begin in the time that the run may take, at a rate for each second."""
        return self.seconds * _PLANNED * rate

    def tries_of_exec(self, rate: float = PER_SECOND) -> float:
        """How many tries could begin in the time that it takes to open one more exec."""
        return EXEC_S / self.at_once * rate

    def outside_cells(self, sources: int) -> int:
        """How many cells one machine outside may have beside so many sources, each of which has its share of tries."""
        share = LEAST_SHARE / self.at_once if sources > self.at_once else 1.0
        return max(1, round(min(self.max_cells // 10, self.tries(PER_SECOND * share) / _TRIES)))


def few(items: t.Sequence[T]) -> t.Sequence[T]:
    """Some objects, spread evenly over all; all of them where they are few."""
    step = -(-len(items) // _FEW)
    return items[::step] if step > 1 else items


def only(selected: Selected, **fields: t.Any) -> Selected:
    """A selection without any target but these."""
    none: dict[str, t.Any] = {"pods": [], "services": [], "entries": [], "nodes": [], "hosts": [], "internet": []}
    return dataclasses.replace(selected, **{"everything": False, **none, **fields})


class Size:
    """Counts the cells of views.

    Attributes:
        count: of one source and a selection.
    """

    def __init__(self, count: Count, sample: Sample) -> None:
        """Prepare.

        Args:
            count: the questions of the models.
            sample: the bounds that counts are compared with.
        """
        self.count = count
        self._most, self._sample = sample.max_cells, sample

    def whole(self, selected: Selected) -> int:
        """About how many cells there are where every source asks everything."""
        total = 0
        for group in _alike(selected.sources):
            total += len(group) * self._estimate(group[0], selected)
        return total

    def fits(self, views: t.Sequence[View]) -> int | None:
        """How many cells some views have, None where they are more than the bounds; counting ends there."""
        total, tries = 0, len(views) * self._sample.tries_of_exec()
        for chosen, view in views:
            cells, more = self.count.both(chosen, view, self._most + 1 - total)
            total, tries = total + cells, tries + more
            if total > self._most or tries > self._sample.tries():
                return None
        return total

    def may_fit(self, estimate: int) -> bool:
        """Whether an estimate is so near the bound that the views have to be counted one by one."""
        return estimate < self._most * _SURE

    def _estimate(self, chosen: Chosen, selected: Selected) -> int:
        """About how many questions one source asks: as many for each target of a kind as for a few of that kind."""

        def count(**fields: t.Any) -> int:
            return self.count(chosen, only(selected, **fields), 1_000_000)

        own = count()
        rest = count(hosts=selected.hosts, internet=selected.internet, everything=selected.everything) - own
        total = float(own + rest)
        for field in ("pods", "entries"):
            items = getattr(selected, field)
            if some := few(items):
                total += (count(**{field: some}) - own) * len(items) / len(some)
        services, nodes = few(selected.services), few(selected.nodes)
        one, two = nodes[:1], nodes[:2]
        # Of nodes and Services, each by itself, and the node ports, which are the product of both.
        alone = (count(nodes=nodes) - own) if nodes else 0
        total += alone * len(selected.nodes) / max(1, len(nodes))
        if services:
            at_one = count(services=services, nodes=one) - count(nodes=one)
            node_ports = count(services=services, nodes=two) - count(nodes=two) - at_one if len(two) > 1 else 0
            share = len(selected.services) / len(services)
            total += (at_one + node_ports * max(0, len(selected.nodes) - 1)) * share
        return round(total)


def _alike(sources: t.Iterable[Chosen]) -> t.Iterable[list[Chosen]]:
    """Sources by what the number of their questions depends on."""
    groups: dict[tuple[t.Any, ...], list[Chosen]] = {}
    for chosen in sources:
        families = frozenset(map(family, chosen.source.addresses))
        groups.setdefault((chosen.source.kind, chosen.whole, families), []).append(chosen)
    return groups.values()
