# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which of several causes is told first, and which is not needed. Pure.

The causes that explain most failing cells come first, each one after what those before it have explained; of equal ones
the more certain, then the lower layer, then the one that was changed last. What explains nothing comes after them.
"""

from __future__ import annotations

import dataclasses
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
    explaining = [one for one in suspects if one.all_explained]
    silent = [one for one in suspects if not one.all_explained]
    while explaining:
        best = min(explaining, key=lambda one: (-_gain(one, left), one.key))
        if not best.all_explained & left:
            break
        explaining.remove(best)
        ranked.causes.append(best)
        left -= best.all_explained
    for one in sorted(explaining, key=lambda one: one.key):
        if one.candidate.certainty == "certain":  # another cause of the same failures: both have to be mended
            ranked.causes.append(one)
        else:
            ranked.unneeded.append((one, _instead(one, ranked.causes)))
    for one in sorted(silent, key=lambda one: (SEVERITIES.index(one.candidate.severity), one.key)):
        (ranked.causes if one.stands_alone else ranked.suspicions).append(one)
    ranked.unexplained = frozenset(left)
    return ranked


def _gain(suspect: Suspect, left: t.AbstractSet[int]) -> int:
    return len(suspect.all_explained & left) * _WEIGHTS[suspect.candidate.certainty]


def _instead(suspect: Suspect, causes: t.Sequence[Suspect]) -> Suspect:
    return max(causes, key=lambda one: len(one.all_explained & suspect.all_explained))


def ruled_out_by(suspect: Suspect, instead: Suspect) -> RuledOut:
    """Say why a suspect is not needed."""
    by = f"{instead.rule.code} of {instead.object} explains the same checks, and is {instead.candidate.certainty}"
    return RuledOut(suspect.rule.code, by, suspect.object)
