# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks each target once and prints what does not answer. Runs anywhere Python runs: it is fed to `python3 -`.

A target is an address as a person would write it: `http://frontend.shop/`, `tcp://ledger.shop:7000`,
`udp://echo.shop:7007` (gives back what it gets), `dns://www.outside.lab`. A name is asked at every address it has.
"""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

SECONDS = 3


def ask(target: str, family: int, address: str, port: int) -> None:
    """One question; an exception when it is not answered well."""
    url = urlsplit(target)
    if url.scheme == "udp":
        with socket.socket(family, socket.SOCK_DGRAM) as echo:
            echo.settimeout(SECONDS)
            echo.connect((address, port))
            echo.send(nonce := secrets.token_bytes(16))
            if echo.recv(100) != nonce:
                raise OSError("gave back something else")
        return
    with socket.create_connection((address, port), timeout=SECONDS) as connection:
        if url.scheme == "tcp":
            connection.sendall(b"PING\n")
            if not connection.recv(100):
                raise OSError("closed without an answer")
            return
        stream = connection
        if url.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(connection, server_hostname=url.hostname)
        client = http.client.HTTPConnection(url.hostname or "", port)
        client.sock = stream
        client.request("GET", url.path or "/")
        if (status := client.getresponse().status) != 200:
            raise OSError(f"HTTP {status}")


def failure(target: str) -> str | None:
    """Why this target does not answer."""
    url = urlsplit(target)
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
    try:
        found = socket.getaddrinfo(url.hostname, port or 1, type=socket.SOCK_STREAM)
    except OSError as error:
        return f"{target}: {error}"
    for family, _type, _proto, _name, address in found if url.scheme != "dns" else ():
        try:
            ask(target, family, str(address[0]), port)
        except (OSError, http.client.HTTPException) as error:
            return f"{target} ({address[0]}): {error}"
    return None


if __name__ == "__main__":
    with ThreadPoolExecutor(16) as pool:
        print(json.dumps([failed for failed in pool.map(failure, sys.argv[1:]) if failed]))
