# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A WebSocket to the API server on which every wait ends, and nothing we send keeps us from reading."""

from __future__ import annotations

import contextlib
import http.client
import math
import select
import socket
import ssl
import time
import typing as t
from urllib.parse import urlsplit

from . import tls_proxy
from .connection import INTERRUPTED, Connection
from .proxy import Proxy

_CONNECT_S = 10.0  #: seconds for TCP and TLS to one address of the server
_PING_S = 15.0  #: a silent stream says something this often: proxies cut what is idle for 30 s
_CUT_S = 0.5  #: seconds to take what has come on a stream that is cut
_CHUNK = 64 * 1024
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """Stands in for the socket below C(websocket-client).

    Its own reads and writes wait for as long as the socket's timeout, each anew: a server that sends a byte at a time
    outlives any deadline, and a large stdin that the process answers at once (C(cat)) blocks both ends for ever.
    Here, what is to be sent waits in a queue and goes out while we wait for bytes.

    Attributes:
        until: monotonic time at which reading raises C(TimeoutError).
        ping: what to send on a silent stream, or nothing.
    """

    def __init__(self, sock: t.Any, until: float) -> None:
        sock.settimeout(0)
        self.until, self.ping = until, b""
        self._sock, self._cut_until = sock, math.inf
        self._in, self._out = bytearray(), bytearray()

    def send(self, data: bytes) -> int:
        """Queue bytes; all of them are taken."""
        self._out += data
        return len(data)

    def recv(self, size: int) -> bytes:
        """Return at most C(size) bytes, or none at the end.

        Raises:
            TimeoutError: the time is over.
            OSError: the connection broke.
        """
        if not self._in:
            self._in += self._read()
        piece = bytes(self._in[:size])
        del self._in[:size]
        return piece

    def rest(self) -> bytes:
        """Return what came and was not read yet."""
        return bytes(self._in)

    def gettimeout(self) -> float:
        """Tell C(websocket-client) not to wait by itself."""
        return 0.0

    def settimeout(self, _seconds: float | None) -> None:
        """Do nothing: C(until) bounds every wait."""

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def cut(self) -> None:
        """Let the reader take what has come, and end with an C(OSError); for another thread."""
        self._cut_until = time.monotonic() + _CUT_S
        with contextlib.suppress(OSError):
            # Not what a TLS socket makes of it, which would take the reader's cipher away.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def _read(self) -> bytes:
        while True:
            self._write()
            now = time.monotonic()
            if now >= self._cut_until:
                raise OSError(INTERRUPTED)
            if now >= self.until:
                raise TimeoutError("deadline")
            try:
                data = bytes(self._sock.recv(_CHUNK))
            except _LATER:
                self._wait(self.until - now)
                continue
            if not data and self._cut_until < math.inf:
                raise OSError(INTERRUPTED)
            return data

    def _write(self) -> None:
        try:
            while self._out:
                del self._out[: self._sock.send(self._out[:_CHUNK])]
        except _LATER:
            return
        except OSError:
            self._out.clear()  # the server takes no more; what it said before is still there to be read

    def _wait(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self._sock, select.POLLIN | (select.POLLOUT if self._out else 0))
        if not poll.poll(min(seconds, _PING_S) * 1000) and seconds > _PING_S and not self._out:
            self._out += self.ping


class NotConnected(OSError):
    """There was no connection to the server, so nothing was started.

    Attributes:
        error: why not.
        seconds: that it was given.
    """

    def __init__(self, error: OSError, seconds: float) -> None:
        super().__init__(str(error))
        self.error, self.seconds = error, seconds


def open_stream(connection: Connection, path: str, protocols: t.Sequence[str], until: float) -> tuple[t.Any, Wire]:
    """Open a C(websocket.WebSocket), and return it with what it reads from.

    Redirects are not followed: the credentials would go with them.

    Args:
        connection: where and how.
        path: path and query.
        protocols: sub-protocols to offer, the best first.
        until: monotonic time at which every wait on it ends.

    Raises:
        NotConnected: the server was not reached.
        ClusterError: a credential cannot be renewed.
        websocket.WebSocketBadStatusException: the server refused; C(resp_body) has its words.
        websocket.WebSocketException: the server answered no WebSocket, or not in time.
        OSError: the connection broke, or the connection's streams were cut.
        ValueError, IndexError, TypeError: what it answered is not HTTP.
    """
    import websocket

    connection.assert_open()
    base: t.Any = websocket.WebSocket
    wires: list[Wire] = []

    class Stream(base):  # type: ignore[misc]
        @property
        def sock(self) -> Wire | None:
            return self._wire

        @sock.setter
        def sock(self, sock: t.Any) -> None:
            self._wire = Wire(sock, until) if sock else None
            if self._wire:
                wires.append(self._wire)

    server = urlsplit(connection.server)
    headers = connection.headers()
    seconds = max(0.001, min(_CONNECT_S, until - time.monotonic()))
    try:
        sock = _connect(connection, seconds)
    except OSError as error:
        raise NotConnected(error, seconds) from None
    try:
        stream: t.Any = websocket.create_connection(
            f"{'wss' if server.scheme == 'https' else 'ws'}://{server.netloc}{server.path}{path}",
            class_=Stream,
            socket=sock,
            # This library encodes as UTF-8 what urllib3 encodes as Latin-1.
            header=[f"{name}: {value}".encode("latin-1").decode() for name, value in headers],
            subprotocols=list(protocols),
            timeout=seconds,
            suppress_origin=True,
            enable_multithread=False,
            redirect_limit=0,
        )
    except websocket.WebSocketBadStatusException as error:
        if getattr(error, "resp_body", None) is None:  # older versions of the library left it unread
            vars(error)["resp_body"] = wires[-1].rest()
        raise
    wire = wires[-1]
    connection.opened(wire)
    if stream.getstatus() != 101:
        wire.close()
        raise websocket.WebSocketException(f"HTTP {stream.getstatus()} in place of a WebSocket")
    wire.ping = websocket.ABNF.create_frame(b"", websocket.ABNF.OPCODE_PING).format()
    return stream, wire


def _connect(connection: Connection, seconds: float) -> t.Any:
    """A socket to the server, through the proxy and with TLS where there is one."""
    server = urlsplit(connection.server)
    host, port = server.hostname or "", server.port or (443 if server.scheme == "https" else 80)
    through = connection.proxy
    if not through:
        sock = socket.create_connection((host, port), seconds)
    elif through.scheme == "http":
        tunnel = http.client.HTTPConnection(through.host, through.port, timeout=seconds)
        tunnel.set_tunnel(host, port, dict(through.headers))
        tunnel.connect()
        sock = tunnel.sock
    elif through.scheme == "https":
        sock = tls_proxy.connect(through, connection.ssl_context, host, port, seconds)
    else:
        sock = _socks(through, host, port, seconds)
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if server.scheme != "https":
        return sock
    try:
        name = getattr(connection.configuration, "tls_server_name", None) or host
        return connection.ssl_context.wrap_socket(sock, server_hostname=name)
    except BaseException:
        sock.close()
        raise


def _socks(through: Proxy, host: str, port: int, seconds: float) -> t.Any:
    from python_socks import ProxyError, ProxyType
    from python_socks.sync import Proxy as SocksProxy

    login = {"username": through.username, "password": through.password} if through.username else {}
    proxy = SocksProxy.create(ProxyType.SOCKS5, through.host, through.port, rdns=True, **login)
    try:
        return proxy.connect(host, port, timeout=seconds)
    except ProxyError as error:
        raise OSError(str(error)) from None
