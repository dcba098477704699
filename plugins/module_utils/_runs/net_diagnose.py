# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The run of M(kubewire.netdebug.net_diagnose): what the files of a run's folder say, and why."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import typing as t

from .. import _files
from .._bad_input import BadInput
from .._diagnosis.case import Case
from .._diagnosis.catalogue import RULES
from .._diagnosis.engine import Diagnosis, diagnose
from .._diagnosis.errors.answer import answer, first_about
from .._diagnosis.errors.names import with_missing
from .._diagnosis.errors.text import parse
from .._diagnosis.rule import LAYERS, Rule
from .._report import cause_blocks, causes, document, findings_schema
from .._snapshot.model import Snapshot
from . import earlier_run, folder_lock, run_folder
from .run_folder import FINDINGS, REPORT, SNAPSHOT


@dataclasses.dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        run_dir: folder of the run, which is read and written.
        snapshot: the snapshot, where it is not that of the folder.
        report: the report, where it is not that of the folder.
        replay: folder or bundle of an earlier run, whose snapshot and report these are.
        codes: that are looked for, or layers; empty for all.
        ignore: codes or layers that are not.
        show_info: whether suspicions that explain nothing are kept.
        width: columns of the text.
        error: that a user has; what was asked because of it is in the report.
        target: whom it asked.
        unasked: why nothing could be probed because of it.
    """

    run_dir: str = ""
    snapshot: str = ""
    report: str = ""
    replay: str = ""
    codes: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    show_info: bool = False
    width: int = 80
    error: str = ""
    target: str = ""
    unasked: str = ""


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run gives: the document of the findings, their text, and the files that were written."""

    findings: dict[str, t.Any]
    text: str
    has_report: bool
    files: tuple[dict[str, t.Any], ...] = ()


def run(options: Options, writes: bool = True) -> Result:
    """Diagnose a folder, and write the findings to it and into its report.

    Raises:
        BadInput: an option is wrong, or a file is not what it should be.
    """
    rules = _chosen(options)
    # The snapshot of a large cluster is let go of before the files are written.
    found, completed = diagnosed(*_facts(options), rules, options)
    text = cause_blocks.render(completed or found, options.width)
    if not options.run_dir or not writes:
        return Result(found, text, bool(completed))
    with folder_lock.held(options.run_dir):
        files = [run_folder.write(os.path.join(options.run_dir, FINDINGS), dumps(found))]
        if completed:
            files.append(run_folder.write_pieces(os.path.join(options.run_dir, REPORT), document.pieces(completed)))
        elif options.replay:  # a report that is in the folder is of another run
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(options.run_dir, REPORT))
    return Result(found, text, bool(completed), tuple(files))


def _facts(options: Options) -> tuple[Snapshot, dict[str, t.Any]]:
    """The snapshot and the report that are evaluated."""
    return _replayed(options.replay) if options.replay else (_snapshot(options), _report(options))


def diagnosed(
    snapshot: Snapshot, report: dict[str, t.Any], rules: t.Iterable[Rule], options: Options
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """What C(findings.json) and C(report.json) have then; the second is empty where there is no report."""
    case = Case(snapshot, report)
    diagnosis = diagnose(case, rules)
    error: dict[str, t.Any] = {}
    if options.error:
        read = parse(options.error)
        read = dataclasses.replace(read, target=options.target or read.target)
        findings = first_about(diagnosis.findings, read, case)
        findings = with_missing(findings, read, case) if options.unasked else findings
        diagnosis = dataclasses.replace(diagnosis, findings=findings)
        error = {"error": answer(read, case, diagnosis, options.unasked).to_dict()}
    found = {**_document(snapshot, diagnosis, options.show_info), **error}
    return found, _completed(report, found) if report else {}


def dumps(found: t.Mapping[str, t.Any]) -> str:
    """The text of C(findings.json)."""
    return json.dumps(found, indent=1) + "\n"


def _replayed(path: str) -> tuple[Snapshot, dict[str, t.Any]]:
    """The snapshot and the report of an earlier run, as they were judged when it ran.

    What had gone from the cluster by then cannot be seen any more.
    """
    files = earlier_run.files(path, (SNAPSHOT, REPORT), "O(replay)")
    if SNAPSHOT not in files:
        raise BadInput(f"O(replay): {path!r} has no {SNAPSHOT}")
    return snapshot_of(files[SNAPSHOT], f"{path}/{SNAPSHOT}", "replay"), (
        report_of(files[REPORT], f"{path}/{REPORT}", "replay") if REPORT in files else {}
    )


def snapshot_of(body: bytes, path: str, option: str) -> Snapshot:
    """Read a snapshot; raises BadInput where it is none."""
    try:
        return Snapshot.from_consumed(run_folder.json_of(body, path, f"O({option})"))
    except ValueError as error:
        raise BadInput(f"O({option}): {path!r} is no snapshot of kubewire.netdebug.net_info: {error}") from None


def report_of(body: bytes, path: str, option: str) -> dict[str, t.Any]:
    """Read a report; raises BadInput where it is none."""
    try:
        return document.loads(body)
    except ValueError as error:
        raise BadInput(f"O({option}): {path!r} is not a report: {error}") from None


def _chosen(options: Options) -> list[Rule]:
    known = {rule.code for rule in RULES} | set(LAYERS)
    for name, words in (("codes", options.codes), ("ignore", options.ignore)):
        wrong = [word for word in words if word not in known]
        if wrong:
            layers = ", ".join(LAYERS)
            raise BadInput(f"O({name}): {wrong[0]!r} is no code of a rule, such as SVC-02, and none of {layers}")
    return [
        rule
        for rule in RULES
        if (not options.codes or _is_among(rule, options.codes)) and not _is_among(rule, options.ignore)
    ]


def _is_among(rule: Rule, words: t.Collection[str]) -> bool:
    return rule.code in words or rule.code.partition("-")[0] in words


def _snapshot(options: Options) -> Snapshot:
    option = "snapshot" if options.snapshot else "run_dir"
    path = options.snapshot or os.path.join(options.run_dir, SNAPSHOT)
    try:
        return snapshot_of(_files.read(path), path, option)
    except OSError as error:
        raise BadInput(f"O({option}): cannot read {path!r}: {error.strerror}") from None


def _report(options: Options) -> dict[str, t.Any]:
    """The report; empty where there is none in the folder: then nothing was probed."""
    option = "report" if options.report else "run_dir"
    path = options.report or os.path.join(options.run_dir, REPORT)
    if not options.report and not (options.run_dir and os.path.exists(path)):
        return {}
    try:
        return report_of(_files.read(path), path, option)
    except OSError as error:
        raise BadInput(f"O({option}): cannot read {path!r}: {error.strerror}") from None


def _document(snapshot: Snapshot, diagnosis: Diagnosis, show_info: bool) -> dict[str, t.Any]:
    """What findings.json has: nothing of it differs between two runs on the same files."""
    plain = diagnosis.to_dict()
    suspicions = plain.pop("suspicions", [])
    if show_info:
        plain["suspicions"] = suspicions
    return {
        "schema": findings_schema.SCHEMA_ID,
        "cluster": {"server": snapshot.server, "version": snapshot.version, "taken": snapshot.taken},
        "outcome": diagnosis.outcome,
        **plain,
    }


def _completed(report: t.Mapping[str, t.Any], found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The report with the findings."""
    rest = {key: found[key] for key in findings_schema.REST if key in found}
    return {**report, "findings": found["findings"], "diagnosis": rest}


#: Findings that a result has; the file has all of them.
_MOST = 50
_BRIEF = ("code", "layer", "severity", "certainty", "sentence", "field", "value", "wanted", "fix", "verify", "changed")


def brief(findings: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The findings as Ansible variables carry them: what each is, and how many checks it explains."""
    return [
        {
            **{key: finding[key] for key in _BRIEF if key in finding},
            "object": causes.name(finding["object"]),
            "page": causes.page(finding),
            "checks": len(finding.get("explains", ())),
            "symptoms": [child["code"] for child in finding.get("children", ())],
        }
        for finding in findings[:_MOST]
    ]


def counts(found: t.Mapping[str, t.Any]) -> dict[str, int]:
    """How much was found, and how much not."""
    explained = {number for finding in found["findings"] for number in finding.get("explains", ())}
    return {
        "causes": len(found["findings"]),
        "explained": len(explained),
        "unexplained": len(found["unexplained"]),
        "not_looked_for": len(found["unknown_rules"]),
    }


def first(found: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The first finding in few texts, all empty where there is none: what a playbook goes on with."""
    findings = found["findings"]
    finding: t.Mapping[str, t.Any] = findings[0] if findings else {}
    text, command = causes.fix(finding)
    return {
        "code": finding.get("code", ""),
        "object": causes.name(finding["object"]) if finding else "",
        "field": finding.get("field", ""),
        "sentence": finding.get("sentence", ""),
        "fix": command or text,
    }
