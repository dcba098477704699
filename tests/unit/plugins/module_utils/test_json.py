# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON of others: what is data comes back as it is, and anything else is a sentence."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _json


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("value", [None, 7, 2.5, 1e308, "grün \U0001f600", [], {"a": [{"b": None}]}])
def test_data_comes_back_as_it_is(value: t.Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert _json.loads(text) == _json.loads(text.encode()) == _json.loads(b"\xef\xbb\xbf" + text.encode()) == value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "it is not JSON: Expecting value"),
        ("{", "it is not JSON: "),
        ("7 8", "it is not JSON: Extra data"),
        (b"\xff", "it is not JSON: 'utf-8' codec"),
        (b'"\xed\xa0\x80"', "it is not JSON: 'utf-8' codec"),
        ("[]".encode("utf-16"), "it is not JSON: 'utf-8' codec"),
        ('"\0"', "it is not JSON: Invalid control character"),
        ("NaN", "it is not JSON: NaN is not a JSON number"),
        ("[-Infinity]", "it is not JSON: -Infinity is not a JSON number"),
        ("1e400", "it is not JSON: 1e400 is more than a number can be"),
        ('{"a": "\\ud800"}', "a string holds half of a surrogate pair"),
        ('{"\\udc00": 1}', "a string holds half of a surrogate pair"),
        (nested(101), "it is nested too deeply: 100 levels are the most"),
        (nested(100_000), "it is nested too deeply"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_anything_else_is_a_sentence(data: str | bytes, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        _json.loads(data)


def test_levels_are_counted() -> None:
    assert _json.loads(nested(100))
    assert [_json.is_too_deep(value) for value in ("x", [], json.loads(nested(100)))] == [False] * 3
    assert _json.is_too_deep({"a": json.loads(nested(100))})


def test_who_cleans_texts_may_have_them_all() -> None:
    assert _json.loads('"\\ud800"', strict=False) == "\ud800"
    assert [_json.is_text(text) for text in ("", "ä", "\ud800")] == [True, True, False]
