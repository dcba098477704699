# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The fields of an API object by their path, each held to the type that the API says it has.

Custom resources with a loose schema can hold anything anywhere; an absent field and C(null) are the same.
"""

from __future__ import annotations

import typing as t

from .._record import TYPES, type_of

Json = dict[str, t.Any]
LAST_PORT = 65535


class OddObject(ValueError):
    """An object that cannot be read: the message names the field and what is wrong with it."""


def mapping(item: Json, *path: str) -> Json:
    """An object; empty where it is absent."""
    return t.cast(Json, _find(item, path, dict)) or {}


def mappings(item: Json, *path: str) -> list[Json]:
    """A list of objects; empty where it is absent."""
    return t.cast("list[Json]", _entries(item, path, dict))


def mappings_but_null(item: Json, *path: str) -> list[Json]:
    """The same where C(null) may stand in the list as well, for nothing."""
    found = t.cast("list[t.Any]", _find(item, path, list)) or []
    for place, entry in enumerate(found):
        if entry is not None:
            _assert_is(entry, f"{'.'.join(path)}[{place}]", dict)
    return [entry for entry in found if entry is not None]


def string(item: Json, *path: str) -> str:
    """A string; empty where it is absent."""
    return t.cast(str, _find(item, path, str)) or ""


def strings(item: Json, *path: str) -> tuple[str, ...]:
    """A list of strings; empty where it is absent."""
    return tuple(_entries(item, path, str))


def string_map(item: Json, *path: str) -> dict[str, str]:
    """An object whose values are strings, such as labels; empty where it is absent."""
    found = mapping(item, *path)
    for key in found:
        _find(found, (key,), str, path)
    return t.cast("dict[str, str]", found)


def integer(item: Json, *path: str) -> int:
    """A whole number; 0 where it is absent."""
    return t.cast(int, _find(item, path, int)) or 0


def port_of(item: Json, *path: str) -> int:
    """A port; 0 where it is absent."""
    return port_number(integer(item, *path), ".".join(path))


def port_number(number: int, where: str) -> int:
    """Return it where it is a port, or the 0 that stands for none.

    Raises:
        OddObject: it is none.
    """
    if not 0 <= number <= LAST_PORT:
        raise OddObject(f"{where} is no port: it must be from 1 to {LAST_PORT}")
    return number


def boolean(item: Json, *path: str) -> bool | None:
    """A boolean; None where it is absent."""
    return t.cast("bool | None", _find(item, path, bool))


def int_or_string(item: Json, *path: str) -> str:
    """A number or a name (C(IntOrString)), as text; empty where it is absent."""
    found = _find(item, path, (int, str))
    return "" if found is None else str(found)


def _entries(item: Json, path: tuple[str, ...], wanted: type) -> list[t.Any]:
    found = t.cast("list[t.Any]", _find(item, path, list)) or []
    for place, entry in enumerate(found):
        _assert_is(entry, f"{'.'.join(path)}[{place}]", wanted)
    return found


def _find(item: Json, path: tuple[str, ...], wanted: t.Any, above: tuple[str, ...] = ()) -> t.Any:
    found: t.Any = item
    for depth, key in enumerate(path):
        found = found.get(key)
        if found is None:
            return None
        last = depth == len(path) - 1
        _assert_is(found, ".".join((*above, *path[: depth + 1])), wanted if last else dict)
    return found


def _assert_is(found: t.Any, where: str, wanted: t.Any) -> None:
    every = wanted if isinstance(wanted, tuple) else (wanted,)
    if type(found) not in every:
        allowed = " or ".join(TYPES[each] for each in every)
        raise OddObject(f"{where} is {type_of(found)} where {allowed} is expected")
