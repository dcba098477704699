# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The matrix: each answer against its expectation. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

from .expectation import Expectation, expect, unread_policies
from .plan import Plan
from .types import Answer, Cell, Probe, Source, SourceReport, Target, is_open

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
    "wrong_peer": "the wrong address answered",
}


def judge(facts: Facts, plan: Plan, reports: t.Iterable[SourceReport]) -> list[Cell]:
    """Turn answers into judged cells, in the order of their ids; a probe without an answer is C(unknown)."""
    by_source = {report.source: report for report in reports}
    cells = []
    for name, probes in plan.probes.items():
        report = by_source.get(name) or SourceReport(name, error="nothing was sent from it")
        answers = {answer.id: answer for answer in report.answers}
        for probe in probes:
            missing = Answer(probe.id, "probe_error", error=report.error or "no answer came back for this probe")
            answer = Answer(probe.id, "not_applicable") if probe.skip else answers.get(probe.id, missing)
            cells.append(_cell(facts, plan.sources[name], plan.targets[probe.target], probe, answer))
    return cells


def _cell(facts: Facts, source: Source, target: Target, probe: Probe, answer: Answer) -> Cell:
    answer = _right_peer(probe, answer)
    expected = expect(facts, source, target, probe)
    verdict, reason = verdict_of(expected, answer, probe)
    if verdict == "fail" and not expected.defect:
        policies = [policy.id for policy in unread_policies(facts, source, target, probe)]
        if policies:
            verdict = "unknown"
            reason += f"; NetworkPolicy {', '.join(policies)} isolates an end of it and is not evaluated yet"
    evidence: dict[str, t.Any] = answer.to_dict()
    for key in ("id", "outcome", "ms"):
        evidence.pop(key, None)
    if probe.answers:
        evidence["want"] = list(probe.answers)
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
        verdict=verdict,
        reason=reason,
        latency_ms=answer.ms,
        evidence=evidence,
    )


def asked(probe: Probe) -> str:
    """What was asked, as a person would type it."""
    if probe.protocol == "dns":
        return f"{probe.host} {'A' if probe.family == 'IPv4' else 'AAAA'}"
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
    if expected.word == "allow":
        if is_open(outcome):
            broken = outcome.startswith("http_5")
            return "pass", f"the path is open, the application answers {outcome[5:]}" if broken else ""
        return "fail", "; ".join(filter(None, (expected.defect, _what_happened(answer, probe))))
    if is_open(outcome):
        return "unexpected_open", f"{asked(probe)} answered although {expected.reason}"
    # A name that does not resolve or an answer of somebody else says nothing about the path.
    if outcome.startswith("dns_") or outcome == "wrong_peer":
        return "unknown", f"{_what_happened(answer, probe)}: this does not show that the path is closed"
    return "pass", ""


def _what_happened(answer: Answer, probe: Probe) -> str:
    words = _WORDS.get(answer.outcome, answer.outcome)
    place = f" from {answer.address}" if answer.address and answer.address != probe.host else ""
    after = f" after {answer.ms:.0f} ms" if answer.ms is not None else ""
    own = f" ({answer.error})" if answer.error else ""
    return f"{words}{place}{after}{own}"


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
