# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who answered for a host and path of an Ingress or a route, its application or a controller instead of it. Pure.

A controller answers for an application that it cannot reach, and for hosts and paths that it does not know. Neither
shows that the application can be reached, and what is known to be wrong behind a host and path counts whatever answers.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .. import _words
from .applications import Judged, direct
from .authors import OWN_STATUSES, by_grpc, controller_page, may_be_own
from .own_pages import shown
from .types import ENDPOINT, NOBODY, NOWHERE, ROOT, Answer, Cell

#: What only a gateway answers, that got no answer or none that it understands (RFC 9110, 15.6.3 and 15.6.5).
_GATEWAY = ("http_502", "http_504")
#: Kinds of which a connection is all that is asked.
_BY_CONNECTION = ("TLSRoute", "TCPRoute", "UDPRoute")


#: What differs between two answers by one page: numbers, and what looks like the number of a request.
_CHANGES = re.compile(r"[0-9a-f]{4,}|[0-9]+", re.IGNORECASE)
#: What the shell runner cannot say, and so drops.
_UNSAYABLE = re.compile(r"[^!#-\[\]-~]+")
_COMPARED = 100  #: characters of a page; spaces do not count
_Page = t.Tuple[str, str]  # noqa: UP006 - evaluated, and hosts that probe may have Python 3.8


class _Direct:
    """What endpoints answered without a controller, and what controllers answered for what nobody has."""

    def __init__(self, rows: t.Iterable[Judged]) -> None:
        self.pages: dict[str, set[_Page]] = {}
        self.refused = set[str]()
        self.beside: dict[tuple[str, str], _Page] = {}  #: target and how it was asked -> page
        self.served: dict[tuple[str, int, str], dict[str, None]] = {}  #: host, port and path -> entries
        self.shown: dict[tuple[str, str], _Page] = {}  #: target and outcome -> page, where a tool shows it
        for row in rows:
            if row.cell.via in (NOBODY, NOWHERE, ENDPOINT, ROOT):
                if _words.outcome(row.answer.outcome).is_open:
                    self.beside[row.cell.target, row.cell.via] = _page(row)
                continue
            if entry := row.question.about.entry:
                self.served.setdefault((entry.host, entry.port, entry.path.path), {})[entry.id] = None
            if row.question.about.entry and shown(row.answer):
                self.shown.setdefault((row.cell.target, row.cell.outcome), _page(row))
            place = direct(row)
            if place and _words.PROTOCOLS[row.cell.protocol].page:
                self.pages.setdefault(place, set()).add(_page(row))
            if row.cell.outcome == "refused" and row.cell.author == "peer" and len(row.expected.ends) == 1:
                self.refused.add(row.expected.ends[0])

    def _of(self, row: Judged) -> _Page:
        return _page(row) if shown(row.answer) else self.shown.get((row.cell.target, row.cell.outcome), _page(row))

    def gave(self, row: Judged) -> bool:
        """Whether an endpoint behind a host and path answers by the same page itself."""
        page = self._of(row)
        return any(page in self.pages.get(place, ()) for place in row.expected.behind)

    def is_controllers(self, row: Judged) -> bool | None:
        """Whether a controller gives a page to everybody that no endpoint gives; None where that is not known."""
        endpoint = self.beside.get((row.cell.target, ENDPOINT))
        if endpoint is None:
            return None
        page = self._of(row)
        if endpoint == page:
            return False
        return True if self._of_nobody(row, page) else None

    def _of_nobody(self, row: Judged, page: _Page) -> str:
        """What nobody has and the same page is given for."""
        return next((via for via in (NOBODY, NOWHERE) if self.beside.get((row.cell.target, via)) == page), "")

    def doubt(self, row: Judged) -> str:
        """Why it is not known whether a page is the application's; empty where nothing speaks against that."""
        page, target = self._of(row), row.cell.target
        endpoint = self.beside.get((target, ENDPOINT))
        if not may_be_own(row.answer) or row.question.about.slash or self.gave(row):
            return ""
        if endpoint is None:
            same = self._of_nobody(row, page)
            return f"a {same.replace(' of nobody', '')} that nobody has gets it as well" if same else ""
        compared = any((target, via) in self.beside for via in (NOBODY, NOWHERE))
        if endpoint == page or (compared and row.cell.outcome == "http_404"):  # such as of a path that is rewritten
            return ""
        if endpoint[0] != page[0]:
            return f"an endpoint behind it answers {_reason(endpoint[0])} itself"
        seen = shown(row.answer) or (target, row.cell.outcome) in self.shown
        return "an endpoint behind it answers by another page itself" if seen and not compared else ""

    def refuse(self, row: Judged) -> bool:
        """Whether each endpoint behind a host and path refuses connections."""
        return bool(row.expected.behind) and self.refused.issuperset(row.expected.behind)


def _page(row: Judged) -> _Page:
    """What an answer shows, but for what is of this one question."""
    body, probe = row.answer.body, row.question.probe
    for own in (probe.path if len(probe.path) > 1 else "", probe.server_name, probe.host):
        body = body.replace(own, "") if own else body
    body = row.answer.headers.get("grpc-status", "") + body
    return row.answer.outcome, _CHANGES.sub("0", _UNSAYABLE.sub("", body))[:_COMPARED]


def judge(rows: t.Sequence[Judged]) -> list[Judged]:
    """Return the rows of a run, those of hosts and paths with the author of each answer and what that makes of it.

    Args:
        rows: as all else has them.
    """
    of_entries = [row for row in rows if row.question.about.entry]
    seen, names = _Direct(rows if of_entries else ()), _Names(of_entries)
    return [row._replace(cell=_of(row, seen, names)) if row.question.about.entry else row for row in rows]


class _Names:
    """Which hosts DNS has, inside the cluster and outside it, and which hosts and paths were asked at an address."""

    def __init__(self, rows: t.Iterable[Judged]) -> None:
        self.known = set[tuple[str, bool]]()  #: host, and whether it was looked up outside
        self.by_address = set[str]()  #: targets
        for row in rows:
            if row.cell.via == "address" and row.cell.outcome != "probe_error":
                self.by_address.add(row.cell.target)
            elif row.cell.via == "name" and row.answer.address and row.answer.server != "/etc/hosts":
                self.known.add((row.question.probe.host, _is_outside(row)))

    def unknown(self, row: Judged) -> tuple[str, str]:
        """Why a name shows nothing of a host and path, and what is to be said of that; empty where it does.

        Many a host is known to the clients that are meant to use it, and to nobody else.
        """
        host, outside, entry = row.question.probe.host, _is_outside(row), row.question.about.entry
        if row.cell.outcome != "dns_nxdomain" or row.cell.via != "name" or row.cell.target not in self.by_address:
            return "", ""
        if entry and entry.host.startswith("*"):
            return f"{entry.host} stands for any name, and DNS need not have {host}", ""
        if (host, outside) in self.known:
            return "", ""
        if (host, not outside) in self.known:
            here, there = ("outside", "inside") if outside else ("inside", "outside")
            note = f"DNS {there} the cluster has the name {host}, DNS {here} it has not"
        else:
            note = f"DNS has no name {host}: only its address was probed"
        return note, note


def _is_outside(row: Judged) -> bool:
    return row.question.source.kind == "outside"


def _of(row: Judged, seen: _Direct, names: _Names) -> Cell:
    cell, expected, entry = row.cell, row.expected, row.question.about.entry
    without, note = names.unknown(row)
    if without and not expected.decided_by.startswith("expectations, entry"):
        return dataclasses.replace(
            cell, verdict="skipped", reason=without, note=note, application="", whose="", defect=""
        )
    if expected.decision != "allow" or cell.verdict not in ("pass", "fail") or entry is None:
        return cell
    if row.question.about.slash:
        return _slash(row)
    if expected.barred and cell.application == "silent":
        return dataclasses.replace(cell, reason=f"{expected.barred}; {cell.reason}", whose="network", application="")
    shows_application = _words.PROTOCOLS[cell.protocol].page or entry.kind in _BY_CONNECTION
    if not shows_application or not _words.outcome(cell.outcome).is_open:
        return cell
    author = _author(row, seen)
    own = author == "controller" and (may_be_own(row.answer) or bool(controller_page(row.answer)))
    # What nothing may serve at all has no page that could be missing; by 500, routes of the Gateway API tell a broken
    # backend (HTTPRouteRule).
    missing = ("http_404", "http_500") if entry.kind == "HTTPRoute" else ("http_404",)
    if expected.defect and cell.outcome in missing and not seen.gave(row):
        own, author = True, "controller"
    cell = dataclasses.replace(cell, author=author)
    alien = row.question.probe.transport == "h2" and not by_grpc(row.answer)
    if not own and not alien and not (expected.defect and expected.certain):
        return _if_sure(cell, row, seen)
    said = _said(row.answer)
    if alien and not own:
        answered, cause = f"what answers {said} there speaks no gRPC", expected.defect
    elif own:
        who = controller_page(row.answer) or "the controller"
        answered = f"{who} answers {said} itself"
        cause = expected.defect or _cause(row, seen)
    else:
        answered, cause = f"what answers {said} there is something else", expected.defect
    by_network = _is_no_route(row.answer) or bool(expected.barred)
    whose = expected.defect_whose if expected.defect else "network" if by_network else "application"
    fault = "http_5xx" if _words.outcome(cell.outcome).application else ""
    return dataclasses.replace(
        cell,
        verdict="fail",
        reason="; ".join(filter(None, (cause, answered))),
        defect=expected.defect,
        whose=whose,
        application=("not_ready" if expected.defect else fault) if whose == "application" else "",
        note="",
    )


def _said(answer: Answer) -> str:
    return f"gRPC status {answer.headers.get('grpc-status', '')}" if by_grpc(answer) else _reason(answer.outcome)


def _reason(outcome: str) -> str:
    return _words.outcome(outcome).reason


def _is_no_route(answer: Answer) -> bool:
    """Whether a controller says so that it knows nothing for a host and path."""
    return answer.outcome == "http_404" or (by_grpc(answer) and answer.headers.get("grpc-status") == "12")


def _if_sure(cell: Cell, row: Judged, seen: _Direct) -> Cell:
    """The cell of a page, as long as nothing speaks for the controller."""
    doubt = seen.doubt(row) if cell.author == "peer" and cell.verdict == "pass" else ""
    if not doubt:
        return cell
    reason = f"whether the application or the controller answers {_said(row.answer)} is not known"
    cell = dataclasses.replace(cell, verdict="unknown", author="unsure", reason=f"{reason}: {doubt}")
    return dataclasses.replace(cell, application="", whose="", note="")


def _slash(row: Judged) -> Cell:
    """Another path than the one that is served: that it is not is right, and what its users have to know."""
    cell, entry = row.cell, row.question.about.entry
    if entry and cell.outcome == "http_404":
        note = f"{entry.id} has {entry.path.path} as an Exact path: {row.question.probe.path} is answered by HTTP 404"
        return dataclasses.replace(cell, note=note)
    return cell


def _author(row: Judged, seen: _Direct) -> str:
    entry, answer = row.question.about.entry, row.answer
    asked_beside = seen.is_controllers(row)
    if seen.gave(row) or asked_beside is False:
        return "peer"
    if asked_beside:
        return "controller"
    if controller_page(answer) or answer.outcome in _GATEWAY:
        return "controller"
    if answer.outcome in OWN_STATUSES and (seen.refuse(row) or row.question.probe.transport == "h2"):
        return "controller"  # what speaks gRPC answers by 200, whatever it says
    redirected = answer.headers.get("location", "").startswith("https://") and row.cell.protocol == "http"
    if entry and (entry.path.redirect or redirected):
        return "controller"
    return row.cell.author


def _cause(row: Judged, seen: _Direct) -> str:
    """Why a controller answers itself, as far as other checks show it."""
    entry, behind = row.question.about.entry, row.expected.behind
    served = seen.served.get((entry.host, entry.port, entry.path.path), {}) if entry else {}
    others = [id_ for id_ in served if entry and id_ != entry.id]
    also = f"; {', '.join(others[:3])} has this host and path as well" if others else ""
    if _is_no_route(row.answer):
        return f"it has no route for this host and path{also}"
    if row.expected.barred:
        return f"{row.expected.barred}{also}"
    refusing = [place for place in behind if place in seen.refused]
    if refusing:
        places = ", ".join(place.replace("#", " port ") for place in refusing[:3])
        some = "each endpoint" if len(refusing) == len(behind) else f"{len(refusing)} of {len(behind)} endpoints"
        verb = "refuse" if len(refusing) > 1 and len(refusing) < len(behind) else "refuses"
        return f"{some} behind it {verb} connections ({places}){also}"
    return f"it gets no answer of the application{also}"
