# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The matrix: each answer against its expectation. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from .expectation import Expectation, Expectations
from .plan import Plan
from .types import Answer, Cell, Probe, SourceReport, is_open

_WORDS = {
    "timeout": "no answer",
    "refused": "refused",
    "reset": "the connection was reset",
    "unreachable_fast": "a router or firewall said unreachable at once",
    "unreachable_arp": "nobody answered for that address on the last hop (ARP, ND)",
    "no_route": "the source has no route",
    "dns_nxdomain": "the name does not exist",
    "dns_servfail": "no DNS server could answer",
    "dns_timeout": "no DNS server answered",
    "tls_handshake": "the TLS handshake failed",
    "tls_timeout": "the TLS handshake was never answered",
    "tls_expired": "the certificate is not valid today",
    "tls_wrong_name": "the certificate is for other names",
    "frag_needed": "small packets pass, this size does not",
    "wrong_peer": "the wrong address answered",
}
_STARVED = "too little processor time"  #: in the words of both runners


def judge(expectations: Expectations, plan: Plan, reports: t.Iterable[SourceReport]) -> list[Cell]:
    """Turn answers into judged cells, in the order of their ids; a probe without an answer is C(unknown).

    Args:
        expectations: what must happen.
        plan: what was asked.
        reports: what came back.
    """
    by_source = {report.source: report for report in reports}
    judged: list[tuple[Cell, Expectation]] = []
    for name, probes in plan.probes.items():
        report = by_source.get(name) or SourceReport(name, error="nothing was sent from it")
        answers = {answer.id: answer for answer in report.answers}
        for probe in probes:
            missing = Answer(probe.id, "probe_error", error=report.error or "no answer came back for this probe")
            answer = Answer(probe.id, "not_applicable") if probe.skip else answers.get(probe.id, missing)
            if answer.outcome == "not_applicable" and probe.dns_server.startswith("@"):
                continue  # the source's resolv.conf has fewer servers than may be asked for
            expected = expectations.of(plan.sources[name], plan.targets[probe.target], probe, answer.address)
            judged.append((_cell(expected, probe, _each_try(probe, _right_peer(probe, answer))), expected))
    return list(_with_controls(judged))


def _cell(expected: Expectation, probe: Probe, answer: Answer) -> Cell:
    verdict, reason = verdict_of(expected, answer, probe)
    evidence: dict[str, t.Any] = answer.to_dict()
    for key in ("id", "outcome", "ms"):
        evidence.pop(key, None)
    if probe.answers:
        evidence["want"] = list(probe.answers)
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
        expectation=expected.word,
        expectation_reason=expected.reason,
        decided_by=expected.decided_by,
        verdict=verdict,
        reason=reason,
        latency_ms=answer.ms,
        evidence=evidence,
    )


def _with_controls(judged: t.Sequence[tuple[Cell, Expectation]]) -> t.Iterator[Cell]:
    """Let a closed path and a silent peer count only where somebody else got an answer there.

    Else the target may be dead, or may answer nobody by UDP, and the silence would prove nothing.
    """
    answered: dict[tuple[str, str, str], int] = {}
    for cell, expected in reversed(judged):
        if is_open(cell.outcome) and expected.word == "allow":
            for about in (cell.target, *expected.through):
                answered[about, cell.protocol, cell.family] = cell.id
    for cell, expected in judged:
        about = expected.through[0] if expected.closed else cell.target
        control = answered.get((about, cell.protocol, cell.family))
        if expected.word == "deny" and cell.verdict == "pass":
            if control is None:
                reason = f"{cell.outcome} as expected, but nobody got an answer from it in this run: it may be dead"
                yield dataclasses.replace(cell, verdict="unknown", reason=reason)
            else:
                yield dataclasses.replace(cell, evidence={**cell.evidence, "control": control})
        elif cell.protocol == "udp" and cell.verdict == "fail" and cell.outcome == "timeout" and control is None:
            reason = expected.silence or "no answer, and nothing in this run shows that it answers UDP at all"
            yield dataclasses.replace(cell, verdict="unknown", reason=reason)
        else:
            yield cell


def confirmed(
    first: SourceReport, again: SourceReport, every_try: t.Collection[int] = (), asking: int = 2
) -> SourceReport:
    """Join the answers of a source with those to the questions that were put again, for the second time or a later one.

    Busy machines lose an answer now and then; only what fails twice is a failure, and what does not says so. A name
    that could not be resolved at first says nothing of the path, and what came later does. Of probes where
    C(every_try) has to be answered, only the tries of the last time count. What a runner that starved could not say at
    first is said by the later answer alone.
    """
    second = {answer.id: answer for answer in again.answers if answer.outcome != "probe_error"}
    answers = []
    for answer in first.answers:
        other = second.get(answer.id)
        if other and answer.outcome == "probe_error":
            if answer.id not in every_try:
                other = dataclasses.replace(other, sent=asking, received=int(is_open(other.outcome)))
            answers.append(other)
        elif other and (is_open(other.outcome) or (_by_name(answer.outcome) and not _by_name(other.outcome))):
            after = f" after {answer.ms:.0f} ms" if answer.ms is not None else ""
            error = f"at first: {_WORDS.get(answer.outcome, answer.outcome)}{after}"
            told = dataclasses.replace(other, error=error)
            if answer.id not in every_try:
                told = dataclasses.replace(told, sent=asking, received=int(is_open(other.outcome)))
            answers.append(told)
        else:
            answers.append(dataclasses.replace(answer, sent=asking, received=0) if other else answer)
    return dataclasses.replace(first, answers=tuple(answers))


def doubtful(cell: Cell) -> bool:
    """Tell whether a second answer may judge a cell otherwise."""
    starved = cell.outcome == "probe_error" and _STARVED in cell.reason
    return cell.verdict == "fail" or (cell.verdict == "unknown" and (starved or _by_name(cell.outcome)))


def is_silence(outcome: str) -> bool:
    """Tell whether nobody said anything, which a machine that is too busy does as well."""
    return outcome.endswith("timeout")


def _by_name(outcome: str) -> bool:
    return outcome.startswith("dns_")


def asked(probe: Probe) -> str:
    """What was asked, as a person would type it."""
    if probe.protocol == "dns":
        by = f" by {probe.dns_server}" if probe.dns_server else ""
        return f"{probe.host} {'A' if probe.family == 'IPv4' else 'AAAA'}{by}"
    host = f"[{probe.host}]" if ":" in probe.host and probe.port else probe.host
    if probe.protocol in ("http", "https"):
        return f"{probe.protocol}://{host}:{probe.port}{probe.path}"
    return f"{host}:{probe.port}" if probe.port else host


def verdict_of(expected: Expectation, answer: Answer, probe: Probe) -> tuple[str, str]:
    """Compare an outcome with its expectation; return the verdict and why it is not C(pass)."""
    outcome = answer.outcome
    if expected.word == "not_applicable" or outcome == "not_applicable":
        return "skipped", expected.reason
    if outcome == "probe_error":
        return "unknown", answer.error or "the probe did not run"
    if expected.word == "unknown":
        return "unknown", expected.reason
    if expected.word == "allow":
        if is_open(outcome):
            broken = outcome.startswith("http_5")
            said = f"the path is open, the application answers {outcome[5:]}" if broken else ""
            return "pass", "; ".join(filter(None, (said, expected.doubt)))
        if outcome == "frag_needed" and not probe.port and not probe.size:
            return "pass", f"the path is narrower than the own interface, and says so: {answer.error}"
        said = "; ".join(filter(None, (expected.defect, _what_happened(answer, probe), expected.doubt)))
        return "unknown" if expected.doubt and not expected.defect else "fail", said
    if is_open(outcome):
        return "unexpected_open", f"{asked(probe)} answered although {expected.reason}"
    # A name that does not resolve or an answer of somebody else says nothing about the path.
    if not expected.by_dns and (_by_name(outcome) or outcome == "wrong_peer"):
        return "unknown", f"{_what_happened(answer, probe)}: this does not show that the path is closed"
    return "pass", ""


def _what_happened(answer: Answer, probe: Probe) -> str:
    words = _WORDS.get(answer.outcome, answer.outcome)
    place = f" from {answer.address}" if answer.address and answer.address != probe.host else ""
    after = f" after {answer.ms:.0f} ms" if answer.ms is not None else ""
    own = f" ({answer.error})" if answer.error else ""
    return f"{words}{place}{after}{own}"


def _each_try(probe: Probe, answer: Answer) -> Answer:
    """Where every try has to be answered, one that was not is what happened."""
    lost = (answer.sent or 0) - (answer.received or 0)
    if not probe.every_try or not is_open(answer.outcome) or lost <= 0:
        return answer
    error = f"{lost} of {answer.sent} tries had no answer" + (f": {answer.error}" if answer.error else "")
    return dataclasses.replace(answer, outcome="timeout", error=error)


def _right_peer(probe: Probe, answer: Answer) -> Answer:
    """A DNS answer that is not the Service's address is C(wrong_peer), however quickly it came."""
    if probe.protocol != "dns" or answer.outcome != "open" or not probe.answers:
        return answer
    if {_address(item) for item in answer.answers} == {_address(item) for item in probe.answers}:
        return answer
    error = f"DNS says {', '.join(answer.answers) or 'nothing'}, the API says {', '.join(probe.answers)}"
    return dataclasses.replace(answer, outcome="wrong_peer", error=error)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text
