# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a runner printed, read as what it is: the words of a container that may lie."""

from __future__ import annotations

import binascii
import dataclasses
import datetime
import ipaddress
import json
import math
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import boot, certificates
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.routes import ip_route
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, SourceReport

from .. import _words

PHASES = ("dns", "connect", "tls", "first_byte")
PERCENTILES = ("min", "p50", "p90", "p99", "max")
LONGEST_LINE = 256 * 1024
MOST_ITEMS = 256
MOST_ADDRESSES = 1000
_LONGEST_SEARCH = 2200  #: characters of a line of resolv.conf: the search list of a Pod may have 2048
MOST_CERTIFICATES = 5
_LARGEST_MTU = 65535
_MOST_TRIES = 10_000
_MOST_ROWS = 1000
_LONGEST_TEXT = 300
_LONGEST_BODY = 200
_MOST_LISTENERS = 64
_MOST_HEADERS = 12
_LISTENS = re.compile(r"((?:[0-9A-F]{8}){1}|(?:[0-9A-F]{8}){4}):([0-9A-F]{4})")
_HEADER = re.compile(r"[a-z0-9-]{1,40}")
_LONGEST_MS = 3_600_000.0
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\u1fff\u2070-\ud7ff\uf900-\ufefe\U00010000-\U0001ffff]+")
_TOOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,31}")

_SHOWN = "shown"  #: of a TLS answer: certificates that could not be read where they arrived

_SAID_NOTHING = "the probe runner returned no output"
_NO_RUNNER = "set O(debug_image) to an image with a shell or python3, or probe from a container that has one"
_CUT_OFF = "the probe runner ended before it was done"
_AGAIN = "probe again with a longer deadline or fewer probes at once; check whether the container was restarted"


def parse(
    stdout: bytes,
    probes: t.Iterable[Probe],
    source: str,
    *,
    failure: str = "",
    stderr: bytes = b"",
    duration_ms: float | None = None,
    now: datetime.datetime | None = None,
) -> SourceReport:
    """Return what a container answered, with one answer for each probe that was sent.

    Args:
        stdout: Everything the runner printed.
        probes: What was sent; whatever else is answered is ignored.
        source: The id of the source.
        failure: Why the exec failed, in the transport's words.
        stderr: What the runner printed beside its answers.
        duration_ms: How long the exec took.
        now: The time that certificates are judged by; this moment, if none is given.
    """
    wanted = {probe.id: probe for probe in probes}
    shown: dict[int, list[bytes]] = {}
    hello: dict[str, t.Any] = {}
    found: dict[int, Answer] = {}
    done = False
    for document in _documents(stdout):
        if "kw" in document:
            hello = hello or document
        elif "done" in document:
            done = True
        elif "cert" in document:
            _keep_certificate(document, shown)
        else:
            answer = _answer(document)
            if answer is not None and answer.id in wanted and answer.id not in found:
                found[answer.id] = _with_certificates(answer, wanted[answer.id], shown, now)
    lacks = next((fact for fact in _LACKING if isinstance(hello.get(fact), int) and not found), "")
    error, remedy = (
        _LACKING[lacks](hello[lacks])
        if lacks
        else _what_is_wrong(bool(hello or found), done, _text(failure), _text(stderr.decode(errors="replace")))
    )
    missing = error or "the probe runner gave no answer for this probe"
    return SourceReport(
        source=source,
        runner=hello["runner"] if hello.get("runner") in ("python", "sh") else "",
        tools=_tools(hello.get("tools")),
        routes=ip_route(_texts(hello.get("route4")), _texts(hello.get("route6"))),
        resolv_conf=_texts(hello.get("resolv"), longest=_LONGEST_SEARCH),
        listens=_listens(hello.get("tcp4"), hello.get("tcp6")),
        listens_udp=_listens(hello.get("udp4"), hello.get("udp6")),
        error=error,
        remedy=remedy,
        duration_ms=_number(duration_ms),
        answers=tuple(found.get(id_) or Answer(id=id_, outcome="probe_error", error=missing) for id_ in wanted),
        lacks=lacks,
    )


def _too_little_memory(kib: int) -> tuple[str, str]:
    needed = (boot.SHELL_KIB + boot.PROBE_KIB) / 1024
    error = f"its memory limit leaves {max(0, kib) / 1024:.1f} MiB, and probing takes {needed:g} or more"
    return error, "increase the memory limit of the container, or set O(debug_image) to probe from another Pod"


def _unseen_memory(_number: int) -> tuple[str, str]:
    error = "it sees no other process of its Pod, so what the memory limit of the Pod leaves is unknown"
    return error, "remove the memory limit of the Pod, or leave pod out of O(debug_levels)"


def _too_few_processes(number: int) -> tuple[str, str]:
    error = f"its limit of processes leaves {max(0, number)}, and probing takes {boot.LEAST_PIDS} or more"
    return error, "increase the limit of processes of the Pod, or set O(debug_image) to probe from another Pod"


#: What the first bytes of an exec found to be too little, and how that is told.
_LACKING: dict[str, t.Callable[[int], tuple[str, str]]] = {
    "memory": _too_little_memory,
    "unseen": _unseen_memory,
    "processes": _too_few_processes,
}


def reread(document: t.Mapping[str, t.Any], probes: t.Iterable[Probe]) -> SourceReport:
    """Return a report that another machine made of what its runner printed; it may lie as well as a container.

    Args:
        document: The report as that machine wrote it (C(SourceReport)).
        probes: What it was asked, under the numbers of its own run.
    """
    wanted = {probe.id: probe for probe in probes}
    found: dict[int, Answer] = {}
    for entry in document.get("answers") or ():
        answer = _answer(entry) if isinstance(entry, dict) else None
        if answer is not None and answer.id in wanted:
            found[answer.id] = _with_facts(answer, wanted[answer.id], entry.get("tls"))
    return SourceReport(
        source=_text(document.get("source")),
        level="host",
        runner="python",
        tools=_tools(document.get("tools")),
        routes=_texts(document.get("routes")),
        resolv_conf=_texts(document.get("resolv_conf"), longest=_LONGEST_SEARCH),
        listens=_texts(document.get("listens")),
        listens_udp=_texts(document.get("listens_udp")),
        error=_text(document.get("error")),
        remedy=_text(document.get("remedy")),
        duration_ms=_number(document.get("duration_ms")),
        answers=tuple(found.values()),
    )


def _with_facts(answer: Answer, probe: Probe, told: t.Any) -> Answer:
    """Return an answer with what the other machine read in certificates, or with what this one reads in them."""
    if not isinstance(told, dict):
        return answer
    if isinstance(told.get(_SHOWN), list):
        shown: dict[int, list[bytes]] = {}
        for cert in told[_SHOWN]:
            _keep_certificate({"id": answer.id, "cert": cert}, shown)
        return _with_certificates(answer, probe, shown, None)
    facts = {key: told.get(key) for key in certificates.FACTS if isinstance(told.get(key), (str, list, int))}
    return dataclasses.replace(answer, tls={**answer.tls, **_facts(facts)})


def _documents(stdout: bytes) -> t.Iterator[dict[str, t.Any]]:
    for line in stdout.split(b"\n"):
        if not line.startswith(b"{") or len(line) > LONGEST_LINE:
            continue
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            yield document


def _answer(document: dict[str, t.Any]) -> Answer | None:
    """Return the answer that a line holds, or nothing when it holds none."""
    id_, outcome = document.get("id"), document.get("outcome")
    if (
        not isinstance(id_, int)
        or isinstance(id_, bool)
        or not isinstance(outcome, str)
        or not _words.is_outcome(outcome)
    ):
        return None
    tls = document.get("tls")
    return Answer(
        id=id_,
        outcome=outcome,
        ms=_number(document.get("ms")),
        address=_address(document.get("address")),
        answers=tuple(filter(None, map(_address, _texts(document.get("answers"), MOST_ADDRESSES)))),
        more=True if document.get("more") is True else None,
        name=_text(document.get("name")),
        server=_text(document.get("server")),
        tool=_text(document.get("tool")),
        error=_text(document.get("error")),
        phases=_times(document.get("phases"), PHASES),
        sent=_count(document.get("sent"), _MOST_TRIES),
        received=_count(document.get("received"), _MOST_TRIES),
        percentiles=_times(document.get("percentiles"), PERCENTILES),
        askings=_askings(document.get("outcomes")),
        lost=_rows(document.get("lost")),
        resent=_count(document.get("resent"), _MOST_TRIES),
        mtu=_count(document.get("mtu"), _LARGEST_MTU),
        tls=_facts({key: tls.get(key) for key in ("version", "cipher")}) if isinstance(tls, dict) else {},
        refusal=document["refusal"] if document.get("refusal") in ("rst", "icmp") else "",
        request=document["request"] if document.get("request") in ("taken", "lost") else "",
        error_from=_address(document.get("error_from")),
        headers=_headers(document.get("headers")),
        body=_text(document.get("body"))[:_LONGEST_BODY],
    )


def _headers(value: t.Any) -> dict[str, str]:
    """The headers that tell who sent a page, by their names in small letters."""
    if not isinstance(value, dict):
        return {}
    told = {name.lower(): _text(text) for name, text in list(value.items())[:_MOST_HEADERS]}
    return {name: text for name, text in told.items() if text and _HEADER.fullmatch(name)}


def _keep_certificate(document: dict[str, t.Any], shown: dict[int, list[bytes]]) -> None:
    """Keep a certificate (base64 of DER) that a runner showed ahead of its answer."""
    id_, text = document.get("id"), document["cert"]
    kept = shown.setdefault(id_, []) if isinstance(id_, int) and isinstance(text, str) else None
    if kept is None or len(kept) == MOST_CERTIFICATES:
        return
    try:
        kept.append(binascii.a2b_base64(text.encode("ascii")))
    except ValueError:
        kept.append(b"")


def _with_certificates(
    answer: Answer, probe: Probe, shown: dict[int, list[bytes]], now: datetime.datetime | None
) -> Answer:
    """Return the answer of a TLS probe with what its certificates say, and the outcome that this makes of it."""
    if not _words.PROTOCOLS[probe.protocol].certificate or answer.outcome != "open":
        return answer
    name = probe.server_name or probe.host
    facts = certificates.read(shown.get(answer.id, []), name, now or datetime.datetime.now(datetime.timezone.utc))
    facts = _facts(facts)
    outcome, error = certificates.judge(facts, name)
    if not certificates.can_read():  # whoever takes over this answer may
        facts[_SHOWN] = [binascii.b2a_base64(cert, newline=False).decode() for cert in shown.get(answer.id, [])]
    error = _text("; ".join(filter(None, (error, answer.error))))
    return dataclasses.replace(answer, outcome=outcome or answer.outcome, error=error, tls={**answer.tls, **facts})


def _facts(facts: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return facts with clean texts, and without those that say nothing."""
    clean = {key: _text(value) if isinstance(value, str) else value for key, value in facts.items()}
    clean = {key: list(_texts(value)) if isinstance(value, list) else value for key, value in clean.items()}
    return {key: value for key, value in clean.items() if value not in (None, "")}


def _times(value: t.Any, names: tuple[str, ...]) -> dict[str, float]:
    timed = {name: _number(value.get(name)) for name in names} if isinstance(value, dict) else {}
    return {name: ms for name, ms in timed.items() if ms is not None}


def _askings(value: t.Any) -> tuple[dict[str, int], ...]:
    """Return how often the tries of one asking ended how."""
    if not isinstance(value, dict):
        return ()
    counts = {word: _count(count, _MOST_TRIES) for word, count in value.items() if _words.is_outcome(word)}
    kept = {word: count for word, count in counts.items() if count}
    return (kept,) if kept else ()


def _rows(value: t.Any) -> tuple[tuple[int, ...], ...]:
    """Return which tries in a row were lost, none if one of the rows is not what it has to be."""
    found = list[tuple[int, ...]]()
    after = -1
    for row in value[:_MOST_ROWS] if isinstance(value, list) else ():
        first, length = (
            (_count(each, _MOST_TRIES) for each in row) if isinstance(row, list) and len(row) == 2 else (0, 0)
        )
        if first is None or not length or first <= after:
            return ()
        found.append((first, length))
        after = first + length
    return tuple(found)


def _count(value: t.Any, most: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None


def _what_is_wrong(spoke: bool, done: bool, failure: str, stderr: str) -> tuple[str, str]:
    """Return why answers are missing and what would help, two empty strings when none can be missing."""
    if done:
        return "", ""
    summary, remedy = (_CUT_OFF, _AGAIN) if spoke else (_SAID_NOTHING, _NO_RUNNER)
    return _text(": ".join(filter(None, (summary, failure or stderr)))), remedy


def _text(value: t.Any, longest: int = _LONGEST_TEXT) -> str:
    """Return printable text on one line, bounded; anything that is not text gives none."""
    if not isinstance(value, str):
        return ""
    return _NOT_PRINTABLE.sub(" ", value[: 4 * longest]).strip()[:longest]


def _texts(value: t.Any, most: int = MOST_ITEMS, longest: int = _LONGEST_TEXT) -> tuple[str, ...]:
    return tuple(filter(None, (_text(item, longest) for item in value[:most]))) if isinstance(value, list) else ()


def _tools(value: t.Any) -> tuple[str, ...]:
    return tuple(tool for tool in _texts(value) if _TOOL.fullmatch(tool))


def _address(value: t.Any) -> str:
    try:
        return str(ipaddress.ip_address(_text(value)))
    except ValueError:
        return ""


def _listens(*files: t.Any) -> tuple[str, ...]:
    """The local addresses of lines of C(/proc/net/tcp), C(/proc/net/udp) and those of IPv6, as C(ADDRESS#PORT)."""
    found = []
    lines = [line for told in files for line in _texts(told)]
    for word in lines if len(lines) < _MOST_LISTENERS else ():  # there may be more
        match = _LISTENS.fullmatch(word)
        if match:
            raw = binascii.a2b_hex(match[1])
            turned = b"".join(raw[place : place + 4][::-1] for place in range(0, len(raw), 4))
            found.append(f"{ipaddress.ip_address(turned)}#{int(match[2], 16)}")
    return tuple(dict.fromkeys(found))


def _number(value: t.Any) -> float | None:
    """Return a duration in milliseconds; a negative, endless or absurd one is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return round(float(value), 3) if 0 <= value <= _LONGEST_MS and math.isfinite(value) else None
