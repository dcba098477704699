# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who says an error."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("curl: (7) Failed to connect to web port 80: Connection refused", "curl"),
        ("wget: bad address 'web'", "wget"),
        ("** server can't find web: NXDOMAIN", "nslookup"),
        ("dial tcp 10.1.1.1:80: connect: connection refused", "Go"),
        ("java.net.ConnectException: Connection refused", "Java"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "Python"),
        ("Error: connect ECONNREFUSED 10.1.1.1:80", "Node.js"),
        ("System.Net.Http.HttpRequestException: Connection refused (web:80)", ".NET"),
        ('psql: error: connection to server at "db", port 5432 failed: Connection refused', "PostgreSQL's client"),
        ("ERROR 2003 (HY000): Can't connect to MySQL server on 'db' (111)", "MySQL's client"),
        ("Could not connect to Redis at redis:6379: Connection refused", "the client of Redis"),
        ("connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.1.1", "nginx"),
        ("upstream connect error or disconnect/reset before headers", "Envoy"),
        ('Error from server (NotFound): pods "web" not found', "kubectl"),
        ("Back-off restarting failed container", "an event"),
        ("Errno::ECONNREFUSED: Connection refused", "Ruby"),
        ("PDOException: SQLSTATE[HY000] [2002] Connection refused", "PHP"),
        ("connection refused", ""),
    ],
)
def test_a_tool_is_known_by_its_words(text: str, tool: str):
    assert parse(text).tool == tool
