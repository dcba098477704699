# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small proxies on loopback: HTTP (CONNECT and whole URLs) with or without a password, and SOCKS 5.

As a program: ``proxies.py http|socks5 [USER:PASSWORD]`` prints its port, and then where each client wants to go.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
import sys
import threading
import typing as t
from urllib.parse import urlsplit


class Proxy:
    """Listens until it is closed; C(asked) has where clients went."""

    def __init__(
        self,
        kind: str,
        login: str = "",
        told: t.Callable[[str], t.Any] = str,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.kind, self.login, self.told, self.context = kind, login, told, context
        self.asked: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, login: str = "") -> str:
        return f"{self.kind}://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # or the thread that waits there takes one more
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(client,), daemon=True).start()

    def _speak(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, struct.error), client:
            spoken = self.context.wrap_socket(client, server_side=True) if self.context else client
            with spoken:
                (self._socks if self.kind == "socks5" else self._http)(spoken)

    def _to(self, host: str, port: int) -> socket.socket:
        self.asked.append(f"{host}:{port}")
        self.told(self.asked[-1])
        return socket.create_connection((host, port), 10)

    def _http(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = client.recv(1)
            if not byte:
                return
            head += byte
        lines = head.decode("latin-1").split("\r\n")
        method, url, _version = lines[0].split(" ")
        wanted = base64.b64encode(self.login.encode()).decode()
        if self.login and f"proxy-authorization: basic {wanted}".lower() not in [line.lower() for line in lines]:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        if method == "CONNECT":
            host, _colon, port = url.rpartition(":")
            with self._to(host.strip("[]"), int(port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pump(client, server)
            return
        parts = urlsplit(url)
        with self._to(parts.hostname or "", parts.port or 80) as server:
            server.sendall(head.replace(f"{parts.scheme}://{parts.netloc}".encode(), b"", 1))
            _pump(client, server)

    def _socks(self, client: socket.socket) -> None:
        """RFC 1928, and RFC 1929 where there is a password."""
        file = client.makefile("rb")
        _version, number = file.read(2)
        file.read(number)
        client.sendall(b"\x05\x02" if self.login else b"\x05\x00")
        if self.login:
            file.read(1)
            given = b":".join(file.read(file.read(1)[0]) for _part in range(2))
            client.sendall(b"\x01\x00" if given.decode() == self.login else b"\x01\x01")
        kind = file.read(4)[3]
        if kind == 3:
            host = file.read(file.read(1)[0]).decode()
        else:
            host = socket.inet_ntop(
                *((socket.AF_INET, file.read(4)) if kind == 1 else (socket.AF_INET6, file.read(16)))
            )
        (port,) = struct.unpack("!H", file.read(2))
        with self._to(host, port) as server:
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            _pump(client, server)


def _pump(client: socket.socket, server: socket.socket) -> None:
    """Carry bytes both ways until either end is closed."""

    def carry(come: socket.socket, go: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := come.recv(1 << 16):
                go.sendall(data)
        for each in (come, go):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    other = threading.Thread(target=carry, args=(client, server), daemon=True)
    other.start()
    carry(server, client)
    other.join()


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _say(Proxy(sys.argv[1], *sys.argv[2:3], told=_say).port)
    sys.stdin.read()
