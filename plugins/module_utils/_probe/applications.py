# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Whose failure it is, the network's or the application's: an answer of the right peer proves the path. Pure.

A refusal from the Pod's own address is such an answer, and so is a connection that the application closes. Where a
Service, an Ingress or a probe uses the port, the application is what fails there; else there is only a note.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .. import _words
from .._snapshot.facts import family
from .authors import controller_page
from .paths.path import transport
from .questions import Question
from .slow_pages import accepted, is_late
from .types import Answer, Cell, Expectation, SourceReport

_LOOPBACK = ("127.", "::1")
_ANY = {"IPv4": "0.0.0.0", "IPv6": "::"}  # noqa: S104 - compared, never bound
#: What OpenSSL says where a server wants a certificate of its client.
_WANTS_CERTIFICATE = re.compile(
    r"certificate required|alert bad certificate|no required ssl certificate", re.IGNORECASE
)
_NOT_AN_ANSWER = ("", "node", "nobody", "sidecar")


class Judged(t.NamedTuple):
    """A cell with what it was made of."""

    cell: Cell
    expected: Expectation
    question: Question
    answer: Answer


class Seen:
    """What all answers of a run show of the places that were asked: C(ADDRESS#PORT) and its transport."""

    def __init__(self, judged: t.Sequence[Judged], reports: t.Mapping[str, SourceReport]) -> None:
        """Read the answers of a run."""
        self.answered: set[tuple[str, str]] = set()
        self.refused: set[tuple[str, str]] = set()
        self.replied: set[tuple[str, str]] = set()  #: target and protocol that somebody had a page of, in time
        self.slow: dict[tuple[str, str], float] = {}  #: the same of those who waited longer, and how long
        self.pinged: set[tuple[str, str]] = set()  #: source and address
        self.on_loopback: set[tuple[str, int]] = set()  #: Pod and port that a container beside it reached
        self.used: set[tuple[str, int]] = set()  #: Pod and port that something uses at one of its addresses
        self.errors: set[tuple[str, str]] = set()  #: place and fault of an application that was asked there itself
        self.listens: dict[str, dict[int, set[str]]] = {}
        for row in judged:
            self._learn(row)
        self.errors.update((place, _fault(row, self)) for row in judged if (place := direct(row)))
        for row in {row.cell.source: row for row in judged}.values():
            report = reports.get(row.cell.source)
            # A Pod that stands in for the source has a network of its own.
            if report and report.listens and report.level != "namespace" and row.question.source.addresses:
                self._hear(row.question.source.addresses, report.listens)

    def _learn(self, row: Judged) -> None:
        cell, probe, pod = row.cell, row.question.probe, row.question.about.pod
        if pod and row.expected.relied_on:
            self.used.add((pod.id, probe.port))
        is_open = _words.outcome(cell.outcome).is_open and cell.author != "sidecar"
        if is_open and _words.PROTOCOLS[cell.protocol].page:
            self._see_page(row)
        if _words.MODELS[cell.model].over_loopback:
            if is_open and pod:
                self.on_loopback.add((pod.id, probe.port))
        elif place := direct(row):
            if not probe.port:
                if is_open:
                    self.pinged.add((cell.source, place.rsplit("#", 1)[0]))
                return
            key = (place, transport(probe))
            if is_open:
                self.answered.add(key)
                late = "slow" if is_late(probe, row.answer) else ""
                self.errors.add((place, _words.outcome(cell.outcome).application or late))
            elif cell.author == "peer" and cell.outcome == "refused":
                self.refused.add(key)

    def _see_page(self, row: Judged) -> None:
        page = row.cell.target, row.cell.protocol
        if _is_entry(row) and row.cell.outcome in ("http_502", "http_504"):
            return  # others wait for the application as long as the controller does
        if is_late(row.question.probe, row.answer):
            self.slow.setdefault(page, row.answer.ms or 0.0)
        else:
            self.replied.add(page)

    def _hear(self, addresses: tuple[str, ...], listens: tuple[str, ...]) -> None:
        if addresses[0] in self.listens:
            return
        ports: dict[int, set[str]] = {}
        for host, _sign, port in (each.rpartition("#") for each in listens):
            ports.setdefault(int(port), set()).add(host)
        self.listens.update(dict.fromkeys(addresses, ports))

    def listeners(self, place: str, by: str) -> set[str] | None:
        """The addresses that something listens at there, as its own network says; None where that is not known."""
        address, _sign, port = place.rpartition("#")
        if by != "TCP" or address not in self.listens:
            return None
        return self.listens[address].get(int(port), set())

    def fault(self, place: str, by: str, others: t.Iterable[str] = (), pod: str = "") -> str:
        """Why a place refuses (a row of C(APPLICATION_FAULTS)); empty where something else must have refused.

        Args:
            place: the address and port.
            by: the transport.
            others: the other addresses of the same Pod.
            pod: C(namespace/name) of it.
        """
        address, _sign, port = place.rpartition("#")
        own = family(address)
        hosts = self.listeners(place, by)
        if hosts is not None:
            open_to = {host for host in hosts if not host.startswith(_LOOPBACK)}
            # A socket at :: takes IPv4 as well, unless it is told not to (IPV6_V6ONLY).
            if open_to & {address, _ANY[own]} or ("::" in open_to and (place, by) not in self.refused):
                return ""
            if hosts and not open_to:
                return "loopback_only"
            families = {family(host) for host in open_to} - {own}
        else:
            families = {family(each) for each in others if (f"{each}#{port}", by) in self.answered} - {own}
        if families:
            return f"{families.pop().lower()}_only"
        return "loopback_only" if (pod, int(port)) in self.on_loopback else "refused"

    def refuses(self, place: str, by: str) -> str:
        """The fault of an endpoint that refuses, as those who asked it itself have seen; else empty."""
        known = self.listeners(place, by) is not None
        if (place, by) in self.refused or (known and (place, by) not in self.answered):
            return self.fault(place, by)
        return ""


def direct(row: Judged) -> str:
    """The address and port of the one place that is asked without a Service in between; empty where there is one."""
    pod, endpoint = row.question.about.pod, row.question.about.endpoint
    if len(row.expected.ends) == 1 and ((pod and row.question.target.kind == "pod") or endpoint):
        return row.expected.ends[0]
    return ""


def judge(judged: t.Sequence[Judged], reports: t.Mapping[str, SourceReport]) -> list[Judged]:
    """Return the cells with what is wrong with the applications that answered, and whose each failure is.

    Args:
        judged: the cells as the network alone would have them.
        reports: what came back, by source.
    """
    if not any(map(_matters, judged)):
        return list(judged)
    seen = Seen(judged, reports)
    return [_of(row, seen) for row in judged]


def _matters(row: Judged) -> bool:
    late = is_late(row.question.probe, row.answer)
    told = row.answer.body or _words.outcome(row.cell.outcome).application
    return row.cell.verdict in ("fail", "unknown") or late or bool(told)


def _of(row: Judged, seen: Seen) -> Judged:
    cell = row.cell
    if row.expected.decision == "allow" and cell.author:  # an answer of the peer leaves no doubt whether it may come
        cell = _application(row, seen)
    if cell.verdict == "fail" and row.expected.unneeded and not _words.outcome(cell.outcome).is_name:
        cell = dataclasses.replace(cell, verdict="skipped", reason=row.expected.unneeded)
    if cell.verdict == "fail" and not cell.whose:
        cell = dataclasses.replace(cell, whose=row.expected.defect_whose if row.expected.defect else "network")
        if row.expected.defect and cell.whose == "application" and not row.expected.ends:
            cell = dataclasses.replace(cell, application="not_ready")
    if cell.verdict == "fail" and cell.outcome == "refused" and cell.author == "unsure" and not row.answer.refusal:
        cell = dataclasses.replace(cell, reason=f"{cell.reason}; the tool that probed does not show who refused")
    if cell.whose == "application" and row.expected.relied_on:
        cell = dataclasses.replace(cell, evidence={**cell.evidence, "relied_on": row.expected.relied_on})
    return row._replace(cell=cell)


def _application(row: Judged, seen: Seen) -> Cell:
    cell = row.cell
    if cell.outcome == "refused":
        return _refused(row, seen)
    if cell.author == "controller" and _words.outcome(cell.outcome).application:
        who = controller_page(row.answer)
        reason = f"{who} answers {_words.outcome(cell.outcome).reason} itself: it gets no answer of the application"
        reason = "; ".join(filter(None, (row.expected.defect, reason)))
        return dataclasses.replace(cell, verdict="fail", whose="application", application="http_5xx", reason=reason)
    fault = _fault(row, seen)
    return _told(row, seen, fault, _where(row)) if fault and cell.author not in _NOT_AN_ANSWER else cell


def _fault(row: Judged, seen: Seen) -> str:
    """What is wrong with an application that can be connected to."""
    cell = row.cell
    outcome = _words.outcome(cell.outcome)
    if cell.outcome == "tls_handshake":
        wants = _WANTS_CERTIFICATE.search(row.answer.error)
        return "client_certificate" if wants else "tls_handshake"
    if cell.outcome == "http_400" and _WANTS_CERTIFICATE.search(row.answer.body):
        return "client_certificate"
    if cell.outcome == "tls_timeout":
        return "tls_handshake"
    page = cell.target, cell.protocol
    if _words.PROTOCOLS[cell.protocol].page and page not in seen.replied:
        if accepted(row.answer):
            return "slow" if page in seen.slow else "silent"
        if cell.outcome == "reset" and ("connect" in row.answer.phases or row.answer.request == "taken"):
            return "closes"
    return outcome.application or ("slow" if is_late(row.question.probe, row.answer) else "")


def _where(row: Judged) -> str:
    target = row.question.target
    if _is_entry(row):
        return target.port_name or target.name
    return f"port {target.port}" if target.port else "it"


def _is_entry(row: Judged) -> bool:
    return _words.MODELS[row.cell.model].asks == "entry_point"


def _told(row: Judged, seen: Seen, fault: str, where: str) -> Cell:
    """The cell of an application that answered, and has a fault."""
    known, expected, cell = _words.APPLICATION_FAULTS[fault], row.expected, row.cell
    if expected.unneeded:
        return dataclasses.replace(cell, verdict="pass", application=fault, note=expected.unneeded, reason="")
    sentence = f"{where} {known.sentence}"
    if known.detailed:
        sentence += f" ({_words.outcome(cell.outcome).reason})"
    if known.timed:
        took = seen.slow.get((cell.target, cell.protocol), cell.latency_ms)  # the same for every source
        limit = row.question.probe.timeout_ms / 1000
        sentence += f" {(took or 0) / 1000:.1f} s, later than the probe waits for it ({limit:g} s)"
    relied = expected.relied_on or expected.defect or row.question.target.kind != "pod"
    if (known.fails == "relied_on" and relied) or (known.fails == "entry" and _is_entry(row)):
        own = f" ({row.answer.error})" if row.answer.error and cell.outcome != "refused" else ""
        used = f"{expected.relied_on} uses it" if expected.relied_on else ""
        reason = "; ".join(filter(None, (expected.defect, sentence + own, used)))
        return dataclasses.replace(cell, verdict="fail", whose="application", application=fault, reason=reason)
    note = sentence + (_unused(row, seen, fault) if known.fails == "relied_on" else "")
    if not direct(row) and any((end, fault) in seen.errors for end in expected.ends):
        note = ""  # it is said of the Pod
    return dataclasses.replace(cell, verdict="pass", application=fault, note=note, reason="", defect="")


def _unused(row: Judged, seen: Seen, fault: str) -> str:
    pod, port = row.question.about.pod, row.question.target.port
    if (fault.endswith("_only") and fault != "loopback_only") or (pod and (pod.id, port) in seen.used):
        return f"; no Service uses its {row.cell.family} address"
    return "; no Service and no probe uses it"


def _refused(row: Judged, seen: Seen) -> Cell:
    """A refusal: by the Pod that was asked, by an endpoint behind a Service, or by something on the way."""
    cell, by = row.cell, transport(row.question.probe)
    pod = row.question.about.pod
    if _words.MODELS[cell.model].over_loopback and pod:
        own = next((each for each in pod.ips if family(each) == cell.family), "")
        others = [each for each in pod.ips if each != own]
        fault = seen.fault(f"{own}#{row.question.target.port}", by, others, pod.id) if own else "refused"
        return _told(row, seen, fault or "refused", _where(row))
    if place := direct(row):
        return _refused_by_itself(row, seen, place, by)
    if row.question.about.service and row.expected.ends:
        return _refused_behind(row, seen, by)
    if cell.author == "peer" and row.question.target.kind == "node":
        return _told(row, seen, "refused", _where(row))
    return cell


def _refused_by_itself(row: Judged, seen: Seen, place: str, by: str) -> Cell:
    cell, pod = row.cell, row.question.about.pod
    address = place.rpartition("#")[0]
    others = [each for each in pod.ips if each != address] if pod else []
    fault = seen.fault(place, by, others, pod.id if pod else "")
    author = cell.author
    if not fault:
        author = "node" if author == "node" else "unsure"  # something listens there, and somebody else refused
    elif author == "unsure" and _is_its_own(row, seen, place, by):
        author = "peer"
    cell = dataclasses.replace(cell, author=author)
    if author != "peer":
        return cell
    return _told(row._replace(cell=cell), seen, fault, _where(row))


def _is_its_own(row: Judged, seen: Seen, place: str, by: str) -> bool:
    """Whether a refusal that the tool of the source tells nothing more of came from the address that was asked.

    Another source had a RST from there, the Pod itself says that nothing listens, or the same source gets answers of it
    by ICMP.
    """
    address = place.rpartition("#")[0]
    known = (place, by) in seen.refused or seen.listeners(place, by) is not None
    return known or (row.cell.source, address) in seen.pinged


def _refused_behind(row: Judged, seen: Seen, by: str) -> Cell:
    """A refusal of a Service that has endpoints: by one of them, or before any of them was asked."""
    cell, ends = row.cell, row.expected.ends
    if row.answer.server == "/etc/hosts" and cell.author == "peer":
        place = _shown(f"{row.answer.address}#{row.question.probe.port}")
        return _told(row, seen, "refused", f"what the source's /etc/hosts has for {row.question.probe.host} ({place})")
    faults = {end: fault for end in ends if (fault := seen.refuses(end, by))}
    if faults and cell.author != "node":
        cell = dataclasses.replace(cell, author="peer")
        fault, count = next(iter(faults.values())), len(faults)
        of_all = f"its {len(ends)} endpoints" if count in (1, len(ends)) else f"{count} of its {len(ends)} endpoints"
        all_of = "its only endpoint" if len(ends) == 1 else f"{'1' if count == 1 else 'each'} of {of_all}"
        places = ", ".join(_shown(end) for end in list(faults)[:3]) + (", ..." if count > 3 else "")
        return _told(row._replace(cell=cell), seen, fault, f"{all_of} ({places})")
    if all((end, by) in seen.answered for end in ends):
        return dataclasses.replace(cell, author="node" if cell.author == "node" else "unsure")
    if cell.author == "peer" and _words.MODELS[cell.model].asks in ("cluster_ip", "headless"):
        return _told(row, seen, "refused", "an endpoint")
    return cell


def _shown(end: str) -> str:
    address, _sign, port = end.rpartition("#")
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
