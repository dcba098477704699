# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Label selectors, as text (C(kubectl -l)) and as C(meta/v1 LabelSelector)."""

from __future__ import annotations

import re
import typing as t

Labels = t.Mapping[str, str]
Requirement = tuple[str, str, tuple[str, ...]]  #: key, operator (``In NotIn Exists DoesNotExist``), values

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_KEY = r"(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VALUE = r"[A-Za-z0-9]?(?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EQUAL = re.compile(rf"({_KEY})\s*(==|=|!=)\s*({_VALUE})")
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s+\(\s*({_VALUE}(?:\s*,\s*{_VALUE})*)\s*\)")
_EXISTS = re.compile(rf"(!?)\s*({_KEY})")
_COMMA = re.compile(r",(?![^()]*\))")


def parse(text: str) -> list[Requirement]:
    """Read the text form: C(a=b), C(a!=b), C(a in (b,c)), C(a notin (b)), C(a), C(!a), joined by commas.

    Raises:
        ValueError: a part is none of these.
    """
    return [_requirement(part.strip()) for part in _COMMA.split(text) if part.strip()]


def _requirement(part: str) -> Requirement:
    if match := _EQUAL.fullmatch(part):
        return match[1], "NotIn" if match[2] == "!=" else "In", (match[3],)
    if match := _SET.fullmatch(part):
        values = tuple(value.strip() for value in match[3].split(","))
        return match[1], "In" if match[2] == "in" else "NotIn", values
    if match := _EXISTS.fullmatch(part):
        return match[2], "DoesNotExist" if match[1] else "Exists", ()
    raise ValueError(f"{part!r} is not a label selector; allowed are k=v, k!=v, k in (v,w), k notin (v), k and !k")


def of_object(selector: t.Mapping[str, t.Any] | None) -> list[Requirement]:
    """Read C(matchLabels) and C(matchExpressions); an empty selector has no requirement and matches everything.

    Raises:
        ValueError: it is no label selector, as custom resources with a loose schema may hold anything there.
    """
    selector = selector or {}
    try:
        equal = [(key, "In", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
        found = equal + [
            (entry["key"], entry["operator"], (*(entry.get("values") or ()),))
            for entry in selector.get("matchExpressions") or ()
        ]
    except (AttributeError, KeyError, TypeError):
        raise ValueError(f"{selector!r:.100} is no label selector") from None
    for key, operator, values in found:
        if operator not in _OPERATORS or not all(isinstance(text, str) for text in (key, *values)):
            raise ValueError(f"{key!r:.50} {operator!r:.50} is no requirement of a label selector")
    return found


def matches(requirements: t.Iterable[Requirement], labels: Labels) -> bool:
    """Tell whether labels meet all requirements; C(NotIn) is met by a label that is not there."""
    return all(_holds(requirement, labels) for requirement in requirements)


def _holds(requirement: Requirement, labels: Labels) -> bool:
    key, operator, values = requirement
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    present = key in labels and labels[key] in values
    return present if operator == "In" else not present
