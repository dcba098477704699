# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a status code stands in a text."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Request failed with status code 503", "http_5xx"),
        ("[404 Not Found] during [GET] to [http://web/a]", "http_4xx"),
        ('"GET /ping HTTP/1.1" 503 19', "http_5xx"),
        ('{"level":"error","status":502}', "http_5xx"),
        ("wrong status code '404', expected '200'", "http_4xx"),
        ("org.springframework.web.client.HttpServerErrorException$ServiceUnavailable: 503 : [no body]", "http_5xx"),
        ("received 512 bytes", ""),
        ("error in line 404.5", ""),
    ],
)
def test_a_number_is_a_status_where_the_words_say_so(text: str, kind: str):
    assert parse(text).kind == kind
