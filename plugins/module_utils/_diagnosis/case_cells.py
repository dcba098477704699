# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The cells of a case: what was probed and how it ended, each with the objects on its way."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Cell
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

from .about import About, Abouts, Plain, Reach
from .case_objects import Objects
from .finding import ObjectRef
from .follow_ups.records import FollowUpAnswers


@dataclasses.dataclass(frozen=True)
class Cells(Objects):
    """What was asked, in the first place and further.

    Attributes:
        report: the document C(report.json); empty where nothing was probed.
    """

    report: Plain = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def cells(self) -> tuple[About, ...]:
        """All cells of the report, each with the objects on its way."""
        abouts = Abouts(self.report, self.facts)
        return tuple(abouts.of(Cell.from_dict(cell)) for cell in self.report.get("cells") or ())

    @functools.cached_property
    def by_id(self) -> dict[int, About]:
        """All cells by their numbers."""
        return {about.cell.id: about for about in self.cells}

    @property
    def is_question(self) -> bool:
        """Whether the run asked why one end does not reach another."""
        options = (self.report.get("run") or {}).get("options") or {}
        return bool(options.get("from") and options.get("to"))

    @functools.cached_property
    def failing(self) -> tuple[About, ...]:
        """Cells that fail: those that were answered and should not have been are in C(open).

        Of a question, those that a policy closes as well: who asks why A does not reach B is told that it is closed.
        """
        return tuple(about for about in self.cells if about.failed or (self.is_question and about.closed))

    @functools.cached_property
    def closed(self) -> tuple[About, ...]:
        """Cells that a policy or another object closes as it says."""
        return tuple(about for about in self.cells if about.closed)

    @functools.cached_property
    def open(self) -> tuple[About, ...]:
        """Cells that were answered although they should not have been."""
        return tuple(about for about in self.cells if about.open)

    @functools.cached_property
    def answered(self) -> tuple[About, ...]:
        """Cells that were answered as they should."""
        return tuple(about for about in self.cells if about.answered)

    @functools.cached_property
    def _failing_of(self) -> dict[ObjectRef, list[About]]:
        return _by_object(self.failing)

    def failing_that(self, matches: t.Callable[[About], bool]) -> list[About]:
        """The failing cells that a predicate matches."""
        return self._matched(matches, self.failing, self._failing_of)

    def open_that(self, matches: t.Callable[[About], bool]) -> list[About]:
        """The cells that a predicate matches and that were answered although they should not have been."""
        return [about for about in self.open if matches(about)]

    def answered_that(self, matches: t.Callable[[About], bool]) -> list[About]:
        """The answered cells that a predicate matches."""
        return self._matched(matches, self.answered, self._answered_of)

    def _matched(
        self, matches: t.Callable[[About], bool], every: t.Iterable[About], by_object: t.Mapping[ObjectRef, list[About]]
    ) -> list[About]:
        if isinstance(matches, Reach):
            near = {about.cell.id: about for ref in matches.objects for about in by_object.get(ref, ())}
            every = [near[number] for number in sorted(near, key=self._places.__getitem__)]
        return [about for about in every if matches(about)]

    @functools.cached_property
    def _places(self) -> dict[int, int]:
        """The cells by their numbers -> their places in the report."""
        return {about.cell.id: place for place, about in enumerate(self.cells)}

    def failing_for(self, ref: ObjectRef) -> list[About]:
        """The failing cells whose traffic is for an object or goes through it."""
        return self._failing_of.get(ref, [])

    @functools.cached_property
    def _answered_of(self) -> dict[ObjectRef, list[About]]:
        return _by_object(self.answered)

    def answered_for(self, ref: ObjectRef) -> list[About]:
        """The answered cells whose traffic is for an object or goes through it."""
        return self._answered_of.get(ref, [])

    def listens(self, pod: Pod, protocol: str = "TCP") -> tuple[str, ...] | None:
        """C(ADDRESS#PORT) of the TCP or UDP sockets that listen in a Pod; none where nobody saw any."""
        return self._listens.get((pod.id, protocol))

    @functools.cached_property
    def _listens(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for source in (self.report.get("sources") or {}).values():
            for protocol, sockets in (("TCP", source.get("listens")), ("UDP", source.get("listens_udp"))):
                if source.get("pod") and sockets:
                    name = f"{source.get('namespace', '')}/{source['pod']}"
                    found.setdefault((name, protocol), _with_port(sockets))
        for answer in self.follow_ups:
            if answer.question.kind == "listeners" and answer.was_asked:
                name = f"{answer.question.object.namespace}/{answer.question.object.name}"
                found.setdefault((name, "TCP"), _with_port(answer.listens))
                found.setdefault((name, "UDP"), _with_port(answer.listens_udp))
        return found

    @functools.cached_property
    def follow_ups(self) -> FollowUpAnswers:
        """What was asked further, to tell candidates apart."""
        return FollowUpAnswers(self.report.get("follow_ups") or ())


def _by_object(abouts: t.Iterable[About]) -> dict[ObjectRef, list[About]]:
    """Cells by the objects that their traffic is for or goes through."""
    found: dict[ObjectRef, list[About]] = {}
    for about in abouts:
        for ref in about.objects:
            found.setdefault(ref, []).append(about)
    return found


def _with_port(sockets: t.Iterable[str]) -> tuple[str, ...]:
    """The sockets that have a port; a recorded one may be anything."""
    return tuple(one for one in sockets if one.rpartition("#")[2].isdecimal())
