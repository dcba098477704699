# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API server that misbehaves on purpose: what a real one does is tested on the lab."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import Connection, connect

Script = t.Callable[["Peer"], None]


class Peer:
    """One connection of a client, after its request head was read."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.file = connection.makefile("rb")
        head = []
        while (line := self.file.readline().strip()) and len(head) < 100:
            head.append(line.decode())
        self.request = head[0] if head else ""
        self.headers = [tuple(line.split(": ", 1)) for line in head[1:]]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def answer(self, status: int, body: t.Any, *headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(data)}", "Connection: close", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + data)

    def upgrade(self, protocol: str = "v5.channel.k8s.io") -> None:
        key = self.header("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Accept: {accept}", f"Sec-WebSocket-Protocol: {protocol}", "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def send(self, channel: int, data: bytes, opcode: int = 2) -> None:
        body = bytes([channel]) + data if opcode == 2 else data
        size = struct.pack("!BH", 126, len(body)) if len(body) > 125 else bytes([len(body)])
        self.socket.sendall(bytes([0x80 | opcode]) + size + body)

    def status(self, **status: t.Any) -> None:
        self.send(3, json.dumps(status).encode())

    def close(self) -> None:
        self.send(0, struct.pack("!H", 1000), opcode=8)

    def receive(self) -> bytes:
        """One message of the client, unmasked."""
        head = self.file.read(2)
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack("!H", self.file.read(2))[0]
        mask, data = self.file.read(4), self.file.read(size)
        masks = (mask * (size // 4 + 1))[:size]
        return (int.from_bytes(data, "big") ^ int.from_bytes(masks, "big")).to_bytes(size, "big")


class BadServer:
    """Listens on loopback and gives every connection to the next script; the last one stays."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.peers: list[Peer] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            threading.Thread(target=self._speak, args=(connection, script), daemon=True).start()

    def _speak(self, connection: socket.socket, script: Script) -> None:
        with contextlib.suppress(OSError), connection:
            peer = Peer(connection)
            self.peers.append(peer)
            script(peer)
            peer.file.close()

    def connection(self, **params: t.Any) -> Connection:
        return connect({"host": self.url, "api_key": "secret-token", **params})

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # or the thread that waits there takes one more
        self.listener.close()


@contextlib.contextmanager
def servers() -> t.Iterator[t.Callable[..., BadServer]]:
    """Give a function that starts servers which follow scripts; all end with the block."""
    with contextlib.ExitStack() as stack:

        def start(*scripts: Script) -> BadServer:
            server = BadServer(*scripts)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def bad_server() -> t.Iterator[t.Callable[..., BadServer]]:
    """Start servers that follow scripts; they end with the test."""
    with servers() as start:
        yield start
