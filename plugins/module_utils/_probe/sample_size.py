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
import typing as t

from .._snapshot.facts import family
from .selected import Chosen, Selected

MODES = ("auto", "all", "ring", "random")
MAX_CELLS = 25_000  #: that a run has unless its user says which part is to be asked
#: Sources of such a run. In larger clusters, one on each node and so many more.
MAX_EXECS, _MORE_EXECS = 500, 100
_FEW = 50  #: objects of a kind whose questions are counted, spread over all of them
_SURE = 4  #: an estimate is taken as it is where it is so many times away from the bound

View = tuple[Chosen, Selected]
#: How many questions a source asks of a selection, at most so many.
Count = t.Callable[[Chosen, Selected, int], int]
T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Sample:
    """The option C(sample)."""

    mode: str = "auto"
    neighbours: int = 3  #: nodes that each node asks beside itself, in the modes C(ring) and C(random)
    seed: str = "kubewire"
    max_cells: int = MAX_CELLS  #: of the mode C(auto)
    max_execs: int | None = None  #: of the mode C(auto)

    def order(self, name: str) -> str:
        """Where a name stands on the ring; the same in every run with the same seed."""
        return hashlib.sha256(f"{self.seed}/{name}".encode()).hexdigest()

    def execs(self, nodes: int) -> int:
        """How many sources there may be where the sources are on so many nodes."""
        return max(MAX_EXECS, nodes + _MORE_EXECS) if self.max_execs is None else self.max_execs

    @property
    def outside_cells(self) -> int:
        """How many cells one machine outside may have."""
        return max(1, self.max_cells // 10)


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

    def __init__(self, count: Count, most: int) -> None:
        """Prepare.

        Args:
            count: the questions of the models.
            most: the bound that counts are compared with.
        """
        self.count = count
        self._most = most

    def whole(self, selected: Selected) -> int:
        """About how many cells there are where every source asks everything."""
        total = 0
        for group in _alike(selected.sources):
            total += len(group) * self._estimate(group[0], selected)
        return total

    def fits(self, views: t.Sequence[View]) -> int | None:
        """How many cells some views have, None where they are more than the bound; counting ends there."""
        total = 0
        for chosen, view in views:
            total += self.count(chosen, view, self._most + 1 - total)
            if total > self._most:
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
