# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers and proxies say of themselves and of what is behind them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('"GET / HTTP/1.1" 503 UH no_healthy_upstream', "no_endpoint"),
        ('"- - -" 0 UF,URX - - "-" 0 0 1001', "no_connection"),
        ('{"response_flags":"UT","response_code":504}', "answer_timeout"),
        ('"GET / HTTP/1.1" 503 UR upstream_reset_before_response_started{remote_reset}', "reset"),
        ('"GET / HTTP/1.1" 0 DC downstream_remote_disconnect', "cancelled"),
        ('web~ shop/web1 0/0/-1/-1/3 503 217 - - SC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"', "refused"),
        ('web~ shop/web1 0/0/0/-1/50000 504 194 - - sH-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"', "answer_timeout"),
        ("backend 'web' has no server available!", "no_endpoint"),
        ("Cannot create service: subset not found for shop/web", "no_endpoint"),
        ("PLAIN login refused: user 'a' can only connect via localhost", "authentication"),
        ("pool timed out while waiting for an open connection", "overloaded"),
        ("curl: (56) Received HTTP code 403 from proxy after CONNECT", "proxy"),
        ("requests.exceptions.TooManyRedirects: Exceeded 30 redirects.", "redirects"),
        ("shop/a-1:39932 (ID:6) <> db/pg-0:5432 (ID:5) Policy denied DROPPED (TCP Flags: SYN)", "dropped"),
    ],
)
def test_an_answer_is_told_by_who_gives_it(text: str, kind: str):
    assert parse(text).kind == kind
