# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What an error turns out to be, once what it is about was asked and looked at. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

from ..about import About
from ..case import Case
from ..engine import Diagnosis
from ..finding import Finding, ObjectRef
from .text import ErrorText

#: What is not known has no class of its own.
UNKNOWN = "unknown"
#: What a refusal of a question begins with.
_OPTION = re.compile(r"^[a-z_]{1,40}: (?:'[^']{0,400}': )?")


@dataclasses.dataclass(frozen=True)
class ErrorAnswer(Record):
    """What an error says, what was asked because of it, and what that showed.

    Attributes:
        kind: the class of the error, or C(unknown).
        means: what it says, as a sentence without its full stop.
        tool: who says it; empty where that is not to be seen.
        asked: what was probed or looked at because of it.
        result: what that showed, where the causes do not say it.
    """

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"kind", "means"})

    kind: str
    means: str
    tool: str = ""
    asked: str = ""
    result: str = ""


def answer(error: ErrorText, case: Case, diagnosis: Diagnosis, unasked: str = "") -> ErrorAnswer:
    """Say what an error means, what was asked because of it, and what follows where no cause was found.

    Args:
        error: what was read of it.
        case: what was looked at and probed.
        diagnosis: of that.
        unasked: why nothing could be probed; empty where something was.
    """
    if not error.known:
        means = "No known error was recognised in the text; what was asked and looked at is diagnosed without it"
        return ErrorAnswer(UNKNOWN, means, error.tool, _asked(case))
    if unasked and not case.cells:
        asked = f"{error.target}, which cannot be probed" if error.target else _asked(case)
        return ErrorAnswer(error.kind, error.means, error.tool, asked, _plain(unasked))
    return ErrorAnswer(error.kind, error.means, error.tool, _asked(case), _result(error, case, diagnosis))


def _plain(unasked: str) -> str:
    """Why nothing was asked, without the name of the option."""
    said = _OPTION.sub("", unasked).strip()
    return f"{said[:1].upper()}{said[1:]}"


def _options(case: Case) -> t.Mapping[str, t.Any]:
    return (case.report.get("run") or {}).get("options") or {}


def _asked(case: Case) -> str:
    options = _options(case)
    if options.get("to"):
        return f"{_source(case)} -> {options['to']}"
    places = ", ".join(case.snapshot.selected)
    return f"what does not work in {f'namespace {places}' if places else 'all namespaces'}"


def _source(case: Case) -> str:
    """Who asked, in the words of C(diagnose_from)."""
    options = _options(case)
    if options.get("from"):
        return str(options["from"])
    named = [str(entry.get("namespace", "")) for entry in options.get("sources") or () if entry.get("namespace")]
    places = ", ".join(named or case.snapshot.selected)
    return f"namespace {places}" if places else "all namespaces"


def _result(error: ErrorText, case: Case, diagnosis: Diagnosis) -> str:
    asked = [about for about in case.cells if about.failed or about.answered or about.closed]
    if not _options(case).get("to") or not asked or not error.known:
        return "" if diagnosis.findings or not error.known else _nothing_found(error)
    failed = [about for about in asked if not about.answered]
    if failed:
        return _differs(error, failed)
    reached = f"{_options(case)['to']} is reachable from {_source(case)}"
    because = error.known.otherwise
    return f"{reached}; what you see is not the network" + (f", because {because}" if because else "")


def _nothing_found(error: ErrorText) -> str:
    about = f" about {error.object}" if error.object else ""
    return f"Nothing was found that explains it{about}: it may be over, or be seen elsewhere"


def _differs(error: ErrorText, failed: t.Sequence[About]) -> str:
    """That it fails otherwise now than the text says; nothing where it fails in the same way."""
    wanted = error.known.outcomes if error.known else ()
    seen = {"http" if about.cell.outcome.startswith("http_") else about.cell.outcome for about in failed}
    if not wanted or seen.intersection(wanted):
        return ""
    return f"A probe fails otherwise than the text says: {failed[0].cell.reason or failed[0].cell.outcome}"


def first_about(findings: t.Sequence[Finding], error: ErrorText, case: Case) -> tuple[Finding, ...]:
    """The findings in their order, those about the object that an error names before the others."""
    names = _names(error, case)
    return tuple(sorted(findings, key=lambda finding: not _is_about(finding, names))) if names else tuple(findings)


def _names(error: ErrorText, case: Case) -> frozenset[ObjectRef]:
    """The object that an error names, with what owns it; in any namespace where it names none."""
    wanted = error.object
    if not wanted:
        return frozenset()
    pods = [pod for pod in case.snapshot.pods if pod.name == wanted.name and wanted.namespace in ("", pod.namespace)]
    owners = {case.owner(pod) for pod in pods} if wanted.kind == "Pod" else set()
    places = {pod.namespace for pod in pods} or {wanted.namespace}
    return frozenset({*owners, *(ObjectRef(wanted.kind, wanted.name, place) for place in places), wanted})


def _is_about(finding: Finding, names: frozenset[ObjectRef]) -> bool:
    below = any(_is_about(child, names) for child in finding.children)
    return below or finding.object in names or not names.isdisjoint(finding.victims)
