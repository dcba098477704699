# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers among options: C(nan) and C(inf) are floats to an argument spec, and one of them looped for ever."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import bounds


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e308, -1, 0, 86400.5, 10**400])
def test_what_is_no_time_is_refused_with_its_name(value):
    with pytest.raises(ValueError, match=r"^start_timeout: .* is not allowed; it must be from 0.01 to 86400$"):
        bounds.seconds({"start_timeout": value}, "start_timeout")


def test_what_is_unset_or_within_is_right():
    bounds.seconds(
        {"start_timeout": None, "deadline": 0.01, "more": 86400}, "start_timeout", "deadline", "more", "none"
    )


DEEP: dict = {}
for _level in range(99):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a\0b", "a NUL character is not allowed"),
        (["a", "\0"], "a NUL character is not allowed"),
        ([{"a": {"\0": 1}}], "a NUL character is not allowed"),
        ("\ud800", "it holds what is no valid Unicode text"),
        ({"a": ["\udcff"]}, "it holds what is no valid Unicode text"),
        ({"a": float("nan")}, "nan is not allowed; it must be a number"),
        ([float("-inf")], "-inf is not allowed; it must be a number"),
        ([DEEP], "it is nested too deeply; 100 levels are the most"),
    ],
)
def test_what_no_option_may_hold_is_refused_without_its_value(value, words):
    with pytest.raises(ValueError, match=rf"^name: {words}$"):
        bounds.plain({"other": "x", "name": value})


def test_what_options_hold_passes():
    bounds.plain({"a": None, "b": True, "c": 1, "d": 2.5, "e": ["grün", {"x": [None]}], "f": DEEP, "stdin": "a\0b"})
