# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The one way to read JSON of a file or of an API server: whatever they hold is plain data, or one error in words."""

from __future__ import annotations

import json
import math
import re
import typing as t

#: Levels of objects and lists in each other. Those of Kubernetes have about 20; code that walks through data can go
#: some hundreds deep.
DEEPEST = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  #: half of a character that needs two, or the whole of one


def loads(data: str | bytes, strict: bool = True) -> t.Any:
    """Read JSON.

    Args:
        data: as it came; bytes are UTF-8 (RFC 8259).
        strict: whether each string has to be text; no UTF-8 can hold half of a surrogate pair.

    Raises:
        ValueError: it is none, or more than its readers can take; the message says why.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise ValueError(f"it is not JSON: {error}") from None
    if is_too_deep(value):
        raise ValueError(f"it is nested too deeply: {DEEPEST} levels are the most")
    if strict and _SURROGATE.search(text) and not is_text(json.dumps(value, ensure_ascii=False)):
        raise ValueError("it is not JSON: a string holds half of a surrogate pair, which is no text")
    return value


def is_too_deep(value: t.Any) -> bool:
    """Say whether data has more than C(DEEPEST) levels."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _level in range(DEEPEST):
        inner = (each for outer in level for each in (outer.values() if isinstance(outer, dict) else outer))
        level = [each for each in inner if isinstance(each, (dict, list))]
    return bool(level)


def _refuse_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:40]} is more than a number can be")
    return value


def is_text(text: str) -> bool:
    """Say whether a string can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
