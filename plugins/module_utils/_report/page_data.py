# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Packs a report document for its page: each text once, one column for each key of the cells.

A matrix of 50 x 50 repeats the same few texts thousands of times; packed like this its page stays below 500 KB.
"""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes as difference
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.groups import Group, group

from .. import _words as words
from . import asked_again, causes, closed, flowchart, notes, page_cells, phrases, untested
from .sanitize import sanitize, sanitize_all

Plain = t.Mapping[str, t.Any]
Data = dict[str, t.Any]

#: Groups that are drawn; the heatmaps show their cells all the same.
MAX_GROUPS = 60
#: Pieces of evidence of a cause, follow-ups among them.
MAX_EVIDENCE = 40
#: Reasons for not asking that are told.
MAX_SKIPPED = 20
#: Lines of one routing table or resolver configuration that are kept.
MAX_LINES = 100

_CELL_TEXTS = (
    "model",
    "protocol",
    "family",
    "via",
    "asked",
    "outcome",
    "expectation",
    "expectation_reason",
    "decided_by",
    "verdict",
    "reason",
    "author",
    "application",
    "whose",
    "note",
)
_EVIDENCE_TEXTS = ("address", "name", "server", "tool", "error", "path")
_EVIDENCE_LISTS = ("answers", "expected_addresses")


class _Texts:
    """Each text once; the first is the empty one, so that 0 means nothing."""

    def __init__(self) -> None:
        self.texts = [""]
        self._raw: dict[str, int] = {"": 0}
        self._places: dict[str, int] = {"": 0}

    def place(self, raw: str) -> int:
        """Return the place of a text, cleaned."""
        found = self._raw.get(raw)
        if found is None:
            text = sanitize(raw)
            found = self._places.setdefault(text, len(self.texts))
            if found == len(self.texts):
                self.texts.append(text)
            self._raw[raw] = found
        return found

    def places(self, texts: t.Sequence[str]) -> list[int]:
        """Return the places of several texts."""
        return [self.place(text) for text in texts[:MAX_LINES]]


def build(document: Plain, changes: Plain | None = None) -> Data:
    """Return what the page needs, as small JSON-ready data; no text in it is as hostile as it came.

    C(changes) is what C(changes.tell) says about an earlier document.
    """
    texts = _Texts()
    names = phrases.source_names(document)
    is_diagnosed = causes.is_there(document)
    groups = causes.unexplained(document, group(document)) if is_diagnosed else group(document)
    places = page_cells.drawn(document, groups[:MAX_GROUPS])
    shown = document if places is None else page_cells.part(document, places)
    new = None if places is None else {place: number for number, place in enumerate(places)}
    packed = {
        "run": sanitize_all(document["run"]),
        "seconds": phrases.seconds(document["run"]),
        "verdict": phrases.tally(document, loud=False),
        "summary": document["summary"],
        "models": {name: row.title for name, row in words.MODELS.items()},
        "outcomes": {name: row.heading for name, row in words.OUTCOMES.items()},
        "sources": [_source(texts, item, names[key]) for key, item in shown["sources"].items()],
        "targets": [_target(texts, item) for item in shown["targets"].values()],
        "cells": _cells(texts, shown),
        "groups": [_group(document, one, names, new) for one in groups[:MAX_GROUPS]],
        "more_groups": max(0, len(groups) - MAX_GROUPS),
        "diagnosis": _diagnosis(document) if is_diagnosed else None,
        "notes": notes.tell(document)[:MAX_GROUPS],
        "closed": closed.tell(document)[:MAX_GROUPS],
        "closed_pairs": closed.pairs(document),
        "not_tested": untested.tell(_untold(document), limit=40),
        "not_tested_count": len(untested.gaps(document)),
        "skipped": phrases.skipped(document)[:MAX_SKIPPED],
        "not_asked": untested.models_without_checks(document),
        "left": phrases.left(document),
        "coverage": [*phrases.coverage(document), *([] if places is None else [page_cells.told(document, places)])],
        "changes": _changes(changes) if changes else None,
        "requests": sanitize_all(document["requests"]),
    }
    return {**packed, "texts": texts.texts}


def _untold(document: Plain) -> list[Plain]:
    """What was not tested, what is missing first."""
    return [*untested.gaps(document), *untested.nothing(document)]


def _source(texts: _Texts, item: Plain, name: str) -> Data:
    data: Data = {
        key: texts.place(item.get(key, ""))
        for key in (
            "id",
            "kind",
            "namespace",
            "pod",
            "node",
            "workload",
            "image",
            "level",
            "through",
            "runner",
            "error",
            "remedy",
        )
    }
    data.update((key, texts.places(item.get(key, []))) for key in ("addresses", "tools", "routes", "resolv_conf"))
    return {**data, "name": texts.place(name), "ms": item.get("duration_ms")}


def _target(texts: _Texts, item: Plain) -> Data:
    data: Data = {key: texts.place(item.get(key, "")) for key in ("id", "kind", "namespace", "name", "node")}
    return {**data, "port": item.get("port", 0)}


def _cells(texts: _Texts, document: Plain) -> Data:
    """Return the columns; one whose values are all the same is that value."""
    cells = document["cells"]
    sources = {key: place for place, key in enumerate(document["sources"])}
    targets = {key: place for place, key in enumerate(document["targets"])}
    ids = [cell["id"] for cell in cells]
    drawn = {-1, *ids}
    controls = [cell["evidence"].get("control", -1) for cell in cells]
    columns: dict[str, list[t.Any]] = {
        "id": ids,
        "source": [sources[cell["source"]] for cell in cells],
        "target": [targets[cell["target"]] for cell in cells],
        "ms": [cell["latency_ms"] for cell in cells],
        "phases": [_phases(texts, cell["evidence"].get("phases")) for cell in cells],
        "control": [control if control in drawn else -1 for control in controls],
        "later": [int(asked_again.passed_later(cell)) for cell in cells],
        "e_more": [texts.place(_more(cell["evidence"])) for cell in cells],
    }
    for key in _CELL_TEXTS:
        columns[key] = [texts.place(cell.get(key, "")) for cell in cells]
    for key in _EVIDENCE_TEXTS:
        columns["e_" + key] = [texts.place(cell["evidence"].get(key, "")) for cell in cells]
    for key in _EVIDENCE_LISTS:
        columns["e_" + key] = [texts.place(", ".join(cell["evidence"].get(key, ()))) for cell in cells]
    return {"count": len(cells), **{key: _column(values) for key, values in columns.items()}}


def _more(evidence: Plain) -> str:
    """Say what few probes have: another level, tries, percentiles, path MTU, certificate."""
    parts = []
    if evidence.get("level"):
        parts.append(f"probed at level {evidence['level']} in {evidence.get('through', '')}")
    if "sent" in evidence:
        parts.append(f"{evidence.get('received', 0)} of {evidence['sent']} tries answered")
    if askings := asked_again.told(evidence):
        parts.append(askings)
    if evidence.get("percentiles"):
        parts.append(", ".join(f"{name} {value:g} ms" for name, value in evidence["percentiles"].items()))
    if "mtu" in evidence:
        parts.append(f"IP packets of {evidence['mtu']} bytes pass")
    if evidence.get("tls"):
        parts.append(phrases.certificate(evidence["tls"]))
    return "; ".join(parts)


def _diagnosis(document: Plain) -> Data:
    """Return the causes, each with the ids of the cells that it explains."""
    findings = document["findings"]
    return {
        "error": causes.error(document),
        "headline": causes.headline(document),
        "causes": [_cause(finding) for finding in findings[:MAX_GROUPS]],
        "more": max(0, len(findings) - MAX_GROUPS),
        "unknown": causes.unknown(document),
        "path": causes.way(document),
        "way": {"steps": flowchart.steps(document), "leads": flowchart.leads_to(document)},
    }


def _cause(finding: Plain) -> Data:
    text, command = causes.fix(finding)
    return {
        "title": causes.title(finding),
        "severity": finding["severity"],
        "lines": [*causes.lines(finding), *([("fix", text)] if text else [])],
        "evidence": causes.evidence(finding)[:MAX_EVIDENCE],
        "command": command,
        "undo": causes.undo(finding),
        "then": causes.verify(finding),
        "code": finding["code"],
        "page": causes.page(finding),
        "ids": finding.get("explains", []),
    }


def _changes(changes: Plain) -> Data:
    """Return what the page shows of a comparison."""
    groups = [
        {
            "kind": one["kind"],
            "title": difference.title(one),
            "lines": difference.lines(one),
            "ids": [] if one["kind"] == "gone" else one["ids"],
        }
        for one in changes["groups"]
    ]
    return {"headline": difference.headline(changes), "groups": groups, "more": changes["more_groups"]}


def _column(values: list[t.Any]) -> t.Any:
    if values and not isinstance(values[0], list) and values.count(values[0]) == len(values):
        return values[0]
    return values


def _phases(texts: _Texts, phases: t.Mapping[str, float] | None) -> t.Any:
    """Return the names of the phases as one text, then their milliseconds."""
    return [texts.place(" ".join(phases)), *phases.values()] if phases else 0


def _group(document: Plain, one: Group, names: Plain, places: t.Mapping[int, int] | None) -> Data:
    return {
        "kind": one.kind,
        "whose": one.whose,
        "models": one.models,
        "cells": one.cells if places is None else [places[cell] for cell in one.cells if cell in places],
        "lines": phrases.describe(document, one, names, limit=6),
    }
