# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The engine: a case in, its diagnosis out. Pure: the same case gives the same findings."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

from . import fixes
from .about import About
from .case import Case, NotKnown
from .finding import Evidence, Finding, RuledOut, Scope, Verify
from .flowchart.way import Way
from .flowchart.way import walk as walk_chart
from .folding import fold
from .path import Hop, walk
from .questions import verify
from .ranking import Ranked, Suspect, rank, ruled_out_by
from .rule import Candidate, Rule

#: Ways in which a mere suspicion differs from a finding.
_SUSPICION: dict[str, str] = {"severity": "info", "certainty": "hint"}
_MOST_FOLLOW_UPS = 3  #: of a finding, as evidence


@dataclasses.dataclass(frozen=True)
class UnknownRule(Record):
    """A rule that could not tell."""

    code: str
    title: str
    fact: str  #: that it needs
    reason: str  #: why the fact is not known


@dataclasses.dataclass(frozen=True)
class Diagnosis(Record):
    """What a case turned out to be."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"findings", "unexplained", "ruled_out", "unknown_rules", "evaluated"})

    findings: tuple[Finding, ...] = ()  #: causes, in their order
    suspicions: tuple[Finding, ...] = ()  #: what looks odd and explains no failing cell
    unexplained: tuple[int, ...] = ()  #: the numbers of the failing cells that no finding explains
    ruled_out: tuple[RuledOut, ...] = ()  #: what was suspected and is beside no finding
    unknown_rules: tuple[UnknownRule, ...] = ()
    evaluated: tuple[str, ...] = ()  #: the codes of the rules that could tell
    path: tuple[Hop, ...] = ()  #: the way from the source to the target, where the run was one question
    way: Way = dataclasses.field(default_factory=Way)  #: through the chart of decisions, to the first finding

    @property
    def outcome(self) -> str:
        """The class of the whole: a row of C(_words.DIAGNOSES)."""
        severities = {finding.severity for finding in self.findings}
        if severities & {"critical", "error"}:
            return "cause"
        if self.unexplained or self.unknown_rules or not self.evaluated:
            return "unknown"
        return "warnings" if "warning" in severities else "healthy"


def diagnose(case: Case, rules: t.Iterable[Rule]) -> Diagnosis:
    """Find the causes of what fails.

    Args:
        case: all that is known.
        rules: that are evaluated.
    """
    unknown: list[UnknownRule] = []
    evaluated: list[str] = []
    suspects = suspects_of(case, rules, unknown, evaluated)
    innocent = [one for one in suspects if one.contradicts]
    left = [one for one in suspects if not one.contradicts]
    ranked = rank(fold(left), _to_explain(case))
    findings, beside = _findings(case, ranked, [_excuse(case, one) for one in innocent])
    return Diagnosis(
        findings=findings,
        suspicions=tuple(
            dataclasses.replace(_finding(case, one), **_SUSPICION)  # type: ignore[arg-type]
            for one in ranked.suspicions
        ),
        unexplained=tuple(sorted(ranked.unexplained)),
        ruled_out=beside,
        unknown_rules=tuple(unknown),
        evaluated=tuple(evaluated),
        path=walk(case),
        way=walk_chart(case, left, findings[0] if findings else None) if findings or ranked.unexplained else Way(),
    )


def suspects_of(
    case: Case, rules: t.Iterable[Rule], unknown: list[UnknownRule] | None = None, evaluated: list[str] | None = None
) -> list[Suspect]:
    """The candidates of all rules that can tell, before any is ruled out or put below another.

    Args:
        case: all that is known.
        rules: that are evaluated.
        unknown: takes those that could not tell.
        evaluated: takes the codes of the others.
    """
    suspects: list[Suspect] = []
    for rule in rules:
        missing = _missing(case, rule)
        if missing and unknown is not None:
            unknown.append(UnknownRule(rule.code, rule.title, *missing))
        if missing:
            continue
        try:
            for candidate in _candidates(case, rule):
                suspects.append(_suspect(case, rule, candidate))
        except NotKnown as lacks:
            if unknown is not None:
                unknown.append(UnknownRule(rule.code, rule.title, lacks.fact, lacks.reason))
        else:
            if evaluated is not None:
                evaluated.append(rule.code)
    return suspects


def _missing(case: Case, rule: Rule) -> tuple[str, str] | None:
    """The first fact that a rule needs and that is not known, with the reason."""
    if case.snapshot.failure:
        return None if rule.of_failure else ("api_server", "nothing could be read")
    return next(((fact, reason) for fact in rule.needs if (reason := case.unknown(fact))), None)


def _candidates(case: Case, rule: Rule) -> t.Iterable[Candidate]:
    if case.snapshot.failure and rule.of_failure:
        return rule.of_failure(case.snapshot.failure, case.snapshot.server)
    return rule.find(case)


def _to_explain(case: Case) -> list[int]:
    return [about.cell.id for about in (*case.failing, *case.open)]


def _suspect(case: Case, rule: Rule, candidate: Candidate) -> Suspect:
    explained = case.open_that(candidate.explains) if candidate.opens else case.failing_that(candidate.explains)
    return Suspect(
        rule,
        candidate,
        frozenset(about.cell.id for about in explained),
        tuple(about.cell.id for about in case.answered_that(candidate.predicts)),
        changed=case.changed(candidate.object, candidate.field) if candidate.field else None,
    )


def _excuse(case: Case, suspect: Suspect) -> tuple[Suspect, RuledOut]:
    about = case.by_id[suspect.contradicts[0]]
    more = f", and {len(suspect.contradicts) - 1} more like it" if len(suspect.contradicts) > 1 else ""
    by = f"{about.cell.source} is answered by {about.cell.asked} (check {about.cell.id}{more})"
    return suspect, RuledOut(suspect.rule.code, by, suspect.object)


def _findings(
    case: Case, ranked: Ranked, innocent: t.Sequence[tuple[Suspect, RuledOut]]
) -> tuple[tuple[Finding, ...], tuple[RuledOut, ...]]:
    """The findings with what was ruled out beside each, and what was beside none of them."""
    excuses = [*innocent, *((one, ruled_out_by(one, instead)) for one, instead in ranked.unneeded)]
    places: dict[int, list[int]] = {}
    for place, (one, _excuse_of_it) in enumerate(excuses):
        for number in one.explains:
            places.setdefault(number, []).append(place)
    findings, told = [], set()
    for cause in ranked.causes:
        own = sorted({place for number in cause.all_explained for place in places.get(number, ())})
        told.update(own)
        findings.append(_finding(case, cause, [excuses[place][1] for place in own]))
    return tuple(findings), tuple(excuse for place, (_one, excuse) in enumerate(excuses) if place not in told)


def _finding(case: Case, suspect: Suspect, ruled_out: t.Sequence[RuledOut] = ()) -> Finding:
    candidate = suspect.candidate
    explained = [case.by_id[number] for number in sorted(suspect.all_explained)]
    children = sorted(suspect.children, key=lambda one: one.key)
    return Finding(
        code=suspect.rule.code,
        layer=suspect.rule.layer,
        severity=candidate.severity,
        certainty=candidate.certainty,
        object=candidate.object,
        sentence=candidate.sentence,
        field=candidate.field,
        value=candidate.value,
        wanted=candidate.wanted,
        mechanism=candidate.mechanism,
        victims=candidate.victims,
        explains=tuple(about.cell.id for about in explained),
        scope=_scope(candidate.scope, explained),
        evidence=_evidence((*candidate.evidence, *_followed_up(case, suspect)), explained),
        ruled_out=tuple(dict.fromkeys((*candidate.ruled_out, *ruled_out))),
        fix=fixes.with_pods(case, candidate.fix),
        verify=candidate.verify or _verify(explained),
        changed=suspect.changed,
        children=tuple(_finding(case, child) for child in children),
    )


def _verify(explained: t.Sequence[About]) -> Verify | None:
    """The question of the first cell, of those that use a Service, if there are any: what a user would ask."""
    used = next((about for about in explained if about.ports), explained[0] if explained else None)
    return verify(used) if used else None


def _scope(scope: Scope, explained: t.Sequence[About]) -> Scope:
    return dataclasses.replace(scope, state="intermittent") if any(one.intermittent for one in explained) else scope


def _followed_up(case: Case, suspect: Suspect) -> list[Evidence]:
    """What follow-ups say of the object and of those that suffer from it, where they were asked to decide on it."""
    known = {one.says for one in suspect.candidate.evidence}
    found = [
        answer.evidence()
        for ref in (suspect.object, *suspect.candidate.victims)
        for answer in case.follow_ups.about(ref)
        if answer.was_asked and (not answer.question.codes or suspect.rule.code in answer.question.codes)
    ]
    return [one for one in dict.fromkeys(found) if one.says not in known][:_MOST_FOLLOW_UPS]


def _evidence(evidence: tuple[Evidence, ...], explained: t.Sequence[About]) -> tuple[Evidence, ...]:
    """That of the candidate, with the first cell that it explains where it has no answer of a probe itself."""
    if not explained or any(one.kind == "probe" for one in evidence):
        return evidence
    cell = explained[0].cell
    said = Evidence("probe", f"check {cell.id}", f"{cell.source} asks {cell.asked}: {cell.reason}", key=not evidence)
    return (*evidence, said)
