# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of gRPC, to servers that say a few frames, and the code that headers come in."""

from __future__ import annotations

import binascii
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import runner_grpc
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_grpc import grpc_frame as frame
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_grpc import hpack_literal as literal

from .asking import outcomes, probe

on_pythons = pytest.mark.parametrize("image", ["python", "python3.6"], indirect=True)


@pytest.mark.parametrize(
    ("coded", "text"),
    [  # RFC 7541, C.4 and C.6
        ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"),
        ("a8eb10649cbf", "no-cache"),
        ("25a849e95ba97d7f", "custom-key"),
        ("6402", "302"),
        ("aec3771a4b", "private"),
        ("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"),
        ("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"),
    ],
)
def test_strings_in_the_code_of_the_rfc(coded, text):
    assert runner_grpc.from_huffman(binascii.unhexlify(coded)) == text


@pytest.mark.parametrize("size", [0, 126, 127, 128, 300, 1000])
def test_strings_of_every_length_are_read_as_they_were_written(size):
    assert runner_grpc.hpack_string(literal("a" * size) + b"!", 0) == ("a" * size, len(literal("a" * size)))


def test_fields_are_read_in_each_of_their_forms():
    block = b"\x20\x88" + b"\x5f" + literal("application/grpc")  # size 0, :status 200, by the name's number
    block += b"\x0f\x27" + literal("nginx") + b"\x40" + literal("grpc-status") + literal("12")
    block += b"\x00" + literal("date") + literal("now") + b"\x10" + literal("x-trace") + literal("7")
    assert runner_grpc.grpc_fields(block) == {
        ":status": "200",
        "content-type": "application/grpc",
        "server": "nginx",
        "grpc-status": "12",
        "x-trace": "7",
    }
    assert runner_grpc.grpc_fields(b"\x48\x82\x64\x02") == {":status": "302"}


SETTINGS = frame(4, 0, b"")
HEADERS = b"\x88\x00" + literal("content-type") + literal("application/grpc")
TRAILERS = b"\x00" + literal("grpc-status") + literal("12") + b"\x00" + literal("grpc-message") + literal("unknown")


def saying(*frames: bytes) -> t.Callable[[t.Any], None]:
    """A server that keeps what it is asked, says some frames, and waits for the client to go."""

    def handler(connection: t.Any) -> None:
        asked = connection.recv(65536)
        assert asked.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        connection.sendall(b"".join(frames))
        while connection.recv(65536):
            pass

    return handler


def ask(image, serve, handler, **fields):
    (answer,) = image.run(
        [probe(1, "http", "127.0.0.1", serve(handler), path="/a.B/C", transport="h2", **fields)]
    ).answers
    return answer


@on_pythons
def test_a_call_tells_its_status_and_who_answered(image, serve):
    padded = b"\x02" + HEADERS + b"\0\0"
    whole = [frame(1, 4 | 8, padded, 1), frame(0, 0, b"\0" * 5, 1), frame(1, 5, TRAILERS, 1)]
    for frames in ([frame(1, 5, HEADERS + TRAILERS, 1)], whole, [frame(1, 1, HEADERS, 1), frame(9, 4, TRAILERS, 1)]):
        answer = ask(image, serve, saying(SETTINGS, *frames))
        assert (answer.outcome, answer.body) == ("http_200", "unknown")
        assert answer.headers == {"content-type": "application/grpc", "grpc-status": "12"}


@on_pythons
def test_what_speaks_no_grpc_tells_so(image, serve):
    text = b"\x8d\x00" + literal("content-type") + literal("text/plain")
    answer = ask(image, serve, saying(SETTINGS, frame(1, 4, text, 1), frame(0, 1, b"404 page not found\n", 1)))
    assert (answer.outcome, answer.body) == ("http_404", "404 page not found")
    assert answer.headers == {"content-type": "text/plain"}
    old = b"HTTP/1.1 400 Bad Request\r\nServer: old\r\nConnection: close\r\n\r\nwhat"
    answer = ask(image, serve, lambda connection: (connection.recv(4096), connection.sendall(old)))
    assert (answer.outcome, answer.headers, answer.body) == ("http_400", {"server": "old"}, "what")


@on_pythons
@pytest.mark.parametrize(
    ("frames", "outcome", "error"),
    [
        ([SETTINGS], "timeout", "connected by HTTP/2, then silent"),
        ([SETTINGS, frame(3, 0, b"\0\0\0\x07", 1)], "reset", "the stream was reset: HTTP/2 error 7"),
        ([SETTINGS, frame(7, 0, b"\0\0\0\0\0\0\0\x02")], "reset", "the connection was given up: HTTP/2 error 2"),
        ([frame(4, 0, b"")[:-4]], "timeout", "connected by HTTP/2, then silent"),
    ],
)
def test_calls_without_an_answer(image, serve, frames, outcome, error):
    answer = ask(image, serve, saying(*frames), timeout_ms=1500)
    assert (answer.outcome, answer.error) == (outcome, error)


@pytest.mark.parametrize("image", ["dash", "busybox"], indirect=True)
def test_a_shell_leaves_it_to_others(image):
    asked = [probe(1, word, "127.0.0.1", 9, path="/a.B/C", transport="h2") for word in ("http",)]
    report = image.run([*asked, probe(2, "https", "127.0.0.1", 9, path="/a.B/C", transport="h2")])
    assert outcomes(report) == ["probe_error"] * 2
    assert {answer.error for answer in report.answers} == {
        "no tool: looked for python3, no other tool here speaks gRPC"
    }
