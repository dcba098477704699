# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The document of a run: report.json as plain data, and what must hold in it."""

from __future__ import annotations

import functools
import json
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _json
from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import asked_again, schema
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.check import (
    Check,
    compile_schema,
    complaints,
)

Data = dict[str, t.Any]
Plain = t.Mapping[str, t.Any]

#: More than this many complaints help nobody.
MAX_ERRORS = 20


def build(
    run: Plain,
    cells: t.Iterable[Plain],
    sources: t.Iterable[Plain],
    targets: t.Iterable[Plain],
    not_tested: t.Iterable[Plain] = (),
    requests: t.Mapping[str, int] | None = None,
    coverage: Plain | None = None,
    left: t.Iterable[Plain] = (),
    summary: Plain | None = None,
    follow_ups: t.Iterable[Plain] = (),
) -> Data:
    """Put the parts of a run into one document.

    Without C(coverage), everything that could be asked was asked. C(summary) is what C(summarise) says of the cells,
    where that is known.
    """
    rows = [dict(cell) for cell in cells]
    further = [dict(each) for each in follow_ups]
    return {
        "schema": schema.SCHEMA_ID,
        "run": dict(run),
        "summary": dict(summary) if summary else summarise(rows),
        "sources": {source["id"]: dict(source) for source in sources},
        "targets": {target["id"]: dict(target) for target in targets},
        "cells": rows,
        **({"follow_ups": further} if further else {}),
        "findings": [],
        "not_tested": [dict(item) for item in not_tested],
        "left": [dict(item) for item in left],
        **({"coverage": dict(coverage)} if coverage else {}),
        "requests": dict(requests or {}),
    }


def describe_source(source: Plain, report: Plain | None = None) -> Data:
    """Join who a source is (a C(Source)) with what its exec gave (a C(SourceReport)) into one entry of C(sources)."""
    entry = {key: value for key, value in source.items() if key != "unusable"}
    entry.update((key, value) for key, value in (report or {}).items() if key not in ("source", "answers"))
    if source.get("unusable") and not entry.get("error"):
        entry["error"] = source["unusable"]
    return entry


def summarise(cells: t.Iterable[Plain]) -> Data:
    """Count verdicts, all of them and by traffic model, failures by whose they are, and different notes."""
    total, errors, later, whose, notes = _zero(), 0, 0, dict.fromkeys(words.WHOSE, 0), set()
    by_model: dict[str, dict[str, int]] = {}
    for cell in cells:
        for counts in (total, by_model.setdefault(cell["model"], _zero())):
            counts["cells"] += 1
            counts[cell["verdict"]] += 1
        errors += cell["verdict"] == "pass" and words.outcome(cell["outcome"]).is_application_error
        later += asked_again.passed_later(cell)
        if cell.get("whose"):
            whose[cell["whose"]] += 1
        if cell.get("note"):
            notes.add((cell["target"], cell["note"]))
    ordered = {model: by_model[model] for model in words.MODELS if model in by_model}
    return {
        **total,
        "application_errors": errors,
        "passed_later": later,
        **whose,
        "notes": len(notes),
        "by_model": ordered,
    }


def _zero() -> dict[str, int]:
    return {"cells": 0, **dict.fromkeys(words.VERDICTS, 0)}


def dumps(document: Plain) -> str:
    """Return the text of report.json: a line for each cell, so that grep and diff work on it."""
    return "".join(pieces(document))


def pieces(document: Plain) -> t.Iterator[str]:
    """Yield that text line by line: the whole of it takes as much memory as a large document once more."""
    before = "{\n "
    for key, value in document.items():
        yield f"{before}{_line(key)}: "
        before = ",\n "
        if isinstance(value, list) and value:
            yield from _lines("[]", map(_line, value))
        elif isinstance(value, dict) and value:
            yield from _lines("{}", (f"{_line(name)}: {_line(item)}" for name, item in value.items()))
        else:
            yield _line(value)
    yield "\n}\n"


def _lines(brackets: str, lines: t.Iterable[str]) -> t.Iterator[str]:
    before = f"{brackets[0]}\n  "
    for line in lines:
        yield before + line
        before = ",\n  "
    yield f"\n {brackets[1]}"


def _line(value: t.Any) -> str:
    return json.dumps(value, allow_nan=False)


def loads(text: str | bytes) -> Data:
    """Read and check the text of a report.json.

    Raises:
        ValueError: it is not JSON, or not a report of our schema; the message says what is wrong with it.
    """
    document = _json.loads(text, strict=False)  # what shows it cleans its texts
    found = document.get("schema") if isinstance(document, dict) else None
    if found != schema.SCHEMA_ID:
        raise ValueError(f"its schema is {ascii(found)[:60]}, where {schema.SCHEMA_ID!r} is the one that is known")
    errors = validate(document)
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ValueError(f"it breaks the schema: {errors[0]}{more}")
    return t.cast(Data, document)


@functools.cache
def _checker() -> Check:
    return compile_schema(schema.REPORT_SCHEMA)


def validate(document: t.Any) -> list[str]:
    """Return what is wrong with a document: its schema first, then what a schema cannot say. Empty means valid."""
    errors = complaints(_checker(), document) or list(_references(document))
    return errors[:MAX_ERRORS]


def _references(document: Plain) -> t.Iterator[str]:
    sources, targets, seen = document["sources"], document["targets"], set()
    for number, cell in enumerate(document["cells"]):
        if cell["source"] not in sources:
            yield f"cells[{number}].source: {cell['source']!a:.80} is not in sources"
        if cell["target"] not in targets:
            yield f"cells[{number}].target: {cell['target']!a:.80} is not in targets"
        if cell["id"] in seen:
            yield f"cells[{number}].id: {cell['id']} occurs twice"
        seen.add(cell["id"])
    for section in ("sources", "targets"):
        for key, item in document[section].items():
            if item["id"] != key:
                yield f"{section}.{key:.80}.id: {item['id']!a:.80} is not its key"
    counted = summarise(document["cells"])  # an earlier version counted less
    if any(counted[key] != said for key, said in document["summary"].items()):
        yield "summary: the counts are not those of cells"
