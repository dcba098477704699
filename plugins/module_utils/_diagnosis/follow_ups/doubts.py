# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The failing checks that no certain candidate explains, with the codes of those that would. Pure."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

from ..about import About
from ..case import Case
from ..ranking import Suspect

_MOST_ASKERS = 3
_MOST = 200  #: checks in doubt that are looked at


@dataclasses.dataclass(frozen=True)
class Doubt:
    """A check in doubt, and the codes of the candidates that would explain it; none where nothing does."""

    about: About
    codes: tuple[str, ...]


class Doubts:
    """What a diagnosis is not sure of."""

    def __init__(self, case: Case, suspects: t.Sequence[Suspect]) -> None:
        """Prepare.

        Args:
            case: all that is known.
            suspects: the candidates.
        """
        self.case = case
        self._left = [one for one in suspects if not one.contradicts]

    @functools.cached_property
    def all(self) -> list[Doubt]:
        """The checks in doubt, those that differ from an earlier one in the source alone after the others."""
        explaining: dict[int, list[Suspect]] = {}
        for one in self._left:
            for number in one.explains:
                explaining.setdefault(number, []).append(one)
        found = []
        for about in self.case.failing:
            causes = explaining.get(about.cell.id, [])
            if not any(one.candidate.certainty == "certain" for one in causes):
                found.append(Doubt(about, tuple(dict.fromkeys(one.rule.code for one in causes))))
        first: dict[str, int] = {}
        for place, doubt in enumerate(found):
            first.setdefault(doubt.about.cell.target, place)
        return sorted(found, key=lambda doubt: found[first[doubt.about.cell.target]] is not doubt)[:_MOST]

    def about(self, *layers: str) -> list[Doubt]:
        """The checks in doubt that something of some layers would explain, and those that nothing explains."""
        return [
            doubt
            for doubt in self.all
            if not doubt.codes or any(code.partition("-")[0] in layers for code in doubt.codes)
        ]

    def victims(self, *codes: str, most: int) -> list[Pod]:
        """The first Pods that suffer from each candidate of some codes."""
        found: dict[str, Pod] = {}
        for one in self._left:
            if one.rule.code in codes:
                names = [f"{ref.namespace}/{ref.name}" for ref in one.candidate.victims if ref.kind == "Pod"]
                pods = [self.case.facts.pods[name] for name in names if name in self.case.facts.pods]
                found.update((pod.id, pod) for pod in pods[:most])
        return list(found.values())


def of_pod_sources(case: Case, about: About) -> tuple[str, ...]:
    """Who may ask in a check's place: its own source, unless it is outside the cluster, then Pods of its namespaces."""
    own = [about.cell.source] if about.source.get("kind", "pod") != "outside" else []
    spaces = {about.source.get("namespace"), about.target.get("namespace")}
    others = [
        name
        for name, source in (case.report.get("sources") or {}).items()
        if source.get("kind", "pod") == "pod" and not source.get("error") and source.get("namespace") in spaces
    ]
    return tuple(dict.fromkeys([*own, *others]))[:_MOST_ASKERS]
