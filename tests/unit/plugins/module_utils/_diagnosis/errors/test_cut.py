# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of a text, and where a target is looked for in it."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors import cut
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse

PYTHON = """Traceback (most recent call last):
  File "/usr/lib/python3/redis/connection.py", line 7, in connect
    sock.settimeout(timeout=self.timeout or getaddrinfo failed)
               ^^^^^^^^^^^^^^^^^^^^^
ConnectionRefusedError: [Errno 111] Connection refused"""
JAVA = """Exception in thread "main" java.net.SocketException: Connection reset
\tat sun.security.ssl.SSLSocketImpl.startHandshake(SSLSocketImpl.java:440) ~[na:na]
\t... 12 more"""


@pytest.mark.parametrize(("text", "kind"), [(PYTHON, "refused"), (JAVA, "reset")])
def test_frames_of_a_stack_and_their_code_tell_nothing(text: str, kind: str):
    assert (parse(text).kind, parse(text).target) == (kind, "")
    assert (parse(text.replace("\n", "\\n")).kind, parse(text.replace("\n", "\r\n")).kind) == (kind, kind)


def test_a_line_that_a_logger_marks_as_no_error_tells_nothing():
    text = 'level=info msg="connected to http://a.shop:80"\nlevel=fatal msg="failed to sync: context deadline exceeded"'
    assert (parse(text).kind, parse(text).target) == ("timeout", "")


def test_where_no_line_tells_all_are_read():
    assert cut.plain("INFO something\nINFO else") == "INFO something INFO else"


def test_quotes_and_escapes_become_plain():
    assert cut.plain('say \\"a\\" \u2018b\u2019 &quot;c&quot;\x1b[1;31m red\r\n') == 'say "a" \'b\' "c" red'


def test_a_line_in_the_middle_of_a_long_log_is_read():
    quiet = "GET /items 200 in 3 ms\n" * 20_000
    found = parse(f"{quiet}dial tcp 10.1.1.1:80: connect: connection refused\n{quiet}")
    assert (found.kind, found.target) == ("refused", "10.1.1.1:80")


def test_what_is_read_is_bounded():
    assert len(cut.bounded("error " * 200_000)) <= 3 * cut.MOST + 2
    assert len(cut.bounded("error\n" * 200_000)) <= 3 * cut.MOST + 2


@pytest.mark.parametrize(
    "text",
    [
        "x509: EOF. See https://docs.example/a:80",
        "http: TLS handshake error from 10.1.1.1:4431: EOF",
        'rejected connection from "10.1.1.1:5" (error "read tcp 10.2.2.2:2380->10.1.1.1:5: i/o timeout")',
        "connection refused at handler.go:80",
        "k8s.io/client-go@v0.28.1/tools/cache/reflector.go:229: EOF",
        '10.1.1.1 - - [11/Nov/2021:00:01:14 +0000] "GET /ping HTTP/1.1" 503 19',
        '{"error":"EOF","remote_addr":"10.1.1.1:5"}',
        "gRPC server listening on 10.1.1.1:9090; connection refused",
        "2026-12-01 10:00:00 connection refused",
        "connection refused, see https://shop.example/docs/errors:80",
    ],
)
def test_who_asked_and_where_in_the_code_is_no_target(text: str):
    assert parse(text).kind
    assert parse(text).target == ""


def test_what_is_fetched_from_a_server_names_the_server():
    assert parse("fetching info from 10.1.1.1:10901: connection refused").target == "10.1.1.1:10901"
    assert parse("Failed to connect to spark-client:40543").target == "spark-client:40543"


def test_a_quiet_line_is_read_where_its_exception_follows():
    found = parse("DEBUG http://web.shop:80/a is asked again\njava.net.http.HttpTimeoutException: request timed out")
    assert (found.kind, found.target) == ("answer_timeout", "http://web.shop:80/a")


def test_details_of_envoy_have_spaces():
    assert cut.plain("delayed_connect_error:_Connection_refused") == "delayed connect error: Connection refused"
