# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Recorded answers: what a run's probes gave, kept with their questions, so that later stages run without a cluster."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _question_key as question_key
from .. import _words
from .._record import Record, type_of
from .._snapshot.facts import is_address
from .intermittent import Intermittent
from .plan import Plan
from .types import Answer, Probe, Source, SourceReport

SCHEMA = "kubewire.io/answers/v1"

#: What makes one question on the wire, beside what its key names.
_WIRE = ("host", "port", "path", "server_name", "dns_server", "transport")


@dataclasses.dataclass(frozen=True)
class _Run(Record):
    start: str
    end: str
    execs: int


def record(
    plan: Plan, reports: t.Iterable[SourceReport], run: t.Mapping[str, t.Any], outside: t.Iterable[Source] = ()
) -> dict[str, t.Any]:
    """Return the document of C(answers.json): the run, its probes and what every source gave.

    C(outside) are the sources that no snapshot knows, with those that could not ask.
    """
    return {
        "schema": SCHEMA,
        "run": dict(run),
        "probes": [question.probe.to_dict() for question in plan],
        "sources": [report.to_dict() for report in reports],
        "outside": [source.to_dict() for source in outside],
    }


def replay(plan: Plan, document: t.Mapping[str, t.Any]) -> list[SourceReport]:
    """Answer a plan from a recording: a question is known by what it asks, not by its number.

    Raises:
        ValueError: the document is not a recording of answers.
    """
    _assert_recording(document)
    asked = {probe.id: probe for probe in map(Probe.from_dict, entries(document, "probes"))}
    recorded = {report.source: report for report in map(_report, entries(document, "sources"))}
    reports = []
    for source, probes in plan.by_source():
        report = recorded.get(source.id)
        if report is None:
            reports.append(SourceReport(source.id, error="the recording holds nothing from this source"))
            continue
        known = {
            question_key.key(asked[answer.id]): (asked[answer.id], answer)
            for answer in report.answers
            if answer.id in asked
        }
        found = [(probe, _answer_of(probe, known.get(question_key.key(probe)))) for probe in probes]
        answers = [
            dataclasses.replace(answer, id=probe.id)
            if answer
            else Answer(probe.id, "probe_error", error=report.error or "the recording does not hold this question")
            for probe, answer in found
        ]
        reports.append(dataclasses.replace(report, answers=tuple(answers)))
    return reports


def faults(plan: Plan, document: t.Mapping[str, t.Any]) -> list[Intermittent]:
    """What a recorded run found to be at fault now and then, for the questions of this plan.

    Raises:
        ValueError: the document is not a recording of answers.
    """
    found = [Intermittent.from_dict(entry) for entry in entries({"intermittent": [], **document}, "intermittent")]
    if not found:  # most runs, and those of an earlier version
        return []
    keys = {probe.id: question_key.key(probe) for probe in map(Probe.from_dict, entries(document, "probes"))}
    own = {question_key.key(question.probe): question.probe.id for question in plan}
    return [
        dataclasses.replace(fault, ids=tuple(own[keys[id_]] for id_ in fault.ids if keys.get(id_) in own))
        for fault in found
    ]


def _answer_of(probe: Probe, known: tuple[Probe, Answer] | None) -> Answer | None:
    """The answer to the same question, unless another address, port or page was asked then."""
    if known and all(getattr(known[0], name) == getattr(probe, name) for name in _WIRE):
        return known[1]
    return None


def outside(document: t.Mapping[str, t.Any]) -> list[Source]:
    """The outside of a recorded run, with what of its addresses is one.

    Raises:
        ValueError: the document is not a recording of answers, or says nothing of the outside.
    """
    _assert_recording(document)
    if not isinstance(document.get("outside"), list):
        raise ValueError("it does not name the outside sources")
    found = [Source.from_dict(entry) for entry in document["outside"]]
    return [dataclasses.replace(source, addresses=tuple(filter(is_address, source.addresses))) for source in found]


def sources(document: t.Mapping[str, t.Any]) -> set[str]:
    """The ids of the sources that a recording holds.

    Raises:
        ValueError: the document is not a recording of answers.
    """
    return {
        str(entry["source"]) for entry in entries(document, "sources") if isinstance(entry, dict) and "source" in entry
    }


def times(document: t.Mapping[str, t.Any]) -> tuple[str, str, int]:
    """When a recorded run started and ended, and how many execs it took; raises as C(replay) does."""
    run = document.get("run")
    if not isinstance(run, dict):
        raise ValueError(f"run is {type_of(run)} where an object is expected")
    found = _Run.from_dict({name: run[name] for name in ("start", "end", "execs") if name in run})
    return found.start, found.end, found.execs


def _assert_recording(document: t.Mapping[str, t.Any]) -> None:
    if document.get("schema") != SCHEMA:
        raise ValueError(f"schema is {document.get('schema')!r:.80}, not {SCHEMA!r}")


def entries(document: t.Mapping[str, t.Any], name: str) -> list[t.Any]:
    """The entries of one of its lists; raises as C(replay) does."""
    found = document.get(name)
    if not isinstance(found, list):
        raise ValueError(f"{name} is {type_of(found)} where a list is expected")
    return found


def _report(entry: t.Any) -> SourceReport:
    """Read what a source gave, and hold it to what a run writes."""
    report = SourceReport.from_dict(entry)
    for level in (report.level, *(answer.level for answer in report.answers)):
        if level not in ("", *_words.LEVELS):
            raise ValueError(f"{report.source!r:.80}: level {level!r:.80} is none of {', '.join(_words.LEVELS)}")
    for answer in report.answers:
        if not _words.is_outcome(answer.outcome):
            raise ValueError(f"{report.source!r:.80}: answer {answer.id}: there is no outcome {answer.outcome!r:.80}")
        counts = (answer.ms, answer.sent, answer.received, answer.mtu)
        if min((0, *filter(None, counts), *answer.phases.values(), *answer.percentiles.values())) < 0:
            raise ValueError(f"{report.source!r:.80}: answer {answer.id} has a number that is less than 0")
    return report
