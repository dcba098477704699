# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an echo Pod runs, in Python: it answers in both families."""

from __future__ import annotations

import socket
import socketserver
import threading
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage import echo_server


@pytest.fixture
def port() -> t.Callable[[type, type], int]:
    """Start a server; give its port."""

    def start(kind: type, handler: type) -> int:
        server = echo_server.listening(kind, handler, 0)
        assert isinstance(server, socketserver.BaseServer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        number: int = server.server_address[1]  # type: ignore[assignment]
        return number

    return start


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_connection_gets_back_what_it_sends(port, address):
    with socket.create_connection((address, port(echo_server.Tcp, echo_server.Stream)), 5) as client:
        for sent in (b"PING\n", b"x" * 100_000):
            client.sendall(sent)
            got = b""
            while len(got) < len(sent):
                got += client.recv(65536)
            assert got == sent


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_datagram_comes_back(port, address):
    number = port(echo_server.Udp, echo_server.Datagram)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        for sent in (b"", b"echo 0a1b", b"x" * 8000):
            client.sendto(sent, (address, number))
            assert client.recv(65536) == sent


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /x HTTP/1.0\n\n", b""])
def test_a_page_names_the_pod(port, head):
    with socket.create_connection(("127.0.0.1", port(echo_server.Tcp, echo_server.Page)), 5) as client:
        client.sendall(head)
        client.shutdown(socket.SHUT_WR)
        text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    first, _empty, body = text.partition("\r\n\r\n")
    assert first.startswith("HTTP/1.1 200 OK")
    assert f"Content-Length: {len(body)}" in first
    assert body == f"kubewire echo {socket.gethostname()}\n"


def test_it_ends_and_says_when_it_listens(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    ready = tmp_path / "ready"
    before = set(threading.enumerate())
    echo_server.main(0, number, 0, str(ready))
    assert ready.exists()
    assert len(set(threading.enumerate()) - before) == 2
