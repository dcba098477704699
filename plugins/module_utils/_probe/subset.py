# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Less than everything: the questions of an earlier report that were not answered well, or as many as are wanted."""

from __future__ import annotations

import dataclasses
import typing as t

from .plan import Plan
from .selected import NotTested, SelectionError
from .types import Probe

_BAD = ("fail", "unexpected_open", "unknown")
_Question = tuple[str, ...]


def failed(plan: Plan, report: t.Mapping[str, t.Any]) -> Plan:
    """Keep what an earlier report says was not well, and the questions that were a positive control for those.

    Raises:
        SelectionError: nothing of it can be asked again.
        ValueError: it is no report.
    """
    try:
        cells = {cell["id"]: cell for cell in report["cells"]}
        bad = [cell for cell in cells.values() if cell["verdict"] in _BAD]
        controls = [cells.get(cell["evidence"].get("control")) for cell in cells.values()]
        wanted = {_of_cell(cell) for cell in [*bad, *filter(None, controls)]}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no report of net_probe: {error}") from None
    kept = keep(plan, lambda probe: _question(probe) in wanted)
    there = {_question(probe) for probes in kept.probes.values() for probe in probes}
    gone = [cell for cell in bad if _of_cell(cell) not in there]
    if not there:
        reason = "nothing in it failed" if not bad else "the sources and targets that it is about are gone"
        raise SelectionError(f"rerun_failed: there is nothing to ask again: {reason}")
    if gone:
        what = f"{len(gone)} cells of the earlier run that were not well"
        kept.not_tested.append(
            NotTested(what, "their source or target is not there any more", "run without O(rerun_failed)")
        )
    return kept


def first(plan: Plan, limit: int) -> Plan:
    """Keep so many questions: from each source the same share, spread over all that it asks; say what was left out."""
    if plan.cells <= limit:
        return plan
    share = limit / plan.cells
    kept: set[int] = set()
    for probes in plan.probes.values():
        for place, probe in enumerate(probes):
            if int((place + 1) * share) > int(place * share):
                kept.add(probe.id)
    smaller = keep(plan, lambda probe: probe.id in kept)
    left: dict[str, int] = {}
    for probes in plan.probes.values():
        for probe in probes:
            left[probe.model] = left.get(probe.model, 0) + (probe.id not in kept)
    for model, count in left.items():
        if count:
            reason = f"O(limit) is {limit} and the run would have had {plan.cells} cells"
            smaller.not_tested.append(NotTested(f"{count} cells of {model}", reason, "raise O(limit)"))
    return smaller


def keep(plan: Plan, wanted: t.Callable[[Probe], bool]) -> Plan:
    """Keep the wanted questions, and the sources and targets that they are about."""
    probes = {name: [probe for probe in asked if wanted(probe)] for name, asked in plan.probes.items()}
    probes = {name: asked for name, asked in probes.items() if asked}
    targets = {probe.target for asked in probes.values() for probe in asked}
    return dataclasses.replace(
        plan,
        probes=probes,
        sources={name: plan.sources[name] for name in probes},
        targets={name: target for name, target in plan.targets.items() if name in targets},
        not_tested=list(plan.not_tested),
    )


def _question(probe: Probe) -> _Question:
    return probe.source, probe.target, probe.model, probe.protocol, probe.family, probe.via


def _of_cell(cell: t.Mapping[str, t.Any]) -> _Question:
    names = ("source", "target", "model", "protocol", "family")
    return (*(str(cell[name]) for name in names), str(cell.get("via") or ""))
