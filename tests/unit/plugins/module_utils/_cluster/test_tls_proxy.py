# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stream sends and gets goes through a proxy that is reached by TLS, however much, and ends when it ends."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import proxy, tls_proxy
from ansible_collections.kubewire.netdebug.tests.unit.proxies import Proxy

from .certificates import certified

LARGE = bytes(range(256)) * 40_000


@pytest.fixture
def through(tmp_path):
    """A proxy, and the context that trusts it."""
    authority = certified("authority", ca=True)
    _found, _key, pem, key = certified("proxy", signer=authority)
    (tmp_path / "proxy.pem").write_text(pem + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "proxy.pem")
    started = Proxy("https", context=context)
    yield proxy.Proxy("https", "127.0.0.1", started.port), ssl.create_default_context(cadata=authority[2])
    started.close()


@contextlib.contextmanager
def server(speak):
    """A server of one connection; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                client, _address = listener.accept()
                with client:
                    speak(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(60)
        assert not thread.is_alive()


def test_much_goes_both_ways_at_once(through):
    def echo(client):
        while data := client.recv(65536):
            client.sendall(data)

    with server(echo) as port, tls_proxy.connect(*through, "127.0.0.1", port, 60) as stream:
        threading.Thread(target=stream.sendall, args=(LARGE,), daemon=True).start()
        found = bytearray()
        while len(found) < len(LARGE):
            found += stream.recv(65536)
        assert found == LARGE


def test_what_the_server_said_last_comes_before_the_end(through):
    def say(client):
        client.sendall(LARGE)

    with server(say) as port, tls_proxy.connect(*through, "127.0.0.1", port, 60) as stream:
        found = bytearray()
        while data := stream.recv(65536):
            found += data
        assert found == LARGE


def test_the_server_sees_the_end_of_a_stream_that_is_closed(through):
    seen = []

    def listen(client):
        while data := client.recv(65536):
            seen.append(data)

    with server(listen) as port:
        stream = tls_proxy.connect(*through, "127.0.0.1", port, 60)
        stream.sendall(b"last words")
        stream.close()
    assert b"".join(seen) == b"last words"


def test_a_proxy_that_is_not_trusted_or_not_there_is_an_error(through):
    there, _context = through
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        tls_proxy.connect(there, ssl.create_default_context(), "127.0.0.1", 9, 60)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        tls_proxy.connect(proxy.Proxy("https", "127.0.0.1", port), ssl.create_default_context(), "127.0.0.1", 9, 60)
