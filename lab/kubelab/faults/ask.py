# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a target once, at its addresses in turn, and prints one line for what happened.

Runs anywhere Python 3 runs: it is fed to `python3 -`.

A target is `tcp://HOST:PORT`, `udp://HOST:PORT` (gives back what it gets), `dns://NAME`, `http://HOST[:PORT]/PATH` or
`https://...`; a second argument is the address to ask in place of the target's host.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import sys
from urllib.parse import urlsplit

SECONDS = 4


def ask(target: str, instead: str = "") -> str:
    """What happened, in words."""
    url = urlsplit(target)
    host = url.hostname or ""
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
    try:
        kind = socket.SOCK_DGRAM if url.scheme == "udp" else socket.SOCK_STREAM
        found = socket.getaddrinfo(instead or host, port or 1, type=kind)
    except socket.gaierror as error:
        return "no such name" if error.errno in (socket.EAI_NONAME, socket.EAI_NODATA) else "no answer from DNS"
    if url.scheme == "dns":
        return "address " + " ".join(sorted({str(entry[4][0]) for entry in found}))
    if url.scheme == "udp":
        with socket.socket(found[0][0], kind) as echo:
            echo.settimeout(SECONDS)
            echo.connect(found[0][4])
            echo.send(b"ask")
            return f"answer {echo.recv(200)!r}"
    with socket.create_connection((instead or host, port), timeout=SECONDS) as connection:
        if url.scheme == "tcp":
            return "open"
        stream = connection
        if url.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        client = http.client.HTTPConnection(host, port)
        client.sock = stream
        client.request("GET", (url.path or "/") + ("?" + url.query if url.query else ""))
        reply = client.getresponse()
        body = reply.read(300).decode(errors="replace").strip()
        return f"http {reply.status} server={reply.headers.get('Server', '')} {body}"


def outcome(target: str, instead: str = "") -> str:
    """The same, where a failure is an answer, too."""
    try:
        return ask(target, instead)
    except ssl.SSLError as error:
        return f"tls: {error}"
    except TimeoutError:
        return "timeout"
    except http.client.HTTPException as error:
        return f"no HTTP: {error!r}"
    except OSError as error:
        words = {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset"}
        if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            return "unreachable"
        return words.get(error.errno or 0, str(error))


if __name__ == "__main__":
    print(outcome(*sys.argv[1:]))
