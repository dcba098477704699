# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What one source of a sample asks, and what a target of each kind costs. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot.entries import EntryPoint
from .._snapshot.facts import family
from .._snapshot.model import Node, Pod, Service
from .sample_size import Size, few, only
from .selected import Chosen, Selected


def host_of(entry: EntryPoint) -> str:
    """The host that an entry serves; the entry itself where it serves any."""
    return entry.host or f"{entry.id} *"


@dataclasses.dataclass
class Part:
    """What one source asks.

    Attributes:
        rest: whether it asks the API server, its name servers and what the user named, too.
        full: whether it asks all questions of each target.
    """

    chosen: Chosen
    place: int
    pods: dict[str, Pod] = dataclasses.field(default_factory=dict)
    services: dict[str, Service] = dataclasses.field(default_factory=dict)
    entries: dict[int, EntryPoint] = dataclasses.field(default_factory=dict)
    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    rest: bool = False
    full: bool = False

    @property
    def kind(self) -> tuple[str, frozenset[str]]:
        """What the number of its questions depends on."""
        return self.chosen.source.kind, frozenset(map(family, self.chosen.source.addresses))

    @property
    def own(self) -> str:
        """The id of its Pod."""
        return self.chosen.pod.id if self.chosen.pod else ""

    @property
    def node(self) -> str:
        """The name of its node."""
        return self.chosen.source.node


class Costs:
    """The cells of one target of each kind, as a source of each kind asks it."""

    def __init__(self, selected: Selected, size: Size, most: int) -> None:
        """Prepare.

        Args:
            selected: what could be asked.
            size: counts questions.
            most: the bound of a count.
        """
        self._selected, self._size, self._most = selected, size, most
        self._costs: dict[tuple[t.Any, ...], tuple[float, float]] = {}

    def of(self, part: Part, field: str, full: bool) -> tuple[float, float]:
        """How many questions a source of its kind asks of one target, and their tries, on average over a few."""
        key = (part.kind, field, full)
        if key not in self._costs:
            self._costs[key] = self._average(part, field, full)
        return self._costs[key]

    def _average(self, part: Part, field: str, full: bool) -> tuple[float, float]:
        def count(**fields: t.Any) -> tuple[int, float]:
            view = only(self._selected, brief=not full, **fields)
            return self._size.count.both(part.chosen, view, self._most)

        nodes = list(part.nodes.values()) if part.chosen.pod else []
        own, items = count(nodes=nodes), [None] if field == "rest" else few(getattr(self._selected, field))
        if not items:
            return 0.0, 0.0
        asked = self._rest() if field == "rest" else {field: items}
        found = count(**{"nodes": nodes, **asked})
        return (found[0] - own[0]) / len(items), (found[1] - own[1]) / len(items)

    def _rest(self) -> dict[str, t.Any]:
        chosen = self._selected
        return {"everything": chosen.everything, "hosts": chosen.hosts, "internet": chosen.internet}

    def view(self, part: Part) -> Selected:
        """What a source asks."""
        fields: dict[str, t.Any] = {
            "pods": list(part.pods.values()),
            "services": list(part.services.values()),
            "entries": list(part.entries.values()),
            "nodes": list(part.nodes.values()),
            **(self._rest() if part.rest else {}),
        }
        return only(self._selected, brief=not part.full, **fields)

    def counted(self, part: Part) -> int:
        """How many questions a source asks, exactly."""
        return self._size.count(part.chosen, self.view(part), self._most + 1)
