# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The matrix: each answer against its expectation. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from .. import _words
from . import applications, authors, entry_answers, liveness, meshes, unreachable
from .applications import Judged
from .plan import Plan
from .questions import Question
from .types import Answer, Cell, Expectation, Probe, SourceReport

_UNREACHABLE = re.compile(r"net(work)?( is)? unreachable", re.IGNORECASE)


def judge(plan: Plan, reports: t.Iterable[SourceReport]) -> list[Cell]:
    """Turn answers into judged cells, in the order of their ids; a probe without an answer is C(unknown).

    Args:
        plan: what was asked, with what must happen.
        reports: what came back.
    """
    by_source = {report.source: report for report in reports}
    judged: list[Judged] = []
    for name, questions in plan.questions.items():
        report = by_source.get(name) or SourceReport(name, error="nothing was sent from it")
        answers = unreachable.alike(questions, {answer.id: answer for answer in report.answers})
        for question in questions:
            probe = question.probe
            missing = Answer(probe.id, "probe_error", error=report.error or "no answer came back for this probe")
            answer = Answer(probe.id, "not_applicable") if probe.skip else answers.get(probe.id, missing)
            if answer.outcome == "not_applicable" and probe.dns_server.startswith("@"):
                continue  # the source's resolv.conf has fewer servers than may be asked for
            expected = question.expected.at(answer.address, report.resolv_conf)
            answer = _on_the_way(probe, _by_address(question, answer), report)
            answer = _each_try(probe, _right_peer(probe, answer))
            judged.append(Judged(_cell(expected, probe, answer), expected, question, answer))
    judged = applications.judge(meshes.judge(judged), by_source)
    stood_in = {name for name, report in by_source.items() if report.level == "namespace"}
    return list(liveness.settle(entry_answers.judge(judged), stood_in))


class Judge:
    """C(judge), once for the same answers: several stages look at them."""

    def __init__(self) -> None:
        """Prepare."""
        self._of: tuple[object, object] | None = None
        self._cells: list[Cell] = []

    def __call__(self, plan: Plan, reports: t.Iterable[SourceReport]) -> list[Cell]:
        """Return the cells of C(judge)."""
        of = (plan.questions, list(reports))  # those that are the same objects take no time to compare
        if of != self._of:
            self._of, self._cells = of, judge(plan, of[1])
        return self._cells


def _cell(expected: Expectation, probe: Probe, answer: Answer) -> Cell:
    verdict, reason = verdict_of(expected, answer, probe)
    evidence: dict[str, t.Any] = answer.to_dict()
    for key in ("id", "outcome", "ms"):
        evidence.pop(key, None)
    if probe.answers:
        evidence["expected_addresses"] = list(probe.answers)
    if expected.meets:
        evidence["path"] = expected.meets
    return Cell(
        id=probe.id,
        source=probe.source,
        target=probe.target,
        model=probe.model,
        protocol=probe.protocol,
        family=probe.family,
        via=probe.via,
        asked=asked(probe),
        outcome=answer.outcome,
        expectation=expected.decision,
        expectation_reason=expected.reason,
        decided_by=expected.decided_by,
        verdict=verdict,
        reason=reason,
        latency_ms=answer.ms,
        evidence=evidence,
        defect=expected.defect if verdict == "fail" else "",
        author=authors.author_of(expected, answer, probe),
    )


def asked(probe: Probe) -> str:
    """What was asked, as a person would type it."""
    protocol = _words.PROTOCOLS[probe.protocol]
    if protocol.name_only:
        by = f" by {probe.dns_server}" if probe.dns_server else ""
        return f"{probe.host} {_record_of(probe)}{by}"
    host = f"[{probe.host}]" if ":" in probe.host and probe.port else probe.host
    if protocol.page:
        scheme = probe.protocol.replace("http", "grpc") if probe.transport == "h2" else probe.protocol
        return f"{scheme}://{host}:{probe.port}{probe.path}"
    return f"{host}:{probe.port}" if probe.port else host


def _record_of(probe: Probe) -> str:
    return "A" if probe.family == "IPv4" else "AAAA"


def verdict_of(expected: Expectation, answer: Answer, probe: Probe) -> tuple[str, str]:
    """Compare an outcome with its expectation; return the verdict and why it is not C(pass)."""
    outcome, word = _words.outcome(answer.outcome), answer.outcome
    if expected.decision == "not_applicable" or word == "not_applicable":
        return "skipped", expected.reason
    if word == "probe_error":
        return "unknown", answer.error or "the probe did not run"
    if expected.decision == "unknown":
        return "unknown", expected.reason
    if expected.decision == "allow":
        if outcome.is_open or (expected.any_answer and outcome.is_name and not outcome.is_silence):
            return "pass", expected.doubt
        if word == "frag_needed" and not probe.port and not probe.size:
            return "pass", f"the path is narrower than the own interface, and says so: {answer.error}"
        if word == "dns_nodata" and expected.any_family and probe.family == "IPv6":
            return "skipped", f"the name {probe.host} has no AAAA record, and need not have one"
        said = "; ".join(filter(None, (expected.defect, _what_happened(answer, probe), expected.doubt)))
        return "unknown" if expected.doubt and not expected.defect else "fail", said
    if outcome.is_open:
        return "unexpected_open", f"{asked(probe)} answered although {expected.reason}"
    # A name that does not resolve or an answer of somebody else says nothing about the path.
    silent_server = outcome.is_silence and _words.PROTOCOLS[probe.protocol].name_only and bool(probe.dns_server)
    if not expected.by_dns and not silent_server and (outcome.is_name or word == "wrong_peer"):
        return "unknown", f"{_what_happened(answer, probe)}: this does not show that the path is closed"
    return "pass", ""


def _what_happened(answer: Answer, probe: Probe) -> str:
    words = _words.outcome(answer.outcome).reason
    if answer.outcome == "dns_nodata":
        words = f"the name exists and has no {_record_of(probe)} record"
    place = f" from {answer.address}" if answer.address and answer.address != probe.host else ""
    after = f" after {answer.ms:.0f} ms" if answer.ms is not None else ""
    own = f" ({answer.error})" if answer.error else ""
    return f"{words}{place}{after}{own}"


def _on_the_way(probe: Probe, answer: Answer, report: SourceReport) -> Answer:
    """A source that has a route and is told that there is none was told so by somebody on the way (ICMP, code 0)."""
    if answer.outcome != "no_route" or not _UNREACHABLE.search(answer.error):
        return answer
    ways = [route for route in report.routes if route.startswith("default via ")]
    if any((":" in way.split()[2]) == (probe.family == "IPv6") for way in ways):
        return dataclasses.replace(answer, outcome="unreachable_fast")
    return answer


def _each_try(probe: Probe, answer: Answer) -> Answer:
    """Where every try has to be answered, one that was not is what happened."""
    lost = (answer.sent or 0) - (answer.received or 0)
    if not probe.every_try or not _words.outcome(answer.outcome).is_open or lost <= 0:
        return answer
    error = f"{lost} of {answer.sent} tries had no answer" + (f": {answer.error}" if answer.error else "")
    # The time is that of the tries that were answered; it says nothing of the others.
    return dataclasses.replace(answer, outcome="timeout", error=error, ms=None)


def _by_address(question: Question, answer: Answer) -> Answer:
    """The certificate of a Pod is for names, and by these nobody asks a Pod."""
    judged = _words.PROTOCOLS[question.probe.protocol].certificate
    if judged and answer.outcome == "tls_wrong_name" and question.target.kind == "pod":
        return dataclasses.replace(answer, outcome="open", error="")
    return answer


def _right_peer(probe: Probe, answer: Answer) -> Answer:
    """A DNS answer that is not the Service's address is C(wrong_peer), however quickly it came."""
    if not _words.PROTOCOLS[probe.protocol].name_only or answer.outcome != "open" or not probe.answers:
        return answer
    if set(answer.answers) == set(probe.answers):
        return answer
    gave, wanted = ({_address(item) for item in each} for each in (answer.answers, probe.answers))
    if gave == wanted or (answer.more and gave < wanted):
        return answer
    error = f"DNS says {', '.join(answer.answers) or 'nothing'}, the API says {', '.join(probe.answers)}"
    return dataclasses.replace(answer, outcome="wrong_peer", error=error)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text
