# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Symptoms below their causes. Pure."""

from __future__ import annotations

import typing as t

from .finding import ObjectRef
from .ranking import Suspect
from .rule import LAYERS

_LAYERS = list(LAYERS.values())


def fold(suspects: t.Sequence[Suspect]) -> list[Suspect]:
    """Put each suspect that is a symptom of another below that one, and return those that are left.

    A cause is found by its object: among the parents that the symptom names, or because one of these is among its
    victims, or the symptom's object. Then it may be its own object if it is of a lower layer, and explains most of what
    the symptom does if it is of the same one. A mere hint is no cause of anything. Of two suspects that blame the same
    field of one object, the one that explains more is told, else the first, and the other below it.
    """
    by_object: dict[ObjectRef, list[Suspect]] = {}
    by_victim: dict[ObjectRef, list[Suspect]] = {}
    for one in suspects:
        if one.candidate.certainty != "hint":
            by_object.setdefault(one.object, []).append(one)
            for victim in one.candidate.victims:
                by_victim.setdefault(victim, []).append(one)
    above: dict[int, Suspect] = {}
    for one in sorted(suspects, key=lambda one: one.key):
        causes = [*_causes(one, by_object, by_victim), *_same_field(one, by_object)]
        possible = [other for other in causes if not _is_above(one, other, above)]
        if possible:
            above[id(one)] = min(possible, key=lambda other: other.key)
    for one in suspects:
        if id(one) in above:
            above[id(one)].children.append(one)
    return [one for one in suspects if id(one) not in above]


def _causes(
    one: Suspect, by_object: t.Mapping[ObjectRef, list[Suspect]], by_victim: t.Mapping[ObjectRef, list[Suspect]]
) -> t.Iterator[Suspect]:
    codes = one.candidate.parent_codes
    for parent in one.candidate.parents:
        for other in (*by_object.get(parent, ()), *by_victim.get(parent, ())):
            if other is not one and (not codes or other.rule.code in codes):
                yield other
    for other in by_victim.get(one.object, ()):
        if other is not one and (_is_lower(other, one) or (other.object != one.object and _explains_most(other, one))):
            yield other


def _explains_most(cause: Suspect, symptom: Suspect) -> bool:
    """Whether a cause explains most of what its symptom does, if any check: a victim may have a trouble of its own."""
    return not cause.explains or 2 * len(cause.explains & symptom.explains) >= len(symptom.explains)


def _is_lower(one: Suspect, other: Suspect) -> bool:
    """Whether a suspect is of a lower layer than another."""
    return _LAYERS.index(one.rule.layer) < _LAYERS.index(other.rule.layer)


def _same_field(one: Suspect, by_object: t.Mapping[ObjectRef, list[Suspect]]) -> t.Iterator[Suspect]:
    if not one.candidate.field:
        return
    is_before = True  # of two that explain as much, the first is told
    for other in by_object.get(one.object, ()):
        if other is one:
            is_before = False
        elif other.candidate.field == one.candidate.field and (
            _width(other) > _width(one) or (is_before and _width(other) == _width(one))
        ):
            yield other


def _width(one: Suspect) -> tuple[int, int]:
    """How much a suspect explains: checks, else objects that suffer."""
    return len(one.explains), len(one.candidate.victims)


def _is_above(one: Suspect, other: Suspect, above: t.Mapping[int, Suspect]) -> bool:
    """Whether a suspect is already above another, which therefore cannot be its cause."""
    walk: Suspect | None = other
    while walk is not None:
        if walk is one:
            return True
        walk = above.get(id(walk))
    return False
