# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A stream through a proxy that is itself reached by TLS, for TLS to the server within.

Python's sockets do no TLS within TLS, and what urllib3 has for requests cannot be polled. So a thread carries what the
stream sends and gets between the connection to the proxy and a pair of sockets, of which the stream has one.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
import typing as t

from .proxy import Proxy

_CHUNK = 64 * 1024
_MOST_WAITING = 1 << 20  #: bytes that one side has sent and the other has not taken
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def connect(through: Proxy, context: ssl.SSLContext, host: str, port: int, seconds: float) -> socket.socket:
    """A socket to a server.

    Args:
        through: the proxy.
        context: of the connection to it.
        host: of the server.
        port: of the server.
        seconds: that connecting may take.

    Raises:
        OSError: the proxy cannot be reached, is not trusted, or does not connect.
    """
    tunnel = http.client.HTTPConnection(through.host, through.port, timeout=seconds)
    plain = socket.create_connection((through.host, through.port), seconds)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = context.wrap_socket(plain, server_hostname=through.host)
    except BaseException:
        plain.close()
        raise
    # It has no other way to speak over a connection that is there.
    vars(tunnel)["_create_connection"] = lambda *_args: tls
    tunnel.set_tunnel(host, port, dict(through.headers))
    tunnel.connect()
    near, far = socket.socketpair()
    near.settimeout(seconds)
    threading.Thread(target=_carry, args=(tls, far), daemon=True).start()
    return near


class _End:
    """One of both sockets, with what is to be sent there."""

    def __init__(self, sock: t.Any) -> None:
        sock.setblocking(False)
        self.sock, self.waiting, self.is_open = sock, bytearray(), True

    def read(self, other: _End) -> bool:
        """Take what has come, for the other one; tell whether there was anything."""
        if not self.is_open or len(other.waiting) >= _MOST_WAITING:
            return False
        try:
            data = self.sock.recv(_CHUNK)
        except _LATER:
            return False
        self.is_open = bool(data)
        other.waiting += data
        return True

    def write(self) -> bool:
        """Send what waits; tell whether any of it went."""
        try:
            sent = self.sock.send(self.waiting[:_CHUNK]) if self.waiting else 0
        except _LATER:
            return False
        del self.waiting[:sent]
        return sent > 0

    def events(self, other: _End) -> int:
        """What is worth waking up for."""
        reads = select.POLLIN if self.is_open and len(other.waiting) < _MOST_WAITING else 0
        return reads | (select.POLLOUT if self.waiting else 0)


def _carry(tls: t.Any, far: socket.socket) -> None:
    """Carry bytes both ways until either side ends, and the rest of it has gone to the other."""
    one, other = _End(tls), _End(far)
    with contextlib.suppress(OSError), tls, far:
        while (one.is_open and other.is_open) or one.waiting or other.waiting:
            # All four, or what TLS has read already would wait for a packet that never comes.
            if any([one.read(other), other.read(one), one.write(), other.write()]):
                continue
            poll = select.poll()
            for here, there in ((one, other), (other, one)):
                if events := here.events(there):
                    poll.register(here.sock, events)
            poll.poll()
