# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frontend of the shop: answers with its own name, and under /api with what the API says."""

from __future__ import annotations

import json
import os
import socket
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Frontend(BaseHTTPRequestHandler):
    """Three pages."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        code, answer = 200, {"app": "frontend", "pod": socket.gethostname(), "node": os.environ.get("NODE_NAME", "")}
        if self.path == "/api":
            try:
                with urllib.request.urlopen("http://api/", timeout=3) as reply:
                    answer["api"] = json.load(reply)
            except (OSError, ValueError) as error:
                code, answer["error"] = 502, str(error)
        body = json.dumps(answer).encode() + b"\n"
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    """Both address families on one socket."""

    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("::", 8080), Frontend).serve_forever()
