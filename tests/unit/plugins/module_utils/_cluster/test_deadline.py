# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer ends in time however it comes, and the connection below it serves again."""

from __future__ import annotations

import contextlib
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import deadline
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

HEAD = b"HTTP/1.1 200 OK\r\n"
GOOD = HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}'


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 ", b"O"),
        (HEAD + b"X: ", b"x"),
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD + b"Connection: close\r\n\r\n", b" "),
    ],
)
def test_what_drips_is_ended(bad_server, head, piece):
    def drip(peer):
        with contextlib.suppress(OSError):
            peer.socket.sendall(head)
            while True:
                peer.socket.sendall(piece)
                time.sleep(0.05)

    begin = time.monotonic()
    with pytest.raises(ClusterError, match="cannot be reached within 1 s") as caught:
        Api(bad_server(drip).connection(), 1.0).get("/version")
    assert caught.value.reason == "unreachable"
    assert time.monotonic() - begin < 30


def test_a_connection_serves_again_with_all_its_time(bad_server):
    def twice(peer):
        for _time in range(2):
            time.sleep(0.2)
            peer.socket.sendall(GOOD)
            while peer.file.readline().strip():
                pass

    server = bad_server(twice)
    api = Api(server.connection(), 20.0)
    assert [api.get("/version") for _time in range(2)] == [{"a": 1}] * 2
    assert len(server.peers) == 1


def test_what_never_ends_is_ended(bad_server, monkeypatch):
    monkeypatch.setattr(deadline, "LARGEST", 1 << 20)

    def flood(peer):
        with contextlib.suppress(OSError):
            peer.socket.sendall(HEAD + b"\r\n")
            while True:
                peer.socket.sendall(b" " * 65536)

    with pytest.raises(ClusterError, match="the answer is larger than 1048576 bytes"):
        Api(bad_server(flood).connection(), 60.0).get("/version")
