# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of a table: a name, and the wordings that stand for it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.wordings.table import numbered, rows


def test_a_row_is_found_by_each_of_its_wordings_in_either_case():
    ((name, pattern),) = rows(("refused", "connection refused", r"E\w{4,12}REFUSED"))
    assert name == "refused"
    assert pattern.search("Connection Refused")
    assert pattern.search("ECONNREFUSED")


@pytest.mark.parametrize(
    "text",
    [
        "[Errno 111]",
        "[Errno 61]",
        "(os error 111)",
        "errno=111",
        "errno: -111",
        "(111: x)",
        "SocketException (111): x",
        "MySQL server on 'db' (61)",
        "error code 0x6f",
        "getsockopt: 111",
    ],
)
def test_a_number_is_one_of_the_system_where_the_words_say_so(text: str):
    assert re.search(numbered(111, 61), text, re.IGNORECASE)


@pytest.mark.parametrize(
    "text", ["curl: (61) x", "line 111", "1111: x", "exit code 111", "status code 111", "error 61"]
)
def test_another_number_is_none(text: str):
    assert not re.search(numbered(111, 61), text, re.IGNORECASE)
