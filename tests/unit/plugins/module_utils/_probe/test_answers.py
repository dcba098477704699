# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container may answer anything: only what is true to the contract comes through."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe

HELLO = {"kw": 1, "runner": "sh", "tools": ["nc"], "route4": [], "route6": [], "resolv": ["nameserver 10.96.0.10"]}
ANSWER = {"id": 1, "outcome": "open", "ms": 1.5, "tool": "nc"}
DONE = {"done": 1}


def lines(*documents: t.Any) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def probes(*ids: int, protocol: str = "tcp", host: str = "10.0.0.1") -> list[Probe]:
    return [Probe(id_, "s", "t", "m", protocol, "IPv4", host, 443) for id_ in ids]


def test_a_good_run() -> None:
    route = "eth0 00000000 0101F40A 0003 0 0 0 00000000 0 0 0"
    answer = ANSWER | {"address": "10.0.0.1", "answers": ["10.0.0.1", "FD00::1"], "phases": {"dns": 1, "connect": 0.5}}
    report = answers.parse(lines(HELLO | {"route4": [route]}, answer, DONE), probes(1), "a/b/c", duration_ms=212.0)
    assert report.to_dict() == {
        "source": "a/b/c",
        "runner": "sh",
        "tools": ["nc"],
        "routes": ["default via 10.244.1.1 dev eth0"],
        "resolv_conf": ["nameserver 10.96.0.10"],
        "duration_ms": 212.0,
        "answers": [
            {"id": 1, "outcome": "open", "ms": 1.5, "address": "10.0.0.1", "answers": ["10.0.0.1", "fd00::1"]}
            | {"tool": "nc", "phases": {"dns": 1.0, "connect": 0.5}}
        ],
    }


def test_tries_and_sizes_are_counted() -> None:
    ranks = {"min": 0.1, "p50": 0.2, "p90": 0.3, "p99": 0.4, "max": 0.5}
    answer = ANSWER | {"sent": 200, "received": 180, "percentiles": ranks, "mtu": 1450}
    report = answers.parse(lines(answer, DONE), probes(1), "a/b/c")
    assert report.answers[0].to_dict() == answer


def test_which_tries_were_lost_and_how_they_ended() -> None:
    outcomes = {"open": 795, "timeout": 5, "no such word": 3, "reset": "7", "refused": 0}
    answer = ANSWER | {"sent": 800, "received": 795, "outcomes": outcomes, "lost": [[0, 1], [30, 4]]}
    report = answers.parse(lines(answer, DONE), probes(1), "a/b/c")
    assert report.answers[0].askings == ({"open": 795, "timeout": 5},)
    assert report.answers[0].lost == ((0, 1), (30, 4))


@pytest.mark.parametrize(
    "value",
    [7, {}, [[1, 0]], [[1, 1], [1, 1]], [[5, 2], [6, 1]], [[1, "1"]], [[1, 1, 1]], [1, 2], [[-1, 2]], [[True, 1]]],
)
def test_rows_of_losses_that_are_none_are_dropped(value: t.Any) -> None:
    report = answers.parse(lines(ANSWER | {"lost": value, "outcomes": value}, DONE), probes(1), "a/b/c")
    assert report.answers[0].to_dict() == ANSWER


@pytest.mark.parametrize("value", [True, -1, 1e3, "7", None, [], 70_000, 10**400])
def test_a_count_that_is_no_count_is_dropped(value: t.Any) -> None:
    answer = ANSWER | {"sent": value, "received": value, "mtu": value, "percentiles": [value]}
    report = answers.parse(json.dumps(answer).encode() + b"\n" + lines(DONE), probes(1), "a/b/c")
    assert report.answers[0].to_dict() == ANSWER


def test_silence_is_an_error_with_a_remedy() -> None:
    report = answers.parse(b"", probes(1, 2), "a/b/c", failure='exec: "sh": not found', stderr=b"x")
    assert report.error == 'the probe runner returned no output: exec: "sh": not found'
    assert "python3" in report.remedy
    assert [answer.outcome for answer in report.answers] == ["probe_error"] * 2
    assert report.answers[1].error == report.error


def test_a_run_that_was_cut_off_keeps_its_answers() -> None:
    report = answers.parse(lines(HELLO, ANSWER) + b'{"id": 2, "outc', probes(1, 2), "a/b/c", stderr=b"Killed\n")
    assert [answer.outcome for answer in report.answers] == ["open", "probe_error"]
    assert report.error == "the probe runner ended before it was done: Killed"
    assert "deadline" in report.remedy


def test_the_first_answer_counts_and_foreign_ones_do_not() -> None:
    stdout = lines(HELLO, ANSWER, ANSWER | {"outcome": "refused"}, ANSWER | {"id": 99}, DONE)
    report = answers.parse(stdout, probes(1), "a/b/c")
    assert [(answer.id, answer.outcome) for answer in report.answers] == [(1, "open")]
    assert report.error == ""


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[1]",
        b"null",
        b'{"id": 1}',
        b'{"id": "1", "outcome": "open"}',
        b'{"id": true, "outcome": "open"}',
        b'{"id": 1.0, "outcome": "open"}',
        b'{"id": 1, "outcome": "OPEN"}',
        b'{"id": 1, "outcome": "http_999"}',
        b'{"id": 1, "outcome": "http_200\\n"}',
        b'{"id": 1, "outcome": ["open"]}',
        b'{"id": 1, "outcome": {"open": 1}}',
        b'{"id": 1, "outcome": "open"',
        b'{"id": 1, "outcome": "open", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id": 1, "outcome": "open", "x": "' + b"x" * 300_000 + b'"}',
        b'{"id": ' + b"1" * 5000 + b', "outcome": "open"}',
        b'\xff\xfe{"id": 1, "outcome": "open"}',
        b'{"id": 1, "outcome": "open", "x": "\xff"}',
    ],
    ids=lambda line: repr(line[:40]),
)
def test_a_line_that_is_no_answer_gives_none(line: bytes) -> None:
    report = answers.parse(lines(HELLO) + line + b"\n" + lines(DONE), probes(1), "a/b/c")
    assert [answer.outcome for answer in report.answers] == ["probe_error"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1", "1e999", "1e30", '"1"', "true", "[]", "null", "9" * 400])
def test_a_time_that_is_no_time_is_dropped(number: str) -> None:
    line = f'{{"id": 1, "outcome": "open", "ms": {number}, "phases": {{"connect": {number}, "evil": 1}}}}\n'
    report = answers.parse(line.encode() + lines(DONE), probes(1), "a/b/c")
    assert report.answers == (Answer(id=1, outcome="open"),)


def test_text_is_bounded_and_printable() -> None:
    nasty = "\x1b[31mred\x07\r\n<script>\u202e\u200b\x85\u2028" + "x" * 1000
    stdout = lines(
        HELLO | {"tools": [nasty, "nc", 7, "$(id)"], "resolv": [nasty] * 10_000}, ANSWER | {"error": nasty}, DONE
    )
    report = answers.parse(stdout.replace(b"\n\n", b"\n"), probes(1), "a/b/c")
    assert report.answers[0].error.startswith("[31mred <script> xxx")
    assert len(report.answers[0].error) == 300
    assert report.answers[0].error.isprintable()
    huge = lines(HELLO | {"tools": [nasty, "nc", 7, "$(id)"], "resolv": ["x\x00y"] * 10_000}, DONE)
    report = answers.parse(huge, [], "a/b/c")
    assert report.tools == ("nc",)
    assert report.resolv_conf == ("x y",) * answers.MOST_ITEMS


def test_addresses_are_addresses() -> None:
    answer = ANSWER | {"address": "javascript:1", "answers": ["10.0.0.1", "<b>", 7, None, "::ffff:1.2.3.4"]}
    report = answers.parse(lines(HELLO, answer, DONE), probes(1), "a/b/c")
    assert report.answers[0].address == ""
    assert report.answers[0].answers[0] == "10.0.0.1"
    assert len(report.answers[0].answers) == 2


@pytest.mark.parametrize(
    "hello", [{"kw": 1, "runner": 7, "tools": "nc", "route4": {"a": 1}, "resolv": [[1]]}, {"kw": 1}]
)
def test_a_hello_of_the_wrong_types_is_an_empty_one(hello: dict[str, t.Any]) -> None:
    report = answers.parse(lines(hello, DONE), [], "a/b/c")
    assert report.to_dict() == {"source": "a/b/c"}
