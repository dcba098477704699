# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Part of the Python runner: one call of gRPC, by as much of HTTP/2 (RFC 9113) and HPACK (RFC 7541) as that takes.

The peer is told to use no dynamic table, so what it says of headers needs no memory. Its strings may be in the Huffman
code of HPACK, of which the characters that headers are made of are enough.
"""

import _socket as socket
import struct

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_base import (
    Job,
    Outcome,
    Timeout,
    allow,
)

MYPY = False
if MYPY:  # it alone needs this
    import typing as t

MOST_FRAME_BYTES = 65536
FRAME_DATA, FRAME_HEADERS, FRAME_RST_STREAM, FRAME_SETTINGS, FRAME_GOAWAY, FRAME_CONTINUATION = 0, 1, 3, 4, 7, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 4, 8, 32
#: No dynamic table for what the peer says, and no pushes.
OWN_SETTINGS = struct.pack("!HIHI", 1, 0, 2, 0)
#: What is of use in the static table: names, and whole fields with a status.
STATIC_NAMES = {8: ":status", 31: "content-type", 46: "location", 54: "server", 60: "via"}
STATIC_STATUS = {8: "200", 9: "204", 10: "206", 11: "304", 12: "400", 13: "404", 14: "500"}
#: How many bits the characters have in the Huffman code, which is canonical; the others have more than 12.
HUFFMAN = (
    (5, "012aceiost"),
    (6, " %-./3456789=A_bdfghlmnpru"),
    (7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, "&*,;XZ"),
    (10, '!"()?'),
    (11, "'+|"),
    (12, "#>"),
)


def grpc_call(job: Job, authority: str) -> bytes:
    """Return what calls the method that is the job's path, with an empty message."""
    fields = [
        (":method", "POST"),
        (":scheme", job.protocol),
        (":path", job.path or "/"),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", "kubewire"),
    ]
    block = b"".join(b"\0" + hpack_literal(name) + hpack_literal(value) for name, value in fields)
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + grpc_frame(FRAME_SETTINGS, 0, OWN_SETTINGS)
        + grpc_frame(FRAME_HEADERS, END_HEADERS, block, 1)
        + grpc_frame(FRAME_DATA, END_STREAM, b"\0" * 5, 1)
    )


def grpc_frame(kind: int, flags: int, payload: bytes, stream: int = 0) -> bytes:
    """Return a frame."""
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def hpack_literal(text: str) -> bytes:
    """Return a string, as it is, with its length in front."""
    size, more = len(text), b""
    if size >= 127:
        size, rest = 127, size - 127
        while rest >= 128:
            more += bytes([rest % 128 + 128])
            rest //= 128
        more += bytes([rest])
    return bytes([size]) + more + text.encode("ascii")


def read_call(job: Job, sock: socket.socket, head: bytes) -> None:
    """Read what a call came to, from the first bytes of the answer on, and turn that into the outcome."""
    seen = {}  # type: dict[str, str]
    page = []  # type: list[bytes]
    try:
        hear_call(job, sock, head, seen, page)
    except Timeout:
        if not seen:
            job.answer["request"] = "taken"
            raise Outcome("timeout", "connected by HTTP/2, then silent") from None
    except OSError:  # what there is will do
        if not seen:
            raise
    if not seen:
        raise Outcome("reset", "closed without an answer to the call")
    status, message = seen.pop(":status", ""), seen.pop("grpc-message", "")
    job.answer["headers"] = seen
    if status[:1] not in tuple("12345") or len(status) != 3:
        raise Outcome("open", "an HTTP/2 answer without a status")
    job.answer["body"] = message or (b"".join(page)[:200].decode("utf-8", "replace") if status >= "300" else "")
    raise Outcome("http_" + status)


def hear_call(job: Job, sock: socket.socket, head: bytes, seen: "dict[str, str]", page: "list[bytes]") -> None:
    """Add what comes to the fields and the page that were seen, until the answer ends."""
    for kind, flags, payload in grpc_frames(job, sock, head):
        if kind == FRAME_HEADERS:
            seen.update(grpc_fields(payload))
        elif kind == FRAME_DATA:
            page.append(payload)
        elif not seen:
            given_up(kind, payload)
        if seen and flags & END_STREAM:
            return


def given_up(kind: int, payload: bytes) -> None:
    """Say so where a stream, or the whole connection, ends without an answer."""
    if kind == FRAME_RST_STREAM:
        raise Outcome("reset", "the stream was reset: HTTP/2 error " + str(big_endian(payload[:4])))
    if kind == FRAME_GOAWAY and big_endian(payload[4:8]):
        raise Outcome("reset", "the connection was given up: HTTP/2 error " + str(big_endian(payload[4:8])))


def grpc_frames(job: Job, sock: socket.socket, data: bytes) -> "t.Iterator[tuple[int, int, bytes]]":
    """Read frames and acknowledge settings; those with headers come whole, without what is around them."""
    block, first, total = b"", 0, 0
    while total < MOST_FRAME_BYTES:
        while len(data) < 9 or len(data) < 9 + big_endian(data[:3]):
            allow(sock, job.deadline)
            more = sock.recv(4096)
            total += len(more)
            if not more or total > MOST_FRAME_BYTES:
                return
            data += more
        size, kind, flags = big_endian(data[:3]), data[3], data[4]
        payload, data = without_padding(kind, flags, data[9 : 9 + size]), data[9 + size :]
        if kind == FRAME_SETTINGS and not flags & 1:
            sock.sendall(grpc_frame(FRAME_SETTINGS, 1, b""))
        if kind == FRAME_HEADERS:
            block, first = payload, flags
        elif kind == FRAME_CONTINUATION:
            block, kind = block + payload, FRAME_HEADERS
        if kind != FRAME_HEADERS:
            yield kind, flags, payload
        elif flags & END_HEADERS:
            yield kind, first, block


def without_padding(kind: int, flags: int, payload: bytes) -> bytes:
    """Return what a frame says, without what its flags add."""
    if kind in (FRAME_HEADERS, FRAME_DATA) and flags & PADDED:
        payload = payload[1 : len(payload) - payload[0]]
    return payload[5:] if kind == FRAME_HEADERS and flags & PRIORITY else payload


def big_endian(data: bytes) -> int:
    """Return the number that some bytes are."""
    return int.from_bytes(data, "big")


def grpc_fields(block: bytes) -> "dict[str, str]":
    """Return the fields that tell who answered, as far as they can be read."""
    found = {}  # type: dict[str, str]
    at = 0
    while at < len(block):
        first = block[at]
        bits = 7 if first & 128 else 6 if first & 64 else 5 if first & 32 else 4
        index, at = hpack_integer(block, at, bits)
        if first & 128:
            if index in STATIC_STATUS:
                found[":status"] = STATIC_STATUS[index]
            continue
        if first & 224 == 32:  # the size of the dynamic table
            continue
        name = ":status" if index in STATIC_STATUS else STATIC_NAMES.get(index, "")
        if not index:
            name, at = hpack_string(block, at)
        value, at = hpack_string(block, at)
        if name in (":status", "server", "via", "location", "content-type") or name[:2] == "x-" or name[:5] == "grpc-":
            found[name[:40]] = value[:100]
    return found


def hpack_integer(block: bytes, at: int, bits: int) -> "tuple[int, int]":
    """Return an integer that begins with the last bits of a byte, and where the next one is."""
    most = (1 << bits) - 1
    value = block[at] & most
    at += 1
    shift = 0
    while value >= most and at < len(block):
        value += (block[at] & 127) << shift
        shift += 7
        at += 1
        if not block[at - 1] & 128:
            break
    return value, at


def hpack_string(block: bytes, at: int) -> "tuple[str, int]":
    """Return a string, and where the next thing is."""
    coded = at < len(block) and block[at] & 128
    size, at = hpack_integer(block, at, 7) if at < len(block) else (0, at)
    text = block[at : at + size]
    return from_huffman(text) if coded else text.decode("latin-1"), at + size


def huffman_codes() -> "dict[tuple[int, int], str]":
    """Return the characters by the length and the number of their codes."""
    found = {}  # type: dict[tuple[int, int], str]
    code = last = 0
    for bits, characters in HUFFMAN:
        code <<= bits - last
        last = bits
        for character in characters:
            found[bits, code] = character
            code += 1
    return found


def from_huffman(data: bytes) -> str:
    """Return what some bytes stand for in the Huffman code, up to the first character that is not known."""
    known, text, code, bits = huffman_codes(), "", 0, 0
    for byte in data:
        for place in range(7, -1, -1):
            code, bits = code * 2 + (byte >> place & 1), bits + 1
            if (bits, code) in known:
                text += known[bits, code]
                code = bits = 0
            elif bits > 12:
                return text
    return text
