# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systems and clients say of a connection."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bind() to 0.0.0.0:80 failed (98: Address already in use)", "cannot_listen"),
        ("dial unix /run/a.sock: connect: connection refused", "local_socket"),
        ("dial tcp 10.1.1.1:80: connect: operation not permitted", "not_permitted"),
        ("502 Bad Gateway: dial tcp 10.1.1.1:80: connect: connection refused", "refused"),
        ("tcp connect error: Connection timed out (os error 110)", "timeout"),
        ("Error: connect EHOSTUNREACH 10.1.1.1:80", "unreachable"),
        ("No data received.", "closed"),
        ("(104, 'Connection reset by peer')", "reset"),
        ("httpx.ReadTimeout: The read operation timed out", "answer_timeout"),
        ("Failed to update metadata: topic a not present in metadata after 60000 ms.", "timeout"),
        (
            "java.net.ConnectException\n\tat java.net.http/jdk.internal.net.http.Http.send(Http.java:1)",
            "no_connection",
        ),
        ("Bootstrap broker kafka-0:9092 disconnected", "no_connection"),
    ],
)
def test_a_cause_is_told_before_its_consequence(text: str, kind: str):
    assert parse(text).kind == kind
