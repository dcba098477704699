# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which of several causes is told first, and which is not needed. Pure.

The causes that explain most failing cells come first, each one after what those before it have explained; of equal ones
the more certain, then the lower layer, then the one that was changed last. What explains nothing comes after them.
"""

from __future__ import annotations

import collections
import dataclasses
import heapq
import typing as t

from .finding import CERTAINTIES, SEVERITIES, Change, ObjectRef, RuledOut
from .rule import LAYERS, Candidate, Rule

#: How much an explained cell counts.
_WEIGHTS = {"certain": 4, "strong": 2, "hint": 1}
_LAYERS = list(LAYERS)


@dataclasses.dataclass(eq=False)
class Suspect:
    """A candidate in the course of a diagnosis.

    Attributes:
        rule: that gave it.
        candidate: what it gave.
        explains: the ids of the cells that it can make fail, with those of its children.
        contradicts: what speaks against it: cells that were answered although it predicts that they fail.
        children: suspects that are its symptoms.
        changed: who wrote the field at fault.
    """

    rule: Rule
    candidate: Candidate
    explains: frozenset[int] = frozenset()
    contradicts: tuple[int, ...] = ()
    children: list[Suspect] = dataclasses.field(default_factory=list)
    changed: Change | None = None

    @property
    def object(self) -> ObjectRef:
        """Of origin."""
        return self.candidate.object

    @property
    def all_explained(self) -> frozenset[int]:
        """The cells that it explains itself or by a child."""
        return self.explains.union(*(child.all_explained for child in self.children))

    @property
    def stands_alone(self) -> bool:
        """Whether it, or a symptom of it, is a finding without a failing cell."""
        return self.candidate.stands_alone or any(child.stands_alone for child in self.children)

    @property
    def key(self) -> tuple[t.Any, ...]:
        """What decides between suspects that explain equally much: lower comes first."""
        time = self.changed.time if self.changed else ""
        return (
            CERTAINTIES.index(self.candidate.certainty),
            _LAYERS.index(self.rule.code.partition("-")[0]),
            tuple(-ord(letter) for letter in time) or (0,),
            SEVERITIES.index(self.candidate.severity),
            self.rule.code,
            str(self.object),
            self.candidate.field,
            self.candidate.sentence,
        )


@dataclasses.dataclass
class Ranked:
    """Suspects in their order.

    Attributes:
        causes: that are told.
        suspicions: that explain nothing and do not stand alone.
        unneeded: that explain only what others explain, with the one that does.
        unexplained: the failing cells that are left.
    """

    causes: list[Suspect] = dataclasses.field(default_factory=list)
    suspicions: list[Suspect] = dataclasses.field(default_factory=list)
    unneeded: list[tuple[Suspect, Suspect]] = dataclasses.field(default_factory=list)
    unexplained: frozenset[int] = frozenset()


def rank(suspects: t.Iterable[Suspect], failing: t.Iterable[int]) -> Ranked:
    """Put suspects that are no symptoms of others into their order.

    Args:
        suspects: the roots.
        failing: the ids of all cells to explain.
    """
    left, ranked = set(failing), Ranked()
    every = [(one, one.all_explained) for one in suspects]
    silent = [one for one, explained in every if not explained]
    # What a suspect gains only shrinks while others are told: it is counted again when it is the next one by what it
    # gained before, and told if it still is.
    waiting = [
        _Waiting(-_gain(one, explained, left), one.key, place, one, explained)
        for place, (one, explained) in enumerate(every)
        if explained
    ]
    heapq.heapify(waiting)
    while waiting and waiting[0].gain:
        best = waiting[0]
        gain = -_gain(best.suspect, best.explained, left)
        if gain != best.gain:
            heapq.heapreplace(waiting, best._replace(gain=gain))
            continue
        heapq.heappop(waiting)
        ranked.causes.append(best.suspect)
        left -= best.explained
    explaining = _Explaining()
    for told in ranked.causes:
        explaining.add(told)
    for each in sorted(waiting, key=lambda each: (each.key, each.place)):
        if each.suspect.candidate.certainty == "certain":  # another cause of the same failures: both have to be mended
            ranked.causes.append(each.suspect)
            explaining.add(each.suspect)
        else:
            ranked.unneeded.append((each.suspect, explaining.most_of(each.explained)))
    for one in sorted(silent, key=lambda one: (SEVERITIES.index(one.candidate.severity), one.key)):
        (ranked.causes if one.stands_alone else ranked.suspicions).append(one)
    ranked.unexplained = frozenset(left)
    return ranked


class _Waiting(t.NamedTuple):
    """A suspect that is not told yet; the smallest comes first."""

    gain: int  #: below zero: how much it explained of what was left, when that was last counted
    key: tuple[t.Any, ...]
    place: int
    suspect: Suspect
    explained: frozenset[int]


def _gain(suspect: Suspect, explained: frozenset[int], left: t.AbstractSet[int]) -> int:
    return len(explained & left) * _WEIGHTS[suspect.candidate.certainty]


class _Explaining:
    """The causes that are told, by the cells that they explain."""

    def __init__(self) -> None:
        self._causes: list[Suspect] = []
        self._places: dict[int, list[int]] = {}

    def add(self, cause: Suspect) -> None:
        """Take one more."""
        for number in cause.all_explained:
            self._places.setdefault(number, []).append(len(self._causes))
        self._causes.append(cause)

    def most_of(self, cells: t.Iterable[int]) -> Suspect:
        """The one that explains most of some cells; of equal ones, the first."""
        counts = collections.Counter(place for number in cells for place in self._places.get(number, ()))
        return self._causes[min(counts, key=lambda place: (-counts[place], place), default=0)]


def ruled_out_by(suspect: Suspect, instead: Suspect) -> RuledOut:
    """Say why a suspect is not needed."""
    by = f"{instead.rule.code} of {instead.object} explains the same checks, and is {instead.candidate.certainty}"
    return RuledOut(suspect.rule.code, by, suspect.object)
