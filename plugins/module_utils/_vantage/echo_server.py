# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What an echo Pod runs: it answers HTTP, and sends back what it gets over TCP and UDP, in both families.

C(echo_objects.py) sends the text of this file into the container, where any Python from 3.4 on runs it: no f-strings,
no annotated variables, nothing but the standard library. The controller never runs it.
"""

import contextlib
import os
import signal
import socket
import socketserver
import sys
import threading

IDLE = 60  # seconds without a word after which a connection is closed


class Stream(socketserver.BaseRequestHandler):
    """A connection whose bytes are sent back."""

    def handle(self):  # type: () -> None
        """Send back what comes until it ends."""
        self.request.settimeout(IDLE)
        try:
            data = self.request.recv(65536)
            while data:
                self.request.sendall(data)
                data = self.request.recv(65536)
        except OSError:
            pass


class Page(socketserver.StreamRequestHandler):
    """One HTTP request, whatever its method and path."""

    timeout = IDLE

    def handle(self):  # type: () -> None
        """Read the head of the request and answer with the name of the Pod."""
        try:
            line = self.rfile.readline(65536)
            while line.strip():
                line = self.rfile.readline(65536)
            body = b"kubewire echo " + socket.gethostname().encode() + b"\n"
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            self.wfile.write((head % len(body)).encode() + body)
        except OSError:
            pass


class Datagram(socketserver.BaseRequestHandler):
    """A datagram that is sent back."""

    def handle(self):  # type: () -> None
        """Send it back to where it came from."""
        data, answering = self.request
        with contextlib.suppress(OSError):
            answering.sendto(data, self.client_address)


class Tcp(socketserver.ThreadingTCPServer):
    """TCP, a thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class Udp(socketserver.UDPServer):
    """UDP, one datagram after the other."""

    max_packet_size = 65536


def listening(kind, handler, port):  # type: (type, type, int) -> socketserver.BaseServer
    """Return a server of both families; of IPv4 alone where the kernel has no IPv6."""

    class Both(kind):  # type: ignore[misc]
        address_family = socket.AF_INET6

        def server_bind(self):  # type: () -> None
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            super().server_bind()

    try:
        return Both(("::", port), handler)
    except OSError:
        return kind(("0.0.0.0", port), handler)  # type: ignore[no-any-return]  # noqa: S104 - in a Pod of its own


def main(page, echo, seconds, ready):  # type: (int, int, int, str) -> None
    """Serve until the time is over.

    Args:
        page: port of HTTP; 0 for none.
        echo: port of the echo, TCP and UDP.
        seconds: after which it ends.
        ready: path of the file that says that it listens.
    """
    signal.signal(signal.SIGTERM, lambda *_signal: os._exit(0))
    servers = [listening(Tcp, Stream, echo), listening(Udp, Datagram, echo)]
    servers += [listening(Tcp, Page, page)] if page else []
    for server in servers:
        thread = threading.Thread(target=server.serve_forever)
        thread.daemon = True
        thread.start()
    open(ready, "w").close()
    threading.Event().wait(seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
