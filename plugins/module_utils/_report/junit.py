# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The report as JUnit XML, which CI servers and AWX's neighbours read.

A test suite is a traffic model, a test case what one source asks one target by one protocol and IP family, however
many names it used. What is wrong on the wire is a failure. A probe that never ran is an error: a job whose probes all
fail to start must not be green. A cell that nobody can judge is skipped, and so is what was not tested at all. The last
suite, C(causes), holds no test: its properties name the causes, and each failure says to which it belongs. Where only a
part was tested, those of C(coverage) say which. A note on an
application that passed is the C(system-out) of its test case.
"""

from __future__ import annotations

import collections
import typing as t
import xml.etree.ElementTree as ET

from .. import _question_key as question_key
from .. import _words as words
from . import causes, phrases
from .groups import Group, group
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]
Cells = list[Plain]

#: Cells of a test case that are told in its text.
LIMIT = 20
#: The kinds of results that CI knows, worst first; what none of them holds has passed.
_RESULTS = ("failure", "error", "skipped")


def render(document: Plain) -> str:
    """Draw a valid report document; the same document gives the same text."""
    run, names = document["run"], phrases.source_names(document)
    root = ET.Element("testsuites", {"name": f"kubewire {sanitize(run['id'])}"})
    groups = group(document)
    places = {cell: f"cause {place}: " for place, one in enumerate(groups, 1) for cell in one.cells}
    by_model: dict[str, dict[tuple[str, ...], Cells]] = {model: {} for model in words.MODELS}
    for place, cell in enumerate(document["cells"]):
        told = {**cell, "cause": places.get(place, "")}
        by_model[cell["model"]].setdefault(question_key.test_case(cell), []).append(told)
    for model, cases in by_model.items():
        if cases:
            suite = _suite(root, model, run)
            for (source, target, _model, protocol, family), cells in cases.items():
                name = f"{sanitize(target)} {protocol} {family}"
                _case(suite, f"{model}.{sanitize(names[source])}", name, cells)
            _count(suite)
    if document["not_tested"]:
        suite = _suite(root, "not_tested", run)
        for item in document["not_tested"]:
            case = ET.SubElement(suite, "testcase", {"classname": "not_tested", "name": sanitize(item["what"])})
            remedy = f"; remedy: {sanitize(item['remedy'])}" if item.get("remedy") else ""
            ET.SubElement(case, "skipped", {"message": sanitize(item["reason"]) + remedy})
        _count(suite)
    _coverage(root, document)
    _causes(root, document, groups, names)
    if causes.is_there(document):
        _diagnosis(root, document)
    _total(root, phrases.seconds(run))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _diagnosis(root: ET.Element, document: Plain) -> None:
    """A case for each cause, which fails unless it is information, and one for each fault that nobody looked for."""
    suite = _suite(root, "diagnosis", document["run"])
    for finding in document["findings"]:
        name = f"{causes.name(finding['object'])} {sanitize(finding.get('field', ''))}".rstrip()
        case = ET.SubElement(suite, "testcase", {"classname": f"diagnosis.{finding['code']}", "name": name})
        told = [f"{label}: {text}" for label, text in causes.lines(finding)]
        told += [f"fix: {part}" for part in causes.fix(finding) if part]
        told += [f"page: {page}"] if (page := causes.page(finding)) else []
        if finding["severity"] != "info":
            failure = {"message": sanitize(finding["sentence"]), "type": finding["code"]}
            ET.SubElement(case, "failure", failure).text = "\n".join(told)
    for which, why in causes.unknown(document):
        case = ET.SubElement(suite, "testcase", {"classname": "diagnosis.unknown", "name": which})
        ET.SubElement(case, "skipped", {"message": why})
    _count(suite)


def _coverage(root: ET.Element, document: Plain) -> None:
    """Say what part of everything was tested, in properties."""
    if told := phrases.coverage(document):
        suite = _suite(root, "coverage", document["run"])
        properties = ET.SubElement(suite, "properties")
        for label, text in (("result", phrases.tally(document, loud=False)), *told):
            ET.SubElement(properties, "property", {"name": label, "value": text})
        _count(suite)


def _causes(root: ET.Element, document: Plain, groups: t.Sequence[Group], names: Plain) -> None:
    """Name the causes as the other formats do; as properties, or failures would be counted twice."""
    if groups:
        suite = _suite(root, "causes", document["run"])
        properties = ET.SubElement(suite, "properties")
        ET.SubElement(properties, "property", {"name": "causes", "value": str(len(groups))})
        for place, one in enumerate(groups, 1):
            told = "; ".join(f"{label}: {text}" for label, text in phrases.describe(document, one, names))
            value = f"{phrases.count(len(one.cells), 'check')} {one.kind}; {told}"
            ET.SubElement(properties, "property", {"name": f"cause {place}", "value": value})
        _count(suite)


def result_of(cell: Plain) -> str:
    """Return the result of JUnit that a cell stands for: failure, error or skipped; empty where it passed."""
    if cell["verdict"] in ("fail", "unexpected_open"):
        return "failure"
    if cell["verdict"] == "unknown":
        return "error" if cell["outcome"] == "probe_error" else "skipped"
    return "skipped" if cell["verdict"] == "skipped" else ""


def _suite(root: ET.Element, name: str, run: Plain) -> ET.Element:
    stamp = sanitize(run["start"]).rstrip("Z").partition(".")[0]
    return ET.SubElement(
        root, "testsuite", {"name": name, "timestamp": stamp, "hostname": sanitize(run["cluster"]["server"])}
    )


def _case(suite: ET.Element, classname: str, name: str, cells: Cells) -> None:
    took = sum(cell["latency_ms"] or 0 for cell in cells) / 1000
    case = ET.SubElement(suite, "testcase", {"classname": classname, "name": name, "time": f"{took:.6f}"})
    results = [result_of(cell) for cell in cells]
    result = next((word for word in _RESULTS if word in results), "")
    # One way of asking that makes no sense here does not hide that the others passed.
    hidden = result == "skipped" and "" in results and not any(c["verdict"] == "unknown" for c in cells)
    if result and not hidden:
        # zip has no strict in Python 3.9
        told = [cell for cell, own in zip(cells, results) if own == result]  # noqa: B905
        kind = told[0]["outcome"] if result == "error" else told[0]["verdict"]
        attributes = {"message": _message(told[0]), **({} if result == "skipped" else {"type": kind})}
        ET.SubElement(case, result, attributes).text = "\n".join(_line(cell) for cell in told[:LIMIT])
    if notes := dict.fromkeys(sanitize(cell["note"]) for cell in cells if cell.get("note")):
        ET.SubElement(case, "system-out").text = "\n".join(notes)


def _message(cell: Plain) -> str:
    if cell["verdict"] == "skipped":
        return sanitize(cell["reason"] or cell.get("expectation_reason") or "not applicable")
    return f"{cell['cause']}{words.outcome(cell['outcome']).heading}: {sanitize(cell['reason'] or 'no reason given')}"


def _line(cell: Plain) -> str:
    """Tell a cell in one line: what was asked, what came, what had to come and who says so."""
    expected = cell.get("expectation_reason") or "no reason given"
    parts = [
        f"#{cell['id']} {sanitize(cell.get('asked', ''))} by {sanitize(cell.get('via') or 'address')}",
        f"{cell['verdict']}: {cell['outcome']}" + (f" ({cell['whose']})" if cell.get("whose") else ""),
        f"expected {cell['expectation']}" + (f": {sanitize(expected)}" if expected != cell["reason"] else ""),
        f"decided by {sanitize(cell['decided_by'])}" if cell.get("decided_by") else "",
        sanitize(cell["reason"]),
    ]
    return "; ".join(filter(None, parts))


_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _count(suite: ET.Element) -> None:
    results = collections.Counter(case[0].tag for case in suite.iter("testcase") if len(case))
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in _COUNTED.items():
        suite.set(name, str(results[tag]))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in suite.iter('testcase')):.6f}")


def _total(root: ET.Element, seconds: float | None) -> None:
    for name in ("tests", *_COUNTED):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    if seconds is not None:
        root.set("time", f"{seconds:.3f}")
