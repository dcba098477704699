# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of a cluster becomes printable text of one line."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report.sanitize import sanitize, sanitize_all


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("shop/web-1", "shop/web-1"),
        ("Grüße, 世界", "Grüße, 世界"),
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202etxt", "\\u202etxt"),
        ("\u200b\ufeff\u2028\x7f\x9b", "\\u200b\\ufeff\\u2028\\x7f\\x9b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        (7, "7"),
    ],
)
def test_clean(raw, shown: str):
    assert sanitize(raw) == shown


def test_clean_bounds_and_goes_deep():
    assert sanitize("x" * 1000, 10) == "xxxxxxxxx\u2026"
    assert sanitize_all({"a\x00": ["b\x00", ("c", 1, None)]}) == {"a\\x00": ["b\\x00", ["c", 1, None]]}
