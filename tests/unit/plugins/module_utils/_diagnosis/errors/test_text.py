# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as people have them: their class, and the source, target and object that they name."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.classes import ERROR_CLASSES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import ErrorText, parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question import syntax

HERE = pathlib.Path(__file__).parent
Entry = dict[str, t.Any]
FIELDS = ("kind", "inner", "target", "source", "namespace", "object")


def collection(name: str) -> list[Entry]:
    """The texts of a file, each with what it is."""
    return list(yaml.safe_load((HERE / f"{name}.yml").read_text()))


KNOWN, HELD_OUT = collection("error_texts"), collection("error_texts_held_out")
OF_CLIENTS, UNSEEN = collection("error_texts_of_clients"), collection("error_texts_unseen")
ALL = {"known": KNOWN, "held out": HELD_OUT, "of clients": OF_CLIENTS, "unseen": UNSEEN}
EACH = pytest.mark.parametrize("entries", ALL.values(), ids=ALL.keys())


def told(found: ErrorText) -> Entry:
    """What was read, as the files have it."""
    return {name: str(value) for name in FIELDS if (value := getattr(found, name))}


def wrong(entries: list[Entry], *fields: str) -> list[tuple[str, Entry, Entry]]:
    """The texts that are not read as they should be, with what they are and what was read."""
    found = []
    for entry in entries:
        wanted = {name: entry[name] for name in fields if name in entry}
        read = {name: value for name, value in told(parse(entry["text"])).items() if name in fields}
        if read != wanted:
            found.append((entry["text"], wanted, read))
    return found


def test_there_are_enough_texts():
    assert all(len(entries) > 150 for entries in ALL.values())
    assert {entry["kind"] for entries in ALL.values() for entry in entries} - {""} <= ERROR_CLASSES.keys()


@EACH
def test_the_class_is_read(entries: list[Entry]):
    assert len(wrong(entries, "kind")) <= 0.05 * len(entries)


@EACH
def test_source_target_and_object_are_read(entries: list[Entry]):
    assert len(wrong(entries, *FIELDS)) <= 0.05 * len(entries)


HOSTILE = {
    "letters": "a" * 50_000,
    "dots": "a." * 20_000,
    "numbers": "1" * 50_000,
    "addresses": "10." * 20_000,
    "ports": "a:1" * 20_000,
    "lookups": "lookup a on " * 5_000,
    "slashes": "a/" * 20_000,
    "quotes": '"' * 50_000,
    "backslashes": '\\"' * 30_000,
    "schemes": "http://" * 8_000,
    "users": "http://" + "u" * 50_000 + "@",
    "timeouts": "timed out " + "x" * 50_000,
    "pods": "pod a_b(" * 5_000,
    "dashes": "a-" * 30_000,
    "escapes": "\x1b[1;31m" * 5_000,
    "a log of 1 MB": "2026-12-01T10:00:00Z web: GET /items 200 3ms\n" * 23_000,
    "a line of 1 MB": "error " * 175_000,
    "lines that tell": "error a\n" * 125_000,
    "frames": "\tat a.b.C(D.java:1)\n" * 50_000,
    "failures": "not connect " * 5_000,
    "flags": "200 UF," * 8_000,
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_takes_no_time(hostile: str):
    begin = time.process_time()
    parse(f"connection refused {HOSTILE[hostile]} connection refused")
    assert time.process_time() - begin < 1


def test_only_what_was_captured_is_kept():
    found = parse(
        "curl: (7) Failed to connect to web port 80: Connection refused; token=s3cr3t {{ lookup('pipe', 'id') }}"
    )
    assert found == ErrorText("refused", "curl", target="web:80")


def test_the_cause_at_the_end_of_a_long_text_is_read():
    trace = "\n".join(f"\tat org.example.Chain.next(Chain.java:{number})" for number in range(2_000))
    found = parse(f"Exception in thread main\n{trace}\nCaused by: java.net.UnknownHostException: orders")
    assert (found.kind, found.target) == ("name_unresolved", "orders")


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "it does not work", "\N{SNOWMAN}" * 99])
def test_what_nobody_knows_has_no_class(text: str):
    assert parse(text).kind == ""
    assert parse(text).means == ""


@pytest.mark.parametrize(
    "entry", [entry for entries in ALL.values() for entry in entries], ids=lambda entry: entry["text"][:60]
)
def test_a_target_can_be_asked(entry: Entry):
    target = parse(entry["text"]).target
    assert not target or syntax.target(target).text == target


def test_an_error_about_an_object_says_what_it_quotes():
    text = 'Readiness probe failed: Get "http://10.1.2.3:8080/": dial tcp 10.1.2.3:8080: connect: connection refused'
    assert parse(text).means == (
        "A probe of the kubelet fails: the connection was refused: nothing accepts connections there"
    )
    assert not parse(text).asks_path


def test_a_status_is_told():
    assert parse("curl: (22) The requested URL returned error: 503").means.endswith("failed (503)")
