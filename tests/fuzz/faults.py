# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an API server, or what stands in its place, can go wrong: on the wire, in HTTP, in JSON, in its objects."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import struct
import time
import typing as t

from ansible_collections.kubewire.netdebug.tests.fuzz import damages

Fault = t.Callable[[t.Any], None]

_PAUSE = 0.02  #: seconds between two bytes of a body that drips
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


def raw(data: bytes) -> Fault:
    """Say exactly this, and close."""
    return lambda peer: peer.socket.sendall(data)


def body(data: bytes, *headers: str, status: int = 200) -> Fault:
    """A whole answer."""
    return lambda peer: peer.answer(status, data, *headers)


def status(code: int, *headers: str, **said: t.Any) -> Fault:
    """An error of Kubernetes."""
    whole = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "message": f"it is {code}",
        **said,
    }
    return lambda peer: peer.answer(code, whole, *headers)


def drip(head: bytes, piece: bytes = b" ") -> Fault:
    """Go on for ever, a byte at a time: no read of the client ever waits for long."""

    def speak(peer: t.Any) -> None:
        with contextlib.suppress(OSError):
            peer.socket.sendall(head)
            while True:
                peer.socket.sendall(piece)
                time.sleep(_PAUSE)

    return speak


def silent(peer: t.Any) -> None:
    """Say nothing, and keep the connection open until the client closes it."""
    peer.socket.recv(1)


def hold(head: bytes) -> Fault:
    """Say a part and nothing more."""

    def speak(peer: t.Any) -> None:
        peer.socket.sendall(head)
        silent(peer)

    return speak


def reset(peer: t.Any) -> None:
    """End the connection with RST."""
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def pages(token: t.Callable[[int], t.Any], entries: int = 1, pause: float = 0.0) -> Fault:
    """A list whose pages lead from one to the next."""
    count = itertools.count()

    def speak(peer: t.Any) -> None:
        time.sleep(pause)
        number = next(count)
        items = [{"metadata": {"namespace": "shop", "name": f"x{number}", "uid": "u"}}] * entries
        peer.answer(200, {"metadata": {"continue": token(number), "resourceVersion": "1"}, "items": items})

    return speak


def deep(levels: int) -> bytes:
    return json.dumps(damages.nested(levels)).encode() if levels < 500 else b"[" * levels + b"]" * levels


WIRE: dict[str, Fault] = {
    "closed": lambda _peer: None,
    "reset": reset,
    "silent": silent,
    "half a status line": hold(b"HTTP/1.1 20"),
    "half a header": hold(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "headers without a body": hold(OK + b"Content-Length: 100\r\n\r\n"),
    "half a body": hold(OK + b'Content-Length: 100\r\n\r\n{"items": ['),
    "half a chunk": hold(OK + b"Transfer-Encoding: chunked\r\n\r\n100\r\n{"),
    "status line drips": drip(b"HTTP/1.1 200 ", b"O"),
    "header drips": drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "headers without end": drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "body drips": drip(OK + b"Content-Length: 1000000\r\n\r\n"),
    "body without length drips": drip(OK + b"\r\n"),
    "chunks drip": drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "cut body": raw(OK + b'Content-Length: 4096\r\n\r\n{"items": ['),
    "cut chunk": raw(OK + b'Transfer-Encoding: chunked\r\n\r\nff\r\n{"items"'),
    "length is too short": raw(OK + b'Content-Length: 3\r\n\r\n{"items": []}'),
    "length is no number": raw(OK + b'Content-Length: many\r\n\r\n{"items": '),
    "length is negative": raw(OK + b"Content-Length: -1\r\n\r\n{"),
    "two lengths": raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
    "chunk of no size": raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "another version": raw(b"HTTP/9.9 200 OK\r\n\r\n{}"),
    "no status": raw(b"HTTP/1.1 many OK\r\n\r\n{}"),
    "status 999": raw(b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}"),
    "status 100 only": raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "status 204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "status 101": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "NUL in a header": raw(b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 1\r\n\r\n{"),
    "a header of 100 kB": raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}"),
    "2000 headers": raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n{}"),
}
HTTP: dict[str, Fault] = {
    **{str(code): status(code) for code in (400, 401, 402, 403, 405, 406, 409, 410, 415, 422, 500, 501, 502, 503, 504)},
    "redirect": body(b"", "Location: https://198.51.100.1/", status=302),
    "redirect to itself": body(b"", "Location: /api/v1/pods", status=307),
    "429": status(429),
    "429 at once": status(429, "Retry-After: 0"),
    "429 much later": status(429, "Retry-After: 1e9"),
    "429 at no time": status(429, "Retry-After: nan"),
    "429 before now": status(429, "Retry-After: -5"),
    "429 at a date": status(429, "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"),
    "503 for ever": status(503, "Retry-After: inf"),
    "message of another type": status(500, message={"a": [1]}),
    "message without end": status(403, message="x" * 1_000_000),
    "details of another type": status(422, details="x"),
    "causes of another type": status(422, details={"causes": {"a": 1}, "name": 7, "kind": []}),
    "causes that are none": status(422, details={"causes": [None, "x", {"field": 5}], "name": None}),
    "deep error": body(b'{"message": ' + b"[" * 5000 + b"]" * 5000 + b"}", status=500),
    "error page": body(b"<html><body>Bad Gateway</body></html>", "Content-Type: text/html", status=502),
    "binary error": body(bytes(range(256)), status=500),
    "error without a body": body(b"", status=500),
    "bad warning": body(b"x", 'Warning: 299 - "' + "x" * 5000),
}
JSON: dict[str, Fault] = {
    "empty": body(b""),
    "spaces": body(b" \n" * 100),
    "page": body(b"<!doctype html><html>log in</html>", "Content-Type: text/html"),
    "YAML": body(b"apiVersion: v1\nitems: []\n", "Content-Type: application/yaml"),
    "protobuf": body(b"k8s\0\n\x0c\n\x02v1\x12\x06", "Content-Type: application/vnd.kubernetes.protobuf"),
    "two answers": body(b'{"items": []}{"items": []}'),
    "cut JSON": body(b'{"items": ['),
    "null": body(b"null"),
    "number": body(b"7"),
    "text": body(b'"x"'),
    "list": body(b"[]"),
    "endless number": body(b'{"items": [], "a": ' + b"1" * 5000 + b"}"),
    "1e400": body(b'{"items": [], "a": 1e400}'),
    "NaN": body(b'{"items": [], "a": NaN}'),
    "100 levels": body(b'{"items": [], "a": ' + deep(100) + b"}"),
    "900 levels": body(b'{"items": [], "a": ' + deep(900) + b"}"),
    "100000 levels": body(b'{"items": [], "a": ' + deep(100_000) + b"}"),
    "half a surrogate pair": body(b'{"items": [], "a": "\\ud800"}'),
    "half a surrogate pair in bytes": body(b'{"items": [], "a": "\xed\xa0\x80"}'),
    "Latin-1": body(b'{"items": [], "a": "gr\xfcn"}'),
    "UTF-16": body('{"items": [], "a": ""}'.encode("utf-16")),
    "NUL": body(b'{"items": [], "a": "\0"}'),
    "gzip that is none": body(b'{"items": []}', "Content-Encoding: gzip"),
    "gzip that is cut": body(gzip.compress(b"x" * 1000)[:20], "Content-Encoding: gzip"),
    "an encoding that nobody knows": body(gzip.compress(b"{}"), "Content-Encoding: x"),
}
LIST: dict[str, Fault] = {
    "no items": body(b'{"kind": "PodList"}'),
    "items are an object": body(b'{"items": {"a": 1}}'),
    "items are text": body(b'{"items": "x"}'),
    "items are a number": body(b'{"items": 7}'),
    "one token for ever": pages(lambda _number: "again"),
    "two tokens in turn": pages(lambda number: f"t{number % 2}"),
    "new tokens for ever": pages(lambda number: f"t{number}", pause=0.05),
    "new tokens and nothing else": pages(lambda number: f"t{number}", entries=0, pause=0.05),
    "a token of another type": pages(lambda _number: {"a": 1}),
    "a token that is a number": pages(lambda _number: 7),
}
#: Objects in place of those that were asked for.
ODD: dict[str, t.Any] = {
    "nothing": {},
    "metadata is text": {"metadata": "x"},
    "metadata is a list": {"metadata": []},
    "no name": {"metadata": {"namespace": "shop", "uid": "u"}, "spec": {}, "status": {}},
    "name is a number": {"metadata": {"name": 7, "namespace": "shop", "uid": "u"}},
    "name is null": {"metadata": {"name": None, "namespace": "shop", "uid": "u"}},
    "spec is text": {"metadata": {"name": "web-1", "namespace": "shop", "uid": "u"}, "spec": "x"},
    "spec is null": {"metadata": {"name": "web-1", "namespace": "shop", "uid": "u"}, "spec": None},
    "no containers": {"metadata": {"name": "web-1", "namespace": "shop", "uid": "u"}, "spec": {}},
    "containers are text": {
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "u"},
        "spec": {"containers": "x"},
    },
    "a status": {"kind": "Status", "status": "Success"},
}
#: What only time ends.
ENDLESS = frozenset(
    ("silent", "half a status line", "half a header", "headers without a body", "half a body", "half a chunk")
    + ("status line drips", "header drips", "body drips", "body without length drips", "chunks drip")
    + ("new tokens for ever", "new tokens and nothing else")
)
