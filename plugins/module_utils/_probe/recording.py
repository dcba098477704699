# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Recorded answers: what a run's probes gave, kept with their questions, so that later stages run without a cluster."""

from __future__ import annotations

import dataclasses
import typing as t

from .plan import Plan
from .types import Answer, Probe, Source, SourceReport

SCHEMA = "kubewire.io/answers/v1"

_Key = tuple[t.Any, ...]


def record(
    plan: Plan, reports: t.Iterable[SourceReport], run: t.Mapping[str, t.Any], outside: t.Iterable[Source] = ()
) -> dict[str, t.Any]:
    """Return the document of C(answers.json): the run, its probes and what every source gave.

    C(outside) are the sources that no snapshot knows, with those that could not ask.
    """
    return {
        "schema": SCHEMA,
        "run": dict(run),
        "probes": [probe.to_dict() for probes in plan.probes.values() for probe in probes],
        "sources": [report.to_dict() for report in reports],
        "outside": [source.to_dict() for source in outside],
    }


def replay(plan: Plan, document: t.Mapping[str, t.Any]) -> list[SourceReport]:
    """Answer a plan from a recording: a question is known by what it asks, not by its number.

    Raises:
        ValueError: the document is not a recording of answers.
    """
    if document.get("schema") != SCHEMA:
        raise ValueError(f"schema is {document.get('schema')!r}, not {SCHEMA!r}")
    asked = {probe["id"]: _key(Probe.from_dict(probe)) for probe in document["probes"]}
    recorded = {entry["source"]: SourceReport.from_dict(entry) for entry in document["sources"]}
    reports = []
    for source, probes in plan.by_source():
        report = recorded.get(source.id)
        if report is None:
            reports.append(SourceReport(source.id, error="the recording holds nothing from this source"))
            continue
        known = {asked[answer.id]: answer for answer in report.answers if answer.id in asked}
        found = [(probe, known.get(_key(probe))) for probe in probes]
        answers = [
            dataclasses.replace(answer, id=probe.id)
            if answer
            else Answer(probe.id, "probe_error", error=report.error or "the recording does not hold this question")
            for probe, answer in found
        ]
        reports.append(dataclasses.replace(report, answers=tuple(answers)))
    return reports


def outside(document: t.Mapping[str, t.Any]) -> list[Source]:
    """The outside of a recorded run.

    Raises:
        ValueError: the document is not a recording of answers, or says nothing of the outside.
    """
    if document.get("schema") != SCHEMA:
        raise ValueError(f"schema is {document.get('schema')!r}, not {SCHEMA!r}")
    if not isinstance(document.get("outside"), list):
        raise ValueError("it does not say who the outside was")
    return [Source.from_dict(entry) for entry in document["outside"]]


def sources(document: t.Mapping[str, t.Any]) -> set[str]:
    """The ids of the sources that a recording holds."""
    entries = document.get("sources")
    return {str(entry["source"]) for entry in entries or () if isinstance(entry, dict) and "source" in entry}


def _key(probe: Probe) -> _Key:
    question = probe.source, probe.target, probe.model, probe.protocol, probe.family, probe.host, probe.port, probe.path
    return *question, probe.server_name, probe.dns_server, probe.transport
